"""Corrections and recalls: who holds the old one, who gets the new one, each once, whatever happens in between."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from mailer.flow.approve_mailing import ApprovalError, approve
from mailer.flow.carry_follow_up import carry_on
from mailer.flow.close_mailing import close_if_done, mend_what_is_over
from mailer.flow.control_mailing import resolve_in_doubt
from mailer.flow.office import Office
from mailer.flow.order_follow_up import FollowUpError, Ordered, Wish, order_follow_up
from mailer.flow.prepare_mailing import prepare_mailing
from mailer.flow.read_common_ledger import Stands, read_common_ledger
from mailer.flow.release_mailing import release, release_scheduled
from mailer.model.delivery import DeliveryStatus
from mailer.model.follow_up import FollowUpKind
from mailer.model.mailing import IllegalMailingTransitionError
from mailer.store import core, follow_up_book, freeze, queries
from mailer.store.engine import Store
from recipients.audience import Audience
from tests.flow.following_up import correct, counts, entry, in_mid_send, numbers, people, revised, set_status
from tests.support.builders import START, Clock, make_entry, make_office, make_order, make_sending

S = DeliveryStatus


@pytest.fixture
def house(store: Store, clock: Clock) -> Office:
    return make_office(store, clock)


@pytest.fixture
def both(either: Store, clock: Clock) -> Office:
    """The office on SQLite and on PostgreSQL."""
    return make_office(either, clock)


def test_a_correction_in_mid_send_waits_for_the_wire_and_then_everybody_gets_one_mail(both: Office) -> None:
    store, base = both.store, in_mid_send(both)
    new = revised(store)
    ordered = correct(both, base, new)
    assert (ordered.created, ordered.stopped) == (True, 3)
    assert carry_on(both, "me") == (), "number 4 is still with a worker: it may hold the old one in a moment"
    assert entry(store, ordered.number).state == "stopping"
    set_status(store, base, {4: S.ACCEPTED})
    released = carry_on(both, "me")
    row = entry(store, ordered.number)
    assert (row.state, released) == ("released", (row.holders_mailing_id, row.rest_mailing_id))
    assert numbers(store, row.holders_mailing_id) == {1, 2, 3, 4}
    assert numbers(store, row.rest_mailing_id) == {5, 7, 8}
    with store.read() as session:
        kinds = [queries.mailing(session, each).kind for each in released]
        assert queries.mailing(session, base).status == "cancelled"
        assert {queries.mailing(session, each).revision_id for each in released} == {new}
    assert kinds == ["correction", "first"]
    assert counts(store) == {"coming": 7, "none": 2}
    set_status(store, released[0], {1: S.ACCEPTED, 2: S.ACCEPTED, 3: S.ACCEPTED, 4: S.BOUNCED})
    set_status(store, released[1], dict.fromkeys((5, 7, 8), S.ACCEPTED))
    assert counts(store) == {"current": 6, "old": 1, "none": 2}
    with store.read() as session:
        ledger = read_common_ledger(session, 1, rehearsal=False)
    assert ledger is not None
    assert [(person.name, person.revision) for person in ledger.to_call] == [("收件4", 1)]
    assert ledger.by_revision == {2: 6, 1: 1, 0: 2}


def test_who_has_no_mailbox_is_told_on_paper_once(house: Office) -> None:
    base = in_mid_send(house)
    set_status(house.store, base, {4: S.ACCEPTED})
    ordered = correct(house, base, revised(house.store))
    carry_on(house, "me")
    row = entry(house.store, ordered.number)
    with house.store.read() as session:
        titles = [task.title for task in queries.open_tasks(session) if task.kind == "paper"]
        assert sorted(task.mailing_id for task in queries.open_tasks(session) if task.kind == "paper") == [
            base, row.holders_mailing_id
        ]  # fmt: skip
    assert len(titles) == 2
    assert counts(house.store)["none"] == 2, "6 and the one on paper, not twice"


def test_asked_for_twice_it_is_done_once(house: Office) -> None:
    base = in_mid_send(house)
    new = revised(house.store)
    first = correct(house, base, new)
    assert correct(house, base, new) == Ordered(first.number, created=False)
    set_status(house.store, base, {4: S.DEFERRED})
    carry_on(house, "me")
    assert correct(house, base, new, "同一稿再说一遍") == Ordered(first.number, created=False)
    assert carry_on(house, "somebody else") == ()
    with house.store.read() as session:
        assert len(session.execute(select(core.mailing.c.id)).all()) == 3


def test_two_people_press_at_once_and_it_is_done_once(both: Office) -> None:
    base = in_mid_send(both)
    set_status(both.store, base, {4: S.ACCEPTED})
    new = revised(both.store)
    at_once = threading.Barrier(2)

    def press() -> Ordered:
        at_once.wait(30)
        ordered = correct(both, base, new)
        carry_on(both, str(threading.get_ident()))
        return ordered

    with ThreadPoolExecutor(2) as pool:
        done = [each.result(60) for each in [pool.submit(press) for _ in range(2)]]
    carry_on(both, "whoever is left")
    assert sorted(each.created for each in done) == [False, True]
    assert len({each.number for each in done}) == 1
    row = entry(both.store, done[0].number)
    assert (row.state, numbers(both.store, row.holders_mailing_id)) == ("released", {1, 2, 3, 4})
    assert numbers(both.store, row.rest_mailing_id) == {5, 7, 8}
    with both.store.read() as session:
        assert len(session.execute(select(core.mailing.c.id)).all()) == 3


def test_killed_between_the_two_mailings_nobody_gets_both(both: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dies after the first is frozen; then late evidence says that number 3 never got the old one."""
    store, base = both.store, in_mid_send(both)
    set_status(store, base, {4: S.ACCEPTED})
    ordered = correct(both, base, revised(store))
    draft = entry(store, ordered.number).holders_mailing_id
    killed_after(monkeypatch, draft)
    with pytest.raises(KilledError):
        carry_on(both, "first")
    monkeypatch.undo()
    assert entry(store, ordered.number).state == "stopping"
    assert numbers(store, draft) == {1, 2, 3, 4}
    set_status(store, base, {3: S.CANCELLED})
    both.clock.turn(seconds=31)  # type: ignore[attr-defined]  # the test's clock
    carry_on(both, "second")
    row = entry(store, ordered.number)
    assert row.state == "released"
    assert numbers(store, row.rest_mailing_id) == {5, 7, 8}, "number 3 has its mail already"


class KilledError(Exception):
    """Where the process dies."""


def killed_after(monkeypatch: pytest.MonkeyPatch, mailing_id: int) -> None:
    """The process dies as soon as that mailing is frozen."""
    end = freeze.hold_draft

    def dying(session: Any, which: int, token: str, *, first: bool) -> bool:
        if which != mailing_id:
            raise KilledError
        return end(session, which, token, first=first)

    monkeypatch.setattr(freeze, "hold_draft", dying)


def test_a_correction_of_the_correction_reaches_whoever_holds_any_older_one(house: Office) -> None:
    store, base = house.store, in_mid_send(house)
    set_status(store, base, {4: S.ACCEPTED})
    first = correct(house, base, revised(store))
    carry_on(house, "me")
    row = entry(store, first.number)
    set_status(store, row.holders_mailing_id, {1: S.ACCEPTED})
    set_status(store, row.rest_mailing_id, {5: S.ACCEPTED})
    second = correct(house, row.rest_mailing_id, revised(store, words="第三稿"))
    carry_on(house, "me")
    again = entry(store, second.number)
    assert numbers(store, again.holders_mailing_id) == {1, 2, 3, 4, 5}
    assert numbers(store, again.rest_mailing_id) == {7, 8}
    with store.read() as session:
        standing = follow_up_book.standing(session, 1)
    assert standing is not None
    assert (standing.id, standing.revision) == (second.number, 3)


def test_an_issue_that_went_out_whole_is_corrected_for_its_holders_only(house: Office) -> None:
    base = make_sending(house, Audience(tuple(make_entry(n) for n in range(1, 4))))
    set_status(house.store, base, {1: S.ACCEPTED, 2: S.ACCEPTED, 3: S.IN_DOUBT})
    assert close_if_done(house.store, base, START)
    ordered = correct(house, base, revised(house.store))
    carry_on(house, "me")
    row = entry(house.store, ordered.number)
    assert row.rest_mailing_id is None
    assert numbers(house.store, row.holders_mailing_id) == {1, 2, 3}
    with house.store.read() as session:
        assert queries.mailing(session, base).status == "closed", "it was sent, and the ledger says so"
        assert len(session.execute(select(core.mailing.c.id)).all()) == 2, "a draft for nobody is dropped"


def test_nothing_of_the_old_one_is_sent_any_more_whatever_comes_back(both: Office) -> None:
    base = make_sending(both, Audience((make_entry(1), make_entry(2))))
    set_status(both.store, base, {1: S.ACCEPTED, 2: S.IN_DOUBT})
    close_if_done(both.store, base, START)
    correct(both, base, revised(both.store))
    carry_on(both, "me")
    with pytest.raises(IllegalMailingTransitionError):
        resolve_in_doubt(both, base, "cli:test", resend=True)
    set_status(both.store, base, {2: S.DEFERRED})  # a journal that turned up late
    with both.store.begin() as session:
        mend_what_is_over(session, START)
    assert people(both.store, base)["r2@d2.example"] == "cancelled"
    with both.store.read() as session:
        assert queries.mailing(session, base).status == "closed"


def test_what_was_only_scheduled_is_given_up(house: Office) -> None:
    base = in_mid_send(house)
    waiting = make_sending(house, Audience((make_entry(20, "报"),)), key="scheduled")
    with house.store.begin() as session:
        session.execute(
            update(core.mailing).where(core.mailing.c.id == waiting).values(status="scheduled", released_at=None)
        )
    correct(house, base, revised(house.store))
    with house.store.read() as session:
        assert queries.mailing(session, waiting).status == "cancelled"


def test_an_old_revision_that_was_just_being_prepared_is_not_released(office: Office) -> None:
    base = in_mid_send(office)
    set_status(office.store, base, {4: S.ACCEPTED})
    correct(office, base, revised(office.store))
    carry_on(office, "me")
    late, _ = prepare_mailing(
        office, make_order(office.store, Audience((make_entry(30, "报"),)), key="late"), "cli:test"
    )
    approve(office, late, "cli:test")
    with pytest.raises(ApprovalError) as raised:
        release(office, late, "cli:test")
    assert raised.value.code == "overtaken"
    schedule_for(office, late)
    with office.store.begin() as session:
        release_scheduled(session, START)
    with office.store.read() as session:
        assert queries.mailing(session, late).status == "held"


def schedule_for(office: Office, mailing_id: int) -> None:
    with office.store.begin() as session:
        session.execute(
            update(core.mailing).where(core.mailing.c.id == mailing_id).values(status="scheduled", scheduled_at=START)
        )


def test_a_recall_tells_exactly_those_who_hold_it(both: Office) -> None:
    store, base = both.store, in_mid_send(both)
    set_status(store, base, {4: S.BOUNCED})
    wish = Wish(FollowUpKind.RECALL, base, "文件尚未定稿")
    ordered = order_follow_up(both, wish, "cli:test")
    with store.read() as session:
        standing = follow_up_book.standing(session, 1)
    assert standing is not None
    assert (standing.kind, standing.note) == ("recall", "文件尚未定稿"), "from the moment it is ordered"
    carry_on(both, "me")
    row = entry(store, ordered.number)
    assert (row.rest_mailing_id, numbers(store, row.holders_mailing_id)) == (None, {1, 2, 3})
    assert counts(store) == {"coming": 3, "none": 6}
    assert order_follow_up(both, wish, "cli:test") == Ordered(ordered.number, created=False)
    with pytest.raises(FollowUpError, match="已经撤回"):
        correct(both, base, revised(store))


@pytest.mark.parametrize(
    ("change", "code"),
    [({"note": " "}, "no_note"), ({"revision_id": 1}, "same"), ({"revision_id": 99}, "other_issue")],
)
def test_what_makes_no_sense_is_refused_and_nothing_is_stopped(
    office: Office, change: dict[str, Any], code: str
) -> None:
    base = in_mid_send(office)
    new = revised(office.store) if code != "same" else 1
    wish = replace(Wish(FollowUpKind.CORRECTION, base, "有误", new), **change)
    with pytest.raises(FollowUpError) as raised:
        order_follow_up(office, wish, "cli:test")
    assert raised.value.code == code
    with office.store.read() as session:
        assert queries.mailing(session, base).status == "sending"
        assert len(session.execute(select(core.mailing.c.id)).all()) == 1


def test_every_standing_has_its_words() -> None:
    assert all(stands.label(kind) for stands in Stands for kind in FollowUpKind)
