"""``mailer morning``: the morning sheet at the terminal, or by mail to the colleagues named."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from datetime import tzinfo
from itertools import groupby

from sqlalchemy.exc import NoResultFound

from mailer.cli import opening
from mailer.cli.output import CommandError, Exit, Output
from mailer.content.morning import MorningSheet
from mailer.flow.morning_sheet import morning_sheet
from mailer.flow.tell_colleagues import tell
from mailer.settings import SettingError
from mailer.store import queries
from mailer.transport.clock import SystemClock
from mailer.workers.morning import desk_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mailing", metavar="编号", type=int, help="哪一次发送；默认最近一次")
    parser.add_argument("--send", action="store_true", help="同时发给 MAILER_ALERT_TO 里的人")
    parser.add_argument("--json", action="store_true", help="输出 JSON")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    store = opening.store(settings)
    now = SystemClock().now()
    with store.read() as session:
        released = [row.id for row in queries.mailings(session) if row.released_at is not None]
        mailing_id = args.mailing if args.mailing is not None else next(iter(released), None)
        if mailing_id is None:
            raise CommandError("no_mailing", "还没有发送过。", "先用 mailer send 发一期。")
        try:
            sheet = morning_sheet(session, mailing_id, now)
        except (NoResultFound, ValueError):
            raise CommandError(
                "no_mailing", f"没有编号为 {mailing_id}、已经发出的发送。", "编号见：mailer mailings list", Exit.USAGE
            ) from None
    for line in lines(sheet, settings.timezone):
        out.line(line)
    told = 0
    if args.send:
        try:
            desk = desk_of(settings, store)
        except SettingError as error:
            raise CommandError("bad_setting", error.message, error.hint, Exit.USAGE) from error
        if desk is None:
            raise CommandError(
                "bad_setting",
                "没有设置发给谁，或没有发信服务器。",
                "设 MAILER_ALERT_TO、MAILER_FROM 和 MAILER_RELAY_URL。",
                Exit.USAGE,
            )
        told = tell(desk, sheet)
        if told < len(desk.to):
            raise CommandError(
                "not_sent", f"{len(desk.to)} 人里只发出 {told} 份。", "先用 mailer doctor --relay 检查发信通道。"
            )
        out.line(f"已发给 {told} 人。")
    out.object({"event": "result", "mailing": mailing_id, "told": told, **asdict(sheet)})
    return int(Exit.DONE)


def lines(sheet: MorningSheet, zone: tzinfo) -> Iterator[str]:
    """The sheet as text: whoever reads it can make the calls."""
    yield f"晨报　{sheet.issue}"
    yield f"发出：{sheet.released_at.astimezone(zone):%Y-%m-%d %H:%M}　截至：{sheet.as_of.astimezone(zone):%Y-%m-%d %H:%M}"
    counts = " + ".join(f"{label} {n}" for label, n in sheet.counts if n)
    yield f"共 {sheet.recipients} 份，覆盖 {sheet.posts} 个岗位：{sheet.recipients} = {counts or '0'}"
    if not sheet.not_reached:
        yield "谁没收到：没有。"
    else:
        yield f"谁没收到（{len(sheet.not_reached)} 个岗位）："
        for unit, people in groupby(sheet.not_reached, key=lambda each: each.unit):
            yield f"  {unit or '未写单位'}"
            for each in people:
                who = f"{each.name}（{each.post}）" if each.name and each.post else each.name or each.post or "未写姓名"
                yield f"    {who}　电话：{each.phone or '名单上没有'}"
                yield f"      {each.cause}。{each.remedy}".rstrip("。") + "。"
    if sheet.silent_units:
        yield f"无人收到的单位：{'、'.join(sheet.silent_units)}"
    if sheet.still_trying:
        yield sheet.still_trying
