"""The recipients' tables. Owns columns, constraints and their names; every query on them is in recipients.directory.

Rows are never deleted by an import: a holding, an address of it and a single membership end by ``valid_to``, so that
the list of any past day can be read again. Half-open: valid_from <= day < valid_to. bulletin_id is a plain number:
the bulletins belong to another room.
"""
# No «from __future__ import annotations» here: SQLModel reads the annotations themselves.

from datetime import UTC, datetime
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    DateTime,
    ForeignKeyConstraint,
    Index,
    Integer,
    PrimaryKeyConstraint,
    String,
    Text,
    TypeDecorator,
    UniqueConstraint,
)
from sqlalchemy.engine import Dialect
from sqlmodel import Field, SQLModel


class UTCDateTime(TypeDecorator[datetime]):
    """Aware datetimes in UTC on every database; SQLite forgets the zone, so it is put back on reading."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy's signature
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:  # noqa: ARG002  # SQLAlchemy's signature
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


def _id() -> Any:
    return Field(default=None, sa_column=Column("id", Integer, autoincrement=True, nullable=False))


def _number(name: str, *, null: bool = False) -> Any:
    return Field(default=None, sa_column=Column(name, Integer, nullable=null))


def _flag(name: str) -> Any:
    return Field(default=False, sa_column=Column(name, Boolean(create_constraint=False), nullable=False))


def _word(name: str, length: int) -> Any:
    return Field(default="", sa_column=Column(name, String(length), nullable=False))


def _text(name: str) -> Any:
    return Field(default="", sa_column=Column(name, Text, nullable=False))


def _time(name: str, *, null: bool = False) -> Any:
    return Field(default=None, sa_column=Column(name, UTCDateTime, nullable=null))


def _reference(table: str, column: str, target: str) -> ForeignKeyConstraint:
    return ForeignKeyConstraint([column], [f"{target}.id"], name=f"fk_{table}_{column}_{target}")


class Unit(SQLModel, table=True):
    """单位. ``position`` is the official order (序列): of the first import, then as the office arranges it.

    ``name`` is the newest; what it was called before is in UnitAlias. ``merged_into``: it ended by becoming part of another.
    """

    __tablename__ = "unit"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_unit"),
        UniqueConstraint("key", name="uq_unit_key"),
        _reference("unit", "merged_into", "unit"),
        _reference("unit", "import_id", "import_run"),
    )

    id: int | None = _id()
    key: str = _word("key", 200)
    name: str = _word("name", 200)
    group: str = Field(default="", sa_column=Column("unit_group", String(60), nullable=False))
    position: int = _number("position")
    valid_from: datetime = _time("valid_from")
    valid_to: datetime | None = _time("valid_to", null=True)
    merged_into: int | None = _number("merged_into", null=True)
    import_id: int | None = _number("import_id", null=True)


class UnitAlias(SQLModel, table=True):
    """Another name of a unit: an abbreviation, or with ``until`` what it was called officially up to that moment."""

    __tablename__ = "unit_alias"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_unit_alias"),
        _reference("unit_alias", "unit_id", "unit"),
        Index("ix_unit_alias_unit_id", "unit_id"),
        Index("ix_unit_alias_key", "key"),
    )

    id: int | None = _id()
    unit_id: int = _number("unit_id")
    key: str = _word("key", 200)
    name: str = _word("name", 200)
    until: datetime | None = _time("until", null=True)


class Post(SQLModel, table=True):
    """岗位: a role in a unit; it outlives its holders. ``role`` as printed."""

    __tablename__ = "post"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_post"),
        UniqueConstraint("unit_id", "role_key", name="uq_post_unit_id_role_key"),
        _reference("post", "unit_id", "unit"),
    )

    id: int | None = _id()
    unit_id: int = _number("unit_id")
    role_key: str = _word("role_key", 120)
    role: str = _word("role", 120)


class Holder(SQLModel, table=True):
    """The person in a post from-to; empty ``name``: the post's own mailbox. What changes about the person begins a new row.

    ``care_of`` (代收人): whose mailbox it is when not their own. ``is_essential`` (必达): somebody must be reached by hand.
    ``import_id`` made the row, ``ended_import_id`` ended it: that is how an import is undone.
    """

    __tablename__ = "holder"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_holder"),
        _reference("holder", "post_id", "post"),
        _reference("holder", "import_id", "import_run"),
        _reference("holder", "ended_import_id", "import_run"),
        Index("ix_holder_post_id", "post_id"),
        Index("ix_holder_ended_import_id", "ended_import_id"),
        Index("ix_holder_valid_to", "valid_to"),
        Index("ix_holder_import_id", "import_id"),
    )

    id: int | None = _id()
    post_id: int = _number("post_id")
    name: str = _word("name", 120)
    title: str = _word("title", 200)
    phone: str = _word("phone", 200)
    note: str = _text("note")
    paper_only: bool = _flag("paper_only")
    care_of: str = _word("care_of", 120)
    is_essential: bool = _flag("is_essential")
    valid_from: datetime = _time("valid_from")
    valid_to: datetime | None = _time("valid_to", null=True)
    import_id: int | None = _number("import_id", null=True)
    ended_import_id: int | None = _number("ended_import_id", null=True)


class RecipientAddress(SQLModel, table=True):
    """An address that may be written to, once in the installation, whoever uses it."""

    __tablename__ = "recipient_address"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_recipient_address"),
        UniqueConstraint("address_key", name="uq_recipient_address_address_key"),
        Index("ix_recipient_address_domain", "domain"),
    )

    id: int | None = _id()
    address: str = _word("address", 320)
    wire: str = _word("wire", 254)
    address_key: str = _word("address_key", 254)
    domain: str = _word("domain", 254)
    created_at: datetime = _time("created_at")


class HolderAddress(SQLModel, table=True):
    """Which addresses a holder has, in which order, from-to. One address may serve several posts."""

    __tablename__ = "holder_address"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_holder_address"),
        _reference("holder_address", "holder_id", "holder"),
        _reference("holder_address", "address_id", "recipient_address"),
        Index("ix_holder_address_holder_id", "holder_id"),
        Index("ix_holder_address_address_id", "address_id"),
    )

    id: int | None = _id()
    holder_id: int = _number("holder_id")
    address_id: int = _number("address_id")
    position: int = _number("position")
    valid_from: datetime = _time("valid_from")
    valid_to: datetime | None = _time("valid_to", null=True)
    ended_import_id: int | None = _number("ended_import_id", null=True)


class DistributionList(SQLModel, table=True):
    """报 送 发 of a bulletin. ``lane`` 1-3 orders them; ``phrase`` is printed on the issue; ``policy`` holds the
    list's own wishes by name (recipients.list_policy).
    """

    __tablename__ = "distribution_list"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_distribution_list"),
        UniqueConstraint("bulletin_id", "code", name="uq_distribution_list_bulletin_id_code"),
        CheckConstraint("lane BETWEEN 1 AND 3", name="ck_distribution_list_lane"),
    )

    id: int | None = _id()
    bulletin_id: int = _number("bulletin_id")
    code: str = _word("code", 20)
    name: str = _word("name", 120)
    is_duty: bool = _flag("is_duty")
    lane: int = _number("lane")
    phrase: str = _text("phrase")
    policy: dict[str, Any] = Field(default_factory=dict, sa_column=Column("policy", JSON, nullable=False))


class ListRule(SQLModel, table=True):
    """Units of a group × roles, added to the list or taken off it (sign plus, minus); empty means any."""

    __tablename__ = "list_rule"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_list_rule"),
        _reference("list_rule", "list_id", "distribution_list"),
        CheckConstraint("sign IN ('plus', 'minus')", name="ck_list_rule_sign"),
        Index("ix_list_rule_list_id", "list_id"),
    )

    id: int | None = _id()
    list_id: int = _number("list_id")
    sign: str = _word("sign", 5)
    unit_group: str = _word("unit_group", 60)
    except_group: str = _word("except_group", 60)
    roles: list[str] = Field(default_factory=list, sa_column=Column("roles", JSON, nullable=False))


class ListMember(SQLModel, table=True):
    """A holder put on a list, or taken off it, singly. ``origin``: import (column 名单) or office."""

    __tablename__ = "list_member"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_list_member"),
        _reference("list_member", "list_id", "distribution_list"),
        _reference("list_member", "holder_id", "holder"),
        CheckConstraint("sign IN ('plus', 'minus')", name="ck_list_member_sign"),
        CheckConstraint("origin IN ('import', 'office')", name="ck_list_member_origin"),
        Index("ix_list_member_list_id", "list_id"),
        Index("ix_list_member_holder_id", "holder_id"),
    )

    id: int | None = _id()
    list_id: int = _number("list_id")
    holder_id: int = _number("holder_id")
    sign: str = _word("sign", 5)
    origin: str = _word("origin", 10)
    created_by: str = _word("created_by", 120)
    valid_from: datetime = _time("valid_from")
    valid_to: datetime | None = _time("valid_to", null=True)
    import_id: int | None = _number("import_id", null=True)
    ended_import_id: int | None = _number("ended_import_id", null=True)


class Suppression(SQLModel, table=True):
    """An address that is not written to. ``scope``: a list code, or empty for all. By address, so that it outlives
    the person's leaving and coming back.
    """

    __tablename__ = "suppression"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_suppression"),
        CheckConstraint("reason IN ('complaint', 'asked', 'office', 'hard_bounce')", name="ck_suppression_reason"),
        Index("ix_suppression_address_key", "address_key"),
    )

    id: int | None = _id()
    address_key: str = _word("address_key", 254)
    scope: str = _word("scope", 20)
    reason: str = _word("reason", 20)
    evidence: str = _text("evidence")
    until: datetime | None = _time("until", null=True)
    created_at: datetime = _time("created_at")
    created_by: str = _word("created_by", 120)
    lifted_at: datetime | None = _time("lifted_at", null=True)
    lifted_by: str = _word("lifted_by", 120)
    lifted_because: str = _text("lifted_because")


class ChangeRequest(SQLModel, table=True):
    """What a recipient wished, or somebody for them, and what became of it. ``value``: the new address or the successor.

    Who hears of the decision by mail: ``tell_to`` still, from ``tell_after`` on (NULL: nobody any more), ``told_to`` have heard.
    """

    __tablename__ = "change_request"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_change_request"),
        CheckConstraint(
            "kind IN ('leave', 'hand_over', 'new_address', 'pause', 'join')", name="ck_change_request_kind"
        ),
        CheckConstraint("state IN ('open', 'granted', 'refused')", name="ck_change_request_state"),
        Index("ix_change_request_state", "state"),
        Index("ix_change_request_address_key", "address_key"),
    )

    id: int | None = _id()
    kind: str = _word("kind", 20)
    address_key: str = _word("address_key", 254)
    scope: str = _word("scope", 20)
    value: str = _text("value")
    name: str = _word("name", 120)
    reason: str = _text("reason")
    until: datetime | None = _time("until", null=True)
    state: str = _word("state", 10)
    created_at: datetime = _time("created_at")
    created_by: str = _word("created_by", 120)
    decided_at: datetime | None = _time("decided_at", null=True)
    decided_by: str = _word("decided_by", 120)
    answer: str = _text("answer")
    tell_to: list[str] = Field(default_factory=list, sa_column=Column("tell_to", JSON, nullable=False))
    told_to: list[str] = Field(default_factory=list, sa_column=Column("told_to", JSON, nullable=False))
    tell_after: datetime | None = _time("tell_after", null=True)
    tries: int = Field(default=0, sa_column=Column("tries", Integer, nullable=False))


class JoinRequest(SQLModel, table=True):
    """Somebody typed an address into the form of a list; until its owner confirms, it is nobody's wish. ``network``: where
    the form was sent from, counted against bombing; ``mail_after``: when the confirmation is due, NULL once it went out.
    """

    __tablename__ = "join_request"
    __table_args__ = (
        PrimaryKeyConstraint("id", name="pk_join_request"),
        Index("ix_join_request_address_key", "address_key", "created_at"),
        Index("ix_join_request_created_at", "created_at"),
        Index("ix_join_request_mail_after", "mail_after"),
    )

    id: int | None = _id()
    list_code: str = _word("list_code", 20)
    address: str = _word("address", 320)
    address_key: str = _word("address_key", 254)
    name: str = _word("name", 120)
    unit: str = _word("unit", 200)
    network: str = _word("network", 64)
    created_at: datetime = _time("created_at")
    mail_after: datetime | None = _time("mail_after", null=True)
    tries: int = Field(default=0, sa_column=Column("tries", Integer, nullable=False))
    confirmed_at: datetime | None = _time("confirmed_at", null=True)


class ImportRun(SQLModel, table=True):
    """One import that was made: of which file, by whom, with which counts. ``units_before``: what it did to units."""

    __tablename__ = "import_run"
    __table_args__ = (PrimaryKeyConstraint("id", name="pk_import_run"),)

    id: int | None = _id()
    source: str = _text("source")
    file_hash: str = _word("file_hash", 64)
    scope: str = _word("scope", 10)
    at: datetime = _time("at")
    created_at: datetime = _time("created_at")
    created_by: str = _word("created_by", 120)
    added: int = _number("added")
    changed: int = _number("changed")
    ended: int = _number("ended")
    unchanged: int = _number("unchanged")
    units_changed: int = _number("units_changed")
    units_before: dict[str, Any] = Field(default_factory=dict, sa_column=Column("units_before", JSON, nullable=False))
    undone_at: datetime | None = _time("undone_at", null=True)
    undone_by: str = _word("undone_by", 120)
