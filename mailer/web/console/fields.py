"""What a field of a form or of a query string means: a day, a number, a leaf of a long list. Pure; knows no page."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, tzinfo
from typing import Generic, TypeVar

from starlette.exceptions import HTTPException

T = TypeVar("T")
#: Characters that change the direction of what follows (Unicode UAX 9): in a name they only deceive.
_TURNING = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F])
_DIGITS = 9  # of a number of ours: more is none, and no database needs to be asked


class FieldError(Exception):
    """What stands in a field cannot be meant; the message is a Chinese sentence that names the field and the remedy."""


@dataclass(frozen=True, slots=True)
class Leaf(Generic[T]):
    """One page of a long list: ``rows`` of ``found``, number ``number`` (from 1) of ``pages``."""

    rows: Sequence[T]
    found: int
    number: int
    pages: int


def number(text: str) -> int:
    """A row's number out of a path. Raises HTTPException 404."""
    if not (text.isascii() and text.isdigit() and len(text) <= _DIGITS):
        raise HTTPException(404)
    return int(text)


def leaf_number(text: str) -> int:
    """Which page of a list was asked for; anything odd is the first."""
    return max(1, int(text)) if text.isascii() and text.isdigit() and len(text) <= 6 else 1


def leaf_of(rows: Sequence[T], wanted: str, size: int) -> Leaf[T]:
    pages = max(1, -(-len(rows) // size))
    at = min(leaf_number(wanted), pages)
    return Leaf(rows[(at - 1) * size : at * size], len(rows), at, pages)


def day(text: str) -> date | None:
    """A day as browsers send it (2026-11-30); None for an empty field. Raises FieldError."""
    if not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise FieldError(f"日期“{text[:20]}”看不懂，请写成 2026-11-30 这样。") from None


def looked_at(text: str, now: datetime, zone: tzinfo) -> datetime:
    """The moment of a list somebody wants to see: noon of the day named, now where none is. Raises FieldError."""
    wanted = day(text)
    if wanted is None or wanted == now.astimezone(zone).date():
        return now
    return _moment(wanted, 12, zone)


def takes_effect(text: str, now: datetime, zone: tzinfo) -> datetime:
    """When a change begins: at once for today or an empty field, else with the day named. Raises FieldError."""
    wanted, today = day(text), now.astimezone(zone).date()
    if wanted is None or wanted == today:
        return now
    if wanted < today:
        raise FieldError("生效日期已经过去，请填今天或以后的日期；以前的名单不能改写。")
    return _moment(wanted, 0, zone)


def ends_on(text: str, now: datetime, zone: tzinfo) -> datetime | None:
    """The beginning of the day from which something no longer holds. Raises FieldError."""
    wanted = day(text)
    if wanted is None:
        return None
    if wanted <= now.astimezone(zone).date():
        raise FieldError("截止日期要在今天以后。")
    return _moment(wanted, 0, zone)


def line(text: str, name: str, limit: int, *, needed: bool = False) -> str:
    """One line of text without odd blanks; ``name`` is the field's. Raises FieldError."""
    told = " ".join(text.translate(_TURNING).split())
    if needed and not told:
        raise FieldError(f"“{name}”没有填，请填上。")
    if len(told) > limit:
        raise FieldError(f"“{name}”超过 {limit} 个字，请核对是否粘进了别的内容。")
    return told


def _moment(wanted: date, hour: int, zone: tzinfo) -> datetime:
    try:
        return datetime.combine(wanted, time(hour), zone).astimezone(UTC)
    except OverflowError:
        raise FieldError("这个日期太远，请核对年份。") from None
