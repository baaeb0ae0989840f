"""What the page of sending shows of one issue: where it stands, what may be done, what is being approved. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta, tzinfo
from typing import Any

from mailer.flow.prepare_issue import lists_served
from mailer.flow.read_sending import Sending, Waiting
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.model.rights import ApprovalMode
from mailer.model.working_days import WorkingDays
from mailer.web.console.audience_page import AudienceSum, count, of_audience, of_frozen
from mailer.web.console.issue_fields import Difference, differences

_NAMES = 12  # told by name; the rest is counted
_MORNING = time(8)
SOON = timedelta(minutes=15)  # a release nearer than that is counted down


@dataclass(frozen=True, slots=True)
class Names:
    """The first of them, and how many there are."""

    shown: tuple[str, ...]
    n: int

    @property
    def more(self) -> int:
        return self.n - len(self.shown)


@dataclass(frozen=True, slots=True)
class Compared:
    """Beside the last mailing to the lists."""

    added: Names
    gone: Names
    changed: Names
    number: int | None


@dataclass(frozen=True, slots=True)
class WaitingPage:
    """``moment``: when it goes, with seconds where that is soon; ``is_day_off``: nobody works that day; ``wait_seconds``:
    until then, None while no release is under way; ``is_outdated``: there is a newer revision; ``own_work``: this caller may not approve it.
    """

    row: Any
    status: MailingStatus
    kind: MailingKind
    binding: str
    approval: Any | None
    sum: AudienceSum
    only_subtracts: bool
    changes: str
    compared: Compared | None
    content: tuple[Difference, ...] | None
    printed: tuple[tuple[str, str], ...]
    is_outdated: bool
    moment: str
    is_day_off: bool
    wait_seconds: int | None
    own_work: bool


@dataclass(frozen=True, slots=True)
class SendingPage:
    """``was_sent``: for real, to some list; ``unsent``: lists with somebody on them that it did not go to yet."""

    mode: ApprovalMode
    waiting: WaitingPage | None
    sent: Sequence[Any]
    proofs: Sequence[Any]
    today: AudienceSum
    was_sent: bool
    unsent: tuple[str, ...]


def sending_page(
    sending: Sending,
    *,
    newest_revision_id: int,
    actor: str,
    now: datetime,
    zone: tzinfo,
    days: WorkingDays,
    rehearsal: bool,
) -> SendingPage:
    """``actor``: who looks; ``rehearsal``: what would be sent now is one."""
    waiting = sending.waiting
    today = count(of_audience(sending.today))
    served = {} if rehearsal else lists_served(sending.sent, rehearsal=False)
    return SendingPage(
        mode=sending.mode,
        waiting=_waiting(waiting, sending, newest_revision_id, actor, now, zone, days) if waiting else None,
        sent=sending.sent,
        proofs=sending.proofs,
        today=today,
        was_sent=bool(served),
        unsent=tuple(each.code for each in today.lists if each.copies and each.code not in served),
    )


def _waiting(
    waiting: Waiting,
    sending: Sending,
    newest_revision_id: int,
    actor: str,
    now: datetime,
    zone: tzinfo,
    days: WorkingDays,
) -> WaitingPage:
    row = waiting.row
    at: datetime | None = row.scheduled_at if waiting.status is MailingStatus.SCHEDULED else None
    since = waiting.since_last
    return WaitingPage(
        row=row,
        status=waiting.status,
        kind=waiting.kind,
        binding=waiting.binding,
        approval=waiting.approval,
        sum=count(of_frozen(waiting.duties, sending.today)),
        only_subtracts=waiting.changes.only_subtract,
        changes=waiting.changes.chinese,
        compared=Compared(_names(since.added), _names(since.gone), _names(since.changed), waiting.last_mailing.number)
        if since is not None and waiting.last_mailing is not None
        else None,
        content=differences(waiting.last_issue, waiting.issue) if waiting.last_issue is not None else None,
        printed=tuple(
            (code, "、".join(phrases)) for code, phrases in waiting.issue.distribution.by_list().items() if phrases
        ),
        is_outdated=row.revision_id != newest_revision_id,
        moment=_moment(at, now, zone) if at else "",
        is_day_off=at is not None and not days.is_working(at.astimezone(zone).date()),
        wait_seconds=max(0, round((at - now).total_seconds())) if at else None,
        own_work=actor in {row.created_by, waiting.revised_by},
    )


def next_morning(now: datetime, zone: tzinfo, days: WorkingDays) -> datetime:
    """The beginning of the next working day, in the office's zone."""
    day = now.astimezone(zone).date() + timedelta(days=1)
    while not days.is_working(day):
        day += timedelta(days=1)
    return datetime.combine(day, _MORNING, zone)


def _names(names: tuple[str, ...]) -> Names:
    return Names(names[:_NAMES], len(names))


def _moment(at: datetime, now: datetime, zone: tzinfo) -> str:
    local = at.astimezone(zone)
    if at - now <= SOON:
        return f"{local:%H:%M:%S}"
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
