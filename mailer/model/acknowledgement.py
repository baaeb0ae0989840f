"""签收: a human pressed the button, wrote it, or the office entered it; never 已阅. Pure words and terms."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class How(StrEnum):
    """By which way it came."""

    PAGE = "page"
    MAIL = "mail"
    HAND = "hand"

    @property
    def label(self) -> str:
        return {How.PAGE: "网页", How.MAIL: "邮件", How.HAND: "人工登记"}[self]


#: How somebody told the office, to be chosen when it is entered by hand.
CHANNELS = ("电话", "当面", "书面", "其他系统")


@dataclass(frozen=True, slots=True)
class Terms:
    """What one list of one mailing asks. Days; 0: no deadline, no reminder."""

    list_code: str
    within_days: int = 0
    reminders: int = 0
    gap_days: int = 1
    short_replies: bool = False

    def due_at(self, released_at: datetime | None) -> datetime | None:
        if released_at is None or not self.within_days:
            return None
        return released_at + timedelta(days=self.within_days)


def may_remind(
    terms: Iterable[Terms], *, released_at: datetime, reminded: int, last_at: datetime | None, now: datetime
) -> str:
    """'' where one more 催办 is allowed now, else why not, as a sentence. The strictest list decides for all."""
    asked = tuple(terms)
    if not asked:
        return "这一批没有要求签收。"
    most, gap = min(each.reminders for each in asked), max(each.gap_days for each in asked)
    if reminded >= most:
        return (
            f"名单规定最多催办 {most} 次，已经催过 {reminded} 次。请打电话。" if most else "名单规定不催办。请打电话。"
        )
    since = last_at or released_at
    if now < since + timedelta(days=gap):
        what = "上次催办" if last_at else "发出"
        return f"名单规定{what}满 {gap} 天才能催办，现在还早。"
    return ""
