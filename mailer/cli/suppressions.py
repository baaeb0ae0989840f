"""``mailer suppressions``: which addresses are not written to, and why; entering one and lifting one by hand."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime

from mailer.cli import opening
from mailer.cli.actions import add_actions
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow.suppress_address import lift_suppression, suppress_address
from recipients import directory
from recipients.address import AddressError, EmailAddress
from recipients.suppression import Suppression, SuppressionReason

_REASONS = {str(reason): reason.chinese for reason in SuppressionReason}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for name, sub in add_actions(
        parser, {"list": "现在不发的邮箱", "add": "不再发给一个邮箱", "lift": "解除一条停发"}
    ).items():
        if name == "list":
            sub.add_argument("--all", action="store_true", help="已解除、已到期的也列出")
        if name == "add":
            sub.add_argument("address", metavar="邮箱", help="不再发给谁")
            sub.add_argument("--list", metavar="名单", default="", help="只对这个名单；默认全部")
            sub.add_argument(
                "--reason", choices=list(_REASONS), default="office", metavar="原因",
                help="、".join(f"{code}（{words}）" for code, words in _REASONS.items()),
            )  # fmt: skip
            sub.add_argument("--until", metavar="日期", help="到哪一天为止；默认直到解除")
            sub.add_argument("--because", metavar="依据", required=True, help="依据，如：11 月 23 日电话核实")
        if name == "lift":
            sub.add_argument("number", type=int, metavar="编号", help="suppressions list 里的编号")
            sub.add_argument("--because", metavar="理由", required=True, help="为什么解除")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    store = opening.store(settings)
    if args.action == "list":
        with store.read() as session:
            rows = directory.listed_suppressions(session, datetime.now(UTC), also_past=args.all)
        for row in rows:
            until = f"，到 {row.until.astimezone(settings.timezone):%Y-%m-%d}" if row.until else ""
            lifted = f"，已解除：{row.lifted_because}" if row.lifted_at else ""
            words = _REASONS[row.reason]
            out.line(f"{row.id}  {row.address_key}  {row.scope or '全部名单'}  {words}{until}  {row.evidence}{lifted}")
            out.object(
                {
                    "number": row.id, "address": row.address_key, "list": row.scope, "reason": row.reason,
                    "evidence": row.evidence, "until": row.until, "created_at": row.created_at,
                    "created_by": row.created_by, "lifted_at": row.lifted_at,
                }
            )  # fmt: skip
        out.line(f"共 {len(rows)} 条。")
        out.object({"event": "result", "suppressions": len(rows)})
        return int(Exit.DONE)
    office = opening.office(settings, store)
    if args.action == "lift":
        if not lift_suppression(office, args.number, args.because, opening.actor()):
            raise CommandError(
                "no_suppression", f"没有编号 {args.number} 的停发，或已经解除。", "编号见：mailer suppressions list"
            )
        out.line(f"已解除第 {args.number} 条停发；下一次发送起照常发。")
        out.object({"event": "result", "lifted": args.number})
        return int(Exit.DONE)
    try:
        key = EmailAddress.parse(args.address).key
    except AddressError as error:
        raise CommandError("bad_address", f"邮箱写得不对：{error.message}。", "", Exit.USAGE) from error
    with store.read() as session:
        codes = [each.code for each in directory.lists(session)]
    if args.list and args.list not in codes:
        raise CommandError("no_list", f"没有“{args.list}”这个名单。", f"现有名单：{'、'.join(codes)}", Exit.USAGE)
    wanted = Suppression(
        key, SuppressionReason(args.reason), args.list, until=opening.day(args.until, settings.timezone),
        evidence=args.because,
    )  # fmt: skip
    done = suppress_address(office, wanted, opening.actor())
    out.line(f"已停发 {key}（编号 {done.number}）；正在等待的 {done.withheld} 封不再发出。")
    out.object({"event": "result", "number": done.number, "withheld": done.withheld})
    return int(Exit.DONE)
