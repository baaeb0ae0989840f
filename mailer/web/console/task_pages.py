"""待办: what a person must do, by kind, with whom to call and what came of it; and what was done, by whom."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import Response

from mailer.flow import answer_task
from mailer.flow.acknowledge import SignError
from mailer.flow.answer_task import NoSuchTaskError
from mailer.flow.confirm_return import NotSuspectedError, confirm_return
from mailer.flow.finish_task import finish_task
from mailer.flow.take_in_letter import confirm_claim
from mailer.model.delivery import DeliveryStatus
from mailer.model.rights import Right
from mailer.store import returns, task_book
from mailer.web.console.desk import Desk, caller_of
from mailer.web.console.fields import leaf_number, number
from mailer.web.console.task_view import KINDS, kind_words, task_view
from mailer.web.console.ways import Form, Way
from recipients.address import AddressError

_PER_LEAF = 50
_GONE = "这件待办已经有人办完。"


def ways(desk: Desk) -> list[Way]:
    pages = _Tasks(desk)
    return [
        Way("/tasks", pages.book, Right.VIEW),
        Way("/tasks/{id}/{act}", pages.act, Right.TASKS, "POST"),
    ]


class _Tasks:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    def book(self, request: Request) -> Response:
        return self._book(request)

    def _book(self, request: Request, *, wrong: str = "", wrong_task: int = 0, given: str = "") -> Response:
        query = request.query_params
        state = "done" if query.get("state") == "done" else "open"
        kind = query.get("kind", "")
        with self._office.store.read() as session:
            by_kind = task_book.counts(session, state)
            open_count = sum(task_book.counts(session, "open").values())
            found = by_kind.get(kind, 0) if kind else sum(by_kind.values())
            pages = max(1, -(-found // _PER_LEAF))
            at = min(leaf_number(query.get("page", "")), pages)
            rows = task_book.listed(session, state, kind, limit=_PER_LEAF, offset=(at - 1) * _PER_LEAF)
            evidence = {
                row.id: mail.id
                for row in rows
                if row.kind == "suspected_return"
                and row.delivery_id is not None
                and (mail := returns.suspected_mail(session, row.delivery_id)) is not None
            }
        if rows:
            self._desk.viewed(request, "tasks", "tasks.viewed")
        order = [*KINDS, *(each for each in by_kind if each not in KINDS)]
        kept = {"state": "" if state == "open" else state, "kind": kind}
        return self._desk.show(
            request, "console/tasks/tasks.html", area="tasks", status=422 if wrong else 200,
            tasks=[task_view(row) for row in rows], state=state, kind=kind, open_count=open_count, found=found,
            kinds=[(each, kind_words(each), by_kind[each]) for each in order if each in by_kind],
            page=at, pages=pages, wrong=wrong, wrong_task=wrong_task, given=given, evidence=evidence,
            may_act=caller_of(request).may(Right.TASKS), may_lists=caller_of(request).may(Right.LISTS),
            total=sum(by_kind.values()),
            link=lambda **changed: "?" + urlencode({k: v for k, v in (kept | changed).items() if v}),
        )  # fmt: skip

    def act(self, request: Request, form: Form) -> Response:
        task_id, act, actor = number(request.path_params["id"]), request.path_params["act"], caller_of(request).actor
        try:
            if act == "corrected":
                new = answer_task.correct_address(self._office, task_id, form.text("address"), actor)
                said = f"已改为 {new.original}，从下一次发送起用新邮箱。这一期要补发的，请到台账里补发。"
            elif act == "valid":
                answer_task.still_valid(self._office, task_id, actor)
                said = "已登记：邮箱没有变，照常发送。"
            elif act == "left":
                people = answer_task.left_post(self._office, task_id, actor)
                said = f"已登记离任，{people} 个岗位空缺；有接任人的，请在单位页里补上。"
            elif act in {"confirm", "reject"}:
                after = confirm_return(self._office, task_id, actor, is_return=act == "confirm")
                said = f"已{'确认是退信' if act == 'confirm' else '认定不是退信'}，台账现在是“{DeliveryStatus(after).label}”。"
            elif act == "signed":
                said = "已认定签收。" if confirm_claim(self._office, task_id, actor) else _GONE
            else:
                said = "已办完。" if finish_task(self._office, task_id, actor) else _GONE
        except AddressError as error:
            wrong = f"邮箱写得不对：{error.message}。请写成 name@example.cn 的样子。"
            return self._book(request, wrong=wrong, wrong_task=task_id, given=form.text("address"))
        except SignError as error:
            said = error.message
        except (NoSuchTaskError, NotSuspectedError):
            said = _GONE
        return self._desk.to(request, "/tasks", said=said)
