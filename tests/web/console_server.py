"""The console over a real socket: uvicorn in a thread on a free port, and a browser of a few lines."""

from __future__ import annotations

import http.client
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import uvicorn

from mailer.settings import Settings
from mailer.store.engine import Store
from mailer.web.console.access import OneTimeKeys
from mailer.web.console.app import console_app


@dataclass
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def text(self) -> str:
        return self.body.decode("utf-8")


@dataclass
class Console:
    """``cookies``: what this visitor was given; a new Console on the same port is another visitor."""

    port: int
    keys: OneTimeKeys
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def get(self, path: str, *, method: str = "GET", host: str | None = None, **headers: str) -> Answer:
        """One request. ``host``: the Host header, '' for none at all. Redirects are not followed."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=20)
        try:
            connection.putrequest(method, path, skip_host=True, skip_accept_encoding=True)
            if host != "":
                connection.putheader("Host", f"127.0.0.1:{self.port}" if host is None else host)
            if self.cookies:
                connection.putheader("Cookie", "; ".join(f"{name}={value}" for name, value in self.cookies.items()))
            for name, value in headers.items():
                connection.putheader(name, value)
            connection.endheaders()
            response = connection.getresponse()
            answer = Answer(response.status, {k.lower(): v for k, v in response.getheaders()}, response.read())
        finally:
            connection.close()
        if given := answer.headers.get("set-cookie"):
            name, _, value = given.partition(";")[0].partition("=")
            self.cookies[name] = value
        return answer

    def enter(self, to: str = "/") -> Answer:
        """Comes in by a new link and follows it."""
        answer = self.get(f"/enter?key={self.keys.issue(to)}")
        assert answer.status == 303
        return self.get(urlsplit(answer.headers["location"]).path)


@contextmanager
def running_console(settings: Settings, store: Store) -> Iterator[Console]:
    keys = OneTimeKeys()
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(
        console_app(settings, store, keys), lifespan="off", ws="none", log_config=None, log_level="critical"
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield Console(listener.getsockname()[1], keys)
    finally:
        server.should_exit = True
        thread.join()
        listener.close()
