"""Use case: what a recipient does on their own pages: hand over, change the address, pause, leave, come back.

Whoever has the mail has the link, so a wish that the office must decide is confirmed to everybody concerned, and an address
has so many of them. A trial or a rehearsal changes nothing.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import Enum

from mailer.flow.change_requests import ask
from mailer.flow.office import Office
from mailer.flow.read_letter import Letter
from recipients import directory
from recipients.address import EmailAddress
from recipients.requests import ChangeRequest, RequestKind, RequestState
from recipients.suppression import SuppressionReason

LONGEST_PAUSE = timedelta(days=180)
_WITHIN = timedelta(days=1)
_AT_MOST = 4  # wishes of an address within that time, and open ones


class Answer(Enum):
    """What became of it."""

    DONE = "done at once"
    ASKED = "waits for the office"
    TOO_MANY = "too many wishes lie there already"
    ONLY_TO_LOOK_AT = "a trial or a rehearsal"
    NOT_HERE = "the list is a duty, or the address is not on it"


class WishError(ValueError):
    """Not to be entered as it was filled in. ``field`` of the form; the message is a Chinese sentence."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field, self.message = field, message


def hand_over(office: Office, letter: Letter, name: str, address: str, words: str, actor: str) -> Answer:
    """«我已调岗，请改发给…». ``address`` may be ''. Raises WishError, AddressError."""
    if not name:
        raise WishError("name", "请填写接任人的姓名。")
    if address:
        _other_address(letter, address)
    return _enter(
        office,
        letter,
        ChangeRequest(RequestKind.HAND_OVER, letter.address_key, value=address, name=name, reason=words),
        actor,
    )


def new_address(office: Office, letter: Letter, address: str, words: str, actor: str) -> Answer:
    """The same person, another mailbox. Raises WishError, AddressError."""
    if not address:
        raise WishError("address", "请填写新的邮箱。")
    _other_address(letter, address)
    return _enter(
        office, letter, ChangeRequest(RequestKind.NEW_ADDRESS, letter.address_key, value=address, reason=words), actor
    )


def pause(office: Office, letter: Letter, code: str, until: datetime, actor: str) -> Answer:
    """Nothing from the list until then; only where people may leave it. ``until``: aware. Raises WishError."""
    now = office.clock.now()
    if not now < until <= now + LONGEST_PAUSE:
        raise WishError("until", f"请选一个以后的日期，最长 {LONGEST_PAUSE.days} 天。")
    if not _may_leave(office, letter, code):
        return Answer.NOT_HERE
    return _enter(office, letter, ChangeRequest(RequestKind.PAUSE, letter.address_key, code, until=until), actor)


def leave(office: Office, letter: Letter, actor: str) -> Answer:
    """Nothing more from the copy's list. Repeatable: who has left has left."""
    if letter.is_only_to_look_at:
        return Answer.ONLY_TO_LOOK_AT
    if has_left(office, letter):
        return Answer.DONE
    wanted = ChangeRequest(RequestKind.LEAVE, letter.address_key, letter.list_code)
    _, state = ask(office, wanted, actor, confirm=True)
    return Answer.DONE if state is RequestState.GRANTED else Answer.ASKED


def come_back(office: Office, letter: Letter, actor: str) -> Answer:
    """Takes leaving and pausing of the copy's list back; what others decided stays."""
    if letter.is_only_to_look_at:
        return Answer.ONLY_TO_LOOK_AT
    now = office.clock.now()
    with office.store.begin() as session:
        for stop in directory.active_suppressions(session, now, letter.address_key):
            is_own = stop.reason is SuppressionReason.ASKED and stop.scope == letter.list_code
            if is_own and stop.id is not None and directory.lift(session, stop.id, now, actor, "本人恢复接收"):
                office.record(session, actor, "suppression.lifted", f"suppression:{stop.id}", because="本人恢复接收")
    return Answer.DONE


def has_left(office: Office, letter: Letter) -> bool:
    """Whether the copy's list is not sent to the address any more, by its own wish and for good."""
    with office.store.read() as session:
        stops = directory.active_suppressions(session, office.clock.now(), letter.address_key)
    return any(
        stop.reason is SuppressionReason.ASKED and stop.until is None and stop.covers(letter.list_code)
        for stop in stops
    )


def is_duty(office: Office, letter: Letter) -> bool:
    """Whether the copy's list is one that nobody leaves by themselves."""
    with office.store.read() as session:
        return any(each.is_duty for each in directory.lists(session) if each.code == letter.list_code)


def _may_leave(office: Office, letter: Letter, code: str) -> bool:
    with office.store.read() as session:
        on = directory.lists_of(session, letter.address_key, office.clock.now())
    return any(each.code == code and not each.is_duty for each in on)


def _other_address(letter: Letter, address: str) -> None:
    if EmailAddress.parse(address).key == letter.address_key:
        raise WishError("address", "这就是现在的邮箱。请填写新的邮箱。")


def _enter(office: Office, letter: Letter, wanted: ChangeRequest, actor: str) -> Answer:
    if letter.is_only_to_look_at:
        return Answer.ONLY_TO_LOOK_AT
    with office.store.read() as session:
        lately = directory.requests_of(session, letter.address_key, office.clock.now() - _WITHIN)
    is_known = any(
        (each.kind, each.scope, each.value, each.name, each.state)
        == (wanted.kind, wanted.scope, wanted.value, wanted.name, RequestState.OPEN)
        for each in lately
    )
    if len(lately) >= _AT_MOST and not is_known:
        return Answer.TOO_MANY
    if is_known:
        return Answer.ASKED  # pressed twice: nobody is told twice
    _, state = ask(office, wanted, actor, confirm=True)
    return Answer.DONE if state is RequestState.GRANTED else Answer.ASKED
