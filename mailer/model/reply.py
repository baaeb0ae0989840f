"""What an SMTP host said and how far we had got: one outcome value from the wire to the report.

Reply and EnhancedStatus follow RFC 5321 4.2 and RFC 3463; Phase names the step of RFC 5321 3.3 that was answered.
Nothing here judges: the reading of an outcome is a Verdict.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

_ENHANCED = re.compile(r"^\s*([245])\.(\d{1,3})\.(\d{1,3})(?=\s|$|[-:,;)])")


class Phase(StrEnum):
    """The step of the session whose answer we wait for. From BODY on the message itself is on the wire."""

    CONNECT = "connect"
    GREETING = "greeting"
    EHLO = "ehlo"
    STARTTLS = "starttls"
    AUTH = "auth"
    MAIL = "mail"
    RCPT = "rcpt"
    DATA = "data"
    BODY = "body"
    DOT = "dot"

    @property
    def is_session(self) -> bool:
        """Before any mail was spoken of: the relay's matter, never a recipient's."""
        return self in _SESSION


_SESSION = frozenset({Phase.CONNECT, Phase.GREETING, Phase.EHLO, Phase.STARTTLS, Phase.AUTH})


class Fault(StrEnum):
    """Why there is no clean reply."""

    REFUSED = "refused"  # no connection could be made
    TIMEOUT = "timeout"  # the total time of the phase ran out
    CUT = "cut"  # the connection ended
    GARBLED = "garbled"  # not an SMTP reply, too long, or a reply nobody was waiting for
    TLS = "tls"  # no verified encryption


@dataclass(frozen=True, slots=True)
class EnhancedStatus:
    """RFC 3463: class 2, 4 or 5, subject, detail."""

    klass: int
    subject: int
    detail: int

    def __str__(self) -> str:
        return f"{self.klass}.{self.subject}.{self.detail}"

    @classmethod
    def parse(cls, text: str) -> EnhancedStatus | None:
        match = _ENHANCED.match(text)
        return cls(*(int(part) for part in match.groups())) if match else None


@dataclass(frozen=True, slots=True)
class Reply:
    """One complete reply. ``text`` is what stood behind the code, lines joined by a newline, the enhanced code kept."""

    code: int
    text: str

    @property
    def enhanced(self) -> EnhancedStatus | None:
        return EnhancedStatus.parse(self.text)

    @property
    def is_positive(self) -> bool:
        return 200 <= self.code < 300

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


@dataclass(frozen=True, slots=True)
class Outcome:
    """One attempt's end: the phase reached, the reply that ended it or the fault in its place, who said it, when."""

    phase: Phase
    reply: Reply | None
    fault: Fault | None
    host: str
    at: datetime
    note: str = ""  # what the operating system or the TLS library said, for people

    @property
    def is_accepted(self) -> bool:
        """The only case in which a message counts as taken: a clean 2yz to the final dot (RFC 5321 4.2.5)."""
        return self.phase is Phase.DOT and self.reply is not None and self.reply.is_positive

    @property
    def is_unknown(self) -> bool:
        """The message went out and no clean reply came: both sides may own it (RFC 1047)."""
        return self.phase is Phase.DOT and self.reply is None
