"""The directory on both databases. Only the ``session`` fixture knows which one."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy import func, inspect, literal, select, update
from sqlalchemy.exc import StatementError
from sqlmodel import Session, col

from mailer.store.engine import Store
from recipients import directory, tables
from recipients.audience import Withheld
from recipients.difference import Scope
from recipients.directory import DutyListError
from recipients.roster import read_roster
from recipients.spreadsheet import Sheet, Workbook, read, write_csv, write_xlsx
from recipients.suppression import Suppression, SuppressionReason

AT = datetime(2026, 1, 30, 8, tzinfo=UTC)
DAY = timedelta(days=1)
HEADER = ("分组", "单位", "姓名", "人员类别", "职务", "电话", "邮箱", "名单", "备注")
PEOPLE = [
    ("领导", "区政府", "李一", "区领导", "区长", "000-1", "liyi@x.example", "", ""),
    ("领导", "区政府", "王二", "区领导", "副区长", "000-2", "", "", "只收纸质"),
    ("镇街", "松陵镇", "郑好", "信息员", "干事", "000-3", "box@x.example", "", ""),
    ("镇街", "松陵镇", "周禾", "主要领导", "镇长", "000-4", "BOX@x.example；zhou@x.example", "", ""),
    ("镇街", "白石镇", "吴满", "联络员", "干事", "000-5", "wu@x.example", "", ""),
    ("委办局", "区科协", "冯程", "科员", "科员", "000-6", "feng@x.example", "送", ""),
    ("委办局", "区科协", "沈亦", "科员", "科员", "000-7", "shen@x.example", "", ""),
]
OWN_TABLES = [
    tables.Unit, tables.UnitAlias, tables.Post, tables.ImportRun, tables.Holder, tables.RecipientAddress, tables.HolderAddress,
    tables.DistributionList, tables.ListRule, tables.ListMember, tables.Suppression,
]  # fmt: skip


@pytest.fixture
def session(store: Store) -> Iterator[Session]:
    with Session(store.engine) as session:
        directory.seed_lists(session, 1)
        yield session


def roster_of(people, header=HEADER):
    return read_roster([("a.csv", Workbook((Sheet("", [header, *people]),)))])


def take(session, people, scope=Scope.ADD, at=AT, header=HEADER):
    found = directory.difference(session, roster_of(people, header), scope, at)
    directory.apply(session, found, scope, at, "cli:test", source="a.csv", file_hash="0" * 64)
    return found


def names(audience, code=None):
    return [
        (e.name, e.address.key if e.address else None, e.withheld)
        for e in audience.entries
        if code in {None, e.list_code}
    ]


def edited(name, **changes):
    place = {"电话": 5, "邮箱": 6, "名单": 7, "备注": 8, "人员类别": 3, "分组": 0, "单位": 1}
    rows = []
    for person in PEOPLE:
        row = list(person)
        if person[2] == name:
            for field, value in changes.items():
                row[place[field]] = value
        rows.append(tuple(row))
    return rows


def test_an_import_makes_the_audience_that_the_rules_promise(session):
    found = take(session, PEOPLE)
    assert (len(found.added), found.unchanged) == (7, 0)
    audience = directory.resolve(session, ["报", "送", "发"], AT)
    assert names(audience, "报") == [("李一", "liyi@x.example", None), ("王二", None, Withheld.PAPER)]
    assert names(audience, "送") == [("冯程", "feng@x.example", None)]
    assert names(audience, "发") == [
        ("周禾", "box@x.example", None), ("周禾", "zhou@x.example", None), ("郑好", "box@x.example", None), ("吴满", "wu@x.example", None),
    ]  # fmt: skip
    assert [c.holder.name for c in directory.on_no_list(session, AT)] == ["沈亦"]
    entry = next(e for e in audience.entries if e.name == "吴满")
    assert (entry.unit, entry.role, entry.phone) == ("白石镇", "联络员", "000-5")


def test_the_same_file_twice_changes_nothing(session):
    take(session, PEOPLE)
    before = {
        model: session.execute(select(func.count()).select_from(model)).scalar_one()
        for model in OWN_TABLES
        if model is not tables.ImportRun
    }
    for scope in Scope:
        found = take(session, PEOPLE, scope, AT + DAY)
        assert (found.added, found.changed, found.ended, found.unchanged, found.regrouped) == ([], [], [], 7, {})
    assert before == {model: session.execute(select(func.count()).select_from(model)).scalar_one() for model in before}


@pytest.mark.parametrize("write", [write_csv, lambda rows: write_xlsx([("人员名单", rows)])])
def test_an_export_taken_in_again_changes_nothing(session, write):
    take(session, PEOPLE)
    session.execute(update(tables.Holder).where(col(tables.Holder.name) == "沈亦").values(paper_only=True))
    roster = read_roster([("x", read(write(directory.export_rows(session, AT))))])
    found = directory.difference(session, roster, Scope.FULL, AT)
    assert (found.added, found.changed, found.ended, found.unchanged, found.regrouped) == ([], [], [], 7, {})


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"电话": "000-9"}, "电话"),
        ({"邮箱": "new@x.example"}, "邮箱"),
        ({"名单": "报"}, "名单"),
        ({"备注": "只收纸质"}, "备注"),
    ],
)
def test_each_change_is_found_written_and_then_at_rest(session, change, field):
    take(session, PEOPLE)
    assert [c.fields for c in take(session, edited("吴满", **change), at=AT + DAY).changed] == [(field,)]
    assert take(session, edited("吴满", **change), at=AT + 2 * DAY).unchanged == 7
    later = directory.resolve(session, ["报", "发"], AT + 2 * DAY)
    if field == "邮箱":
        assert ("吴满", "new@x.example", None) in names(later)
        assert ("吴满", "wu@x.example", None) not in names(later)
    if field == "名单":
        assert ("吴满", "wu@x.example", None) in names(later, "报")
    if field == "备注":
        assert ("吴满", None, Withheld.PAPER) in names(later)


def test_blank_cells_erase_nothing_and_a_lost_address_is_said(session):
    take(session, PEOPLE)
    found = take(session, edited("吴满", 邮箱="", 电话=""), at=AT + DAY)
    assert found.unchanged == 7
    assert [w.code for w in found.warnings] == ["kept_address"]
    assert ("吴满", "wu@x.example", None) in names(directory.members(session, "发", AT + 2 * DAY))
    assert take(session, edited("王二", 备注=""), at=AT + DAY).unchanged == 7
    assert ("王二", None, Withheld.PAPER) in names(directory.members(session, "报", AT + 2 * DAY))


def test_what_each_scope_ends(session):
    take(session, PEOPLE)
    some = [PEOPLE[2]]  # 松陵镇 without 周禾, nobody else
    assert take(session, some, Scope.ADD, AT + DAY).ended == []
    found = directory.difference(session, roster_of(some), Scope.UNITS, AT + DAY)
    assert [c.holder.name for c in found.ended] == ["周禾"]
    assert found.untouched == 5
    found = directory.difference(session, roster_of(some), Scope.FULL, AT + DAY)
    assert len(found.ended) == 6


def test_a_changed_column_of_lists_moves_the_person(session):
    take(session, PEOPLE)
    take(session, edited("冯程", 名单="发"), at=AT + DAY)
    assert names(directory.members(session, "送", AT + DAY)) == []
    assert ("冯程", "feng@x.example", None) in names(directory.members(session, "发", AT + DAY))
    assert names(directory.members(session, "送", AT)) == [("冯程", "feng@x.example", None)]


def test_a_day_of_the_past_can_be_read_again(session):
    take(session, PEOPLE)
    take(
        session,
        [*PEOPLE[:4], ("镇街", "白石镇", "新人", "联络员", "", "", "xin@x.example", "", "")],
        Scope.UNITS,
        AT + DAY,
    )
    assert ("吴满", "wu@x.example", None) in names(directory.members(session, "发", AT))
    assert names(directory.members(session, "发", AT - DAY)) == []
    assert "吴满" in [row[2] for row in directory.export_rows(session, AT + DAY - timedelta(seconds=1))]
    assert "吴满" not in [row[2] for row in directory.export_rows(session, AT + DAY)]
    holder = select(col(tables.Holder.id)).where(col(tables.Holder.valid_to).is_not(None))
    link = tables.HolderAddress
    open_links = (
        select(func.count()).select_from(link).where(col(link.holder_id).in_(holder), col(link.valid_to).is_(None))
    )
    assert session.execute(open_links).scalar_one() == 0
    later = names(directory.members(session, "发", AT + DAY))
    assert ("吴满", "wu@x.example", None) not in later
    assert ("新人", "xin@x.example", None) in later
    assert (
        session.execute(
            select(func.count()).select_from(tables.Post).where(col(tables.Post.role_key) == "联络员")
        ).scalar_one()
        == 1
    )


def test_who_left_and_is_still_named_by_a_list_is_withheld_as_left(session):
    take(session, PEOPLE)
    take(session, [p for p in PEOPLE if p[2] != "冯程"], Scope.FULL, AT + DAY)
    assert names(directory.members(session, "送", AT + DAY)) == [("冯程", None, Withheld.LEFT)]
    assert take(session, PEOPLE, at=AT + 2 * DAY).added[0].holder.name == "冯程"


def test_adding_beside_a_holder_is_said(session):
    take(session, PEOPLE)
    found = take(session, [("镇街", "白石镇", "新人", "联络员", "", "", "xin@x.example", "", "")], at=AT + DAY)
    assert [w.code for w in found.warnings] == ["other_holder"]
    assert "吴满" in found.warnings[0].message


def test_a_unit_is_known_by_its_other_name(session):
    take(session, PEOPLE)
    unit_id = session.execute(select(col(tables.Unit.id)).where(col(tables.Unit.name) == "松陵镇")).scalar_one()
    session.add(tables.UnitAlias(unit_id=unit_id, key="松陵地区", name="松陵地区"))
    session.flush()
    found = take(session, edited("郑好", 单位="松陵地区"), at=AT + DAY)
    assert (found.added, found.unchanged) == ([], 7)


def test_a_new_group_moves_a_unit_to_other_rules(session):
    take(session, PEOPLE)
    found = take(session, edited("吴满", 分组="区领导"), at=AT + DAY)
    assert found.regrouped == {"白石镇": "区领导"}
    assert ("吴满", "wu@x.example", None) in names(directory.members(session, "报", AT + DAY))
    assert take(session, edited("吴满", 分组="区领导"), at=AT + DAY).regrouped == {}


def test_seeding_twice_changes_nothing_and_another_bulletin_gets_its_own(session):
    before = directory.lists(session)
    assert [(found.code, found.is_duty, found.lane) for found in before] == [
        ("报", True, 1),
        ("送", True, 2),
        ("发", True, 3),
    ]
    directory.seed_lists(session, 1)
    assert directory.lists(session) == before
    assert session.execute(select(func.count()).select_from(tables.ListRule)).scalar_one() == 3


def test_an_unknown_list_is_an_error(session):
    with pytest.raises(KeyError):
        directory.members(session, "转", AT)


def test_suppressing_lifting_and_their_effect(session):
    take(session, PEOPLE)
    wanted = Suppression("wu@x.example", SuppressionReason.OFFICE, evidence="电话核实")
    number = directory.suppress(session, wanted, AT, "user:1", by_person=True)
    assert directory.suppress(session, wanted, AT + DAY, "user:2", by_person=True) == number
    assert ("吴满", "wu@x.example", Withheld.SUPPRESSED) in names(directory.members(session, "发", AT))
    assert directory.lift(session, number, AT + DAY, "user:1")
    assert not directory.lift(session, number, AT + DAY, "user:1")
    assert ("吴满", "wu@x.example", None) in names(directory.members(session, "发", AT + DAY))
    assert ("吴满", "wu@x.example", Withheld.SUPPRESSED) in names(directory.members(session, "发", AT))


@pytest.mark.parametrize("scope", ["", "发"])
def test_a_machine_may_not_suppress_on_a_duty_list(session, scope):
    bounce = Suppression("wu@x.example", SuppressionReason.HARD_BOUNCE, scope)
    with pytest.raises(DutyListError):
        directory.suppress(session, bounce, AT, "system", by_person=False)
    assert directory.active_suppressions(session, AT) == []
    assert directory.suppress(
        session, Suppression("wu@x.example", SuppressionReason.HARD_BOUNCE, "订阅"), AT, "system", by_person=False
    )


def test_the_clause_for_other_tables_knows_scope_and_time(session):
    directory.suppress(
        session, Suppression("a@x.example", SuppressionReason.OFFICE, "", AT + DAY), AT, "user:1", by_person=True
    )
    directory.suppress(
        session, Suppression("b@x.example", SuppressionReason.OFFICE, "发"), AT, "user:1", by_person=True
    )

    def holds(key, now, code=None):
        return (
            session.execute(select(literal(1)).where(directory.suppressed_clause(literal(key), now, code))).first()
            is not None
        )

    assert holds("a@x.example", AT)
    assert not holds("a@x.example", AT + DAY)
    assert not holds("a@x.example", AT - DAY)
    assert not holds("b@x.example", AT)
    assert holds("b@x.example", AT, "发")
    assert not holds("b@x.example", AT, "报")
    column = col(tables.RecipientAddress.address_key)
    take(session, [("", "甲", "乙", "信息员", "", "", "b@x.example；c@x.example", "", "")])
    keys = session.execute(select(column).where(~directory.suppressed_clause(column, AT, "发"))).scalars().all()
    assert keys == ["c@x.example"]


def test_times_come_back_aware_and_naive_ones_are_refused(session):
    beijing = timezone(timedelta(hours=8))
    take(session, PEOPLE, at=datetime(2026, 1, 30, 16, tzinfo=beijing))
    found = session.execute(select(col(tables.Holder.valid_from)).limit(1)).scalar_one()
    assert found == AT
    assert found.tzinfo is UTC
    with pytest.raises(StatementError):
        session.execute(select(tables.Holder).where(col(tables.Holder.valid_from) <= datetime(2026, 1, 30))).all()  # noqa: DTZ001  # the point


def test_every_constraint_and_index_has_a_name_of_its_own(session):
    found = inspect(session.connection())
    for model in OWN_TABLES:
        table = model.__tablename__
        assert found.get_pk_constraint(table)["name"] == f"pk_{table}"
        named = [
            *found.get_unique_constraints(table),
            *found.get_foreign_keys(table),
            *found.get_check_constraints(table),
            *found.get_indexes(table),
        ]
        assert all(one["name"] for one in named), table


def test_a_whole_city_is_taken_over_and_recognised(session):
    people = [("", f"单位{n // 10}", f"人{n}", "信息员", "", "", f"a{n}@x.example", "", "") for n in range(4_000)]
    assert len(take(session, people).added) == 4_000
    assert take(session, people, Scope.FULL, AT + DAY).unchanged == 4_000
    assert len(directory.members(session, "发", AT + DAY).included) == 4_000


def test_a_long_audience_read_entry_by_entry_is_the_same(store: Store):
    with store.begin() as session:
        directory.seed_lists(session, 1)
        rows = [("分组", "单位", "姓名", "人员类别", "邮箱", "名单")]
        rows += [
            (g, f"第{n % 7}{g}局", f"人员{n}", ("信息员", "主要领导", "读者")[n % 3], f"r{n // 2}@x.example", ("", "送", "送、发")[n % 3])
            for n, g in enumerate(["领导", "", "镇街"] * 20)
        ]  # fmt: skip
        changes = directory.difference(session, read_roster([("a", Workbook((Sheet("", rows),)))]), Scope.ADD, AT)
        directory.apply(session, changes, Scope.ADD, AT, "cli:test", source="", file_hash="")
        directory.suppress(
            session, Suppression("r3@x.example", SuppressionReason.OFFICE, "发"), AT, "a", by_person=True
        )
        whole = directory.resolve(session, ["发", "报", "送"], AT)
        assert tuple(directory.each_entry(session, ["发", "报", "送"], AT)) == whole.entries
        assert len(whole.entries) > 60
        assert directory.posts_held(session, AT) == 60
