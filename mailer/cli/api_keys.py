"""``mailer api-keys``: which programs may use the API, and for what. A key is shown once, when it is made."""

from __future__ import annotations

import argparse

from mailer.cli import opening
from mailer.cli.actions import add_actions
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow import api_keys as flow
from mailer.flow.office import Office
from mailer.model.api_scope import Scope
from mailer.store import api_keys

_ACTIONS = {"list": "所有密钥", "add": "建一把密钥，只显示一次", "revoke": "撤销一把密钥，马上失效，不能恢复"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for name, sub in add_actions(parser, _ACTIONS).items():
        if name != "list":
            sub.add_argument("name", metavar="名称", help="密钥的名称，写明是哪个系统在用")
        if name == "add":
            told = "；".join(f"{scope} {scope.label}" for scope in Scope)
            sub.add_argument(
                "--scope", action="append", required=True, metavar="范围", choices=tuple(Scope), help=f"可重复：{told}"
            )


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    office = opening.office(settings, opening.store(settings))
    if args.action == "list":
        return int(_list(office, out))
    if args.action == "revoke":
        return int(_revoke(office, args.name, out))
    try:
        key = flow.add_key(office, args.name, [Scope(word) for word in args.scope], actor=opening.actor())
    except flow.ApiKeyError as error:
        raise CommandError("api_key", str(error), "现有密钥：mailer api-keys list") from error
    out.line(f"已建立密钥 {args.name}，只显示这一次，请马上存好：")
    out.line(key)
    out.object({"event": "result", "name": args.name, "key": key, "scopes": args.scope})
    return int(Exit.DONE)


def _list(office: Office, out: Output) -> Exit:
    with office.store.read() as session:
        rows = api_keys.every(session)
    if not rows:
        out.line("还没有密钥。建一把：mailer api-keys add 名称 --scope mailings:read")
    for row in rows:
        used = f"最近使用 {row.used_at.astimezone(office.zone):%Y-%m-%d}" if row.used_at else "没有用过"
        out.line(f"{row.name}  {row.scopes}  {used}{'  已撤销' if row.revoked_at else ''}")
        out.object(
            {
                "name": row.name,
                "scopes": row.scopes.split(),
                "created_at": row.created_at,
                "used_at": row.used_at,
                "revoked_at": row.revoked_at,
            }
        )
    return Exit.DONE


def _revoke(office: Office, name: str, out: Output) -> Exit:
    with office.store.read() as session:
        row = api_keys.by_name(session, name)
    if row is None or not flow.revoke_key(office, row.id, actor=opening.actor()):
        raise CommandError("api_key", f"没有可以撤销的密钥“{name}”。", "现有密钥：mailer api-keys list")
    out.line(f"已撤销 {name}。")
    out.object({"event": "result", "name": name, "revoked": True})
    return Exit.DONE
