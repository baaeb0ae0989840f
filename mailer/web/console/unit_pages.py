"""Units: the book of them in official order, one unit with its posts and holders, and the acts of a reshuffle.

Renaming, merging and closing show what they will do before they are done; the others can simply be put right again.
"""

from __future__ import annotations

from datetime import datetime
from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailer.flow import reorganise_units as flow
from mailer.model.rights import Right
from mailer.web.console.desk import Desk, caller_of
from mailer.web.console.fields import FieldError, leaf_of, line, number, takes_effect
from mailer.web.console.ways import Form, Way
from recipients import directory
from recipients.directory.unit_book import UnitEntry, posts_of, unit_book, unit_entry
from recipients.people import comparison_key
from recipients.pinyin import matches

_PER_LEAF = 100
_ACTS = {"rename": "更名", "merge": "并入别的单位", "close": "撤销"}


def ways(desk: Desk) -> list[Way]:
    pages = _Units(desk)
    return [
        Way("/units", pages.book, Right.VIEW),
        Way("/units", pages.add, Right.LISTS, "POST"),
        Way("/units/{id}", pages.one, Right.VIEW),
        Way("/units/{id}/alias", pages.alias, Right.LISTS, "POST"),
        Way("/units/{id}/group", pages.regroup, Right.LISTS, "POST"),
        Way("/units/{id}/order", pages.order, Right.LISTS, "POST"),
        Way("/units/{id}/{act}", pages.ask, Right.LISTS),
        Way("/units/{id}/{act}", pages.do, Right.LISTS, "POST"),
    ]


class _Units:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    def book(self, request: Request) -> Response:
        return self._book(request)

    def _book(self, request: Request, *, problem: str = "", name: str = "", group: str = "") -> Response:
        query, now = request.query_params, self._office.clock.now()
        also_ended = query.get("ended") == "yes"
        with self._office.store.read() as session:
            units = unit_book(session, now, also_ended=also_ended)
        wanted, chosen = query.get("q", "").strip(), query.get("group")
        found = [
            one
            for one in units
            if (chosen is None or one.group == chosen)
            and (not wanted or any(matches(wanted, each, is_person=False) for each in one.names))
        ]
        groups: dict[str, int] = {}
        for one in units:
            groups[one.group] = groups.get(one.group, 0) + 1
        kept = [(key, value) for key, value in (("q", wanted), ("ended", query.get("ended", ""))) if value]
        return self._desk.show(
            request, "console/directory/units.html", area="lists", status=422 if problem else 200, problem=problem,
            leaf=leaf_of(found, query.get("page", ""), _PER_LEAF), total=len(units), groups=groups, chosen=chosen,
            q=wanted, also_ended=also_ended, name=name, group=group, may_edit=caller_of(request).may(Right.LISTS),
            link=lambda **changed: "?" + urlencode([*kept, *((k, v) for k, v in changed.items() if v is not None)]),
        )  # fmt: skip

    def add(self, request: Request, form: Form) -> Response:
        now = self._office.clock.now()
        try:
            name = "".join(line(form.text("name"), "单位名称", 200, needed=True).split())
            group = line(form.text("group"), "分组", 60)
            flow.add(self._office, name, group, now, caller_of(request).actor)
        except (FieldError, directory.UnitError) as error:
            return self._book(request, problem=str(error), name=form.text("name"), group=form.text("group"))
        with self._office.store.read() as session:
            made = next(one for one in unit_book(session, now) if comparison_key(one.name) == comparison_key(name))
        return self._desk.to(request, f"/units/{made.id}", said=f"已新增“{name}”。")

    def one(self, request: Request) -> Response:
        return self._one(request, self._unit(request))

    def _one(self, request: Request, unit: UnitEntry, *, problem: str = "") -> Response:
        now = self._office.clock.now()
        with self._office.store.read() as session:
            posts = posts_of(session, unit.id)
            others = [one for one in unit_book(session, now) if one.id != unit.id]
        self._desk.viewed(request, f"unit:{unit.id}", "unit.viewed")
        return self._desk.show(
            request, "console/directory/unit.html", area="lists", status=422 if problem else 200, problem=problem,
            unit=unit, posts=posts, others=others, groups=sorted({one.group for one in others if one.group}), now=now,
            may_edit=caller_of(request).may(Right.LISTS), is_open=unit.valid_to is None,
        )  # fmt: skip

    def alias(self, request: Request, form: Form) -> Response:
        unit = self._unit(request)
        try:
            alias = line(form.text("alias"), "别名", 200, needed=True)
            made = flow.add_alias(self._office, unit.name, alias, caller_of(request).actor)
        except (FieldError, directory.UnitError) as error:
            return self._one(request, unit, problem=str(error))
        said = f"以后表里写“{alias}”也认得。" if made else f"“{alias}”本来就认得。"
        return self._desk.to(request, f"/units/{unit.id}", said=said)

    def regroup(self, request: Request, form: Form) -> Response:
        unit = self._unit(request)
        try:
            group = line(form.text("group"), "分组", 60)
            flow.regroup(self._office, unit.name, group, caller_of(request).actor)
        except (FieldError, directory.UnitError) as error:
            return self._one(request, unit, problem=str(error))
        said = f"分组改为“{group or '无'}”；按分组定的名单随即改变。"
        return self._desk.to(request, f"/units/{unit.id}", said=said)

    def order(self, request: Request, form: Form) -> Response:
        """Puts the unit before another one, or behind the last."""
        unit, before = self._unit(request), form.text("before")
        with self._office.store.read() as session:
            names = [one.name for one in unit_book(session, self._office.clock.now()) if one.valid_to is None]
        rest = [name for name in names if name != unit.name]
        at = rest.index(before) if before in rest else len(rest)
        try:
            flow.arrange(self._office, [*rest[:at], unit.name, *rest[at:]], caller_of(request).actor)
        except directory.UnitError as error:
            return self._one(request, unit, problem=str(error))
        return self._desk.to(
            request, f"/units/{unit.id}", said=f"已排到{f'“{before}”之前' if at < len(rest) else '最后'}。"
        )

    def ask(self, request: Request) -> Response:
        """The form of an act; filled in, the same page says what it will do and asks."""
        query = request.query_params
        return self._ask(request, query.get("other", ""), query.get("on", ""))

    def _ask(self, request: Request, other: str, on: str, *, problem: str = "") -> Response:
        unit, act = self._unit(request), request.path_params["act"]
        if act not in _ACTS:
            raise HTTPException(404)
        at = now = self._office.clock.now()
        is_filled = not problem and bool(other or (act == "close" and "on" in request.query_params))
        if is_filled:
            try:
                at = self._checked(unit, act, other, on)
            except (FieldError, directory.UnitError) as error:
                problem, is_filled = str(error), False
        with self._office.store.read() as session:
            people = [one for _, holdings in posts_of(session, unit.id) for one in holdings if one.valid_to is None]
            names = [one.name for one in unit_book(session, now) if one.id != unit.id and one.valid_to is None]
        if is_filled or people:
            self._desk.viewed(request, f"unit:{unit.id}", "unit.viewed")
        return self._desk.show(
            request, "console/directory/unit_act.html", area="lists", status=422 if problem else 200, problem=problem,
            unit=unit, act=act, title=_ACTS[act], other=other, on=on, is_filled=is_filled, people=people, names=names,
            at=at, today=now.astimezone(self._office.zone).date(),
        )  # fmt: skip

    def do(self, request: Request, form: Form) -> Response:
        unit, act, other = self._unit(request), request.path_params["act"], form.text("other")
        if act not in _ACTS:
            raise HTTPException(404)
        actor = caller_of(request).actor
        try:
            at = self._checked(unit, act, other, form.text("on"))
            if act == "rename":
                flow.rename(self._office, unit.name, other, at, actor)
                said = f"“{unit.name}”已更名为“{other}”；旧名仍然认得。"
            elif act == "merge":
                moved = flow.merge(self._office, unit.name, other, at, actor)
                said = f"“{unit.name}”已并入“{other}”，转入 {moved} 人。"
            else:
                ended = flow.close(self._office, unit.name, at, actor)
                said = f"“{unit.name}”已撤销，{ended} 人离任。"
        except (FieldError, directory.UnitError) as error:
            return self._ask(request, other, form.text("on"), problem=str(error))
        return self._desk.to(request, f"/units/{unit.id}", said=said)

    def _checked(self, unit: UnitEntry, act: str, other: str, on: str) -> datetime:
        """When it takes effect. Raises FieldError."""
        if unit.valid_to is not None:
            raise FieldError(f"“{unit.name}”已经撤并，不能再改。")
        if act == "close":
            return takes_effect(on, self._office.clock.now(), self._office.zone)
        name = line(other, "新名称" if act == "rename" else "并入的单位", 200, needed=True)
        with self._office.store.read() as session:
            known = directory.known_names(session)
        owner = known.get(comparison_key(name))
        if act == "merge" and (owner is None or owner == unit.name):
            raise FieldError(f"没有另一个叫“{name}”的单位，请从单位表里选。")
        if act == "rename" and owner is not None and (owner != unit.name or name == unit.name):
            raise FieldError(f"“{name}”已经是“{owner}”的名称；要合并请用“并入别的单位”。")
        return takes_effect(on, self._office.clock.now(), self._office.zone)

    def _unit(self, request: Request) -> UnitEntry:
        with self._office.store.read() as session:
            found = unit_entry(session, number(request.path_params["id"]), self._office.clock.now())
        if found is None:
            raise HTTPException(404)
        return found
