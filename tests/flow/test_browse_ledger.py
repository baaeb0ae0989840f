"""The ledger leaf by leaf against the ledger as a whole: the same people, the same words, the same sums; on both databases."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import text

from mailer.flow.browse_ledger import read_head, read_leaf
from mailer.flow.ledger_pace import Budget, read_pace, read_troubles
from mailer.flow.read_ledger import read_ledger
from mailer.flow.search_ledger import search
from mailer.model.delivery import TROUBLE, DeliveryStatus
from mailer.model.mailing import MailingEventKind as E
from mailer.store import ledger_reads, writes
from mailer.store.core import delivery, lease
from mailer.store.engine import Store
from mailer.store.ledger_reads import Need, Wanted
from tests.web.sample_ledger import RELEASED_AT, Row, make_mailing, realistic

S = DeliveryStatus
NOW = RELEASED_AT + timedelta(minutes=5)
LATER = {"due_at": RELEASED_AT + timedelta(minutes=30)}
FREE = Budget("relay", 0, 0)


def every_kind() -> list[Row]:
    """Every status, with and without a time, on two lists; each in a unit of its own but for the realistic ones."""
    rows = realistic(sending=True)
    for n, status in enumerate(DeliveryStatus):
        for k, extra in enumerate(({"due_at": None}, LATER)):
            code = "报" if n % 2 else "发"
            address = f"x{n}{k}@other.example"
            rows.append(Row(code, f"单位{n}{k}", name=f"人{n}{k}", status=status, address=address, extra=extra))
    return rows


def test_the_leaves_are_the_ledger(either: Store):
    make_mailing(either, [Row()], key="another", number=1)
    mailing = make_mailing(either, every_kind())
    with either.read() as session:
        whole = read_ledger(session, mailing, NOW)
        entries = [
            entry
            for n in range(1, 99)
            for entry in read_leaf(session, mailing, Wanted(), NOW, number=n, size=7)[0].entries
            if n <= -(-whole.sum.total // 7)
        ]
        silent = ledger_reads.silent_units(session, mailing)
    lines = [
        (duty.unit, duty.name, duty.post, entry.status, entry.cause, entry.todo, entry.needs_person)
        for entry in entries
        for duty in entry.duties
    ]
    assert lines == [(x.unit, x.name, x.post, x.status, x.cause, x.todo, x.needs_person) for x in whole.lines]
    assert tuple(silent) == whole.units_without_anybody


def test_what_the_counters_say_is_what_there_is(either: Store):
    mailing = make_mailing(either, every_kind())
    with either.read() as session:
        head, tallies = read_head(session, mailing, NOW)
        for code in ("", "报", "发"):
            for need in (None, *Need):
                for status in (None, *DeliveryStatus):
                    wanted = Wanted(need, code, status)
                    n = tallies.count(need=need, list_code=code, status=status)
                    assert n == ledger_reads.how_many(session, mailing, wanted), wanted
        whole = read_ledger(session, mailing, NOW)
    assert sum(tallies.count(need=need) for need in Need) == head.sum.total
    assert head.parked == whole.parked == 2  # queued and deferred without a time


def test_the_last_leaf_is_given_where_there_are_fewer(either: Store):
    mailing = make_mailing(either, [Row(name=f"人{n}", address=f"a{n}@x.example") for n in range(5)])
    with either.read() as session:
        leaf, number = read_leaf(session, mailing, Wanted(), NOW, number=99, size=2)
        assert (number, [entry.duties[0].name for entry in leaf.entries]) == (3, ["人4"])
        empty, number = read_leaf(session, mailing, Wanted(unit="nowhere"), NOW, number=2, size=2)
        assert (number, empty.found, empty.entries) == (1, 0, ())


def test_troubled_rows_are_found_by_their_index(store: Store):
    """The statement spells the predicate as the index does; otherwise every look would walk all rows."""
    mailing = make_mailing(store, realistic(sending=True))
    wanted = [Wanted(Need.PERSON), *(Wanted(status=status) for status in TROUBLE)]
    with store.read() as session:
        for each in wanted:
            query = ledger_reads._chosen(delivery.select(), mailing, each)
            plain = str(query.compile(session.get_bind(), compile_kwargs={"literal_binds": True}))
            plan = session.execute(text("EXPLAIN QUERY PLAN " + plain)).all()
            assert any("ix_delivery_trouble" in str(step) for step in plan), (each, plan)


def test_a_search_escapes_what_like_would_read(either: Store):
    mailing = make_mailing(either, [Row(name="百分之百 100%", address="a_b@x.example"), Row(address="axb@x.example")])
    with either.read() as session:
        found = {query: search(session, mailing, query) for query in ("100%", "%", "a_b", "_", "X.EXAMPLE", " ", "\\")}
    assert {query: len(ids) for query, ids in found.items()} == {
        "100%": 1, "%": 1, "a_b": 1, "_": 1, "X.EXAMPLE": 2, " ": 0, "\\": 0,
    }  # fmt: skip


# --- pace and trouble -------------------------------------------------------------------------------------------------


def _lease(store: Store, mailing: int, begun_to: int, granted: timedelta, expires: timedelta) -> None:
    with store.begin() as session:
        session.execute(
            lease.insert().values(
                id=writes.next_ids(session, "lease", 1),
                mailing_id=mailing,
                worker_id="w",
                epoch="e",
                state="open",
                size=500,
                begun_to=begun_to,
                granted_at=NOW + granted,
                expires_at=NOW + expires,
            )
        )  # fmt: skip


@pytest.fixture
def queued(store: Store) -> int:
    rows = [Row(status=S.QUEUED, address=f"a{n}@x.example", extra={"due_at": RELEASED_AT}) for n in range(90)]
    return make_mailing(store, rows)


def _pace(store: Store, mailing: int, budget: Budget = FREE) -> Any:
    with store.read() as session:
        return read_pace(session, read_head(session, mailing, NOW)[0], budget)


def test_the_rate_is_that_of_the_leases_alive(store: Store, queued: int):
    assert (_pace(store, queued).per_minute, _pace(store, queued).left) == (None, None)
    _lease(store, queued, 5_000, -timedelta(hours=2), -timedelta(hours=1))  # long over
    _lease(store, queued, 60, -timedelta(minutes=2), timedelta(minutes=1))
    _lease(store, queued, 30, -timedelta(minutes=1), timedelta(minutes=1))
    pace = _pace(store, queued)
    assert (pace.waiting, pace.per_minute, pace.left) == (90, 45.0, timedelta(minutes=2))
    with store.begin() as session:
        writes.move_mailing(session, queued, E.PAUSED)
    assert _pace(store, queued).per_minute is None


def test_without_a_lease_the_limit_is_the_rate_and_a_spent_day_says_when(store: Store, queued: int):
    assert _pace(store, queued, Budget("relay", 30, 0)).left == timedelta(minutes=3)
    with store.begin() as session:
        writes.grant_pace(session, "relay", NOW - timedelta(hours=20), 50)
        writes.grant_pace(session, "relay", NOW - timedelta(hours=1), 38)
    assert _pace(store, queued, Budget("relay", 30, 89)).resumes_at is None
    assert _pace(store, queued, Budget("relay", 30, 88)).resumes_at == NOW + timedelta(hours=4)


def test_trouble_is_told_by_domain_and_only_when_it_is_the_domains(store: Store):
    def row(domain: str, n: int, status: DeliveryStatus, reason: str, fault: str, **extra: Any) -> Row:
        return Row(status=status, reason=reason, fault=fault, address=f"a{n}@{domain}", extra=extra)

    rows = [
        row("fast.example", 1, S.DEFERRED, "speeding", "rate", **LATER),
        row("grey.example", 1, S.DEFERRED, "greylisted", "network", **LATER),
        *(row("slow.example", n, S.DEFERRED, "networkerror", "network", **LATER) for n in range(3)),
        *(row("people.example", n, S.BOUNCED, "userunknown", "recipient") for n in range(9)),
        row("gone.example", 1, S.BOUNCED, "hostunknown", "recipient"),
        *(row("spam.example", n, S.DEFERRED, "spamdetected", "content", due_at=None) for n in range(2)),
    ]
    mailing = make_mailing(store, rows)
    with store.begin() as session:
        writes.hold_domain(session, mailing, "fast.example", reason="speeding", now=NOW, until=NOW + timedelta(hours=1))
    with store.read() as session:
        troubles = {each.domain: each for each in read_troubles(session, mailing, NOW)}
    assert list(troubles) == ["spam.example", "fast.example", "slow.example", "gone.example"]
    assert troubles["spam.example"].is_stopped
    assert "已停发这个域名，2 封等人处理；其他单位不受影响。" in troubles["spam.example"].sentence
    assert "发信速度或数量超过对方限制。这个域名先停一停，1 封稍后自动再试" in troubles["fast.example"].sentence
    assert troubles["fast.example"].next_due == NOW + timedelta(hours=1)
    assert "3 封稍后自动再试" in troubles["slow.example"].sentence
    assert troubles["gone.example"].sentence.startswith("找不到收件地址 @ 后面的邮件域名。1 封退回。")
