"""``mailer tasks``: what a person must do, ticking it off, and answering a recipient's wish."""

from __future__ import annotations

import argparse

from mailer.cli import opening
from mailer.cli.actions import add_actions
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow import change_requests
from mailer.flow.confirm_return import NotSuspectedError, confirm_return
from mailer.flow.finish_task import finish_task
from mailer.model.delivery import DeliveryStatus
from mailer.store import queries


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for name, sub in add_actions(
        parser, {"list": "还没办的事", "done": "办完一件", "answer": "答复收件人的要求"}
    ).items():
        if name == "done":
            sub.add_argument("number", type=int, metavar="编号", help="tasks list 里的编号")
            sub.add_argument(
                "--confirm", action="store_true", help="疑似退信：确认是退信，台账改为“退回”；不加则只是关掉本条"
            )
        if name == "answer":
            sub.add_argument("number", type=int, metavar="要求编号", help="待办标题里的变更请求编号")
            decision = sub.add_mutually_exclusive_group(required=True)
            decision.add_argument("--grant", action="store_true", help="同意并办理")
            decision.add_argument("--refuse", metavar="理由", help="不同意，写明理由")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    store = opening.store(settings)
    if args.action == "list":
        with store.read() as session:
            rows = queries.open_tasks(session)
        for row in rows:
            out.line(f"{row.id}  {row.title}")
            for line in row.detail.splitlines():
                out.line(f"      {line}")
            out.object(
                {
                    "number": row.id, "kind": row.kind, "title": row.title, "detail": row.detail,
                    "mailing": row.mailing_id, "created_at": row.created_at,
                }
            )  # fmt: skip
        out.line(f"待办 {len(rows)} 件。")
        out.object({"event": "result", "tasks": len(rows)})
        return int(Exit.DONE)
    office = opening.office(settings, store)
    if args.action == "done" and args.confirm:
        try:
            after = confirm_return(office, args.number, opening.actor(), is_return=True)
        except NotSuspectedError:
            raise CommandError(
                "no_task", f"编号 {args.number} 不是待办的疑似退信。", "编号见：mailer tasks list"
            ) from None
        out.line(f"第 {args.number} 件已确认，台账现在是“{DeliveryStatus(after).label}”。")
        out.object({"event": "result", "done": args.number, "status": after})
        return int(Exit.DONE)
    if args.action == "done":
        if not finish_task(office, args.number, opening.actor()):
            raise CommandError("no_task", f"没有编号 {args.number} 的待办，或已经办完。", "编号见：mailer tasks list")
        out.line(f"第 {args.number} 件已办完。")
        out.object({"event": "result", "done": args.number})
        return int(Exit.DONE)
    try:
        words = args.refuse or ""
        change_requests.answer(office, args.number, opening.actor(), granted=args.grant, words=words)
    except change_requests.NoSuchRequestError:
        raise CommandError(
            "no_request", f"没有编号 {args.number} 的要求，或已经答复。", "编号见待办的标题：mailer tasks list"
        ) from None
    out.line(
        f"要求 {args.number} 已{'办理' if args.grant else '答复'}；会用邮件告知本人和单位，发不出去的留在待办里由人告知。"
    )
    out.object({"event": "result", "request": args.number, "granted": args.grant})
    return int(Exit.DONE)
