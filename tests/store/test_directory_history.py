"""What a reshuffle leaves behind: names, people and imports of the past stay readable, and the last import can be undone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select
from sqlmodel import Session

from mailer.store.engine import Store
from recipients import directory, tables
from recipients.difference import MatchedBy, Scope
from recipients.directory import LaterImportError, Notes, NothingToUndoError, UnitError
from recipients.roster import read_roster
from recipients.spreadsheet import Sheet, Workbook
from recipients.unit_names import Act, ActKind

AT = datetime(2026, 1, 30, 8, tzinfo=UTC)
DAY = timedelta(days=1)
HEADER = ("分组", "单位", "姓名", "人员类别", "电话", "邮箱", "代收人", "必达", "名单")
PEOPLE = [
    ("镇街", "松陵镇", "郑好", "信息员", "000-1", "zheng@x.example", "", "", ""),
    ("镇街", "松陵镇", "周禾", "主要领导", "000-2", "box@x.example", "郑好", "是", ""),
    ("镇街", "白石镇", "吴满", "信息员", "000-3", "wu@x.example", "", "", "送"),
    ("委办局", "区科协", "曾意", "信息员", "000-4", "zeng@x.example；ceng@x.example", "", "", ""),
]


@pytest.fixture
def session(store: Store) -> Iterator[Session]:
    with Session(store.engine) as session:
        directory.seed_lists(session, 1)
        yield session


def take(session, people, scope=Scope.ADD, at=AT, acts=()):
    roster = read_roster([("a.csv", Workbook((Sheet("", [HEADER, *people]),)))])
    number, notes = directory.begin_import(session, scope, at, "cli:t", source="a.csv", file_hash="", acts=acts)
    found = directory.difference(session, roster, scope, at)
    directory.finish_import(session, number, notes, found, at, "cli:t")
    return found


def people(session, at):
    return [(r[1], r[2], r[3], r[6], r[9]) for r in directory.export_rows(session, at)[1:]]


def everything(session):
    """Who is on which list on every day around; what an undo must bring back to the letter."""
    days = [AT + n * DAY for n in range(-1, 9)]
    return [(people(session, day), directory.resolve(session, ["报", "送", "发"], day).entries) for day in days]


def without(name):
    return [person for person in PEOPLE if person[2] != name]


def test_a_renamed_unit_bears_its_old_name_before_and_is_found_by_it(session):
    take(session, PEOPLE)
    directory.rename(session, "松陵镇", "松陵街道", AT + 2 * DAY, Notes())
    directory.rename(session, "松陵街道", "松陵新区", AT + 4 * DAY, Notes())
    units = [{row[0] for row in people(session, AT + n * DAY)} - {"白石镇", "区科协"} for n in (1, 2, 3, 4, 5)]
    assert units == [{"松陵镇"}, {"松陵街道"}, {"松陵街道"}, {"松陵新区"}, {"松陵新区"}]
    assert take(session, PEOPLE, Scope.FULL, AT + 5 * DAY).unchanged == 4  # a list that still writes the oldest name


def test_a_rename_to_a_taken_name_is_refused(session):
    take(session, PEOPLE)
    with pytest.raises(UnitError, match="已经有单位叫"):
        directory.rename(session, "松陵镇", "白石镇", AT, Notes())
    with pytest.raises(UnitError, match="没有叫"):
        directory.rename(session, "青石镇", "红石镇", AT, Notes())


def test_a_merged_unit_hands_its_people_over_with_their_lists(session):
    take(session, PEOPLE)
    assert directory.merge(session, "白石镇", "松陵镇", AT + DAY, "cli:t", None, Notes()) == 1
    assert ("松陵镇", "吴满", "信息员", "wu@x.example", "送") in people(session, AT + DAY)
    assert ("白石镇", "吴满", "信息员", "wu@x.example", "送") in people(session, AT + DAY - timedelta(seconds=1))
    before, after = (directory.members(session, "送", AT + n * DAY).entries for n in (0, 1))
    assert [(e.unit, e.name) for e in before + after] == [("白石镇", "吴满"), ("松陵镇", "吴满")]
    assert directory.known_names(session)["白石镇"] == "松陵镇"
    with pytest.raises(UnitError, match="同一个单位"):
        directory.merge(session, "白石镇", "松陵镇", AT + 2 * DAY, "cli:t", None, Notes())


def test_a_closed_unit_ends_its_people_and_opens_again_when_a_list_names_it(session):
    take(session, PEOPLE)
    assert directory.close(session, "区科协", AT + DAY, None, Notes()) == 1
    assert "曾意" not in [row[1] for row in people(session, AT + DAY)]
    assert "曾意" in [row[1] for row in people(session, AT)]
    assert len(take(session, PEOPLE, Scope.ADD, AT + 2 * DAY).added) == 1


def test_an_alias_and_the_official_order(session):
    take(session, PEOPLE)
    assert directory.add_alias(session, "区科协", "区科学技术协会")
    assert not directory.add_alias(session, "区科协", "区科学技术协会")
    with pytest.raises(UnitError, match="已经是"):
        directory.add_alias(session, "白石镇", "区科学技术协会")
    directory.arrange(session, ["区科协", "白石镇"])
    assert [row[0] for row in people(session, AT)] == ["区科协", "白石镇", "松陵镇", "松陵镇"]


def test_care_of_and_essential_are_kept_and_changed_field_by_field(session):
    take(session, PEOPLE)
    row = next(row for row in directory.export_rows(session, AT) if row[2] == "周禾")
    assert (row[7], row[8]) == ("郑好", "是")
    changed = [("镇街", "松陵镇", "周禾", "主要领导", "000-9", "", "吴满", "", "")]
    (change,) = take(session, changed, at=AT + DAY).changed
    assert [(v.field, v.before, v.after) for v in change.values] == [
        ("电话", "000-2", "000-9"),
        ("代收人", "郑好", "吴满"),
    ]


def test_a_change_of_tomorrow_does_not_touch_today(session):
    take(session, PEOPLE)
    changed = [("镇街", "松陵镇", "郑好", "信息员", "000-9", "new@x.example", "", "", "")]
    take(session, changed, at=AT + 3 * DAY)
    assert ("松陵镇", "郑好", "信息员", "zheng@x.example", "") in people(session, AT + 2 * DAY)
    assert ("松陵镇", "郑好", "信息员", "new@x.example", "") in people(session, AT + 3 * DAY)
    entries = directory.members(session, "发", AT + 2 * DAY).entries
    assert next(e.phone for e in entries if e.name == "郑好") == "000-1"


def test_how_a_new_row_was_connected_with_somebody_of_today(session):
    take(session, PEOPLE)
    found = take(
        session,
        [
            ("镇街", "松陵镇", "冯程", "信息员", "", "feng@x.example", "", "", ""),
            ("镇街", "松陵镇", "周禾", "党委书记", "", "zhou@x.example", "", "", ""),
            ("委办局", "区教委", "吴满", "科员", "", "WU@x.example", "", "", ""),
            ("委办局", "区教委", "新人", "科员", "", "new@x.example", "", "", ""),
        ],
        at=AT + DAY,
    )
    matches = {one.holder.name: one.match for one in found.added}
    assert [m.by if m else None for m in matches.values()] == [MatchedBy.POST, MatchedBy.NAME, MatchedBy.ADDRESS, None]
    told = [one.match.tell(one.holder) for one in found.added if one.match]
    assert told == ["接替郑好任松陵镇信息员", "由松陵镇主要领导转来", "由白石镇信息员转来"]


def test_undoing_brings_back_every_day_as_it_was(session):
    take(session, PEOPLE)
    before = everything(session)
    acts = [Act(ActKind.RENAME, "区科协", "区科学技术协会"), Act(ActKind.MERGE, "白石镇", "松陵镇")]
    moved = [
        ("街道", "松陵镇", "郑好", "信息员", "000-9", "zheng2@x.example", "", "", "报"),
        ("委办局", "区教委", "新人", "信息员", "", "new@x.example", "", "", ""),
    ]
    take(session, moved, Scope.UNITS, AT + 2 * DAY, acts)
    assert everything(session) != before
    assert directory.undo_last(session, AT + 3 * DAY, "cli:t").id == 2
    session.expire_all()
    assert everything(session) == before
    assert set(directory.known_names(session).values()) == {"松陵镇", "白石镇", "区科协"}
    assert len(take(session, moved, Scope.UNITS, AT + 4 * DAY, acts).added) == 1


def test_an_import_that_changed_nothing_is_not_the_one_undone(session):
    take(session, PEOPLE)
    take(session, PEOPLE, at=AT + DAY)
    assert directory.undo_last(session, AT + 2 * DAY, "cli:t").id == 1
    assert people(session, AT + 2 * DAY) == []
    with pytest.raises(NothingToUndoError):
        directory.undo_last(session, AT + 2 * DAY, "cli:t")


def test_no_import_slips_in_before_one_that_waits_for_its_day(session):
    take(session, PEOPLE)
    take(session, without("吴满"), Scope.FULL, AT + 5 * DAY)
    with pytest.raises(LaterImportError):
        take(session, PEOPLE, at=AT + DAY)
    directory.undo_last(session, AT + DAY, "cli:t")
    take(session, PEOPLE, at=AT + DAY)


def test_nothing_is_written_twice_by_the_same_file(session):
    take(session, PEOPLE)
    counted = {
        model: session.execute(select(func.count()).select_from(model)).scalar_one()
        for model in (tables.Holder, tables.HolderAddress, tables.ListMember, tables.Unit, tables.Post)
    }
    take(session, PEOPLE, Scope.FULL, AT + DAY)
    for model, n in counted.items():
        assert session.execute(select(func.count()).select_from(model)).scalar_one() == n


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("郑", ["郑好"]), ("zhenghao", ["郑好"]), ("zh", ["郑好", "周禾"]), ("zengyi", ["曾意"]), ("cengyi", []), ("zy", ["曾意"]),
        ("slz", ["郑好", "周禾"]), ("松陵 信息员", ["郑好"]), ("000-3", []), ("0003", ["吴满"]), ("ceng@x", ["曾意"]), ("", []),
    ],
)  # fmt: skip
def test_finding(session, query, names):
    take(session, PEOPLE)
    assert [one.holder.name for one in directory.find(session, query, AT)] == names
