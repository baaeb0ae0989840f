"""Our rows as Core tables, under the names statements use. One place, so that hot paths and reads mean the same table."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Table
from sqlmodel import SQLModel

from mailer.store import (
    account_tables,
    acknowledgement_tables,
    api_tables,
    draft_tables,
    follow_up_tables,
    look_tables,
    sign_off_tables,
    tables,
    web_tables,
    webhook_tables,
)


def _core(row: type[SQLModel]) -> Table:
    table: Table = row.__table__  # type: ignore[attr-defined]  # made by SQLModel for table=True
    return table


account: Final = _core(account_tables.AccountRow)
account_role: Final = _core(account_tables.AccountRole)
acknowledgement: Final = _core(acknowledgement_tables.AcknowledgementRow)
api_answer: Final = _core(api_tables.ApiAnswer)
api_key: Final = _core(api_tables.ApiKey)
approval: Final = _core(sign_off_tables.Approval)
audit: Final = _core(tables.AuditRecord)
bulletin: Final = _core(tables.Bulletin)
bulletin_look: Final = _core(look_tables.BulletinLook)
console_session: Final = _core(account_tables.ConsoleSession)
console_view: Final = _core(account_tables.ConsoleView)
content: Final = _core(tables.MailingContent)
delivery: Final = _core(tables.DeliveryRow)
domain_hold: Final = _core(tables.DomainHold)
duty: Final = _core(tables.DutyRow)
event: Final = _core(tables.DeliveryEventRow)
follow_up: Final = _core(follow_up_tables.FollowUpRow)
house_fact: Final = _core(tables.HouseFact)
house_lease: Final = _core(tables.HouseLease)
house_sequence: Final = _core(tables.HouseSequence)
import_draft: Final = _core(draft_tables.ImportDraft)
import_draft_file: Final = _core(draft_tables.ImportDraftFile)
intake_folder: Final = _core(tables.IntakeFolder)
issue: Final = _core(tables.IssueRow)
issue_attachment: Final = _core(sign_off_tables.IssueAttachment)
lease: Final = _core(tables.LeaseRow)
login_failure: Final = _core(account_tables.LoginFailure)
mailing: Final = _core(tables.MailingRow)
pace_grant: Final = _core(tables.PaceGrant)
read_hint: Final = _core(acknowledgement_tables.ReadHint)
recovery_code: Final = _core(account_tables.RecoveryCode)
returned: Final = _core(tables.ReturnedMailRow)
revision: Final = _core(tables.IssueRevision)
sign_terms: Final = _core(acknowledgement_tables.SignTerms)
tally: Final = _core(tables.TallyRow)
task: Final = _core(tables.TaskRow)
waiver: Final = _core(sign_off_tables.Waiver)
web_copy: Final = _core(web_tables.WebCopy)
webhook: Final = _core(webhook_tables.Webhook)
worker: Final = _core(tables.WorkerRow)
