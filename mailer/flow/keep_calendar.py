"""Use case: the office hands over a year's holidays and the weekends worked in exchange (调休)."""

from __future__ import annotations

from pathlib import Path

from mailer.flow.office import Office
from mailer.store import calendar_files


def keep_calendar(office: Office, data_dir: Path, text: str, actor: str) -> int:
    """The year whose calendar it is; an earlier one of that year is replaced. Raises CalendarError, OSError."""
    year = calendar_files.keep(data_dir, text)
    with office.store.begin() as session:
        office.record(session, actor, "calendar.kept", f"calendar:{year}")
    return year
