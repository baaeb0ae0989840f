"""Tasks: what a person must do, listed for a programme of tasks elsewhere, and ticked off there."""

from __future__ import annotations

from mailer.flow.finish_task import finish_task
from mailer.model.api_scope import Scope
from mailer.store import task_book
from mailer.web.api.operation import PAGE, Call, Done, Operation, page_of
from mailer.web.api.problems import ProblemError
from mailer.web.api.schema import INT, MOMENT, STR, leaf, maybe, one_of, record

_TASK = record(
    {
        "id": INT, "kind": STR, "title": STR, "detail": STR, "state": one_of("open", "done"), "mailing": maybe(INT),
        "delivery": maybe(INT), "created_at": MOMENT, "done_at": maybe(MOMENT), "done_by": maybe(STR),
    }
)  # fmt: skip
_STATE = {**one_of("open", "done"), "default": "open"}


def operations() -> list[Operation]:
    return [
        Operation(
            "GET", "/tasks", "listTasks", "Open tasks in the order they came; done ones the last first", Scope.TASKS_READ,
            _list, {200: leaf(_TASK)}, query={**PAGE, "state": _STATE},
        ),
        Operation(
            "POST", "/tasks/{id}/done", "finishTask", "A person has done it", Scope.TASKS_WRITE, _done,
            {200: record({"id": INT, "state": one_of("done")})}, conflicts=True,
        ),
    ]  # fmt: skip


def _list(call: Call) -> Done:
    limit, after = call.query["limit"], call.query["after"]
    with call.office.store.read() as session:
        rows = task_book.listed(session, call.query["state"], limit=limit + 1, offset=after)
    call.viewed("tasks.viewed", "tasks")
    found = [
        {
            "id": row.id, "kind": row.kind, "title": row.title, "detail": row.detail, "state": row.state,
            "mailing": row.mailing_id, "delivery": row.delivery_id, "created_at": row.created_at,
            "done_at": row.done_at, "done_by": row.done_by,
        }
        for row in rows
    ]  # fmt: skip
    return Done(page_of(found, limit, after))


def _done(call: Call) -> Done:
    task_id = call.path["id"]
    with call.office.store.read() as session:
        if task_book.one(session, task_id) is None:
            raise ProblemError(404, "no_task", f"没有编号 {task_id} 的待办。", "列表：GET /api/v1/tasks")
    if not finish_task(call.office, task_id, call.key.actor):
        raise ProblemError(409, "task_done", f"待办 {task_id} 已经办结。")
    return Done({"id": task_id, "state": "done"})
