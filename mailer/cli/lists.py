"""``mailer lists``: which lists there are, and who is on one at a date, and why not."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from mailer.cli import opening
from mailer.cli.output import CommandError, Exit, Output
from recipients import directory
from recipients.audience import Entry


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="操作", required=True, title="操作")
    for name, help_text in (
        ("list", "有哪些名单"),
        ("show", "一个名单的规则和人数"),
        ("members", "一个名单上的每个人"),
    ):
        sub = actions.add_parser(name, help=help_text, add_help=False)
        sub.add_argument("-h", "--help", action="help", help="显示本说明")
        if name != "list":
            sub.add_argument("code", metavar="名单", help="报、送 或 发")
            sub.add_argument("--at", metavar="日期", help="哪一天的名单，如 2026-11-23；默认今天")
        sub.add_argument("--json", action="store_true", help="输出 JSON")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    store = opening.store(settings)
    at = opening.day(getattr(args, "at", None), settings.timezone, hour=12) or datetime.now(UTC)
    with store.read() as session:
        lists = {each.code: each for each in directory.lists(session)}
        codes = tuple(lists) if args.action == "list" else (args.code,)
        if codes[0] not in lists:
            raise CommandError("no_list", f"没有“{codes[0]}”这个名单。", f"现有名单：{'、'.join(lists)}", Exit.USAGE)
        members = {code: directory.members(session, code, at) for code in codes}
    for code, audience in members.items():
        each = lists[code]
        facts = {
            "code": code,
            "name": each.name,
            "is_duty": each.is_duty,
            "posts": len(audience.entries),
            "recipients": len({entry.address.key for entry in audience.included if entry.address}),
            "withheld": len(audience.withheld),
        }
        out.line(
            f"{code}（{each.name}）：{facts['posts']} 个岗位，{facts['recipients']} 个邮箱，不发 {facts['withheld']} 个岗位"
        )
        if args.action == "members":
            for entry in audience.entries:
                out.line(f"  {_words(entry)}")
            facts["members"] = [_as_json(entry) for entry in audience.entries]
        out.object(facts)
    return int(Exit.DONE)


def _words(entry: Entry) -> str:
    address = entry.address.ascii if entry.address else "没有邮箱"
    not_sent = f"（不发：{entry.withheld.chinese}{f'，{entry.note}' if entry.note else ''}）" if entry.withheld else ""
    return f"{entry.unit} {entry.role} {entry.name} {address}{not_sent} · {entry.why}"


def _as_json(entry: Entry) -> dict[str, object]:
    return {
        "unit": entry.unit,
        "post": entry.role,
        "name": entry.name,
        "email": entry.address.ascii if entry.address else None,
        "withheld": str(entry.withheld) if entry.withheld else None,
        "note": entry.note,
        "why": entry.why,
    }
