"""Use case: the files of an import are uploaded and kept, with what a person has said about them so far.

The draft lives in the database for a week: a session that ends, another browser or a restart loses nothing.
"""

from __future__ import annotations

import hashlib
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlmodel import Session

from mailer.flow.import_recipients import AboutUnits
from mailer.flow.office import Office
from mailer.store import import_drafts
from recipients.difference import Scope
from recipients.workbook_limits import FILE_BYTES

KEPT_FOR = timedelta(days=7)
MOST_DRAFTS = 20
MOST_FILES = 200
TOTAL_BYTES = 40 * 1024 * 1024
_NAME = 200  # characters of a file's name that are kept


class DraftError(Exception):
    """What was asked for cannot be done; the message is a Chinese sentence that says what to do."""


@dataclass(frozen=True, slots=True)
class Choices:
    """``on``: the day from whose beginning it takes effect, None: at once. ``units``: unknown name -> ("new", "") or
    ("rename", its former name) or ("slip", the unit meant). ``merges``: known unit -> the one it becomes part of.
    """

    scope: Scope = Scope.ADD
    on: date | None = None
    units: Mapping[str, tuple[str, str]] = field(default_factory=dict)
    merges: Mapping[str, str] = field(default_factory=dict)

    @property
    def about_units(self) -> AboutUnits:
        pairs = [(other, name) for name, (kind, other) in self.units.items() if kind == "rename"]
        pairs += list(self.merges.items())
        pairs += [(name, other) for name, (kind, other) in self.units.items() if kind == "slip"]
        new = [name for name, (kind, _) in self.units.items() if kind == "new"]
        return AboutUnits(pairs, new, all_new=True)

    def as_json(self) -> str:
        told = {"scope": str(self.scope), "on": self.on.isoformat() if self.on else None, "units": dict(self.units)}
        return json.dumps(told | {"merges": dict(self.merges)}, ensure_ascii=False)

    @classmethod
    def of_json(cls, text: str) -> Choices:
        told = json.loads(text)
        on = told.get("on")
        units = {name: (kind, other) for name, (kind, other) in told.get("units", {}).items()}
        return cls(
            Scope(told.get("scope", "add")), date.fromisoformat(on) if on else None, units, told.get("merges", {})
        )


@dataclass(frozen=True, slots=True)
class Draft:
    """``files``: rows with id, name, sha256, size; ``digest`` names their contents together."""

    id: int
    token: str
    created_by: str
    created_at: datetime
    expires_at: datetime
    choices: Choices
    files: Sequence[Any]

    @property
    def digest(self) -> str:
        return hashlib.sha256("".join(one.sha256 for one in self.files).encode()).hexdigest()

    @property
    def source(self) -> str:
        return "、".join(one.name for one in self.files)


def stage(office: Office, files: Sequence[tuple[str, bytes]], actor: str) -> str:
    """Keeps uploaded files (name, bytes) as a new draft; its token. Raises DraftError."""
    now = office.clock.now()
    _check(files, 0, 0)
    token = secrets.token_urlsafe(12)
    with office.store.begin() as session:
        import_drafts.drop_expired(session, now)
        if len(import_drafts.listed(session, now)) >= MOST_DRAFTS:
            raise DraftError(f"还有 {MOST_DRAFTS} 份没做完的导入，请先做完或丢弃几份，再上传。")
        draft_id = import_drafts.begin(session, token=token, actor=actor, now=now, expires_at=now + KEPT_FOR)
        _keep(session, draft_id, files)
        names = [name for name, _ in files]
        office.record(session, actor, "import.uploaded", f"import_draft:{draft_id}", files=names)
    return token


def add_files(office: Office, token: str, files: Sequence[tuple[str, bytes]], actor: str) -> None:
    """Raises DraftError."""
    with office.store.begin() as session:
        row = _row(session, token, office.clock.now())
        before = import_drafts.files(session, row.id)
        _check(files, len(before), sum(one.size for one in before))
        _keep(session, row.id, files)
        names = [name for name, _ in files]
        office.record(session, actor, "import.uploaded", f"import_draft:{row.id}", files=names)


def remove_file(office: Office, token: str, file_id: int, actor: str) -> None:
    """Raises DraftError."""
    with office.store.begin() as session:
        row = _row(session, token, office.clock.now())
        name = import_drafts.remove_file(session, row.id, file_id)
        if name is None:
            raise DraftError("这个文件已经不在这次导入里。")
        office.record(session, actor, "import.file_removed", f"import_draft:{row.id}", file=name)


def choose(office: Office, token: str, choices: Choices) -> None:
    """Remembers what a person said; nothing is imported yet. Raises DraftError."""
    with office.store.begin() as session:
        row = _row(session, token, office.clock.now())
        import_drafts.set_choices(session, row.id, choices.as_json())


def discard(office: Office, token: str, actor: str) -> None:
    """The files are gone; the directory is as it was. Raises DraftError."""
    with office.store.begin() as session:
        row = _row(session, token, office.clock.now())
        import_drafts.drop(session, row.id)
        office.record(session, actor, "import.discarded", f"import_draft:{row.id}")


def find(office: Office, token: str) -> Draft | None:
    with office.store.read() as session:
        row = import_drafts.one(session, token, office.clock.now())
        if row is None:
            return None
        return Draft(
            row.id, row.token, row.created_by, row.created_at, row.expires_at, Choices.of_json(row.choices),
            import_drafts.files(session, row.id),
        )  # fmt: skip


def contents(office: Office, draft: Draft) -> list[tuple[str, bytes]]:
    with office.store.read() as session:
        return [(row.name, row.data) for row in import_drafts.contents(session, draft.id)]


def _row(session: Session, token: str, now: datetime) -> Any:
    row = import_drafts.one_for_update(session, token, now)
    if row is None:
        raise DraftError("这次导入已经做完、丢弃，或放了七天以上，文件已删除。请重新上传。")
    return row


def _keep(session: Session, draft_id: int, files: Sequence[tuple[str, bytes]]) -> None:
    for name, data in files:
        digest = hashlib.sha256(data).hexdigest()
        import_drafts.add_file(session, draft_id, name=_storable(name), sha256=digest, data=data)


def _storable(name: str) -> str:
    """A file's name as any database and page takes it; no path of somebody's machine."""
    last = name.replace("\\", "/").rpartition("/")[2]
    printable = "".join(ch for ch in last if ch.isprintable())
    return printable.strip()[-_NAME:] or "未命名文件"


def _check(files: Sequence[tuple[str, bytes]], others: int, other_bytes: int) -> None:
    if not files:
        raise DraftError("没有选文件。请选一个或几个 .xlsx、.xls 或 .csv 文件。")
    if len(files) + others > MOST_FILES:
        raise DraftError(f"一次最多 {MOST_FILES} 个文件，请分几次导入。")
    for name, data in files:
        if not data:
            raise DraftError(f"“{_storable(name)}”是空的，请核对后重新选。")
        if len(data) > FILE_BYTES:
            raise DraftError(f"“{_storable(name)}”超过 20 MB。请删去图片和无关的表，或拆成几个文件。")
    if other_bytes + sum(len(data) for _, data in files) > TOTAL_BYTES:
        raise DraftError("一次导入的文件合计不能超过 40 MB。请删去图片和无关的表，或分几次导入。")
