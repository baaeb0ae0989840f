"""Rows of an import that is being prepared: the uploaded files and what a person has said about them so far.

It outlives the browser's session and the process, and ends when it is made, dropped or too old.
"""
# no `from __future__ import annotations` here: SQLModel reads the annotations at run time

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, ForeignKey, Index, LargeBinary, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from mailer.store.metadata import UTCDateTime


class ImportDraft(SQLModel, table=True):
    __tablename__: ClassVar[str] = "import_draft"
    __table_args__ = (UniqueConstraint("token", name="uq_import_draft_token"),)
    id: int | None = Field(default=None, primary_key=True)
    token: str  # names it in the address bar; says nothing
    created_by: str
    created_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    expires_at: datetime = Field(sa_column=Column(UTCDateTime, nullable=False))
    choices: str = Field(default="{}", sa_column=Column(Text, nullable=False))  # JSON


class ImportDraftFile(SQLModel, table=True):
    __tablename__: ClassVar[str] = "import_draft_file"
    __table_args__ = (Index("ix_import_draft_file_draft", "draft_id"),)
    id: int | None = Field(default=None, primary_key=True)
    draft_id: int = Field(
        sa_column=Column(ForeignKey("import_draft.id", name="fk_import_draft_file_draft"), nullable=False)
    )
    name: str
    sha256: str
    size: int  # bytes
    data: bytes = Field(sa_column=Column(LargeBinary, nullable=False))
