"""Rows of what recipients read in a browser."""
# no `from __future__ import annotations` here: SQLModel reads the annotations at run time

from typing import ClassVar

from sqlalchemy import Column, ForeignKey, Text
from sqlmodel import Field, SQLModel


class WebCopy(SQLModel, table=True):
    """A mailing's issue as a whole page, rendered together with its mails; none where those carry no links."""

    __tablename__: ClassVar[str] = "web_copy"
    mailing_id: int = Field(
        sa_column=Column(ForeignKey("mailing.id", name="fk_web_copy_mailing"), primary_key=True, autoincrement=False)
    )
    html: str = Field(sa_column=Column(Text, nullable=False))
