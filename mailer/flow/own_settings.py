"""What a recipient receives and why, as their own page shows it: lists, posts, what was stopped, what was asked."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from mailer.flow.office import Office
from mailer.flow.read_letter import Letter
from recipients import directory
from recipients.requests import RequestState
from recipients.suppression import Suppression, SuppressionReason, strongest

_SHOWN_FOR = timedelta(days=30)  # decided requests


@dataclass(frozen=True, slots=True)
class Subscription:
    """One list. ``because``: «单位 · 岗位», as the directory has them today; ``stop``: why nothing comes now, None if it does."""

    code: str
    name: str
    may_leave: bool
    because: tuple[str, ...]
    stop: Suppression | None

    @property
    def is_paused(self) -> bool:
        """Stopped by the recipient's own wish, until a day."""
        return self.stop is not None and self.stop.reason is SuppressionReason.ASKED and self.stop.until is not None

    @property
    def has_left(self) -> bool:
        return self.stop is not None and self.stop.reason is SuppressionReason.ASKED and self.stop.until is None


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish in words, without the address that the page does not show in full."""

    what: str
    state: str


@dataclass(frozen=True, slots=True)
class OwnSettings:
    subscriptions: tuple[Subscription, ...]
    asked: tuple[Asked, ...]

    @property
    def may_pause(self) -> bool:
        """Some list lets its members decide."""
        return any(each.may_leave and each.stop is None for each in self.subscriptions)


def read_own_settings(office: Office, letter: Letter) -> OwnSettings:
    """Of the address that the copy went to, today."""
    now = office.clock.now()
    with office.store.read() as session:
        duties = directory.duties_of(session, letter.address_key, now)
        stops = directory.active_suppressions(session, now, letter.address_key)
        wishes = directory.requests_of(session, letter.address_key, now - _SHOWN_FOR)
    return OwnSettings(
        tuple(
            Subscription(
                wanted.code,
                wanted.name,
                not wanted.is_duty,
                tuple(dict.fromkeys(f"{one.post.unit.name} · {one.post.role}" for one in holders)),
                strongest(stops, wanted.code, now),
            )
            for wanted, holders in duties
        ),
        tuple(
            Asked(_in_words(each.kind.chinese, each.name, each.until, office), _STATES[each.state]) for each in wishes
        ),
    )


_STATES = {
    RequestState.OPEN: "等编发单位确认",
    RequestState.GRANTED: "已办理",
    RequestState.REFUSED: "没有同意",
}


def _in_words(kind: str, name: str, until: datetime | None, office: Office) -> str:
    if name:
        return f"{kind}：{name}"
    return f"{kind}到 {until.astimezone(office.zone):%Y-%m-%d}" if until else kind
