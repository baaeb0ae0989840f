"""The lists: what each is, who comes onto it by which rule or singly, and «who would get it, and why» at any date."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailer.flow import edit_lists
from mailer.flow.list_policies import NoSuchListError, set_policy
from mailer.model.rights import Right
from mailer.web.console.answers import XLSX, attachment
from mailer.web.console.desk import Desk, caller_of
from mailer.web.console.fields import FieldError, leaf_of, line, looked_at, number
from mailer.web.console.list_view import audience_rows, chosen_codes, facts_of, fits
from mailer.web.console.ways import Form, Way
from recipients import directory
from recipients.audience import Audience, Rule
from recipients.directory import list_book
from recipients.directory.unit_book import unit_book
from recipients.list_policy import IN_DOUBT, JOINING, LIMITS, PLAIN, ListPolicy
from recipients.spreadsheet import write_xlsx

_PER_LEAF = 100
_UNPLACED_SHOWN = 60


def ways(desk: Desk) -> list[Way]:
    pages = _Lists(desk)
    return [
        Way("/lists", pages.overview, Right.VIEW),
        Way("/lists/who", pages.who, Right.VIEW),
        Way("/lists/who.xlsx", pages.who_as_file, Right.VIEW),
        Way("/lists/{code}", pages.one, Right.VIEW),
        Way("/lists/{code}/words", pages.reword, Right.LISTS, "POST"),
        Way("/lists/{code}/policy", pages.set_policy, Right.LISTS, "POST"),
        Way("/lists/{code}/rules", pages.add_rule, Right.LISTS, "POST"),
        Way("/lists/{code}/rules/{id}/remove", pages.remove_rule, Right.LISTS, "POST"),
        Way("/lists/{code}/singles/{id}", pages.single, Right.LISTS, "POST"),
    ]


class _Lists:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    def overview(self, request: Request) -> Response:
        now = self._office.clock.now()
        with self._office.store.read() as session:
            lists = directory.lists(session)
            entries = directory.resolve(session, [each.code for each in lists], now).entries
            unplaced = directory.on_no_list(session, now)
        by_list = {each.code: tuple(one for one in entries if one.list_code == each.code) for each in lists}
        facts = [facts_of(each, Audience(by_list[each.code])) for each in lists]
        self._desk.viewed(request, "lists", "lists.viewed")
        return self._desk.show(
            request, "console/directory/lists.html", area="lists", lists=facts, unplaced=unplaced[:_UNPLACED_SHOWN],
            unplaced_more=max(0, len(unplaced) - _UNPLACED_SHOWN), today=now.astimezone(self._office.zone).date(),
        )  # fmt: skip

    def one(self, request: Request) -> Response:
        return self._one(request, request.path_params["code"])

    def _one(self, request: Request, code: str, *, problem: str = "", status: int = 200) -> Response:
        query, now = request.query_params, self._office.clock.now()
        try:
            at = looked_at(query.get("at", ""), now, self._office.zone)
        except FieldError as error:
            at, problem, status = now, str(error), 422
        with self._office.store.read() as session:
            entry = list_book.list_entry(session, code, at)
            if entry is None:
                raise HTTPException(404)
            audience = directory.members(session, code, at)
            groups = sorted({unit.group for unit in unit_book(session, now) if unit.group})
        wanted = query.get("q", "").strip()
        entries = [one for one in audience.entries if fits(wanted, one)]
        self._desk.viewed(request, f"list:{code}", "list.viewed")
        return self._desk.show(
            request, "console/directory/list.html", area="lists", status=status, problem=problem, list=entry,
            facts=facts_of(entry, audience), members=leaf_of(entries, query.get("page", ""), _PER_LEAF), q=wanted,
            at=query.get("at", ""), is_now=at == now, groups=groups, here=f"/lists/{quote(code)}",
            link=lambda page: "?" + urlencode({"q": wanted, "at": query.get("at", ""), "page": page}),
            may_edit=caller_of(request).may(Right.LISTS),
        )  # fmt: skip

    def reword(self, request: Request, form: Form) -> Response:
        code = request.path_params["code"]
        try:
            name = line(form.text("name"), "名称", 120, needed=True)
            phrase = line(form.text("phrase"), "印在刊上的话", 500)
            edit_lists.reword(self._office, code, name=name, phrase=phrase, actor=caller_of(request).actor)
        except (FieldError, list_book.ListError) as error:
            return self._one(request, code, problem=str(error), status=422)
        return self._desk.to(request, f"/lists/{quote(code)}", said=f"“{code}”已保存。")

    def set_policy(self, request: Request, form: Form) -> Response:
        code, in_doubt = request.path_params["code"], form.text("in_doubt")
        try:
            policy = ListPolicy(
                in_doubt if in_doubt in IN_DOUBT else "",
                form.text("acknowledgement") == "yes",
                short_replies=form.text("short_replies") == "yes",
                joining=form.text("joining") if form.text("joining") in JOINING else "",
                **{name: _within(form.text(name), name) for name in LIMITS},
            )
            set_policy(self._office, code, policy, caller_of(request).actor, is_duty=form.text("duty") == "yes")
        except NoSuchListError as error:
            raise HTTPException(404) from error
        except FieldError as error:
            return self._one(request, code, problem=str(error), status=422)
        return self._desk.to(request, f"/lists/{quote(code)}", said=f"“{code}”的办法已保存，从下一次发送起算。")

    def add_rule(self, request: Request, form: Form) -> Response:
        code = request.path_params["code"]
        try:
            rule = _rule(form)
            edit_lists.add_rule(self._office, code, rule, caller_of(request).actor)
        except (FieldError, list_book.ListError) as error:
            return self._one(request, code, problem=str(error), status=422)
        return self._desk.to(request, f"/lists/{quote(code)}", said=f"已加上规则：{rule.chinese}。")

    def remove_rule(self, request: Request, form: Form) -> Response:
        del form
        code, rule_id = request.path_params["code"], number(request.path_params["id"])
        try:
            edit_lists.remove_rule(self._office, code, rule_id, caller_of(request).actor)
        except list_book.ListError as error:
            return self._one(request, code, problem=str(error), status=422)
        return self._desk.to(request, f"/lists/{quote(code)}", said="规则已删去，名单随即按剩下的规则算。")

    def single(self, request: Request, form: Form) -> Response:
        """A holder is put on the list (``act`` plus), taken off it (minus), or left to the rules."""
        code, holder_id, act = request.path_params["code"], number(request.path_params["id"]), form.text("act")
        actor = caller_of(request).actor
        try:
            if act in {"plus", "minus"}:
                edit_lists.put(self._office, code, holder_id, actor, is_plus=act == "plus")
            else:
                edit_lists.leave_to_rules(self._office, code, holder_id, actor)
        except list_book.ListError as error:
            return self._one(request, code, problem=str(error), status=422)
        back = f"/people/{holder_id}" if form.text("back") == "person" else f"/lists/{quote(code)}"
        said = {"plus": f"已单独列入“{code}”。", "minus": f"已从“{code}”单独排除。"}.get(act, f"“{code}”改为按规则算。")
        return self._desk.to(request, back, said=said)

    def who(self, request: Request) -> Response:
        query, now, problem = request.query_params, self._office.clock.now(), ""
        try:
            at = looked_at(query.get("at", ""), now, self._office.zone)
        except FieldError as error:
            at, problem = now, str(error)
        with self._office.store.read() as session:
            lists = directory.lists(session)
            codes = chosen_codes(query.getlist("list"), lists)
            audience = directory.resolve(session, codes, at)
        wanted = query.get("q", "").strip()
        rows = audience_rows(audience, wanted)
        self._desk.viewed(request, f"audience:{'、'.join(codes)}", "audience.viewed")
        chosen = [("list", code) for code in codes] + [("at", query.get("at", ""))]
        return self._desk.show(
            request, "console/directory/who.html", area="lists", status=422 if problem else 200, problem=problem,
            lists=lists, codes=codes, q=wanted, at=query.get("at", ""), is_now=at == now,
            copies=sum(one.address is not None and one.withheld is None for one in audience.recipients()),
            posts=len(audience.entries), withheld=len(audience.withheld),
            leaf=leaf_of(rows, query.get("page", ""), _PER_LEAF), as_file="/lists/who.xlsx?" + urlencode(chosen),
            link=lambda page: "?" + urlencode([*chosen, ("q", wanted), ("page", page)]),
        )  # fmt: skip

    def who_as_file(self, request: Request) -> Response:
        query = request.query_params
        try:
            at = looked_at(query.get("at", ""), self._office.clock.now(), self._office.zone)
        except FieldError as error:
            raise HTTPException(400, str(error)) from error
        with self._office.store.begin() as session:
            codes = chosen_codes(query.getlist("list"), directory.lists(session))
            entries = directory.resolve(session, codes, at).entries
            self._office.record(
                session,
                caller_of(request).actor,
                "audience.exported",
                f"audience:{'、'.join(codes)}",
                at=at.isoformat(),
            )
        header = ("名单", "单位", "岗位", "姓名", "邮箱", "电话", "不发的原因", "为什么在名单上")
        rows = [
            (
                one.list_code, one.unit, one.role, one.name, one.address.original if one.address else "", one.phone,
                f"{one.withheld.chinese}{'：' if one.note else ''}{one.note}" if one.withheld else "", one.why,
            )
            for one in entries
        ]  # fmt: skip
        return attachment(
            write_xlsx([("收件人", [header, *rows])]), f"收件人-{'-'.join(codes)}.xlsx", "audience.xlsx", XLSX
        )


def _rule(form: Form) -> Rule:
    group = line(form.text("group"), "分组", 60)
    other = line(form.text("except_group"), "不含的分组", 60)
    roles = tuple(dict.fromkeys(filter(None, form.text("roles").replace("，", "、").replace(",", "、").split("、"))))
    roles = tuple(line(role, "人员类别", 120) for role in roles)
    if group and other:
        raise FieldError("“分组”和“不含的分组”只能填一个。")
    is_plus = form.text("sign") != "minus"
    if not (group or other or roles):
        raise FieldError("规则是空的：请填分组或人员类别；要人人都在，请在“人员类别”里逐个写明。")
    return Rule(group, other, roles, is_plus)


_NUMBERS = {"sign_within": "签收期限（天）", "reminders": "催办次数", "reminder_gap": "催办间隔（天）"}


def _within(text: str, name: str) -> int:
    """A number of the list's wishes; what is not in the form is as usual. Raises FieldError."""
    if not text:
        return int(getattr(PLAIN, name))
    least, most = LIMITS[name]
    if not (text.isascii() and text.isdigit() and len(text) < 4 and least <= int(text) <= most):
        raise FieldError(f"{_NUMBERS[name]}请填 {least} 到 {most}。")
    return int(text)
