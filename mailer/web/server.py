"""uvicorn, told to end the answers that go on for long before it waits for all answers to end."""

from __future__ import annotations

import socket

import uvicorn
from starlette.applications import Starlette


class ConsoleServer(uvicorn.Server):
    """Serves one console; ``app`` is its own, ``config.app`` may be wrapped."""

    def __init__(self, config: uvicorn.Config, app: Starlette) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        for end in self._app.state.at_end:
            end()
        await super().shutdown(sockets)
