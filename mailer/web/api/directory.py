"""Lists with their rules, who is on them, and the roster. Read only: people are entered in the console, with their proof."""

from __future__ import annotations

from itertools import islice
from typing import Any

from mailer.model.api_scope import Scope
from mailer.web.api.operation import PAGE, Call, Done, Operation, page_of
from mailer.web.api.problems import ProblemError
from mailer.web.api.schema import BOOL, INT, STR, array, leaf, maybe, record
from recipients import directory
from recipients.directory.people import each_holding

_LIST = record({"code": STR, "name": STR, "is_duty": BOOL, "phrase": STR, "rules": array(STR)})
_MEMBER = record(
    {
        "unit": STR, "role": STR, "name": STR, "address": maybe(STR), "phone": STR, "withheld": maybe(STR), "why": STR,
        "care_of": STR, "is_essential": BOOL,
    }
)  # fmt: skip
_HOLDER = record(
    {
        "id": INT, "unit": STR, "post": STR, "name": STR, "title": STR, "addresses": array(STR), "phone": STR,
        "paper_only": BOOL, "care_of": STR, "is_essential": BOOL,
    }
)  # fmt: skip


def operations() -> list[Operation]:
    return [
        Operation(
            "GET", "/lists", "listLists", "The lists in the order of sending", Scope.LISTS_READ, _lists,
            {200: record({"data": array(_LIST)})},
        ),
        Operation(
            "GET", "/lists/{code}/members", "listMembers", "Who is on a list now, and who is kept back and why",
            Scope.ROSTER_READ, _members, {200: leaf(_MEMBER)}, query=PAGE,
        ),
        Operation(
            "GET", "/roster", "getRoster", "Everybody who holds a post now, in official order", Scope.ROSTER_READ, _roster,
            {200: leaf(_HOLDER)}, query=PAGE,
        ),
    ]  # fmt: skip


def _lists(call: Call) -> Done:
    with call.office.store.read() as session:
        found = directory.lists(session)
    return Done(
        {
            "data": [
                {
                    "code": each.code, "name": each.name, "is_duty": each.is_duty, "phrase": each.phrase,
                    "rules": [f"{'' if rule.plus else '不含'}{rule.chinese}" for rule in each.rules],
                }
                for each in found
            ]
        }
    )  # fmt: skip


def _members(call: Call) -> Done:
    code, limit, after = call.path["code"], call.query["limit"], call.query["after"]
    with call.office.store.read() as session:
        if code not in {each.code for each in directory.lists(session)}:
            raise ProblemError(404, "no_list", f"没有名单“{code}”。", "列表：GET /api/v1/lists")
        entries = directory.each_entry(session, [code], call.office.clock.now())
        found = list(islice(entries, after, after + limit + 1))
    call.viewed("list.viewed", f"list:{code}")
    rows = [
        {
            "unit": each.unit, "role": each.role, "name": each.name,
            "address": each.address.ascii if each.address else None, "phone": each.phone,
            "withheld": str(each.withheld) if each.withheld else None, "why": each.why, "care_of": each.care_of,
            "is_essential": each.is_essential,
        }
        for each in found
    ]  # fmt: skip
    return Done(page_of(rows, limit, after))


def _roster(call: Call) -> Done:
    limit, after = call.query["limit"], call.query["after"]
    with call.office.store.read() as session:
        found = list(islice(each_holding(session, call.office.clock.now()), after, after + limit + 1))
    call.viewed("recipients.exported", "directory")
    return Done(page_of([_holder(each) for each in found], limit, after))


def _holder(each: Any) -> dict[str, Any]:
    holder = each.holder
    return {
        "id": each.id, "unit": holder.post.unit.name, "post": holder.post.role, "name": holder.name,
        "title": holder.title, "addresses": [address.ascii for address in holder.addresses], "phone": holder.phone,
        "paper_only": holder.paper_only, "care_of": holder.care_of, "is_essential": holder.is_essential,
    }  # fmt: skip
