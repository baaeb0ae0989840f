"""The office's shared mailbox by IMAP, read only: nothing is deleted, moved or marked, not even as seen.

Folders are opened with EXAMINE and mails fetched with BODY.PEEK; what is new is told by UID, never by flags. The size is
asked before anything is fetched, and of a long mail only the head comes over the wire. Only where the office has set it,
single mails are moved away or deleted: by UID, and never with a command that could touch another mail.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from importlib.metadata import PackageNotFoundError, version
from types import TracebackType
from typing import Self

from mailer.flow.poll_mailbox import FolderRefusedError, FolderState, Head
from mailer.intake.folder_names import INBOX, encoded, folders_to_read
from mailer.intake.imap_wire import Answer, ImapRefusedError, ImapWire, MailboxAddress, quoted

__all__ = ["ImapMailbox"]

_WITHIN = 60.0  # seconds a command may take
_HEADER_OCTETS = 32 * 1024
# By these it is decided whether a mail is a machine's, an answer to us, or nobody's business but its reader's.
_HEADERS = (
    "RETURN-PATH FROM SENDER TO DELIVERED-TO X-ORIGINAL-TO SUBJECT DATE MESSAGE-ID CONTENT-TYPE IN-REPLY-TO REFERENCES "
    "AUTO-SUBMITTED PRECEDENCE X-PRECEDENCE LIST-ID LIST-UNSUBSCRIBE X-FAILED-RECIPIENTS X-MAILER-DELIVERY X-AUTOREPLY "
    "X-AUTORESPOND X-AUTORESPONDER X-AUTO-REPLY X-MAIL-AUTOREPLY X-QQ-AUTO-REPLY X-MS-EXCHANGE-INBOX-RULES-LOOP "
    "X-LOOP X-HMXMRORIGINALRECIPIENT"
)
_UID = re.compile(rb"\bUID (\d{1,10})\b", re.IGNORECASE)
_SIZE = re.compile(rb"\bRFC822\.SIZE (\d{1,12})\b", re.IGNORECASE)
_ARRIVED = re.compile(rb'\bINTERNALDATE "([ \d]\d-\w{3}-\d{4} \d\d:\d\d:\d\d [+-]\d{4})"', re.IGNORECASE)
_STATE = re.compile(rb"\[(UIDVALIDITY|UIDNEXT) (\d{1,10})\]", re.IGNORECASE)
_HEADER_SECTION = re.compile(rb"BODY\[HEADER[^\]]*\](?:<\d+>)? (?:\{\}|\"\"|NIL)", re.IGNORECASE)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class ImapMailbox:
    """An open mailbox; ``close`` or a with-block ends it. Raises ImapError, and LoginRefusedError on the way in."""

    def __init__(self, address: MailboxAddress, within: float = _WITHIN, *, move_to: str = "") -> None:
        """``move_to``: the folder that ``clear`` moves mails to; '' where it deletes them."""
        self.name, self.user = address.name, address.user
        self._move_to = encoded(move_to)
        self._wire = ImapWire(address, within)
        try:
            self._wire.log_in(address.user, address.password)
            self._introduce()
            listed = self._wire.command("LIST", '""', '"*"')
            found = folders_to_read((answer.text, answer.literals) for answer in listed)
            self.folders: tuple[str, ...] = tuple(name for name in found if name != self._move_to)
        except BaseException:
            self._wire.close()
            raise

    def _introduce(self) -> None:
        """ID (RFC 2971) right behind the login: NetEase's servers open no folder for a client that does not."""
        if "ID" not in self._wire.capabilities:
            return
        try:
            number = version("bulletin-mailer")
        except PackageNotFoundError:
            number = "0"
        try:
            self._wire.command("ID", f'("name" "bulletin-mailer" "version" "{number}" "vendor" "bulletin-mailer")')
        except ImapRefusedError:
            return  # offered and yet refused: what it was good for shows with the first folder

    def examine(self, folder: str) -> FolderState:
        """Opens a folder for reading only. Where it may not be opened: FolderRefusedError, for the inbox ImapRefusedError."""
        try:
            return self._open("EXAMINE", folder)
        except ImapRefusedError as error:
            if folder == INBOX:
                raise
            raise FolderRefusedError(str(error)) from error

    def _open(self, command: str, folder: str) -> FolderState:
        found = {b"UIDVALIDITY": 0, b"UIDNEXT": 0}
        for answer in self._wire.command(command, quoted(folder)):
            for key, value in _STATE.findall(answer.text):
                found[key.upper()] = int(value)
        return FolderState(found[b"UIDVALIDITY"], found[b"UIDNEXT"])

    def uids_after(self, uid: int) -> Sequence[int]:
        """UIDs above this one, ascending."""
        # "n:*" names the last mail even where that lies below n (RFC 3501 6.4.8)
        return [each for each in self._search(f"UID {uid + 1}:*") if each > uid]

    def uids_since(self, day: date) -> Sequence[int]:
        """UIDs of mails that arrived on that day or later, ascending."""
        return self._search(f"SINCE {day.day}-{_MONTHS[day.month - 1]}-{day.year}")

    def _search(self, wanted: str) -> list[int]:
        found: set[int] = set()
        for answer in self._wire.command("UID", "SEARCH", *wanted.split(" ")):
            if answer.text.upper().startswith(b"* SEARCH"):
                found.update(int(word) for word in answer.text[8:].split() if word.isdigit())
        return sorted(found)

    def heads(self, uids: Sequence[int]) -> Sequence[Head]:
        """Size, time of arrival and the telling headers of these mails, as far as they are still there."""
        if not uids:
            return ()
        numbers = ",".join(map(str, uids))
        items = f"(UID RFC822.SIZE INTERNALDATE BODY.PEEK[HEADER.FIELDS ({_HEADERS})]<0.{_HEADER_OCTETS}>)"
        heads = {head.uid: head for head in _heads(self._wire.command("UID", "FETCH", numbers, items))}
        return [heads[uid] for uid in uids if uid in heads]

    def fetch(self, uid: int, size: int, limit: int) -> bytes | None:
        """The mail's bytes, at most ``limit`` of them; None when it is gone. ``size`` is what the server said of it."""
        items = "(BODY.PEEK[])" if size <= limit else f"(BODY.PEEK[]<0.{limit}>)"
        for answer in self._wire.command("UID", "FETCH", str(uid), items):
            told = _UID.search(answer.text)
            if told and int(told[1]) == uid and answer.literals:
                return answer.literals[0][:limit]
        return None

    def clear(self, folder: str, uid_validity: int, uids: Sequence[int]) -> bool:
        """Moves these mails, or deletes them; False where the server has no safe way to (RFC 6851, RFC 4315), refuses,
        or has numbered the folder anew. Open for reading only again afterwards.
        """
        numbers = ",".join(map(str, uids))
        is_cleared = False
        try:
            if self._open("SELECT", folder).uid_validity == uid_validity:
                is_cleared = self._move(numbers) if self._move_to else self._delete(numbers)
        except ImapRefusedError:
            is_cleared = False
        self.examine(folder)
        return is_cleared

    def _move(self, numbers: str) -> bool:
        command = "MOVE" if "MOVE" in self._wire.capabilities else "COPY"
        if command == "COPY" and "UIDPLUS" not in self._wire.capabilities:
            return False
        try:
            self._wire.command("UID", command, numbers, quoted(self._move_to))
        except ImapRefusedError as error:
            if "[TRYCREATE]" not in str(error).upper():
                raise
            self._wire.command("CREATE", quoted(self._move_to))
            self._wire.command("UID", command, numbers, quoted(self._move_to))
        return command == "MOVE" or self._delete(numbers)

    def _delete(self, numbers: str) -> bool:
        if "UIDPLUS" not in self._wire.capabilities:
            return False  # EXPUNGE alone would take what others have marked
        self._wire.command("UID", "STORE", numbers, "+FLAGS.SILENT", "(\\Deleted)")
        self._wire.command("UID", "EXPUNGE", numbers)
        return True

    def wait(self, within: float, is_over: Callable[[], bool]) -> None:
        """Until the folder opened last gets mail, the seconds are over, or ``is_over`` says so, asked every second.

        Only where ``can_wait``.
        """
        until = time.monotonic() + (0 if self._wire.begin_idle() else within)
        while not is_over() and (left := until - time.monotonic()) > 0:
            if self._wire.new_mail_told(min(left, 1.0)):
                break
        self._wire.end_idle()

    @property
    def can_wait(self) -> bool:
        return "IDLE" in self._wire.capabilities

    def close(self) -> None:
        self._wire.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _heads(answers: Sequence[Answer]) -> Iterator[Head]:
    for answer in answers:
        uid, size = _UID.search(answer.text), _SIZE.search(answer.text)
        if uid is None or size is None or not _HEADER_SECTION.search(answer.text):
            continue  # somebody else changed a flag meanwhile: told unasked, and no matter to us
        yield Head(int(uid[1]), int(size[1]), _arrived(answer.text), answer.literals[0] if answer.literals else b"")


def _arrived(text: bytes) -> datetime | None:
    found = _ARRIVED.search(text)
    if found is None:
        return None
    try:
        day, clock, zone = found[1].decode("ascii").strip().split(" ")
        number, month, year = day.split("-")
        at = f"{year}-{_MONTHS.index(month.capitalize()) + 1:02}-{int(number):02}T{clock}{zone[:3]}:{zone[3:]}"
        return datetime.fromisoformat(at).astimezone(UTC)
    except ValueError:
        return None
