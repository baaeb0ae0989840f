"""``mailer mailings``: the ledgers, and what a person may do to a mailing."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Callable
from pathlib import Path

from mailer.cli import follow_ups, ledger_text, opening, signatures, watching
from mailer.cli.actions import add_actions
from mailer.cli.output import CommandError, Exit, Output, write_file
from mailer.flow import control_mailing, resend
from mailer.flow.approve_mailing import ApprovalError
from mailer.flow.export_report import export_report
from mailer.flow.export_sheets import issue_workbook
from mailer.flow.office import Office
from mailer.flow.read_common_ledger import read_common_ledger
from mailer.flow.read_ledger import read_ledger
from mailer.flow.read_reports import read_issue_sheet
from mailer.model.mailing import IllegalMailingTransitionError, MailingStatus
from mailer.settings import Settings
from mailer.store import corrections, queries

_WITH_ID = {
    "show": "一个批次的台账",
    "pause": "暂停（已领走的一小批仍会发出）",
    "resume": "继续，等人处理的也再试",
    "cancel": "取消还没有发出的",
    "report": "导出台账",
    "sheet": "发送情况表：按名单、按单位、谁没收到（Excel）",
    "resolve": "处理结果不明的邮件",
    "resend": "补发给没有收到的人（按今天的名单和地址）",
    "correct": "更正：停下其余的，给拿着旧稿的发更正，给其余的发新稿",
    "recall": "撤回：停下其余的，告知拿到本期的人",
    "signatures": "谁签收了、谁没有",
    "remind": "催办：只发给没有签收的",
}
_MORE = {
    "correct": follow_ups.add_correct,
    "recall": follow_ups.add_recall,
    "signatures": signatures.add_signatures,
    "remind": signatures.add_remind,
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    every = {"list": "有哪些批次"} | _WITH_ID
    for name, sub in add_actions(parser, every).items():
        if name in _WITH_ID:
            sub.add_argument("id", metavar="批次", help="批次编号，或 key:钥匙")
        if name == "cancel":
            sub.add_argument("--yes", action="store_true", help="不再询问")
        if name == "report":
            sub.add_argument("--format", choices=("csv", "xlsx", "jsonl"), default="csv", help="格式，默认 csv")
            sub.add_argument("--out", metavar="文件", type=Path, help="写到哪个文件；默认输出到屏幕")
            sub.add_argument("--labels", action="store_true", help="中文表头、中文状态、办公时区")
        if name == "sheet":
            sub.add_argument("--out", metavar="文件", type=Path, required=True, help="写到哪个 .xlsx 文件")
        if name == "resolve":
            sub.add_argument(
                "--in-doubt", choices=("resend", "accept"), required=True, help="resend 再发；accept 视为已发"
            )
            sub.add_argument("--recipient", metavar="邮箱", help="只处理这个地址")
        if name == "resend":
            sub.add_argument("--with-late", action="store_true", help="也发给后来列入名单、这一期一次也没发过的人")
            sub.add_argument("--wait", metavar="多久", nargs="?", const="", help="等到发完；可写最多等多久，如 10m")
        if name in _MORE:
            _MORE[name](sub)


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    store = opening.store(settings)
    office = opening.office(settings, store)
    if args.action == "list":
        return _list(office, settings, out)
    mailing_id = _find(office, args.id)
    try:
        return int(_ACTIONS[args.action](args, office, settings, mailing_id, out))
    except ApprovalError as error:
        raise CommandError(error.code, error.message, error.hint) from error
    except IllegalMailingTransitionError as error:
        raise CommandError(
            "not_possible", f"批次 {mailing_id} {error.status.label}，做不了这件事。", "先看台账：mailer mailings show"
        ) from error


def _find(office: Office, wanted: str) -> int:
    with office.store.read() as session:
        row = (
            queries.mailing_by_key(session, wanted.removeprefix("key:"))
            if wanted.startswith("key:")
            else queries.mailing_or_none(session, int(wanted))
            if wanted.isdigit() and len(wanted) < 10
            else None
        )
    if row is None:
        raise CommandError("no_mailing", f"没有发送批次 {wanted}。", "看看有哪些：mailer mailings list", Exit.USAGE)
    return int(row.id)


def _list(office: Office, settings: Settings, out: Output) -> int:
    with office.store.read() as session:
        rows = [(row, queries.ledger_sum(session, row.id)) for row in queries.mailings(session)]
    if not rows:
        out.line("还没有发送过。第一次：mailer send 期刊文件")
    for row, total in rows:
        when = f"{row.created_at.astimezone(settings.timezone):%Y-%m-%d %H:%M}"
        mark = "【演练】" if row.rehearsal else ""
        status = MailingStatus(row.status).label
        out.line(f"{row.id:>4}  {when}  {mark}{row.title} 第{row.number}期  {status}  {ledger_text.sum_line(total)}")
        out.object(
            {
                "mailing": row.id,
                "key": row.key,
                "title": row.title,
                "number": row.number,
                "status": row.status,
                "rehearsal": row.rehearsal,
                **ledger_text.counts_json(total),
            }
        )
    return int(Exit.DONE)


def _show(args: argparse.Namespace, office: Office, settings: Settings, mailing_id: int, out: Output) -> Exit:
    del args, settings
    with office.store.read() as session:
        ledger = read_ledger(session, mailing_id, office.clock.now())
        row = queries.mailing(session, mailing_id)
        issue_id = corrections.issue_behind(session, row.revision_id).id
        common = read_common_ledger(session, issue_id, rehearsal=row.rehearsal)
    ledger_text.print_ledger(ledger, out)
    if common is not None:
        out.line(f"{common.kind.label} {common.number}：{common.state.label}，第 {common.revision} 稿。{common.note}")
        follow_ups.print_common(common, out)
    out.object(
        {
            "mailing": mailing_id,
            "key": row.key,
            "status": str(ledger.status),
            "reason": ledger.reason,
            "rehearsal": ledger.rehearsal,
            "duties": ledger.sum.duties,
            "parked": ledger.parked,
            **ledger_text.counts_json(ledger.sum),
        }
    )
    return Exit.DONE


def _report(args: argparse.Namespace, office: Office, settings: Settings, mailing_id: int, out: Output) -> Exit:
    with office.store.begin() as session:
        data = export_report(session, mailing_id, args.format, labels=args.labels, zone=settings.timezone)
        office.record(session, opening.actor(), "report.exported", f"mailing:{mailing_id}", format=args.format)
    if args.out is None:
        if args.format == "xlsx" and sys.stdout.isatty():
            raise CommandError("usage", "xlsx 不能显示在屏幕上。", "请加 --out 文件名.xlsx。", Exit.USAGE)
        sys.stdout.buffer.write(data)
        sys.stdout.buffer.flush()
        return Exit.DONE
    write_file(args.out, data)
    out.line(f"已写好：{args.out}")
    out.object({"event": "result", "file": str(args.out), "bytes": len(data)})
    return Exit.DONE


def _sheet(args: argparse.Namespace, office: Office, settings: Settings, mailing_id: int, out: Output) -> Exit:
    with office.store.begin() as session:
        sheet = read_issue_sheet(session, mailing_id, office.clock.now())
        office.record(session, opening.actor(), "report.exported", f"mailing:{mailing_id}", format="sheet")
    data = issue_workbook(sheet, settings.timezone)
    write_file(args.out, data)
    out.line(f"已写好：{args.out}")
    out.object({"event": "result", "file": str(args.out), "bytes": len(data)})
    return Exit.DONE


def _pause(args: argparse.Namespace, office: Office, settings: Settings, mailing_id: int, out: Output) -> Exit:
    del args, settings
    status = control_mailing.pause(office, mailing_id, opening.actor())
    out.line(f"批次 {mailing_id}：{status.label}")
    out.object({"event": "result", "mailing": mailing_id, "status": str(status)})
    return Exit.DONE


def _resume(args: argparse.Namespace, office: Office, settings: Settings, mailing_id: int, out: Output) -> Exit:
    del args, settings
    status = control_mailing.resume(office, mailing_id, opening.actor())
    out.line(f"批次 {mailing_id}：{status.label}；没有发送程序在运行时请执行 mailer serve")
    out.object({"event": "result", "mailing": mailing_id, "status": str(status)})
    return Exit.DONE


def _cancel(args: argparse.Namespace, office: Office, settings: Settings, mailing_id: int, out: Output) -> Exit:
    del settings
    if not args.yes and (out.json or not sys.stdin.isatty() or input("确定取消？(y/N) ").strip().lower() != "y"):
        raise CommandError("needs_yes", f"没有取消批次 {mailing_id}。", "确定要取消请加 --yes。", Exit.USAGE)
    cancelled = control_mailing.cancel(office, mailing_id, opening.actor())
    out.line(f"批次 {mailing_id} 已取消；{cancelled} 份不再发出，已发出的收不回来。")
    out.object({"event": "result", "mailing": mailing_id, "status": "cancelled", "cancelled": cancelled})
    return Exit.DONE


def _resolve(args: argparse.Namespace, office: Office, settings: Settings, mailing_id: int, out: Output) -> Exit:
    del settings
    resend = args.in_doubt == "resend"
    rows = control_mailing.resolve_in_doubt(
        office, mailing_id, opening.actor(), resend=resend, recipient=args.recipient
    )
    out.line(f"结果不明的 {rows} 份{'已重新排队' if resend else '已视为发出'}。")
    out.object({"event": "result", "mailing": mailing_id, "resolved": rows, "as": args.in_doubt})
    return Exit.DONE


def _resend(args: argparse.Namespace, office: Office, settings: Settings, mailing_id: int, out: Output) -> Exit:
    wait_for = watching.wait_for(args.wait)
    try:
        resent = resend.resend(office, mailing_id, opening.actor(), with_late=args.with_late)
    except resend.NobodyToResendError as error:
        paper = f"另有 {error.unwritable} 个岗位没有可用的邮箱，请送纸质件或先改名单。" if error.unwritable else ""
        raise CommandError(
            "nobody", f"批次 {mailing_id} 没有要补发的人。{paper}", "看台账：mailer mailings show"
        ) from error
    except resend.NotAsItWasError as error:
        raise CommandError(
            "not_possible", f"批次 {mailing_id} 那一期已撤回，或正在更正。", "看办到哪一步：mailer mailings show"
        ) from error
    except resend.OtherWorldError as error:
        raise CommandError(
            "not_possible",
            "演练只能在演练服务器上补发，真的发送只能经真的发信服务器补发。",
            "请检查 MAILER_RELAY_URL。",
        ) from error
    with office.store.read() as session:
        total = queries.ledger_sum(session, resent.mailing_id)
        key = queries.mailing(session, resent.mailing_id).key
    out.object(
        {
            "event": "mailing",
            "mailing": resent.mailing_id,
            "key": key,
            "created": resent.created,
            "recipients": total.recipients,
        }
    )
    made = "补发" if resent.created else "上一次补发还没有完，接着发"
    out.line(f"{made}：批次 {resent.mailing_id}，{total.recipients} 份，覆盖 {total.duties} 个岗位")
    if resent.same_dead_address:
        out.line(f"其中 {resent.same_dead_address} 个邮箱上次被判定不存在、至今没有更正，多半还会退回。")
    if resent.unwritable:
        out.line(f"还有 {resent.unwritable} 个岗位没有可用的邮箱，没有列入，请送纸质件或先改名单。")
    return watching.send_and_watch(
        settings,
        office.store,
        office,
        resent.mailing_id,
        wait=args.wait is not None,
        wait_for=wait_for,
        out=out,
    )


_Action = Callable[[argparse.Namespace, Office, Settings, int, Output], Exit]
_ACTIONS: dict[str, _Action] = {
    "show": _show,
    "pause": _pause,
    "resume": _resume,
    "cancel": _cancel,
    "report": _report,
    "sheet": _sheet,
    "resolve": _resolve,
    "resend": _resend,
    "correct": follow_ups.correct,
    "recall": follow_ups.recall,
    "signatures": signatures.signatures,
    "remind": signatures.remind,
}
