"""What the office's use cases need, put together by wiring; and the one way an action gets into the audit chain."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from jinja2 import Environment
from sqlalchemy import ColumnElement
from sqlmodel import Session

from mailer.flow.ports import Clock, Wake
from mailer.model.links import Links
from mailer.model.retry import RetryPolicy
from mailer.model.return_path import Signer
from mailer.store import audit
from mailer.store.engine import Store

#: The address the act that is going on came from; set by the door it came in by, '' at the terminal.
came_from: ContextVar[str] = ContextVar("came_from", default="")


@dataclass(frozen=True, slots=True)
class Office:
    store: Store
    clock: Clock
    signer: Signer
    links: Links
    public_url: str  # where recipients reach their pages, '' where they cannot: then no mail carries a web link
    retry: RetryPolicy
    audit_key: bytes
    wake: Wake
    templates: Environment
    zone: tzinfo
    is_sandbox: bool  # what goes out now is a rehearsal
    in_doubt: str
    excluded: Callable[[datetime | ColumnElement[datetime]], ColumnElement[bool]]

    def record(self, session: Session, actor: str, action: str, subject: str, **detail: Any) -> None:
        """One audit record in the action's own transaction: there is no action without its record."""
        audit.append(
            session,
            self.audit_key,
            at=self.clock.now(),
            actor=actor,
            source=came_from.get(),
            action=action,
            subject=subject,
            detail=detail,
        )
