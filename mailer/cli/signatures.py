"""``mailer mailings signatures`` and ``remind``: who has signed for an issue, and a 催办 to those who have not."""

from __future__ import annotations

import argparse

from mailer.cli import opening, watching
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow.office import Office
from mailer.flow.read_signatures import read_sheet
from mailer.flow.remind import RemindError
from mailer.flow.remind import remind as remind_now
from mailer.settings import Settings


def add_signatures(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--unsigned", action="store_true", help="只列没有签收的")


def add_remind(sub: argparse.ArgumentParser) -> None:
    sub.add_argument("--wait", metavar="多久", nargs="?", const="", help="等到发完；可写最多等多久，如 10m")


def signatures(args: argparse.Namespace, office: Office, settings: Settings, mailing_id: int, out: Output) -> Exit:
    """One line per post, by unit as the mailing has them."""
    with office.store.begin() as session:
        sheet = read_sheet(session, mailing_id, unsigned_only=args.unsigned)
        office.record(session, opening.actor(), "ledger.viewed", f"mailing:{mailing_id}")
    if not sheet.codes:
        out.line(f"批次 {mailing_id} 没有要求签收。")
    for unit in sheet.units:
        for line in unit.lines:
            at = (
                f"{line.signed_at.astimezone(settings.timezone):%Y-%m-%d %H:%M} {line.how}"
                if line.signed_at
                else "未签收"
            )
            out.line(f"  {unit.name} {line.name}（{line.post}）{line.phone}  {at}")
            out.object(
                {"unit": unit.name, "name": line.name, "post": line.post, "phone": line.phone,
                 "recipient": line.address, "list": line.list_code, "status": str(line.status),
                 "acknowledged_at": line.signed_at, "how": line.how, "displayed_at": line.displayed_at}
            )  # fmt: skip
    out.line(f"{sheet.posts} 个岗位 = 已签收 {sheet.signed} + 未签收 {sheet.posts - sheet.signed}")
    out.object(
        {"event": "result", "mailing": mailing_id, "posts": sheet.posts, "signed": sheet.signed, "due_at": sheet.due_at}
    )
    return Exit.DONE


def remind(args: argparse.Namespace, office: Office, settings: Settings, mailing_id: int, out: Output) -> Exit:
    wait_for = watching.wait_for(args.wait)
    try:
        new_id, created = remind_now(office, mailing_id, opening.actor())
    except RemindError as error:
        raise CommandError(
            "not_now", f"批次 {mailing_id} 没有催办：{error}", "看谁没有签收：mailer mailings signatures"
        ) from error
    out.line(f"{'催办' if created else '上一次催办还没有完，接着发'}：批次 {new_id}")
    out.object({"event": "mailing", "mailing": new_id, "created": created})
    return watching.send_and_watch(
        settings, office.store, office, new_id, wait=args.wait is not None, wait_for=wait_for, out=out
    )
