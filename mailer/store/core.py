"""Our rows as Core tables, under the names statements use. One place, so that hot paths and reads mean the same table."""

from __future__ import annotations

from typing import Final

from sqlalchemy import Table
from sqlmodel import SQLModel

from mailer.store import tables


def _core(row: type[SQLModel]) -> Table:
    table: Table = row.__table__  # type: ignore[attr-defined]  # made by SQLModel for table=True
    return table


actor: Final = _core(tables.ActorRow)
audit: Final = _core(tables.AuditRecord)
bulletin: Final = _core(tables.Bulletin)
content: Final = _core(tables.MailingContent)
delivery: Final = _core(tables.DeliveryRow)
domain_hold: Final = _core(tables.DomainHold)
duty: Final = _core(tables.DutyRow)
event: Final = _core(tables.DeliveryEventRow)
house_fact: Final = _core(tables.HouseFact)
house_lease: Final = _core(tables.HouseLease)
house_sequence: Final = _core(tables.HouseSequence)
intake_folder: Final = _core(tables.IntakeFolder)
issue: Final = _core(tables.IssueRow)
lease: Final = _core(tables.LeaseRow)
mailing: Final = _core(tables.MailingRow)
pace_grant: Final = _core(tables.PaceGrant)
returned: Final = _core(tables.ReturnedMailRow)
revision: Final = _core(tables.IssueRevision)
tally: Final = _core(tables.TallyRow)
task: Final = _core(tables.TaskRow)
worker: Final = _core(tables.WorkerRow)
