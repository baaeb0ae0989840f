"""``mailer demo``: the whole way of one issue, from the file to the ledger, in a throw-away folder through the sandbox.

Ignores data, database, broker and relay settings. Leaves sample files and the report in --out.
"""

from __future__ import annotations

import argparse
import shlex
import sys
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

from mailer import log, resources, wiring
from mailer.cli import ledger_text, recipients, render
from mailer.cli.output import CommandError, Exit, Output
from mailer.content.facts import Sender
from mailer.content.issue import NotAnIssueError
from mailer.content.readers import MAX_BYTES
from mailer.flow import control_mailing
from mailer.flow.approve_mailing import approve
from mailer.flow.draw_up_order import NobodyError, draw_up_order
from mailer.flow.export_report import export_report
from mailer.flow.import_recipients import import_recipients
from mailer.flow.office import Office
from mailer.flow.prepare_mailing import prepare_mailing
from mailer.flow.read_ledger import Ledger, read_ledger
from mailer.flow.release_mailing import release
from mailer.flow.take_issue import TakenIssue, take_issue
from mailer.settings import Settings, load
from mailer.store import queries, returns
from mailer.store.engine import Store
from mailer.wake.local import LocalWake
from mailer.workers import loop
from recipients.difference import Scope

ACTOR = "demo"
#: Everything that waits is short here, so that a recipient who is never reached is told apart within seconds.
_SHORT = {"retry_first": "1s", "retry_max": "2s", "retry_give_up": "8s", "relay_connections": "10"}
_RETURNS_WITHIN = 10.0  # seconds that late returned mail gets after the last message
_TELL_EVERY = 1.0  # seconds


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--issue", metavar="文件", type=Path, help="期刊文件；默认内置样刊")
    parser.add_argument("--recipients", metavar="文件", type=Path, help="人员名单；默认内置样名单")
    parser.add_argument(
        "--out", metavar="文件夹", type=Path, default=Path("demo-out"), help="样张和台账写到哪里，默认 demo-out"
    )
    parser.add_argument("--open", action="store_true", help="结束后打开台账网页，按 Ctrl-C 结束")
    parser.add_argument("--json", action="store_true", help="以 JSON Lines 输出")


def run(args: argparse.Namespace, out: Output) -> int:
    log.configure(json=False, quiet=True)
    issue_file = args.issue or resources.sample("issue.md")
    roster_file = args.recipients or resources.sample("roster.csv")
    data = _bytes(issue_file)
    with tempfile.TemporaryDirectory(prefix="mailer-demo-") as folder:
        settings = load({}, data_dir=f"{folder}/data", **_SHORT)
        store = wiring.initialise(settings)
        try:
            return _show(args, out, settings, store, data, issue_file, roster_file)
        finally:
            store.close()


def _show(
    args: argparse.Namespace,
    out: Output,
    settings: Settings,
    store: Store,
    data: bytes,
    issue_file: Path,
    roster_file: Path,
) -> int:
    office = wiring.office_of(settings, store, LocalWake())
    out.line("演练：以下全部经内置演练服务器，不对外发一封信。")
    taken = _take(office, data, issue_file, out)
    _import(store, roster_file, office, out)
    sender = Sender.of(taken.issue)
    try:
        order = draw_up_order(
            office, revision_id=taken.revision_id, issue=taken.issue, sender=sender, key="demo", rehearsal=True
        )
    except NobodyError as error:
        raise CommandError(
            "nobody", "名单里没有一个可发的邮箱。", "检查名单文件的邮箱一栏和单位、人员类别。"
        ) from error
    mailing_id, _ = prepare_mailing(office, order, ACTOR)
    approve(office, mailing_id, ACTOR)
    release(office, mailing_id, ACTOR)
    _send(settings, store, office, mailing_id, out)
    with store.read() as session:
        ledger = read_ledger(session, mailing_id, office.clock.now())
        counted = queries.counted(session, mailing_id)
        report = export_report(session, mailing_id, "csv", labels=True, zone=settings.timezone)
    adds_up = ledger.sum.adds_up and counted == ledger.sum.counts
    out.line()
    ledger_text.print_ledger(ledger, out)
    _leave(args.out, settings, taken, report, out)
    out.object(
        {
            "event": "result",
            "mailing": mailing_id,
            "status": str(ledger.status),
            **ledger_text.counts_json(ledger.sum),
            "adds_up": adds_up,
        }
    )
    _for_real(issue_file, roster_file, out)
    if args.open:
        _open(settings, store, ledger, out)
    if not adds_up:
        raise CommandError("sum_disagrees", "台账的和对不上。", "这是程序的错误，请把 demo-out 发给维护者。")
    return int(Exit.DONE)


def _bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            return file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandError(
            "file_missing", f"读不到文件 {path}：{error.strerror}", "请检查文件名和所在文件夹。", Exit.USAGE
        ) from error


def _take(office: Office, data: bytes, path: Path, out: Output) -> TakenIssue:
    try:
        taken = take_issue(office, data=data, filename=path.name, actor=ACTOR)
    except NotAnIssueError as error:
        raise CommandError(error.code, error.message, error.hint) from error
    issue = taken.issue
    out.line(
        f"读到：{issue.title} 第{issue.number}期，{issue.date}，{len(issue.sections)} 个栏目，{len(issue.items)} 条"
    )
    for finding in taken.findings:
        out.line(f"  请核对：{finding.message}")
    return taken


def _import(store: Store, path: Path, office: Office, out: Output) -> None:
    roster, digest = recipients.read_rosters([path])
    with store.begin() as session:
        report = import_recipients(
            session, roster, Scope.ADD, office.clock.now(), ACTOR, source=path.name, file_hash=digest
        )
    shape = report.as_json()
    out.line(
        f"名单：{len(shape['valid'])} 个地址，退回 {len(shape['rejected'])} 行，重复 {len(shape['duplicates'])} 处"
    )
    if not roster.is_usable:
        raise CommandError(
            "unreadable_roster",
            f"名单 {path.name} 里没有一行可用。",
            "先看问题：mailer recipients import --dry-run " + shlex.quote(str(path)),
        )


def _send(settings: Settings, store: Store, office: Office, mailing_id: int, out: Output) -> None:
    told = ""
    told_at = time.monotonic()

    def only_parked_left() -> bool:
        nonlocal told, told_at
        with store.read() as session:
            total = queries.ledger_sum(session, mailing_id)
            parked = queries.parked_count(session, mailing_id)
        words = f"  {total.total - total.open}/{total.recipients}：{ledger_text.sum_line(total)}"
        if words != told and time.monotonic() - told_at >= _TELL_EVERY:
            told, told_at = words, time.monotonic()
            out.line(words)
            out.object({"event": "progress", "mailing": mailing_id, **ledger_text.counts_json(total)})
        return total.open == parked

    with wiring.sending(settings, store, "demo") as sending:
        loop.run(sending.kit, until=only_parked_left)
        if sending.sandbox is not None:
            out.line("  等待迟到的退信……")
            sending.sandbox.wait_for_reports(_RETURNS_WITHIN)
    with store.read() as session:
        left = queries.ledger_sum(session, mailing_id).open
        came = sum(returns.counts(session).values())
    out.line(f"收到退信和回执 {came} 封。")
    if left:
        cancelled = control_mailing.cancel(office, mailing_id, ACTOR)
        out.line(f"对方因内容拒收的 {cancelled} 份要等人处理；演练不等，按“取消”结束。")


def _leave(folder: Path, settings: Settings, taken: TakenIssue, report: bytes, out: Output) -> None:
    code = "发"
    facts = render.facts_for(taken.issue, code, settings, datetime.now(UTC))
    sample = render.make_sample(taken.issue, facts, "recipient@sandbox.test")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        (folder / "issue.html").write_text(sample.html, encoding="utf-8", newline="\n")
        (folder / "issue.txt").write_text(sample.text, encoding="utf-8", newline="\n")
        (folder / "issue.eml").write_bytes(sample.message)
        (folder / "report.csv").write_bytes(report)
    except OSError as error:
        raise CommandError(
            "cannot_write", f"写不进 {folder}：{error.strerror}", "用 --out 换一个能写的文件夹。"
        ) from error
    out.line()
    out.line(f"样张和台账在 {folder}/：issue.html issue.txt issue.eml report.csv")


def _for_real(issue_file: Path, roster_file: Path, out: Output) -> None:
    issue, roster = shlex.quote(str(issue_file)), shlex.quote(str(roster_file))
    out.line(
        "真的发出去（先按 README 设好 MAILER_RELAY_URL、MAILER_RELAY_USER、MAILER_RELAY_PASSWORD、MAILER_FROM、MAILER_ALERT_TO）："
    )
    mailer = shlex.quote(sys.argv[0])
    out.line(f"  {mailer} init --yes && {mailer} recipients import {roster} && {mailer} send {issue} --yes --wait")


def _open(settings: Settings, store: Store, ledger: Ledger, out: Output) -> None:
    from mailer.cli.serve import serve_ledger  # noqa: PLC0415 - the web server is loaded when it is asked for

    serve_ledger(settings, store, ledger.mailing_id, out)
