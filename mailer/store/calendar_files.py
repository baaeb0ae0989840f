"""The office's calendars: one TOML file a year in the data folder, kept whole or not at all."""

from __future__ import annotations

import os
from pathlib import Path

from mailer.model.working_days import CalendarError, WorkingDays, all_of, read_calendar

_FOLDER = "calendar"
_LIMIT = 64 * 1024  # octets; a year has seven holidays
_HEAD = "# 法定节假日和调休上班日，以国务院办公厅当年的通知为准\n"


def working_days(data_dir: Path) -> WorkingDays:
    """Every year that can be read together; a file that cannot is as good as none (``problems`` tells of it)."""
    found = []
    for path in _files(data_dir):
        try:
            found.append(_read(path))
        except CalendarError:
            continue
    return all_of(found)


def problems(data_dir: Path) -> list[str]:
    """A sentence for each file that cannot be read."""
    told = []
    for path in _files(data_dir):
        try:
            _read(path)
        except CalendarError as error:
            told.append(f"{path.name}：{error}")
    return told


def keep(data_dir: Path, text: str) -> int:
    """Puts a year's calendar in place of the one there was; the year. Raises CalendarError, OSError."""
    if len(text.encode("utf-8", "replace")) > _LIMIT:
        raise CalendarError("文件太大，一年的节假日不会超过 64 KB。")
    [year] = read_calendar(text).years
    folder = data_dir / _FOLDER
    folder.mkdir(mode=0o700, exist_ok=True)
    draft = folder / f".{year}.{os.getpid()}.new"
    draft.write_text(text if text.startswith("#") else _HEAD + text, encoding="utf-8")
    draft.replace(folder / f"{year}.toml")
    return year


def _files(data_dir: Path) -> list[Path]:
    return sorted((data_dir / _FOLDER).glob("[0-9]*.toml"))


def _read(path: Path) -> WorkingDays:
    try:
        with path.open("rb") as file:
            return read_calendar(file.read(_LIMIT).decode("utf-8-sig"))
    except (OSError, UnicodeDecodeError) as error:
        raise CalendarError(f"读不了：{error}。") from error
