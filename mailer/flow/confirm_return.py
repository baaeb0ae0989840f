"""A person answers the question 疑似退信: yes, and the row moves as if the return had proven itself; or no, and nothing does."""

from __future__ import annotations

from mailer.flow.office import Office
from mailer.flow.suspect_return import SUSPECTED, report_about
from mailer.flow.take_in_report import apply_by_person
from mailer.store import address_history, queries, returns, writes


class NotSuspectedError(Exception):
    """There is no such open question, or the mail it came from is gone."""


def confirm_return(office: Office, task_id: int, actor: str, *, is_return: bool) -> str:
    """Ends the task; the delivery's status afterwards. Confirmed twice it is found done: NotSuspectedError."""
    now = office.clock.now()
    with office.store.begin() as session:
        task = address_history.task_by_id(session, task_id)
        if task is None or task.kind != SUSPECTED or task.state != "open" or task.delivery_id is None:
            raise NotSuspectedError
        delivery = queries.delivery_row_for_update(session, task.delivery_id)
        mail = returns.suspected_mail(session, task.delivery_id)
        if delivery is None or mail is None:
            raise NotSuspectedError
        if is_return:
            report = report_about(mail.raw, delivery.address_key)
            if report is None:
                raise NotSuspectedError
            state = apply_by_person(session, delivery, report, mail.id, office.retry, now, actor)
            if state == "waiting":
                raise NotSuspectedError  # a copy is on the wire at this very moment: the question stays open
            returns.settle(session, mail.id, state=state, kind=mail.kind, note=f"{actor} 确认", delivery_id=delivery.id)
        writes.end_task(session, task_id, actor, now)
        office.record(
            session, actor, "return.confirmed" if is_return else "return.dismissed", f"delivery:{delivery.id}"
        )
        after = queries.delivery_row(session, delivery.id)
        return str(after.status) if after else ""
