"""What the ledger's pages show, worked out of the leaf that was read and the page's own query string. Pure; knows no template.

A filter never touches the sum: numbers and bar are of the whole mailing, the filter only chooses lines of the table.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import urlencode

from mailer.flow.browse_ledger import Duty, Entry, Leaf, Tallies
from mailer.flow.ledger_pace import DomainTrouble
from mailer.flow.read_ledger import Head
from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingStatus
from mailer.store.ledger_reads import Need, Wanted
from mailer.store.queries import Sum

LINES_PER_PAGE = 200
LINES_AT_ONCE = 3_000  # as many as one page may show when somebody wants them all
MISSED_SHOWN = 12
UNITS_SHOWN = 30

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
_NEED_LABELS = {None: "全部", Need.PERSON: "没收到", Need.WAIT: "还在发", Need.NONE: "已发出"}
_DIGITS = 7


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
    """The query string, read. A value that means nothing here chooses nothing out."""

    need: Need | None = None
    list_code: str = ""
    status: DeliveryStatus | None = None
    unit: str = ""
    domain: str = ""
    signed: str = ""  # yes, no or ''
    search: str = ""
    page: int = 1
    at_once: bool = False
    is_live: bool = True

    @property
    def is_reading(self) -> bool:
        """Somebody is going through the lines: without a script the page keeps still, or he would lose his place."""
        return self != Filter(is_live=self.is_live)

    def wanted(self, found: tuple[int, ...] | None) -> Wanted:
        """What the store is asked for. ``found``: the deliveries a search came upon."""
        is_signed = {"yes": True, "no": False}.get(self.signed)
        return Wanted(self.need, self.list_code, self.status, self.unit or None, self.domain, is_signed, found)

    def query(self, **changed: str) -> dict[str, str]:
        """Name -> value of what is chosen, with other choices (``need``, ``list``, ``status`` ...) in their place."""
        now = {
            "need": self.need or "",
            "list": self.list_code,
            "status": self.status or "",
            "unit": self.unit,
            "domain": self.domain,
            "signed": self.signed,
            "q": self.search,
            "all": "yes" if self.at_once else "",
            "live": "" if self.is_live else "no",
        }
        return {name: str(value) for name, value in (now | changed).items() if value}

    def href(self, **changed: str) -> str:
        """The page with other choices; else its first leaf."""
        return "?" + urlencode(self.query(**changed))


def read_filter(query: Mapping[str, str]) -> Filter:
    page = query.get("page", "1")
    need, status, signed = query.get("need", ""), query.get("status", ""), query.get("signed", "")
    return Filter(
        need=Need(need) if need in set(Need) else None,
        list_code=query.get("list", "")[:20],
        status=_S(status) if status in set(_S) else None,
        unit=query.get("unit", "")[:200],
        domain=query.get("domain", "")[:254],
        signed=signed if signed in {"yes", "no"} else "",
        search=query.get("q", "").strip()[:60],
        page=int(page) if page.isascii() and page.isdigit() and len(page) < _DIGITS else 1,
        at_once=query.get("all") == "yes",
        is_live=query.get("live") != "no",
    )


@dataclass(frozen=True, slots=True)
class Now:
    """What moves while it is sent: the same for everybody who looks. ``pace``: sentences, may be empty."""

    head: Head
    state: str
    figures: tuple[Figure, ...]
    whole: Account
    lists: tuple[Account, ...]
    pace: tuple[str, ...]
    troubles: tuple[DomainTrouble, ...]


def now_of(head: Head, state: str, pace: Sequence[str], troubles: Sequence[DomainTrouble]) -> Now:
    """``state``: the words of ``state_words``."""
    total = head.sum
    return Now(
        head,
        state,
        _figures(total),
        account("合计", total.counts),
        tuple(account(code, counts) for code, counts in total.by_list.items()),
        tuple(pace),
        tuple(troubles),
    )


@dataclass(frozen=True, slots=True)
class Missed:
    """谁没收到: ``n`` deliveries, of which some are shown; the units nobody of which was reached."""

    n: int
    entries: tuple[Entry, ...]
    units: tuple[str, ...]
    more_units: int
    waiting: int


def missed_of(tallies: Tallies, entries: Sequence[Entry], silent_units: Sequence[str]) -> Missed:
    return Missed(
        tallies.count(need=Need.PERSON),
        tuple(entries[:MISSED_SHOWN]),
        tuple(silent_units[:UNITS_SHOWN]),
        max(0, len(silent_units) - UNITS_SHOWN),
        tallies.count(need=Need.WAIT),
    )


@dataclass(frozen=True, slots=True)
class Lines:
    """The chosen lines: of ``found`` deliveries those on leaf ``leaf`` (from 1) of ``pages``."""

    filter: Filter
    chips: tuple[tuple[Chip, ...], ...]
    found: int
    entries: Sequence[Entry]
    leaf: int
    pages: int
    may_show_all: bool
    is_signed_for: bool


def lines_of(leaf: Leaf, chosen: Filter, number: int, size: int) -> Lines:
    pages = max(1, -(-leaf.found // size))
    return Lines(
        chosen,
        _chips(leaf, chosen),
        leaf.found,
        leaf.entries,
        number,
        pages,
        pages > 1 and leaf.found <= LINES_AT_ONCE,
        leaf.signed > 0,
    )


@dataclass(frozen=True, slots=True)
class Served:
    """One person a delivery is for, with all the posts it serves."""

    unit: str
    name: str
    posts: str
    phone: str
    care_of: str
    is_essential: bool


def served(duties: Sequence[Duty]) -> list[Served]:
    """The duties of one delivery, the posts of one person together, in their order."""
    together = groupby(duties, key=lambda duty: (duty.unit, duty.name, duty.phone, duty.care_of))
    return [
        _served(unit, name, phone, care_of, list(of_person)) for (unit, name, phone, care_of), of_person in together
    ]


def _served(unit: str, name: str, phone: str, care_of: str, duties: Sequence[Duty]) -> Served:
    posts = "、".join(dict.fromkeys(duty.post for duty in duties if duty.post))
    return Served(unit, name, posts, phone, care_of, any(duty.is_essential for duty in duties))


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


def _chips(leaf: Leaf, chosen: Filter) -> tuple[tuple[Chip, ...], ...]:
    """By need, by list, by status, by signature; each counts what it chooses together with the other kinds."""
    tallies, code = leaf.tallies, chosen.list_code
    # a search, a unit or a domain is another question: a chip leaves it behind, so that its count stays true
    plain = {"unit": "", "domain": "", "q": "", "all": "", "signed": ""}
    is_plain = not (chosen.unit or chosen.domain or chosen.search or chosen.signed)
    needs = [
        Chip(
            label,
            tallies.count(need=need, list_code=code),
            chosen.href(**plain, need=need or "", status=""),
            is_plain and chosen.need is need and chosen.status is None,
        )
        for need, label in _NEED_LABELS.items()
    ]
    by_list = [
        Chip(
            label,
            tallies.count(need=chosen.need, status=chosen.status, list_code=each),
            chosen.href(**plain, list=each),
            is_plain and code == each,
        )
        for each, label in {"": "全部名单", **{each: each for each in tallies.by_list}}.items()
    ]
    by_status = [
        Chip(
            status.label,
            n,
            chosen.href(**plain, status=status, need=""),
            is_plain and chosen.status is status,
            status,
        )
        for status in ORDER
        if (n := tallies.count(status=status, list_code=code))
    ]
    return tuple(needs), tuple(by_list) if len(tallies.by_list) > 1 else (), tuple(by_status), _signed(leaf, chosen)


def _signed(leaf: Leaf, chosen: Filter) -> tuple[Chip, ...]:
    if not leaf.signed:
        return ()
    alone = {"need": "", "status": "", "list": "", "unit": "", "domain": "", "q": "", "all": ""}
    total = leaf.head.sum.total
    return (
        Chip("已签收", leaf.signed, chosen.href(**alone, signed="yes"), chosen.signed == "yes"),
        Chip("未签收", total - leaf.signed, chosen.href(**alone, signed="no"), chosen.signed == "no"),
    )
