"""``mailer send``: from a finished issue to a ledger. Checks, asks the relay, prepares, releases, and waits if told to."""

from __future__ import annotations

import argparse
import hashlib
from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from mailer import wiring
from mailer.cli import findings, issue_shelf, ledger_text, opening, watching
from mailer.cli.attached import read_attachments
from mailer.cli.output import CommandError, Exit, Output
from mailer.content.attachments import Attachment, AttachmentError, EncodedAttachment, check_fits, check_together
from mailer.content.facts import Sender
from mailer.content.issue import Issue
from mailer.flow.approve_mailing import ApprovalError, approve
from mailer.flow.draw_up_order import (
    NobodyError,
    UnknownListError,
    draw_up_order,
    draw_up_test,
    real_domains,
)
from mailer.flow.name_sender import SenderError, name_sender
from mailer.flow.office import Office
from mailer.flow.ports import RelayError
from mailer.flow.prepare_mailing import BeingPreparedError, KeyConflictError, Order, prepare_mailing
from mailer.flow.release_mailing import release, schedule
from mailer.flow.take_issue import look_over
from mailer.settings import SettingError, Settings
from mailer.store import corrections, queries, sign_off
from mailer.transport.probe import size_limit
from recipients.address import AddressError, EmailAddress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("issue", metavar="文件|期号|id:N", help="期刊文件，或已收录的期号，或 id:编号")
    parser.add_argument(
        "--list", metavar="名单", action="append", default=[], help="只发这个名单（可重复）；默认所有有人的名单"
    )
    parser.add_argument("--key", metavar="K", help="这次发送的钥匙：同一钥匙再来一次就是接着发，不会重复")
    parser.add_argument("--yes", action="store_true", help="看过提醒，照发")
    parser.add_argument(
        "--waive", metavar="代码=理由", action="append", default=[], help="放行一项“必须处理”，写明理由（可重复）"
    )
    parser.add_argument("--at", metavar="时间", help="定时发送，如 2026-11-23T18:00（办公时区）")
    parser.add_argument("--wait", metavar="多久", nargs="?", const="", help="等到发完；可写最多等多久，如 10m")
    parser.add_argument("--test", metavar="邮箱", nargs="+", help="只试发给这几个地址")
    parser.add_argument("--attach", metavar="文件", type=Path, nargs="+", default=[], help="随信附上的文件（可以几个）")
    parser.add_argument("--rehearsal", action="store_true", help="演练：经内置演练服务器，不对外发信")
    parser.add_argument("--json", action="store_true", help="以 JSON Lines 输出")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    store = opening.store(settings)
    office = opening.office(settings, store)
    wait_for = watching.wait_for(args.wait)
    actor = opening.actor()
    revision_id, issue, found = _issue(office, args.issue)
    _same_content(office, args.key, revision_id)
    reasons = findings.settle(found, waived=args.waive, accepted=args.yes, out=out)
    order = _order(office, settings, args, revision_id, issue)
    _ask_relay(settings, order.attachments)
    try:
        mailing_id, created = prepare_mailing(office, order, actor)
    except KeyConflictError as error:
        raise _key_conflict(error.key, error.mailing_id) from error
    except BeingPreparedError as error:
        raise CommandError(
            "being_prepared",
            f"另一个程序正在准备这一批（{error.mailing_id}）。",
            "等它准备好，再运行同一命令即可接着发。",
        ) from error
    _approve(office, mailing_id, actor, reasons)
    with store.read() as session:
        total = queries.ledger_sum(session, mailing_id)
        key = queries.mailing(session, mailing_id).key
    out.object(
        {"event": "mailing", "mailing": mailing_id, "key": key, "created": created, "recipients": total.recipients}
    )
    mark = "【演练】" if order.rehearsal else ""
    out.line(
        f"{mark}发送批次 {mailing_id}：{total.recipients} 份，覆盖 {total.duties} 个岗位{'' if created else '（接着上次）'}"
    )
    if args.at:
        moment = _moment(args.at, settings)
        schedule(office, mailing_id, moment, actor)
        out.line(f"已定于 {moment.astimezone(settings.timezone):%Y-%m-%d %H:%M} 发送；发送程序要在运行：mailer serve")
        out.object({"event": "result", "mailing": mailing_id, "status": "scheduled", **ledger_text.counts_json(total)})
        return int(Exit.DONE)
    release(office, mailing_id, actor)
    return int(
        watching.send_and_watch(
            settings, store, office, mailing_id, wait=args.wait is not None, wait_for=wait_for, out=out
        )
    )


def _approve(office: Office, mailing_id: int, actor: str, waived: dict[str, str]) -> None:
    """The command is its caller's word; where the house wants another account's, it stays prepared and says so."""
    try:
        approve(office, mailing_id, actor, waived=waived)
    except ApprovalError as error:
        raise CommandError(
            "needs_approval",
            f"批次 {mailing_id} 已备好，没有发出：{error.message}",
            f"{error.hint}核签之后，再运行同一命令即可发出。",
        ) from error


def _same_content(office: Office, key: str | None, revision_id: int) -> None:
    """A key that stands for another content is told before anything is asked about this one."""
    if key is None:
        return
    with office.store.read() as session:
        earlier = queries.mailing_by_key(session, key)
    if earlier is not None and earlier.revision_id != revision_id:
        raise _key_conflict(key, earlier.id)


def _key_conflict(key: str, mailing_id: int) -> CommandError:
    return CommandError(
        "key_conflict",
        f"钥匙 {key} 已用于另一份内容（发送批次 {mailing_id}）。",
        "内容确实不同请换一个 --key；想接着发请用原来的文件和名单。",
    )


def _moment(text: str, settings: Settings) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise CommandError("usage", f"时间“{text}”看不懂。", "写成 2026-11-23T18:00 这样。", Exit.USAGE) from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=settings.timezone)
    if moment < datetime.now(UTC):
        raise CommandError("usage", f"时间 {text} 已经过去。", "换一个将来的时刻，或去掉 --at 立即发送。", Exit.USAGE)
    return moment.astimezone(UTC)


def _issue(office: Office, wanted: str) -> tuple[int, Issue, Sequence[findings.Finding]]:
    """A file, the number of an issue already taken, or id:N."""
    if wanted.startswith("id:") or (wanted.isdigit() and not Path(wanted).is_file()):
        revision_id, issue, sha256 = issue_shelf.find(office, wanted)
        return revision_id, issue, look_over(office, issue, sha256)
    taken = issue_shelf.take_file(office, Path(wanted))
    return taken.revision_id, taken.issue, taken.findings


def _order(office: Office, settings: Settings, args: argparse.Namespace, revision_id: int, issue: Issue) -> Order:
    sender = _sender(settings, issue)
    rehearsal = settings.is_sandbox
    if args.rehearsal and not settings.is_sandbox:
        raise CommandError(
            "usage", "现在设置的是真的发信服务器，不能当作演练。", "演练时请去掉 MAILER_RELAY_URL。", Exit.USAGE
        )
    try:
        if args.test:
            addresses = [EmailAddress.parse(text) for text in args.test]
            digest = hashlib.sha256("|".join(each.key for each in addresses).encode()).hexdigest()
            stamp = f"{office.clock.now():%Y%m%d%H%M%S}"
            order = draw_up_test(
                revision_id=revision_id, issue=issue, sender=sender, addresses=addresses,
                key=args.key or f"test:{revision_id}:{digest[:12]}:{stamp}", rehearsal=rehearsal,
            )  # fmt: skip
        else:
            order = draw_up_order(
                office, revision_id=revision_id, issue=issue, sender=sender, codes=args.list, key=args.key,
                rehearsal=rehearsal,
            )  # fmt: skip
    except AddressError as error:
        raise CommandError(
            "bad_address", f"试发的地址不能用：{error.message}", "请检查 --test。", Exit.USAGE
        ) from error
    except UnknownListError as error:
        raise CommandError(
            "no_list", f"没有“{error.code}”这个名单。", f"现有名单：{'、'.join(error.known)}", Exit.USAGE
        ) from error
    except NobodyError as error:
        raise CommandError(
            "nobody",
            f"名单（{'、'.join(error.codes)}）上一个可发的邮箱也没有。",
            "先导入名单：mailer recipients import 名单.xlsx",
        ) from error
    if settings.is_sandbox and not args.rehearsal and (domains := real_domains(order.audience)):
        raise CommandError(
            "needs_rehearsal",
            f"还没有设置发信服务器，而名单里有真实域名（{'、'.join(domains[:3])}…）。",
            "要演练请加 --rehearsal；要真的发出去请设置 MAILER_RELAY_URL。",
            Exit.USAGE,
        )
    return replace(
        order, rehearsal=rehearsal, attachments=_travelling(office, revision_id, read_attachments(args.attach))
    )


def _travelling(office: Office, revision_id: int, given: Sequence[Attachment]) -> tuple[Attachment, ...]:
    """What was attached to the issue in the console, and what the command names."""
    with office.store.read() as session:
        issue_id = corrections.issue_behind(session, revision_id).id
        files = (*(Attachment(*row) for row in sign_off.attachment_files(session, issue_id)), *given)
    try:
        check_together(tuple(EncodedAttachment(b"", len(each.data)) for each in files))
    except AttachmentError as error:
        raise CommandError("bad_attachment", str(error), "改好后再发；现在什么都没有发出。", Exit.USAGE) from error
    return files


def _sender(settings: Settings, issue: Issue) -> Sender:
    try:
        return name_sender(settings, issue)
    except SenderError as error:
        code = Exit.FAILED if error.code == "from_not_login" else Exit.USAGE
        raise CommandError(error.code, error.message, error.hint, code) from error


def _ask_relay(settings: Settings, attachments: Sequence[Attachment]) -> None:
    """Connect, encrypt, log in, before anything is made: what is wrong there is told now, a mail too big for it too."""
    if settings.is_sandbox:
        return
    try:
        wiring.sign_of(settings)
        limit = size_limit(settings)
    except SettingError as error:
        raise CommandError("bad_setting", error.message, error.hint, Exit.USAGE) from error
    except RelayError as error:
        raise CommandError("relay_refused", f"{error.message}，没有发送任何邮件。", error.hint) from error
    try:
        check_fits((len(each.data) for each in attachments), limit)
    except AttachmentError as error:
        raise CommandError("too_big", str(error), "改好后再发；现在什么都没有发出。") from error
