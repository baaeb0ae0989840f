"""An order becomes a mailing once, whoever asks how often, and a freezing that dies is gone through again."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

import pytest
from sqlmodel import Session

from mailer.flow import freeze_audience
from mailer.flow.approve_mailing import approve
from mailer.flow.office import Office
from mailer.flow.prepare_mailing import BeingPreparedError, KeyConflictError, content_key, prepare_mailing
from mailer.flow.release_mailing import release
from mailer.model.mailing import MailingKind
from mailer.store import audit, core, queries
from mailer.store.engine import Store
from recipients.address import EmailAddress
from recipients.audience import Audience, Withheld
from tests.store.queueing import disagreement, row_of, rows_of, together
from tests.support.builders import (
    AUDIT_KEY,
    SIGNER,
    START,
    Clock,
    make_audience,
    make_entry,
    make_office,
    make_order,
    suppress,
)


def actions(store: Store) -> list[str]:
    with store.read() as session:
        assert not audit.verify(session, AUDIT_KEY)
        return [row.action for row in session.execute(core.audit.select().order_by(core.audit.c.id))]


def mailings(store: Store) -> list[Any]:
    with store.read() as session:
        return list(session.execute(core.mailing.select()))


def test_the_same_order_is_the_same_mailing(office: Office, clock: Clock):
    order = make_order(office.store, make_audience(5))
    mailing_id, created = prepare_mailing(office, order, "cli:a")
    before = rows_of(office.store, mailing_id)
    clock.turn(hours=1)
    assert prepare_mailing(office, order, "cli:b") == (mailing_id, False)
    assert created
    assert rows_of(office.store, mailing_id) == before
    assert actions(office.store) == ["mailing.made"]
    row = mailings(office.store)[0]
    assert (row.key, row.status, row.recipients, row.dated_at) == (content_key(order), "prepared", 5, START)


@pytest.mark.parametrize(
    "change",
    [
        lambda order: replace(order, revision_id=order.revision_id + 1),
        lambda order: replace(order, lists=(replace(order.lists[0], code="报"),)),
        lambda order: replace(order, kind=MailingKind.CORRECTION),
        lambda order: replace(order, rehearsal=True),
    ],
)
def test_a_key_with_other_content_is_a_conflict(office: Office, change):
    order = make_order(office.store, make_audience(2), key="2026-128")
    mailing_id, _ = prepare_mailing(office, order, "cli:a")
    with pytest.raises(KeyConflictError) as raised:
        prepare_mailing(office, change(order), "cli:a")
    assert (raised.value.key, raised.value.mailing_id) == ("2026-128", mailing_id)
    assert len(mailings(office.store)) == 1
    assert actions(office.store) == ["mailing.made"]


def test_every_row_is_frozen_with_its_own_signed_id(office: Office):
    mailing_id, _ = prepare_mailing(office, make_order(office.store, make_audience(4)), "cli:a")
    rows = rows_of(office.store, mailing_id)
    assert [row.status for row in rows] == ["planned"] * 4
    for row in rows:
        token, _, domain = row.message_id.partition("@")
        assert (SIGNER.verify(token), domain) == (row.id, "office.example")
    assert disagreement(office.store, mailing_id) == ""


def test_whoever_gets_no_mail_is_a_row_with_the_reason(office: Office):
    entries = (
        make_entry(1),
        make_entry(2, withheld=Withheld.PAPER),
        make_entry(3, withheld=Withheld.NO_ADDRESS),
        make_entry(4, withheld=Withheld.SUPPRESSED),
        make_entry(5, withheld=Withheld.LEFT),
    )
    mailing_id, _ = prepare_mailing(office, make_order(office.store, Audience(entries)), "cli:a")
    rows = rows_of(office.store, mailing_id)
    assert [(row.status, row.reason) for row in rows] == [
        ("planned", ""), ("withheld", "paper"), ("withheld", "no_address"), ("withheld", "suppressed"), ("withheld", "left"),
    ]  # fmt: skip
    assert [bool(row.finished_at) for row in rows] == [False, True, True, True, True]
    assert [row.address for row in rows if not row.address] == ["", "", ""]
    assert disagreement(office.store, mailing_id) == ""


def test_one_address_gets_one_copy_of_the_list_that_comes_first_and_keeps_its_duties(office: Office):
    entries = (
        make_entry(1, "报", address="shared@x.example"),
        make_entry(2, "发", address="Shared@X.example"),
        make_entry(3, "发"),
    )
    mailing_id, _ = prepare_mailing(office, make_order(office.store, Audience(entries)), "cli:a")
    with office.store.read() as session:
        ledger = queries.ledger_sum(session, mailing_id)
        duties = [(row.list, row.name, row.recipient) for row in queries.report_rows(session, mailing_id)]
    assert (ledger.recipients, ledger.duties, list(ledger.by_list)) == (2, 3, ["报", "发"])
    assert [(row.list_code, row.lane, row.name) for row in rows_of(office.store, mailing_id)] == [
        ("报", 1, ""), ("发", 3, "收件3"),
    ]  # fmt: skip
    assert sorted(duties) == [
        ("发", "收件2", "shared@x.example"), ("发", "收件3", "r3@d0.example"), ("报", "收件1", "shared@x.example"),
    ]  # fmt: skip


def test_what_was_suppressed_after_the_audience_was_resolved_is_withheld(office: Office):
    order = make_order(office.store, make_audience(3))
    suppress(office.store, "r2@d2.example", START)
    mailing_id, _ = prepare_mailing(office, order, "cli:a")
    assert [row.status for row in rows_of(office.store, mailing_id)] == ["planned", "withheld", "planned"]
    assert disagreement(office.store, mailing_id) == ""


def test_an_audience_of_nobody_is_a_mailing_of_no_rows(office: Office):
    order = replace(make_order(office.store, make_audience(1)), audience=Audience(()))
    mailing_id, _ = prepare_mailing(office, order, "cli:a")
    assert (mailings(office.store)[0].status, mailings(office.store)[0].recipients) == ("prepared", 0)
    assert disagreement(office.store, mailing_id) == ""


def test_an_audience_is_the_same_rows_in_whatever_slices_it_comes(office: Office, monkeypatch: pytest.MonkeyPatch):
    """Addresses that several entries share lie in different slices; one that a list may not write to is another's."""
    entries = (
        make_entry(1, "报", address="a@x.example"),
        make_entry(2, "报", address="b@x.example", withheld=Withheld.SUPPRESSED),
        make_entry(3, "报", withheld=Withheld.PAPER),
        make_entry(4, "发", address="A@x.example"),
        make_entry(4, "发", address="c@x.example"),
        make_entry(5, "发", address="b@x.example"),
        make_entry(4, "发", address="C@x.example"),
        make_entry(6, "发", address="d@x.example", withheld=Withheld.SUPPRESSED),
    )
    found = []
    for size in (100, 3, 1):
        monkeypatch.setattr(freeze_audience.slices, "__defaults__", (size,))
        mailing_id, _ = prepare_mailing(office, make_order(office.store, Audience(entries), key=f"k{size}"), "cli:a")
        rows = rows_of(office.store, mailing_id)
        with office.store.read() as session:
            duties = [(row.list, row.name, row.recipient) for row in queries.report_rows(session, mailing_id)]
            counts = queries.ledger_sum(session, mailing_id).by_list
        kept = [(r.address, r.name, r.list_code, r.status, r.reason, bool(r.finished_at)) for r in rows]
        found.append((kept, sorted(duties), counts))
        assert disagreement(office.store, mailing_id) == ""
    assert found[0] == found[1] == found[2]
    assert [row[:5] for row in found[0][0]] == [
        ("a@x.example", "", "报", "planned", ""), ("b@x.example", "", "报", "planned", ""), ("", "收件3", "报", "withheld", "paper"),
        ("c@x.example", "第4单位", "发", "planned", ""), ("d@x.example", "收件6", "发", "withheld", "suppressed"),
    ]  # fmt: skip


# --- a freezing that does not come to its end ------------------------------------------------------------------------


class DiedError(Exception):
    pass


class DyingStore(Store):
    """Dies in the transaction of that number, in place of its commit."""

    def __init__(self, url: str, dies_in: int) -> None:
        super().__init__(url)
        self.left = dies_in

    @contextmanager
    def begin(self) -> Iterator[Session]:
        with super().begin() as session:
            yield session
            self.left -= 1
            if self.left == 0:
                raise DiedError


BIG = 5_001  # more than one slice


@pytest.fixture(scope="module")
def big_audience() -> Audience:
    one = make_entry(0)
    return Audience(
        tuple(
            replace(one, address=EmailAddress.parse(f"r{number}@d.example"), name=f"n{number}") for number in range(BIG)
        )
    )


@pytest.mark.parametrize("dies_in", [1, 2, 3])
def test_a_freezing_that_dies_is_invisible_and_continued(
    office: Office, clock: Clock, big_audience: Audience, dies_in: int
):
    order = make_order(office.store, big_audience)
    dying = DyingStore(office.store.url, dies_in)
    with pytest.raises(DiedError):
        prepare_mailing(replace(office, store=dying), order, "cli:a")
    dying.close()
    for row in mailings(office.store):
        assert (row.status, row.recipients) == ("draft", None)
        approve(office, row.id, "cli:a")
        assert release(office, row.id, "cli:a") == 0, "nothing of a draft goes out"
    boundary = [row.boundary for row in mailings(office.store)]
    clock.turn(minutes=1)
    mailing_id, created = prepare_mailing(office, order, "cli:a")
    row = mailings(office.store)[0]
    assert (created, row.status, row.recipients) == (not boundary, "prepared", BIG)
    assert boundary in ([], [row.boundary]), "every copy is of one kind"
    assert disagreement(office.store, mailing_id) == ""
    assert actions(office.store) == ["mailing.made"]


def test_a_freezing_that_another_call_took_over_stops_and_leaves_it_to_that_one(office: Office, big_audience: Audience):
    order = make_order(office.store, big_audience)

    class Interrupted(Store):
        """Lets another call begin after this one's first slice."""

        transactions = 0

        @contextmanager
        def begin(self) -> Iterator[Session]:
            with super().begin() as session:
                yield session
            self.transactions += 1
            if self.transactions == 2:
                other = DyingStore(self.url, 3)
                with pytest.raises(DiedError):
                    prepare_mailing(replace(office, store=other), order, "cli:b")
                other.close()

    slow = Interrupted(office.store.url)
    with pytest.raises(BeingPreparedError):
        prepare_mailing(replace(office, store=slow), order, "cli:a")
    slow.close()
    mailing_id, _ = prepare_mailing(office, order, "cli:c")
    assert len(rows_of(office.store, mailing_id)) == BIG
    assert disagreement(office.store, mailing_id) == ""


def test_the_same_trigger_from_three_sides_at_once_is_one_mailing(either: Store, clock: Clock):
    office = make_office(either, clock)
    order = make_order(either, make_audience(20))

    def trigger(number: int) -> tuple[int, bool, int]:
        mailing_id, created = prepare_mailing(office, order, f"cli:{number}")
        approve(office, mailing_id, f"cli:{number}")
        return mailing_id, created, release(office, mailing_id, f"cli:{number}")

    found = together(3, trigger)
    assert len({mailing_id for mailing_id, _, _ in found}) == 1
    assert sum(created for _, created, _ in found) == 1
    assert sorted(rows for _, _, rows in found) == [0, 0, 20]
    mailing_id = found[0][0]
    assert len(rows_of(either, mailing_id)) == 20
    assert {row.status for row in rows_of(either, mailing_id)} == {"queued"}
    assert disagreement(either, mailing_id) == ""
    assert sorted(actions(either)) == ["mailing.approved", "mailing.made", "mailing.released"]
    assert row_of(either, 1).queued_at == START
