"""The sheets that are read after the sending: an issue by list and unit, a period by issue, a period by mail domain.

Every sum is the ledger's own (``queries.Sum``); nothing here adds up people, and no unit is ranked.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo

from sqlmodel import Session

from mailer.flow.browse_ledger import Entry, read_entries, read_head
from mailer.flow.read_ledger import Head, meaning
from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.model.period import Period
from mailer.store import ledger_reads, report_reads
from mailer.store.ledger_reads import REACHED, Need, Wanted
from mailer.store.queries import Sum
from mailer.store.report_reads import Span

_S = DeliveryStatus
_MISSED = 2_000  # entries of an issue sheet; who stands beyond is in the exported ledger


@dataclass(frozen=True, slots=True)
class UnitLine:
    """One unit on one list: of ``posts`` duties so many reached, missed for good (``missing``), signed for."""

    list_code: str
    unit: str
    posts: int
    reached: int
    missing: int
    signed: int

    @property
    def waiting(self) -> int:
        return self.posts - self.reached - self.missing


@dataclass(frozen=True, slots=True)
class IssueSheet:
    """``missed``: who did not get it and will not by itself, with ``more`` beyond those."""

    head: Head
    units: tuple[UnitLine, ...]
    silent_units: tuple[str, ...]
    missed: tuple[Entry, ...]
    more: int


@dataclass(frozen=True, slots=True)
class MailingLine:
    mailing_id: int
    issue_id: int
    title: str
    number: int
    kind: MailingKind
    status: MailingStatus
    released_at: datetime
    sum: Sum


@dataclass(frozen=True, slots=True)
class PeriodSheet:
    """``lines`` in the order of release; ``sum`` is theirs, list by list."""

    period: Period
    as_of: datetime
    rehearsals: bool
    lines: tuple[MailingLine, ...]
    sum: Sum

    @property
    def issues(self) -> int:
        return len({line.issue_id for line in self.lines})


@dataclass(frozen=True, slots=True)
class DomainLine:
    """``causes``: what was said most often about what did not arrive, in words, with how often."""

    domain: str
    counts: Mapping[DeliveryStatus, int]
    causes: tuple[tuple[str, int], ...]

    @property
    def total(self) -> int:
        return sum(self.counts.values())

    @property
    def reached(self) -> int:
        return reached(self.counts)

    @property
    def tried(self) -> int:
        """What was settled one way or the other: neither open, nor kept back by ourselves."""
        return sum(n for status, n in self.counts.items() if status in _TRIED)


@dataclass(frozen=True, slots=True)
class DomainSheet:
    """The domains with the most mail first; ``without``: deliveries that never had an address."""

    period: Period
    as_of: datetime
    rehearsals: bool
    lines: tuple[DomainLine, ...]
    without: int


_TRIED = frozenset({_S.ACCEPTED, _S.DELIVERED, _S.BOUNCED, _S.EXPIRED, _S.IN_DOUBT})
_CAUSES = 2


def reached(counts: Mapping[DeliveryStatus, int]) -> int:
    """已发出: handed over, or known to have arrived."""
    return sum(counts.get(status, 0) for status in REACHED)


def read_issue_sheet(session: Session, mailing_id: int, as_of: datetime) -> IssueSheet:
    """One snapshot. Raises NoResultFound."""
    head, tallies = read_head(session, mailing_id, as_of)
    missed = read_entries(session, mailing_id, Wanted(Need.PERSON), start=0, limit=_MISSED)
    return IssueSheet(
        head,
        tuple(UnitLine(*row) for row in report_reads.units_by_list(session, mailing_id)),
        tuple(ledger_reads.silent_units(session, mailing_id)),
        missed,
        tallies.count(need=Need.PERSON) - len(missed),
    )


def read_period(session: Session, period: Period, zone: tzinfo, as_of: datetime, *, rehearsals: bool) -> PeriodSheet:
    """What was released in the period, as it stands now. ``rehearsals``: those instead of the real ones."""
    span = Span(*period.bounds(zone), rehearsals)
    by_mailing: dict[int, dict[str, dict[DeliveryStatus, int]]] = {}
    for row in report_reads.tallies_of(session, span):
        of_list = by_mailing.setdefault(row.mailing_id, {}).setdefault(row.list_code, dict.fromkeys(_S, 0))
        of_list[_S(row.status)] = row.n
    duties = report_reads.duties_of(session, span)
    lines = tuple(
        MailingLine(
            row.id,
            row.issue_id,
            row.title,
            row.number,
            MailingKind(row.kind),
            MailingStatus(row.status),
            row.released_at,
            Sum(
                {code: by_mailing[row.id][code] for code in row.lists.split(",") if code in by_mailing.get(row.id, {})},
                row.recipients or 0,
                duties.get(row.id, 0),
            ),
        )
        for row in report_reads.mailings_of(session, span)
    )
    return PeriodSheet(period, as_of, rehearsals, lines, _together([line.sum for line in lines]))


def read_domains(session: Session, period: Period, zone: tzinfo, as_of: datetime, *, rehearsals: bool) -> DomainSheet:
    """Goes through every delivery of the period: a second or two for some hundred thousand of them."""
    span = Span(*period.bounds(zone), rehearsals)
    counts: dict[str, dict[DeliveryStatus, int]] = {}
    causes: dict[str, Counter[str]] = {}
    for row in report_reads.domains_of(session, span):
        status = _S(row.status)
        of_domain = counts.setdefault(row.domain, dict.fromkeys(_S, 0))
        of_domain[status] += row.n
        if row.reason and status not in REACHED:
            cause, _ = meaning(row.reason, row.fault)
            causes.setdefault(row.domain, Counter())[cause or row.reason] += row.n
    lines = [
        DomainLine(domain, found, tuple(causes.get(domain, Counter()).most_common(_CAUSES)))
        for domain, found in counts.items()
    ]
    all_together = sum(row.n for row in report_reads.tallies_of(session, span))
    without = all_together - sum(line.total for line in lines)
    return DomainSheet(
        period, as_of, rehearsals, tuple(sorted(lines, key=lambda line: (-line.total, line.domain))), without
    )


def has_mailings(session: Session, period: Period, zone: tzinfo, *, rehearsals: bool) -> bool:
    return report_reads.has_any(session, Span(*period.bounds(zone), rehearsals))


def _together(sums: list[Sum]) -> Sum:
    by_list: dict[str, dict[DeliveryStatus, int]] = {}
    for each in sums:
        for code, counts in each.by_list.items():
            of_list = by_list.setdefault(code, dict.fromkeys(_S, 0))
            for status, n in counts.items():
                of_list[status] += n
    return Sum(by_list, sum(each.recipients for each in sums), sum(each.duties for each in sums))
