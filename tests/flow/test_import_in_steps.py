"""An import in steps: what a person sees is what is made; nothing is written before, nothing else afterwards."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from mailer.flow import import_draft, review_import
from mailer.flow.import_draft import Choices, DraftError
from mailer.flow.import_recipients import GUARDED, REMOVALS, undo_import
from mailer.flow.office import Office
from mailer.flow.review_import import ChangedSinceError, Review, make, read_files, review
from mailer.store.engine import Store
from recipients import directory
from recipients.difference import Scope
from recipients.spreadsheet import write_csv
from tests.support.builders import Clock, make_office
from tests.web.sample_directory import HEADER, PEOPLE, take_over

WHO = "account:小何"


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


def file_of(*people) -> bytes:
    return write_csv([HEADER, *people])


def staged(office: Office, *people, **choices) -> str:
    token = import_draft.stage(office, [("镇街.csv", file_of(*people))], WHO)
    if choices:
        import_draft.choose(office, token, Choices(**choices))
    return token


def look(office: Office, token: str) -> Review:
    draft = import_draft.find(office, token)
    assert draft
    return review(office, draft, read_files(import_draft.contents(office, draft)))


def do(office: Office, token: str, seen: str, *confirmed: str):
    draft = import_draft.find(office, token)
    assert draft
    reading = read_files(import_draft.contents(office, draft))
    return make(office, draft, reading, seen=seen, confirmed=frozenset(confirmed), actor=WHO)


def everybody(office: Office):
    with office.store.read() as session:
        return directory.export_rows(session, office.clock.now())


def without(name: str):
    return [row for row in PEOPLE if row[2] != name]


def renamed(old: str, new: str, people=PEOPLE):
    return [tuple(new if cell == old else cell for cell in row) for row in people]


def test_looking_writes_nothing_and_making_does_what_was_seen(either: Store, clock: Clock):
    peopled = people_in(either, clock)
    before = everybody(peopled)
    added = ("镇街", "松陵镇", "钱多", "信息员", "", "000-7", "qian@qinglan.example", "", "")
    token = staged(peopled, added)
    found = look(peopled, token)
    assert found.report
    assert [one.holder.name for one in found.report.difference.added] == ["钱多"]
    assert everybody(peopled) == before
    report = do(peopled, token, found.seen)
    assert [row[2] for row in everybody(peopled) if row not in before] == ["钱多"]
    assert import_draft.find(peopled, token) is None
    with pytest.raises(DraftError, match="已经做完"):
        import_draft.choose(peopled, token, Choices())
    assert undo_import(peopled, WHO) == report.import_id
    assert everybody(peopled) == before


def test_more_than_a_tenth_and_the_leaders_are_confirmed_apart(peopled: Office):
    people = [row for row in without("李一鸣") if row[1] != "松陵镇"]
    token = staged(peopled, *people, ("领导", "区政府", "王二", "区领导", "", "", "wang@qinglan.example", "", ""),
                   scope=Scope.FULL)  # fmt: skip
    found = look(peopled, token)
    assert found.report
    assert set(found.report.asked) == {REMOVALS, GUARDED}
    assert [line.split()[2] for line in found.report.guarded_gone + found.report.guarded_new] == ["李一鸣", "王二"]
    before = everybody(peopled)
    for confirmed in ((), (REMOVALS,), (GUARDED,)):
        with pytest.raises(DraftError, match="打勾"):
            do(peopled, token, found.seen, *confirmed)
    assert everybody(peopled) == before
    assert len(do(peopled, token, found.seen, REMOVALS, GUARDED).difference.ended) == 3


def test_what_changed_since_it_was_seen_is_not_made(peopled: Office, clock: Clock):
    token = staged(peopled, *without("郑好"), scope=Scope.FULL)
    found = look(peopled, token)
    clock.turn(minutes=1)
    take_over(peopled.store, peopled, [("委办局", "区科协", "孙言", "信息员", "", "", "sun@qinglan.example", "", "")])
    clock.turn(minutes=1)
    with pytest.raises(ChangedSinceError):
        do(peopled, token, found.seen, REMOVALS)
    again = look(peopled, token)
    assert again.report
    assert {one.holder.name for one in again.report.difference.ended} == {"郑好", "孙言"}
    do(peopled, token, again.seen, REMOVALS)


def test_a_near_name_must_be_explained_first(peopled: Office):
    token = staged(peopled, *renamed("松陵镇", "松陵街道"), scope=Scope.FULL)
    asked = look(peopled, token)
    assert (asked.open_questions, asked.report) == (1, None)
    assert [(one.name, one.near) for one in asked.unknown] == [("松陵街道", ("松陵镇",))]
    for kind, other, gone in (("rename", "松陵镇", 0), ("slip", "松陵镇", 0), ("new", "", 2)):
        import_draft.choose(peopled, token, Choices(Scope.FULL, units={"松陵街道": (kind, other)}))
        found = look(peopled, token)
        assert found.report
        assert len(found.report.difference.ended) == gone
    assert found.report.acts[0].chinese == "“松陵街道”是新单位"


def test_two_units_become_a_new_one(peopled: Office):
    people = renamed("望云街道", "松望新区", renamed("松陵镇", "松望新区"))
    units = {"松望新区": ("rename", "松陵镇")}
    token = staged(peopled, *people, scope=Scope.FULL, units=units, merges={"望云街道": "松望新区"})
    found = look(peopled, token)
    assert found.report, found.trouble
    assert found.report.difference.is_empty
    do(peopled, token, found.seen)
    assert {row[1] for row in everybody(peopled)[1:]} == {"区政府", "松望新区", "区科协"}


def test_a_mapping_that_cannot_be_is_told_and_nothing_made(peopled: Office):
    token = staged(peopled, *PEOPLE, merges={"松陵镇": "松陵镇"})
    found = look(peopled, token)
    assert found.report is None
    assert "同一个单位" in found.trouble
    with pytest.raises(DraftError, match="同一个单位"):
        do(peopled, token, "")


def test_a_file_that_cannot_be_read_stops_the_import_until_it_is_taken_out(peopled: Office):
    added = ("镇街", "松陵镇", "钱多", "信息员", "", "000-7", "qian@qinglan.example", "", "")
    files = [("一.csv", file_of(added)), ("../../坏\x00.xlsx", b"PK\x03\x04 broken")]
    token = import_draft.stage(peopled, files, WHO)
    draft = import_draft.find(peopled, token)
    assert draft
    assert [one.name for one in draft.files] == ["一.csv", "坏.xlsx"]
    found = look(peopled, token)
    with pytest.raises(DraftError, match="读不了"):
        do(peopled, token, found.seen)
    import_draft.remove_file(peopled, token, draft.files[1].id, WHO)
    with pytest.raises(DraftError):
        import_draft.remove_file(peopled, token, draft.files[1].id, WHO)
    do(peopled, token, look(peopled, token).seen)


def test_files_with_nobody_end_nobody(peopled: Office):
    token = staged(peopled, scope=Scope.FULL)
    assert "没有读到一个人" in look(peopled, token).trouble
    with pytest.raises(DraftError, match="没有读到一个人"):
        do(peopled, token, "", REMOVALS, GUARDED)


def test_a_draft_outlives_sessions_and_ends_after_a_week(peopled: Office, clock: Clock):
    token = staged(peopled, *PEOPLE)
    clock.turn(days=6)
    assert look(peopled, token).report
    clock.turn(days=2)
    assert import_draft.find(peopled, token) is None
    other = staged(peopled, *PEOPLE)
    with peopled.store.read() as session:
        from mailer.store.core import import_draft_file  # noqa: PLC0415

        assert len(session.execute(import_draft_file.select()).all()) == 1
    import_draft.discard(peopled, other, WHO)
    assert import_draft.find(peopled, other) is None


def test_a_day_named_is_the_office_s_day(peopled: Office, clock: Clock):
    monday = date(2026, 11, 30)
    token = staged(peopled, *without("郑好"), scope=Scope.FULL, on=monday)
    do(peopled, token, look(peopled, token).seen, REMOVALS)
    assert "郑好" in [row[2] for row in everybody(peopled)]
    midnight = clock.now().replace(day=29, hour=16, minute=0)  # 00:00 of the 30th in Shanghai
    with peopled.store.read() as session:
        days = [directory.export_rows(session, midnight - timedelta(seconds=n)) for n in (0, 1)]
    assert ["郑好" in [row[2] for row in rows] for rows in days] == [False, True]


@pytest.mark.parametrize(
    ("files", "words"),
    [
        ([], "没有选文件"),
        ([("空.csv", b"")], "是空的"),
        ([("大.csv", b"x" * (20 * 1024 * 1024 + 1))], "超过 20 MB"),
        ([(f"{n}.csv", b"x" * (15 * 1024 * 1024)) for n in range(3)], "合计不能超过"),
        ([(f"{n}.csv", b"x") for n in range(201)], "最多 200 个"),
    ],
    ids=["none", "empty", "large", "together", "many"],
)
def test_uploads_are_bounded(office: Office, files, words):
    with pytest.raises(DraftError, match=words):
        import_draft.stage(office, files, WHO)


def test_no_more_drafts_than_somebody_can_finish(office: Office, monkeypatch):
    monkeypatch.setattr(import_draft, "MOST_DRAFTS", 2)
    for _ in range(2):
        import_draft.stage(office, [("a.csv", b"x")], WHO)
    with pytest.raises(DraftError, match="没做完"):
        import_draft.stage(office, [("a.csv", b"x")], WHO)


def test_questions_alone_ask_without_a_rehearsal(peopled: Office):
    token = staged(peopled, *renamed("松陵镇", "松陵街道"))
    draft = import_draft.find(peopled, token)
    assert draft
    found = review_import.questions(peopled, draft, read_files(import_draft.contents(peopled, draft)))
    assert found.open_questions == 1
    assert found.report is None
