"""The service as Prometheus sees it (text exposition format 0.0.4): one snapshot of the database, no counter of this process.

Every label has few values: statuses, lists, kinds and reasons are closed sets, domains are the largest few and «other».
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4, generate_latest
from sqlmodel import Session

from mailer.feedback.reasons import REASONS
from mailer.flow import intake_trouble, relay_trouble
from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingStatus
from mailer.model.verdict import Owner
from mailer.store import home_reads, metric_reads, writes

MEDIA_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
DOMAINS: Final = 20  # named by themselves; the rest is «other»
OTHER: Final = "other"
_SEEN_WITHIN = timedelta(minutes=2)  # a process shows itself every few seconds
_REMEMBERED_FOR = timedelta(days=2)  # a process silent for longer is of the past
_QUANTILES = (0.5, 0.95, 1.0)


class Snapshot:
    """Collects every family from one session; what ``generate_latest`` takes for a registry."""

    def __init__(self, session: Session, now: datetime, *, version: str, schema: str) -> None:
        self._session, self._now, self._version, self._schema = session, now, version, schema

    def text(self) -> bytes:
        return generate_latest(self)  # collect() is all that it asks of a registry

    def collect(self) -> Iterator[Metric]:
        yield _one("mailer_info", "Version of program and schema.", 1, version=self._version, schema=self._schema)
        yield from self._deliveries()
        yield from self._queue()
        yield from self._attempts()
        yield from self._processes()
        yield from self._returns()
        yield from self._people()

    # --- mail -------------------------------------------------------------------------------------------------------

    def _deliveries(self) -> Iterator[Metric]:
        session, now = self._session, self._now
        by_list = _family("mailer_deliveries", "Deliveries of all mailings but rehearsals.", "list", "status")
        for row in metric_reads.deliveries_by_list(session):
            by_list.add_metric((row.list_code, row.status), float(row.n))
        yield by_list
        rows = metric_reads.deliveries_by_domain(session, now)
        yield from _domains(rows)
        attempts, tried = sum(row.attempts for row in rows), sum(row.tried for row in rows)
        yield _one("mailer_recent_attempts", "Attempts on deliveries of recent mailings.", attempts)
        yield _one("mailer_recent_retries", "Attempts on them after the first.", attempts - tried)
        yield _troubles(metric_reads.troubles(session, now))
        found = {row.status: row.n for row in metric_reads.mailings_by_status(session)}
        mailings = _family("mailer_mailings", "Mailings but rehearsals, by status.", "status")
        for status in MailingStatus:
            mailings.add_metric((str(status),), float(found.get(str(status), 0)))
        yield mailings

    def _queue(self) -> Iterator[Metric]:
        due, oldest, parked = metric_reads.queue(self._session, self._now)
        yield _one("mailer_queue_due", "Deliveries due now and not sent.", due)
        yield _one("mailer_queue_oldest_seconds", "How long the oldest of them has been due.", self._since(oldest))
        yield _one("mailer_queue_parked", "Deliveries that wait for a person.", parked)
        held = metric_reads.domains_held(self._session, self._now)
        yield _one("mailer_breaker_domains", "Receiving domains that the breaker has parked.", held)

    def _attempts(self) -> Iterator[Metric]:
        found = metric_reads.attempts(self._session, self._now)
        rate = _family(
            "mailer_attempts_per_second", "Attempts that ended in the last five minutes, by how and whose fault.",
            "outcome", "fault",
        )  # fmt: skip
        for (kind, fault), n in sorted(found.ended.items()):
            rate.add_metric((kind, fault or str(Owner.NOBODY)), n / found.over)
        yield rate
        wait = _family("mailer_accept_seconds", "From queued to taken by the relay, same minutes.", "quantile")
        for quantile in _QUANTILES:
            if found.waited:
                wait.add_metric((str(quantile),), found.waited[int(quantile * (len(found.waited) - 1))])
        yield wait

    # --- machinery --------------------------------------------------------------------------------------------------

    def _processes(self) -> Iterator[Metric]:
        session, now = self._session, self._now
        is_away = writes.fact(session, relay_trouble.FACT) is not None
        yield _one("mailer_relay_trouble", "1 while the relay cannot be used.", int(is_away))
        workers = _family("mailer_workers", "Processes that did not say they ended.", "role", "state")
        for row in metric_reads.workers(session, now - _SEEN_WITHIN, now - _REMEMBERED_FOR):
            workers.add_metric((row.role, "alive"), float(row.alive))
            workers.add_metric((row.role, "silent"), float(row.silent))
        yield workers
        senders, _ = home_reads.senders_at_work(session, now - _SEEN_WITHIN)
        yield _one("mailer_senders", "Sending processes at work.", senders)
        opened, overdue, orphaned = metric_reads.leases(session, now)
        yield _one("mailer_leases_open", "Slices of the queue in somebody's hand.", opened)
        yield _one("mailer_leases_overdue", "Of these, run out and not recovered.", overdue)
        yield _one("mailer_journals_unread", "Of these, of a process that ended: its journal is to be read.", orphaned)
        yield _one("mailer_audit_records", "Length of the audit chain.", metric_reads.audit_records(session))

    def _returns(self) -> Iterator[Metric]:
        session = self._session
        read_at = home_reads.mailbox_read_at(session)
        if read_at is not None:
            yield _one("mailer_intake_silent_seconds", "Since the mailbox was last read.", self._since(read_at))
        trouble = writes.fact(session, intake_trouble.FACT)
        since = datetime.fromisoformat(trouble) if trouble else None
        yield _one("mailer_intake_trouble_seconds", "How long the mailbox cannot be read.", self._since(since))
        returns = _family("mailer_returns", "Returned mail kept, by what became of it.", "state")
        waiting: list[datetime] = []
        for row in metric_reads.returns_by_state(session):
            returns.add_metric((row.state,), float(row.n))
            waiting += [row.oldest] if row.state in {"new", "waiting"} else []
        yield returns
        lag = self._since(min(waiting, default=None))
        yield _one("mailer_intake_lag_seconds", "Age of the oldest return that is not read yet.", lag)

    def _people(self) -> Iterator[Metric]:
        tasks = _family("mailer_tasks_open", "Tasks that wait for a person.", "kind")
        oldest: list[datetime] = []
        for row in metric_reads.tasks_by_kind(self._session):
            tasks.add_metric((row.kind,), float(row.n))
            oldest.append(row.oldest)
        yield tasks
        yield _one("mailer_task_oldest_seconds", "Age of the oldest of them.", self._since(min(oldest, default=None)))

    def _since(self, moment: datetime | None) -> float:
        """Seconds; 0 where there is nothing that waits."""
        return max(0.0, (self._now - moment).total_seconds()) if moment else 0.0


def _domains(rows: Sequence[Any]) -> Iterator[Metric]:
    sizes: Counter[str] = Counter()
    for row in rows:
        sizes[row.domain] += row.n
    named = {domain for domain, _ in sizes.most_common(DOMAINS) if domain}
    found: defaultdict[tuple[str, str], int] = defaultdict(int)
    for row in rows:
        found[row.domain if row.domain in named else OTHER, row.status] += row.n
    family = _family(
        "mailer_recent_deliveries", "Deliveries of recent mailings, by receiving domain.", "domain", "status"
    )
    for (domain, status), n in sorted(found.items()):
        family.add_metric((domain, status), n)
    yield family


def _troubles(rows: Iterable[Any]) -> Metric:
    family = _family(
        "mailer_recent_troubles", "Deliveries of recent mailings put off or returned.", "status", "reason", "by"
    )
    found: defaultdict[tuple[str, str, str], int] = defaultdict(int)
    for row in rows:
        by = "" if row.status == DeliveryStatus.DEFERRED else row.bounced_by or "session"
        found[row.status, row.reason if row.reason in REASONS else OTHER, by] += row.n
    for labels, n in sorted(found.items()):
        family.add_metric(labels, n)
    return family


def _family(name: str, words: str, *labels: str) -> GaugeMetricFamily:
    return GaugeMetricFamily(name, words, labels=labels)


def _one(name: str, words: str, value: float, **labels: str) -> GaugeMetricFamily:
    family = _family(name, words, *labels)
    family.add_metric(tuple(labels.values()), float(value))
    return family
