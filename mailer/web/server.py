"""uvicorn as both sites use it: what it may write down, and how it ends; the recipients' pages in a thread of their own."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

_LAST_ANSWERS = 5  # seconds a page that is being answered gets when the server stops


def config_of(app: Starlette) -> uvicorn.Config:
    """Nothing of a request is logged: an address may hold a key or a personal link."""
    return uvicorn.Config(
        app,
        lifespan="off",
        ws="none",
        http="h11",
        server_header=False,
        access_log=False,
        log_config=None,
        log_level="warning",
        proxy_headers=False,  # the application itself knows whose word on the client counts
        timeout_graceful_shutdown=_LAST_ANSWERS,
    )


class ConsoleServer(uvicorn.Server):
    """Serves one console; ``app`` is its own, ``config.app`` may be wrapped. Told to end the answers that go on for long
    before it waits for all answers to end.
    """

    def __init__(self, config: uvicorn.Config, app: Starlette) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for end in self._app.state.at_end:
            end()
        await super().shutdown(sockets)


@contextmanager
def answering(app: Starlette, listener: socket.socket) -> Iterator[None]:
    """The application answers on ``listener``, which is listening already, while the block runs."""
    server = uvicorn.Server(config_of(app))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="mailer-public")
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
