"""The row of how a bulletin's mail looks, where its office set anything."""
# no `from __future__ import annotations` here: SQLModel reads the annotations at run time

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, ForeignKey, LargeBinary, Text
from sqlmodel import Field, SQLModel

from mailer.store.metadata import UTCDateTime


class BulletinLook(SQLModel, table=True):
    """What content.look.Look holds, and the name the mail is sent in; a bulletin without a row looks plain."""

    __tablename__: ClassVar[str] = "bulletin_look"
    bulletin_id: int = Field(
        sa_column=Column(
            ForeignKey("bulletin.id", name="fk_bulletin_look_bulletin"), primary_key=True, autoincrement=False
        )
    )
    office: str = ""  # the name in From; empty: as configured or printed
    accent: str
    footer: str = Field(default="", sa_column=Column(Text, nullable=False))  # a line each
    logo: bytes | None = Field(default=None, sa_column=Column(LargeBinary))
    logo_width: int = 0  # CSS pixels as shown
    logo_height: int = 0
    logo_alt: str = ""
    set_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    set_by: str
