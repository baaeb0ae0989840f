"""Rows of corrections and recalls of issues that are out already."""
# no `from __future__ import annotations` here: SQLModel reads the annotations at run time

from datetime import date, datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Text, text
from sqlmodel import Field, SQLModel

from mailer.model.follow_up import OPEN, FollowUpKind, FollowUpState
from mailer.store.metadata import UTCDateTime

_OPEN = text(f"state IN ({', '.join(repr(str(state)) for state in OPEN)})")


def _one_of(column: str, values: list[str]) -> CheckConstraint:
    return CheckConstraint(f"{column} IN ({', '.join(repr(value) for value in values)})", name=f"ck_follow_up_{column}")


class FollowUpRow(SQLModel, table=True):
    """One correction or recall: its intent is committed together with the stop, so that whoever comes by later can carry
    it on. Of one issue one at a time.
    """

    __tablename__: ClassVar[str] = "follow_up"
    __table_args__ = (
        _one_of("kind", [str(kind) for kind in FollowUpKind]),
        _one_of("state", [str(state) for state in FollowUpState]),
        Index("uq_follow_up_open", "issue_id", "rehearsal", unique=True, sqlite_where=_OPEN, postgresql_where=_OPEN),
        Index("ix_follow_up_issue", "issue_id"),
    )
    id: int | None = Field(default=None, primary_key=True)
    issue_id: int = Field(sa_column=Column(ForeignKey("issue.id", name="fk_follow_up_issue"), nullable=False))
    rehearsal: bool
    kind: str
    state: str
    revision_id: int = Field(
        sa_column=Column(ForeignKey("issue_revision.id", name="fk_follow_up_revision"), nullable=False)
    )  # a correction: the new one; a recall: the newest that went out
    base_mailing_id: int  # where it was asked for
    holders_mailing_id: int | None = None  # to whom holds an older revision; None where nobody does
    rest_mailing_id: int | None = None  # the corrected issue to whom holds none; None where everybody does
    note: str = Field(sa_column=Column(Text, nullable=False))
    mode: str  # how it was to be approved, mailer.model.rights.ApprovalMode
    signer: str = ""
    signed_on: date | None = None
    waived: str = Field(default="{}", sa_column=Column(Text, nullable=False))  # JSON: stops passed, with the reasons
    ordered_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    ordered_by: str
    approved_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime, nullable=True))
    approved_by: str | None = None
    released_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime, nullable=True))
