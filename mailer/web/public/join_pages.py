"""Asking to be put on a list that is open for it, and confirming it from one's own mailbox (double opt-in).

The form's answer is one and the same whether the address is known, the budget spent or the visitor a machine.
"""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

from mailer.flow import join_list
from mailer.flow.join_list import Applicant, Joined
from mailer.model.links import Purpose
from mailer.web.public.hall import Hall
from mailer.web.public.throttle import network_of
from mailer.web.public.ways import Visit, Way, address_of
from recipients.address import AddressError, EmailAddress

_NAME, _UNIT, _ADDRESS = 60, 100, 254  # characters
_LEAST, _MOST = 2, 86_400  # seconds between the form's being shown and sent; machines are quicker, old pages are stale
_IPV4, _IPV6 = 24, 48  # bits of a network that counts as one
_TITLE, _GONE = "现在不能加入", "这个名单没有开放加入。想接收本刊，请与编发单位联系。"


def ways(hall: Hall) -> list[Way]:
    return [
        Way("/subscribe", lambda visit: _lists(hall, visit)),
        Way("/subscribe/{code}", lambda visit: _form(hall, visit)),
        Way("/subscribe/{code}", lambda visit: _apply(hall, visit), method="POST"),
        Way("/join/{token}", lambda visit: _page(hall, visit), Purpose.JOIN),
        Way("/join/{token}", lambda visit: _confirm(hall, visit), Purpose.JOIN, "POST"),
    ]


def _lists(hall: Hall, visit: Visit) -> Response:
    del visit
    found = [(each.name, f"/subscribe/{quote(each.code)}") for each in join_list.open_lists(hall.office)]
    return hall.show("lists.html", lists=found)


def _form(hall: Hall, visit: Visit, *, wrong: tuple[str, str] = ("", ""), status: int = 200) -> Response:
    code = visit.request.path_params["code"]
    wanted = next((each for each in join_list.open_lists(hall.office) if each.code == code), None)
    if wanted is None:
        return hall.message(404, _TITLE, _GONE)
    now = int(hall.office.clock.now().timestamp())
    return hall.show(
        "join.html",
        status=status,
        list_name=wanted.name,
        needs_office=wanted.joining != "open",
        shown=hall.office.links.token(Purpose.FORM, now),
        wrong=wrong,
        typed={name: visit.form.text(name) for name in ("name", "unit", "address")},
        lengths={"name": _NAME, "unit": _UNIT, "address": _ADDRESS},
    )


def _apply(hall: Hall, visit: Visit) -> Response:
    form, code = visit.form, visit.request.path_params["code"]
    if not any(each.code == code for each in join_list.open_lists(hall.office)):
        return hall.message(404, _TITLE, _GONE)
    name, unit, typed = form.text("name"), form.text("unit"), form.text("address")
    for field, value, limit in (("name", name, _NAME), ("unit", unit, _UNIT), ("address", typed, _ADDRESS)):
        if len(value) > limit:
            return _form(hall, visit, wrong=(field, f"太长，最多 {limit} 个字。"), status=422)
    if not name:
        return _form(hall, visit, wrong=("name", "请填写姓名。"), status=422)
    try:
        address = EmailAddress.parse(typed)
    except AddressError as error:
        return _form(hall, visit, wrong=("address", f"邮箱不能用：{error.message}"), status=422)
    shown = hall.office.links.verify(Purpose.FORM, form.text("shown"))
    age = hall.office.clock.now().timestamp() - shown if shown is not None else -1.0
    if not _LEAST <= age <= _MOST:
        return _form(hall, visit, wrong=("form", "请核对一遍，再按一次“申请加入”。"), status=422)
    if not form.text("website"):  # a field that people do not see
        network = network_of(address_of(visit.request), _IPV4, _IPV6)
        try:
            join_list.apply_for(hall.office, code, Applicant(name, unit, address, network))
        except KeyError:
            return hall.message(404, _TITLE, _GONE)
    return hall.message(
        200,
        "请到邮箱里确认",
        "如果这个邮箱还不在名单上，几分钟内会收到一封确认邮件：打开里面的链接，再按一次按钮，就算办好。",
        "一个邮箱一天只发一封确认邮件。没有收到，请看看垃圾邮件，或明天再试。",
    )


def _page(hall: Hall, visit: Visit) -> Response:
    found = join_list.application(hall.office, visit.subject)
    if found is None:  # closed in this very moment
        return hall.message(404, _TITLE, _GONE)
    return hall.show("join_confirm.html", found=found, token=visit.token)


def _confirm(hall: Hall, visit: Visit) -> Response:
    match join_list.confirm(hall.office, visit.subject):
        case Joined.DONE:
            return hall.message(200, "已加入", "从下一期起，您会收到本刊。每封邮件里都有退订链接。")
        case Joined.ASKED:
            return hall.message(200, "已转给编发单位", "邮箱已经确认。编发单位同意后，会发邮件告诉您。")
        case Joined.OVER:
            return hall.message(404, _TITLE, _GONE)
