"""The structured log: JSON lines on stderr for machines, short lines for a person at a terminal. A leaf.

Addresses and tokens are not logged; ids are. Log lines are English, for engineers. What one request or command set off
carries its ``request_id`` through web, task and worker.
"""

from __future__ import annotations

import re
import secrets
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from contextvars import copy_context
from typing import ParamSpec, TypeVar

import structlog

P = ParamSpec("P")
T = TypeVar("T")

_REQUEST = "request_id"
_USABLE = re.compile(r"[A-Za-z0-9-]{8,64}")


def configure(*, json: bool, quiet: bool) -> None:
    """Once per process. ``quiet``: warnings and worse only, for commands whose output people read."""
    renderer: structlog.typing.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if json
        else structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(30 if quiet else 20),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
        cache_logger_on_first_use=False,
    )


def new_request_id(given: str = "") -> str:
    """The id that somebody before us gave it, where it is fit for a log; else a new one."""
    return given if _USABLE.fullmatch(given) else secrets.token_hex(8)


@contextmanager
def request(request_id: str) -> Iterator[None]:
    """What is noted in the block, in this thread and what it calls, carries the id; '' carries none."""
    with structlog.contextvars.bound_contextvars(**({_REQUEST: request_id} if request_id else {})):
        yield


def request_id() -> str:
    """The id of what is going on; '' outside of any."""
    return str(structlog.contextvars.get_contextvars().get(_REQUEST, ""))


class Carrying(ThreadPoolExecutor):
    """Threads that note under the ids of whoever gave them the work."""

    def submit(self, fn: Callable[P, T], /, *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        context = copy_context()
        return super().submit(lambda: context.run(fn, *args, **kwargs))


def note(event: str, **facts: object) -> None:
    """One event with its facts. The signature the flows ask for. A log that nobody takes any more stops no mail."""
    with suppress(OSError, ValueError):  # a broken pipe, a full disk, a closed stream
        structlog.get_logger().info(event, **facts)
