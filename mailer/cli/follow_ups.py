"""``mailer mailings correct`` and ``recall``: the issue that is out is put right, or taken back, in one act."""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path
from typing import Any
from uuid import uuid4

from mailer.cli import findings, issue_shelf, opening, watching
from mailer.cli.output import CommandError, Exit, Output
from mailer.content.issue import from_json
from mailer.flow.carry_follow_up import carry_on
from mailer.flow.office import Office
from mailer.flow.order_follow_up import FollowUpError, Wish, order_follow_up
from mailer.flow.read_common_ledger import CommonLedger, read_common_ledger
from mailer.flow.take_issue import look_over
from mailer.model.follow_up import FollowUpKind, FollowUpState
from mailer.settings import Settings
from mailer.store import corrections, follow_up_book, queries, sign_off

_PATIENCE = 10.0  # seconds until the command leaves the rest to the sending process


def add_correct(sub: argparse.ArgumentParser) -> None:
    source = sub.add_mutually_exclusive_group(required=True)
    source.add_argument("--file", metavar="文件", type=Path, help="改好的期刊文件（同一期号）")
    source.add_argument("--revision", metavar="稿次", type=int, help="已收录的第几稿")
    sub.add_argument("--yes", action="store_true", help="看过预检的提醒，照发")
    sub.add_argument(
        "--waive", metavar="代码=理由", action="append", default=[], help="放行一项“必须处理”，写明理由（可重复）"
    )
    _add_common(sub, "改了什么；印在更正邮件的开头")


def add_recall(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--yes", action="store_true", help="不再询问")
    _add_common(sub, "为什么撤回；印在通知里")


def _add_common(sub: argparse.ArgumentParser, note: str) -> None:
    sub.add_argument("--note", metavar="说明", required=True, help=note)
    sub.add_argument("--wait", metavar="多久", nargs="?", const="", help="等到发完；可写最多等多久，如 10m")


def correct(args: argparse.Namespace, office: Office, settings: Settings, mailing_id: int, out: Output) -> Exit:
    revision_id, found = _revision(args, office, mailing_id)
    reasons = findings.settle(found, waived=args.waive, accepted=args.yes, out=out)
    wish = Wish(FollowUpKind.CORRECTION, mailing_id, args.note, revision_id, waived=reasons)
    return _do(wish, args, office, settings, out)


def recall(args: argparse.Namespace, office: Office, settings: Settings, mailing_id: int, out: Output) -> Exit:
    if not args.yes and (out.json or not sys.stdin.isatty() or input("确定撤回？(y/N) ").strip().lower() != "y"):
        raise CommandError("needs_yes", f"没有撤回批次 {mailing_id}。", "确定要撤回请加 --yes。", Exit.USAGE)
    return _do(Wish(FollowUpKind.RECALL, mailing_id, args.note), args, office, settings, out)


def _revision(args: argparse.Namespace, office: Office, mailing_id: int) -> tuple[int, tuple[findings.Finding, ...]]:
    """The revision that replaces what went out, and what the check finds in it, as of one of its own issue."""
    taken = issue_shelf.take_file(office, args.file) if args.file is not None else None
    with office.store.read() as session:
        base = queries.mailing(session, mailing_id)
        rows = sign_off.revisions(session, corrections.issue_behind(session, base.revision_id).id)
        row = next((each for each in rows if each.revision == args.revision), None)
        kept = queries.revision_content(session, taken.revision_id if taken else row.id if row else 0)
    if kept is None:
        raise CommandError(
            "no_revision", f"这一期没有第 {args.revision} 稿。", f"现在最新是第 {rows[0].revision} 稿。", Exit.USAGE
        )
    return kept.id, look_over(office, from_json(json.loads(kept.content)), kept.source_sha256)


def _do(wish: Wish, args: argparse.Namespace, office: Office, settings: Settings, out: Output) -> Exit:
    wait_for = watching.wait_for(args.wait)
    try:
        ordered = order_follow_up(office, wish, opening.actor())
    except FollowUpError as error:
        raise CommandError(error.code, error.message, error.hint) from error
    patience = _PATIENCE if args.wait is None else wait_for.total_seconds() if wait_for else None
    _carry(office, settings, ordered.number, patience)
    with office.store.read() as session:
        row = follow_up_book.entry(session, ordered.number)
    made = [each for each in (row.holders_mailing_id, row.rest_mailing_id) if each is not None]
    label = FollowUpKind(row.kind).label
    out.line(
        f"{label} {row.id}：{FollowUpState(row.state).label}；"
        + (
            f"已叫停，排队的 {ordered.stopped} 份不再发，发送程序手里没开始的也不再发。"
            if ordered.created
            else "先前已经办过，没有再办。"
        )
    )
    out.object(
        {"event": "follow_up", "number": row.id, "kind": row.kind, "state": row.state, "created": ordered.created,
         "stopped": ordered.stopped, "holders_mailing": row.holders_mailing_id, "rest_mailing": row.rest_mailing_id}
    )  # fmt: skip
    code = Exit.DONE
    if row.state == FollowUpState.STOPPING:
        out.line("还有发送程序手里的一小批没有结果；有了结果会自动接着办。发送程序要在运行：mailer serve")
    elif row.state == FollowUpState.PREPARED:
        out.line("已备好，等另一个帐户在网页上核签，核签后自动发出。")
    else:
        for mailing_id in made:
            ended = watching.send_and_watch(
                settings, office.store, office, mailing_id, wait=args.wait is not None, wait_for=wait_for, out=out
            )
            code = code if ended is Exit.DONE else ended
    _tell(office, row, out)
    return code


def _carry(office: Office, settings: Settings, number: int, within: float | None) -> None:
    """What workers hold ends within seconds as a rule; what a dead one held is recovered here. Beyond ``within`` seconds
    the sending process carries the order on.
    """

    def is_carried() -> bool:
        with office.store.read() as session:
            return bool(follow_up_book.entry(session, number).state != FollowUpState.STOPPING)

    carry_on(office, uuid4().hex)
    if not is_carried():
        watching.work_until(settings, office.store, is_carried, within)


def _tell(office: Office, row: Any, out: Output) -> None:
    with office.store.read() as session:
        ledger = read_common_ledger(session, row.issue_id, rehearsal=row.rehearsal)
    if ledger is not None:
        print_common(ledger, out)


def print_common(ledger: CommonLedger, out: Output) -> None:
    """The sum of the common ledger, and who has to be telephoned."""
    parts = " + ".join(f"{label} {n}" for label, n in ledger.in_words)
    out.line(f"共同台账（每人一次）：{ledger.total} = {parts or '0'}")
    for each in ledger.to_call:
        out.line(f"  请打电话：{each.unit} {each.name} {each.phone or '（没有电话）'}，手里是第 {each.revision} 稿")
    out.object(
        {"event": "common_ledger", "recipients": ledger.total, "kind": str(ledger.kind), "revision": ledger.revision,
         "counts": {str(stands): n for stands, n in ledger.counts.items()},
         "by_revision": {str(number): n for number, n in ledger.by_revision.items()}}
    )  # fmt: skip
