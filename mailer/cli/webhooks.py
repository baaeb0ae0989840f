"""``mailer webhooks``: which systems are told what happened to deliveries, at which address."""

from __future__ import annotations

import argparse

from mailer.cli import opening
from mailer.cli.actions import add_actions
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow import webhooks as flow
from mailer.flow.office import Office
from mailer.store import webhooks
from mailer.transport.webhook import UrlError, check_url

_ACTIONS = {
    "list": "所有回调地址，最近怎样",
    "add": "登记一个回调地址，签名密钥只显示一次",
    "resume": "对方恢复以后，从停下的地方接着告知",
    "remove": "去掉一个回调地址",
}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for name, sub in add_actions(parser, _ACTIONS).items():
        if name != "list":
            sub.add_argument("name", metavar="名称", help="哪个系统")
        if name == "add":
            sub.add_argument("url", metavar="网址", help="https://…；内网地址要先在 MAILER_WEBHOOK_NETWORKS 里许可")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    office = opening.office(settings, opening.store(settings))
    if args.action == "list":
        return int(_list(office, out))
    if args.action == "add":
        return int(_add(office, args, out))
    act = flow.resume_webhook if args.action == "resume" else flow.remove_webhook
    if not act(office, args.name, actor=opening.actor()):
        raise CommandError("webhook", f"没有叫“{args.name}”的回调。", "现有的：mailer webhooks list")
    out.line(f"{args.name}：已{'去掉' if args.action == 'remove' else '接着告知'}。")
    out.object({"event": "result", "name": args.name, "action": args.action})
    return int(Exit.DONE)


def _add(office: Office, args: argparse.Namespace, out: Output) -> Exit:
    try:
        secret = flow.add_webhook(office, args.name, check_url(args.url), actor=opening.actor())
    except (UrlError, flow.WebhookError) as error:
        raise CommandError("webhook", str(error), "现有的：mailer webhooks list", Exit.USAGE) from error
    out.line(f"已登记 {args.name}；从现在起发生的事会告知 {args.url}。签名密钥只显示这一次：")
    out.line(secret)
    out.object({"event": "result", "name": args.name, "secret": secret})
    return Exit.DONE


def _list(office: Office, out: Output) -> Exit:
    with office.store.read() as session:
        rows = webhooks.every(session)
    if not rows:
        out.line("还没有登记过。登记：mailer webhooks add 名称 https://system.example/hook")
    for row in rows:
        state = (
            f"已停下（{row.said}）"
            if row.stopped_at
            else f"失败 {row.failures} 次（{row.said}）"
            if row.failures
            else "正常"
        )
        out.line(f"{row.name}  {row.url}  {state}")
        out.object(
            {
                "name": row.name, "url": row.url, "failures": row.failures, "said": row.said, "taken_at": row.taken_at,
                "stopped_at": row.stopped_at, "cursor": row.cursor,
            }
        )  # fmt: skip
    return Exit.DONE
