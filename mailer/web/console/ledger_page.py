"""What the ledger page shows, worked out of one Ledger and the page's own query string. Pure; knows no template.

A filter never touches the sum: numbers and bar are of the whole mailing, the filter only chooses lines of the table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

from mailer.flow.read_ledger import Ledger, Line
from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingStatus
from mailer.store.queries import Sum

LINES_PER_PAGE = 200
NOT_REACHED_SHOWN = 40
_LARGE = 5_000  # lines; a ledger as large as that is read more rarely

_S = DeliveryStatus
#: The order of sum, bar and chips: from what is done over what moves to what a person must see to.
ORDER: tuple[DeliveryStatus, ...] = (
    _S.ACCEPTED,
    _S.DELIVERED,
    _S.ATTEMPTING,
    _S.QUEUED,
    _S.PLANNED,
    _S.DEFERRED,
    _S.IN_DOUBT,
    _S.BOUNCED,
    _S.EXPIRED,
    _S.WITHHELD,
    _S.CANCELLED,
)


@dataclass(frozen=True, slots=True)
class Part:
    """One summand: so many deliveries in one status. ``start`` and ``share``: its piece of the bar, in per cent."""

    status: DeliveryStatus
    n: int
    start: float
    share: float


@dataclass(frozen=True, slots=True)
class Account:
    """A sum written out: ``total`` deliveries are these parts, and nothing else."""

    name: str
    total: int
    parts: tuple[Part, ...]


@dataclass(frozen=True, slots=True)
class Figure:
    """A number the eye should land on. Together the figures are the sum again."""

    label: str
    n: int
    colour: str  # class of the stylesheet


@dataclass(frozen=True, slots=True)
class Chip:
    label: str
    n: int
    href: str
    is_current: bool
    status: DeliveryStatus | None = None


@dataclass(frozen=True, slots=True)
class Filter:
    """The query string, read. A value that means nothing here simply finds no line."""

    need: str = ""
    list_code: str = ""
    status: str = ""
    page: int = 1
    is_live: bool = True

    @property
    def is_reading(self) -> bool:
        """Somebody is going through the lines: the page keeps still, or he would lose his place."""
        return bool(self.need or self.list_code or self.status) or self.page > 1

    def href(self, **changed: str) -> str:
        """The page with other choices (``need``, ``list``, ``status``, ``live``, ``page``); else its first leaf."""
        now = {"need": self.need, "list": self.list_code, "status": self.status, "live": "" if self.is_live else "no"}
        wanted = {name: value for name, value in (now | changed).items() if value}
        return "?" + urlencode(wanted)


@dataclass(frozen=True, slots=True)
class LedgerPage:
    """Everything the template prints. ``refresh_after``: seconds; None when the page keeps still.

    ``lines``: of ``found`` lines those on leaf ``leaf`` (from 1) of ``pages``.
    """

    ledger: Ledger
    state: str
    figures: tuple[Figure, ...]
    whole: Account
    lists: tuple[Account, ...]
    not_reached: Sequence[Line]
    not_reached_more: int
    silent_units: tuple[str, ...]
    chips: tuple[tuple[Chip, ...], ...]
    filter: Filter
    found: int
    lines: Sequence[Line]
    leaf: int
    pages: int
    refresh_after: int | None


_NEEDS: dict[str, tuple[str, Callable[[Line], bool]]] = {
    "all": ("全部", lambda _: True),
    "person": ("没收到", lambda line: line.needs_person and not line.is_reached),
    "wait": ("还在发", lambda line: not line.needs_person and not line.is_reached),
    "none": ("已发出", lambda line: line.is_reached),
}


def read_filter(query: Mapping[str, str]) -> Filter:
    page = query.get("page", "1")
    return Filter(
        need=query.get("need", ""),
        list_code=query.get("list", ""),
        status=query.get("status", ""),
        page=int(page) if page.isascii() and page.isdigit() and 0 < len(page) < 7 else 1,
        is_live=query.get("live") != "no",
    )


def ledger_page(ledger: Ledger, chosen: Filter, state: str) -> LedgerPage:
    """The page of one snapshot as ``chosen``; ``state``: the words of ``state_words``."""
    found = [line for line in ledger.lines if _in_list(line, chosen) and _in_state(line, chosen)]
    pages = max(1, -(-len(found) // LINES_PER_PAGE))
    leaf = min(max(chosen.page, 1), pages)
    before = (leaf - 1) * LINES_PER_PAGE
    total = ledger.sum
    not_reached = ledger.not_reached
    return LedgerPage(
        ledger=ledger,
        state=state,
        figures=_figures(total),
        whole=account("合计", total.counts),
        lists=tuple(account(code, counts) for code, counts in total.by_list.items()),
        not_reached=not_reached[:NOT_REACHED_SHOWN],
        not_reached_more=max(0, len(not_reached) - NOT_REACHED_SHOWN),
        silent_units=ledger.units_without_anybody,
        chips=_chips(ledger.lines, chosen, tuple(total.by_list)),
        filter=chosen,
        found=len(found),
        lines=found[before : before + LINES_PER_PAGE],
        leaf=leaf,
        pages=pages,
        refresh_after=_refresh_after(ledger) if chosen.is_live and not chosen.is_reading else None,
    )


def account(name: str, counts: Mapping[DeliveryStatus, int]) -> Account:
    """The counts as a sum, summands that are nothing left out."""
    total = sum(counts.values())
    parts: list[Part] = []
    before = 0
    for status in ORDER:
        if n := counts.get(status, 0):
            parts.append(Part(status, n, round(100 * before / total, 3), round(100 * n / total, 3)))
            before += n
    return Account(name, total, tuple(parts))


def state_words(status: MailingStatus, total: Sum, parked: int, until: str) -> str:
    """Where a mailing stands: its status, or, when only retries are left, ``until`` when they go on.

    ``parked``: rows that wait for a person.
    """
    deferred = total.counts[_S.DEFERRED]
    if status is not MailingStatus.SENDING or not deferred or total.open != deferred:
        return status.label
    parts = []
    if waiting := deferred - parked:
        parts.append(f"{waiting} 封仍在重试（至 {until}）")
    if parked:
        parts.append(f"{parked} 封等人处理")
    return "已发完，" + "，".join(parts)


def _figures(total: Sum) -> tuple[Figure, ...]:
    counts = total.counts
    always = (
        Figure("已发出", counts[_S.ACCEPTED] + counts[_S.DELIVERED], "good"),
        Figure("还在发", total.open, "waiting"),
        Figure(_S.BOUNCED.label, counts[_S.BOUNCED], "bad"),
        Figure(_S.IN_DOUBT.label, counts[_S.IN_DOUBT], "doubt"),
        Figure(_S.WITHHELD.label, counts[_S.WITHHELD], "quiet"),
    )
    rare = (
        Figure(_S.EXPIRED.label, counts[_S.EXPIRED], "bad"),
        Figure(_S.CANCELLED.label, counts[_S.CANCELLED], "quiet"),
    )
    return always + tuple(figure for figure in rare if figure.n)


def _in_list(line: Line, chosen: Filter) -> bool:
    return not chosen.list_code or line.list_code == chosen.list_code


def _in_state(line: Line, chosen: Filter) -> bool:
    if chosen.status and line.status != chosen.status:
        return False
    if not chosen.need:
        return True
    return chosen.need in _NEEDS and _NEEDS[chosen.need][1](line)


def _chips(lines: Iterable[Line], chosen: Filter, codes: Sequence[str]) -> tuple[tuple[Chip, ...], ...]:
    """By need, by list, by status; each counts what choosing it would show, so need and status put each other out."""
    listed = [line for line in lines if _in_list(line, chosen)]
    in_state = [line for line in lines if _in_state(line, chosen)]
    need_now = chosen.need or ("" if chosen.status else "all")
    needs = [
        Chip(label, sum(map(is_one, listed)), chosen.href(need=need, status=""), need_now == need)
        for need, (label, is_one) in _NEEDS.items()
    ]
    by_list = [Chip("全部名单", len(in_state), chosen.href(list="", need=need_now), not chosen.list_code)]
    by_list += [
        Chip(code, sum(line.list_code == code for line in in_state), chosen.href(list=code), chosen.list_code == code)
        for code in codes
    ]
    by_status = [
        Chip(status.label, n, chosen.href(status=str(status), need=""), chosen.status == status, status)
        for status in ORDER
        if (n := sum(line.status is status for line in listed))
    ]
    return tuple(needs), tuple(by_list) if len(codes) > 1 else (), tuple(by_status)


def _refresh_after(ledger: Ledger) -> int | None:
    if not ledger.sum.open and ledger.status is not MailingStatus.DRAFT:
        return None
    counts = ledger.sum.counts
    moves = ledger.status is MailingStatus.SENDING and counts[_S.QUEUED] + counts[_S.ATTEMPTING] > 0
    return 5 if moves and len(ledger.lines) < _LARGE else 30
