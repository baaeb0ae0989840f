"""The structured log: JSON lines on stderr for machines, short lines for a person at a terminal. A leaf.

Addresses and tokens are not logged; ids are. Log lines are English, for engineers.
"""

from __future__ import annotations

import sys

import structlog


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


def note(event: str, **facts: object) -> None:
    """One event with its facts. The signature the flows ask for."""
    structlog.get_logger().info(event, **facts)
