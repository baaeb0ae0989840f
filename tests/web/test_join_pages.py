"""Asking to be put on a list: the form that tells nothing, the mail to the owner, the confirmation, the way the list decides."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from sqlalchemy import select, update

from mailer import wiring
from mailer.flow import change_requests
from mailer.flow.office import Office
from mailer.model.links import Purpose
from mailer.settings import Settings
from mailer.store import queries
from mailer.store.engine import Store
from mailer.wake.local import LocalWake
from recipients import directory, tables
from recipients.list_policy import ListPolicy
from recipients.suppression import Suppression, SuppressionReason
from tests.web.public_site import Site, open_list, public_site
from tests.web.sample_directory import take_over

FORM = f"/subscribe/{quote('发')}"
NEW, SHEN = "new@nowhere.example", "shen@qinglan.example"


@pytest.fixture
def office(settings: Settings, store: Store) -> Office:
    office = wiring.office_of(settings, store, LocalWake())
    take_over(store, office)
    open_list(store, ListPolicy(joining="open"))
    return office


@pytest.fixture
def site(settings: Settings, store: Store, office: Office) -> Iterator[Site]:
    with public_site(settings, store) as site:
        yield site


def fill_in(site: Site, office: Office, address: str = NEW, *, seconds: int = 60, **fields: str) -> Any:
    """The form as somebody sends it who looked at it for so long."""
    shown = site.links.token(Purpose.FORM, int(office.clock.now().timestamp()) - seconds)
    return site.post(
        FORM, {"name": "冯新", "unit": "区某局", "address": address, "shown": shown, "act": "join", **fields}
    )


def waiting(store: Store) -> list[tables.JoinRequest]:
    with store.read() as session:
        found = list(session.scalars(select(tables.JoinRequest).order_by(tables.JoinRequest.id)))
        session.expunge_all()
        return found


def codes_of(office: Office, address: str) -> list[str]:
    with office.store.read() as session:
        return [each.code for each in directory.lists_of(session, address, office.clock.now())]


def turn_back(store: Store, by: timedelta) -> None:
    """What was entered was entered earlier."""
    with store.begin() as session:
        for row in session.scalars(select(tables.JoinRequest)):
            row.created_at -= by


def test_only_lists_that_are_open_for_it_can_be_asked_for(site: Site, store: Store, office: Office):
    assert "发各单位" in site.get("/subscribe").text
    assert "报送领导" not in site.get("/subscribe").text
    for code in ("报", "送", "no-such-list", "发'--"):
        assert site.get(f"/subscribe/{quote(code)}").status == 404
        shown = site.links.token(Purpose.FORM, int(office.clock.now().timestamp()) - 60)
        assert site.post(f"/subscribe/{quote(code)}", {"name": "x", "address": NEW, "shown": shown}).status == 404
    open_list(store, ListPolicy())
    assert "没有开放申请的名单" in site.get("/subscribe").text
    assert fill_in(site, office).status == 404
    with store.begin() as session:
        directory.set_policy(session, "发", ListPolicy(joining="open"), is_duty=True)
    assert fill_in(site, office).status == 404, "nobody asks to be put on a duty list"
    assert waiting(store) == []


def test_the_answer_is_the_same_for_known_unknown_stopped_and_repeated_addresses(
    site: Site, store: Store, office: Office
):
    with store.begin() as session:
        stop = Suppression("stopped@nowhere.example", SuppressionReason.OFFICE)
        directory.suppress(session, stop, office.clock.now(), "cli:test", by_person=True)
    answers = [
        fill_in(site, office, address) for address in (NEW, NEW, SHEN, SHEN.upper(), "stopped@nowhere.example")
    ] + [fill_in(site, office, "robot@nowhere.example", website="https://spam.example")]
    assert {(answer.status, answer.text) for answer in answers} == {(200, answers[0].text)}
    assert [row.address_key for row in waiting(store)] == [NEW, "stopped@nowhere.example"]


@pytest.mark.parametrize(
    ("seconds", "is_taken"), [(-9, False), (0, False), (1, False), (2, True), (86_400, True), (86_401, False)]
)
def test_a_form_sent_too_fast_or_too_late_comes_back_as_it_was(
    settings: Settings, store: Store, office: Office, seconds: int, is_taken: bool
):
    now = office.clock.now().replace(microsecond=0)
    with public_site(settings, store, lambda: now) as site:
        shown = site.links.token(Purpose.FORM, int(now.timestamp()) - seconds)
        answer = fill_in(site, office, shown=shown)
    assert answer.status == (200 if is_taken else 422)
    assert len(waiting(store)) == is_taken
    if not is_taken:
        assert "再按一次" in answer.text
        assert NEW in answer.text


def test_a_stamp_of_another_kind_is_no_stamp(site: Site, store: Store, office: Office):
    now = int(office.clock.now().timestamp()) - 60
    for shown in ("", "x", site.links.token(Purpose.JOIN, now), site.links.token(Purpose.LEAVE, now)):
        assert fill_in(site, office, shown=shown).status == 422
    assert waiting(store) == []


@pytest.mark.parametrize(
    ("fields", "said"),
    [({"name": ""}, "请填写姓名"), ({"name": "王" * 61}, "最多 60 个字"), ({"address": "nobody"}, "邮箱不能用"),
     ({"address": "a@b.example, c@d.example"}, "邮箱不能用")],
)  # fmt: skip
def test_what_cannot_be_used_is_said(site: Site, store: Store, office: Office, fields: dict[str, str], said: str):
    answer = fill_in(site, office, **fields)
    assert (answer.status, said in answer.text) == (422, True)
    assert waiting(store) == []


def test_one_network_and_all_together_have_budgets(site: Site, store: Store, office: Office):
    for number in range(8):
        site.client = f"198.51.100.{number}"  # one /24
        fill_in(site, office, f"a{number}@nowhere.example")
    assert len(waiting(store)) == 5
    for number in range(80):
        site.client = f"10.7.{number}.1"
        fill_in(site, office, f"b{number}@nowhere.example")
    assert len(waiting(store)) == 60
    with store.read() as session:
        assert [row.kind for row in queries.open_tasks(session)] == ["join_flood"]
    turn_back(store, timedelta(hours=1, minutes=1))
    fill_in(site, office, "c@nowhere.example")
    assert len(waiting(store)) == 61


def test_an_address_is_written_to_once_a_day(site: Site, store: Store, office: Office):
    fill_in(site, office)
    turn_back(store, timedelta(hours=23))
    fill_in(site, office)
    assert len(waiting(store)) == 1
    turn_back(store, timedelta(hours=2))
    fill_in(site, office)
    assert len(waiting(store)) == 2


def test_nothing_happens_before_the_owner_presses_the_button(site: Site, store: Store, office: Office):
    fill_in(site, office)
    (row,) = waiting(store)
    path = site.link(Purpose.JOIN, row.id)
    for method in ("GET", "HEAD"):
        assert site.get(path, method=method).status == 200
    assert "n***w@nowhere.example" in site.get(path).text
    assert NEW not in site.get(path).text
    assert site.post(path).status == 400
    assert codes_of(office, NEW) == []
    assert "已加入" in site.post(path, {"act": "join"}).text
    assert codes_of(office, NEW) == ["发"]
    assert "已加入" in site.post(path, {"act": "join"}).text
    assert "已经确认过了" in site.get(path).text
    with store.read() as session:
        ((wanted, (holder,)),) = directory.duties_of(session, NEW, office.clock.now())
    assert (wanted.code, holder.name, holder.post.unit.name, holder.note) == (
        "发",
        "冯新",
        "自行加入",
        "自报单位：区某局",
    )


def test_who_left_and_asks_again_is_written_to_again(site: Site, store: Store, office: Office):
    with store.begin() as session:
        stop = Suppression(NEW, SuppressionReason.ASKED, "发")
        directory.suppress(session, stop, office.clock.now(), "cli:test", by_person=True)
    fill_in(site, office)
    (row,) = waiting(store)
    site.post(site.link(Purpose.JOIN, row.id), {"act": "join"})
    with store.read() as session:
        assert directory.active_suppressions(session, office.clock.now(), NEW) == []
    assert codes_of(office, NEW) == ["发"]


def test_on_a_list_with_approval_the_office_decides(site: Site, store: Store, office: Office):
    open_list(store, ListPolicy(joining="approval"))
    fill_in(site, office)
    (row,) = waiting(store)
    path = site.link(Purpose.JOIN, row.id)
    for _ in range(2):
        assert "已转给编发单位" in site.post(path, {"act": "join"}).text
    assert codes_of(office, NEW) == []
    with store.read() as session:
        (wish,) = directory.open_requests(session)
    assert wish.id is not None
    assert wish.told == f"{NEW} 要求加入名单（发）：冯新"
    change_requests.answer(office, wish.id, "cli:test", granted=True, words="")
    assert codes_of(office, NEW) == ["发"]


def test_an_old_or_closed_confirmation_changes_nothing(site: Site, store: Store, office: Office):
    fill_in(site, office)
    (row,) = waiting(store)
    path = site.link(Purpose.JOIN, row.id)
    turn_back(store, timedelta(days=4))
    assert site.get(path).status == site.post(path, {"act": "join"}).status == 404
    with store.begin() as session:
        session.execute(update(tables.JoinRequest).values(created_at=office.clock.now()))
    open_list(store, ListPolicy())
    assert site.post(path, {"act": "join"}).status == 404
    answers = [site.get(each) for each in (path, site.link(Purpose.JOIN, 999), "/join/x")]
    assert len({(answer.status, answer.text) for answer in answers}) == 1
    assert codes_of(office, NEW) == []


def test_rules_do_not_take_along_who_asked_for_one_list(site: Site, store: Store, office: Office):
    """A list whose rule says «everybody» is another list all the same."""
    with store.begin() as session:
        list_id = session.scalars(select(tables.DistributionList.id).where(tables.DistributionList.code == "送")).one()
        session.add(tables.ListRule(list_id=list_id, sign="plus", unit_group="", except_group="", roles=[]))
    fill_in(site, office)
    (row,) = waiting(store)
    site.post(site.link(Purpose.JOIN, row.id), {"act": "join"})
    assert codes_of(office, NEW) == ["发"]
    assert codes_of(office, SHEN) == ["送", "发"]


def test_the_forms_page_is_shown_to_who_looks(settings: Settings, store: Store, office: Office):
    with public_site(replace(settings, reply_to="a@office.example"), store) as site:
        page = site.get(FORM).text
    assert "申请接收：发各单位" in page
    assert 'name="website"' in page
