"""The send loop: takes leases of due deliveries and keeps the relay's sessions busy until nothing is due.

One asyncio loop in one thread; every visit to the database runs on one other thread, so that a commit never holds up the
wire. Order of safety for each message: lease claimed -> its window granted and committed -> the relay asks for the body
(354) -> begin line -> body -> reply -> outcome line -> settled in a group commit fenced by the lease.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter, deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from mailer.content.compose import Copy
from mailer.feedback.classify import judge
from mailer.flow import settle
from mailer.flow.connections import Connections, Slot, StoppedError
from mailer.flow.leases import HeldLease, Plan
from mailer.flow.ports import Envelope, RelayError
from mailer.flow.send_kit import SendKit
from mailer.flow.visit import Desk, Renewal, Visit
from mailer.log import Carrying
from mailer.model.doubt_policy import resends
from mailer.model.reply import Outcome, Phase
from mailer.model.return_path import envelope_sender
from mailer.model.verdict import Action, Owner, Verdict
from mailer.store.engine import UNAVAILABLE
from mailer.store.journal import JournalError
from mailer.store.queue import Claimed

T = TypeVar("T")

UNSENDABLE = Verdict(Action.PARK, Owner.SETUP, "unsendable")

_GROUP = 64  # outcomes settled together
_GROUP_WAIT = 0.25  # seconds an outcome waits for company at most
_LOW_WATER = 32  # ready rows below which the next window is granted: at most two windows are ever without outcome
_LEASE_MARGIN = 10.0  # seconds before its end at which nothing begins under a lease any more
_CLAIM_AGAIN = 1.0  # seconds between two looks into an empty queue while messages are still on the wire
_DATABASE_RETRY = 0.5  # seconds
_GRACE = 25.0  # seconds that messages on the wire get when the process is asked to stop
_STUCK = 1.0  # seconds that a message waits behind a dot without an answer
_BACK_OFF_MOST = 60.0  # seconds between two tries to reach a relay that is down


class LeaseTooOldError(Exception):
    """The last confirmed renewal is too long ago: somebody else may be about to take the rows."""


@dataclass(slots=True)
class Report:
    """What one run did; ``wait`` seconds until it makes sense to try again, None when only new work will do."""

    sent: int = 0
    relay_error: RelayError | None = None
    wait: float | None = None


@dataclass(slots=True)
class _Job:
    lease: HeldLease
    row: Claimed


class SendLoop:
    """Lives as long as its worker; ``run`` is called whenever there may be work."""

    def __init__(self, kit: SendKit) -> None:
        self.kit = kit
        self._desk = Desk(kit)
        self._database = Carrying(1, thread_name_prefix="mailer-db")
        self._connections: Connections[_Job] = Connections(kit.relay)
        self._leases: dict[int, HeldLease] = {}
        self._ready: deque[_Job] = deque()
        self._stir = asyncio.Event()  # the feeder has something to do
        self._work = asyncio.Condition()  # the pumps have something to do
        self._stopping = False
        self._failure: Exception | None = None
        self._relay_error: RelayError | None = None
        self._back_off = 0.0
        self._sent = 0
        self._domains: Counter[str] = Counter()  # messages on the wire, or next on it, by domain

    def stop(self) -> None:
        """Nothing new begins; what is on the wire gets its grace."""
        self._stopping = True
        self._connections.give_up_opening()
        self._stir.set()

    async def in_database(self, step: Callable[[], T]) -> T:
        """Runs a step on the database thread, which has at most one."""
        return await asyncio.get_running_loop().run_in_executor(self._database, step)

    async def run(self) -> Report:
        """Sends until nothing is due, the relay is gone, or stop() was called."""
        self._failure = self._relay_error = None
        self._sent = 0
        pumps = [asyncio.create_task(self._pump(slot)) for slot in self._connections.slots]
        try:
            wait = await self._feed()
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
        if self._failure is not None:
            raise self._failure
        if self._relay_error is not None:
            self._back_off = min(max(self._back_off * 2, 1.0), _BACK_OFF_MOST)
            return Report(self._sent, self._relay_error, self._back_off)
        self._back_off = 0.0
        return Report(self._sent, None, wait)

    async def close(self) -> None:
        await self._connections.close()
        self._database.shutdown(wait=True)

    # --- feeding: the only place that visits the database -----------------------------------------------------------

    @property
    def _halting(self) -> bool:
        return self._stopping or self._failure is not None or self._relay_error is not None

    async def _feed(self) -> float | None:
        """Feeds the pumps until there is nothing left to feed; seconds until a claim makes sense again."""
        clock = self.kit.clock
        wait: float | None = None
        empty_since: float | None = None
        halted_at: float | None = None
        while True:
            if self._halting:
                self._withdraw()
                halted_at = clock.elapsed() if halted_at is None else halted_at
                if clock.elapsed() - halted_at > _GRACE:
                    self._connections.abort()
            await self._free_the_stuck()
            low = not self._halting and len(self._ready) < _LOW_WATER
            rested = empty_since is None or clock.elapsed() - empty_since >= _CLAIM_AGAIN
            claim = low and rested and not any(lease.ungranted for lease in self._leases.values())
            grant = low and any(lease.ungranted for lease in self._leases.values())
            if not (claim or grant or self._has_news(draining=self._halting or empty_since is not None)):
                if not self._leases and (self._halting or empty_since is not None):
                    return wait
                if self._failure is not None and not self._domains.total():
                    return wait  # what is left of the leases belongs to recovery
                await self._pause()
                continue
            visit = await self._visit(claim=claim, grant=grant)
            if visit is not None and claim:
                wait = visit.wait
                empty_since = None if visit.claimed else clock.elapsed()

    def _has_news(self, *, draining: bool) -> bool:
        """Something to settle, to give back or to renew that should not wait longer."""
        now = self.kit.clock.elapsed()
        waiting = 0
        for lease in self._leases.values():
            if lease.is_done or lease.unbegun or (draining and lease.changes and not self._ready):
                return True
            if lease.changes and now - lease.changed_at >= _GROUP_WAIT:
                return True
            if now - lease.confirmed_at > self.kit.lease_for.total_seconds() / 3:
                return True
            waiting += len(lease.changes)
        return waiting >= _GROUP

    async def _pause(self) -> None:
        self._stir.clear()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_GROUP_WAIT):
                await self._stir.wait()

    async def _visit(self, *, claim: bool, grant: bool) -> Visit | None:
        asked_at = self.kit.clock.elapsed()
        plans: list[Plan] = []
        for lease in self._leases.values():
            plans.append(lease.plan(grant=grant))
            grant = grant and not lease.ungranted  # one window a visit
        try:
            visit = await self.in_database(lambda: self._desk.visit(plans, claim=claim))
        except UNAVAILABLE as error:
            # nothing is lost: the plans are drawn up again, and what was committed unseen changes nothing twice
            self.kit.note("database_unavailable", error=str(error))
            await asyncio.sleep(_DATABASE_RETRY)
            return None
        except JournalError as error:
            self._failure = error
            return None
        for plan in plans:
            await self._apply(plan, visit, asked_at)
        if visit.claimed is not None:
            self._leases[visit.claimed.lease.id] = visit.claimed
        return visit

    async def _apply(self, plan: Plan, visit: Visit, asked_at: float) -> None:
        lease = self._leases[plan.lease.id]
        lease.confirm(plan, self.kit.clock.elapsed())
        renewal = visit.renewals[plan.lease.id]
        if plan.finishes:
            del self._leases[plan.lease.id]
            lease.journal.drop()
            return
        if renewal is Renewal.LOST:
            self.kit.note("lease_lost", lease=plan.lease.id)
            lease.lose()
            self._take_waiting(lease)
            return
        lease.confirmed_at = asked_at
        if renewal is Renewal.STOPPED:
            lease.withdraw()
            lease.unbegun.extend(row.id for row in self._take_waiting(lease))
        elif renewal is Renewal.GRANTED:
            withheld = visit.withheld[plan.lease.id]
            self._ready.extend(_Job(lease, row) for row in lease.take_granted(plan, withheld))
            async with self._work:
                self._work.notify_all()

    def _take_waiting(self, lease: HeldLease) -> list[Claimed]:
        """Takes back what of a lease is ready or promised to a connection, and not begun."""
        taken = [job.row for job in self._ready if job.lease is lease]
        self._ready = deque(job for job in self._ready if job.lease is not lease)
        promised = [slot for slot in self._connections.slots if slot.next is not None and slot.next.lease is lease]
        taken += [self._withdraw_next(slot).row for slot in promised]
        if lease.lost:
            lease.outstanding -= {row.id for row in taken}
        return taken

    def _withdraw(self) -> None:
        """Takes back what is waiting and not begun, and all that was claimed and not granted."""
        for lease in self._leases.values():
            taken = self._take_waiting(lease)
            if not lease.lost:
                lease.unbegun.extend(row.id for row in taken)
            lease.withdraw()

    # --- pumping: the only place that talks to the relay ------------------------------------------------------------

    async def _pump(self, slot: Slot[_Job]) -> None:
        while True:
            job, slot.next = slot.next or await self._next_job(), None
            try:
                await self._attempt(slot, job)
            except Exception as error:  # noqa: BLE001 - a bug stops the loop loudly instead of vanishing in a task
                self._failure = error
            finally:
                self._domains[job.row.domain] -= 1
                if not job.lease.outstanding or self._halting:
                    self._stir.set()

    async def _next_job(self) -> _Job:
        while (job := self._pick()) is None:
            async with self._work:
                if self._ready:
                    # only domains at their cap are left: one of their messages will end soon
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(0.05):
                            await self._work.wait()
                else:
                    await self._work.wait()
        return job

    def _pick(self) -> _Job | None:
        cap = self.kit.limits.connections_per_domain
        for index, job in enumerate(self._ready):
            if not cap or self._domains[job.row.domain] < cap:
                del self._ready[index]
                break
        else:
            return None
        self._domains[job.row.domain] += 1
        if len(self._ready) <= _LOW_WATER:
            self._stir.set()
        return job

    def _next_for(self, slot: Slot[_Job]) -> Envelope | None:
        """What may follow the dot that has just left over this connection; it is the slot's next from here on."""
        if self.kit.limits.per_minute or self._halting or not self._connections.has_room(slot):
            return None  # (a message whose turn is a matter of time is not promised to a connection)
        if (job := self._pick()) is None:
            return None
        slot.promise(job, self.kit.clock.elapsed())
        with contextlib.suppress(ValueError):  # told when its turn comes
            return self._envelope(job)
        return None

    def _withdraw_next(self, slot: Slot[_Job]) -> _Job:
        job = slot.withdraw()
        self._domains[job.row.domain] -= 1
        return job

    async def _free_the_stuck(self) -> None:
        """A message promised to a connection whose relay thinks long about the last dot goes to another."""
        now = self.kit.clock.elapsed()
        stuck = [slot for slot in self._connections.slots if slot.next is not None and now - slot.promised_at > _STUCK]
        if stuck:
            self._ready.extendleft(self._withdraw_next(slot) for slot in stuck)
            async with self._work:
                self._work.notify_all()

    async def _attempt(self, slot: Slot[_Job], job: _Job) -> None:
        if (delay := self.kit.turn(job.row.domain)) > 0:
            await asyncio.sleep(delay)
        if self._halting or job.lease.lost:
            slot.forget()
            return self._put_back(job)
        row = job.row
        try:
            outcome = await self._transact(slot, job)
            verdict = judge(outcome, row.domain)
        except RelayError as error:
            self._put_back(job)
            return await self._relay_failed(error)
        except (StoppedError, LeaseTooOldError, JournalError) as error:
            if isinstance(error, JournalError):
                self._failure = error
            return self._put_back(job)
        except ValueError as error:
            # a row whose copy cannot be made waits for a person; the others go on
            outcome = Outcome(Phase.DATA, None, None, "", self.kit.clock.now(), f"这一封无法生成：{error}")
            verdict = UNSENDABLE
        try:
            job.lease.journal.outcome(row.id, row.attempts, outcome)
        except JournalError as error:
            self._failure = error  # nothing more begins; this outcome still reaches the database
        change = settle.change_for(
            settle.Attempted(row.id, row.attempts, row.list_code, row.domain, row.doubts, row.queued_at),
            outcome,
            verdict,
            retry=self.kit.retry,
            jitter=self.kit.jitter(),
            resend_doubts=resends(job.lease.facts.in_doubt, job.row.list_code),
        )
        self._sent += outcome.is_accepted
        job.lease.ended(change, self.kit.clock.elapsed())
        return None

    async def _transact(self, slot: Slot[_Job], job: _Job) -> Outcome:
        session = await self._connections.session(slot)
        reused = session.sent > 0
        envelope = self._envelope(job)
        outcome = await session.transact(envelope, lambda: self._body(job), lambda: self._next_for(slot))
        stale = outcome.phase is Phase.MAIL and (outcome.reply is None or outcome.reply.code == 421)
        if reused and stale:
            # a kept session the relay had already given up: nothing was spoken about this message yet
            session = await self._connections.session(slot)
            outcome = await session.transact(envelope, lambda: self._body(job), lambda: self._next_for(slot))
        return outcome

    def _envelope(self, job: _Job) -> Envelope:
        row, facts = job.row, job.lease.facts
        token = row.message_id.partition("@")[0]
        sender = envelope_sender(self.kit.return_path, facts.from_address, self.kit.bounce_domain, token)
        return Envelope(sender, row.address, token, facts.mail[row.list_code].size)

    def _body(self, job: _Job) -> Sequence[bytes]:
        """The moment of no return: the relay waits for the body. Asks the lease, composes, writes the begin line."""
        row, lease = job.row, job.lease
        age = self.kit.clock.elapsed() - lease.confirmed_at
        if lease.lost or age > self.kit.lease_for.total_seconds() - _LEASE_MARGIN:
            raise LeaseTooOldError
        mail, kit = lease.facts.mail[row.list_code], self.kit
        tokens = kit.links.tokens(row.id, mail.links)
        copy = Copy(row.address, row.name, row.message_id, kit.signer.piece_number(row.id), tokens)
        chunks = kit.sign(mail.copy(copy))
        lease.journal.begin(row.id, row.attempts)
        return chunks

    def _put_back(self, job: _Job) -> None:
        if job.lease.lost:
            job.lease.outstanding.discard(job.row.id)
        else:
            job.lease.unbegun.append(job.row.id)
        self._stir.set()

    async def _relay_failed(self, error: RelayError) -> None:
        others = self._connections.any_usable
        self.kit.note("relay_failed", message=error.message, needs_person=error.needs_person, others_work=others)
        if others and not error.needs_person:
            await asyncio.sleep(1.0)  # the relay takes fewer connections than we would like: this place rests
            return
        self._relay_error = error
        self._stir.set()
