"""Returned mail moves only the row it proves to be about, once, in any order (I9), and wakes what has to be tried again."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

from mailer.flow.close_mailing import close_if_done
from mailer.flow.control_mailing import cancel, resolve_in_doubt
from mailer.flow.office import Office
from mailer.flow.take_in_report import apply_waiting, take_in_report
from mailer.model.delivery import DeliveryEventKind
from mailer.model.return_path import ReturnPath, Signer, envelope_sender
from mailer.store import queries, returns
from mailer.store.engine import Store
from tests.flow.test_release_and_control import status, statuses, tasks
from tests.store.queueing import claimed, disagreement, ended, events_of, row_of, rows_of, settle
from tests.support import returned_mail
from tests.support.builders import SIGNER, START, Clock, make_audience, make_office, make_sending


def envelope(delivery_id: int, signer: Signer = SIGNER) -> str:
    return envelope_sender(ReturnPath.VERP, "office@office.example", "bounce.example", signer.token(delivery_id))


def take_in(office: Office, raw: bytes, to: str, **changed: Any) -> str:
    values: dict[str, Any] = {
        "sender": "",
        "signer": office.signer,
        "retry": office.retry,
        "now": office.clock.now(),
    } | changed
    return take_in_report(office.store, raw=raw, envelope_rcpt=to, **values)


def sent(office: Office, kind: DeliveryEventKind = DeliveryEventKind.ACCEPTED, count: int = 2) -> tuple[int, list[int]]:
    """A mailing whose rows ended like that; its id and its rows'."""
    mailing_id = make_sending(office, make_audience(count))
    lease = claimed(office.store, mailing_id)
    settle(office.store, lease, [ended(row, kind, accepted_at=START, finished_at=START) for row in lease.rows])
    return mailing_id, [row.id for row in lease.rows]


def states(store: Store) -> dict[str, int]:
    with store.read() as session:
        found = returns.counts(session)
    return {state: sum(n for (each, _), n in found.items() if each == state) for state, _ in found}


def test_a_hard_return_bounces_its_row_and_asks_for_a_telephone_call(either: Store, clock: Clock):
    office = make_office(either, clock)
    mailing_id, (first, _) = sent(office)
    clock.turn(minutes=5)
    assert take_in(office, returned_mail.hard(), envelope(first)) == "applied"
    row = row_of(either, first)
    assert (row.status, row.bounced_by, row.hard, row.reason, row.fault, row.enhanced_status, row.host) == (
        "bounced", "return", True, "userunknown", "recipient", "5.1.1", "mx.d1.example",
    )  # fmt: skip
    assert (row.finished_at, row.accepted_at) == (clock.now(), START), "that our relay took it stays true"
    assert statuses(office, mailing_id) == ["bounced", "accepted"]
    assert tasks(office) == ["verify_by_phone"]
    assert disagreement(either, mailing_id) == ""


def test_the_same_mail_again_changes_nothing(office: Office):
    mailing_id, (first, _) = sent(office)
    raw = returned_mail.hard()
    assert [take_in(office, raw, envelope(first)) for _ in range(3)] == ["applied"] * 3
    assert states(office.store) == {"applied": 1}
    assert [kind for _, kind in events_of(office.store, mailing_id)].count("returned") == 1


def test_the_same_news_in_another_mail_is_recorded_and_moves_nothing(office: Office):
    mailing_id, (first, _) = sent(office)
    for note in ("a", "b"):
        assert take_in(office, returned_mail.hard(note=note), envelope(first)) == "applied"
    assert statuses(office, mailing_id) == ["bounced", "accepted"]
    assert tasks(office) == ["verify_by_phone"]
    assert disagreement(office.store, mailing_id) == ""


@pytest.mark.parametrize("way", ["plus", "upper", "message_id"])
def test_the_proof_may_come_by_any_way_that_carries_our_signature(office: Office, way: str):
    _, (first, _) = sent(office)
    token = SIGNER.token(first)
    raw, to = returned_mail.hard(), envelope(first)
    if way == "plus":
        to = envelope_sender(ReturnPath.PLUS, "office@office.example", "", token)
    elif way == "upper":
        to = to.upper()
    else:
        raw, to = returned_mail.hard(message_id=f"{token}@office.example"), "office@office.example"
    assert take_in(office, raw, to) == "applied"
    assert row_of(office.store, first).status == "bounced"


@pytest.mark.parametrize("forgery", ["mac", "id", "key", "none", "other_office"])
def test_a_forged_return_changes_nothing_and_stays_in_sight(office: Office, forgery: str):
    mailing_id, (first, second) = sent(office)
    number, kid, mac = SIGNER.token(first).split(".")
    to = {
        "mac": f"b-{number}-{kid}-{mac[::-1]}@bounce.example",
        "id": f"b-{second}-{kid}-{mac}@bounce.example",
        "key": f"b-{number}-aaaa-{mac}@bounce.example",
        "none": "office@office.example",
        "other_office": envelope(first, Signer((b"the secret of another",))),
    }[forgery]
    assert take_in(office, returned_mail.hard(message_id="1.2.3@office.example"), to) == "unmatched"
    assert statuses(office, mailing_id) == ["accepted", "accepted"]
    assert tasks(office) == []
    assert states(office.store) == {"unmatched": 1}
    assert [kind for _, kind in events_of(office.store, mailing_id)] == ["accepted", "accepted"]


def test_another_address_in_the_report_touches_only_the_row_of_the_signature(office: Office):
    mailing_id, (first, _) = sent(office)
    assert take_in(office, returned_mail.hard(recipient="r2@d2.example"), envelope(first)) == "applied"
    assert statuses(office, mailing_id) == ["bounced", "accepted"]


def test_a_return_for_a_row_that_is_gone_is_kept_for_a_person(office: Office):
    assert take_in(office, returned_mail.hard(), envelope(4_711)) == "unmatched"


def test_a_persons_letter_is_left_alone(office: Office):
    mailing_id, _ = sent(office)
    assert take_in(office, b"From: li@x.example\r\nSubject: re\r\n\r\nthanks", "office@office.example") == "unread"
    assert statuses(office, mailing_id) == ["accepted", "accepted"]


def test_what_comes_before_the_attempt_is_settled_waits_for_it(either: Store, clock: Clock):
    office = make_office(either, clock)
    mailing_id = make_sending(office, make_audience(1))
    lease = claimed(either, mailing_id)
    row = lease.rows[0]
    assert take_in(office, returned_mail.hard(), envelope(row.id)) == "waiting"
    assert (row_of(either, row.id).status, events_of(either, mailing_id)) == ("attempting", [])
    arguments: dict[str, Any] = {"signer": office.signer, "retry": office.retry, "now": START}
    assert apply_waiting(either, **arguments) == 0
    settle(either, lease, [ended(row, accepted_at=START)])
    assert apply_waiting(either, **arguments) == 1
    assert apply_waiting(either, **arguments) == 0
    assert row_of(either, row.id).status == "bounced"
    assert disagreement(either, mailing_id) == ""


def test_a_mail_whose_reader_died_is_read_by_the_next_sweep(office: Office):
    _, (first, _) = sent(office)
    with office.store.begin() as session:
        returns.keep(
            session, sha256="x", envelope_rcpt=envelope(first), sender="", raw=returned_mail.hard(), received_at=START
        )
    assert apply_waiting(office.store, signer=office.signer, retry=office.retry, now=START) == 1
    assert row_of(office.store, first).status == "bounced"


NEWS = {
    "hard": returned_mail.hard(),
    "delivered": returned_mail.delivered(),
    "delayed": returned_mail.delayed(),
}


@pytest.mark.parametrize("order", list(itertools.permutations(NEWS)), ids=" ".join)
def test_news_in_any_order_each_twice_ends_in_a_true_state(office: Office, order: tuple[str, ...]):
    mailing_id, (first, second) = sent(office)
    for name in order * 2:
        assert take_in(office, NEWS[name], envelope(first)) == "applied"
    decisive = next(name for name in order if name != "delayed")
    assert row_of(office.store, first).status == {"hard": "bounced", "delivered": "delivered"}[decisive]
    assert row_of(office.store, second).status == "accepted"
    assert disagreement(office.store, mailing_id) == ""


@pytest.mark.parametrize(("news", "after"), [("hard", "bounced"), ("delivered", "delivered"), ("delayed", "accepted")])
def test_a_report_ends_a_doubt(office: Office, news: str, after: str):
    mailing_id, (first, _) = sent(office, DeliveryEventKind.DOUBTED)
    assert take_in(office, NEWS[news], envelope(first)) == "applied"
    assert statuses(office, mailing_id) == [after, "in_doubt"]
    assert disagreement(office.store, mailing_id) == ""


def test_a_return_for_our_own_fault_is_tried_again_at_most_twice(either: Store, clock: Clock):
    office = make_office(either, clock)
    mailing_id, (first, _) = sent(office)
    message_id = row_of(either, first).message_id
    assert close_if_done(either, mailing_id, clock.now())
    for returns_so_far in (1, 2):
        clock.turn(minutes=1)
        assert take_in(office, returned_mail.rate(note=str(returns_so_far)), envelope(first)) == "applied"
        row = row_of(either, first)
        assert (row.status, row.returns, row.fault, row.finished_at) == ("deferred", returns_so_far, "rate", None)
        assert row.due_at > clock.now()
        assert status(office, mailing_id) == "sending", "it owes something again"
        clock.turn(hours=4)
        lease = claimed(either, mailing_id, now=clock.now())
        assert [(each.id, each.message_id) for each in lease.rows] == [(first, message_id)]
        settle(either, lease, [ended(lease.rows[0], accepted_at=clock.now(), finished_at=clock.now())])
        assert close_if_done(either, mailing_id, clock.now())
    assert take_in(office, returned_mail.rate(note="3"), envelope(first)) == "applied"
    assert (row_of(either, first).status, status(office, mailing_id)) == ("bounced", "closed")
    assert disagreement(either, mailing_id) == ""


@pytest.mark.parametrize(
    ("after", "wanted"), [(timedelta(hours=24), "deferred"), (timedelta(hours=24, seconds=1), "bounced")]
)
def test_what_comes_back_a_day_after_its_release_was_tried_long_enough(
    office: Office, clock: Clock, after: timedelta, wanted: str
):
    _, (first, _) = sent(office)
    clock.turn(seconds=after.total_seconds())
    assert take_in(office, returned_mail.rate(), envelope(first)) == "applied"
    assert row_of(office.store, first).status == wanted


def test_a_cancelled_mailing_is_not_tried_again(office: Office):
    mailing_id, (first, _) = sent(office)
    cancel(office, mailing_id, "cli:a")
    assert take_in(office, returned_mail.rate(), envelope(first)) == "applied"
    assert statuses(office, mailing_id) == ["bounced", "accepted"]
    assert status(office, mailing_id) == "cancelled"


def test_a_return_of_the_first_copy_ends_a_row_that_waits_for_a_second_try(office: Office):
    mailing_id, (first, second) = sent(office, DeliveryEventKind.DOUBTED)
    resolve_in_doubt(office, mailing_id, "cli:a", resend=True)
    assert take_in(office, returned_mail.hard(), envelope(first)) == "applied"
    assert statuses(office, mailing_id) == ["bounced", "queued"]
    assert [row.id for row in claimed(office.store, mailing_id).rows] == [second]


def test_two_hundred_forgeries_are_counted_and_move_nothing(office: Office):
    mailing_id, (first, _) = sent(office)
    for number in range(200):
        token = Signer((b"guess number %04d" % number,)).token(first)
        to = envelope_sender(ReturnPath.VERP, "", "bounce.example", token)
        assert take_in(office, returned_mail.hard(), to) == "unmatched"
    assert states(office.store) == {"unmatched": 200}
    assert statuses(office, mailing_id) == ["accepted", "accepted"]


@pytest.mark.parametrize(
    "raw", [b"", b"\0" * 1_000, b"Content-Type: multipart/report; boundary=b\n\n--b\n" * 50, "ſ".encode() * 100]
)
def test_hostile_bytes_are_kept_and_harm_nobody(office: Office, raw: bytes):
    mailing_id, (first, _) = sent(office)
    for to in ("b-7-ab\u017fd-aaaaaaaaaaaaaaaa@x.example", "", "@" * 5_000):
        assert take_in(office, raw, to) in {"unread", "unmatched"}
    assert statuses(office, mailing_id) == ["accepted", "accepted"]
    assert row_of(office.store, first).status == "accepted"
    with office.store.read() as session:
        assert returns.unsettled(session) == []
        assert queries.open_tasks(session) == []
    assert len(rows_of(office.store, mailing_id)) == 2


def test_a_zero_byte_in_foreign_words_is_not_the_databases_business(either: Store, clock: Clock):
    office = make_office(either, clock)
    mailing_id, (first, second) = sent(office)
    raw = returned_mail.hard(diagnostic="550 5.1.1 User\0unknown", note="\0")
    assert take_in(office, raw, envelope(first), sender="a\0b@x.example") == "applied"
    assert take_in(office, raw, f"\0\udcff{envelope(second)}") == "applied"
    assert statuses(office, mailing_id) == ["bounced", "bounced"]
    assert "\0" not in (row_of(either, first).reply_text or "")
