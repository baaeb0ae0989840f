"""The years' files in the data folder: kept whole, replaced by year, and none of them can stop the morning."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from mailer.model.working_days import CalendarError
from mailer.store.calendar_files import keep, problems, working_days

YEAR = 'year = 2031\n[[holiday]]\nname = "节"\nfrom = 2031-01-01\nto = 2031-01-02\n'


def test_a_year_is_kept_and_replaced(tmp_path: Path):
    assert working_days(tmp_path).years == frozenset()
    assert keep(tmp_path, YEAR) == 2031
    assert not working_days(tmp_path).is_working(date(2031, 1, 2))
    keep(tmp_path, YEAR.replace("to = 2031-01-02", "to = 2031-01-01"))
    assert working_days(tmp_path).is_working(date(2031, 1, 2))
    assert [path.name for path in (tmp_path / "calendar").iterdir()] == ["2031.toml"]


def test_what_cannot_be_read_is_not_kept(tmp_path: Path):
    keep(tmp_path, YEAR)
    with pytest.raises(CalendarError):
        keep(tmp_path, "year = 2031")
    with pytest.raises(CalendarError, match="太大"):
        keep(tmp_path, YEAR + "#" * 70_000)
    assert not working_days(tmp_path).is_working(date(2031, 1, 2))


@pytest.mark.parametrize("spoilt", [b"year", b"\xff\xfe", b""])
def test_a_spoilt_file_is_told_of_and_the_others_count(tmp_path: Path, spoilt: bytes):
    keep(tmp_path, YEAR)
    (tmp_path / "calendar" / "2032.toml").write_bytes(spoilt)
    assert working_days(tmp_path).years == {2031}
    [told] = problems(tmp_path)
    assert told.startswith("2032.toml：")
