"""Rows of the people who work with the service: accounts, their roles and second factor, their sessions and failed logins.

No secret stands here in a form that opens anything: passwords as argon2id hashes, session ids, recovery codes and sources
as digests, of the second factor only the salt it is derived from.
"""
# no `from __future__ import annotations` here: SQLModel reads the annotations at run time

from datetime import datetime
from typing import ClassVar

from sqlalchemy import Column, ForeignKey, Index, Text, UniqueConstraint
from sqlmodel import Field, SQLModel

from mailer.store.metadata import BigId, UTCDateTime


def _moment(*, nullable: bool = True) -> Column[datetime]:
    return Column(UTCDateTime, nullable=nullable)


class AccountRow(SQLModel, table=True):
    """One person's way in. ``totp_salt`` without ``totp_since``: the second factor was offered and not yet proved."""

    __tablename__: ClassVar[str] = "account"
    __table_args__ = (UniqueConstraint("name_key", name="uq_account_name"),)
    id: int | None = Field(default=None, primary_key=True)
    name: str
    name_key: str  # for comparison: case folded, compatible forms made one
    password_hash: str
    password_given: bool  # set by somebody else: the person is asked to choose one
    password_at: datetime = Field(sa_column=_moment(nullable=False))
    totp_salt: str | None = None
    totp_since: datetime | None = Field(default=None, sa_column=_moment())
    totp_step: int = Field(default=0, sa_column=Column(BigId, nullable=False))  # the last one used: none serves twice
    created_at: datetime = Field(sa_column=_moment(nullable=False))
    disabled_at: datetime | None = Field(default=None, sa_column=_moment())


class AccountRole(SQLModel, table=True):
    __tablename__: ClassVar[str] = "account_role"
    account_id: int = Field(
        sa_column=Column(ForeignKey("account.id", name="fk_account_role_account"), primary_key=True)
    )
    role: str = Field(primary_key=True)


class RecoveryCode(SQLModel, table=True):
    """Instead of the second factor, once. The row is gone when it was used."""

    __tablename__: ClassVar[str] = "recovery_code"
    account_id: int = Field(
        sa_column=Column(ForeignKey("account.id", name="fk_recovery_code_account"), primary_key=True)
    )
    digest: str = Field(primary_key=True)


class ConsoleSession(SQLModel, table=True):
    """One browser that came in; ended by deletion. ``account_id`` None: by the link that ``mailer serve`` printed."""

    __tablename__: ClassVar[str] = "console_session"
    __table_args__ = (Index("ix_console_session_account", "account_id"),)
    digest: str = Field(primary_key=True)  # of the id in the cookie
    account_id: int | None = Field(
        default=None, sa_column=Column(ForeignKey("account.id", name="fk_console_session_account"), nullable=True)
    )
    actor: str
    csrf: str
    source: str
    began_at: datetime = Field(sa_column=_moment(nullable=False))
    seen_at: datetime = Field(sa_column=_moment(nullable=False))
    sure_at: datetime | None = Field(default=None, sa_column=_moment())  # when the password was last given
    wants_code: bool  # the password was right, the second factor is still asked for: no right yet
    said: str = Field(default="", sa_column=Column(Text, nullable=False))  # shown once on the next page


class ConsoleView(SQLModel, table=True):
    """Whose personal data a session was shown: audited once each."""

    __tablename__: ClassVar[str] = "console_view"
    digest: str = Field(primary_key=True)
    subject: str = Field(primary_key=True)


class LoginFailure(SQLModel, table=True):
    """A login that failed, or one that is being checked; counted within a window, then dropped."""

    __tablename__: ClassVar[str] = "login_failure"
    __table_args__ = (Index("ix_login_failure_bucket", "bucket", "at"),)
    id: int | None = Field(default=None, sa_column=Column(BigId, primary_key=True))
    bucket: str  # digest of what is counted: account and browser, or source
    at: datetime = Field(sa_column=_moment(nullable=False))
