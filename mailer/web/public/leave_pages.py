"""Leaving a list that may be left: a page with a button, the mail services' one click (RFC 8058), and the way back."""

from __future__ import annotations

from starlette.responses import Response

from mailer.flow import recipient_wishes
from mailer.flow.recipient_wishes import Answer
from mailer.model.links import Purpose, link
from mailer.web.public.hall import Hall
from mailer.web.public.ways import Visit, Way

_ONE_CLICK = ("List-Unsubscribe", "One-Click")  # RFC 8058 3.1


def ways(hall: Hall) -> list[Way]:
    return [
        Way("/leave/{token}", lambda visit: _page(hall, visit), Purpose.LEAVE),
        Way("/leave/{token}", lambda visit: _leave(hall, visit), Purpose.LEAVE, "POST", one_click=True),
        Way("/leave/{token}/back", lambda visit: _come_back(hall, visit), Purpose.LEAVE, "POST"),
    ]


def _page(hall: Hall, visit: Visit, *, said: str = "") -> Response:
    letter = visit.letter
    return hall.show(
        "leave.html",
        letter=letter,
        token=visit.token,
        said=said,
        is_duty=recipient_wishes.is_duty(hall.office, letter),
        has_left=recipient_wishes.has_left(hall.office, letter),
        settings_page=link("", Purpose.SETTINGS, hall.office.links.token(Purpose.SETTINGS, letter.delivery_id)),
    )


def _leave(hall: Hall, visit: Visit) -> Response:
    """The same for a person's button and a service's post: 200, no cookie, no redirect (RFC 8058 3.2)."""
    name, value = _ONE_CLICK
    if visit.form.text("act") != "leave" and visit.form.text(name) != value:
        return hall.message(400, "没有收到您的选择", "请返回上一页，再按一次按钮。")
    match recipient_wishes.leave(hall.office, visit.letter, visit.actor):
        case Answer.DONE:
            return _page(hall, visit, said="已退订。")
        case Answer.ONLY_TO_LOOK_AT:
            return _page(hall, visit, said="这是试发或演练的邮件，没有退订任何名单。")
        case _:
            return _page(hall, visit, said="您的要求已转给编发单位，由他们决定后告知您；在此之前仍照常发送。")


def _come_back(hall: Hall, visit: Visit) -> Response:
    recipient_wishes.come_back(hall.office, visit.letter, visit.actor)
    return _page(hall, visit, said="已恢复，从下一期起照常发送。")
