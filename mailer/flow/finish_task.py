"""Use case: a person says that what they were asked to do is done."""

from __future__ import annotations

from mailer.flow.office import Office
from mailer.store import writes


def finish_task(office: Office, task_id: int, actor: str) -> bool:
    """False when there is no open task of that number."""
    with office.store.begin() as session:
        ended = writes.end_task(session, task_id, actor, office.clock.now())
        if ended:
            office.record(session, actor, "task.done", f"task:{task_id}")
    return ended
