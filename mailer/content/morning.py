"""The morning sheet (晨报): who was not reached, by unit and person, why, whom to call, what to do, as of when.

Owns the value and its page. Reads no ledger: the counts and causes come from the caller, and must add up.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from datetime import datetime
from itertools import islice

from mailer.content.characters import cut, one_line
from mailer.content.facts import NoticeFacts
from mailer.content.notice import NoticePage, Tone, moment, notice_page
from mailer.content.page import tel_href

_PEOPLE_SHOWN = 120  # some 45 KB of HTML; the rest is counted and stands in the ledger
_UNITS_NAMED = 40
_AWAY_SHOWN = 20
_WORDS = 120  # characters of a cause or a remedy
_SENTENCE = 400  # characters of what has changed: it names people


@dataclass(frozen=True, slots=True)
class NotReached:
    """One duty that was not served. ``cause`` and ``remedy`` are sentences for the clerk; ``phone`` as in the roster;
    ``address``: where the copy went, for the caller to read out.
    ``key`` tells the same duty in another sheet, and is not printed; ``is_new``: the last sheet did not name it.
    """

    unit: str
    post: str
    name: str
    phone: str
    cause: str
    remedy: str
    address: str = ""
    key: str = ""
    is_new: bool = False


@dataclass(frozen=True, slots=True)
class MorningSheet:
    """How a mailing stands ``as_of``. ``counts`` are (label, deliveries) in the order printed and add up to
    ``recipients``; ``posts`` is how many duties these cover. ``silent_units``: units in which nobody was reached.
    ``still_trying`` is a sentence about what is not over yet, '' if all is; ``since_last`` one about what has changed
    since the last sheet. ``away``: who answered automatically, with the day of return where it was written.
    ``unassigned``: returns that came since the release and wait for a person to say whose they are.
    """

    issue: str
    released_at: datetime
    as_of: datetime
    counts: tuple[tuple[str, int], ...]
    recipients: int
    posts: int
    not_reached: tuple[NotReached, ...] = ()
    silent_units: tuple[str, ...] = ()
    still_trying: str = ""
    since_last: str = ""
    away: tuple[str, ...] = ()
    unassigned: int = 0

    def __post_init__(self) -> None:
        if sum(number for _, number in self.counts) != self.recipients:
            raise ValueError("the counts of a morning sheet must add up to its recipients")


@dataclass(frozen=True, slots=True)
class Person:
    """``who`` is name and post, or the post alone; ``href`` dials ``phone``."""

    who: str
    phone: str
    href: str
    address: str
    cause: str
    remedy: str
    is_new: bool


@dataclass(frozen=True, slots=True)
class UnitRow:
    unit: str
    people: tuple[Person, ...]


@dataclass(frozen=True, slots=True)
class Count:
    label: str
    number: int


@dataclass(frozen=True, slots=True)
class MorningPage(NoticePage):
    """A notice with the sum, the people by unit (in the order of the caller) and how many more there are."""

    counts: tuple[Count, ...]
    recipients: int
    posts: int
    units: tuple[UnitRow, ...]
    more: int
    silent_units: str
    still_trying: str
    since_last: str
    away: tuple[str, ...]
    away_more: int
    unassigned: int


def morning_page(sheet: MorningSheet, facts: NoticeFacts) -> MorningPage:
    missing = len(sheet.not_reached)
    issue = one_line(sheet.issue)
    words: tuple[str, ...]
    # the number first: a long name of a bulletin may be cut off behind it
    if missing:
        heading, words, tone = f"{missing} 个岗位没收到：{issue}", (), Tone.ATTENTION
    elif sheet.still_trying.strip():
        heading, words, tone = f"还没发完：{issue}", ("到截止时间为止，没有要打的电话、要补送的纸质件。",), Tone.CALM
    else:
        heading, tone = f"没有要补送的：{issue}", Tone.SETTLED
        words = ("这一批已经发完。到截止时间为止，没有要打的电话、要补送的纸质件。",)
    base = notice_page(
        facts,
        mark="晨报",
        tone=tone,
        heading=heading,
        words=words,
        details=(("发出", moment(sheet.released_at, facts)), ("截至", moment(sheet.as_of, facts))),
        steps=(),
        because=f"您收到本邮件，是因为您的邮箱列在“{facts.bulletin}”的晨报接收人中。",
    )
    return MorningPage(
        **{field.name: getattr(base, field.name) for field in fields(base)},
        counts=tuple(Count(one_line(label), number) for label, number in sheet.counts if number),
        recipients=sheet.recipients,
        posts=sheet.posts,
        units=_by_unit(sheet.not_reached[:_PEOPLE_SHOWN]),
        more=max(missing - _PEOPLE_SHOWN, 0),
        silent_units=_named(sheet.silent_units),
        still_trying=cut(one_line(sheet.still_trying), _WORDS),
        since_last=cut(one_line(sheet.since_last), _SENTENCE),
        away=tuple(cut(one_line(each), _WORDS) for each in sheet.away[:_AWAY_SHOWN]),
        away_more=max(len(sheet.away) - _AWAY_SHOWN, 0),
        unassigned=sheet.unassigned,
    )


def _by_unit(people: tuple[NotReached, ...]) -> tuple[UnitRow, ...]:
    units: dict[str, list[Person]] = {}
    for each in people:
        units.setdefault(one_line(each.unit) or "未写单位", []).append(_person(each))
    return tuple(UnitRow(unit, tuple(people)) for unit, people in units.items())


def _person(each: NotReached) -> Person:
    name, post, phone = one_line(each.name), one_line(each.post), one_line(each.phone)
    return Person(
        who=f"{name}（{post}）" if name and post else name or post or "未写姓名",
        phone=phone,
        href=tel_href(phone),
        address=cut(one_line(each.address), _WORDS),
        cause=cut(one_line(each.cause), _WORDS),
        remedy=cut(one_line(each.remedy), _WORDS),
        is_new=each.is_new,
    )


def _named(units: tuple[str, ...]) -> str:
    names = "、".join(map(one_line, islice(units, _UNITS_NAMED)))
    return f"{names}等 {len(units)} 个单位" if len(units) > _UNITS_NAMED else names
