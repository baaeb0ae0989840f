"""The audit, for the auditor: who did what, when, from where, before and after; whether the chain holds; the whole as a file."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import Row
from starlette.requests import Request
from starlette.responses import Response

from mailer.flow.audit_words import GROUPS, action_words, actor_words, broken_words, detail_words, subject_words
from mailer.model.rights import Right
from mailer.store import audit
from mailer.store.audit import Head, Wanted
from mailer.web.console.caller import caller_of
from mailer.web.console.desk import Desk
from mailer.web.console.ways import Way
from mailer.web.forms import Form

PER_PAGE = 100
_EXPORTED = 100_000  # records of one file; more is asked for by dates
_LONGEST = 64  # characters of a filter
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def ways(desk: Desk) -> list[Way]:
    pages = _Audit(desk)
    return [
        Way("/audit", pages.page, Right.AUDIT),
        Way("/audit/records.csv", pages.export, Right.AUDIT),
        Way("/audit/verify", pages.verify, Right.AUDIT, method="POST"),
    ]


@dataclass(frozen=True, slots=True)
class Chosen:
    """The filter as it was typed, and what is wrong with it."""

    who: str
    what: str
    subject: str
    source: str
    since: str
    until: str
    before: int | None
    wanted: Wanted
    wrong: str

    def query(self, **changed: str) -> str:
        """The page with this filter and other values."""
        now = {
            "who": self.who,
            "what": self.what,
            "subject": self.subject,
            "source": self.source,
            "since": self.since,
            "until": self.until,
        }
        return urlencode({name: value for name, value in (now | changed).items() if value})


class _Audit:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    def page(self, request: Request) -> Response:
        self._desk.viewed(request, "audit", "audit.viewed")
        return self._page(request, _chosen(request.query_params, self._office.zone))

    def verify(self, request: Request, form: Form) -> Response:
        """Walks the chain; ``head``: one that was kept elsewhere."""
        given = form.text("head")
        number, _, mac = given.partition(":")
        witness = Head(int(number), mac.lower()) if number.isascii() and number.isdigit() and len(number) < 19 else None
        if given and (witness is None or len(mac) != 64):
            wrong = "链头写得不对：照抄存证邮件里的那一串，形如 1234:8f3c…（冒号后 64 位）。"
            return self._page(request, _chosen({}, self._office.zone), given=given, wrong=wrong, status=422)
        with self._office.store.read() as session:
            broken = audit.verify(session, self._office.audit_key, witness)
        with self._office.store.begin() as session:
            self._office.record(session, caller_of(request).actor, "audit.verified", "audit", broken=len(broken))
        return self._page(
            request, _chosen({}, self._office.zone), given=given, checked=[broken_words(each) for each in broken]
        )

    def export(self, request: Request) -> Response:
        chosen = _chosen(request.query_params, self._office.zone)
        with self._office.store.begin() as session:
            rows = audit.records(session, chosen.wanted, before=None, limit=_EXPORTED)
            self._office.record(session, caller_of(request).actor, "audit.exported", "audit", records=len(rows))
        out = io.StringIO()
        writer = csv.writer(out)
        writer.writerow(["编号", "时间", "谁", "来源地址", "动作", "对象", "内容", "摘要"])
        for row in reversed(rows):
            at = row.at.astimezone(self._office.zone).isoformat(timespec="seconds")
            values = [row.id, at, row.actor, row.source, row.action, row.subject, row.detail, row.mac]
            writer.writerow([_as_text(value) for value in values])
        return Response(
            out.getvalue().encode("utf-8-sig"),
            headers={
                "Content-Type": "text/csv; charset=utf-8",
                "Content-Disposition": 'attachment; filename="audit.csv"',
            },
        )

    def _page(
        self,
        request: Request,
        chosen: Chosen,
        *,
        given: str = "",
        wrong: str = "",
        checked: list[str] | None = None,
        status: int = 200,
    ) -> Response:
        """``checked``: what is the matter with the chain, [] when it holds; None when nobody asked."""
        with self._office.store.read() as session:
            found = audit.records(session, chosen.wanted, before=chosen.before, limit=PER_PAGE + 1)
            head = audit.head(session)
        shown = found[:PER_PAGE]
        return self._desk.show(
            request,
            "console/audit.html",
            area="audit",
            status=status,
            records=[_entry(row) for row in shown],
            older=chosen.query(before=str(shown[-1].id)) if len(found) > PER_PAGE else "",
            newest=chosen.query() if chosen.before is not None else None,
            chosen=chosen,
            groups=GROUPS,
            head=head,
            given=given,
            wrong=wrong,
            checked=checked,
        )


def _entry(row: Row[Any]) -> dict[str, Any]:
    detail = json.loads(row.detail)
    before, after = detail.pop("before", None), detail.pop("after", None)
    return {
        "id": row.id,
        "at": row.at,
        "who": actor_words(row.actor),
        "source": row.source,
        "what": action_words(row.action),
        "subject": subject_words(row.subject),
        "change": (_plain(before), _plain(after)) if before is not None or after is not None else None,
        "detail": [(detail_words(name), _plain(value)) for name, value in detail.items()],
    }


def _plain(value: object) -> str:
    """JSON as a person reads it."""
    if isinstance(value, list):
        return "、".join(map(_plain, value)) or "无"
    if isinstance(value, dict):
        return "；".join(f"{name} {_plain(each)}" for name, each in value.items())
    if value is None or value == "":
        return "无"
    return {True: "是", False: "否"}.get(value, str(value)) if isinstance(value, bool) else str(value)


def _chosen(query: Mapping[str, str], zone: tzinfo) -> Chosen:
    """A filter that cannot be read finds everything and says so."""
    texts = {name: query.get(name, "").strip()[:_LONGEST] for name in ("who", "what", "subject", "source")}
    since, until = query.get("since", "").strip()[:10], query.get("until", "").strip()[:10]
    wrong = ""
    try:
        first, after = _midnight(since, zone), _midnight(until, zone, days=1)
    except (ValueError, OverflowError):
        first = after = None
        wrong = "日期写成 2026-11-23 这样。下面是全部记录。"
    before = query.get("before", "")
    return Chosen(
        who=texts["who"],
        what=texts["what"],
        subject=texts["subject"],
        source=texts["source"],
        since=since,
        until=until,
        before=int(before) if before.isascii() and before.isdigit() and len(before) < 19 else None,
        wanted=Wanted(
            actor=texts["who"],
            action=texts["what"],
            subject=texts["subject"],
            source=texts["source"],
            since=first,
            until=after,
        ),
        wrong=wrong,
    )


def _midnight(text: str, zone: tzinfo, days: int = 0) -> datetime | None:
    if not text:
        return None
    return datetime.combine(date.fromisoformat(text) + timedelta(days=days), time(), zone).astimezone(UTC)


def _as_text(value: object) -> object:
    """A cell that a spreadsheet program would take for a formula is marked as text (OWASP, CSV injection)."""
    return f"'{value}" if isinstance(value, str) and value.startswith(_FORMULA) else value
