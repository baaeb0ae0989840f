"""What every page of the recipients is given: the office, the settings, and one way to show a page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from starlette.responses import HTMLResponse, Response

from mailer.content.page import split_title
from mailer.flow.office import Office
from mailer.settings import Settings
from mailer.store import house
from mailer.web.pages import Pages


@dataclass(frozen=True, slots=True)
class Hall:
    """There is no session, no cookie and no script."""

    settings: Settings
    office: Office
    pages: Pages

    def show(self, template: str, *, status: int = 200, **values: Any) -> Response:
        """A page of ``templates/public``; the masthead is the bulletin's name, in two lines where the mail has two."""
        with self.office.store.read() as session:
            masthead = house.masthead(session)
        above, name = split_title(masthead)
        page = self.pages.render(f"public/{template}", masthead=masthead, above=above, name=name, **values)
        return HTMLResponse(page, status)

    def message(self, status: int, title: str, *text: str) -> Response:
        """A page of words alone; asks the database nothing, for it may be away."""
        page = self.pages.render("public/message.html", masthead="", above="", name="", title=title, text=text)
        return HTMLResponse(page, status)
