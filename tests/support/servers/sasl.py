"""The small part of Dovecot's authentication protocol (1.1) that Postfix speaks to check a login: PLAIN and LOGIN.

One Unix socket, one thread per connection. It lets Postfix demand AUTH without any SASL daemon on the machine.
"""

from __future__ import annotations

import base64
import binascii
import socket
import socketserver
import threading
from pathlib import Path


class LoginServer(socketserver.ThreadingUnixStreamServer):
    """Answers on ``path`` from construction to ``close``. ``logins`` maps login to password and may be changed while it runs.

    With ``temporary_failure`` it hangs up in place of an answer, which Postfix passes on as 454.
    """

    daemon_threads = True

    def __init__(self, path: Path, logins: dict[str, str]) -> None:
        super().__init__(str(path), _Conversation)
        path.chmod(0o666)  # Postfix asks under its own user
        self.logins = logins
        self.temporary_failure = False
        self._thread = threading.Thread(target=self.serve_forever, args=(0.05,), daemon=True)
        self._thread.start()

    def close(self) -> None:
        self.shutdown()
        self._thread.join()
        self.server_close()


class _Conversation(socketserver.StreamRequestHandler):
    server: LoginServer

    def handle(self) -> None:
        self._say(
            "VERSION\t1\t1",
            "MECH\tPLAIN\tplaintext",
            "MECH\tLOGIN\tplaintext",
            "SPID\t1",
            "CUID\t1",
            "COOKIE\t00",
            "DONE",
        )
        half_way: dict[str, list[str]] = {}  # LOGIN: what has been told so far, by request id
        for line in self.rfile:
            verb, _, rest = line.decode("ascii").rstrip("\n").partition("\t")
            fields = rest.split("\t")
            if verb == "AUTH":
                told = next((field[5:] for field in fields if field.startswith("resp=")), None)
                if fields[1] == "PLAIN":
                    # RFC 4616: who to act as, who logs in, password, separated by NUL
                    self._judge(fields[0], *_decode(told or "").split("\0")[1:3])
                else:
                    half_way[fields[0]] = []
                    self._login_step(fields[0], half_way, told)
            elif verb == "CONT":
                self._login_step(fields[0], half_way, fields[1])

    def _login_step(self, request: str, half_way: dict[str, list[str]], told: str | None) -> None:
        words = half_way[request]
        if told is not None:
            words.append(_decode(told))
        if len(words) < 2:
            prompt = base64.b64encode([b"Username:", b"Password:"][len(words)]).decode("ascii")
            self._say(f"CONT\t{request}\t{prompt}")
            return
        del half_way[request]
        self._judge(request, *words)

    def _judge(self, request: str, login: str = "", password: str = "") -> None:
        if self.server.temporary_failure:
            self.connection.shutdown(socket.SHUT_RDWR)
        elif login and self.server.logins.get(login) == password:
            self._say(f"OK\t{request}\tuser={login}")
        else:
            self._say(f"FAIL\t{request}\tuser={login}")

    def _say(self, *lines: str) -> None:
        self.wfile.write("".join(line + "\n" for line in lines).encode("utf-8"))


def _decode(text: str) -> str:
    try:
        return base64.b64decode(text, validate=True).decode("utf-8")
    except (binascii.Error, UnicodeDecodeError):
        return ""
