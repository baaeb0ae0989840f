"""What every area of the console is given: the office, the settings, and one way to show a page, to answer a post."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from mailer.flow import sessions
from mailer.flow.office import Office
from mailer.flow.passwords import Passwords
from mailer.flow.ports import Apart, at_once
from mailer.model.rights import Right
from mailer.settings import Settings
from mailer.store import house
from mailer.web.console.access import OneTimeKeys
from mailer.web.console.caller import Caller, caller_of, session_of
from mailer.web.console.held import Held
from mailer.web.pages import Pages

#: (area, what it is called, where it is); an entry is shown when the page is there and the caller may see it
NAVIGATION = (
    ("home", "首页", "/"),
    ("issues", "期刊", "/issues"),
    ("mailings", "发送台账", "/mailings"),
    ("lists", "名单", "/lists"),
    ("returns", "退信", "/returns"),
    ("tasks", "待办", "/tasks"),
    ("accounts", "帐户", "/accounts"),
    ("settings", "设置", "/settings"),
    ("audit", "审计", "/audit"),
)


@dataclass(frozen=True, slots=True)
class Entry:
    area: str
    label: str
    path: str


@dataclass(frozen=True)
class Desk:
    """``rights``: which right each page that can be opened asks for (None: none but a session); filled by the app.

    ``at_end``: called in the server's loop when it goes down, so that answers which go on for long come to their end.
    ``apart``: where uploaded files are read, so that pages stay quick.
    """

    settings: Settings
    office: Office
    pages: Pages
    passwords: Passwords
    keys: OneTimeKeys
    rights: dict[str, Right | None] = field(default_factory=dict)
    at_end: list[Callable[[], None]] = field(default_factory=list)
    apart: Apart = at_once
    held: Held = field(default_factory=Held)

    def show(
        self, request: Request, template: str, /, *, area: str = "", status: int = 200, **values: Any
    ) -> HTMLResponse:
        """A page, with masthead, navigation (``area`` is the current entry), caller, csrf token and what was to be said."""
        caller: Caller | None = getattr(request.state, "caller", None)
        frame = {
            "area": area,
            "caller": caller,
            "csrf": caller.csrf if caller else "",
            "navigation": self.navigation(caller),
            "said": sessions.take_said(self.office, session_of(request)) if caller else "",
            "masthead": values.pop("masthead", None) or self._masthead(),
            "needs_password": caller is not None
            and caller.has_account
            and not sessions.is_sure(self.office, session_of(request)),
        }
        return HTMLResponse(self.pages.render(template, **frame, **values), status)

    def to(self, request: Request, path: str, *, said: str = "") -> Response:
        """After a post: on to a page of ours, which shows ``said`` once."""
        if not path.startswith("/") or path.startswith("//"):
            raise ValueError(path)
        if said:
            sessions.say_next(self.office, session_of(request).digest, said)
        return RedirectResponse(path, 303)

    def viewed(self, request: Request, subject: str, action: str) -> None:
        """Audits that personal data were shown: once a session and subject."""
        sessions.record_view(self.office, session_of(request), subject, action)

    def is_still_in(self, request: Request) -> bool:
        """For answers that go on for long (live events): whether the session still stands."""
        return sessions.is_open(self.office, session_of(request).digest)

    def navigation(self, caller: Caller | None) -> list[Entry]:
        if caller is None:
            return []
        seen: Mapping[str, Right | None] = self.rights
        return [
            Entry(area, label, path)
            for area, label, path in NAVIGATION
            if path in seen and ((right := seen[path]) is None or caller.may(right))
        ]

    def _masthead(self) -> str:
        with self.office.store.read() as session:
            return house.masthead(session)


__all__ = ["Desk", "caller_of", "session_of"]
