"""``mailer audit``: what was done, when, by whom, from where; and whether the records are still the ones that were written."""

from __future__ import annotations

import argparse
import json

from mailer.cli import opening
from mailer.cli.actions import add_actions
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow.audit_words import broken_words
from mailer.flow.office import Office
from mailer.store import audit
from mailer.store.audit import Head, Wanted

_MAC_LENGTH = 64
_SHOWN = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for name, sub in add_actions(
        parser,
        {
            "verify": "检查整条审计链；有改动、缺失、调换、截断，就说在哪一条",
            "list": "最近的记录",
        },
    ).items():
        if name == "verify":
            sub.add_argument(
                "--head", metavar="编号:摘要", help="与别处保存的链头对照：每日存证邮件或系统日志里的那一串"
            )
        else:
            sub.add_argument("--actor", metavar="谁", default="", help="名字里有这几个字的")
            sub.add_argument("--what", metavar="动作", default="", help="动作以此开头的，如 mailing.")
            sub.add_argument("--since", metavar="日期", help="从哪一天起")
            sub.add_argument("--limit", metavar="条数", type=int, default=_SHOWN, help=f"最多几条，默认 {_SHOWN}")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    office = opening.office(settings, opening.store(settings))
    if args.action == "verify":
        return _verify(office, _head(args.head), out)
    wanted = Wanted(actor=args.actor, action=args.what, since=opening.day(args.since, settings.timezone))
    with office.store.read() as session:
        found = audit.records(session, wanted, before=None, limit=max(1, args.limit))
    for row in reversed(found):
        at = row.at.astimezone(settings.timezone)
        detail = "" if row.detail == "{}" else f"  {row.detail}"
        out.line(
            f"{row.id}  {at:%Y-%m-%d %H:%M:%S}  {row.actor}  {row.source or '本机'}  {row.action}  {row.subject}{detail}"
        )
        out.object(
            {
                "number": row.id, "at": row.at, "actor": row.actor, "source": row.source, "action": row.action,
                "subject": row.subject, "detail": json.loads(row.detail),
            }
        )  # fmt: skip
    out.line(f"共 {len(found)} 条。")
    out.object({"event": "result", "records": len(found)})
    return int(Exit.DONE)


def _verify(office: Office, witness: Head | None, out: Output) -> int:
    with office.store.read() as session:
        broken = audit.verify(session, office.audit_key, witness)
        head = audit.head(session)
    for each in broken:
        out.line(broken_words(each))
        out.object({"event": "broken", "number": each.record_id, "why": each.why, "to": each.to})
    out.object({"event": "result", "ok": not broken, "records": head.record_id, "head": f"{head.record_id}:{head.mac}"})
    if broken:
        raise CommandError(
            "audit_broken", f"审计记录被动过，{len(broken)} 处。", "保留数据库现状，与备份对照，查明是谁、何时动的。"
        )
    out.line(f"完好：{head.record_id} 条记录，链头 {head.record_id}:{head.mac}")
    return int(Exit.DONE)


def _head(given: str | None) -> Head | None:
    if given is None:
        return None
    number, _, mac = given.partition(":")
    if not (number.isascii() and number.isdigit() and len(mac) == _MAC_LENGTH):
        raise CommandError(
            "usage", "--head 写得不对。", "照抄存证邮件里的“链头”，形如 1234:8f3c…（64 位十六进制）。", Exit.USAGE
        )
    return Head(int(number[:18]), mac.lower())
