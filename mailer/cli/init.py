"""``mailer init``: the data folder, the database, the lists, how the house is staffed, its first accounts. Repeatable."""

from __future__ import annotations

import argparse
import sys
from typing import TypeVar

from sqlalchemy.exc import OperationalError

from mailer import wiring
from mailer.cli import opening
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow.accounts import AccountError, add_account, has_accounts, house, set_house
from mailer.flow.office import Office
from mailer.flow.passwords import Passwords, make_up
from mailer.model.rights import FIRST_ACCOUNTS, ApprovalMode, Profile, Role

Choice = TypeVar("Choice", Profile, ApprovalMode)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="不再询问；没有帐户时建立第一批帐户并显示一次密码")
    parser.add_argument(
        "--profile",
        metavar="人手",
        help="单人（一个人做所有事）、两人（默认）、三员（系统、安全、审计三个管理员分开）",
    )
    parser.add_argument(
        "--approval",
        metavar="核签",
        help="线下核签登记（默认：纸上签，在这里登记）、系统核签（另一个帐户在这里核签）、单人（谁放行谁负责）",
    )
    parser.add_argument("--json", action="store_true", help="结果以 JSON 输出")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    profile = _named(Profile, args.profile, "--profile")
    approval = _named(ApprovalMode, args.approval, "--approval")
    try:
        store = wiring.initialise(settings)
    except OSError as error:
        raise CommandError(
            "cannot_write", f"建不了数据文件夹 {settings.data_dir}：{error.strerror}", "换一个能写的 MAILER_DATA_DIR。"
        ) from error
    except OperationalError as error:
        raise CommandError(
            "no_database", f"连不上数据库：{error.orig}", "检查 MAILER_DATABASE_URL 和数据库服务。"
        ) from error
    office = opening.office(settings, store)
    is_asked = not args.yes and not args.json and sys.stdin.isatty() and not has_accounts(office)
    if is_asked:
        profile = profile or _ask(Profile, Profile.TWO, "几个人用这套系统", out)
        approval = approval or _ask(ApprovalMode, ApprovalMode.OFFLINE, "一期怎样核签", out)
    profile, approval = _keep(office, profile, approval)
    made = _first_accounts(office, profile, out) if args.yes or is_asked else []
    out.line(
        f"已就绪：数据文件夹 {settings.data_dir}，名单 报、送、发；人手：{profile.label}；核签：{approval.label}。"
    )
    if made and profile is Profile.TWO:
        out.line("给另一个人建帐户：mailer accounts add 姓名 --role 核签 --role 安全管理（或 审计）")
    out.line("下一步：mailer recipients import 名单.xlsx，然后 mailer send 期刊文件，或 mailer serve 打开网页")
    out.object(
        {
            "event": "result",
            "data_dir": str(settings.data_dir),
            "lists": ["报", "送", "发"],
            "profile": str(profile),
            "approval": str(approval),
            "accounts_made": made,
            "admin_made": "admin" in made,
        }
    )
    return 0


def _named(kind: type[Choice], given: str | None, option: str) -> Choice | None:
    """By its Chinese label or its code."""
    if given is None:
        return None
    for each in kind:
        if given in {each.label, str(each)}:
            return each
    labels = "、".join(each.label for each in kind)
    raise CommandError("usage", f"{option} 没有“{given}”这一种。", f"可选：{labels}", Exit.USAGE)


def _ask(kind: type[Choice], default: Choice, question: str, out: Output) -> Choice:
    """By number at the terminal; an empty line takes the default."""
    choices = list(kind)
    out.line(f"{question}？")
    for number, each in enumerate(choices, 1):
        out.line(f"  {number}. {each.label}{'（默认）' if each is default else ''}")
    while True:
        given = input("输入编号，回车为默认：").strip()
        if not given:
            return default
        if given.isascii() and given.isdigit() and 1 <= int(given[:3]) <= len(choices):
            return choices[int(given) - 1]
        out.line(f"请输入 1 到 {len(choices)}。")


def _keep(office: Office, profile: Profile | None, approval: ApprovalMode | None) -> tuple[Profile, ApprovalMode]:
    """What was chosen, written down; what was not stays as it is."""
    now_profile, now_approval = house(office)
    wanted = profile or now_profile, approval or now_approval
    if profile is not None or approval is not None:
        try:
            set_house(office, *wanted, actor=opening.actor())
        except AccountError as error:
            raise CommandError("roles_conflict", str(error), "先改这些帐户的角色：mailer accounts roles") from error
    return wanted


def _first_accounts(office: Office, profile: Profile, out: Output) -> list[str]:
    """The profile's accounts when there are none at all; their names."""
    if has_accounts(office):
        return []
    passwords = Passwords()
    made = []
    for name, roles in FIRST_ACCOUNTS[profile].items():
        password = make_up()
        if add_account(office, name, roles, passwords.hash(password), actor=opening.actor()):
            made.append(name)
            labels = "、".join(role.label for role in Role if role in roles)
            out.note(f"管理员帐户 {name}（{labels}），密码（只显示这一次）：{password}")
    return made
