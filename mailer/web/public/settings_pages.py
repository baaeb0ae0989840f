"""我的设置与要求: what somebody receives and why; handing over, another address, a pause."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from starlette.responses import Response

from mailer.flow import recipient_wishes as wishes
from mailer.flow.own_settings import read_own_settings
from mailer.flow.recipient_wishes import Answer, WishError
from mailer.model.links import Purpose, link
from mailer.web.public.hall import Hall
from mailer.web.public.ways import Visit, Way
from recipients.address import AddressError

_NAME, _ADDRESS, _WORDS = 60, 254, 300  # characters

_SAID = {
    Answer.DONE: ("已办好", "从下一期起照您选的办。"),
    Answer.ASKED: (
        "已收到您的要求",
        "编发单位核对后办理，办好再告诉您；在此之前仍按原来的发送。",
        "同样的话会发到现在的邮箱、新邮箱和单位的邮箱，请他们也知道。",
    ),
    Answer.TOO_MANY: ("已有几项要求在办", "这个邮箱最近的要求已经不少，请等编发单位办完，或回复邮件告诉他们。"),
    Answer.ONLY_TO_LOOK_AT: ("没有记录", "这是试发或演练的邮件，按下按钮不会改动任何名单。"),
    Answer.NOT_HERE: ("没有改动", "这个名单不能自行暂停，或者这个邮箱已经不在名单上。"),
}


def ways(hall: Hall) -> list[Way]:
    def answering(act: str) -> Way:
        return Way(f"/settings/{{token}}/{act}", lambda visit: _act(hall, visit, act), Purpose.SETTINGS, "POST")

    return [
        Way("/settings/{token}", lambda visit: _page(hall, visit), Purpose.SETTINGS),
        *(answering(act) for act in ("hand-over", "address", "pause")),
    ]


def _page(hall: Hall, visit: Visit, *, act: str = "", wrong: tuple[str, str] = ("", "")) -> Response:
    """``act``: the form that is shown open, with what was typed; ``wrong``: the field and what is the matter with it."""
    letter, office = visit.letter, hall.office
    today = office.clock.now().astimezone(office.zone).date()
    names = ("name", "address", "words", "until", "code")
    return hall.show(
        "settings.html",
        status=422 if wrong[1] else 200,
        letter=letter,
        token=visit.token,
        own=read_own_settings(office, letter),
        act=act,
        wrong=wrong,
        typed={name: visit.form.text(name) for name in names},
        first_day=today + timedelta(days=1),
        last_day=today + wishes.LONGEST_PAUSE,
        lengths={"name": _NAME, "address": _ADDRESS, "words": _WORDS},
        leave_page=link("", Purpose.LEAVE, office.links.token(Purpose.LEAVE, letter.delivery_id)),
    )


def _act(hall: Hall, visit: Visit, act: str) -> Response:
    try:
        answer = _done(hall, visit, act)
    except WishError as error:
        return _page(hall, visit, act=act, wrong=(error.field, error.message))
    except AddressError as error:
        return _page(hall, visit, act=act, wrong=("address", f"邮箱不能用：{error.message}"))
    title, *text = _SAID[answer]
    return hall.show(
        "done.html", title=title, text=text, is_done=answer in {Answer.DONE, Answer.ASKED}, token=visit.token
    )


def _done(hall: Hall, visit: Visit, act: str) -> Answer:
    form, office, letter = visit.form, hall.office, visit.letter
    name, address, words = form.text("name"), form.text("address"), form.text("words")
    for field, value, limit in (("name", name, _NAME), ("address", address, _ADDRESS), ("words", words, _WORDS)):
        if len(value) > limit:
            raise WishError(field, f"太长，最多 {limit} 个字。")
    match act:
        case "hand-over":
            return wishes.hand_over(office, letter, name, address, words, visit.actor)
        case "address":
            return wishes.new_address(office, letter, address, words, visit.actor)
        case _:
            return wishes.pause(office, letter, form.text("code"), _end_of(form.text("until"), hall), visit.actor)


def _end_of(day: str, hall: Hall) -> datetime:
    """The first moment after that day in the office's zone. Raises WishError."""
    try:
        return datetime.combine(date.fromisoformat(day), time(), hall.office.zone) + timedelta(days=1)
    except (ValueError, OverflowError):
        raise WishError("until", "请选一个日期，例如 2027-03-01。") from None
