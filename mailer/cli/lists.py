"""``mailer lists``: which lists there are, who is on one at a date, and why or why not, and what a list wants of its mails."""

from __future__ import annotations

import argparse
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from mailer.cli import opening
from mailer.cli.actions import add_actions
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow.list_policies import set_policy
from mailer.model.doubt_policy import InDoubt
from recipients import directory
from recipients.audience import Audience, DistributionList, Entry
from recipients.list_policy import IN_DOUBT, JOINING, LIMITS, ListPolicy

_SETTING = "setting"  # on the command line: as the installation says
_CLOSED = "closed"
_JOINING = {"": "不开放", "open": "确认邮箱后即加入", "approval": "确认邮箱后，由办公室同意"}
_YES_NO = {"yes": True, "no": False}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for name, sub in add_actions(
        parser,
        {
            "list": "有哪些名单",
            "show": "一个名单的规则、约定和人数",
            "members": "一个名单上的每个人",
            "set": "改一个名单的约定",
        },
    ).items():
        if name != "list":
            sub.add_argument("code", metavar="名单", help="报、送 或 发")
        if name in {"show", "members"}:
            sub.add_argument("--at", metavar="日期", help="哪一天的名单，如 2026-11-23；默认今天")
        if name == "set":
            sub.add_argument(
                "--in-doubt", choices=[*IN_DOUBT, _SETTING], metavar="做法",
                help="发完没等到答复的信：hold 留给人决定，resend 自动再发，setting 按 MAILER_IN_DOUBT",
            )  # fmt: skip
            sub.add_argument("--acknowledgement", choices=list(_YES_NO), metavar="yes|no", help="信里要不要“签收”按钮")
            sub.add_argument("--sign-within", metavar="天", type=int, help="发出后几天内签收；0 不设期限")
            sub.add_argument("--reminders", metavar="次", type=int, help="没有签收的最多催办几次；0 不催")
            sub.add_argument("--reminder-gap", metavar="天", type=int, help="发出或上次催办之后，满几天才能催")
            sub.add_argument(
                "--short-replies", choices=list(_YES_NO), metavar="yes|no", help="本人邮箱回复“收到”“已阅”算不算签收"
            )
            sub.add_argument(
                "--joining", choices=[*JOINING, _CLOSED], metavar="办法",
                help="想加入的人：open 确认邮箱后即加入，approval 还要办公室同意，closed 不开放；只对可以自己退出的名单",
            )  # fmt: skip
            sub.add_argument("--leave", choices=list(_YES_NO), metavar="yes|no", help="收件人能不能自己退出")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    store = opening.store(settings)
    at = opening.day(getattr(args, "at", None), settings.timezone, hour=12) or datetime.now(UTC)
    with store.read() as session:
        lists = {each.code: each for each in directory.lists(session)}
        if args.action != "list" and args.code not in lists:
            raise CommandError("no_list", f"没有“{args.code}”这个名单。", f"现有名单：{'、'.join(lists)}", Exit.USAGE)
        codes = tuple(lists) if args.action == "list" else (args.code,)
        members = {code: directory.members(session, code, at) for code in codes}
    if args.action == "set":
        changed = _changed(lists[args.code], args)
        office = opening.office(settings, store)
        set_policy(office, args.code, changed.policy, opening.actor(), is_duty=changed.is_duty)
        lists[args.code] = changed
    for code, audience in members.items():
        _show(lists[code], audience, args.action, settings.in_doubt, out)
    return int(Exit.DONE)


def _changed(wanted: DistributionList, args: argparse.Namespace) -> DistributionList:
    """The list with what the command line says. Raises CommandError where it says nothing."""
    numbers = {name: value for name in LIMITS if (value := getattr(args, name)) is not None}
    if (
        args.in_doubt is args.acknowledgement is args.leave is args.short_replies is args.joining is None
        and not numbers
    ):
        raise CommandError(
            "usage", "没有说要改什么。", "加 --in-doubt、--acknowledgement、--joining 或 --leave。", Exit.USAGE
        )
    try:
        policy = replace(wanted.policy, **numbers)
    except ValueError as error:
        least, most = LIMITS[str(error)]
        option = f"--{str(error).replace('_', '-')}"
        raise CommandError("usage", f"{option} 请填 {least} 到 {most}。", "", Exit.USAGE) from None
    if args.short_replies is not None:
        policy = replace(policy, short_replies=_YES_NO[args.short_replies])
    if args.in_doubt is not None:
        policy = replace(policy, in_doubt="" if args.in_doubt == _SETTING else args.in_doubt)
    if args.acknowledgement is not None:
        policy = replace(policy, acknowledgement=_YES_NO[args.acknowledgement])
    if args.joining is not None:
        policy = replace(policy, joining="" if args.joining == _CLOSED else args.joining)
    is_duty = wanted.is_duty if args.leave is None else not _YES_NO[args.leave]
    return replace(wanted, policy=policy, is_duty=is_duty)


def _show(wanted: DistributionList, audience: Audience, action: str, in_doubt: str, out: Output) -> None:
    facts: dict[str, Any] = {
        "code": wanted.code,
        "name": wanted.name,
        "is_duty": wanted.is_duty,
        "in_doubt": wanted.policy.in_doubt or None,
        "acknowledgement": wanted.policy.acknowledgement,
        "sign_within": wanted.policy.sign_within,
        "reminders": wanted.policy.reminders,
        "reminder_gap": wanted.policy.reminder_gap,
        "short_replies": wanted.policy.short_replies,
        "joining": wanted.joining or None,
        "phrase": wanted.phrase,
        "rules": [rule.chinese if rule.plus else f"除去{rule.chinese}" for rule in wanted.rules],
        "posts": len(audience.entries),
        "recipients": len({entry.address.key for entry in audience.included if entry.address}),
        "withheld": len(audience.withheld),
    }
    out.line(
        f"{wanted.code}（{wanted.name}）：{facts['posts']} 个岗位，{facts['recipients']} 个邮箱，不发 {facts['withheld']} 个岗位"
    )
    if action in {"show", "set"}:
        for rule in facts["rules"]:
            out.line(f"  规则：{rule}")
        if wanted.phrase:
            out.line(f"  印在刊上：{wanted.phrase}")
        own = "" if wanted.policy.in_doubt else "（按总设置）"
        out.line(f"  结果不明：{InDoubt(wanted.policy.in_doubt or in_doubt).chinese}{own}")
        out.line(f"  签收：{_signing(wanted.policy) if wanted.policy.acknowledgement else '不要求'}")
        out.line(f"  加入：{_JOINING[wanted.joining]}")
        out.line(f"  退出：{'要办公室同意' if wanted.is_duty else '收件人可以自己退出'}")
    if action == "members":
        for entry in audience.entries:
            out.line(f"  {_words(entry)}")
        facts["members"] = [_as_json(entry) for entry in audience.entries]
    out.object(facts)


def _signing(policy: ListPolicy) -> str:
    within = f"，{policy.sign_within} 天内" if policy.sign_within else ""
    reminders = f"；最多催办 {policy.reminders} 次，隔 {policy.reminder_gap} 天" if policy.reminders else "；不催办"
    return f"信里请收件人签收{within}{reminders}" + ("；本人回复“收到”也算" if policy.short_replies else "")


def _words(entry: Entry) -> str:
    address = entry.address.ascii if entry.address else "没有邮箱"
    not_sent = f"（不发：{entry.withheld.chinese}{f'，{entry.note}' if entry.note else ''}）" if entry.withheld else ""
    care_of = f"（{entry.care_of}代收）" if entry.care_of else ""
    mark = "【必达】" if entry.is_essential else ""
    return f"{entry.unit} {entry.role} {entry.name} {address}{care_of}{not_sent}{mark} · {entry.why}"


def _as_json(entry: Entry) -> dict[str, object]:
    return {
        "unit": entry.unit,
        "post": entry.role,
        "name": entry.name,
        "email": entry.address.ascii if entry.address else None,
        "withheld": str(entry.withheld) if entry.withheld else None,
        "note": entry.note,
        "why": entry.why,
        "care_of": entry.care_of,
        "essential": entry.is_essential,
    }
