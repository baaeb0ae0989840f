from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.pool import StaticPool
from sqlmodel import Session, SQLModel, create_engine

from mailer.flow.import_recipients import (
    ConfirmationError,
    NobodyError,
    UnknownUnitsError,
    import_recipients,
)
from mailer.flow.preview_recipients import preview_recipients
from recipients import directory
from recipients.difference import Scope
from recipients.roster import read_roster
from recipients.spreadsheet import Sheet, Workbook

AT = datetime(2026, 1, 30, 8, tzinfo=UTC)
HEADER = ("分组", "单位", "姓名", "人员类别", "邮箱")
LEADER = ("领导", "区政府", "李一", "区领导", "liyi@x.example")
OTHERS = [("镇街", f"镇{n}", f"人{n}", "信息员", f"a{n}@x.example") for n in range(10)]


@pytest.fixture
def session() -> Iterator[Session]:
    engine = create_engine("sqlite://", poolclass=StaticPool, connect_args={"check_same_thread": False})
    SQLModel.metadata.create_all(engine)
    with Session(engine) as session:
        directory.seed_lists(session, 1)
        session.commit()
        yield session
    engine.dispose()


def take(session, people, scope=Scope.ADD, days=0, confirm=False):
    roster = read_roster([("a.csv", Workbook((Sheet("", [HEADER, *people]),)))])
    at = AT + timedelta(days=days)
    try:
        report = import_recipients(
            session, roster, scope, at, "cli", source="a.csv", file_hash="", confirm_removals=confirm
        )
    except ConfirmationError:
        session.rollback()
        raise
    session.commit()
    return report


def test_the_first_import_needs_no_second_word(session):
    report = take(session, [LEADER, *OTHERS])
    told = report.as_json()
    assert (told["import"], told["added"], told["compared"], told["on_no_list"]) == (1, 11, True, [])


def test_ending_more_than_a_tenth_asks_first_and_writes_nothing(session):
    take(session, [LEADER, *OTHERS])
    with pytest.raises(ConfirmationError, match="2 人"):
        take(session, [LEADER, *OTHERS[2:]], Scope.FULL, 1)
    assert len(directory.members(session, "发", AT + timedelta(days=2)).entries) == 10
    assert take(session, [LEADER, *OTHERS[2:]], Scope.FULL, 1, confirm=True).as_json()["ended"] == 2
    assert len(directory.members(session, "发", AT + timedelta(days=2)).entries) == 8


def test_a_list_that_holds_nobody_ends_nobody(session):
    take(session, [LEADER, *OTHERS])
    with pytest.raises(NobodyError):
        take(session, [], Scope.FULL, 1, confirm=True)
    assert len(directory.members(session, "发", AT + timedelta(days=2)).entries) == 10


def test_ending_one_of_eleven_does_not_ask(session):
    take(session, [LEADER, *OTHERS])
    assert len(take(session, [LEADER, *OTHERS[1:]], Scope.FULL, 1).difference.ended) == 1


@pytest.mark.parametrize(
    "people",
    [
        [("领导", "区政府", "王二", "区领导", "w@x.example")],
        [("领导", "区政府", "李一", "区领导", "other@x.example")],
        [("区领导", "镇1", "人1", "信息员", "a1@x.example")],
    ],
)
def test_any_change_of_the_leaders_list_asks_first(session, people):
    take(session, [LEADER, *OTHERS])
    before = directory.members(session, "报", AT + timedelta(days=2)).entries
    with pytest.raises(ConfirmationError, match="“报”名单"):
        take(session, people, days=1)
    assert directory.members(session, "报", AT + timedelta(days=2)).entries == before
    take(session, people, days=1, confirm=True)
    assert directory.members(session, "报", AT + timedelta(days=2)).entries != before


def test_a_change_elsewhere_asks_nothing(session):
    take(session, [LEADER, *OTHERS])
    moved = ("镇街", "镇1", "人1", "信息员", "new@x.example")
    assert [c.fields for c in take(session, [LEADER, moved], days=1).difference.changed] == [("邮箱",)]


def test_people_on_no_list_are_named(session):
    told = take(session, [LEADER, ("", "区科协", "冯程", "科员", "f@x.example")]).as_json()
    assert told["on_no_list"] == [{"unit": "区科协", "name": "冯程", "role": "科员"}]


def test_a_preview_says_what_an_empty_installation_would_take_over():
    roster = read_roster([("a.csv", Workbook((Sheet("", [HEADER, LEADER, ("", "区科协", "冯程", "科员", "无")]),)))])
    told = preview_recipients(roster).as_json()
    assert (told["import"], told["compared"], told["added"], told["changed"], told["ended"], told["unchanged"]) == (
        None,
        False,
        2,
        0,
        0,
        0,
    )
    assert told["on_no_list"] == [{"unit": "区科协", "name": "冯程", "role": "科员"}]


def test_a_name_that_nothing_resembles_is_told_by_its_people(session):
    """环保局 comes back as 生态环境局: half of its addresses are the same. A unit of strangers is simply new."""
    old = [("", "环保局", f"人{n}", f"岗位{n}", f"e{n}@x.example") for n in range(4)]
    take(session, [*OTHERS, *old])
    new = [("", "生态环境局", f"人{n}", f"岗位{n}", f"e{n}@x.example") for n in range(2)]
    strangers = [("", "生态环境局", f"新{n}", f"新岗{n}", f"n{n}@x.example") for n in range(2)]
    with pytest.raises(UnknownUnitsError) as asked:
        take(session, [*OTHERS, *new, *strangers], Scope.UNITS, 1)
    assert asked.value.names == {"生态环境局": ("环保局",)}
    session.rollback()
    assert take(session, [*OTHERS, *new[1:], *strangers], Scope.UNITS, 1).as_json()["absent_units"] == ["环保局"]


def test_who_only_moves_is_told_apart_from_who_leaves(session):
    take(session, OTHERS)
    swapped = [("镇街", "镇0", "人1", "信息员", "a1@x.example"), ("镇街", "镇1", "新人", "信息员", "n@x.example")]
    told = take(session, [*swapped, *OTHERS[2:]], Scope.FULL, 1, confirm=True).as_json()
    assert (told["ended"], told["moved"]) == (2, 1)
    assert [(one["name"], one.get("moved_to")) for one in told["changes"]] == [("人0", None), ("人1", "镇0信息员")]
