"""One IMAP connection (RFC 3501): TLS, login, tagged commands, answers with their literals, waiting by IDLE (RFC 2177).

Owns bytes, bounds and deadlines. Python 3.11's imaplib knows no IDLE, measures time per read, so that a server that
drips is never given up, and takes literals of any size; here a whole answer has one deadline and a bound. Read-only by
its vocabulary: callers name the commands, and the mailbox names none that changes anything.
"""

from __future__ import annotations

import base64
import hashlib
import re
import socket
import ssl
import time
from dataclasses import dataclass, field

LINE_LIMIT = 1024 * 1024  # octets: a search over a large mailbox answers in one line
LITERAL_LIMIT = 4 * 1024 * 1024  # octets: more than any part we ask for
ANSWER_LIMIT = 16 * 1024 * 1024  # octets of one command's answers together
_CHUNK = 64 * 1024
_MOST_TOLD = 1000  # answers before the one that was asked for
_LITERAL = re.compile(rb"\{(\d{1,10})\+?\}$")
_PLAIN = re.compile(r"[\x20-\x7e]*")


class ImapError(Exception):
    """The connection is of no more use: cut, too slow, or not speaking IMAP. The text is for the log."""


class ImapRefusedError(ImapError):
    """The server answered NO or BAD; the connection is still good."""


class LoginRefusedError(ImapError):
    """The server does not take the login: trying again would lock the mailbox. The text is the server's."""


@dataclass(frozen=True, slots=True)
class MailboxAddress:
    """Where the mailbox is and who logs in. ``pin``: sha256 of the certificate, hex, in place of a chain of trust."""

    host: str
    port: int
    user: str
    password: str = field(repr=False)
    context: ssl.SSLContext
    pin: str = ""

    @property
    def name(self) -> str:
        return f"{self.user}@{self.host}:{self.port}"


@dataclass(frozen=True, slots=True)
class Answer:
    """One untagged answer: its text, each literal in it as ``{}``; and the literals."""

    text: bytes
    literals: tuple[bytes, ...] = ()


class ImapWire:
    """Connected and encrypted; ``within``: seconds any one command may take. Raises ImapError throughout."""

    def __init__(self, address: MailboxAddress, within: float) -> None:
        self._within, self._number, self._received = within, 0, bytearray()
        self._deadline = time.monotonic() + within
        self.capabilities: frozenset[str] = frozenset()
        try:
            plain = socket.create_connection((address.host, address.port), timeout=within)
        except OSError as error:
            raise ImapError(f"connect: {error}") from error
        try:
            self._socket = address.context.wrap_socket(plain, server_hostname=address.host)
            self._check_pin(address.pin)
            self._check_greeting()
        except (OSError, ImapError) as error:
            plain.close()
            raise error if isinstance(error, ImapError) else ImapError(f"TLS: {error}") from error

    def _check_pin(self, pin: str) -> None:
        certificate = self._socket.getpeercert(binary_form=True) or b""
        if pin and hashlib.sha256(certificate).hexdigest() != pin:
            raise ImapError("TLS: the certificate is not the pinned one")

    def _check_greeting(self) -> None:
        greeting = self._answer().text
        if not greeting.upper().startswith(b"* OK"):
            raise ImapError(f"greeting: {greeting[:200]!r}")
        self._note_capabilities(greeting)

    def close(self) -> None:
        self._socket.close()

    # --- bytes ------------------------------------------------------------------------------------------------------

    def _receive(self) -> None:
        left = self._deadline - time.monotonic()
        if left <= 0:
            raise ImapError("no answer in time")
        try:
            self._socket.settimeout(left)
            data = self._socket.recv(_CHUNK)
        except TimeoutError as error:
            raise ImapError("no answer in time") from error
        except OSError as error:
            raise ImapError(f"receive: {error}") from error
        if not data:
            raise ImapError("connection closed")
        self._received += data

    def _send(self, data: bytes) -> None:
        try:
            self._socket.settimeout(self._within)
            self._socket.sendall(data)
        except OSError as error:
            raise ImapError(f"send: {error}") from error

    def _line(self) -> bytes:
        searched = 0
        while (end := self._received.find(b"\r\n", searched)) < 0:
            if len(self._received) > LINE_LIMIT:
                raise ImapError("a line without end")
            searched = max(len(self._received) - 1, 0)
            self._receive()
        line = bytes(self._received[:end])
        del self._received[: end + 2]
        return line

    def _octets(self, count: int) -> bytes:
        if count > LITERAL_LIMIT:
            raise ImapError(f"a literal of {count} octets")
        while len(self._received) < count:
            self._receive()
        data = bytes(self._received[:count])
        del self._received[:count]
        return data

    def _answer(self) -> Answer:
        text = b""
        literals: list[bytes] = []
        while True:
            line = self._line()
            announced = _LITERAL.search(line)
            if announced is None:
                return Answer(text + line, tuple(literals))
            text += line[: announced.start()] + b"{}"
            literals.append(self._octets(int(announced[1])))

    # --- commands ---------------------------------------------------------------------------------------------------

    def command(self, *words: str | bytes) -> list[Answer]:
        """Sends one command and returns its untagged answers. ``bytes`` words go as literals where they have to.

        Raises ImapRefusedError for NO and BAD.
        """
        self._number += 1
        tag = f"m{self._number}".encode("ascii")
        self._deadline = time.monotonic() + self._within
        line = tag
        for word in words:
            if isinstance(word, str) and _PLAIN.fullmatch(word):
                line += b" " + word.encode("ascii")
                continue
            data = word if isinstance(word, bytes) else word.encode("utf-8")
            self._send(line + b" {%d}\r\n" % len(data))
            self._continued(tag)
            line = data
        self._send(line + b"\r\n")
        return self._answers(tag)

    def _continued(self, tag: bytes) -> list[Answer]:
        """Until the server asks to go on; what it told before that."""
        told: list[Answer] = []
        while not (answer := self._answer()).text.startswith(b"+"):
            if answer.text.startswith(tag + b" "):
                raise ImapRefusedError(answer.text[:500].decode("utf-8", "replace"))
            told.append(answer)
            if len(told) > _MOST_TOLD:
                raise ImapError("an answer without end")
        return told

    def _answers(self, tag: bytes) -> list[Answer]:
        answers, size = [], 0
        while True:
            answer = self._answer()
            size += len(answer.text) + sum(map(len, answer.literals))
            if size > ANSWER_LIMIT:
                raise ImapError("an answer without end")
            if not answer.text.startswith(tag + b" "):
                self._note_capabilities(answer.text)
                answers.append(answer)
                continue
            self._note_capabilities(answer.text)
            if answer.text[len(tag) + 1 :].upper().startswith(b"OK"):
                return answers
            raise ImapRefusedError(answer.text[len(tag) + 1 :][:500].decode("utf-8", "replace"))

    def _note_capabilities(self, text: bytes) -> None:
        """They come as an answer of their own, or in brackets behind the login's OK."""
        upper = text.upper()
        at = upper.find(b"[CAPABILITY ")
        if upper.startswith(b"* CAPABILITY "):
            self.capabilities = frozenset(upper[13:].decode("ascii", "replace").split())
        elif at >= 0:
            self.capabilities = frozenset(upper[at + 12 :].partition(b"]")[0].decode("ascii", "replace").split())

    def log_in(self, user: str, password: str) -> None:
        """Raises LoginRefusedError."""
        if not self.capabilities:
            self.command("CAPABILITY")
        before, self.capabilities = self.capabilities, frozenset()
        try:
            if "LOGINDISABLED" in before:
                secret = base64.b64encode(f"\0{user}\0{password}".encode()).decode("ascii")
                self._authenticate_plain(secret)
            else:
                self.command("LOGIN", quoted(user), quoted(password))
        except ImapRefusedError as error:
            if "[UNAVAILABLE]" in str(error).upper():
                raise ImapError(str(error)) from error
            raise LoginRefusedError(str(error)) from error
        if not self.capabilities:
            self.command("CAPABILITY")

    def _authenticate_plain(self, secret: str) -> None:
        self._number += 1
        tag = f"m{self._number}".encode("ascii")
        self._deadline = time.monotonic() + self._within
        self._send(tag + b" AUTHENTICATE PLAIN\r\n")
        self._continued(tag)
        self._send(secret.encode("ascii") + b"\r\n")
        self._answers(tag)

    # --- waiting ----------------------------------------------------------------------------------------------------

    def begin_idle(self) -> bool:
        """The server tells by itself what comes in, until ``end_idle``; whether it told of new mail at once."""
        self._number += 1
        tag = f"m{self._number}".encode("ascii")
        self._deadline = time.monotonic() + self._within
        self._send(tag + b" IDLE\r\n")
        return any(answer.text.upper().endswith(b" EXISTS") for answer in self._continued(tag))

    def new_mail_told(self, within: float) -> bool:
        """While idle: whether EXISTS was told in these seconds."""
        until = time.monotonic() + within
        while True:
            while (end := self._received.find(b"\r\n")) >= 0:
                line = bytes(self._received[:end])
                del self._received[: end + 2]
                if line.upper().endswith(b" EXISTS"):
                    return True
                if line.upper().startswith(b"* BYE"):
                    raise ImapError("connection closed")
            left = until - time.monotonic()
            if left <= 0:
                return False
            try:
                self._socket.settimeout(left)
                data = self._socket.recv(_CHUNK)
            except TimeoutError:
                return False
            except OSError as error:
                raise ImapError(f"receive: {error}") from error
            if not data or len(self._received) > LINE_LIMIT:
                raise ImapError("connection closed")
            self._received += data

    def end_idle(self) -> None:
        self._deadline = time.monotonic() + self._within
        self._send(b"DONE\r\n")
        self._answers(f"m{self._number}".encode("ascii"))


def quoted(text: str) -> str | bytes:
    """A string as RFC 3501 4.3 writes it: quoted, or a literal where it cannot be."""
    if _PLAIN.fullmatch(text):
        return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return text.encode("utf-8")
