"""Reshuffle day: sixty units return their sheets on a Friday, effective next Monday.

40 people change units, 5 units merge into others, 3 are renamed. The mailing before goes to the old holders, the one after to
the new ones, and the old ledger goes on showing the old ones.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from mailer.flow.import_recipients import (
    AboutUnits,
    ConfirmationError,
    UnknownUnitsError,
    import_recipients,
    record_import,
    undo_import,
)
from mailer.flow.office import Office
from mailer.flow.prepare_mailing import prepare_mailing
from mailer.store import queries
from recipients import directory
from recipients.difference import MatchedBy, Scope
from recipients.roster import Roster, read_roster
from recipients.spreadsheet import read, write_xlsx
from tests.support.builders import START, make_order

HEADER = ("单位", "姓名", "人员类别", "邮箱")
ROLES = ("主要领导", "主管领导", "信息员")
MONDAY = START + timedelta(days=3)
NUMERALS = "甲乙丙丁戊己庚辛壬癸"
RENAMED = {"癸癸局": "癸癸委员会", "癸壬局": "癸壬委员会", "癸辛局": "癸辛委员会"}
MERGED = {f"壬{n}局": "甲甲局" for n in "甲乙丙丁戊"}


def unit_names() -> list[str]:
    """Sixty-eight units; five of them will be gone, three will have another name."""
    plain = [f"{a}{b}局" for a in "甲乙丙丁戊己" for b in NUMERALS]
    return [*plain, *RENAMED, *MERGED]


def person(number: int, unit: str, role: str) -> tuple[str, str, str, str]:
    return unit, f"人员{number}", role, f"r{number}@x.example"


def before() -> list[tuple[str, str, str, str]]:
    units = unit_names()
    return [person(3 * u + r, unit, role) for u, unit in enumerate(units) for r, role in enumerate(ROLES)]


def after() -> dict[str, list[tuple[str, str, str, str]]]:
    """Unit -> its sheet. The information officers of the first forty units have moved on by one unit."""
    sheets: dict[str, list[tuple[str, str, str, str]]] = {}
    moving = [f"{a}{b}局" for a in "甲乙丙丁" for b in NUMERALS]
    officers = {unit: (moving.index(unit) - 1) % 40 for unit in moving}
    for number, (unit, _, role, _) in enumerate(before()):
        if unit in MERGED:
            continue
        now = RENAMED.get(unit, unit)
        who = 3 * officers[unit] + 2 if role == "信息员" and unit in officers else number
        sheets.setdefault(now, []).append(person(who, now, role))
    return sheets


def roster(*sheets: list[tuple[str, str, str, str]]) -> Roster:
    return read_roster(
        [(f"{n}.xlsx", read(write_xlsx([("名单", [("通讯录",), HEADER, *rows])]))) for n, rows in enumerate(sheets)]
    )


def take(
    office: Office, wanted: Roster, scope: Scope, at: datetime, said: AboutUnits | None = None, *, sure: bool = True
):
    with office.store.begin() as session:
        report = import_recipients(
            session, wanted, scope, at, "cli:test", source="名单", file_hash="", confirm_removals=sure, about_units=said,
            now=office.clock.now(),
        )  # fmt: skip
        record_import(office, session, report, "cli:test", at)
    return report


def mail(office: Office, key: str, at: datetime) -> int:
    with office.store.read() as session:
        audience = directory.resolve(session, ["发"], at)
    return prepare_mailing(office, make_order(office.store, audience, key=key), "cli:test")[0]


def ledger(office: Office, mailing_id: int) -> dict[tuple[str, str], str]:
    with office.store.read() as session:
        return {(row.unit, row.post): row.name for row in queries.report_rows(session, mailing_id)}


@pytest.fixture
def reshuffled(office: Office) -> Office:
    with office.store.begin() as session:
        directory.seed_lists(session, 1)
    take(office, roster(before()), Scope.ADD, START - timedelta(days=30))
    return office


def test_reshuffle_day(reshuffled: Office):
    office = reshuffled
    sheets = after()
    assert len(sheets) == 63
    wanted = roster(*sheets.values())
    with pytest.raises(UnknownUnitsError) as unmapped:
        take(office, wanted, Scope.UNITS, MONDAY)
    assert dict(unmapped.value.names) == {new: (old,) for old, new in RENAMED.items()}
    said = AboutUnits([*RENAMED.items(), *MERGED.items()])
    with pytest.raises(ConfirmationError, match="一成"):
        take(office, wanted, Scope.UNITS, MONDAY, said, sure=False)
    friday = mail(office, "friday", START)

    report = take(office, wanted, Scope.UNITS, MONDAY, said)
    found = report.difference
    moved = [one for one in found.added if one.match and one.match.by in {MatchedBy.POST, MatchedBy.ADDRESS}]
    assert (len(found.added), len(moved), len(found.changed)) == (40, 40, 0)
    assert len(found.ended) == 40 + 15  # who moved on, and the people of the merged units, whom no sheet names

    weekend, monday = (mail(office, key, at) for key, at in (("sat", START + timedelta(days=1)), ("mon", MONDAY)))
    old = {(unit, role): name for unit, name, role, _ in before()}
    new = {(unit, role): name for rows in sheets.values() for unit, name, role, _ in rows}
    assert ledger(office, friday) == ledger(office, weekend) == old
    assert ledger(office, monday) == new
    assert take(office, wanted, Scope.UNITS, MONDAY).difference.is_empty  # the same sheets again


def test_a_reshuffle_entered_by_mistake_is_undone_whole(reshuffled: Office):
    office = reshuffled
    with office.store.read() as session:
        then = directory.export_rows(session, MONDAY)
    said = AboutUnits([*RENAMED.items(), *MERGED.items()])
    number = take(office, roster(*after().values()), Scope.UNITS, MONDAY, said).import_id
    assert undo_import(office, "cli:test") == number
    with office.store.read() as session:
        assert directory.export_rows(session, MONDAY) == then


def test_a_failure_in_the_middle_leaves_nothing(reshuffled: Office):
    office = reshuffled
    with office.store.read() as session:
        then = directory.export_rows(session, datetime(2030, 1, 1, tzinfo=UTC))
    said = AboutUnits([*RENAMED.items(), *MERGED.items()])

    def interrupted() -> None:
        with office.store.begin() as session:
            import_recipients(
                session, roster(*after().values()), Scope.UNITS, MONDAY, "cli:test", source="", file_hash="",
                about_units=said, confirm_removals=True,
            )  # fmt: skip
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        interrupted()
    with office.store.read() as session:
        assert directory.export_rows(session, datetime(2030, 1, 1, tzinfo=UTC)) == then
