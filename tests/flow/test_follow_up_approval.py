"""Corrections where another account answers for them: they wait, are approved as a whole, are given up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest

from mailer.flow.approve_mailing import ApprovalError
from mailer.flow.carry_follow_up import approve_follow_up, binding, carry_on, give_up, part
from mailer.flow.control_mailing import cancel
from mailer.flow.office import Office
from mailer.flow.order_follow_up import Wish, order_follow_up
from mailer.model.delivery import DeliveryStatus
from mailer.model.follow_up import FollowUpKind
from mailer.store import follow_up_book, queries
from tests.flow.following_up import correct, entry, in_mid_send, people, revised, set_status, system_mode

S = DeliveryStatus


def test_where_another_account_approves_all_is_stopped_and_waits(office: Office) -> None:
    base = in_mid_send(office)
    system_mode(office.store)
    set_status(office.store, base, {4: S.ACCEPTED})
    new = revised(office.store, by="account:编辑")
    ordered = order_follow_up(office, Wish(FollowUpKind.CORRECTION, base, "有误", new), "account:经办")
    assert carry_on(office, "me") == ()
    row = entry(office.store, ordered.number)
    assert row.state == "prepared"
    with office.store.read() as session:
        seen = binding(session, row)
    for own in ("account:经办", "account:编辑"):
        with pytest.raises(ApprovalError) as raised:
            approve_follow_up(office, row.id, own, seen=seen)
        assert raised.value.code == "own_work"
    with pytest.raises(ApprovalError) as raised:
        approve_follow_up(office, row.id, "account:主任", seen="another")
    assert raised.value.code == "not_what_was_seen"
    assert approve_follow_up(office, row.id, "account:主任", seen=seen)
    assert not approve_follow_up(office, row.id, "account:主任", seen=seen)
    assert carry_on(office, "me") == (row.holders_mailing_id, row.rest_mailing_id)
    with office.store.read() as session:
        assert {
            queries.mailing(session, each).approved_by for each in (row.holders_mailing_id, row.rest_mailing_id)
        } == {"account:主任"}


def test_given_up_nobody_is_told_and_it_can_be_ordered_anew(office: Office) -> None:
    base = in_mid_send(office)
    system_mode(office.store)
    set_status(office.store, base, {4: S.ACCEPTED})
    new = revised(office.store)
    first = correct(office, base, new)
    carry_on(office, "me")
    assert give_up(office, first.number, "account:经办")
    assert not give_up(office, first.number, "account:经办")
    row = entry(office.store, first.number)
    assert set(people(office.store, row.rest_mailing_id).values()) == {"cancelled"}
    second = correct(office, base, new)
    assert second.created
    with office.store.read() as session:
        parted = part(session, follow_up_book.entry(session, second.number))
    assert (names(parted.holders), names(parted.rest)) == ({1, 2, 3, 4}, {5, 7, 8})


def names(entries: Sequence[Any]) -> set[int]:
    return {int(each.name.removeprefix("收件")) for each in entries if each.address is not None}


def test_what_a_person_cancels_of_it_meanwhile_stays_cancelled(office: Office) -> None:
    base = in_mid_send(office)
    system_mode(office.store)
    set_status(office.store, base, {4: S.ACCEPTED})
    ordered = correct(office, base, revised(office.store))
    carry_on(office, "me")
    row = entry(office.store, ordered.number)
    cancel(office, row.rest_mailing_id, "account:经办")
    with office.store.read() as session:
        seen = binding(session, row)
    assert approve_follow_up(office, row.id, "account:主任", seen=seen)
    assert carry_on(office, "me") == (row.holders_mailing_id,)
    assert entry(office.store, row.id).state == "released"
    with office.store.read() as session:
        assert queries.mailing(session, row.rest_mailing_id).status == "cancelled"
