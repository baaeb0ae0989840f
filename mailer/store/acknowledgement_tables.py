"""Rows of 签收: what each mailing asked for, who signed or was entered, and what mail programs said of themselves."""
# no `from __future__ import annotations` here: SQLModel reads the annotations at run time

from datetime import datetime
from typing import ClassVar

from sqlalchemy import CheckConstraint, Column, ForeignKey, Index, Text
from sqlmodel import Field, SQLModel

from mailer.model.acknowledgement import How
from mailer.store.metadata import BigId, UTCDateTime


class SignTerms(SQLModel, table=True):
    """What a list of a mailing asks of its recipients, frozen when the mailing was made. A list without a row asks nothing."""

    __tablename__: ClassVar[str] = "sign_terms"
    mailing_id: int = Field(sa_column=Column(ForeignKey("mailing.id", name="fk_sign_terms_mailing"), primary_key=True))
    list_code: str = Field(primary_key=True)
    within_days: int  # after the release; 0: no deadline
    reminders: int  # at most so many 催办
    gap_days: int  # between two of them, and before the first
    short_replies: bool  # 收到, 已阅 from the recipient's own address count


class AcknowledgementRow(SQLModel, table=True):
    """Append-only: a duty was signed for, or that was taken back (``undoes``)."""

    __tablename__: ClassVar[str] = "acknowledgement"
    __table_args__ = (
        CheckConstraint(f"how IN ({', '.join(repr(str(how)) for how in How)})", name="ck_acknowledgement_how"),
        Index("ix_acknowledgement_delivery", "delivery_id"),
        Index("ix_acknowledgement_mailing", "mailing_id"),
    )
    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    mailing_id: int
    delivery_id: int = Field(sa_column=Column(BigId, nullable=False))
    duty_id: int = Field(sa_column=Column(BigId, nullable=False))
    undoes: bool = False
    how: str
    channel: str = ""  # by hand: telephone, in person, ...
    who: str = ""  # by hand: who said so
    note: str = Field(default="", sa_column=Column(Text, nullable=False))
    returned_mail_id: int | None = None  # by mail: the letter
    at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    actor: str


class ReadHint(SQLModel, table=True):
    """What a mail program reported (RFC 8098): that a copy was displayed. A hint, never a signature."""

    __tablename__: ClassVar[str] = "read_hint"
    __table_args__ = (Index("ix_read_hint_mailing", "mailing_id"),)
    delivery_id: int = Field(sa_column=Column(BigId, primary_key=True, autoincrement=False))
    mailing_id: int
    is_manual: bool  # a person agreed to send it
    returned_mail_id: int
    at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
