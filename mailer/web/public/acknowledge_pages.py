"""签收 on the web: who you are, which posts the copy was for, one button. Opening the page signs nothing."""

from __future__ import annotations

from dataclasses import replace

from starlette.responses import Response

from mailer.flow.acknowledge import Said, SignError, acknowledge
from mailer.flow.read_letter import read_letter
from mailer.flow.read_signatures import Asked, read_asked
from mailer.model.acknowledgement import How
from mailer.model.links import Purpose
from mailer.web.public.hall import Hall
from mailer.web.public.ways import Visit, Way


def ways(hall: Hall) -> list[Way]:
    pages = _SignPages(hall)
    path = f"/{Purpose.SIGN}/{{token}}"
    return [Way(path, pages.show, Purpose.SIGN), Way(path, pages.sign, Purpose.SIGN, "POST")]


class _SignPages:
    def __init__(self, hall: Hall) -> None:
        self._hall, self._office = hall, hall.office

    def show(self, visit: Visit) -> Response:
        return self._show(visit, self._asked(visit))

    def sign(self, visit: Visit) -> Response:
        """Twice is once; the page says when."""
        asked = self._asked(visit)
        if visit.letter.is_only_to_look_at or not asked.is_asked:
            return self._show(visit, asked)
        try:
            acknowledge(self._office, visit.letter.delivery_id, Said(How.PAGE), visit.actor)
        except SignError as error:
            return self._hall.message(409, "没有签收", error.message, error.hint)
        letter = read_letter(self._office, visit.letter.delivery_id)
        return self._show(replace(visit, copy=letter), self._asked(visit), is_new=True)

    def _asked(self, visit: Visit) -> Asked:
        with self._office.store.read() as session:
            return read_asked(session, visit.letter.delivery_id, self._office.clock.now())

    def _show(self, visit: Visit, asked: Asked, *, is_new: bool = False) -> Response:
        return self._hall.show(
            "sign.html",
            letter=visit.letter,
            asked=asked,
            token=visit.token,
            is_new=is_new,
            action=visit.request.url.path,
        )
