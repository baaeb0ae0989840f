"""Outcome -> verdict -> row, and the breaker: faults of ours stop a domain or the mailing, never a recipient."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from mailer.flow import settle
from mailer.flow.control_mailing import resume
from mailer.flow.office import Office
from mailer.flow.settle import OUR_FAULTS, Attempted, change_for
from mailer.model.delivery import DeliveryEventKind, DeliveryStatus
from mailer.model.reply import Fault, Outcome, Phase, Reply
from mailer.model.retry import RetryPolicy
from mailer.model.verdict import Action, Hint, Owner, Verdict
from mailer.store import queue
from mailer.store.queue import Change
from recipients.audience import Audience
from tests.flow.test_release_and_control import status, tasks
from tests.store.queueing import claim, claimed, disagreement, rows_of
from tests.support.builders import SHANGHAI, START, Clock, make_audience, make_entry, make_sending

RETRY = RetryPolicy(office_zone=SHANGHAI)
ATTEMPTED = Attempted(7, 1, "发", "x.example", 0, START)


def change(
    verdict: Verdict, *, reply: Reply | None = None, resend: bool = False, at: datetime = START, **attempted: object
) -> Change:
    outcome = Outcome(Phase.DOT, reply, None if reply else Fault.CUT, "mx.example", at, "" if reply else "reset")
    of = Attempted(**{name: getattr(ATTEMPTED, name) for name in Attempted.__slots__} | attempted)
    return change_for(of, outcome, verdict, retry=RETRY, jitter=0.0, resend_doubts=resend)


@pytest.mark.parametrize(
    ("action", "event", "after", "has_due"),
    [
        (Action.ACCEPT, DeliveryEventKind.ACCEPTED, DeliveryStatus.ACCEPTED, False),
        (Action.RETRY, DeliveryEventKind.DEFERRED, DeliveryStatus.DEFERRED, True),
        (Action.PARK, DeliveryEventKind.PARKED, DeliveryStatus.DEFERRED, False),
        (Action.BOUNCE, DeliveryEventKind.BOUNCED, DeliveryStatus.BOUNCED, False),
        (Action.DOUBT, DeliveryEventKind.DOUBTED, DeliveryStatus.IN_DOUBT, False),
    ],
)
def test_every_action_has_its_end(action: Action, event: DeliveryEventKind, after: DeliveryStatus, has_due: bool):
    found = change(Verdict(action, Owner.UNKNOWN, "r"), reply=Reply(250, "2.0.0 Ok"))
    assert (found.event, found.status, found.values["due_at"] is not None) == (event, after, has_due)
    assert (found.values["finished_at"] is not None) is after.is_final
    assert (found.values["accepted_at"] is not None) is (action is Action.ACCEPT)
    assert found.values["bounced_by"] == ("session" if action is Action.BOUNCE else None)
    assert found.values["doubts"] == (1 if action is Action.DOUBT else 0)


def test_every_action_is_covered():
    assert {row[0] for row in test_every_action_has_its_end.pytestmark[0].args[1]} == set(Action)


def test_what_the_host_said_is_kept_as_it_was_said():
    found = change(Verdict(Action.BOUNCE, Owner.RECIPIENT, "userunknown", hard=True), reply=Reply(550, "5.1.1 nobody"))
    assert {name: found.values[name] for name in ("phase", "reply_code", "enhanced_status", "reply_text", "host")} == {
        "phase": "dot", "reply_code": 550, "enhanced_status": "5.1.1", "reply_text": "5.1.1 nobody", "host": "mx.example",
    }  # fmt: skip
    assert change(Verdict(Action.DOUBT, Owner.NETWORK)).values["reply_text"] == "reset", (
        "no reply: what we know instead"
    )
    assert len(change(Verdict(Action.RETRY, Owner.RATE), reply=Reply(450, "x" * 9_999)).values["reply_text"]) == 500


def test_the_next_try_never_lies_behind_the_end_of_its_days():
    late = START + timedelta(hours=71, minutes=59)
    found = change(Verdict(Action.RETRY, Owner.NETWORK), at=late, attempt=9)
    assert found.values["due_at"] == START + timedelta(hours=72)
    hinted = change(Verdict(Action.RETRY, Owner.RATE, hint=Hint(tomorrow=True)), at=START)
    assert hinted.values["due_at"] == datetime(2026, 11, 24, 0, tzinfo=UTC)


def test_an_office_that_resends_doubts_stops_after_three():
    verdict = Verdict(Action.DOUBT, Owner.NETWORK)
    found = [change(verdict, resend=True, doubts=doubts) for doubts in (0, 2, 3)]
    assert [each.status for each in found] == [
        DeliveryStatus.DEFERRED,
        DeliveryStatus.DEFERRED,
        DeliveryStatus.IN_DOUBT,
    ]
    assert [each.values["doubts"] for each in found] == [1, 3, 4]
    assert [each.values["due_at"] is not None for each in found] == [True, True, False]


def test_a_fault_of_a_recipient_or_of_the_lines_is_none_of_ours():
    assert OUR_FAULTS & {Owner.RECIPIENT, Owner.NETWORK, Owner.NOBODY, Owner.UNKNOWN} == set()


# --- the breaker -----------------------------------------------------------------------------------------------------

RATE = Verdict(Action.RETRY, Owner.RATE, "speeding")
CONTENT = Verdict(Action.PARK, Owner.CONTENT, "spamdetected")
NOBODY_THERE = Verdict(Action.BOUNCE, Owner.RECIPIENT, "userunknown", hard=True)
TAKEN = Verdict(Action.ACCEPT, Owner.NOBODY)


def send(office: Office, mailing_id: int, verdicts: Sequence[Verdict], *, braked: bool = True) -> None:
    """One lease whose first attempts, in the order of the audience, end with these verdicts; the rest is given back."""
    lease = claimed(office.store, mailing_id, limit=1_000)
    rows = sorted(lease.rows, key=lambda row: row.id)
    attempted, rest = rows[: len(verdicts)], rows[len(verdicts) :]
    with office.store.begin() as session:
        queue.give_back(
            session, lease_id=lease.id, mailing_id=mailing_id, ids=[row.id for row in rest], now=START, crashed=False
        )
    for row, verdict in zip(attempted, verdicts, strict=True):
        found = change_for(
            Attempted(row.id, row.attempts, row.list_code, row.domain, row.doubts, row.queued_at),
            Outcome(Phase.DOT, Reply(550 if verdict is not TAKEN else 250, "text"), None, "mx.example", START),
            verdict,
            retry=RETRY,
            jitter=0.0,
            resend_doubts=False,
        )
        with office.store.begin() as session:
            settle.settle(session, lease_id=lease.id, mailing_id=mailing_id, changes=[found], now=START, braked=braked)


def of_domains(*domains: str) -> Audience:
    return Audience(tuple(make_entry(n, address=f"r{n}@{domain}.example") for n, domain in enumerate(domains)))


def test_three_content_faults_in_a_row_park_their_domain_until_a_person_looks(office: Office, clock: Clock):
    mailing_id = make_sending(office, of_domains("a", "a", "a", "a", "b"))
    send(office, mailing_id, [CONTENT] * 3)
    assert [row.domain for row in claimed(office.store, mailing_id, now=clock.turn(days=2)).rows] == ["b.example"]
    assert tasks(office) == ["parked", "domain_parked"]
    assert status(office, mailing_id) == "sending"


def test_three_rate_faults_in_a_row_let_their_domain_rest(office: Office, clock: Clock):
    mailing_id = make_sending(office, of_domains("a", "a", "a", "a"))
    send(office, mailing_id, [RATE] * 3)
    assert claim(office.store, mailing_id, now=clock.turn(minutes=14)) is None
    assert len(claimed(office.store, mailing_id, now=clock.turn(minutes=1)).rows) == 4
    assert tasks(office) == []


@pytest.mark.parametrize("between", [TAKEN, NOBODY_THERE])
def test_anything_else_between_breaks_the_row(office: Office, between: Verdict):
    mailing_id = make_sending(office, of_domains(*"aaaaaa"))
    send(office, mailing_id, [CONTENT, CONTENT, between, CONTENT, CONTENT])
    assert len(claimed(office.store, mailing_id).rows) == 1
    assert "domain_parked" not in tasks(office)


def test_faults_of_ours_in_two_domains_hold_the_mailing(office: Office):
    mailing_id = make_sending(office, of_domains(*"aabbbcc"))
    send(office, mailing_id, [CONTENT] * 4)
    assert status(office, mailing_id) == "sending", "four are not yet five"
    send(office, mailing_id, [CONTENT])
    assert status(office, mailing_id) == "held"
    assert claim(office.store, mailing_id) is None
    assert "held" in tasks(office)
    assert disagreement(office.store, mailing_id) == ""


def test_a_few_among_many_hold_nothing(office: Office):
    mailing_id = make_sending(office, Audience((*make_audience(116).entries, *of_domains("a", "b").entries)))
    send(office, mailing_id, [TAKEN] * 113)
    send(office, mailing_id, [CONTENT] * 5)
    assert status(office, mailing_id) == "sending"


def test_recipients_that_are_gone_stop_nothing(office: Office):
    mailing_id = make_sending(office, of_domains(*"aabbcc"))
    send(office, mailing_id, [NOBODY_THERE] * 6)
    assert status(office, mailing_id) == "sending"
    assert not {"held", "domain_parked", "parked"} & set(tasks(office))
    assert {row.status for row in rows_of(office.store, mailing_id)} == {"bounced"}


def test_a_rehearsal_shows_the_faults_and_goes_on(office: Office):
    mailing_id = make_sending(office, of_domains(*"aaabbbc"))
    send(office, mailing_id, [CONTENT] * 6, braked=False)
    assert status(office, mailing_id) == "sending"
    assert len(claimed(office.store, mailing_id).rows) == 1


def test_after_a_person_let_it_go_on_the_breaker_counts_anew(office: Office, clock: Clock):
    mailing_id = make_sending(office, of_domains("a", "a", "a", "b", "b", "b", "a", "b"))
    send(office, mailing_id, [CONTENT] * 6)
    assert status(office, mailing_id) == "held"
    clock.turn(minutes=5)
    resume(office, mailing_id, "cli:a")
    # what is refused from now on happens after the person has looked
    lease = claimed(office.store, mailing_id, now=clock.now())
    row = lease.rows[0]
    found = change_for(
        Attempted(row.id, row.attempts, row.list_code, row.domain, row.doubts, row.queued_at),
        Outcome(Phase.DOT, Reply(550, "text"), None, "mx.example", clock.turn(seconds=1)),
        CONTENT,
        retry=RETRY,
        jitter=0.0,
        resend_doubts=False,
    )
    with office.store.begin() as session:
        settle.settle(session, lease_id=lease.id, mailing_id=mailing_id, changes=[found], now=clock.now(), braked=True)
    assert status(office, mailing_id) == "sending"
