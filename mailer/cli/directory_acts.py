"""The acts of ``mailer recipients`` beside import: find, export, undo, what a reshuffle does to units, a recipient's wish."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from mailer.cli.output import CommandError, Exit, Output

if TYPE_CHECKING:
    from mailer.flow.office import Office
    from recipients.directory.people import Holding

_KINDS = {"leave": "不再接收", "pause": "暂停接收", "new-address": "更换邮箱", "hand-over": "移交接任人"}


def add_actions(action: Callable[[str, str], argparse.ArgumentParser]) -> None:
    find = action("find", "按姓名、拼音、首字母、单位、电话或邮箱找人")
    find.add_argument("text", nargs="+", metavar="文字", help="几个词都要符合，如：zhx 长乐")
    find.add_argument("--at", metavar="日期", help="哪一天在任的人；默认现在")
    undo = action("undo", "撤销最近一次改动过名单的导入")
    undo.add_argument("--yes", action="store_true", help="确定撤销")
    for name, words, second in (
        ("rename", "单位更名，旧名仍认得", "新名称"),
        ("merge", "单位并入另一个单位，人员随同转入", "并入的单位"),
        ("close", "撤销单位，其中的人离任", ""),
        ("alias", "给单位加一个别名，表里写别名也认得", "别名"),
    ):
        sub = action(name, words)
        sub.add_argument("unit", metavar="单位", help="现有单位的名称")
        if second:
            sub.add_argument("other", metavar=second, help=second)
        if name != "alias":
            sub.add_argument("--at", metavar="日期", help="哪一天零点起，如 2026-11-30；默认立即")
    wish = action("request", "登记收件人的要求：不再接收、暂停、换邮箱、移交")
    wish.add_argument(
        "kind", choices=list(_KINDS), metavar="要求", help="、".join(f"{k}（{v}）" for k, v in _KINDS.items())
    )
    wish.add_argument("address", metavar="邮箱", help="现在用的邮箱")
    wish.add_argument("--list", metavar="名单", default="", help="只对这个名单；默认全部")
    wish.add_argument("--to", metavar="新邮箱", default="", help="new-address、hand-over：新的邮箱")
    wish.add_argument("--name", metavar="姓名", default="", help="hand-over：接任人")
    wish.add_argument("--until", metavar="日期", help="pause：暂停到哪一天")
    wish.add_argument("--because", metavar="原因", default="", help="本人说的原因")


def run(args: argparse.Namespace, out: Output) -> int:
    from mailer.cli import opening  # noqa: PLC0415  # loads the database layer
    from recipients.directory import UnitError  # noqa: PLC0415

    settings = opening.settings()
    store = opening.store(settings)
    office = opening.office(settings, store)
    at = opening.day(getattr(args, "at", None), settings.timezone) or datetime.now(UTC)
    try:
        if args.action == "find":
            return _find(office, args, opening.day(args.at, settings.timezone, hour=12) or at, out)
        if args.action == "export":
            return _export(office, args, at, out)
        if args.action == "undo":
            return _undo(office, args, out)
        if args.action == "request":
            return _request(office, args, opening.day(args.until, settings.timezone), out)
        return _on_unit(office, args, at, out)
    except UnitError as error:
        raise CommandError("bad_unit", str(error), "单位名称见：mailer recipients find 单位名", Exit.USAGE) from error


def _find(office: Office, args: argparse.Namespace, at: datetime, out: Output) -> int:
    from mailer.cli.opening import actor  # noqa: PLC0415  # as above
    from recipients import directory  # noqa: PLC0415

    text = " ".join(args.text)
    with office.store.begin() as session:
        found = directory.find(session, text, at)
        office.record(session, actor(), "recipients.searched", "directory", people=len(found))
    for one in found:
        out.line(_told(one))
        out.object(_as_json(one))
    out.line(f"共 {len(found)} 人。" if found else f"没有找到“{text}”。")
    out.object({"event": "result", "people": len(found)})
    return int(Exit.DONE)


def _told(one: Holding) -> str:
    h = one.holder
    addresses = "；".join(address.original for address in h.addresses) or "没有邮箱"
    marks = "".join(f"（{word}）" for word in (h.printed_note, f"{h.care_of}代收" if h.care_of else "") if word)
    return (
        f"{h.post.unit.name} {h.post.role} {h.name} {h.phone} {addresses}{marks}{'【必达】' if h.is_essential else ''}"
    )


def _as_json(one: Holding) -> dict[str, Any]:
    h = one.holder
    return {
        "unit": h.post.unit.name, "group": h.post.unit.group, "role": h.post.role, "name": h.name, "title": h.title,
        "phone": h.phone, "emails": [address.ascii for address in h.addresses], "paper": h.paper_only,
        "care_of": h.care_of, "essential": h.is_essential,
    }  # fmt: skip


def _export(office: Office, args: argparse.Namespace, at: datetime, out: Output) -> int:
    from mailer.cli import recipients  # noqa: PLC0415  # as above
    from mailer.cli.opening import actor  # noqa: PLC0415

    with office.store.begin() as session:
        office.record(session, actor(), "recipients.exported", "directory", file=args.file.name, at=at.isoformat())
        return recipients.export(session, args.file, at, out)


def _undo(office: Office, args: argparse.Namespace, out: Output) -> int:
    from mailer.cli.opening import actor  # noqa: PLC0415  # as above
    from mailer.flow.import_recipients import undo_import  # noqa: PLC0415
    from recipients.directory import NothingToUndoError  # noqa: PLC0415

    if not args.yes:
        hint = "确定要撤销就加 --yes；已经发出的邮件和台账不受影响。"
        raise CommandError("needs_yes", "将撤销最近一次改动过名单的导入。", hint, Exit.USAGE)
    try:
        number = undo_import(office, actor())
    except NothingToUndoError:
        raise CommandError("nothing_to_undo", "没有可以撤销的导入。") from None
    out.line(f"已撤销第 {number} 次导入，名单回到它之前的样子。")
    out.object({"event": "result", "undone": number})
    return int(Exit.DONE)


def _on_unit(office: Office, args: argparse.Namespace, at: datetime, out: Output) -> int:
    from mailer.cli.opening import actor  # noqa: PLC0415  # as above
    from mailer.flow import reorganise_units as flow  # noqa: PLC0415

    who = actor()
    people: int | None = None
    if args.action == "rename":
        flow.rename(office, args.unit, args.other, at, who)
        told = f"“{args.unit}”更名为“{args.other}”"
    elif args.action == "merge":
        people = flow.merge(office, args.unit, args.other, at, who)
        told = f"“{args.unit}”并入“{args.other}”，转入 {people} 人"
    elif args.action == "close":
        people = flow.close(office, args.unit, at, who)
        told = f"“{args.unit}”已撤销，{people} 人离任"
    else:
        flow.add_alias(office, args.unit, args.other, who)
        told = f"“{args.other}”就是“{args.unit}”"
    out.line(f"{told}。")
    out.object({"event": "result", "act": args.action, "unit": args.unit, "people": people})
    return int(Exit.DONE)


def _request(office: Office, args: argparse.Namespace, until: datetime | None, out: Output) -> int:
    from mailer.cli.opening import actor  # noqa: PLC0415  # as above
    from mailer.flow import change_requests  # noqa: PLC0415
    from recipients.address import AddressError, EmailAddress  # noqa: PLC0415
    from recipients.requests import ChangeRequest, RequestError, RequestKind, RequestState  # noqa: PLC0415

    try:
        wanted = ChangeRequest(
            RequestKind(args.kind.replace("-", "_")), EmailAddress.parse(args.address).key, args.list, args.to, args.name,
            args.because, until,
        )  # fmt: skip
        number, state = change_requests.ask(office, wanted, actor())
    except AddressError as error:
        raise CommandError("bad_address", f"邮箱写得不对：{error.message}。", "", Exit.USAGE) from error
    except RequestError as error:
        raise CommandError("usage", str(error), "选项见：mailer recipients request --help", Exit.USAGE) from error
    done = state is RequestState.GRANTED
    out.line(f"要求 {number} 已登记，{'已办理' if done else f'待办公室决定：mailer tasks answer {number} --grant'}。")
    out.object({"event": "result", "request": number, "state": str(state)})
    return int(Exit.DONE)
