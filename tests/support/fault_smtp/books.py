"""The relay's books: one JSON line per event, appended as it happens, and the reader of them.

The writer needs no flush: each line is one write() on an O_APPEND descriptor, so it is there when the process is killed.
"""

from __future__ import annotations

import hashlib
import itertools
import json
import os
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.waiting import wait_until

# Headers in which the copies of one mailing rightly differ.
_PERSONAL = frozenset(
    {b"to", b"message-id", b"list-unsubscribe", b"list-unsubscribe-post", b"dkim-signature", b"x-feedback-id"}
)


class BookWriter:
    """Message numbers go on where an earlier process with the same file stopped."""

    def __init__(self, path: Path) -> None:
        earlier = [message.number for message in RelayLog(path).messages()]
        self._numbers = itertools.count(max(earlier, default=0) + 1)
        self._file = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)

    def write(self, event: str, **values: Any) -> None:
        line = json.dumps({"event": event, "at": time.time(), **values}, ensure_ascii=False) + "\n"
        os.write(self._file, line.encode("utf-8"))

    def message(self, session: int, sender: str, recipients: tuple[str, ...], content: bytes, *, kept: bool) -> int:
        """Enters a message whose final dot has come, before anything is answered; returns its number."""
        number = next(self._numbers)
        fields, body = _split(content)
        self.write(
            "message",
            number=number,
            session=session,
            mail_from=sender,
            rcpt_to=recipients,
            message_id=_value(fields, b"message-id"),
            subject=_value(fields, b"subject"),
            content_sha256=hashlib.sha256(
                b"\r\n".join(field for field in fields if _name(field) not in _PERSONAL) + body
            ).hexdigest(),
            size=len(content),
            bare_newline=b"\n" in content.replace(b"\r\n", b"") or b"\r" in content.replace(b"\r\n", b""),
            eight_bit=not content.isascii(),
            kept=kept,
        )
        return number

    def close(self) -> None:
        os.close(self._file)


def _split(content: bytes) -> tuple[list[bytes], bytes]:
    """Header fields with their folded lines, and everything behind the blank line."""
    head, _, body = content.partition(b"\r\n\r\n")
    fields: list[bytes] = []
    for line in head.split(b"\r\n"):
        if fields and line[:1] in {b" ", b"\t"}:
            fields[-1] += b"\r\n" + line
        else:
            fields.append(line)
    return fields, body


def _name(field: bytes) -> bytes:
    return field.partition(b":")[0].strip().lower()


def _value(fields: list[bytes], name: bytes) -> str:
    found = next((field.partition(b":")[2] for field in fields if _name(field) == name), b"")
    return found.replace(b"\r\n", b"").strip().decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Message:
    """A message whose final dot reached the relay.

    ``kept``: the relay has it. ``outcome``: "answered" (the right reply went out whole), "refused" (4yz or 5yz), "dropped" (no
    clean reply), None (none yet: the relay is late, or was killed). ``content_sha256`` leaves the personal headers out.
    """

    number: int
    session: int
    mail_from: str
    rcpt_to: tuple[str, ...]
    message_id: str
    subject: str  # as it was sent, encoded words and all
    content_sha256: str
    size: int
    bare_newline: bool
    eight_bit: bool
    kept: bool
    at: float
    outcome: str | None


class RelayLog:
    """Reads the books while they are written, by this process or another."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._events: list[dict[str, Any]] = []
        self._read_to = 0

    def events(self, kind: str | None = None) -> list[dict[str, Any]]:
        """Every event so far, or those of one kind: listening scenario connect turned_away busy
        tls auth mail rcpt message outcome fault violation close."""
        if self.path.exists():
            with self.path.open("rb") as file:
                file.seek(self._read_to)
                data = file.read()
            complete = data[: data.rfind(b"\n") + 1]
            self._read_to += len(complete)
            self._events += [json.loads(line) for line in complete.splitlines()]
        return [event for event in self._events if kind is None or event["event"] == kind]

    def count(self, kind: str) -> int:
        return len(self.events(kind))

    def messages(self) -> list[Message]:
        """Every message that came to its dot, kept or not, in order."""
        events = self.events()
        outcomes = {event["number"]: event["outcome"] for event in events if event["event"] == "outcome"}
        return [
            Message(
                **{key: event[key] for key in event if key not in {"event", "rcpt_to"}},
                rcpt_to=tuple(event["rcpt_to"]),
                outcome=outcomes.get(event["number"]),
            )
            for event in events
            if event["event"] == "message"
        ]

    def kept(self) -> list[Message]:
        return [message for message in self.messages() if message.kept]

    def by_address(self) -> dict[str, list[Message]]:
        """Recipient -> the copies the relay keeps for it."""
        copies: dict[str, list[Message]] = defaultdict(list)
        for message in self.kept():
            for address in message.rcpt_to:
                copies[address].append(message)
        return dict(copies)

    def wait_until(self, kept: int, within: float = 20.0) -> list[Message]:
        """Waits until the relay keeps at least so many messages."""
        return (
            wait_until(lambda: (found := self.kept()) and len(found) >= kept and found, within, f"{kept} messages kept")
            or []
        )

    def wait_for(self, condition: Callable[[RelayLog], bool], within: float = 20.0, what: str = "") -> None:
        wait_until(lambda: condition(self), within, what)
