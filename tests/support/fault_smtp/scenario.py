"""What a relay shall do: its limits and offers (Scenario) and its faults (Fault) as plain values, to and from JSON."""

from __future__ import annotations

import dataclasses
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Any


class At(StrEnum):
    """The step of a session a fault strikes: the answer to it, or for CONNECT and BODY the step itself."""

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
    QUIT = "quit"


class Do(StrEnum):
    REPLY = "reply"  # another reply; 421 ends the session
    LATE = "late"  # the right reply, ``seconds`` later
    DRIP = "drip"  # the right reply, a byte every ``seconds``
    CUT = "cut"  # an orderly end of the connection
    RST = "rst"  # a reset
    HANG = "hang"  # silence until the client goes
    GIANT = "giant"  # the right reply, ``megabytes`` long, in many lines
    ENDLESS = "endless"  # continuation lines until the client goes
    MALFORMED = "malformed"  # something that is no reply: ``kind``, see MALFORMED
    UNOWED = "unowed"  # the right reply and one more that nobody waits for
    GARBAGE = "garbage"  # STARTTLS only: 220, then noise in place of a handshake
    INJECT = "inject"  # STARTTLS only: 220 with a plain-text reply behind it, before the handshake


# kind -> the bytes in place of the reply {code} {text}. None of them says 250 in a way a careful client may believe.
MALFORMED: dict[str, bytes] = {
    "no_code": b"OK queued\r\n",
    "two_digits": b"25 queued\r\n",
    "four_digits": b"2500 queued\r\n",
    "code_999": b"999 queued\r\n",
    "wrong_class": b"150 queued\r\n",
    "separator": b"250:queued\r\n",
    "mixed_codes": b"250-queued\r\n550 5.0.0 or not\r\n",
    "bare_lf": b"250 queued\n",
    "bare_cr": b"250 queued\r",
    "nul": b"250 que\0ued\r\n",
    "empty": b"\r\n",
    "unfinished": b"250-queued\r\n",
    "long_line": b"250 " + b"q" * 100_000 + b"\r\n",
    "binary": bytes(range(128, 256)) + b"\r\n",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    """Strikes where all its conditions hold; the first fault of a scenario that does so wins.

    ``to`` is a pattern for the recipient (RCPT and later; elsewhere it must stay ``*``). Of the steps it matches, the first
    ``after`` are spared, then every ``every``-th is struck with probability ``share``, ``times`` times at most in all and
    ``times_each`` times at most for one recipient, and only until ``seconds_each`` after that recipient was first seen.
    ``kept`` tells, at the dot, whether the relay keeps the message; None: as the reply that goes out says.
    """

    at: At
    do: Do
    reply: str = ""
    seconds: float = 0.0
    megabytes: float = 1.0
    kind: str = "no_code"
    kept: bool | None = None
    to: str = "*"
    after: int = 0
    every: int = 1
    share: float = 1.0
    times: int | None = None
    times_each: int | None = None
    seconds_each: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A relay's manners. Without arguments: everything offered, nothing demanded, no fault."""

    faults: tuple[Fault, ...] = ()
    seed: int = 1
    extensions: tuple[str, ...] = ("PIPELINING", "8BITMIME", "DSN", "SMTPUTF8", "ENHANCEDSTATUSCODES")
    max_size: int | None = 20_000_000  # bytes; None: SIZE is not offered
    latency: float = 0.0  # seconds before each flight of replies
    starttls: bool = True  # offered where the server has a certificate
    require_tls: bool = False  # 530 to AUTH and MAIL before STARTTLS
    logins: dict[str, str] = field(default_factory=dict)  # login -> password; any login: AUTH is demanded
    mechanisms: str = "PLAIN LOGIN"  # of AUTH, as EHLO names them
    sender_is_login: bool = False  # 553 to a MAIL FROM other than the login: a hosted mailbox
    max_connections: int | None = None
    messages_per_connection: int | None = None  # then 421 at the next MAIL
    recipients_per_message: int | None = None  # then 452
    idle_for: float | None = None  # seconds without a command, then 421 and the end
    rate: int | None = None  # MAILs in any ``rate_window``; more get ``rate_reply``
    rate_window: float = 60.0  # seconds
    rate_reply: str = "450 4.7.1 Rate limit exceeded, slow down"
    down: str = ""  # "refuse": nobody listens; "reset": every connection is reset at once

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)

    @classmethod
    def from_json(cls, text: str) -> Scenario:
        values: dict[str, Any] = json.loads(text)
        faults = tuple(Fault(**{**one, "at": At(one["at"]), "do": Do(one["do"])}) for one in values.pop("faults", ()))
        if "extensions" in values:
            values["extensions"] = tuple(values["extensions"])
        return cls(faults=faults, **values)


class FaultPicker:
    """Counts what happens under one scenario and says which fault strikes. Not safe for threads: the server locks."""

    def __init__(self, scenario: Scenario) -> None:
        self._rules = [
            _Rule(fault, random.Random(scenario.seed * 1000 + place)) for place, fault in enumerate(scenario.faults)
        ]

    def pick(self, at: At, recipients: tuple[str, ...], now: float) -> Fault | None:
        """``now`` is in seconds of any clock that only goes forward."""
        return next((rule.fault for rule in self._rules if rule.fault.at is at and rule.strikes(recipients, now)), None)


class _Rule:
    def __init__(self, fault: Fault, chance: random.Random) -> None:
        self.fault, self._chance = fault, chance
        self._seen = self._struck = 0
        self._struck_each: Counter[str] = Counter()
        self._first_seen: dict[str, float] = {}

    def strikes(self, recipients: tuple[str, ...], now: float) -> bool:
        fault = self.fault
        matching = [address for address in recipients if fnmatchcase(address, fault.to)]
        if not matching and fault.to != "*":
            return False
        address = matching[0] if matching else ""
        self._seen += 1
        spared = self._seen <= fault.after or (self._seen - fault.after) % fault.every
        spared = spared or (fault.times is not None and self._struck >= fault.times)
        spared = spared or (fault.times_each is not None and self._struck_each[address] >= fault.times_each)
        first_seen = self._first_seen.setdefault(address, now)
        spared = spared or (fault.seconds_each is not None and now - first_seen >= fault.seconds_each)
        # The dice are thrown last and for struck steps only, so that a seed gives one sequence whatever else is counted.
        if spared or self._chance.random() >= fault.share:
            return False
        self._struck += 1
        self._struck_each[address] += 1
        return True
