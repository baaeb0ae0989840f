"""Who gets an issue, address by address: who it is, why, where to, who gets nothing and why; copies and posts. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any, Final
from urllib.parse import urlencode

from mailer.model.delivery import DeliveryStatus
from recipients.audience import Audience, Withheld

LINES_PER_PAGE: Final = 200


@dataclass(frozen=True, slots=True)
class AudienceLine:
    """One duty. ``withheld``: why it gets no mail, in Chinese; ``shares``: it is served by the copy of a line above."""

    list_code: str
    unit: str
    post: str
    name: str
    address: str
    why: str
    withheld: str
    shares: bool


@dataclass(frozen=True, slots=True)
class ListCount:
    """``copies`` mails leave for ``posts`` duties of the list; ``withheld`` duties get none."""

    code: str
    copies: int
    posts: int
    withheld: int


@dataclass(frozen=True, slots=True)
class AudienceSum:
    lists: tuple[ListCount, ...]

    @property
    def copies(self) -> int:
        return sum(each.copies for each in self.lists)

    @property
    def posts(self) -> int:
        return sum(each.posts for each in self.lists)

    @property
    def withheld(self) -> int:
        return sum(each.withheld for each in self.lists)


@dataclass(frozen=True, slots=True)
class Choice:
    """One way to narrow the lines; ``n`` is what choosing it shows."""

    label: str
    n: int
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class AudiencePage:
    sum: AudienceSum
    choices: tuple[Choice, ...]
    query: str
    found: int
    lines: Sequence[AudienceLine]
    leaf: int
    pages: int
    before: str  # the query string of the leaf before, '' for none
    after: str


def of_audience(audience: Audience) -> list[AudienceLine]:
    """The lists as they are now."""
    found = []
    for recipient in audience.recipients():
        for number, entry in enumerate(recipient.entries):
            withheld = entry.withheld
            found.append(
                AudienceLine(
                    entry.list_code,
                    entry.unit,
                    entry.role,
                    entry.name,
                    entry.address.ascii if entry.address else "",
                    entry.why,
                    _withheld(str(withheld), entry.note) if withheld else "",
                    shares=number > 0 and withheld is None and recipient.withheld is None,
                )
            )
    return found


def of_frozen(duties: Sequence[Any], today: Audience) -> list[AudienceLine]:
    """A mailing's frozen rows (as ``sign_off.frozen_duties`` gives them); why somebody is on a list is told as of today."""
    why: Mapping[tuple[str, int], str] = {
        (entry.list_code, entry.holder_id): entry.why for entry in today.entries if entry.holder_id is not None
    }
    # by delivery, in the order of the first duty of each
    order = {row.delivery_id: number for number, row in reversed(list(enumerate(duties)))}
    found = []
    for _, group in groupby(sorted(duties, key=lambda row: order[row.delivery_id]), key=lambda row: row.delivery_id):
        for number, row in enumerate(group):
            held = row.status in {DeliveryStatus.WITHHELD, DeliveryStatus.CANCELLED}
            found.append(
                AudienceLine(
                    row.list_code,
                    row.unit,
                    row.post,
                    row.holder,
                    row.address,
                    why.get((row.list_code, row.holder_id), ""),
                    _withheld(row.reason, "") if held else "",
                    shares=number > 0 and not held,
                )
            )
    return found


def _withheld(reason: str, note: str) -> str:
    if reason == "off_list":
        return "核签之后移出了名单"
    try:
        words = Withheld(reason).chinese
    except ValueError:
        words = "已取消"
    return f"{words}（{note}）" if note else words


def count(lines: Iterable[AudienceLine]) -> AudienceSum:
    """By list, in the order in which the lists come."""
    counts: dict[str, list[int]] = {}
    for line in lines:
        of_list = counts.setdefault(line.list_code, [0, 0, 0])
        of_list[0] += not line.shares and not line.withheld
        of_list[1] += not line.withheld
        of_list[2] += bool(line.withheld)
    return AudienceSum(tuple(ListCount(code, *numbers) for code, numbers in counts.items()))


def audience_page(lines: Sequence[AudienceLine], query: Mapping[str, str]) -> AudiencePage:
    """``query``: list, only (``withheld``), q (part of a name, unit, post or address), page; mailing is passed on."""
    total = count(lines)
    mailing = query.get("mailing", "")[:9]
    wanted, only = query.get("list", ""), query.get("only", "")
    text = query.get("q", "").strip()[:80]
    kept = [line for line in lines if _matches(line, text)]
    tests: dict[tuple[str, str], tuple[str, Callable[[AudienceLine], bool]]] = {
        ("", ""): ("全部", lambda _: True),
        **{("", each.code): (each.code, _on(each.code)) for each in total.lists},
        ("withheld", ""): ("不发的", lambda line: bool(line.withheld)),
    }
    chosen = (only, wanted) if (only, wanted) in tests else ("", "")
    choices = tuple(
        Choice(
            label, sum(map(test, kept)), _href(mailing=mailing, list=code, only=what, q=text), (what, code) == chosen
        )
        for (what, code), (label, test) in tests.items()
    )
    found = [line for line in kept if tests[chosen][1](line)]
    pages = max(1, -(-len(found) // LINES_PER_PAGE))
    page = query.get("page", "1")
    leaf = min(max(int(page), 1), pages) if page.isascii() and page.isdigit() and len(page) < 7 else 1
    here = {"mailing": mailing, "list": chosen[1], "only": chosen[0], "q": text}
    start = (leaf - 1) * LINES_PER_PAGE
    return AudiencePage(
        sum=total,
        choices=choices,
        query=text,
        found=len(found),
        lines=found[start : start + LINES_PER_PAGE],
        leaf=leaf,
        pages=pages,
        before=_href(**here, page=str(leaf - 1)) if leaf > 1 else "",
        after=_href(**here, page=str(leaf + 1)) if leaf < pages else "",
    )


def _on(code: str) -> Callable[[AudienceLine], bool]:
    return lambda line: line.list_code == code


def _matches(line: AudienceLine, text: str) -> bool:
    return not text or any(
        text.casefold() in part.casefold() for part in (line.unit, line.post, line.name, line.address)
    )


def _href(**values: str) -> str:
    return "?" + urlencode({name: value for name, value in values.items() if value})
