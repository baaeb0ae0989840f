"""Rows of what programs use: their keys, and the answers they were given to what they asked for once."""
# no `from __future__ import annotations` here: SQLModel reads the annotations at run time

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, ForeignKey, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from mailer.store.metadata import UTCDateTime


class ApiKey(SQLModel, table=True):
    """``digest``: sha256 of a secret of 256 random bits, which stands nowhere."""

    __tablename__: ClassVar[str] = "api_key"
    __table_args__ = (UniqueConstraint("name", name="uq_api_key_name"),)
    id: int | None = Field(default=None, primary_key=True)
    name: str
    digest: str
    scopes: str
    created_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    created_by: str
    used_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime, nullable=True))
    revoked_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime, nullable=True))
    revoked_by: str = ""


class ApiAnswer(SQLModel, table=True):
    """What was answered to a request with an Idempotency-Key; without ``status`` it is being worked on."""

    __tablename__: ClassVar[str] = "api_answer"
    __table_args__ = (Index("ix_api_answer_begun_at", "begun_at"),)
    key_id: int = Field(
        sa_column=Column(ForeignKey("api_key.id", name="fk_api_answer_key"), primary_key=True, autoincrement=False)
    )
    idempotency_key: str = Field(primary_key=True)
    fingerprint: str  # sha256 of method, path and body
    begun_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    status: int | None = None
    body: str = Field(default="", sa_column=Column(Text, nullable=False))
