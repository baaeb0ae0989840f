"""Rows of the addresses of other systems that are told what happened to deliveries."""
# no `from __future__ import annotations` here: SQLModel reads the annotations at run time

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, UniqueConstraint
from sqlmodel import Field, SQLModel

from mailer.store.metadata import BigId, UTCDateTime


class Webhook(SQLModel, table=True):
    """``cursor``: the last event it has taken; ``salt``: what its secret is worked out of; ``due_at``: not before."""

    __tablename__: ClassVar[str] = "webhook"
    __table_args__ = (UniqueConstraint("name", name="uq_webhook_name"),)
    id: int | None = Field(default=None, primary_key=True)
    name: str
    url: str
    salt: str
    cursor: int = Field(sa_column=Column(BigId, nullable=False))
    due_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    failures: int = 0  # in a row
    failing_since: datetime | None = Field(default=None, sa_column=Column(UTCDateTime, nullable=True))
    said: str = ""  # the last failure, a word
    taken_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime, nullable=True))
    stopped_at: datetime | None = Field(default=None, sa_column=Column(UTCDateTime, nullable=True))
    created_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    created_by: str
