"""Our SMTP client: kept sessions, one transaction at a time, every phase with a total time limit. Decides nothing.

Two dialogues: lock-step, and MAIL+RCPT+DATA in one write where EHLO offers PIPELINING (RFC 2920), with the 354 as the
sync mark: a body goes out only when exactly the owed replies have come. With PIPELINING the next message's three commands
may follow a dot that has left, before its answer (RFC 2920 3.1: message content may be the first of a group); depth one.
Addresses must have been validated before.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from mailer.flow.ports import Envelope
from mailer.model.reply import Fault, Outcome, Phase, Reply
from mailer.transport.wire import Wire, WireFaultError

_SEND_BODY = 354
_GOING_AWAY = 421
_REFUSAL = 400  # and above
_ENVELOPE_REPLIES = 3  # MAIL, RCPT, DATA
_GOODBYE_WITHIN = 1.0  # seconds
_NOT_IN_A_PATH = re.compile(r"[^\x21-\x7e]|[<>]")


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds, after RFC 5321 4.5.3.2. DOT is long on purpose: a relay that is slow to say yes must not be doubted."""

    connect: float = 30
    helo: float = 60
    mail: float = 300
    rcpt: float = 300
    data: float = 120
    body: float = 180
    dot: float = 600


@dataclass(slots=True)
class Extensions:
    """What EHLO offered (RFC 5321 4.1.1.1)."""

    pipelining: bool = False
    starttls: bool = False
    dsn: bool = False
    size: int = 0  # octets; 0: no limit told
    auth: frozenset[str] = frozenset()

    @classmethod
    def parse(cls, text: str) -> Extensions:
        offered = cls()
        for line in text.split("\n")[1:]:
            word, _, rest = line.strip().upper().replace("=", " ", 1).partition(" ")
            if word == "PIPELINING":
                offered.pipelining = True
            elif word == "STARTTLS":
                offered.starttls = True
            elif word == "DSN":
                offered.dsn = True
            elif word == "SIZE" and rest.strip().isdigit():
                offered.size = int(rest)
            elif word == "AUTH":
                offered.auth |= frozenset(rest.split())
        return offered


def _goes_on(phase: Phase, reply: Reply) -> bool:
    """Whether the dialogue takes its next step; False for a refusal. Raises WireFaultError for what is neither."""
    if reply.code == _SEND_BODY if phase is Phase.DATA else reply.is_positive:
        return True
    if reply.code >= _REFUSAL:
        return False
    fault = WireFaultError(Fault.GARBLED, f"no answer to this command: {reply}")
    fault.phase = phase
    raise fault


def xtext(text: str) -> str:
    """RFC 3461 4: '+', '=' and everything outside printable ASCII as +HH."""
    return "".join(
        char if 33 <= ord(char) <= 126 and char not in "+=" else "".join(f"+{byte:02X}" for byte in char.encode())
        for char in text
    )


def _path(address: str) -> str:
    """RFC 5321 4.1.2, '' for the null sender. Raises ValueError for what could end the path or its line."""
    if _NOT_IN_A_PATH.search(address):
        raise ValueError(f"address {address[:80]!r} cannot stand in a command")
    return f"<{address}>"


class SmtpSession:
    """One connection. Not for use by two tasks at once."""

    def __init__(
        self, wire: Wire, host: str, offered: Extensions, timeouts: Timeouts, now: Callable[[], datetime], *,
        pipelined: bool, wants_reports: bool,
    ) -> None:  # fmt: skip
        self._wire, self._host, self._timeouts, self._now = wire, host, timeouts, now
        self.offered = offered
        self._pipelined = pipelined and offered.pipelining
        self._wants_reports = wants_reports
        self._broken = False
        self._ahead: Envelope | None = None  # of the message whose commands followed the last dot
        self._withdrawn = False
        self.sent = 0

    @property
    def is_usable(self) -> bool:
        if self._broken or self._withdrawn:
            return False
        return self._wire.is_quiet if self._ahead is None else self._wire.is_alive

    def _outcome(self, phase: Phase, reply: Reply | None, fault: WireFaultError | None = None) -> Outcome:
        return Outcome(
            phase, reply, fault.fault if fault else None, self._host, self._now(), fault.note if fault else ""
        )

    async def transact(
        self,
        envelope: Envelope,
        body: Callable[[], Sequence[bytes]],
        behind: Callable[[], Envelope | None] = lambda: None,
    ) -> Outcome:
        ahead, self._ahead = self._ahead, None
        if ahead is not None and ahead != envelope:
            self._break()
            raise RuntimeError("another message was announced on this session")
        self.sent += 1
        phase = Phase.MAIL
        try:
            if not self._pipelined:
                refusal, phase = await self._envelope(envelope)
            else:
                if ahead is None:
                    self._tell(Phase.MAIL, self._commands(envelope))
                refusal, phase = await self._answers_to_envelope()
            if refusal is not None:
                return await self._refused(phase, refusal)
            self._wire.check_quiet()  # after something that was not owed no reply could be paired with our commands
            if self._wire.says_goodbye:
                return await self._refused(phase, await self._answer(phase, self._timeouts.data))
        except WireFaultError as fault:
            self._break()
            return self._outcome(fault.phase or phase, None, fault)
        return await self._body(body, behind)

    def _commands(self, envelope: Envelope) -> bytes:
        return self._mail_command(envelope) + self._rcpt_command(envelope) + b"DATA\r\n"

    def _mail_command(self, envelope: Envelope) -> bytes:
        command = f"MAIL FROM:{_path(envelope.mail_from)}"
        if self.offered.size:
            command += f" SIZE={envelope.size}"
        if self.offered.dsn:
            command += f" RET=HDRS ENVID={xtext(envelope.envid)}"
        return command.encode("ascii") + b"\r\n"

    def _rcpt_command(self, envelope: Envelope) -> bytes:
        command = f"RCPT TO:{_path(envelope.rcpt_to)}"
        if self.offered.dsn and self._wants_reports:
            # without a reader the good news of every copy would end in the office's own mailbox
            command += " NOTIFY=SUCCESS,FAILURE,DELAY"
        if self.offered.dsn:
            command += f" ORCPT=rfc822;{xtext(envelope.rcpt_to)}"
        return command.encode("ascii") + b"\r\n"

    def _tell(self, phase: Phase, commands: bytes) -> None:
        try:
            self._wire.check_quiet()
        except WireFaultError as fault:
            fault.phase = phase
            raise
        self._wire.send(commands)

    async def _ask(self, phase: Phase, commands: bytes, within: float) -> Reply:
        self._tell(phase, commands)
        return await self._answer(phase, within)

    async def _answer(self, phase: Phase, within: float) -> Reply:
        try:
            return await self._wire.reply(phase, within)
        except WireFaultError as fault:
            fault.phase = phase
            raise

    async def _envelope(self, envelope: Envelope) -> tuple[Reply | None, Phase]:
        """Lock-step. (refusal or None, the phase it came in)."""
        steps = (
            (Phase.MAIL, self._mail_command(envelope), self._timeouts.mail),
            (Phase.RCPT, self._rcpt_command(envelope), self._timeouts.rcpt),
            (Phase.DATA, b"DATA\r\n", self._timeouts.data),
        )
        for phase, command, within in steps:
            reply = await self._ask(phase, command, within)
            if not _goes_on(phase, reply):
                return reply, phase
        return None, Phase.DATA

    async def _answers_to_envelope(self) -> tuple[Reply | None, Phase]:
        """PIPELINING: three commands were told, three replies are owed, in order (RFC 2920 3.1)."""
        mail = await self._answer(Phase.MAIL, self._timeouts.mail)
        if mail.code == _GOING_AWAY:
            return mail, Phase.MAIL
        rcpt = await self._answer(Phase.RCPT, self._timeouts.rcpt)
        if rcpt.code == _GOING_AWAY:
            return rcpt, Phase.RCPT
        data = await self._answer(Phase.DATA, self._timeouts.data)
        for phase, reply in ((Phase.MAIL, mail), (Phase.RCPT, rcpt)):
            if not _goes_on(phase, reply):
                if data.code == _SEND_BODY:
                    await self._send_empty()
                elif data.code < _REFUSAL:
                    _goes_on(Phase.DATA, data)  # raises: these replies do not belong to these commands
                return reply, phase
        return (None if _goes_on(Phase.DATA, data) else data), Phase.DATA

    async def _send_empty(self) -> None:
        """RFC 2920 3.1: the host asks for a message without recipients; an empty one ends it."""
        self._wire.send(b".\r\n")
        try:
            await self._wire.reply(Phase.DATA, self._timeouts.dot)
        except WireFaultError:
            self._break()  # the refusal before it was clean all the same

    async def _refused(self, phase: Phase, refusal: Reply) -> Outcome:
        """A clean no before the body: recorded, and the session cleared for the next message."""
        outcome = self._outcome(phase, refusal)
        if self._broken or refusal.code == _GOING_AWAY or self._wire.says_goodbye:
            self._break()
            return outcome
        try:
            self._wire.check_quiet()
        except WireFaultError as fault:
            self._break()
            # a cut behind the refusal takes nothing back; an unowed reply leaves open which of them was the refusal
            return self._outcome(phase, None, fault) if fault.fault is Fault.GARBLED else outcome
        try:
            self._wire.send(b"RSET\r\n")
            if not (await self._wire.reply(Phase.MAIL, self._timeouts.mail)).is_positive:
                self._break()
        except WireFaultError:
            self._break()
        return outcome

    async def _body(self, body: Callable[[], Sequence[bytes]], behind: Callable[[], Envelope | None]) -> Outcome:
        try:
            chunks = body()
        except BaseException:
            # no dot goes out after a 354: the host drops what it has (RFC 5321 4.1.1.4)
            self._break()
            raise
        has_left = False
        try:
            has_left = await self._wire.send_message((*chunks, b".\r\n"), self._timeouts.body)
            if has_left and self._pipelined:
                self._announce(behind())
            reply = await self._wire.reply(Phase.DOT, self._timeouts.dot)
        except WireFaultError as fault:
            # while bytes of it are still ours the dot has not gone out, so no host can have taken the message
            phase = Phase.DOT if has_left or self._wire.has_left else Phase.BODY
            self._break()
            return self._outcome(phase, None, fault)
        if self._wire.answered_early:
            # an answer before the end of the body: a refusal in mid-stream; anything positive there is nonsense
            self._break()
            if reply.is_positive:
                return self._outcome(Phase.DOT, None, WireFaultError(Fault.GARBLED, f"too early: {reply}"))
            return self._outcome(Phase.BODY, reply)
        if not (200 <= reply.code < 300 or 400 <= reply.code < 600):
            self._break()
            return self._outcome(Phase.DOT, None, WireFaultError(Fault.GARBLED, str(reply)))
        owed = 0 if self._ahead is None else _ENVELOPE_REPLIES
        if (len(self._wire.unread) > owed or (not owed and self._wire.has_more)) and not self._wire.says_goodbye:
            self._break()
            return self._outcome(Phase.DOT, None, WireFaultError(Fault.GARBLED, "more than one reply"))
        if self._ahead is not None and "\n" in reply.text and not await self._is_in_step():
            self._break()
            return self._outcome(Phase.DOT, None, WireFaultError(Fault.GARBLED, "it swallowed the next reply"))
        if reply.code == _GOING_AWAY or not self.is_usable:
            self._break()  # this reply was clean; the connection has no future
        return self._outcome(Phase.DOT, reply)

    async def _is_in_step(self) -> bool:
        """Behind an answer of several lines: whether the next are those to the envelope, the 354 in its place.

        An answer that was never finished takes the one behind it for its last line.
        """
        while True:
            codes = self._wire.unread
            if self._wire.says_goodbye:
                return True
            if _SEND_BODY in codes[: _ENVELOPE_REPLIES - 1]:
                return False
            if len(codes) >= _ENVELOPE_REPLIES:
                return codes[_ENVELOPE_REPLIES - 1] == _SEND_BODY or codes[_ENVELOPE_REPLIES - 1] >= _REFUSAL
            try:
                await self._wire.more(self._timeouts.data)
            except WireFaultError:
                return False

    def _announce(self, envelope: Envelope | None) -> None:
        """The next message's commands, behind a dot that has left. Nothing of it begins before its 354 is read."""
        if envelope is None or self._wire.has_more:
            return
        try:
            commands = self._commands(envelope)
        except ValueError:
            return  # told when its turn comes
        self._wire.send_behind(commands)
        self._ahead = envelope

    def _break(self) -> None:
        self._broken = True
        self._wire.abort()

    def withdraw(self) -> None:
        self._withdrawn = self._ahead is not None

    def abort(self) -> None:
        self._break()

    async def quit(self) -> None:
        """Says goodbye without waiting long for the answer, and closes the connection."""
        if self.is_usable and self._ahead is None:  # a host that waits for a body would take it for the body
            self._wire.send(b"QUIT\r\n")
            with contextlib.suppress(WireFaultError):
                await self._wire.reply(None, _GOODBYE_WITHIN)
        self._broken = True
        await self._wire.gone()
