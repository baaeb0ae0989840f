"""``mailer bounces``: read returned mails and replies (no data folder needed), take returns in, say whose they are."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from mailer.cli.output import CommandError, Exit, Output
from mailer.feedback.bounds import PREFIX_LIMIT
from mailer.feedback.classify import classify
from mailer.feedback.report import Kind, RecipientReport, ReturnedMail, read_report
from mailer.feedback.wording import explain

MAIL_LIMIT = 50 * 1024 * 1024  # octets; what is longer is kept cut, and said so

_KINDS = {
    Kind.BOUNCE: "退信",
    Kind.DELAYED: "延迟通知",
    Kind.DELIVERED: "送达通知",
    Kind.COMPLAINT: "投诉",
    Kind.AUTOREPLY: "自动回复",
    Kind.NONE: "不是退信",
    Kind.UNKNOWN: "未能读懂",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="动作", title="动作", required=True)
    parse = actions.add_parser("parse", help="读取退信文件（.eml）", add_help=False)
    parse.add_argument("files", nargs="+", metavar="文件", type=Path, help="退信原文，可以给多个")
    reply = actions.add_parser(
        "classify", help="判断服务器答复的含义：每行一个 JSON 对象 {reply, domain}", add_help=False
    )
    for sub in (parse, reply):
        sub.add_argument("--json", action="store_true", help="输出 JSON，每行一个")
        sub.add_argument("-h", "--help", action="help", help="显示本说明")

    take = actions.add_parser("take-in", help="收下一封退信（标准输入，供邮件系统的管道使用）", add_help=False)
    take.add_argument("--recipient", metavar="邮箱", default="", help="信封收件人（退信地址）")
    take.add_argument("--sender", metavar="邮箱", default="", help="信封发件人")
    take.add_argument("--json", action="store_true", help="输出 JSON")
    take.add_argument("-h", "--help", action="help", help="显示本说明")

    poll = actions.add_parser("poll", help="到收信邮箱里看一遍有没有退信（只读，不改动邮箱）", add_help=False)
    poll.add_argument("--json", action="store_true", help="输出 JSON")
    poll.add_argument("-h", "--help", action="help", help="显示本说明")

    waiting = actions.add_parser(
        "list", help="待认领的退信：没有本系统记号的，和它们可能对应的发送记录", add_help=False
    )
    assign = actions.add_parser("assign", help="认领：这封退信说的就是这一份", add_help=False)
    assign.add_argument("mail", metavar="退信编号", type=int)
    assign.add_argument("delivery", metavar="发送记录编号", type=int, help="mailer bounces list 列出的那个")
    dismiss = actions.add_parser("dismiss", help="排除：这封退信与本刊无关", add_help=False)
    dismiss.add_argument("mail", metavar="退信编号", type=int)
    dismiss.add_argument("--because", metavar="原因", default="", help="为什么无关，记入操作记录")
    for sub in (waiting, assign, dismiss):
        sub.add_argument("--json", action="store_true", help="输出 JSON")
        sub.add_argument("-h", "--help", action="help", help="显示本说明")


def run(args: argparse.Namespace, out: Output) -> int:
    return _ACTIONS[args.action](args, out)


def _parse(args: argparse.Namespace, out: Output) -> int:
    for path in args.files:
        _show_mail(path, read_report(_read(path)), out)
    return int(Exit.DONE)


def _take_in(args: argparse.Namespace, out: Output) -> int:
    """0: stored, also when not understood; 75 (EX_TEMPFAIL): not stored, the mail system shall try again. Never 1."""
    from mailer.cli import take_in  # noqa: PLC0415 - parse and classify need no database

    return int(take_in.take_in(sys.stdin.buffer.read(MAIL_LIMIT + 1), args.recipient, args.sender, out))


def _poll(args: argparse.Namespace, out: Output) -> int:
    from mailer.cli import poll  # noqa: PLC0415 - parse and classify need no database

    del args
    return int(poll.poll(out))


def _list(args: argparse.Namespace, out: Output) -> int:
    from mailer.cli import unmatched  # noqa: PLC0415 - parse and classify need no database

    del args
    return int(unmatched.list_open(out))


def _assign(args: argparse.Namespace, out: Output) -> int:
    from mailer.cli import unmatched  # noqa: PLC0415 - parse and classify need no database

    return int(unmatched.assign(args.mail, args.delivery, out))


def _dismiss(args: argparse.Namespace, out: Output) -> int:
    from mailer.cli import unmatched  # noqa: PLC0415 - parse and classify need no database

    return int(unmatched.dismiss(args.mail, args.because, out))


def _read(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(PREFIX_LIMIT)
    except OSError as error:
        raise CommandError(
            "unreadable_file", f"读不到文件 {path}：{error.strerror}。", "检查路径和权限。", Exit.USAGE
        ) from error


def _show_mail(path: Path, mail: ReturnedMail, out: Output) -> None:
    out.line(f"{path}：{_KINDS[mail.kind]}" + (f"（{mail.note}）" if mail.note else ""))
    for report in mail.reports:
        cause, remedy = explain(report.reason, report.classification.owner)
        out.line(
            f"  {report.recipient or '（没有写收件人）'}：{_KINDS[report.kind]}"
            + (f"，{cause}。{remedy}。" if cause else "")
        )
        out.object(_report_object(path, report))
    if mail.auto_reply and mail.auto_reply.absent_until:
        out.line(f"  对方写明离岗至 {mail.auto_reply.absent_until:%Y-%m-%d}。")
    if not mail.reports:
        kind = Kind.NONE if mail.kind is Kind.UNKNOWN else mail.kind
        out.object(_object(path, kind, diagnostic=mail.note))


def _report_object(path: Path, report: RecipientReport) -> dict[str, Any]:
    return _object(
        path,
        report.kind,
        recipient=report.recipient or None,
        status=str(report.status) if report.status else None,
        reply_code=report.classification.code,
        reason=report.reason or None,
        hard=report.hard,
        diagnostic=report.diagnostic_reply,
    )


def _object(path: Path, kind: Kind, **found: object) -> dict[str, Any]:
    empty = {"recipient": None, "status": None, "reply_code": None, "reason": None, "hard": False, "diagnostic": ""}
    return {"file": str(path), "kind": str(kind), **empty, **found}


def _classify(args: argparse.Namespace, out: Output) -> int:
    del args
    for number, line in enumerate(sys.stdin, 1):
        if line.strip():
            reply, domain = _reply_line(line, number)
            found = classify(reply, None, None, domain, None)
            cause, remedy = explain(found.reason, found.owner)
            out.line(f"{cause}。{remedy}。")
            out.object(
                {"reason": found.reason, "hard": found.hard, "status": str(found.status) if found.status else None}
            )
    return int(Exit.DONE)


def _reply_line(line: str, number: int) -> tuple[str, str]:
    try:
        value = json.loads(line)
        reply, domain = value["reply"], value.get("domain") or ""
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError):
        reply = domain = None
    if not isinstance(reply, str) or not isinstance(domain, str):
        example = '{"reply": "550 5.1.1 User unknown", "domain": "post.example"}'
        raise CommandError(
            "bad_line", f"标准输入第 {number} 行不是要求的 JSON 对象。", f"每行写成：{example}", Exit.FAILED
        )
    return reply, domain


_ACTIONS: dict[str, Callable[[argparse.Namespace, Output], int]] = {
    "parse": _parse,
    "classify": _classify,
    "take-in": _take_in,
    "poll": _poll,
    "list": _list,
    "assign": _assign,
    "dismiss": _dismiss,
}
