"""Mailings: their sums, their ledgers line by line, what happened; and to stop them, which a program may do in time."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mailer.flow import control_mailing
from mailer.flow.approve_mailing import ApprovalError
from mailer.flow.browse_ledger import read_entries
from mailer.flow.event_words import SETTLES, event_fields
from mailer.model.api_scope import Scope
from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.store import event_feed, ledger_reads, queries
from mailer.store.ledger_reads import Wanted
from mailer.web.api.operation import PAGE, Call, Done, Operation, page_of
from mailer.web.api.problems import ProblemError
from mailer.web.api.schema import BOOL, COUNTS, INT, MOMENT, STR, Schema, array, leaf, maybe, one_of, record, whole

_KIND, _STATUS, _DELIVERY = (
    one_of(*(str(each) for each in every)) for every in (MailingKind, MailingStatus, DeliveryStatus)
)
_MAILING = record(
    {
        "id": INT, "kind": _KIND, "status": _STATUS, "reason": STR, "title": STR, "number": INT, "lists": array(STR),
        "rehearsal": BOOL, "created_at": MOMENT, "released_at": maybe(MOMENT), "closed_at": maybe(MOMENT),
        "recipients": INT, "duties": INT, "counts": COUNTS,
        "by_list": {"type": "object", "additionalProperties": COUNTS},
    }
)  # fmt: skip
_DUTY = record({"list": STR, "unit": STR, "post": STR, "name": STR, "phone": STR})
_LINE = record(
    {
        "delivery": INT, "list": STR, "recipient": STR, "status": _DELIVERY, "cause": STR, "todo": STR, "reply": STR,
        "attempts": INT, "due_at": maybe(MOMENT), "accepted_at": maybe(MOMENT), "finished_at": maybe(MOMENT),
        "acknowledged_at": maybe(MOMENT), "needs_person": BOOL, "duties": array(_DUTY),
    }
)  # fmt: skip
_EVENT = record(
    {
        "id": INT, "at": MOMENT, "kind": STR, "mailing": INT, "delivery": INT, "attempt": INT, "reply_code": maybe(INT),
        "reason": STR, "fault": STR, "actor": STR,
    }
)  # fmt: skip
_MOVED = record({"id": INT, "status": _STATUS})
_STATUS_FILTER: Schema = {**_DELIVERY, "description": "Only deliveries in this status"}


def operations() -> list[Operation]:
    return [
        Operation(
            "GET", "/mailings", "listMailings", "Mailings with their sums, the newest first; `after` is the last id seen",
            Scope.MAILINGS_READ, _list, {200: leaf(_MAILING)}, query=PAGE,
        ),
        Operation(
            "GET", "/mailings/{id}", "getMailing", "One mailing: recipients = the sum of counts, in one snapshot",
            Scope.MAILINGS_READ, _one, {200: _MAILING},
        ),
        Operation(
            "GET", "/mailings/{id}/ledger", "getLedger", "The ledger, one line a delivery, in the order of sending",
            Scope.LEDGER_READ, _ledger, {200: leaf(_LINE)}, query={**PAGE, "status": _STATUS_FILTER},
        ),
        *(
            Operation(
                "POST", f"/mailings/{{id}}/{name}", f"{name}Mailing", summary, Scope.MAILINGS_WRITE, _acting(act),
                {200: _MOVED}, conflicts=True,
            )
            for name, (summary, act) in _ACTS.items()
        ),
        Operation(
            "GET", "/events", "listEvents",
            "Everything that happened to deliveries, as it happened; keep `next` and ask again with it. Ten seconds behind",
            Scope.EVENTS_READ, _events, {200: record({"data": array(_EVENT), "next": whole()})}, query=PAGE,
        ),
    ]  # fmt: skip


def _list(call: Call) -> Done:
    limit, after = call.query["limit"], call.query["after"]
    with call.office.store.read() as session:
        rows = ledger_reads.mailings_before(session, after or None, limit + 1)
        found = [_mailing(session, row) for row in rows[:limit]]
    return Done({"data": found, "next": found[-1]["id"] if len(rows) > limit else None})


def _one(call: Call) -> Done:
    with call.office.store.read() as session:
        row = queries.mailing_with_issue(session, call.path["id"])
        return Done(_mailing(session, row))


def _mailing(session: Any, row: Any) -> dict[str, Any]:
    total = queries.ledger_sum(session, row.id)
    return {
        "id": row.id, "kind": row.kind, "status": row.status, "reason": row.reason, "title": row.title,
        "number": row.number, "lists": row.lists.split(","), "rehearsal": row.rehearsal, "created_at": row.created_at,
        "released_at": row.released_at, "closed_at": row.closed_at, "recipients": total.recipients,
        "duties": total.duties, "counts": {str(status): n for status, n in total.counts.items()},
        "by_list": {code: {str(status): n for status, n in counts.items()} for code, counts in total.by_list.items()},
    }  # fmt: skip


def _ledger(call: Call) -> Done:
    mailing_id, limit, after = call.path["id"], call.query["limit"], call.query["after"]
    status = call.query["status"]
    wanted = Wanted(status=DeliveryStatus(status) if status else None)
    with call.office.store.read() as session:
        queries.mailing(session, mailing_id)  # raises NoResultFound
        entries = read_entries(session, mailing_id, wanted, start=after, limit=limit + 1)
    call.viewed("ledger.viewed", f"mailing:{mailing_id}")
    lines = [
        {
            "delivery": each.id, "list": each.list_code, "recipient": each.address, "status": str(each.status),
            "cause": each.cause, "todo": each.todo, "reply": each.code, "attempts": each.attempts,
            "due_at": each.due_at, "accepted_at": each.accepted_at, "finished_at": each.finished_at,
            "acknowledged_at": each.acknowledged_at, "needs_person": each.needs_person,
            "duties": [
                {"list": one.list_code, "unit": one.unit, "post": one.post, "name": one.name, "phone": one.phone}
                for one in each.duties
            ],
        }
        for each in entries
    ]  # fmt: skip
    return Done(page_of(lines, limit, after))


def _events(call: Call) -> Done:
    after = call.query["after"]
    with call.office.store.read() as session:
        until = call.office.clock.now() - SETTLES
        rows = event_feed.events_after(session, after, until, call.query["limit"])
    found = [event_fields(row) for row in rows]
    return Done({"data": found, "next": found[-1]["id"] if found else after})


def _cancel(office: Any, mailing_id: int, actor: str) -> MailingStatus:
    control_mailing.cancel(office, mailing_id, actor)
    return MailingStatus.CANCELLED


_ACTS: dict[str, tuple[str, Callable[[Any, int, str], MailingStatus]]] = {
    "pause": ("Stop: at most what each worker was granted already still leaves", control_mailing.pause),
    "resume": ("Go on; what waited for a person is tried again", control_mailing.resume),
    "cancel": ("Stop for good; what has left cannot be called back", _cancel),
}


def _acting(act: Callable[[Any, int, str], MailingStatus]) -> Callable[[Call], Done]:
    def run(call: Call) -> Done:
        mailing_id = call.path["id"]
        with call.office.store.read() as session:
            queries.mailing(session, mailing_id)  # raises NoResultFound
        try:
            status = act(call.office, mailing_id, call.key.actor)
        except ApprovalError as error:
            raise ProblemError(409, error.code, error.message, error.hint) from error
        return Done({"id": mailing_id, "status": str(status)})

    return run
