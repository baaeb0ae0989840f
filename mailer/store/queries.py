"""Named reads. Given a Session; the ledger's sum is one query that every face uses."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Select, func, select
from sqlmodel import Session

from mailer.model.delivery import DeliveryEventKind, DeliveryStatus
from mailer.model.mailing import MailingStatus
from mailer.store.core import (
    bulletin,
    content,
    delivery,
    duty,
    event,
    house_fact,
    issue,
    pace_grant,
    revision,
    tally,
    task,
    worker,
)
from mailer.store.core import mailing as mailing_table
from mailer.store.ledger_rows import write_tally

_RETURNS = (str(DeliveryEventKind.RETURNED), str(DeliveryEventKind.RETURNED_FOR_RETRY))


@dataclass(frozen=True, slots=True)
class Sum:
    """The ledger's sum at one moment: every status, by list and together. Deliveries only; duties are told beside."""

    by_list: dict[str, dict[DeliveryStatus, int]]
    recipients: int  # frozen with the audience
    duties: int

    @property
    def counts(self) -> dict[DeliveryStatus, int]:
        return {status: sum(counts.get(status, 0) for counts in self.by_list.values()) for status in DeliveryStatus}

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def open(self) -> int:
        return sum(n for status, n in self.counts.items() if status.is_open)

    @property
    def adds_up(self) -> bool:
        return self.total == self.recipients


def ledger_sum(session: Session, mailing_id: int) -> Sum:
    """One query's answer for page, report, API and command line. List codes in the order of sending."""
    write_tally(session)
    rows = session.execute(
        select(tally.c.list_code, tally.c.status, tally.c.n, mailing_table.c.recipients, mailing_table.c.lists)
        .join(mailing_table, mailing_table.c.id == tally.c.mailing_id)
        .where(tally.c.mailing_id == mailing_id)
    ).all()
    duties = session.execute(select(func.count()).where(duty.c.mailing_id == mailing_id)).scalar_one()
    order = rows[0].lists.split(",") if rows else []
    by_list: dict[str, dict[DeliveryStatus, int]] = {
        code: dict.fromkeys(DeliveryStatus, 0) for code in sorted({row.list_code for row in rows}, key=order.index)
    }
    for row in rows:
        by_list[row.list_code][DeliveryStatus(row.status)] = row.n
    return Sum(by_list, (rows[0].recipients or 0) if rows else 0, duties)


def counted(session: Session, mailing_id: int) -> dict[DeliveryStatus, int]:
    """count(*) by status: what the counters must agree with before a mailing closes."""
    rows = session.execute(
        select(delivery.c.status, func.count()).where(delivery.c.mailing_id == mailing_id).group_by(delivery.c.status)
    ).all()
    found = {DeliveryStatus(status): n for status, n in rows}
    return {status: found.get(status, 0) for status in DeliveryStatus}


def mailing(session: Session, mailing_id: int) -> Any:
    """The mailing's row. Raises NoResultFound."""
    return session.execute(select(mailing_table).where(mailing_table.c.id == mailing_id)).one()


def mailing_for_update(session: Session, mailing_id: int) -> Any:
    """The mailing's row, locked: what is decided by its status stays true until the end. Raises NoResultFound."""
    return session.execute(select(mailing_table).where(mailing_table.c.id == mailing_id).with_for_update()).one()


def mailing_or_none(session: Session, mailing_id: int) -> Any | None:
    return session.execute(select(mailing_table).where(mailing_table.c.id == mailing_id)).one_or_none()


def mailing_by_key(session: Session, key: str) -> Any | None:
    return session.execute(select(mailing_table).where(mailing_table.c.key == key)).one_or_none()


def is_sending(session: Session, mailing_id: int) -> bool:
    status = session.execute(select(mailing_table.c.status).where(mailing_table.c.id == mailing_id)).scalar_one()
    return bool(status == str(MailingStatus.SENDING))


def mailings_with_status(session: Session, *statuses: MailingStatus) -> Sequence[Any]:
    return session.execute(
        select(mailing_table)
        .where(mailing_table.c.status.in_([str(status) for status in statuses]))
        .order_by(mailing_table.c.id)
    ).all()


def over_with_open_rows(session: Session) -> Sequence[Any]:
    """Mailings that are closed or cancelled and yet owe something: a worker or late evidence brought rows back."""
    write_tally(session)
    owing = select(tally.c.mailing_id).where(
        tally.c.mailing_id == mailing_table.c.id,
        tally.c.n > 0,
        tally.c.status.in_([str(status) for status in DeliveryStatus if status.is_open and status != "attempting"]),
    )
    over = [str(MailingStatus.CLOSED), str(MailingStatus.CANCELLED)]
    return session.execute(
        select(mailing_table).where(mailing_table.c.status.in_(over), owing.exists()).order_by(mailing_table.c.id)
    ).all()


def _with_issue() -> Select[Any]:
    return (
        select(mailing_table, issue.c.title, issue.c.number, issue.c.issued_on, bulletin.c.office)
        .join(revision, revision.c.id == mailing_table.c.revision_id)
        .join(issue, issue.c.id == revision.c.issue_id)
        .join(bulletin, bulletin.c.id == mailing_table.c.bulletin_id)
    )


def mailing_with_issue(session: Session, mailing_id: int) -> Any:
    """Mailing columns and its issue's title, number, issued_on, office. Raises NoResultFound."""
    return session.execute(_with_issue().where(mailing_table.c.id == mailing_id)).one()


def mailings(session: Session, limit: int = 50) -> Sequence[Any]:
    """The newest first, each as in ``mailing_with_issue``."""
    return session.execute(_with_issue().order_by(mailing_table.c.id.desc()).limit(limit)).all()


def mailing_contents(session: Session, mailing_id: int) -> dict[str, bytes]:
    return dict(
        session.execute(select(content.c.list_code, content.c.payload).where(content.c.mailing_id == mailing_id)).all()
    )


def parked_count(session: Session, mailing_id: int) -> int:
    """Rows that wait for a person, not for a time."""
    return int(
        session.execute(
            select(func.count()).where(
                delivery.c.mailing_id == mailing_id,
                delivery.c.status.in_([str(DeliveryStatus.DEFERRED), str(DeliveryStatus.QUEUED)]),
                delivery.c.due_at.is_(None),
            )
        ).scalar_one()
    )


def on_the_wire(session: Session, mailing_id: int) -> int:
    """How many rows of it workers hold."""
    return int(
        session.execute(
            select(func.count()).where(
                delivery.c.mailing_id == mailing_id, delivery.c.status == str(DeliveryStatus.ATTEMPTING)
            )
        ).scalar_one()
    )


def is_on_the_wire(session: Session, mailing_id: int) -> bool:
    """A worker holds rows of it."""
    return (
        session.execute(
            select(delivery.c.id)
            .where(delivery.c.mailing_id == mailing_id, delivery.c.status == str(DeliveryStatus.ATTEMPTING))
            .limit(1)
        ).first()
        is not None
    )


def workers(session: Session) -> Sequence[Any]:
    return session.execute(select(worker)).all()


# --- the ledger, line by line ---------------------------------------------------------------------------------------


def report_rows(session: Session, mailing_id: int) -> Sequence[Any]:
    """One row per duty in the order of sending: the columns of the report and what the pages show beside."""
    return session.execute(
        select(
            duty.c.holder.label("name"),
            duty.c.unit,
            duty.c.post,
            duty.c.phone,
            duty.c.care_of,
            duty.c.essential,
            duty.c.list_code.label("list"),
            delivery.c.id.label("delivery_id"),
            delivery.c.address.label("recipient"),
            delivery.c.status,
            delivery.c.message_id,
            delivery.c.attempts,
            delivery.c.doubts,
            delivery.c.phase,
            delivery.c.reply_code,
            delivery.c.enhanced_status,
            delivery.c.reply_text,
            delivery.c.reason,
            delivery.c.fault,
            delivery.c.hard,
            delivery.c.bounced_by,
            delivery.c.due_at,
            delivery.c.queued_at,
            delivery.c.accepted_at,
            delivery.c.finished_at,
            delivery.c.acknowledged_at,
        )
        .join(delivery, delivery.c.id == duty.c.delivery_id)
        .where(duty.c.mailing_id == mailing_id)
        .order_by(delivery.c.lane, duty.c.id)
    ).all()


def delivery_row(session: Session, delivery_id: int) -> Any | None:
    return session.execute(select(delivery).where(delivery.c.id == delivery_id)).one_or_none()


def open_tasks(session: Session) -> Sequence[Any]:
    return session.execute(select(task).where(task.c.state == "open").order_by(task.c.id)).all()


# --- issues ---------------------------------------------------------------------------------------------------------


def issues(session: Session) -> Sequence[Any]:
    """Every issue with its newest revision, newest first."""
    newest = select(revision.c.issue_id, func.max(revision.c.id).label("id")).group_by(revision.c.issue_id).subquery()
    return session.execute(
        select(
            issue,
            revision.c.id.label("revision_id"),
            revision.c.revision,
            revision.c.source_name,
            revision.c.source_sha256,
        )
        .join(newest, newest.c.issue_id == issue.c.id)
        .join(revision, revision.c.id == newest.c.id)
        .order_by(issue.c.issued_on.desc(), issue.c.number.desc())
    ).all()


def revision_content(session: Session, revision_id: int) -> Any | None:
    return session.execute(select(revision).where(revision.c.id == revision_id)).one_or_none()


def known_numbers(session: Session, *, series: str, year: int, but_not: str) -> tuple[tuple[int, date], ...]:
    """(number, date) of the issues taken so far in this series and year, the file with that sha256 apart."""
    rows = session.execute(
        select(issue.c.number, issue.c.issued_on)
        .where(issue.c.series == series, issue.c.year == year)
        .where(
            ~select(revision.c.id)
            .where(revision.c.issue_id == issue.c.id, revision.c.source_sha256 == but_not)
            .exists()
        )
    )
    return tuple((row.number, row.issued_on) for row in rows)


# --- budgets and the breaker ----------------------------------------------------------------------------------------


def pace_used(session: Session, scope: str, since: datetime) -> tuple[int, datetime | None]:
    """Attempts granted since then, and when the first of them was."""
    row = session.execute(
        select(func.coalesce(func.sum(pace_grant.c.n), 0), func.min(pace_grant.c.at)).where(
            pace_grant.c.scope == scope, pace_grant.c.at > since
        )
    ).one()
    return int(row[0]), row[1]


def domain_scope(domain: str) -> str:
    return f"domain:{domain}"


def domains_over(session: Session, since: datetime, limit: int) -> tuple[str, ...]:
    """Domains that have used their budget since then."""
    rows = session.execute(
        select(pace_grant.c.scope)
        .where(pace_grant.c.at > since, pace_grant.c.scope.like(domain_scope("%")))
        .group_by(pace_grant.c.scope)
        .having(func.sum(pace_grant.c.n) >= limit)
    ).scalars()
    return tuple(scope.removeprefix(domain_scope("")) for scope in rows)


def faults_by_domain(
    session: Session, mailing_id: int, owners: Sequence[str], since: datetime | None = None
) -> dict[str, int]:
    """How many deliveries of each domain stand on a fault of ours: put off in the session, or come back for it.

    ``since``: only what happened after that; a person has looked at what was before.
    """
    query = select(delivery.c.domain, func.count()).where(
        delivery.c.mailing_id == mailing_id,
        delivery.c.status.in_([str(DeliveryStatus.DEFERRED), str(DeliveryStatus.BOUNCED)]),
        delivery.c.fault.in_(owners),
    )
    if since is not None:
        again = select(event.c.id).where(
            event.c.delivery_id == delivery.c.id, event.c.fault.in_(owners), event.c.at > since
        )
        query = query.where(again.exists())
    return dict(session.execute(query.group_by(delivery.c.domain)).all())


def last_faults(session: Session, mailing_id: int, domain: str, n: int, since: datetime | None = None) -> Sequence[Any]:
    """The last n attempts in a domain and returns from it, newest first: fault and reason. ``since``: as above."""
    return session.execute(
        select(event.c.fault, event.c.reason)
        .join(delivery, delivery.c.id == event.c.delivery_id)
        .where(
            event.c.mailing_id == mailing_id,
            delivery.c.domain == domain,
            event.c.phase.is_not(None) | event.c.kind.in_(_RETURNS),
            *([] if since is None else [event.c.at > since]),
        )
        .order_by(event.c.id.desc())
        .limit(n)
    ).all()


def resumed_fact(mailing_id: int) -> str:
    """The house fact that says when a person last let the mailing go on (ISO 8601)."""
    return f"resumed:{mailing_id}"


def resumed_at(session: Session, mailing_id: int) -> datetime | None:
    value = session.execute(select(house_fact.c.value).where(house_fact.c.key == resumed_fact(mailing_id))).scalar()
    return datetime.fromisoformat(value) if value else None


def attempted_count(session: Session, mailing_id: int) -> int:
    """Deliveries of the mailing that were tried at all."""
    return int(
        session.execute(
            select(func.count()).where(delivery.c.mailing_id == mailing_id, delivery.c.attempts > 0)
        ).scalar_one()
    )


def delivery_row_for_update(session: Session, delivery_id: int) -> Any | None:
    return session.execute(select(delivery).where(delivery.c.id == delivery_id).with_for_update()).one_or_none()
