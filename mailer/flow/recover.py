"""What a dead worker left behind: its journal and its leases, settled row by row.

Only by whoever can take the dead worker's flock, or, where its folder cannot be seen, after the lease ran out. A live
worker's rows are never taken, however old its lease. What the journal proves is settled; begun without an outcome is in
doubt; a row with no begin line goes back to the queue if the journal can be trusted to be whole, that is of this boot.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlmodel import Session

from mailer.feedback.classify import judge
from mailer.flow import settle
from mailer.flow.send_kit import SendKit
from mailer.model.doubt_policy import resends
from mailer.model.reply import Fault, Outcome, Phase
from mailer.store import journal, queries, queue, upkeep, writes
from mailer.store.journal import Reading, TakenJournal, WorkerAliveError
from mailer.store.queue import Change

_CRASHES_TO_PARK = 5
_OTHER_HOST_MARGIN = timedelta(seconds=10)
_HANGS_AFTER = timedelta(minutes=5)  # beyond the end of its lease


def recover(kit: SendKit) -> int:
    """Settles all that dead workers left; how many leases. Safe to call at any time, by any number of processes."""
    me = kit.home.worker
    with kit.store.read() as session:
        leases = [lease for lease in upkeep.open_leases(session) if lease.worker_id != me.id]
        workers = {worker.id: worker for worker in queries.workers(session)}
    recovered = 0
    for worker_id in sorted({lease.worker_id for lease in leases}):
        worker = workers.get(worker_id)
        held = [lease for lease in leases if lease.worker_id == worker_id]
        recovered += _recover_worker(kit, worker, held)
    _read_late_journals(kit)
    return recovered


def _recover_worker(kit: SendKit, worker: Any, leases: Sequence[Any]) -> int:
    now = kit.clock.now()
    try:
        taken = journal.take_over(Path(worker.journal)) if worker is not None else None
    except WorkerAliveError:
        _watch_hanging(kit, worker, leases, now)
        return 0
    if taken is not None:
        try:
            for lease in leases:
                with kit.store.begin() as session:
                    _recover_lease(session, kit, lease, journal.read_lease(taken.folder, lease.id), now)
                taken.forget(lease.id)
        finally:
            taken.close()
        return len(leases)
    # a folder that cannot be seen from here: another host, or it is gone. The lease itself is the only lock, so it has to be over
    over = [lease for lease in leases if lease.expires_at + _OTHER_HOST_MARGIN <= now]
    for lease in over:
        with kit.store.begin() as session:
            _recover_lease(session, kit, lease, Reading(), now)
    return len(over)


def own_orphans(session: Session, kit: SendKit, *, known: set[int], now: datetime) -> None:
    """Leases of our own that nobody here remembers: a claim whose commit was never confirmed to us."""
    for lease in upkeep.open_leases(session):
        if lease.worker_id == kit.home.worker.id and lease.id not in known:
            _recover_lease(session, kit, lease, journal.read_lease(kit.home.folder, lease.id), now)


def _recover_lease(session: Session, kit: SendKit, lease: Any, reading: Reading, now: datetime) -> None:
    if not upkeep.take_lease(session, lease.id):
        return  # somebody else was quicker
    current = reading.worker is not None and reading.worker.epoch == kit.home.worker.epoch == lease.epoch
    whole = current and reading.worker is not None and reading.worker.boot_id == kit.home.worker.boot_id
    ended: list[Change] = []
    innocent: list[int] = []
    suspects: list[int] = []
    for row in upkeep.rows_of_lease(session, lease.id):
        key = (row.id, row.attempts)
        granted = row.lease_seq < lease.begun_to
        if current and key in reading.outcomes:
            ended.append(_change(kit, row, reading.outcomes[key], session))
        elif (current and key in reading.begun) or (granted and not whole):
            ended.append(_change(kit, row, _unknown(now), session))
        else:
            (suspects if granted else innocent).append(row.id)
    settle.settle(
        session,
        lease_id=lease.id,
        mailing_id=lease.mailing_id,
        changes=ended,
        now=now,
        braked=not kit.relay.is_sandbox,
    )
    for ids, crashed in ((innocent, False), (suspects, True)):
        queue.give_back(session, lease_id=lease.id, mailing_id=lease.mailing_id, ids=ids, now=now, crashed=crashed)
    if suspects and upkeep.park_crashers(session, lease.mailing_id, _CRASHES_TO_PARK):
        writes.open_task(
            session,
            kind="crashes",
            title="有收件人的邮件反复使发送进程中断，已单独停下",
            dedupe_key=f"crashes:{lease.mailing_id}",
            mailing_id=lease.mailing_id,
            now=now,
        )
    upkeep.cancel_leftovers(session, lease.mailing_id, now)
    queue.finish_lease(session, lease.id, "recovered")
    kit.note(
        "lease_recovered", lease=lease.id, settled=len(ended), given_back=len(innocent) + len(suspects), whole=whole
    )


def _unknown(now: datetime) -> Outcome:
    return Outcome(Phase.DOT, None, Fault.CUT, "", now, "发送进程在等待答复时中断")


def _never_begun(now: datetime) -> Outcome:
    return Outcome(Phase.MAIL, None, Fault.CUT, "", now, "发送日志证明这一封没有开始发送")


def _change(kit: SendKit, row: Any, outcome: Outcome, session: Session) -> Change:
    return settle.change_for(
        settle.Attempted(row.id, row.attempts, row.list_code, row.domain, row.doubts, row.queued_at),
        outcome,
        judge(outcome, row.domain),
        retry=kit.retry,
        jitter=kit.jitter(),
        resend_doubts=resends(queries.mailing(session, row.mailing_id).in_doubt, row.list_code),
    )


def _read_late_journals(kit: SendKit) -> None:
    """Folders of dead workers whose leases were already recovered elsewhere: their outcomes still resolve doubts."""
    for folder in journal.abandoned(kit.home.folder.parent, kit.home.folder):
        try:
            taken = journal.take_over(folder)
        except WorkerAliveError:
            continue
        if taken is None:
            continue
        try:
            _resolve_from(kit, taken, taken.leases())
        finally:
            taken.close()


def _resolve_from(kit: SendKit, taken: TakenJournal, lease_ids: Iterable[int]) -> None:
    for lease_id in lease_ids:
        reading = journal.read_lease(taken.folder, lease_id)
        now = kit.clock.now()
        with kit.store.begin() as session:
            lease = upkeep.open_lease(session, lease_id)
            if lease is not None and reading.worker is not None and lease.worker_id == reading.worker.id:
                _recover_lease(session, kit, lease, reading, now)
            elif reading.worker is not None and reading.worker.epoch == kit.home.worker.epoch:
                _resolve_doubts(session, kit, lease_id, reading, now)
        taken.forget(lease_id)


def _resolve_doubts(session: Session, kit: SendKit, lease_id: int, reading: Reading, now: datetime) -> None:
    """Late evidence: the outcomes that were read, and of a whole journal the silence about what had never begun."""
    proven = dict(reading.outcomes)
    if reading.worker is not None and reading.worker.boot_id == kit.home.worker.boot_id:
        for key in upkeep.doubted_under(session, lease_id):
            if key not in reading.begun:
                proven.setdefault(key, _never_begun(now))
    rows = {row.id: row for row in upkeep.rows_by_id(session, [key[0] for key in proven])}
    found: dict[int, list[Change]] = {}
    for (delivery_id, attempt), outcome in proven.items():
        row = rows.get(delivery_id)
        if row is not None and row.attempts == attempt:
            found.setdefault(row.mailing_id, []).append(_change(kit, row, outcome, session))
    for mailing_id, changes in found.items():
        upkeep.resolve_doubts(session, mailing_id=mailing_id, changes=changes)


def _watch_hanging(kit: SendKit, worker: Any, leases: Sequence[Any], now: datetime) -> None:
    if all(lease.expires_at + _HANGS_AFTER > now for lease in leases):
        return
    with kit.store.begin() as session:
        writes.open_task(
            session,
            kind="worker_hangs",
            title="一个发送进程还在，却很久没有动静",
            detail=f"主机 {worker.host}，进程号 {worker.pid}。它手里的邮件不会被别的进程接走；请重启这个进程。",
            dedupe_key=f"hangs:{worker.id}",
            now=now,
        )
