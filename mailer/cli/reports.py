"""``mailer reports``: a quarter or a year at a glance, issue by issue or mail domain by mail domain; as text or a workbook."""

from __future__ import annotations

import argparse
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from mailer.cli import opening
from mailer.cli.actions import add_actions
from mailer.cli.ledger_text import counts_json, sum_line
from mailer.cli.output import CommandError, Exit, Output, write_file
from mailer.flow.export_sheets import domain_workbook, period_workbook
from mailer.flow.office import Office
from mailer.flow.read_reports import DomainSheet, PeriodSheet, read_domains, read_period
from mailer.model.delivery import DeliveryStatus
from mailer.model.period import Period

_WHAT = {"period": "一个季度或一年：每期发了多少、发出多少、退回多少", "domains": "同一时段，按收件的邮件域名"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for sub in add_actions(parser, _WHAT).values():
        sub.add_argument("period", metavar="时段", nargs="?", help="2026、2026-Q4 或 2026-11；默认本季度")
        sub.add_argument("--out", metavar="文件", type=Path, help="写成 Excel 文件（.xlsx）")
        sub.add_argument("--rehearsals", action="store_true", help="只看演练")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    office = opening.office(settings, opening.store(settings))
    period = _period(args.period, datetime.now(UTC).astimezone(settings.timezone))
    read = read_period if args.action == "period" else read_domains
    with office.store.read() as session:
        sheet = read(session, period, settings.timezone, office.clock.now(), rehearsals=args.rehearsals)
    if args.out is not None:
        return int(_write(args, office, sheet, out))
    if isinstance(sheet, PeriodSheet):
        _show_period(sheet, out)
    else:
        _show_domains(sheet, out)
    return int(Exit.DONE)


def _period(text: str | None, today: datetime) -> Period:
    try:
        return Period.parse(text) if text else Period.quarter_of(today)
    except ValueError:
        raise CommandError(
            "bad_period", f"时段“{text}”看不懂。", "写成 2026、2026-Q4 或 2026-11。", Exit.USAGE
        ) from None


def _write(args: argparse.Namespace, office: Office, sheet: PeriodSheet | DomainSheet, out: Output) -> Exit:
    zone = office.zone
    data = period_workbook(sheet, zone) if isinstance(sheet, PeriodSheet) else domain_workbook(sheet, zone)
    write_file(args.out, data)
    with office.store.begin() as session:
        office.record(
            session, opening.actor(), "report.exported", "reports", format=args.action, period=str(sheet.period)
        )
    out.line(f"已写好：{args.out}")
    out.object({"event": "result", "file": str(args.out), "bytes": len(data)})
    return Exit.DONE


def _show_period(sheet: PeriodSheet, out: Output) -> None:
    mark = "【演练】" if sheet.rehearsals else ""
    out.line(f"{mark}{sheet.period.label}：{sheet.issues} 期，{len(sheet.lines)} 批")
    for line in sheet.lines:
        out.line(f"  第{line.number}期 {line.kind.label} 批次 {line.mailing_id}  {sum_line(line.sum)}")
        out.object(
            {
                "mailing": line.mailing_id,
                "issue": line.issue_id,
                "number": line.number,
                "kind": str(line.kind),
                "status": str(line.status),
                "released_at": line.released_at,
                "duties": line.sum.duties,
                **counts_json(line.sum),
            }
        )
    out.line(f"  合计：{sum_line(sheet.sum)}")
    out.object(
        {
            "event": "result",
            "period": str(sheet.period),
            "issues": sheet.issues,
            "mailings": len(sheet.lines),
            "duties": sheet.sum.duties,
            **counts_json(sheet.sum),
        }
    )


def _show_domains(sheet: DomainSheet, out: Output) -> None:
    mark = "【演练】" if sheet.rehearsals else ""
    out.line(f"{mark}{sheet.period.label}：{len(sheet.lines)} 个域名")
    for line in sheet.lines:
        causes = "；".join(f"{cause} {n}" for cause, n in line.causes)
        out.line(f"  {line.domain}  {line.total} 份，已发出 {line.reached}" + (f"（{causes}）" if causes else ""))
        out.object({"domain": line.domain, "total": line.total, "reached": line.reached, "counts": _plain(line.counts)})
    if sheet.without:
        out.line(f"  没有邮箱的 {sheet.without} 份")
    out.object({"event": "result", "period": str(sheet.period), "domains": len(sheet.lines), "without": sheet.without})


def _plain(counts: Mapping[DeliveryStatus, int]) -> dict[str, Any]:
    return {str(status): n for status, n in counts.items()}
