"""``mailer accounts``: who may log in to the console, and as what. Whoever sits at this terminal is trusted with all of it."""

from __future__ import annotations

import argparse

from mailer.cli import opening
from mailer.cli.actions import add_actions
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow import accounts as flow
from mailer.flow.office import Office
from mailer.flow.passwords import Passwords, make_up
from mailer.model.rights import Role
from mailer.store import accounts as rows

_ACTIONS = {
    "list": "所有帐户",
    "add": "建一个帐户，密码显示一次",
    "roles": "换角色；已登录的会退出",
    "disable": "停用：不能再登录，已登录的退出",
    "enable": "恢复一个停用的帐户",
    "reset-password": "换一个新密码，显示一次；已登录的退出，动态码不变",
    "reset-totp": "关掉动态码（手机丢了又没有恢复码）；已登录的退出",
}
_LABELS = "、".join(role.label for role in Role)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for name, sub in add_actions(parser, _ACTIONS).items():
        if name != "list":
            sub.add_argument("name", metavar="帐户名", help="帐户名")
        if name in {"add", "roles"}:
            sub.add_argument(
                "--role", action="append", metavar="角色", required=name == "roles", help=f"可重复：{_LABELS}"
            )


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    office = opening.office(settings, opening.store(settings))
    try:
        return _run(args, office, out)
    except flow.AccountError as error:
        raise CommandError("account", str(error), "现有帐户：mailer accounts list") from error


def _run(args: argparse.Namespace, office: Office, out: Output) -> int:
    actor = opening.actor()
    if args.action == "list":
        return _list(office, out)
    if args.action == "add":
        password = make_up()
        roles = _roles(args.role or [Role.EDITOR.label])
        if not flow.add_account(office, args.name, roles, Passwords().hash(password), actor=actor):
            raise CommandError("taken", f"已有叫“{args.name}”的帐户。", "换一个名字，如在姓名后加科室。")
        return _told(out, args.name, f"已建立帐户 {args.name}（{_words(roles)}）。", password)
    account = flow.find_account(office, args.name)
    if args.action == "roles":
        roles = _roles(args.role)
        flow.change_roles(office, account, roles, actor=actor)
        return _told(out, account.name, f"{account.name} 现在是：{_words(roles)}。")
    if args.action == "disable":
        flow.disable(office, account, actor=actor)
        return _told(out, account.name, f"已停用 {account.name}。")
    if args.action == "enable":
        flow.enable(office, account, actor=actor)
        return _told(out, account.name, f"已恢复 {account.name}。")
    if args.action == "reset-totp":
        flow.reset_totp(office, account, actor=actor)
        return _told(out, account.name, f"{account.name} 下次只凭密码登录，请尽快重新设动态码。")
    password = make_up()
    flow.set_password(office, account, Passwords().hash(password), actor=actor, given=True)
    return _told(out, account.name, f"{account.name} 的密码已换。", password)


def _list(office: Office, out: Output) -> int:
    with office.store.read() as session:
        found = rows.everybody(session)
    for each in found:
        roles = [role for role in Role if role in each.roles]
        notes = [note for note, on in (("有动态码", each.has_totp), ("已停用", not each.is_enabled)) if on]
        out.line("  ".join([each.name, _words(roles), *notes]))
        out.object(
            {
                "name": each.name,
                "roles": [str(role) for role in roles],
                "totp": each.has_totp,
                "enabled": each.is_enabled,
                "created_at": each.created_at,
            }
        )
    out.line(f"共 {len(found)} 个帐户。" if found else "还没有帐户。建一个：mailer accounts add 姓名 --role 编辑")
    out.object({"event": "result", "accounts": len(found)})
    return int(Exit.DONE)


def _told(out: Output, name: str, words: str, password: str = "") -> int:
    """A password goes to stderr, where no pipe and no log of results keeps it."""
    out.line(words)
    if password:
        out.note(f"密码（只显示这一次）：{password}")
    out.object({"event": "result", "name": name})
    return int(Exit.DONE)


def _roles(given: list[str]) -> list[Role]:
    """By label or code, several in one word by 、 or comma."""
    names = {role.label: role for role in Role} | {str(role): role for role in Role}
    words = [word for each in given for word in each.replace(",", "、").split("、") if word]
    for word in words:
        if word not in names:
            raise CommandError("usage", f"没有“{word}”这个角色。", f"角色：{_LABELS}", Exit.USAGE)
    return [names[word] for word in words]


def _words(roles: list[Role]) -> str:
    return "、".join(role.label for role in Role if role in roles)
