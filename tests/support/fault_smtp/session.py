"""One SMTP session as a relay sees it: the order of commands (RFC 5321), what EHLO offered, and where a fault strikes."""

from __future__ import annotations

import base64
import binascii
import ssl
from typing import Protocol

from tests.support.fault_smtp.books import BookWriter
from tests.support.fault_smtp.scenario import At, Do, Fault, Scenario
from tests.support.fault_smtp.wire import EndedError, Wire

# What still brings the client a whole, right reply.
_WHOLE = frozenset({Do.REPLY, Do.LATE, Do.DRIP, Do.GIANT, Do.UNOWED})

# RFC 2920 3.1: nothing may follow these in one flight.
_LAST_OF_GROUP = frozenset({"EHLO", "HELO", "DATA", "VRFY", "EXPN", "NOOP", "QUIT", "STARTTLS", "AUTH"})

_PARAMETERS_OF = {"8BITMIME": {"BODY"}, "DSN": {"RET", "ENVID"}, "SMTPUTF8": {"SMTPUTF8"}}


class Relay(Protocol):
    """What a session asks of its server."""

    scenario: Scenario
    books: BookWriter
    tls_context: ssl.SSLContext | None

    def pick(self, at: At, recipients: tuple[str, ...]) -> Fault | None: ...
    def has_room_for_message(self) -> bool: ...


class Session:
    def __init__(self, number: int, wire: Wire, relay: Relay) -> None:
        self._number, self._wire, self._relay = number, wire, relay
        self._greeted = False
        self._offered: frozenset[str] = frozenset()
        self._encrypted = False
        self._login: str | None = None
        self._sender: str | None = None
        self._mail_refused = False  # RFC 2920 3.1: the commands behind it may be on their way already
        self._recipients: list[str] = []
        self._messages = 0

    @property
    def _scenario(self) -> Scenario:
        return self._relay.scenario

    def run(self, *, busy: bool, implicit_tls: bool) -> None:
        """Serves the connection to its end. ``busy``: too many are open, say so and end."""
        relay = self._relay
        if fault := self._pick(At.CONNECT):
            self._wire.misbehave(fault, 220, ("",))
        if implicit_tls and relay.tls_context:
            self._wire.wrap(relay.tls_context)
            self._encrypted = True
        if busy:
            relay.books.write("busy", session=self._number)
            self._end_with(421, "4.7.0 Too many connections")
        self._answer(At.GREETING, 220, "relay.test ESMTP")
        while True:
            self._wire.latency = self._scenario.latency
            self._wire.set_idle_limit(self._scenario.idle_for)
            try:
                line = self._wire.read_line()
            except TimeoutError:
                self._end_with(421, "4.4.2 Idle for too long")
            self._command(line.decode("utf-8", "surrogateescape"))

    def _command(self, line: str) -> None:
        verb, _, rest = line.partition(" ")
        verb = verb.upper()
        if self._wire.has_more and ("PIPELINING" not in self._offered or verb in _LAST_OF_GROUP):
            self._violation(f"sent ahead behind {verb}")
            self._end_with(421, "5.5.0 Improper use of SMTP command pipelining")
        match verb:
            case "EHLO" | "HELO":
                self._hello(verb)
            case "STARTTLS":
                self._start_tls()
            case "AUTH":
                self._authenticate(rest)
            case "MAIL":
                self._mail(rest)
            case "RCPT":
                self._rcpt(rest)
            case "DATA":
                self._data()
            case "RSET":
                self._forget()
                self._wire.say(250, "2.0.0 Ok")
            case "NOOP":
                self._wire.say(250, "2.0.0 Ok")
            case "VRFY":
                self._wire.say(252, "2.0.0 Perhaps")
            case "QUIT":
                self._answer(At.QUIT, 221, "2.0.0 Bye")
                self._wire.flush()
                raise EndedError("client: quit")
            case _:
                self._violation(f"unknown command {verb[:20]}")
                self._wire.say(500, "5.5.2 Unknown command")

    def _hello(self, verb: str) -> None:
        self._forget()
        if verb == "HELO":
            self._wire.say(250, "relay.test")
            self._greeted, self._offered = True, frozenset()
            return
        offers = self._extensions()
        code, fault = self._answer(At.EHLO, 250, "relay.test", *offers)
        if code == 250 and (fault is None or fault.do is not Do.MALFORMED):
            self._greeted, self._offered = True, frozenset(offer.partition(" ")[0] for offer in offers)

    def _extensions(self) -> list[str]:
        scenario = self._scenario
        offers = list(scenario.extensions)
        if scenario.max_size is not None:
            offers.append(f"SIZE {scenario.max_size}")
        if scenario.starttls and self._relay.tls_context and not self._encrypted:
            offers.append("STARTTLS")
        if scenario.logins and (self._encrypted or not scenario.require_tls):
            offers.append(f"AUTH {scenario.mechanisms}")
        return offers

    def _start_tls(self) -> None:
        context = self._relay.tls_context
        if context is None or "STARTTLS" not in self._offered:
            self._wire.say(502, "5.5.1 Not offered")
            return
        fault = self._pick(At.STARTTLS)
        if fault and fault.do is Do.GARBAGE:
            self._wire.send_garbage_for_tls()
        if fault and fault.do is not Do.INJECT:
            self._say_with(fault, *_parse(fault.reply or "454 4.7.0 TLS not available"))
            return
        self._wire.start_tls(context, injected=fault is not None)
        self._encrypted, self._greeted, self._login = True, False, None
        self._offered = frozenset()
        self._relay.books.write("tls", session=self._number)

    def _authenticate(self, words: str) -> None:
        if "AUTH" not in self._offered:
            self._wire.say(538 if self._scenario.logins else 502, "5.7.11 Not offered here")
            return
        mechanism, _, initial = words.partition(" ")
        mechanism = mechanism.upper()
        if mechanism == "PLAIN":
            _, login, password, *_ = [*_decode(initial or self._ask("")).split("\0"), "", "", ""]
        elif mechanism == "LOGIN":
            login = _decode(initial or self._ask("VXNlcm5hbWU6"))
            password = _decode(self._ask("UGFzc3dvcmQ6"))
        else:
            self._wire.say(504, "5.5.4 Unknown mechanism")
            return
        right = self._scenario.logins.get(login) == password
        verdict = (235, "2.7.0 Welcome") if right else (535, "5.7.8 Authentication failed")
        code, _ = self._answer(At.AUTH, *verdict)
        self._relay.books.write("auth", session=self._number, mechanism=mechanism, login=login, code=code)
        if code == 235:
            self._login = login

    def _ask(self, prompt: str) -> str:
        self._wire.say(334, prompt)
        return self._wire.read_line().decode("utf-8", "replace")

    def _mail(self, words: str) -> None:
        address, parameters = _path(words, "FROM:")
        refusal = self._refusal_of_mail(address, parameters)
        code, _ = self._answer(At.MAIL, *(refusal or (250, "2.1.0 Sender ok")))
        self._relay.books.write("mail", session=self._number, address=address, parameters=parameters, code=code)
        self._mail_refused = code != 250
        if code == 250:
            self._sender, self._recipients = address, []

    def _refusal_of_mail(self, address: str | None, parameters: dict[str, str]) -> tuple[int, str] | None:
        scenario = self._scenario
        known = {"SIZE"} if scenario.max_size is not None else set()
        known |= {"AUTH"} if scenario.logins else set()
        known = known.union(*(words for name, words in _PARAMETERS_OF.items() if name in self._offered))
        if not self._greeted or self._sender is not None:
            self._violation("MAIL out of order")
            return 503, "5.5.1 Bad sequence of commands"
        if address is None:
            self._violation("MAIL without an address")
            return 501, "5.5.4 Syntax: MAIL FROM:<address>"
        if unknown := set(parameters) - known:
            self._violation(f"MAIL parameter not offered: {min(unknown)}")
            return 555, "5.5.4 Parameter not recognized"
        if scenario.require_tls and not self._encrypted:
            return 530, "5.7.0 Must issue a STARTTLS command first"
        if scenario.logins and self._login is None:
            return 530, "5.7.0 Authentication required"
        if scenario.sender_is_login and address.lower() != (self._login or "").lower():
            return 553, "5.7.1 Mail from must equal authorized user"
        if scenario.max_size is not None and int(parameters.get("SIZE") or 0) > scenario.max_size:
            return 552, "5.3.4 Message size exceeds fixed limit"
        if scenario.messages_per_connection is not None and self._messages >= scenario.messages_per_connection:
            return 421, "4.7.0 Too many messages in this session"
        if not self._relay.has_room_for_message():
            return _parse(scenario.rate_reply)
        return None

    def _rcpt(self, words: str) -> None:
        address, parameters = _path(words, "TO:")
        limit = self._scenario.recipients_per_message
        unknown = set(parameters) - ({"NOTIFY", "ORCPT"} if "DSN" in self._offered else set())
        if self._sender is None and self._mail_refused and "PIPELINING" in self._offered:
            reply = (503, "5.5.1 No valid sender")
        elif self._sender is None or address is None or unknown:
            self._violation("RCPT out of order, without an address, or with a parameter not offered")
            reply = (555, "5.5.4 Parameter not recognized") if unknown else (503, "5.5.1 Bad sequence of commands")
        elif limit is not None and len(self._recipients) >= limit:
            reply = (452, "4.5.3 Too many recipients")
        else:
            reply = (250, "2.1.5 Recipient ok")
        code, _ = self._answer(At.RCPT, *reply, recipients=(address or "",))
        self._relay.books.write("rcpt", session=self._number, address=address, parameters=parameters, code=code)
        if code == 250 and address is not None:
            self._recipients.append(address)

    def _data(self) -> None:
        if self._sender is None:
            if not (self._mail_refused and "PIPELINING" in self._offered):
                self._violation("DATA out of order")
            self._wire.say(503, "5.5.1 Bad sequence of commands")
            return
        recipients = tuple(self._recipients)
        normal = (354, "End data with <CR><LF>.<CR><LF>") if recipients else (554, "5.5.1 No valid recipients")
        code, _ = self._answer(At.DATA, *normal, recipients=recipients)
        if code != 354:
            return
        try:
            self._take_message(self._sender, recipients)
        except TimeoutError:
            self._end_with(421, "4.4.2 Idle for too long")
        self._forget()

    def _take_message(self, sender: str, recipients: tuple[str, ...]) -> None:
        if fault := self._pick(At.BODY, recipients):
            self._wire.wait_for_byte()
            code, text = _parse(fault.reply or "421 4.3.0 Going away")
            # whoever went on reading would let the kernel take the whole body before the client has seen what happened
            if fault.do is Do.CUT:
                self._wire.hang_up()
                self._wire.stand_still()
            self._wire.misbehave(fault, code, (text,))
            self._wire.flush()
            if fault.do is Do.REPLY:
                self._wire.stand_still()
        content = self._wire.read_body()
        self._messages += 1
        too_big = self._scenario.max_size is not None and len(content) > self._scenario.max_size
        normal = (552, "5.3.4 Message too big") if too_big else (250, "2.0.0 Queued")
        if not recipients:
            normal = (554, "5.5.1 No valid recipients")
        fault = self._pick(At.DOT, recipients)
        code, text = _parse(fault.reply) if fault and fault.reply else normal
        kept = code == 250 and (fault is None or fault.do in _WHOLE)
        if fault and fault.kept is not None:
            kept = fault.kept
        number = self._relay.books.message(self._number, sender, recipients, content, kept=kept)
        outcome = "dropped"
        try:
            self._say_with(fault, code, text)
            self._wire.flush()
            if fault is None or fault.do in _WHOLE:
                outcome = "answered" if code == 250 else "refused"
        finally:
            self._relay.books.write("outcome", session=self._number, number=number, outcome=outcome, code=code)

    def _answer(self, at: At, code: int, *words: str, recipients: tuple[str, ...] = ()) -> tuple[int, Fault | None]:
        """Says the reply, or what a fault makes of it; returns the code that went out."""
        lines = list(words)
        fault = self._pick(at, recipients)
        if fault and fault.reply:
            code, text = _parse(fault.reply)
            lines = [text]
        self._say_with(fault, code, *lines)
        return code, fault

    def _say_with(self, fault: Fault | None, code: int, *lines: str) -> None:
        if fault is None:
            self._wire.say(code, *lines)
        else:
            self._wire.misbehave(fault, code, lines)
        if code == 421:
            self._wire.flush()
            raise EndedError("server: 421")

    def _end_with(self, code: int, line: str) -> None:
        self._wire.say(code, line)
        self._wire.flush()
        raise EndedError(f"server: {line}")

    def _pick(self, at: At, recipients: tuple[str, ...] = ()) -> Fault | None:
        fault = self._relay.pick(at, recipients)
        if fault is not None:
            self._relay.books.write("fault", session=self._number, phase=at, do=fault.do)
        return fault

    def _violation(self, what: str) -> None:
        self._relay.books.write("violation", session=self._number, what=what)

    def _forget(self) -> None:
        self._sender, self._recipients = None, []


def _parse(reply: str) -> tuple[int, str]:
    code, _, text = reply.partition(" ")
    return int(code), text


def _path(words: str, keyword: str) -> tuple[str | None, dict[str, str]]:
    """``FROM:<a@b> SIZE=5 BODY=8BITMIME`` -> address and parameters; None without a bracketed path."""
    if not words.upper().startswith(keyword) or not words[len(keyword) :].startswith("<"):
        return None, {}
    address, bracket, rest = words[len(keyword) + 1 :].partition(">")
    if not bracket:
        return None, {}
    pairs = (word.partition("=") for word in rest.split())
    return address, {name.upper(): value for name, _, value in pairs}


def _decode(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""
