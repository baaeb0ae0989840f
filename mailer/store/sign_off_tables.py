"""Rows of what a person adds to an issue before it goes out: attached files, stops that were passed, the approval."""
# no `from __future__ import annotations` here: SQLModel reads the annotations at run time

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from mailer.store.metadata import UTCDateTime


class IssueAttachment(SQLModel, table=True):
    """A file that travels with the mails of an issue; no two of one issue have the same name."""

    __tablename__: ClassVar[str] = "issue_attachment"
    __table_args__ = (UniqueConstraint("issue_id", "name", name="uq_issue_attachment_name"),)
    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(sa_column=Column(ForeignKey("issue.id", name="fk_issue_attachment_issue"), nullable=False))
    name: str
    content_type: str
    size: int  # octets
    sha256: str
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
    added_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    added_by: str


class Waiver(SQLModel, table=True):
    """A stop of the pre-flight check that a person passed, and why; of one revision only, the next is checked anew."""

    __tablename__: ClassVar[str] = "waiver"
    __table_args__ = (UniqueConstraint("revision_id", "code", name="uq_waiver_code"),)
    id: int | None = Field(default=None, primary_key=True)
    revision_id: int = Field(
        sa_column=Column(ForeignKey("issue_revision.id", name="fk_waiver_revision"), nullable=False)
    )
    code: str
    reason: str
    given_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    given_by: str


class Approval(SQLModel, table=True):
    """Who answers for a mailing; ``binding`` is what for (mailer.model.approval.binding)."""

    __tablename__: ClassVar[str] = "approval"
    __table_args__ = (
        UniqueConstraint("mailing_id", name="uq_approval_mailing"),
        Index("ix_approval_approved_at", "approved_at"),
    )
    id: int | None = Field(default=None, primary_key=True)
    mailing_id: int = Field(sa_column=Column(ForeignKey("mailing.id", name="fk_approval_mailing"), nullable=False))
    mode: str
    binding: str
    signer: str = ""  # who signed on paper
    signed_on: date | None = None
    note: str = Field(default="", sa_column=Column(Text, nullable=False))
    photo: bytes | None = Field(default=None, sa_column=Column(LargeBinary, nullable=True))
    photo_type: str = ""
    waived: str = Field(default="{}", sa_column=Column(Text, nullable=False))  # JSON: code -> reason
    approved_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    approved_by: str
