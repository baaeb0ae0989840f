"""One person at a time: every past day stays as it was, lists go along, nothing is entered twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from mailer.flow import edit_lists, edit_people, reorganise_units
from mailer.flow.office import Office
from mailer.store.engine import Store
from recipients import directory
from recipients.address import EmailAddress
from recipients.audience import Rule, Withheld
from recipients.directory.list_book import ListError, list_entry
from recipients.directory.person_book import PersonError, person
from recipients.directory.unit_book import posts_of, unit_book
from recipients.people import Holder, Post, Unit
from tests.support.builders import Clock, make_office
from tests.web.sample_directory import PEOPLE, holder_id, take_over

DAY = timedelta(days=1)


@pytest.fixture
def peopled(store: Store, clock: Clock) -> Office:
    return people_in(store, clock)


def people_in(store: Store, clock: Clock) -> Office:
    office = make_office(store, clock)
    with store.begin() as session:
        directory.seed_lists(session, 1)
    take_over(store, office)
    clock.turn(hours=1)
    return office


def on_list(office: Office, code: str, at=None) -> list[tuple[str, str, str | None]]:
    with office.store.read() as session:
        entries = directory.members(session, code, at or office.clock.now()).entries
    return [(e.unit, e.name, e.address.key if e.address else None) for e in entries]


def holder_of(office: Office, found: int) -> Holder:
    with office.store.read() as session:
        entry = person(session, found, office.clock.now())
    assert entry
    return entry.holder


def actions(office: Office) -> list[str]:
    from mailer.store.core import audit  # noqa: PLC0415

    with office.store.read() as session:
        return [row.action for row in session.execute(audit.select().order_by(audit.c.id))]


def test_a_new_telephone_begins_today_and_the_lists_go_along(peopled: Office, clock: Clock):
    before = holder_id(peopled.store, peopled, "沈可远")
    edit_lists.put(peopled, "送", before, "account:a", is_plus=True)
    then = clock.now()
    clock.turn(hours=1)
    after = replace(holder_of(peopled, before), phone="000-9")
    new = edit_people.change(peopled, before, after, clock.now(), "account:a")
    assert holder_of(peopled, new).phone == "000-9"
    assert holder_of(peopled, before).phone == "000-6000116"
    assert on_list(peopled, "送") == on_list(peopled, "送", then) == [("望云街道", "沈可远", "shen@qinglan.example")]
    assert actions(peopled)[-2:] == ["list.member_added", "person.changed"]


def test_the_post_passes_on_with_its_lists(either: Store, clock: Clock):
    peopled = people_in(either, clock)
    old = holder_id(peopled.store, peopled, "沈可远")
    edit_lists.put(peopled, "报", old, "account:a", is_plus=True)
    post = holder_of(peopled, old).post
    successor = Holder(post, "钱多", (EmailAddress.parse("qian@qinglan.example"),))
    tomorrow = clock.now() + DAY
    edit_people.hand_over(peopled, old, successor, tomorrow, "account:a")
    assert ("望云街道", "沈可远", "shen@qinglan.example") in on_list(peopled, "报")
    later = on_list(peopled, "报", tomorrow)
    assert ("望云街道", "钱多", "qian@qinglan.example") in later
    assert "沈可远" not in [name for _, name, _ in later]
    with peopled.store.read() as session:
        unit = next(one.id for one in unit_book(session, clock.now()) if one.name == "望云街道")
        posts = dict(posts_of(session, unit))
    assert [one.name for one in posts["信息员"]] == ["钱多", "沈可远"]


def test_who_left_is_told_on_the_list_that_names_them(peopled: Office, clock: Clock):
    found = holder_id(peopled.store, peopled, "沈可远")
    edit_lists.put(peopled, "送", found, "account:a", is_plus=True)
    edit_people.leave(peopled, found, clock.now(), "account:a")
    with peopled.store.read() as session:
        (entry,) = directory.members(session, "送", clock.now()).entries
    assert entry.withheld is Withheld.LEFT
    assert ("望云街道", "沈可远", "shen@qinglan.example") not in on_list(peopled, "发")
    with pytest.raises(PersonError, match="已经离任"):
        edit_people.leave(peopled, found, clock.now(), "account:a")


def test_the_same_person_is_not_entered_twice_and_the_unit_must_be_there(peopled: Office, clock: Clock):
    again = Holder(Post(Unit("望云街道"), "信息员"), "沈可远", (EmailAddress.parse("x@x.example"),))
    with pytest.raises(PersonError, match="已经有沈可远"):
        edit_people.enter(peopled, again, clock.now(), "account:a")
    with pytest.raises(PersonError, match="没有叫"):
        edit_people.enter(peopled, replace(again, post=Post(Unit("无此局"), "信息员")), clock.now(), "account:a")
    other = replace(again, name="孙言")
    made = edit_people.enter(peopled, other, clock.now(), "account:a")
    with pytest.raises(PersonError, match="已经有沈可远"):
        edit_people.change(peopled, made, again, clock.now(), "account:a")
    with pytest.raises(PersonError, match="什么都没有改"):
        edit_people.change(peopled, made, other, clock.now(), "account:a")
    assert actions(peopled).count("person.entered") == 1


def test_rules_and_single_people_make_a_list_and_can_be_taken_back(peopled: Office, clock: Clock):
    before = on_list(peopled, "送")
    edit_lists.add_rule(peopled, "送", Rule(group="镇街", roles=("信息员",)), "account:a")
    assert [unit for unit, _, _ in on_list(peopled, "送")] == ["望云街道", "松陵镇"]
    with pytest.raises(ListError, match="已经有这条规则"):
        edit_lists.add_rule(peopled, "送", Rule(group="镇街", roles=("信息员",)), "account:a")
    found = holder_id(peopled.store, peopled, "沈可远")
    edit_lists.put(peopled, "送", found, "account:a", is_plus=False)
    assert [unit for unit, _, _ in on_list(peopled, "送")] == ["松陵镇"]
    edit_lists.put(peopled, "送", found, "account:a", is_plus=True)
    with peopled.store.read() as session:
        entry = list_entry(session, "送", clock.now())
    assert entry
    assert [(one.name, one.is_plus) for one in entry.singles] == [("沈可远", True)]
    assert edit_lists.leave_to_rules(peopled, "送", found, "account:a")
    assert not edit_lists.leave_to_rules(peopled, "送", found, "account:a")
    edit_lists.remove_rule(peopled, "送", entry.rules[0][0], "account:a")
    assert on_list(peopled, "送") == before == []
    edit_lists.reword(peopled, "送", name="送单位", phrase="各有关单位", actor="account:a")
    with peopled.store.read() as session:
        entry = list_entry(session, "送", clock.now())
    assert entry
    assert (entry.name, entry.phrase) == ("送单位", "各有关单位")


def test_the_book_of_units_knows_every_name_and_the_end(either: Store, clock: Clock):
    peopled = people_in(either, clock)
    reorganise_units.add(peopled, "新设局", "委办局", clock.now(), "account:a")
    reorganise_units.rename(peopled, "松陵镇", "松陵街道", clock.now(), "account:a")
    reorganise_units.add_alias(peopled, "区科协", "科协", "account:a")
    reorganise_units.merge(peopled, "望云街道", "松陵街道", clock.now(), "account:a")
    reorganise_units.regroup(peopled, "新设局", "镇街", "account:a")
    clock.turn(minutes=1)
    with peopled.store.read() as session:
        open_ones = unit_book(session, clock.now())
        every = {one.name: one for one in unit_book(session, clock.now(), also_ended=True)}
    assert [one.name for one in open_ones] == ["区政府", "松陵街道", "区科协", "新设局"]
    assert every["松陵街道"].names == ("松陵街道", "松陵镇")
    assert every["松陵街道"].people == 4
    assert every["区科协"].aliases == ("科协",)
    assert (every["望云街道"].heir, every["望云街道"].people) == ("松陵街道", 0)
    assert every["新设局"].group == "镇街"
    with pytest.raises(directory.UnitError, match="已经有单位"):
        reorganise_units.add(peopled, "松陵镇", "", clock.now(), "account:a")


def test_a_person_of_an_undone_import_is_not_there(peopled: Office):
    from mailer.flow.import_recipients import undo_import  # noqa: PLC0415

    found = holder_id(peopled.store, peopled, "沈可远")
    undo_import(peopled, "account:a")
    with peopled.store.read() as session:
        assert person(session, found, peopled.clock.now()) is None
    assert len(PEOPLE) == 7
