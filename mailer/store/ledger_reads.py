"""Reads of the ledger leaf by leaf: which deliveries, of how many, for whom; units, domains, pace. Given a Session.

Every read is bounded by a leaf or carried by an index, so that the page of 100,000 deliveries is as quick as that of 300.
``queries.report_rows`` is the whole ledger at once, for files and the command line.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, literal_column, or_, select
from sqlmodel import Session

from mailer.model.delivery import TROUBLE, DeliveryStatus
from mailer.store.core import delivery, domain_hold, duty, event, issue, lease, mailing, returned, revision
from mailer.store.tables import troubled

_S = DeliveryStatus
REACHED = (_S.ACCEPTED, _S.DELIVERED)
# Spelled as the index is, since no planner proves one IN list from another; without a type, or SQLite is asked for «= 1».
_TROUBLED: ColumnElement[bool] = literal_column(troubled("delivery."))
_MOVING = [str(status) for status in (_S.PLANNED, _S.QUEUED, _S.ATTEMPTING, _S.DEFERRED)]
_ENDED_BADLY = [str(status) for status in TROUBLE if status.is_final]
_A_SEARCH = 500  # deliveries: whoever finds more types another letter


class Need(StrEnum):
    """What is asked of whom. The three together are everybody, each once."""

    PERSON = "person"  # not reached, and nothing happens by itself any more
    WAIT = "wait"  # still under way
    NONE = "none"  # handed over


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries of a ledger. Empty fields choose nothing out. ``ids``: what a search has found."""

    need: Need | None = None
    list_code: str = ""
    status: DeliveryStatus | None = None
    unit: str | None = None
    domain: str = ""
    is_signed: bool | None = None
    ids: tuple[int, ...] | None = None

    @property
    def is_counted(self) -> bool:
        """The counters of the mailing know how many there are."""
        return self.unit is None and not self.domain and self.is_signed is None and self.ids is None


_DELIVERY = (
    delivery.c.id,
    delivery.c.list_code,
    delivery.c.address,
    delivery.c.status,
    delivery.c.attempts,
    delivery.c.reply_code,
    delivery.c.enhanced_status,
    delivery.c.reason,
    delivery.c.fault,
    delivery.c.bounced_by,
    delivery.c.due_at,
    delivery.c.accepted_at,
    delivery.c.finished_at,
    delivery.c.acknowledged_at,
)


def leaf(session: Session, mailing_id: int, wanted: Wanted, *, start: int, limit: int) -> Sequence[Any]:
    """So many deliveries from the ``start``-th on (from 0), in the order of sending."""
    return session.execute(
        _chosen(select(*_DELIVERY), mailing_id, wanted)
        .order_by(delivery.c.lane, delivery.c.id)
        .offset(start)
        .limit(limit)
    ).all()


def how_many(session: Session, mailing_id: int, wanted: Wanted) -> int:
    return int(session.execute(_chosen(select(func.count()), mailing_id, wanted)).scalar_one())


def _chosen(query: Select[Any], mailing_id: int, wanted: Wanted) -> Select[Any]:
    query = query.select_from(delivery).where(delivery.c.mailing_id == mailing_id, *_of_need(wanted.need))
    if wanted.list_code:
        query = query.where(delivery.c.list_code == wanted.list_code)
    if wanted.status is not None:
        if wanted.status in TROUBLE:
            query = query.where(_TROUBLED)
        query = query.where(delivery.c.status == str(wanted.status))
    if wanted.unit is not None:
        of_unit = select(duty.c.delivery_id).where(duty.c.mailing_id == mailing_id, duty.c.unit == wanted.unit)
        query = query.where(delivery.c.id.in_(of_unit))
    if wanted.domain:
        query = query.where(delivery.c.domain == wanted.domain)
    if wanted.is_signed is not None:
        signed = delivery.c.acknowledged_at.is_not(None)
        query = query.where(signed if wanted.is_signed else ~signed)
    if wanted.ids is not None:
        query = query.where(delivery.c.id.in_(wanted.ids))
    return query


def _of_need(need: Need | None) -> tuple[ColumnElement[bool], ...]:
    status = delivery.c.status
    if need is Need.PERSON:
        return (_TROUBLED, waits_for_person())
    if need is Need.WAIT:
        # before the release nothing has a time, and nobody is waited for
        return (
            status.in_(_MOVING),
            or_(delivery.c.due_at.is_not(None), status.in_([str(_S.PLANNED), str(_S.ATTEMPTING)])),
        )
    if need is Need.NONE:
        return (status.in_([str(each) for each in REACHED]),)
    return ()


def waits_for_person() -> ColumnElement[bool]:
    """Of a delivery: not reached, and nothing happens by itself any more."""
    status = delivery.c.status
    parked = and_(status.in_([str(_S.QUEUED), str(_S.DEFERRED)]), delivery.c.due_at.is_(None))
    return or_(status.in_(_ENDED_BADLY), parked)


def parked(session: Session, mailing_id: int) -> dict[tuple[str, DeliveryStatus], int]:
    """(list code, status) -> rows that wait for a person, not for a time."""
    waiting = [str(_S.QUEUED), str(_S.DEFERRED)]
    rows = session.execute(
        select(delivery.c.list_code, delivery.c.status, func.count())
        .where(delivery.c.mailing_id == mailing_id, _TROUBLED)
        .where(delivery.c.status.in_(waiting), delivery.c.due_at.is_(None))
        .group_by(delivery.c.list_code, delivery.c.status)
    )
    return {(code, DeliveryStatus(status)): n for code, status, n in rows}


def signed_count(session: Session, mailing_id: int) -> int:
    """Deliveries that somebody has signed for."""
    return how_many(session, mailing_id, Wanted(is_signed=True))


_DUTY = (duty.c.list_code, duty.c.unit, duty.c.post, duty.c.holder, duty.c.phone, duty.c.care_of, duty.c.essential)


def duties(session: Session, delivery_ids: Sequence[int]) -> dict[int, list[Any]]:
    """Delivery id -> for whom it is: list_code, unit, post, holder, phone, care_of, essential of each."""
    found: dict[int, list[Any]] = {id_: [] for id_ in delivery_ids}
    wanted = select(duty.c.delivery_id, *_DUTY).where(duty.c.delivery_id.in_(delivery_ids)).order_by(duty.c.id)
    for row in session.execute(wanted):
        found[row.delivery_id].append(row)
    return found


# --- units ----------------------------------------------------------------------------------------------------------


def silent_units(session: Session, mailing_id: int) -> list[str]:
    """Units none of whose posts was reached, and for which nothing is under way any more. In the order of sending."""
    troubled = (
        select(duty.c.unit, func.min(delivery.c.lane).label("lane"), func.min(duty.c.id).label("first"))
        .join(delivery, delivery.c.id == duty.c.delivery_id)
        .where(delivery.c.mailing_id == mailing_id, _TROUBLED, duty.c.unit != "")
        .group_by(duty.c.unit)
        .subquery()
    )
    other = duty.alias("other")
    served = (
        select(other.c.id)
        .join(delivery, delivery.c.id == other.c.delivery_id)
        .where(other.c.mailing_id == mailing_id, other.c.unit == troubled.c.unit, ~waits_for_person())
    )
    return list(
        session.execute(select(troubled.c.unit).where(~served.exists()).order_by(troubled.c.lane, troubled.c.first)).scalars()
    )  # fmt: skip


def units(session: Session, mailing_id: int, *, only_missing: bool, limit: int) -> Sequence[Any]:
    """Units of the mailing in the order of sending: unit, posts, reached, missing (needs a person)."""
    missing = func.count().filter(waits_for_person())
    query = (
        select(
            duty.c.unit,
            func.count().label("posts"),
            func.count().filter(delivery.c.status.in_([str(each) for each in REACHED])).label("reached"),
            missing.label("missing"),
        )
        .join(delivery, delivery.c.id == duty.c.delivery_id)
        .where(duty.c.mailing_id == mailing_id)
        .group_by(duty.c.unit)
        .order_by(func.min(delivery.c.lane), func.min(duty.c.id))
        .limit(limit)
    )
    return session.execute(query.having(missing > 0) if only_missing else query).all()


# --- search ---------------------------------------------------------------------------------------------------------


def people(session: Session, mailing_id: int, *, limit: int) -> tuple[Sequence[str], Sequence[str]]:
    """The different names of holders, and of units, of a mailing, so many of each at most."""
    names = [
        session.execute(select(column).where(duty.c.mailing_id == mailing_id).distinct().limit(limit)).scalars().all()
        for column in (duty.c.holder, duty.c.unit)
    ]
    return names[0], names[1]


def find(
    session: Session, mailing_id: int, text: str, *, holders: Sequence[str] = (), unit_names: Sequence[str] = ()
) -> tuple[int, ...]:
    """Deliveries whose address, holder, unit or phone contains ``text``, or that are for one of these; 500 at most."""
    by_duty = or_(
        duty.c.holder.icontains(text, autoescape=True),
        duty.c.unit.icontains(text, autoescape=True),
        duty.c.phone.contains(text, autoescape=True),
        duty.c.holder.in_(holders[:_A_SEARCH]),
        duty.c.unit.in_(unit_names[:_A_SEARCH]),
    )
    found = set(
        session.execute(
            select(duty.c.delivery_id).where(duty.c.mailing_id == mailing_id, by_duty).distinct().limit(_A_SEARCH)
        ).scalars()
    )
    found |= set(
        session.execute(
            select(delivery.c.id)
            .where(delivery.c.mailing_id == mailing_id, delivery.c.address.icontains(text, autoescape=True))
            .limit(_A_SEARCH)
        ).scalars()
    )
    return tuple(sorted(found)[:_A_SEARCH])


# --- trouble and pace -----------------------------------------------------------------------------------------------


def trouble_by_domain(session: Session, mailing_id: int) -> Sequence[Any]:
    """domain, status, reason, fault, n, parked, next_due of what was put off or came back, the largest first."""
    n = func.count().label("n")
    return session.execute(
        select(
            delivery.c.domain,
            delivery.c.status,
            delivery.c.reason,
            delivery.c.fault,
            n,
            func.count().filter(delivery.c.due_at.is_(None)).label("parked"),
            func.min(delivery.c.due_at).label("next_due"),
        )
        .where(
            delivery.c.mailing_id == mailing_id,
            _TROUBLED,
            delivery.c.status.in_([str(_S.DEFERRED), str(_S.BOUNCED)]),
            delivery.c.domain != "",
        )
        .group_by(delivery.c.domain, delivery.c.status, delivery.c.reason, delivery.c.fault)
        .order_by(n.desc(), delivery.c.domain)
        .limit(200)
    ).all()


def held_domains(session: Session, mailing_id: int, now: datetime) -> Sequence[Any]:
    """Domains the breaker has parked: domain, reason, until (None: until a person says so)."""
    return session.execute(
        select(domain_hold.c.domain, domain_hold.c.reason, domain_hold.c.until)
        .where(domain_hold.c.mailing_id == mailing_id, or_(domain_hold.c.until.is_(None), domain_hold.c.until > now))
        .order_by(domain_hold.c.domain)
    ).all()


def begun_since(session: Session, mailing_id: int, alive_after: datetime) -> tuple[int, datetime | None]:
    """How many deliveries the leases that were alive after that moment have begun, and when the first was granted."""
    n, first = session.execute(
        select(func.coalesce(func.sum(lease.c.begun_to), 0), func.min(lease.c.granted_at)).where(
            lease.c.mailing_id == mailing_id, lease.c.expires_at > alive_after
        )
    ).one()
    return int(n), first


# --- one delivery ---------------------------------------------------------------------------------------------------


def delivery_of(session: Session, mailing_id: int, delivery_id: int) -> Any | None:
    """All columns of one delivery of this mailing."""
    return session.execute(
        select(delivery).where(delivery.c.id == delivery_id, delivery.c.mailing_id == mailing_id)
    ).one_or_none()


def events(session: Session, delivery_id: int) -> Sequence[Any]:
    """What happened to it, in order, with the returned mail that a fact came from (returned_kind, received_at)."""
    return session.execute(
        select(event, returned.c.kind.label("returned_kind"), returned.c.received_at)
        .outerjoin(returned, returned.c.id == event.c.returned_mail_id)
        .where(event.c.delivery_id == delivery_id)
        .order_by(event.c.id)
    ).all()


def suspects(session: Session, delivery_id: int) -> Sequence[Any]:
    """Returned mail that may be about this delivery and proves nothing: id, kind, received_at."""
    return session.execute(
        select(returned.c.id, returned.c.kind, returned.c.received_at)
        .where(returned.c.delivery_id == delivery_id, returned.c.state == "unmatched")
        .order_by(returned.c.id)
    ).all()


def same_address(session: Session, address_key: str, *, limit: int) -> Sequence[Any]:
    """An address's deliveries, the newest first, rehearsals and all: id, mailing_id, status, reason, fault ..., number, kind."""
    return session.execute(
        select(
            *_DELIVERY,
            delivery.c.mailing_id,
            issue.c.number,
            mailing.c.kind,
            mailing.c.rehearsal,
            mailing.c.released_at,
        )
        .join(mailing, mailing.c.id == delivery.c.mailing_id)
        .join(revision, revision.c.id == mailing.c.revision_id)
        .join(issue, issue.c.id == revision.c.issue_id)
        .where(delivery.c.address_key == address_key)
        .order_by(delivery.c.id.desc())
        .limit(limit)
    ).all()


def mailings_before(session: Session, before: int | None, limit: int) -> Sequence[Any]:
    """So many mailings, the newest first, from the one before that number on; with their issue's title and number."""
    query = (
        select(mailing, issue.c.title, issue.c.number)
        .join(revision, revision.c.id == mailing.c.revision_id)
        .join(issue, issue.c.id == revision.c.issue_id)
        .order_by(mailing.c.id.desc())
        .limit(limit)
    )
    return session.execute(query if before is None else query.where(mailing.c.id < before)).all()
