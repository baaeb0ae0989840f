"""An issue's archive: everything about one issue in one zip that opens offline and is the same whenever it is made.

Nothing in it comes from the moment of making: times are those of the data, looks and exports are left out of the audit
excerpt. The digest of its list of hashes goes into the audit, so that a pack can be told from another years later.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlmodel import Session

from mailer.content.compose import PreparedMail
from mailer.content.pack import Packed, pack
from mailer.content.seen_mail import sample_copy, take_apart
from mailer.flow.audit_words import action_words, actor_words
from mailer.flow.export_report import export_report
from mailer.flow.office import Office
from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.store import archive_reads, corrections, queries, sign_off
from recipients import spreadsheet

_UNFIT = re.compile(r'[\\/:*?"<>|\x00-\x1f\x7f]')
_AUDIENCE = ("名单", "单位", "岗位", "姓名", "电话", "邮箱", "代收人", "必达")
_PHOTO = {"image/jpeg": "jpg", "image/png": "png", "image/webp": "webp", "application/pdf": "pdf"}


@dataclass(frozen=True, slots=True)
class Paper:
    """One file as the cover sheet lists it."""

    path: str
    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Mail:
    """One list's mail; its files are ``path`` with .html, .txt and .eml behind it."""

    code: str
    path: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """One mailing as the cover sheet tells it; ``sum`` and ``by_list`` are the ledger's own, written out."""

    mailing_id: int
    kind: str
    status: str
    is_rehearsal: bool
    released: str
    approved: str
    sum: str
    by_list: tuple[str, ...]
    duties: int
    mails: tuple[Mail, ...]
    folder: str
    is_signed: bool


@dataclass(frozen=True, slots=True)
class Cover:
    """What ``index.html`` prints."""

    title: str
    number: int
    issued_on: str
    office: str
    until: str
    chapters: tuple[Chapter, ...]
    acts: tuple[tuple[str, str, str], ...]
    papers: tuple[Paper, ...]


def archive_issue(office: Office, issue_id: int, actor: str) -> Packed | None:
    """The pack, and the audit's record of it; None where there is no such issue. All of it is held in memory."""
    with office.store.read() as session:
        row = archive_reads.issue_row(session, issue_id)
        if row is None:
            return None
        packed = _Archive(office, session, row).packed()
    with office.store.begin() as session:
        office.record(session, actor, "issue.archived", f"issue:{issue_id}", digest=packed.digest)
    return packed


class _Archive:
    def __init__(self, office: Office, session: Session, row: Any) -> None:
        self._office, self._session, self._row = office, session, row
        self._files: dict[str, bytes] = {}
        self._last: datetime = row.created_at

    def packed(self) -> Packed:
        mailings = archive_reads.mailings_of(self._session, self._row.id)
        self._revisions()
        self._attachments()
        chapters = tuple(self._mailing(each) for each in mailings if each.status != MailingStatus.DRAFT)
        self._approvals([each.id for each in mailings])
        subjects = [f"issue:{self._row.id}", *(f"mailing:{each.id}" for each in mailings)]
        acts = archive_reads.acts_on(self._session, subjects)
        self._put("audit.jsonl", _json_lines(self._act(each) for each in acts))
        self._files["index.html"] = self._cover(chapters, acts).encode("utf-8")
        return pack(self._files, self._last.astimezone(self._office.zone))

    def _put(self, path: str, data: bytes) -> str:
        """The path it got: two files that people named alike must not become one."""
        taken = {each.lower() for each in self._files}
        stem, dot, suffix = path.rpartition(".") if "." in path.rpartition("/")[2] else (path, "", "")
        nth = 1
        while path.lower() in taken:
            nth += 1
            path = f"{stem}-{nth}{dot}{suffix}"
        self._files[path] = data
        return path

    def _seen(self, *moments: datetime | None) -> None:
        self._last = max([self._last, *(each for each in moments if each is not None)])

    def _revisions(self) -> None:
        for each in archive_reads.whole_revisions(self._session, self._row.id):
            self._seen(each.created_at)
            folder = f"issue/revision-{each.revision}"
            if corrections.base_of(each) is None:
                self._put(f"{folder}/{_name(each.source_name)}", bytes(each.source))
            self._put(f"{folder}/content.json", _pretty(json.loads(each.content)))

    def _attachments(self) -> None:
        for each in sign_off.attachment_files(self._session, self._row.id):
            self._put(f"issue/attachments/{_name(each.name)}", bytes(each.data))

    def _mailing(self, row: Any) -> Chapter:
        session, folder = self._session, f"mailings/{row.id}"
        self._seen(row.created_at, row.approved_at, row.scheduled_at, row.released_at, row.closed_at)
        mails = []
        contents = queries.mailing_contents(session, row.id)
        for code in sorted(contents, key=row.lists.split(",").index):
            mails.append(Mail(code, f"{folder}/mail/{_name(code)}"))
            self._mail(mails[-1].path, PreparedMail.load(contents[code]))
        rows = queries.report_rows(session, row.id)
        audience = [
            (
                each.list,
                each.unit,
                each.post,
                each.name,
                each.phone,
                each.recipient,
                each.care_of,
                "是" * each.essential,
            )
            for each in rows
        ]
        self._put(f"{folder}/audience.csv", spreadsheet.write_csv([_AUDIENCE, *audience]))
        for name, fmt, labels in (("ledger.csv", "csv", True), ("ledger.jsonl", "jsonl", False)):
            self._put(f"{folder}/{name}", export_report(session, row.id, fmt, labels=labels, zone=self._office.zone))
        events = archive_reads.events_of(session, row.id)
        self._seen(*(each.at for each in events[-1:]))
        self._put(f"{folder}/events.jsonl", _json_lines(each._asdict() for each in events))
        signatures = archive_reads.signatures_of(session, row.id)
        if signatures:
            self._seen(*(each.at for each in signatures))
            self._put(f"{folder}/signatures.jsonl", _json_lines(each._asdict() for each in signatures))
        total = queries.ledger_sum(session, row.id)
        return Chapter(
            mailing_id=row.id,
            kind=MailingKind(row.kind).label,
            status=MailingStatus(row.status).label,
            is_rehearsal=row.rehearsal,
            released=self._moment(row.released_at),
            approved=f"{actor_words(row.approved_by)}，{self._moment(row.approved_at)}" if row.approved_by else "",
            sum=_written_out(total.counts),
            by_list=tuple(f"{code}：{_written_out(counts)}" for code, counts in total.by_list.items()),
            duties=total.duties,
            mails=tuple(mails),
            folder=folder,
            is_signed=bool(signatures),
        )

    def _mail(self, stem: str, prepared: PreparedMail) -> None:
        """The very bytes that were sent, but for To, Message-ID and the piece number, which are nobody's."""
        seen = take_apart(prepared)
        self._put(f"{stem}.eml", sample_copy(prepared))
        self._put(f"{stem}.html", seen.html.encode("utf-8"))
        self._put(f"{stem}.txt", seen.text.encode("utf-8"))
        for carried in seen.carried:
            self._put(f"{stem}-attachments/{_name(carried.name)}", carried.data)

    def _approvals(self, mailing_ids: Sequence[int]) -> None:
        found = []
        for each in archive_reads.approvals_of(self._session, mailing_ids):
            facts = {name: value for name, value in each._asdict().items() if name not in {"id", "photo", "photo_type"}}
            if each.photo:
                photo = f"approvals/mailing-{each.mailing_id}.{_PHOTO.get(each.photo_type, 'bin')}"
                self._put(photo, bytes(each.photo))
                facts["photo"] = photo
            found.append(facts | {"waived": json.loads(each.waived)})
        waived = [
            {name: value for name, value in each._asdict().items() if name not in {"id", "revision_id"}}
            for each in archive_reads.waivers_of(self._session, self._row.id)
        ]
        self._put("approvals/approvals.json", _pretty({"approvals": found, "waivers": waived}))

    def _act(self, row: Any) -> dict[str, Any]:
        self._seen(row.at)
        return {
            "number": row.id, "at": row.at, "actor": row.actor, "action": row.action, "subject": row.subject,
            "detail": json.loads(row.detail), "mac": row.mac,
        }  # fmt: skip

    def _cover(self, chapters: tuple[Chapter, ...], acts: Iterable[Any]) -> str:
        row = self._row
        cover = Cover(
            title=row.title,
            number=row.number,
            issued_on=row.issued_on.isoformat(),
            office=archive_reads.issuing_office(self._session, row.id),
            until=self._moment(self._last),
            chapters=chapters,
            acts=tuple((self._moment(each.at), actor_words(each.actor), action_words(each.action)) for each in acts),
            papers=tuple(
                Paper(path, len(data), hashlib.sha256(data).hexdigest()) for path, data in sorted(self._files.items())
            ),
        )
        return self._office.templates.get_template("archive/index.html").render(cover=cover)

    def _moment(self, value: datetime | None) -> str:
        return f"{value.astimezone(self._office.zone):%Y-%m-%d %H:%M}" if value else ""


def _written_out(counts: Mapping[DeliveryStatus, int]) -> str:
    parts = [f"{status.label} {n}" for status, n in counts.items() if n]
    return f"{sum(counts.values())} 份 = {' + '.join(parts) or '0'}"


def _name(text: str) -> str:
    """A file name that every system takes; what people called the file stays readable."""
    return _UNFIT.sub("_", text).strip(" .")[:100] or "file"


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    return value.isoformat() if isinstance(value, date) else str(value)


def _json_lines(values: Iterable[dict[str, Any]]) -> bytes:
    return "".join(json.dumps(each, ensure_ascii=False, default=_plain) + "\n" for each in values).encode("utf-8")


def _pretty(value: object) -> bytes:
    return json.dumps(value, ensure_ascii=False, indent=1, default=_plain).encode("utf-8") + b"\n"
