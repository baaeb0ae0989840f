"""The console over a real socket: uvicorn in a thread on a free port, and a browser of a few lines."""

from __future__ import annotations

import http.client
import re
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlencode, urlsplit

import uvicorn
from argon2 import PasswordHasher

from mailer import wiring
from mailer.flow.accounts import add_account
from mailer.flow.passwords import Passwords
from mailer.model.rights import Role
from mailer.settings import Settings
from mailer.store.engine import Store
from mailer.web.console.access import OneTimeKeys
from mailer.web.console.app import console_app
from mailer.web.server import ConsoleServer

PASSWORD = "a password of the tests"
#: Cheap, so that hundreds of tests can log in; what production uses is tested by itself.
PASSWORDS = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


def make_account(settings: Settings, store: Store, name: str, *roles: Role, password: str = PASSWORD) -> str:
    """An account with these roles; its name."""
    office = wiring.office_of(settings, store)
    assert add_account(office, name, roles, PASSWORDS.hash(password), actor="cli:test")
    return name


def multipart(fields: Iterable[tuple[str, str]], files: Sequence[tuple[str, str, bytes]]) -> tuple[str, bytes]:
    """(content type, body) of a form with files, RFC 7578."""
    boundary = "tests-boundary"
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields
    ]
    for name, filename, data in files:
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"; filename="{filename}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        parts.append(head.encode() + data + b"\r\n")
    return f"multipart/form-data; boundary={boundary}", b"".join(parts) + f"--{boundary}--\r\n".encode()


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes
    all_headers: list[tuple[str, str]] = field(default_factory=list)

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")


@dataclass
class Console:
    """``cookies``: what this visitor was given; a new Console on the same port is another visitor."""

    port: int
    keys: OneTimeKeys
    cookies: dict[str, str] = field(default_factory=dict)
    csrf: str = ""

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(
        self, path: str, *, method: str = "GET", host: str | None = None, body: bytes | None = None, **headers: str
    ) -> Answer:
        """One request. ``host``: the Host header, '' for none at all. Redirects are not followed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            if host != "":
                connection.putheader("Host", f"127.0.0.1:{self.port}" if host is None else host)
            if self.cookies:
                connection.putheader("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
            for name, value in headers.items():
                connection.putheader(name.replace("_", "-"), value)
            if body is not None:
                connection.putheader("Content-Length", str(len(body)))
            connection.endheaders(body)
            response = connection.getresponse()
            sent = [(name.lower(), value) for name, value in response.getheaders()]
            answer = Answer(response.status, dict(sent), response.read(), sent)
        finally:
            connection.close()
        for name, given in sent:
            if name == "set-cookie":
                key, _, value = given.partition(";")[0].partition("=")
                self.cookies[key] = value
        return answer

    def post(
        self,
        path: str,
        fields: Mapping[str, str] | Sequence[tuple[str, str]] = (),
        *,
        files: Sequence[tuple[str, str, bytes]] = (),
        csrf: str | None = None,
        **headers: str,
    ) -> Answer:
        """A form as a browser posts it. ``files``: (field, file name, bytes). ``csrf``: None for the session's own token."""
        pairs = list(fields.items() if isinstance(fields, Mapping) else fields)
        token = self.csrf if csrf is None else csrf
        pairs += [("csrf", token)] if token else []
        if files:
            media, body = multipart(pairs, files)
        else:
            media, body = "application/x-www-form-urlencoded", urlencode(pairs).encode("ascii")
        wanted = {"origin": self.origin, **headers}
        return self.get(path, method="POST", body=body, content_type=media, **wanted)

    def log_in(self, name: str, password: str = PASSWORD) -> Answer:
        """By the login page; the session's token is then known."""
        answer = self.post("/login", {"name": name, "password": password}, csrf="")
        self.learn_csrf()
        return answer

    def learn_csrf(self) -> None:
        """Reads the token from a page, as a form of it carries it."""
        found = re.search(r'name="csrf" value="([^"]+)"', self.get("/account").text)
        self.csrf = found[1] if found else ""

    def enter(self, to: str = "/") -> Answer:
        """Comes in by a new link and follows it."""
        answer = self.get(f"/enter?key={self.keys.issue(to)}")
        assert answer.status == 303
        return self.get(urlsplit(answer.headers["location"]).path)


@contextmanager
def running_console(settings: Settings, store: Store, port: int = 0) -> Iterator[Console]:
    """``port``: 0 for any free one; a console that went down comes back where its pages look for it."""
    keys = OneTimeKeys()
    listener = socket.create_server(("127.0.0.1", port))
    app = console_app(settings, store, keys, PASSWORDS)
    config = uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        log_config=None,
        log_level="critical",
        proxy_headers=False,
    )
    server = ConsoleServer(config, app)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield Console(listener.getsockname()[1], keys)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
