"""``mailer retention``: forgets what is kept only for a time."""

from __future__ import annotations

import argparse

from mailer.cli import opening
from mailer.cli.actions import add_actions
from mailer.cli.output import Exit, Output
from mailer.flow.keep_for_a_time import APPLICATIONS_FOR, keep_for_a_time


def add_arguments(parser: argparse.ArgumentParser) -> None:
    sub = add_actions(parser, {"run": "清除到期的原件"})["run"]
    sub.add_argument("--dry-run", action="store_true", help="只数一数，不清除")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    office = opening.office(settings, opening.store(settings))
    found = keep_for_a_time(office, opening.actor(), raw_returns_for=settings.retention_returns, dry_run=args.dry_run)
    days = settings.retention_returns.days
    verb = "可清除" if args.dry_run else "已清除"
    out.line(
        f"{verb}满 {days} 天的退信原件 {found.returns} 封（{found.octets / 1_048_576:.1f} MB）；结论和台账都留着。"
    )
    out.line(f"{verb}满 {APPLICATIONS_FOR.days} 天的加入申请 {found.applications} 份。")
    out.object(
        {
            "event": "result", "dry_run": args.dry_run, "returns": found.returns, "bytes": found.octets, "days": days,
            "applications": found.applications,
        }
    )  # fmt: skip
    return int(Exit.DONE)
