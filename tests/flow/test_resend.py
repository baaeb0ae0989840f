"""补发 of an issue as it is now, to whom it did not reach and, asked for, to who came on the lists since."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select, update

from mailer.content.compose import PreparedMail
from mailer.flow.approve_mailing import approve
from mailer.flow.carry_follow_up import carry_on
from mailer.flow.import_recipients import import_recipients
from mailer.flow.office import Office
from mailer.flow.order_follow_up import Wish, order_follow_up
from mailer.flow.prepare_mailing import prepare_mailing
from mailer.flow.release_mailing import release
from mailer.flow.resend import NobodyToResendError, NotAsItWasError, resend
from mailer.model.follow_up import FollowUpKind
from mailer.store import core, queries
from mailer.store.engine import Store
from recipients import directory
from recipients.difference import Scope
from recipients.roster import read_roster
from recipients.spreadsheet import read
from tests.flow.following_up import revised
from tests.support.builders import START, make_order

HEAD = "单位,姓名,人员类别,邮箱\n"
FIRST = HEAD + "甲镇,张三,信息员,zhang@jia.example\n乙局,李四,信息员,li@yi.example\n"


def take_over(store: Store, rows: str, name: str = "a.csv") -> None:
    with store.begin() as session:
        roster = read_roster([(name, read(rows.encode()))])
        import_recipients(session, roster, Scope.ADD, START, "cli:test", source=name, file_hash=name)


def sent(office: Office) -> int:
    """To both; Li's copy came back."""
    with office.store.begin() as session:
        directory.seed_lists(session, 1)
    take_over(office.store, FIRST)
    with office.store.read() as session:
        audience = directory.resolve(session, ["发"], START)
    mailing_id, _ = prepare_mailing(office, make_order(office.store, audience), "cli:test")
    approve(office, mailing_id, "cli:test")
    release(office, mailing_id, "cli:test")
    settle(office.store, mailing_id)
    return mailing_id


def settle(store: Store, mailing_id: int) -> None:
    with store.begin() as session:
        mine = core.delivery.c.mailing_id == mailing_id
        session.execute(update(core.delivery).where(mine).values(status="accepted"))
        gone = core.delivery.c.address == "li@yi.example"
        session.execute(update(core.delivery).where(mine, gone).values(status="bounced", hard=True))
        session.execute(update(core.mailing).where(core.mailing.c.id == mailing_id).values(status="closed"))


def went_to(store: Store, mailing_id: int) -> set[str]:
    with store.read() as session:
        rows = session.execute(select(core.delivery.c.address).where(core.delivery.c.mailing_id == mailing_id))
        return set(rows.scalars())


def revision_of(store: Store, mailing_id: int) -> Any:
    with store.read() as session:
        contents = queries.mailing_contents(session, mailing_id)
        assert all(PreparedMail.load(payload) for payload in contents.values())
        return queries.mailing(session, mailing_id).revision_id


def test_late_joiners_get_one_only_when_asked_for(office: Office) -> None:
    base = sent(office)
    take_over(office.store, HEAD + "丙街道,王五,信息员,wang@bing.example\n", "b.csv")
    first = resend(office, base, "cli:test").mailing_id
    assert went_to(office.store, first) == {"li@yi.example"}
    settle(office.store, first)
    second = resend(office, base, "cli:test", with_late=True).mailing_id
    assert went_to(office.store, second) == {"li@yi.example", "wang@bing.example"}
    with office.store.begin() as session:
        session.execute(update(core.delivery).where(core.delivery.c.mailing_id == second).values(status="accepted"))
        session.execute(update(core.mailing).where(core.mailing.c.id == second).values(status="closed"))
    with pytest.raises(NobodyToResendError):
        resend(office, base, "cli:test", with_late=True)


def test_after_a_correction_the_corrected_one_is_sent_and_after_a_recall_none(office: Office) -> None:
    base = sent(office)
    new = revised(office.store)
    wish = Wish(FollowUpKind.CORRECTION, base, "有误", new)
    order_follow_up(office, wish, "cli:test")
    with pytest.raises(NotAsItWasError):
        resend(office, base, "cli:test")
    carry_on(office, "me")
    again = resend(office, base, "cli:test").mailing_id
    assert (went_to(office.store, again), revision_of(office.store, again)) == ({"li@yi.example"}, new)
    settle(office.store, again)
    order_follow_up(office, replace(wish, kind=FollowUpKind.RECALL, revision_id=None), "cli:test")
    carry_on(office, "me")
    with pytest.raises(NotAsItWasError):
        resend(office, base, "cli:test")
