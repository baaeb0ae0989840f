"""Looks through a shared mailbox once: what is new since the last time is sifted, and what is ours is taken in.

The mark of how far a folder was read moves only behind what is stored, so a process killed in between reads some mails
twice, and the store counts them once. The mailbox itself keeps no trace of us, unless the office has set that what was
taken in is moved or deleted.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Protocol

from sqlmodel import Session

from mailer.feedback.correlate import Correlation, correlate
from mailer.feedback.report import Kind, read_report
from mailer.flow.office import Office
from mailer.flow.ports import Clock
from mailer.flow.sift_mail import Concern, Sifted, sift
from mailer.flow.take_in_letter import Letter, take_in_letter
from mailer.flow.take_in_report import take_in_report
from mailer.model.retry import RetryPolicy
from mailer.model.return_path import Signer
from mailer.store import queries, returns, writes
from mailer.store.engine import Store
from recipients import directory

LENGTH_LIMIT = 1024 * 1024  # octets that are kept of one mail: a report's evidence stands at its head
LETTER_LIMIT = 128 * 1024  # of a person's letter: their own words stand first
LOOK_BACK = timedelta(days=14)  # what is read of a mailbox seen for the first time, or renumbered
SUPERIORS = "报"  # the list whose members' letters the office wants to know of at once
_A_TIME = 50  # mails asked for at once
_PROVEN = frozenset({"applied", "waiting"})  # states of a mail that carries our signature
_NEWS = frozenset({Kind.BOUNCE, Kind.DELAYED, Kind.DELIVERED, Kind.COMPLAINT})


@dataclass(frozen=True, slots=True)
class FolderState:
    """RFC 3501 2.3.1.1: UIDs mean what they meant as long as ``uid_validity`` is the same."""

    uid_validity: int
    uid_next: int


@dataclass(frozen=True, slots=True)
class Head:
    """``headers``: the telling header lines, bounded; ``arrived_at`` None where the server does not say."""

    uid: int
    size: int
    arrived_at: datetime | None
    headers: bytes


class FolderRefusedError(Exception):
    """One folder may not be opened; the others may."""


class Mailbox(Protocol):
    """An open mailbox, one folder at a time. Nothing here changes it but ``clear``."""

    name: str
    user: str
    folders: tuple[str, ...]

    def examine(self, folder: str) -> FolderState:
        """Opens a folder for reading only. Raises FolderRefusedError for any but the inbox."""
        ...

    def uids_after(self, uid: int) -> Sequence[int]: ...

    def uids_since(self, day: date) -> Sequence[int]: ...

    def heads(self, uids: Sequence[int]) -> Sequence[Head]: ...

    def fetch(self, uid: int, size: int, limit: int) -> bytes | None: ...

    def clear(self, folder: str, uid_validity: int, uids: Sequence[int]) -> bool:
        """Takes these mails out of the folder in the way that is set; False where the server does not let us. The
        folder is open for reading again afterwards.
        """
        ...


class Clearing(StrEnum):
    """Which mails may leave their folder once they are stored."""

    NOTHING = "nothing"
    PROVEN = "proven"  # returns that carry our signature: nobody has to look at them there
    TAKEN = "taken"  # all that was taken in, where the mailbox is nobody's but ours


@dataclass(slots=True)
class Polled:
    """What one look found, by folder's end: mails seen, taken in, told of by a task, moved or deleted as set."""

    seen: int = 0
    taken: int = 0
    letters: int = 0
    cleared: int = 0
    not_cleared: int = 0


@dataclass(frozen=True, slots=True)
class Reader:
    """``own``: addresses the office sends from; ``members``: of the list 报, asked for at each look. Case-folded.
    ``office``: carries out what recipients ask for by letter; without it such letters are told of like all others.
    """

    store: Store
    signer: Signer
    retry: RetryPolicy
    clock: Clock
    own: frozenset[str]
    members: frozenset[str] = frozenset()
    clearing: Clearing = Clearing.NOTHING
    office: Office | None = None


def poll_mailbox(reader: Reader, mailbox: Mailbox) -> Polled:
    """Every folder to its end. What the mailbox raises ends it; what was stored until then stays."""
    polled = Polled()
    with reader.store.read() as session:
        reader = replace(reader, members=_members(session, reader.clock.now()))
    for folder in mailbox.folders:
        with suppress(FolderRefusedError):
            _poll_folder(reader, mailbox, folder, polled)
    return polled


def has_news(reader: Reader, mailbox: Mailbox, folder: str) -> bool:
    """Opens a folder; whether it holds mails beyond the mark."""
    state = mailbox.examine(folder)
    with reader.store.read() as session:
        last = returns.read_up_to(session, mailbox.name, folder, state.uid_validity)
    return last is None or state.uid_next - 1 > last


def _members(session: Session, at: datetime) -> frozenset[str]:
    try:
        audience = directory.members(session, SUPERIORS, at)
    except KeyError:
        return frozenset()
    return frozenset(entry.address.key for entry in audience.entries if entry.address is not None)


def _poll_folder(reader: Reader, mailbox: Mailbox, folder: str, polled: Polled) -> None:
    state = mailbox.examine(folder)
    with reader.store.read() as session:
        last = returns.read_up_to(session, mailbox.name, folder, state.uid_validity)
    now = reader.clock.now()
    if last is None:
        uids = mailbox.uids_since((now - LOOK_BACK).date())
        last = max(state.uid_next - 1, 0) if not uids else uids[0] - 1
    else:
        uids = mailbox.uids_after(last)
    for start in range(0, len(uids), _A_TIME):
        some = uids[start : start + _A_TIME]
        done = [head.uid for head in mailbox.heads(some) if _take(reader, mailbox, head, polled)]
        _clear(mailbox, folder, state.uid_validity, done, polled)
        _remember(reader, mailbox.name, folder, state.uid_validity, some[-1])
    # what lay below UIDNEXT was there to be found when we asked, or is gone
    last = max(last, state.uid_next - 1, *uids[-1:])
    _remember(reader, mailbox.name, folder, state.uid_validity, last)


def _remember(reader: Reader, name: str, folder: str, uid_validity: int, last: int) -> None:
    with reader.store.begin() as session:
        returns.mark_read(
            session, mailbox=name, folder=folder, uid_validity=uid_validity, last_uid=last, now=reader.clock.now()
        )


def _clear(mailbox: Mailbox, folder: str, uid_validity: int, uids: Sequence[int], polled: Polled) -> None:
    """Before the mark moves: who dies in between finds the rest again."""
    if not uids:
        return
    if mailbox.clear(folder, uid_validity, uids):
        polled.cleared += len(uids)
    else:
        polled.not_cleared += len(uids)


def _take(reader: Reader, mailbox: Mailbox, head: Head, polled: Polled) -> bool:
    """Whether the mail has done its duty in the mailbox, as far as the office has set that."""
    polled.seen += 1
    verify = reader.signer.verify
    own = reader.own | {mailbox.user.casefold()}
    sifted = sift(head.headers, verify=verify, own=own, members=reader.members, verify_piece=reader.signer.verify_piece)
    if sifted.concern in {Concern.MACHINE, Concern.PERHAPS}:
        raw = mailbox.fetch(head.uid, head.size, LENGTH_LIMIT)
        if raw is None or (sifted.concern is Concern.PERHAPS and not _is_news(raw, reader)):
            return False
        rcpt = sifted.envelope_rcpt or mailbox.user
        state = take_in_report(
            reader.store,
            raw=raw,
            envelope_rcpt=rcpt,
            sender="",
            signer=reader.signer,
            retry=reader.retry,
            now=reader.clock.now(),
        )
        polled.taken += 1
        return _may_go(reader.clearing, state, is_whole=len(raw) >= head.size)
    if sifted.concern in {Concern.REQUEST, Concern.ANSWER} and _is_dealt_with(reader, mailbox, head, sifted):
        polled.letters += 1
    elif sifted.concern in {Concern.REQUEST, Concern.ANSWER, Concern.MEMBER}:
        polled.letters += _tell_of_letter(reader, head, sifted)
    return False


def _is_dealt_with(reader: Reader, mailbox: Mailbox, head: Head, sifted: Sifted) -> bool:
    """What a recipient asks for by the words that our mails offer. The letter stays in the mailbox, as all do."""
    if reader.office is None or sifted.delivery_id is None:
        return False
    raw = mailbox.fetch(head.uid, head.size, LETTER_LIMIT)
    if raw is None:
        return False
    return take_in_letter(
        reader.office,
        Letter.of(head.headers, sifted.sender, sifted.subject, sifted.delivery_id, sifted.act, raw),
    )


def _may_go(clearing: Clearing, state: str, *, is_whole: bool) -> bool:
    """What was cut off when it was stored stays where it is whole."""
    if clearing is Clearing.PROVEN:
        return is_whole and state in _PROVEN
    return is_whole and clearing is Clearing.TAKEN


def _is_news(raw: bytes, reader: Reader) -> bool:
    mail = read_report(raw)
    return mail.kind in _NEWS or isinstance(correlate(mail, "", reader.signer.verify), Correlation)


def _tell_of_letter(reader: Reader, head: Head, sifted: Sifted) -> bool:
    """A task with what its envelope would show, no more: the letter itself is read where it lies."""
    with reader.store.begin() as session:
        row = None if sifted.delivery_id is None else queries.delivery_row(session, sifted.delivery_id)
        about = "是对本刊来信的回复" if sifted.concern is not Concern.MEMBER else "来自“报”名单上的领导"
        return writes.open_task(
            session,
            kind="letter",
            title=f"来信：{sifted.sender or '（没有写发件人）'}",
            detail=f"主题：{sifted.subject or '（无主题）'}\n时间：{sifted.dated}\n{about}；原信在收件箱里，请到邮箱里看。",
            dedupe_key=f"letter:{hashlib.sha256(head.headers).hexdigest()}",
            mailing_id=row.mailing_id if row else None,
            delivery_id=row.id if row else None,
            now=reader.clock.now(),
        )
