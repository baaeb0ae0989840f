"""How far an issue is on its way out: what waits, what was approved, what changed since, what it differs in from the last."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session

from mailer.content.issue import Issue, from_json
from mailer.flow.approve_mailing import binding_of
from mailer.flow.compare_audience import Changes, SinceLast, changes_since, since_last
from mailer.flow.office import Office
from mailer.flow.prepare_issue import is_waiting
from mailer.flow.read_revision import Revision
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.model.rights import ApprovalMode
from mailer.store import queries, sign_off
from recipients import directory
from recipients.audience import Audience, DistributionList


@dataclass(frozen=True, slots=True)
class Waiting:
    """A mailing that was made and has not begun. ``binding``: what an approval of it would stand for; ``duties``: its
    frozen rows; ``issue``: its revision, which ``revised_by`` wrote; ``last_issue``: the revision of this issue that was
    approved last, if another; ``last_mailing``: the last one to lists, of whatever issue.
    """

    row: Any
    status: MailingStatus
    kind: MailingKind
    binding: str
    approval: Any | None
    duties: Sequence[Any]
    changes: Changes
    since_last: SinceLast | None
    last_mailing: Any | None
    issue: Issue
    revised_by: str
    last_issue: Issue | None


@dataclass(frozen=True, slots=True)
class Sending:
    """``sent``: mailings to lists that have begun, the newest first; ``proofs``: 试发; ``today``: who is on the lists now."""

    mode: ApprovalMode
    waiting: Waiting | None
    sent: Sequence[Any]
    proofs: Sequence[Any]
    lists: Sequence[DistributionList]
    today: Audience


def read_sending(office: Office, revision: Revision) -> Sending:
    """One snapshot of everything the page of sending shows."""
    now = office.clock.now()
    with office.store.read() as session:
        lists = directory.lists(session)
        waiting = next((each for each in revision.mailings if is_waiting(each)), None)
        return Sending(
            mode=sign_off.approval_mode(session),
            waiting=_waiting(session, waiting, revision, now) if waiting is not None else None,
            sent=[
                each
                for each in revision.mailings
                if each.kind != MailingKind.TEST and not is_waiting(each) and each.released_at is not None
            ],
            proofs=[each for each in revision.mailings if each.kind == MailingKind.TEST],
            lists=lists,
            today=directory.resolve(session, [each.code for each in lists], now),
        )


def _waiting(session: Session, row: Any, revision: Revision, now: datetime) -> Waiting:
    is_draft = row.status == MailingStatus.DRAFT  # its rows are not to be seen yet
    duties = () if is_draft else sign_off.frozen_duties(session, row.id)
    last = sign_off.last_sent_before(session, row)
    return Waiting(
        row=row,
        status=MailingStatus(row.status),
        kind=MailingKind(row.kind),
        binding="" if is_draft else binding_of(session, row),
        approval=sign_off.approval_of(session, row.id),
        duties=duties,
        changes=Changes() if is_draft else changes_since(session, row, now),
        since_last=since_last(sign_off.frozen_duties(session, last.id), duties) if last is not None else None,
        last_mailing=last,
        issue=_issue(session, row.revision_id),
        revised_by=next(each.created_by for each in revision.revisions if each.id == row.revision_id),
        last_issue=_last_approved(session, row, revision),
    )


def _last_approved(session: Session, row: Any, revision: Revision) -> Issue | None:
    """What a person approved of this issue the last time, where it was another revision."""
    for each in revision.mailings:
        if each.id != row.id and each.kind != MailingKind.TEST and each.approved_at is not None:
            return _issue(session, each.revision_id) if each.revision_id != row.revision_id else None
    return None


def _issue(session: Session, revision_id: int) -> Issue:
    kept = queries.revision_content(session, revision_id)
    assert kept is not None, "a mailing's revision is a foreign key"
    return from_json(json.loads(kept.content))
