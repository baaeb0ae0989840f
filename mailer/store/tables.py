"""Rows of our own tables. Rows are rows: no behaviour, no validation, no relationships; hot paths use them as Core tables.

Every constraint and index carries an explicit name, so that one migration reads the same on both databases.
Statuses are stored as their text values with a check; people's data in delivery and duty are a frozen snapshot.
"""
# no `from __future__ import annotations` here: SQLModel reads the annotations at run time

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import (
    CheckConstraint,
    Column,
    ForeignKey,
    Index,
    LargeBinary,
    Text,
    UniqueConstraint,
    text,
)
from sqlmodel import Field, SQLModel

from mailer.model.delivery import TROUBLE, DeliveryStatus
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.store.metadata import BigId, UTCDateTime


def troubled(table: str = "") -> str:
    """The predicate of ix_delivery_trouble, for the very same words in a statement: ``table`` is «delivery.» there."""
    statuses = ", ".join(repr(str(status)) for status in TROUBLE)
    parked = f"{table}status = '{DeliveryStatus.QUEUED}' AND {table}due_at IS NULL"
    return f"({table}status IN ({statuses}) OR ({parked}))"


def _one_of(column: str, values: list[str], table: str) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=f"ck_{table}_{column}")


def _moment(*, nullable: bool = True) -> Column[datetime]:
    return Column(UTCDateTime, nullable=nullable)


class Bulletin(SQLModel, table=True):
    __tablename__: ClassVar[str] = "bulletin"
    __table_args__ = (UniqueConstraint("code", name="uq_bulletin_code"),)
    id: int | None = Field(default=None, primary_key=True)
    code: str
    title: str
    office: str = ""
    created_at: datetime = Field(sa_column=_moment(nullable=False))


class IssueRow(SQLModel, table=True):
    __tablename__: ClassVar[str] = "issue"
    __table_args__ = (UniqueConstraint("bulletin_id", "series", "year", "number", name="uq_issue_key"),)
    id: int | None = Field(default=None, primary_key=True)
    bulletin_id: int = Field(sa_column=Column(ForeignKey("bulletin.id", name="fk_issue_bulletin"), nullable=False))
    series: str = ""
    year: int = 0  # 0: a running number without a year
    number: int
    title: str
    issued_on: date
    created_at: datetime = Field(sa_column=_moment(nullable=False))


class IssueRevision(SQLModel, table=True):
    """The file as it came and what was understood; a change makes a new one, an old one is never touched."""

    __tablename__: ClassVar[str] = "issue_revision"
    __table_args__ = (UniqueConstraint("issue_id", "revision", name="uq_issue_revision"),)
    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(sa_column=Column(ForeignKey("issue.id", name="fk_issue_revision_issue"), nullable=False))
    revision: int
    source_name: str
    source_sha256: str
    source: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    content: str = Field(sa_column=Column(Text, nullable=False))  # JSON of content.issue.to_json
    created_at: datetime = Field(sa_column=_moment(nullable=False))
    created_by: str


class MailingRow(SQLModel, table=True):
    __tablename__: ClassVar[str] = "mailing"
    __table_args__ = (
        UniqueConstraint("key", name="uq_mailing_key"),
        _one_of("status", [str(status) for status in MailingStatus], "mailing"),
        _one_of("kind", [str(kind) for kind in MailingKind], "mailing"),
        Index("ix_mailing_status", "status"),
    )
    id: int | None = Field(default=None, primary_key=True)
    bulletin_id: int = Field(sa_column=Column(ForeignKey("bulletin.id", name="fk_mailing_bulletin"), nullable=False))
    revision_id: int = Field(
        sa_column=Column(ForeignKey("issue_revision.id", name="fk_mailing_revision"), nullable=False)
    )
    kind: str
    status: str
    key: str
    content_key: str  # sha256 over issue, lists and kind: the same key with another one is a conflict
    lists: str  # list codes in the order of sending, joined by a comma
    rehearsal: bool
    from_address: str
    from_name: str
    reply_to: str
    message_domain: str
    boundary: str
    dated_at: datetime = Field(sa_column=_moment(nullable=False))  # the Date header of every copy
    in_doubt: str  # hold or resend; where lists differ 报=hold,发=resend
    recipients: int | None = None  # the frozen count; None while the audience is being frozen
    reason: str = ""  # why it is paused or held, in words for people
    created_by: str
    created_at: datetime = Field(sa_column=_moment(nullable=False))
    approved_at: datetime | None = Field(default=None, sa_column=_moment())
    approved_by: str | None = None
    scheduled_at: datetime | None = Field(default=None, sa_column=_moment())
    released_at: datetime | None = Field(default=None, sa_column=_moment())
    closed_at: datetime | None = Field(default=None, sa_column=_moment())
    superseded_by: int | None = None  # the follow_up that took its place: nothing of it is sent any more


class MailingContent(SQLModel, table=True):
    """The prepared bytes of one list's mail: every worker splices these very bytes."""

    __tablename__: ClassVar[str] = "mailing_content"
    mailing_id: int = Field(
        sa_column=Column(ForeignKey("mailing.id", name="fk_mailing_content_mailing"), primary_key=True)
    )
    list_code: str = Field(primary_key=True)
    payload: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    content_hash: str


class DeliveryRow(SQLModel, table=True):
    """One row per address of a mailing. Ids are drawn from house_sequence so that they are known before the insert."""

    __tablename__: ClassVar[str] = "delivery"
    __table_args__ = (
        UniqueConstraint("mailing_id", "address_key", name="uq_delivery_mailing_address"),
        _one_of("status", [str(status) for status in DeliveryStatus], "delivery"),
        # the queue: only rows that wait and have a time
        Index(
            "ix_delivery_queue",
            "mailing_id",
            "due_at",
            "turn",
            "id",
            sqlite_where=text("status IN ('queued', 'deferred') AND due_at IS NOT NULL"),
            postgresql_where=text("status IN ('queued', 'deferred') AND due_at IS NOT NULL"),
        ),
        Index(
            "ix_delivery_lease",
            "lease_id",
            sqlite_where=text("lease_id IS NOT NULL"),
            postgresql_where=text("lease_id IS NOT NULL"),
        ),
        Index("ix_delivery_address", "address_key"),
        # the ledger's order, to be read leaf by leaf; neither column changes once the row is there
        Index("ix_delivery_order", "mailing_id", "lane", "id"),
        # what did not simply go out: a row that is accepted at once never enters it
        Index(
            "ix_delivery_trouble",
            "mailing_id",
            "lane",
            "id",
            sqlite_where=text(troubled()),
            postgresql_where=text(troubled()),
        ),
        Index(
            "ix_delivery_signed",
            "mailing_id",
            sqlite_where=text("acknowledged_at IS NOT NULL"),
            postgresql_where=text("acknowledged_at IS NOT NULL"),
        ),
    )
    id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    mailing_id: int = Field(sa_column=Column(ForeignKey("mailing.id", name="fk_delivery_mailing"), nullable=False))
    list_code: str  # the list that won: 报 over 送 over 发
    lane: int  # order of sending
    turn: int = 0  # within a lane: the domains take turns, so that a slow one does not stand before all others
    address: str  # for the wire, ASCII; '' when there is none
    address_key: str  # for comparison; unique within the mailing (a duty without an address has its own key)
    domain: str
    name: str
    status: str
    due_at: datetime | None = Field(default=None, sa_column=_moment())
    attempts: int = 0
    doubts: int = 0
    crashes: int = 0
    returns: int = 0  # how often a return sent it back to be tried again
    lease_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    lease_seq: int | None = None
    message_id: str
    phase: str | None = None
    reply_code: int | None = None
    enhanced_status: str | None = None
    reply_text: str | None = Field(default=None, sa_column=Column(Text))
    host: str | None = None
    reason: str = ""  # why withheld, or the verdict's reason
    fault: str = ""  # the verdict's owner
    hard: bool = False
    bounced_by: str | None = None  # session or return
    queued_at: datetime | None = Field(default=None, sa_column=_moment())
    accepted_at: datetime | None = Field(default=None, sa_column=_moment())
    finished_at: datetime | None = Field(default=None, sa_column=_moment())
    acknowledged_at: datetime | None = Field(default=None, sa_column=_moment())


class DutyRow(SQLModel, table=True):
    """For whom a delivery is: one delivery may serve several posts. Frozen with the audience."""

    __tablename__: ClassVar[str] = "duty"
    __table_args__ = (Index("ix_duty_delivery", "delivery_id"), Index("ix_duty_unit", "mailing_id", "unit"))
    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    mailing_id: int = Field(sa_column=Column(ForeignKey("mailing.id", name="fk_duty_mailing"), nullable=False))
    delivery_id: int = Field(
        sa_column=Column(BigId, ForeignKey("delivery.id", name="fk_duty_delivery"), nullable=False)
    )
    list_code: str
    unit: str
    post: str
    holder: str
    phone: str = ""
    holder_id: int | None = None
    care_of: str = ""  # whose mailbox it is when not the holder's own
    essential: bool = False  # somebody goes if no mail arrives


class DeliveryEventRow(SQLModel, table=True):
    """Append-only: what happened to a delivery, with its evidence."""

    __tablename__: ClassVar[str] = "delivery_event"
    __table_args__ = (Index("ix_delivery_event_delivery", "delivery_id"),)
    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    delivery_id: int = Field(sa_column=Column(BigId, nullable=False))
    mailing_id: int
    at: datetime = Field(sa_column=_moment(nullable=False))
    kind: str
    attempt: int = 0
    lease_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    phase: str | None = None
    reply_code: int | None = None
    reply_text: str | None = Field(default=None, sa_column=Column(Text))
    host: str | None = None
    reason: str = ""
    fault: str = ""
    returned_mail_id: int | None = None
    actor: str = ""


class TallyRow(SQLModel, table=True):
    """The counters of a mailing, moved in the same transaction as the rows they count."""

    __tablename__: ClassVar[str] = "tally"
    mailing_id: int = Field(sa_column=Column(ForeignKey("mailing.id", name="fk_tally_mailing"), primary_key=True))
    list_code: str = Field(primary_key=True)
    status: str = Field(primary_key=True)
    n: int = 0


class LeaseRow(SQLModel, table=True):
    """A slice of the queue one worker may send. begun_to: rows of windows granted so far, in the order of lease_seq."""

    __tablename__: ClassVar[str] = "lease"
    __table_args__ = (Index("ix_lease_worker", "worker_id"), Index("ix_lease_state", "state"))
    id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    mailing_id: int
    worker_id: str
    epoch: str
    state: str  # open, done, recovered
    size: int
    begun_to: int = 0
    granted_at: datetime = Field(sa_column=_moment(nullable=False))
    expires_at: datetime = Field(sa_column=_moment(nullable=False))


class WorkerRow(SQLModel, table=True):
    __tablename__: ClassVar[str] = "worker"
    id: str = Field(primary_key=True)
    host: str
    boot_id: str
    pid: int
    role: str
    journal: str  # its journal folder
    relay: str  # fingerprint of the relay it sends through
    started_at: datetime = Field(sa_column=_moment(nullable=False))
    seen_at: datetime = Field(sa_column=_moment(nullable=False))
    ended_at: datetime | None = Field(default=None, sa_column=_moment())


class HouseLease(SQLModel, table=True):
    """A job only one process may do at a time: the sweep."""

    __tablename__: ClassVar[str] = "house_lease"
    name: str = Field(primary_key=True)
    holder: str
    until: datetime = Field(sa_column=_moment(nullable=False))


class HouseSequence(SQLModel, table=True):
    __tablename__: ClassVar[str] = "house_sequence"
    name: str = Field(primary_key=True)
    next_value: int = Field(sa_column=Column(BigId, nullable=False))


class HouseFact(SQLModel, table=True):
    """Single facts about this database: its epoch, a relay that was put on hold."""

    __tablename__: ClassVar[str] = "house_fact"
    key: str = Field(primary_key=True)
    value: str = Field(sa_column=Column(Text, nullable=False))


class PaceGrant(SQLModel, table=True):
    """Attempts granted against a budget; summed over the last minute, hour or day. A restart finds what was used."""

    __tablename__: ClassVar[str] = "pace_grant"
    __table_args__ = (Index("ix_pace_grant_scope", "scope", "at"),)
    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    scope: str
    at: datetime = Field(sa_column=_moment(nullable=False))
    n: int


class DomainHold(SQLModel, table=True):
    """A domain of one mailing that the breaker parked, until somebody looks or the time is over."""

    __tablename__: ClassVar[str] = "domain_hold"
    mailing_id: int = Field(primary_key=True)
    domain: str = Field(primary_key=True)
    reason: str
    since: datetime = Field(sa_column=_moment(nullable=False))
    until: datetime | None = Field(default=None, sa_column=_moment())  # None: until a person says so


class ReturnedMailRow(SQLModel, table=True):
    """Raw returned mail, stored once before anything is acknowledged; key: content and envelope recipient."""

    __tablename__: ClassVar[str] = "returned_mail"
    __table_args__ = (
        UniqueConstraint("sha256", "envelope_rcpt", name="uq_returned_mail"),
        Index("ix_returned_mail_state", "state"),
    )
    id: int | None = Field(default=None, primary_key=True)
    sha256: str
    envelope_rcpt: str
    sender: str
    raw: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    received_at: datetime = Field(sa_column=_moment(nullable=False))
    kind: str = ""
    state: str = "new"  # new, waiting, applied, unmatched, unread
    delivery_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    note: str = ""


class IntakeFolder(SQLModel, table=True):
    """How far a folder of a mailbox was read: the mail with that UID and all before it (RFC 3501 2.3.1.1)."""

    __tablename__: ClassVar[str] = "intake_folder"
    mailbox: str = Field(primary_key=True)  # user@host:port
    folder: str = Field(primary_key=True)
    uid_validity: int = Field(sa_column=Column(BigId, nullable=False))
    last_uid: int = Field(sa_column=Column(BigId, nullable=False))
    read_at: datetime = Field(sa_column=_moment(nullable=False))


class TaskRow(SQLModel, table=True):
    """Something a person must do. dedupe_key: the same need opens one task only."""

    __tablename__: ClassVar[str] = "task"
    __table_args__ = (UniqueConstraint("dedupe_key", name="uq_task_dedupe"), Index("ix_task_state", "state"))
    id: int | None = Field(default=None, primary_key=True)
    kind: str
    title: str
    detail: str = Field(default="", sa_column=Column(Text, nullable=False))
    mailing_id: int | None = None
    delivery_id: int | None = Field(default=None, sa_column=Column(BigId, nullable=True))
    state: str = "open"
    dedupe_key: str
    created_at: datetime = Field(sa_column=_moment(nullable=False))
    done_at: datetime | None = Field(default=None, sa_column=_moment())
    done_by: str | None = None


class AuditRecord(SQLModel, table=True):
    """One per operator action; each record's mac covers the one before it, so that a gap shows."""

    __tablename__: ClassVar[str] = "audit_record"
    id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    at: datetime = Field(sa_column=_moment(nullable=False))
    actor: str
    source: str  # the address it came from; '' at the terminal and for the program itself
    action: str
    subject: str
    detail: str = Field(sa_column=Column(Text, nullable=False))
    mac: str
