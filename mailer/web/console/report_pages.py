"""Sheets to print and to hand on: one mailing by list and unit, a quarter or year by issue, and by mail domain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mailer.flow.export_sheets import PARTS, domain_workbook, issue_workbook, parts_of, period_workbook
from mailer.flow.read_reports import (
    DomainSheet,
    PeriodSheet,
    has_mailings,
    reached,
    read_domains,
    read_issue_sheet,
    read_period,
)
from mailer.model.period import Period
from mailer.model.rights import Right
from mailer.web.console.answers import XLSX, attachment
from mailer.web.console.desk import Desk, caller_of
from mailer.web.console.fields import number
from mailer.web.console.ledger_page import account, served
from mailer.web.console.ways import Way

_QUARTERS, _YEARS = 8, 3  # offered in the choice; any other may stand in the address
_DOMAINS = 200  # lines of a page


def ways(desk: Desk) -> list[Way]:
    pages = _Reports(desk)
    return [
        Way("/mailings/{id}/sheet", pages.issue, Right.VIEW),
        Way("/mailings/{id}/sheet.xlsx", pages.issue_file, Right.VIEW),
        Way("/reports", pages.period, Right.VIEW),
        Way("/reports/period.xlsx", pages.period_file, Right.VIEW),
        Way("/reports/domains", pages.domains, Right.VIEW),
        Way("/reports/domains.xlsx", pages.domains_file, Right.VIEW),
    ]


@dataclass(frozen=True, slots=True)
class _Asked:
    """What the address asks for; ``wrong``: what of it could not be read."""

    period: Period
    rehearsals: bool
    wrong: str = ""

    @property
    def query(self) -> str:
        return f"?period={self.period}" + "&rehearsals=yes" * self.rehearsals


class _Reports:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office
        self._zone: tzinfo = desk.settings.timezone

    def issue(self, request: Request) -> Response:
        mailing_id = number(request.path_params["id"])
        with self._office.store.read() as session:
            sheet = read_issue_sheet(session, mailing_id, self._office.clock.now())
        self._desk.viewed(request, f"mailing:{mailing_id}", "ledger.viewed")
        return self._show(
            request,
            "console/reports/issue.html",
            masthead=sheet.head.title,
            sheet=sheet,
            head=sheet.head,
            rows=[(code, *_line(counts)) for code, counts in sheet.head.sum.by_list.items()],
            whole=_line(sheet.head.sum.counts),
            served=served,
        )

    def issue_file(self, request: Request) -> Response:
        mailing_id = number(request.path_params["id"])
        with self._office.store.read() as session:
            sheet = read_issue_sheet(session, mailing_id, self._office.clock.now())
        self._record(request, f"mailing:{mailing_id}", "sheet")
        name = f"发送情况表-第{sheet.head.number}期-批次{mailing_id}.xlsx"
        return attachment(issue_workbook(sheet, self._zone), name, f"sheet-{mailing_id}.xlsx", XLSX)

    def period(self, request: Request) -> Response:
        asked, now = self._asked(request), self._office.clock.now()
        with self._office.store.read() as session:
            sheet = read_period(session, asked.period, self._zone, now, rehearsals=asked.rehearsals)
            others = has_mailings(session, asked.period, self._zone, rehearsals=not asked.rehearsals)
        return self._of_period(
            request,
            "console/reports/period.html",
            asked,
            sheet,
            others,
            lines=[(line, *_line(line.sum.counts), account("", line.sum.counts)) for line in sheet.lines],
            by_list=[(code, *_line(counts)) for code, counts in sheet.sum.by_list.items()],
            whole=_line(sheet.sum.counts),
            whole_account=account("", sheet.sum.counts),
        )

    def period_file(self, request: Request) -> Response:
        asked, sheet = self._read(request, read_period)
        self._record(request, "reports", "period", period=str(asked.period))
        name = f"发送情况-{asked.period.label}.xlsx"
        return attachment(period_workbook(sheet, self._zone), name, f"period-{asked.period}.xlsx", XLSX)

    def domains(self, request: Request) -> Response:
        asked, now = self._asked(request), self._office.clock.now()
        with self._office.store.read() as session:
            sheet = read_domains(session, asked.period, self._zone, now, rehearsals=asked.rehearsals)
            others = has_mailings(session, asked.period, self._zone, rehearsals=not asked.rehearsals)
        return self._of_period(
            request,
            "console/reports/domains.html",
            asked,
            sheet,
            others,
            lines=[(line, account(line.domain, line.counts)) for line in sheet.lines[:_DOMAINS]],
            more=max(0, len(sheet.lines) - _DOMAINS),
        )

    def domains_file(self, request: Request) -> Response:
        asked, sheet = self._read(request, read_domains)
        self._record(request, "reports", "domains", period=str(asked.period))
        name = f"域名送达情况-{asked.period.label}.xlsx"
        return attachment(domain_workbook(sheet, self._zone), name, f"domains-{asked.period}.xlsx", XLSX)

    def _read(self, request: Request, read: Callable[..., Any]) -> tuple[_Asked, Any]:
        asked = self._asked(request)
        with self._office.store.read() as session:
            now = self._office.clock.now()
            return asked, read(session, asked.period, self._zone, now, rehearsals=asked.rehearsals)

    def _asked(self, request: Request) -> _Asked:
        """The running quarter where none is named."""
        rehearsals = request.query_params.get("rehearsals") == "yes"
        text = request.query_params.get("period", "")
        running = Period.quarter_of(self._today())
        try:
            return _Asked(Period.parse(text) if text else running, rehearsals)
        except ValueError:
            wrong = f"“{text[:20]}”不是能看的时段，先列出本季度。时段写成 2026、2026-Q4 或 2026-11。"
            return _Asked(running, rehearsals, wrong)

    def _of_period(
        self,
        request: Request,
        template: str,
        asked: _Asked,
        sheet: PeriodSheet | DomainSheet,
        others: bool,
        **values: Any,
    ) -> Response:
        today = self._today()
        return self._show(
            request,
            template,
            sheet=sheet,
            asked=asked,
            choices=_choices(asked.period, Period.quarter_of(today)),
            is_running=asked.period.holds(today),
            may_go_on=not (asked.period.holds(today) or asked.period.bounds(self._zone)[0] > self._office.clock.now()),
            has_others=others,
            **values,
        )

    def _today(self) -> datetime:
        return self._office.clock.now().astimezone(self._zone)

    def _show(self, request: Request, template: str, **values: Any) -> Response:
        return self._desk.show(request, template, area="mailings", parts=tuple(PARTS), **values)

    def _record(self, request: Request, subject: str, fmt: str, **detail: str) -> None:
        with self._office.store.begin() as session:
            self._office.record(session, caller_of(request).actor, "report.exported", subject, format=fmt, **detail)


def _line(counts: Any) -> tuple[int, int, tuple[int, ...]]:
    """(deliveries, 已发出, the counts under PARTS)."""
    return sum(counts.values()), reached(counts), parts_of(counts)


def _choices(chosen: Period, running: Period) -> list[tuple[str, str]]:
    offered = [running]
    while len(offered) < _QUARTERS:
        offered.append(offered[-1].before)
    offered += [Period(running.year - back, 1, 12) for back in range(_YEARS)]
    if chosen not in offered:
        offered.insert(0, chosen)
    return [(str(each), each.label) for each in offered]
