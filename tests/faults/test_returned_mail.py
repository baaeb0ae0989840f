"""Returned mail as it comes in bad times: too early, twice and out of order, forged, by the thousand, as a bomb, our own."""

from __future__ import annotations

import contextlib
import random
import subprocess
import time
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from mailer.content.compose import Copy, PreparedMail
from mailer.feedback.report import read_report
from mailer.flow.office import Office
from mailer.flow.take_in_report import take_in_report
from mailer.model.retry import RetryPolicy
from mailer.model.return_path import ReturnPath, Signer, envelope_sender
from mailer.store import queries, returns
from mailer.store.core import delivery
from mailer.store.engine import Store, sqlite_url
from tests.bench.returns import measure
from tests.store.queueing import claimed, disagreement, ended, events_of, settle
from tests.support import returned_mail
from tests.support.builders import SHANGHAI, SIGNER, START, Clock, make_audience, make_office, make_sending
from tests.support.fault_smtp.scenario import At, Do, Fault, Scenario
from tests.support.fault_smtp.server import FaultServer
from tests.support.installation import PROGRAM, Installation
from tests.support.waiting import wait_until

BOUNCES = "bounces.bureau.example"
FORGERIES = 1_000
Make = Callable[..., Installation]


def address_of(delivery_id: int, signer: Signer = SIGNER) -> str:
    return envelope_sender(ReturnPath.VERP, "", BOUNCES, signer.token(delivery_id))


def take_in(office: Office, raw: bytes, to: str) -> str:
    return take_in_report(
        office.store, raw=raw, envelope_rcpt=to, sender="", signer=office.signer, retry=office.retry,
        now=office.clock.now(),
    )  # fmt: skip


def taken_by_the_relay(office: Office, count: int) -> tuple[int, list[int]]:
    """A mailing whose copies our relay took; its id and its rows'."""
    mailing_id = make_sending(office, make_audience(count))
    lease = claimed(office.store, mailing_id, limit=count)
    settle(office.store, lease, [ended(row, accepted_at=START, finished_at=START) for row in lease.rows])
    return mailing_id, [row.id for row in lease.rows]


def by_status(store: Store, mailing_id: int) -> dict[str, int]:
    with store.read() as session:
        return {str(status): n for status, n in queries.counted(session, mailing_id).items() if n}


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.fault("F49")
def test_a_return_that_overtakes_the_relays_own_answer_waits_for_it(relay: FaultServer, make_office: Make) -> None:
    office = make_office(4, BOUNCE_DOMAIN=BOUNCES)
    relay.change(Scenario(faults=(Fault(at=At.DOT, do=Do.LATE, seconds=40, times=1),)))
    sending = office.send()
    wait_until(lambda: relay.log.count("fault") == 1, 60, "the relay to keep one sender waiting")
    store, signer = Store(sqlite_url(office.data_dir)), Signer(((office.data_dir / "secret.key").read_bytes(),))
    with store.read() as session:
        early = [row.id for row in session.execute(select(delivery.c.id).where(delivery.c.attempts > 0))]
    # whose answer is being waited for, nobody can tell from outside: a return about each comes back
    states = Counter(
        take_in_report(
            store, raw=returned_mail.hard(note=str(row)), envelope_rcpt=address_of(row, signer), sender="",
            signer=signer, retry=RetryPolicy(office_zone=SHANGHAI), now=datetime.now(UTC),
        )
        for row in early
    )  # fmt: skip
    store.close()
    assert states["waiting"] >= 1
    sending.wait(200)

    def statuses() -> Counter[str]:
        return Counter(row["status"] for row in office.report())

    office.serve("serve")
    wait_until(lambda: statuses() == {"bounced": len(early)}, 60, "every return in its row")


@pytest.mark.fault("F50")
def test_news_thrice_and_in_any_order_end_in_one_truth(store: Store, clock: Clock) -> None:
    office = make_office(store, clock)
    kinds = (returned_mail.hard, returned_mail.delivered, returned_mail.delayed)
    mailing_id, rows = taken_by_the_relay(office, 30)
    mails = [(kind(note=str(n)), row) for row in rows for n, kind in enumerate(kinds[: 1 + row % 3])] * 3
    random.Random(50).shuffle(mails)
    for raw, row in mails:
        assert take_in(office, raw, address_of(row)) == "applied"
    told = by_status(store, mailing_id)
    # a row of which only a failure was told has bounced; where a success was told as well, the first final word stays
    assert told["bounced"] >= sum(row % 3 == 0 for row in rows)
    assert sum(told.values()) == len(rows)
    assert set(told) <= {"bounced", "delivered"}
    assert disagreement(store, mailing_id) == ""
    with store.read() as session:
        assert sum(returns.counts(session).values()) == len(set(mails))


@pytest.mark.long
@pytest.mark.fault("F51")
def test_a_thousand_forgeries_move_nothing_and_are_all_in_sight(store: Store, clock: Clock) -> None:
    office = make_office(store, clock)
    mailing_id, rows = taken_by_the_relay(office, 20)
    chance = random.Random(51)
    for number in range(FORGERIES):
        row = chance.choice(rows)
        to = address_of(row)
        local = to.partition("@")[0]
        at = chance.randrange(len(local) - 16, len(local))
        forged = {
            0: f"{local[:at]}{'a' if local[at] != 'a' else 'b'}{local[at + 1 :]}@{BOUNCES}",  # another mac
            1: to.replace(f"b-{row}-", f"b-{row + 1}-"),  # another id
            2: address_of(row, Signer((b"another key %07d" % number,))),
            3: f"b-{row}-{'a' * 4}-{'a' * 16}@{BOUNCES}",
            4: "office@office.example",
        }[number % 5]
        raw = returned_mail.hard(
            recipient=f"x{number}@elsewhere.example", message_id=f"{forged.partition('@')[0]}@x.example"
        )
        assert take_in(office, raw, forged) == "unmatched"
    assert by_status(store, mailing_id) == {"accepted": len(rows)}
    assert {kind for _, kind in events_of(store, mailing_id)} == {"accepted"}
    with store.read() as session:
        assert returns.counts(session) == {("unmatched", "bounce"): FORGERIES}
        assert queries.open_tasks(session) == []


@pytest.mark.long
@pytest.mark.timeout(900)
@pytest.mark.fault("F52")
def test_returns_pour_in_beside_a_mailing(tmp_path: Path, record_property: Callable[[str, object], None]) -> None:
    figures = measure(tmp_path, recipients=600, returns=4_000)
    record_property("recipients", 600)
    record_property("hit", figures.acknowledged)
    assert figures.acknowledged == figures.stored == figures.returns, "none is lost"
    assert figures.kept >= 0.5, figures


BOMBS: dict[str, bytes] = {
    "25 MB": returned_mail.hard() + b"x" * 25_000_000,
    "nested": b"".join(b"Content-Type: multipart/mixed; boundary=b%d\r\n\r\n--b%d\r\n" % (n, n) for n in range(2_000)),
    "parameters": b"Content-Type: text/plain; " + b"; ".join(b"a%d=b" % n for n in range(40_000)) + b"\r\n\r\nx",
    "header": b"Subject: " + b"=?utf-8?q?a?= " * 60_000 + b"\r\n\r\nx",
    "archive": b"Content-Type: application/zip\r\nContent-Transfer-Encoding: base64\r\n\r\n" + b"UEsDBA" * 2_000_000,
}


@pytest.mark.long
@pytest.mark.fault("F53")
@pytest.mark.parametrize("name", BOMBS)
def test_a_bomb_is_bounded_and_the_next_mail_goes_on(store: Store, clock: Clock, name: str) -> None:
    office = make_office(store, clock)
    _, (row,) = taken_by_the_relay(office, 1)
    begun = time.process_time()
    assert take_in(office, BOMBS[name], "x@x.example") in {"unread", "unmatched"}
    assert time.process_time() - begun < 2
    assert take_in(office, returned_mail.hard(), address_of(row)) == "applied"


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.fault("F55")
def test_a_pipe_killed_at_random_and_asked_again_takes_each_mail_once(tmp_path: Path) -> None:
    office = Installation(tmp_path)
    office.init()
    chance = random.Random(55)
    mails = [returned_mail.hard(note=str(number)) for number in range(12)]
    for raw in mails:
        with subprocess.Popen(
            [*PROGRAM, "bounces", "take-in"], stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, env=office.environment, cwd=tmp_path,
        ) as child:  # fmt: skip
            assert child.stdin is not None
            child.stdin.write(raw)
            child.stdin.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                child.wait(chance.uniform(0.2, 1.5))  # somewhere between its start and its end
            child.kill()
        # whoever hands mail to a pipe keeps what was not acknowledged and brings it again
        assert office.run("bounces", "take-in", stdin=raw).code == 0
    store = Store(sqlite_url(office.data_dir))
    with store.read() as session:
        assert returns.counts(session) == {("unmatched", "bounce"): len(mails)}
    store.close()


@pytest.mark.fault("F54")
def test_our_own_mail_that_comes_round_again_leads_nowhere(store: Store, clock: Clock) -> None:
    office = make_office(store, clock)
    mailing_id, (row,) = taken_by_the_relay(office, 1)
    with store.read() as session:
        payload = next(iter(queries.mailing_contents(session, mailing_id).values()))
        message_id = str(queries.delivery_row(session, row).message_id)  # type: ignore[union-attr]  # it is there
    copy = b"".join(PreparedMail.load(payload).copy(Copy("r1@d1.example", "", message_id, "0" * 12)))
    for hop in range(60):
        copy = b"Received: by loop%d.example\r\n" % hop + copy
        take_in(office, copy, address_of(row))
    assert read_report(copy).reports == ()
    assert by_status(store, mailing_id) == {"accepted": 1}
    with store.read() as session:
        assert queries.open_tasks(session) == []
