"""People: finding one, everything about one, entering, changing, passing a post on, leaving it."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailer.flow import edit_people
from mailer.model.rights import Right
from mailer.web.console.desk import Desk, caller_of
from mailer.web.console.fields import FieldError, leaf_of, looked_at, number, takes_effect
from mailer.web.console.people_view import PersonFields, fields_of, holder_of, standing
from mailer.web.console.ways import Form, Way
from recipients import directory
from recipients.audience import Candidate
from recipients.directory.person_book import PersonEntry, PersonError, person
from recipients.directory.unit_book import posts_of, unit_book
from recipients.people import Post, Unit

_PER_LEAF = 100
_TITLES = {"edit": "修改", "hand-over": "换人", "leave": "离任"}


def ways(desk: Desk) -> list[Way]:
    pages = _People(desk)
    return [
        Way("/people", pages.search, Right.VIEW),
        Way("/people/new", pages.new, Right.LISTS),
        Way("/people/new", pages.enter, Right.LISTS, "POST"),
        Way("/people/{id}", pages.one, Right.VIEW),
        Way("/people/{id}/{act}", pages.ask, Right.LISTS),
        Way("/people/{id}/{act}", pages.do, Right.LISTS, "POST"),
    ]


class _People:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    def search(self, request: Request) -> Response:
        query, now, problem = request.query_params, self._office.clock.now(), ""
        wanted = query.get("q", "").strip()
        try:
            at = looked_at(query.get("at", ""), now, self._office.zone)
        except FieldError as error:
            at, problem = now, str(error)
        with self._office.store.read() as session:
            found = directory.find(session, wanted, at) if wanted else []
        if found:
            self._desk.viewed(request, "directory", "recipients.searched")
        return self._desk.show(
            request, "console/directory/people.html", area="lists", status=422 if problem else 200, problem=problem,
            q=wanted, at=query.get("at", ""), is_now=at == now, leaf=leaf_of(found, query.get("page", ""), _PER_LEAF),
            link=lambda page: "?" + urlencode({"q": wanted, "at": query.get("at", ""), "page": page}),
            may_edit=caller_of(request).may(Right.LISTS),
        )  # fmt: skip

    def one(self, request: Request) -> Response:
        found, now = self._person(request), self._office.clock.now()
        with self._office.store.read() as session:
            lists = directory.lists(session)
            posts = dict(posts_of(session, found.unit_id))
            keys = {address.key for address in found.holder.addresses}
            stopped = [one for one in directory.active_suppressions(session, now) if one.address_key in keys]
        holding = found.holding
        has_left = found.valid_to is not None and found.valid_to <= now
        candidate = Candidate(holding.holder, holding.id, holding.unit_order, holding.plus, holding.minus, has_left)
        self._desk.viewed(request, f"holder:{holding.id}", "person.viewed")
        return self._desk.show(
            request, "console/directory/person.html", area="lists", person=found, holder=found.holder,
            has_left=has_left, is_open=found.valid_to is None, standings=[standing(each, candidate) for each in lists],
            history=[one for one in posts.get(found.holder.post.role, ()) if one.id != holding.id], stopped=stopped,
            may_edit=caller_of(request).may(Right.LISTS), now=now,
        )  # fmt: skip

    def new(self, request: Request) -> Response:
        unit = request.query_params.get("unit", "")
        return self._form(request, "new", PersonFields(unit=unit), None)

    def enter(self, request: Request, form: Form) -> Response:
        given = fields_of(form)
        try:
            holder = holder_of(given, None)
            at = takes_effect(given.on, self._office.clock.now(), self._office.zone)
            made = edit_people.enter(self._office, holder, at, caller_of(request).actor)
        except (FieldError, PersonError) as error:
            return self._form(request, "new", given, None, problem=str(error))
        said = f"已新增{holder.post.unit.name}{holder.post.role}{holder.name}。"
        return self._desk.to(request, f"/people/{made}", said=said)

    def ask(self, request: Request) -> Response:
        found, act = self._person(request), request.path_params["act"]
        if act not in _TITLES:
            raise HTTPException(404)
        self._desk.viewed(request, f"holder:{found.holding.id}", "person.viewed")
        given = PersonFields() if act == "hand-over" else PersonFields.of(found.holder)
        return self._form(request, act, given, found)

    def do(self, request: Request, form: Form) -> Response:
        found, act = self._person(request), request.path_params["act"]
        if act not in _TITLES:
            raise HTTPException(404)
        given, actor, holder_id = fields_of(form), caller_of(request).actor, found.holding.id
        before = found.holder
        who = f"{before.post.unit.name}{before.post.role}"
        try:
            at = takes_effect(given.on, self._office.clock.now(), self._office.zone)
            if act == "leave":
                edit_people.leave(self._office, holder_id, at, actor)
                return self._desk.to(request, f"/people/{holder_id}", said=f"{who}{before.name}已登记离任。")
            after = holder_of(given, before.post)
            if act == "edit":
                new_id = edit_people.change(self._office, holder_id, after, at, actor)
                said = f"{who}{after.name}已保存。"
            else:
                new_id = edit_people.hand_over(self._office, holder_id, after, at, actor)
                said = f"{who}由{before.name or '单位公用邮箱'}换为{after.name or '单位公用邮箱'}。"
        except (FieldError, PersonError) as error:
            return self._form(request, act, given, found, problem=str(error))
        return self._desk.to(request, f"/people/{new_id}", said=said)

    def _form(
        self, request: Request, act: str, given: PersonFields, found: PersonEntry | None, *, problem: str = ""
    ) -> Response:
        now = self._office.clock.now()
        with self._office.store.read() as session:
            units = [one.name for one in unit_book(session, now) if one.valid_to is None]
        post = found.holder.post if found else Post(Unit(given.unit), given.role)
        return self._desk.show(
            request, "console/directory/person_form.html", area="lists", status=422 if problem else 200, act=act,
            title=_TITLES.get(act, "新增人员"), given=given, person=found, post=post, units=units, problem=problem,
            today=now.astimezone(self._office.zone).date(),
        )  # fmt: skip

    def _person(self, request: Request) -> PersonEntry:
        with self._office.store.read() as session:
            found = person(session, number(request.path_params["id"]), self._office.clock.now())
        if found is None:
            raise HTTPException(404)
        return found
