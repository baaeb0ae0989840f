"""Use case: what an import in steps would change, and making it exactly as it was seen.

Reads the files of a draft outside any transaction; finds the change by making it and taking it back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, time

from sqlmodel import Session

from mailer.flow.import_draft import Choices, Draft, DraftError
from mailer.flow.import_recipients import NobodyError, import_recipients, record_import
from mailer.flow.office import Office
from mailer.flow.ports import Apart, NotReadError, at_once
from mailer.flow.preview_recipients import ImportReport
from mailer.store import import_drafts
from recipients import directory
from recipients.roster import Roster, read_roster
from recipients.spreadsheet import read
from recipients.unit_names import MappingError
from recipients.workbook_limits import SpreadsheetError


class ChangedSinceError(Exception):
    """The import would not do any more what the person was shown; it was not made."""


@dataclass(frozen=True, slots=True)
class Unreadable:
    """A file that is no list of people; the import waits until it is taken out or replaced."""

    file: str
    message: str
    hint: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What the files of a draft hold."""

    roster: Roster
    unreadable: tuple[Unreadable, ...]


@dataclass(frozen=True, slots=True)
class UnknownUnit:
    """``near``: known units it may be; with any of them a person must say which, or that it is new."""

    name: str
    near: tuple[str, ...]
    choice: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Review:
    """``report`` None: a question is open, ``trouble`` (a Chinese sentence) stands in the way, or nobody is in the files.

    ``absent``: known units that the files do not name; ``seen`` is what ``make`` wants back.
    """

    unknown: tuple[UnknownUnit, ...]
    absent: tuple[str, ...]
    known: tuple[str, ...]
    report: ImportReport | None = None
    trouble: str = ""
    seen: str = ""

    @property
    def open_questions(self) -> int:
        return sum(bool(one.near) and one.choice is None for one in self.unknown)


def read_apart(files: Sequence[tuple[str, bytes]], apart: Apart = at_once) -> Reading:
    """Reads files outside any transaction. One that cannot be read, or takes too long, does not hide the others."""
    try:
        return apart(read_files, files)
    except NotReadError:
        pass
    good, bad = [], []
    for name, data in files:
        try:
            apart(read_files, [(name, data)])
            good.append((name, data))
        except NotReadError as error:
            bad.append(Unreadable(name, error.message, error.hint))
    reading = apart(read_files, good) if good else read_files([])
    return replace(reading, unreadable=(*bad, *reading.unreadable))


def read_files(files: Sequence[tuple[str, bytes]]) -> Reading:
    """Pure; takes its time. A file that cannot be read does not hide the others."""
    books, unreadable = [], []
    for name, data in files:
        try:
            books.append((name, read(data)))
        except SpreadsheetError as error:
            unreadable.append(Unreadable(name, error.message, error.hint))
    return Reading(read_roster(books), tuple(unreadable))


def questions(office: Office, draft: Draft, reading: Reading) -> Review:
    """What has to be said about units before anything else; reads only."""
    with office.store.read() as session:
        known = directory.known_names(session)
        unknown = directory.unknown_units(session, reading.roster)
        absent = directory.absent_units(session, reading.roster)
        near = directory.near_units(session, reading.roster, unknown, absent, office.clock.now())
    own = tuple(dict.fromkeys(known.values()))
    units = tuple(UnknownUnit(name, near[name], draft.choices.units.get(name)) for name in unknown)
    return Review(units, absent, own)


def review(office: Office, draft: Draft, reading: Reading) -> Review:
    """What the import would do, found by doing it and taking it back: nothing is written."""
    asked = questions(office, draft, reading)
    if asked.open_questions:
        return asked
    try:
        report = _rehearse(office, draft, reading)
    except _TROUBLES as error:
        return replace(asked, trouble=_told(error))
    return replace(asked, report=report, seen=_fingerprint(report))


def make(
    office: Office, draft: Draft, reading: Reading, *, seen: str, confirmed: frozenset[str], actor: str
) -> ImportReport:
    """Makes the import; the draft is gone with it. ``seen``: of the review a person looked at; ``confirmed``: which of its
    ``asked`` they agreed to. Raises ChangedSinceError, DraftError; nothing is written then.
    """
    if reading.unreadable:
        raise DraftError("有文件读不了，请先移除它或换一份，再导入。")
    with office.store.begin() as session:
        now = office.clock.now()
        row = import_drafts.one_for_update(session, draft.token, now)
        if row is None:
            raise DraftError("这次导入已经做完，或者已经丢弃。")
        at = _takes_effect(office, draft.choices, now)
        try:
            report = _import(session, draft, reading, at, actor, now)
        except _TROUBLES as error:
            raise DraftError(_told(error)) from error
        if _fingerprint(report) != seen:
            raise ChangedSinceError
        if missing := [sentence for kind, sentence in report.asked.items() if kind not in confirmed]:
            raise DraftError(f"{''.join(missing)}请核对后在相应的方框里打勾，再导入。")
        import_drafts.drop(session, row.id)
        record_import(office, session, report, actor, at)
        return report


_TROUBLES = (MappingError, directory.UnitError, directory.LaterImportError, NobodyError)


class _OnlyLookingError(Exception):
    """Takes back what a rehearsal has written."""


def _rehearse(office: Office, draft: Draft, reading: Reading) -> ImportReport:
    report = None
    try:
        with office.store.begin() as session:
            now = office.clock.now()
            report = _import(session, draft, reading, _takes_effect(office, draft.choices, now), draft.created_by, now)
            raise _OnlyLookingError  # noqa: TRY301 - it is the way a transaction is taken back
    except _OnlyLookingError:
        assert report is not None
        return report


def _import(session: Session, draft: Draft, reading: Reading, at: datetime, actor: str, now: datetime) -> ImportReport:
    return import_recipients(
        session, reading.roster, draft.choices.scope, at, actor, source=draft.source, file_hash=draft.digest,
        confirm_removals=True, about_units=draft.choices.about_units, now=now,
    )  # fmt: skip


def _takes_effect(office: Office, choices: Choices, now: datetime) -> datetime:
    return datetime.combine(choices.on, time(), office.zone).astimezone(UTC) if choices.on else now


def _fingerprint(report: ImportReport) -> str:
    told = report.as_json() | {"import": None, "asked": dict(report.asked)}
    added = [(one.holder.key, [a.key for a in one.holder.addresses], one.lists) for one in report.difference.added]
    text = json.dumps([told, added, report.guarded_gone, report.guarded_new], ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()


def _told(error: Exception) -> str:
    if isinstance(error, directory.LaterImportError):
        return (
            f"第 {error.number} 次导入到 {error.at:%Y-%m-%d} 才生效，不能在它前面再插一次："
            "请把生效日期定在那天或以后，或先撤销那一次。"
        )
    if isinstance(error, NobodyError):
        return "这些文件里没有读到一个人，没有可以导入的。请看上面的问题，改好后重新上传。"
    return str(error)
