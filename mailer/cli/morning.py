"""``mailer morning``: the morning sheet at the terminal, or by mail to the colleagues named."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import asdict
from datetime import tzinfo
from itertools import groupby
from pathlib import Path

from sqlalchemy.exc import NoResultFound

from mailer.cli import opening
from mailer.cli.output import CommandError, Exit, Output
from mailer.content.morning import MorningSheet
from mailer.flow.keep_calendar import keep_calendar
from mailer.flow.morning_sheet import morning_sheet
from mailer.flow.tell_colleagues import tell
from mailer.model.working_days import CalendarError
from mailer.settings import SettingError, Settings
from mailer.store import queries
from mailer.store.engine import Store
from mailer.transport.clock import SystemClock
from mailer.workers.morning import desk_of


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--mailing", metavar="编号", type=int, help="哪一次发送；默认最近一次")
    parser.add_argument("--send", action="store_true", help="同时发给 MAILER_ALERT_TO 里的人")
    parser.add_argument(
        "--calendar", metavar="文件", type=Path, help="登记一年的节假日和调休上班日（TOML），不显示晨报"
    )
    parser.add_argument("--json", action="store_true", help="输出 JSON")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    store = opening.store(settings)
    if args.calendar is not None:
        return _keep_calendar(args.calendar, settings, store, out)
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


def _keep_calendar(path: Path, settings: Settings, store: Store, out: Output) -> int:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise CommandError(
            "unreadable_file", f"读不到文件 {path}：{error}。", "检查路径和编码。", Exit.USAGE
        ) from error
    try:
        year = keep_calendar(opening.office(settings, store), settings.data_dir, text, opening.actor())
    except CalendarError as error:
        raise CommandError(
            "bad_calendar", f"{path}：{error}", "写法见 docs/operator.md 的 Holidays（节假日）一节。"
        ) from error
    out.line(f"已登记 {year} 年的节假日；晨报在这些假日不发，调休上班的周末照发。")
    out.object({"event": "result", "year": year})
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
                mark = "（新增）" if each.is_new else ""
                yield f"    {who}{mark}　电话：{each.phone or '名单上没有'}"
                if each.address:
                    yield f"      邮箱：{each.address}"
                yield f"      {each.cause}。{each.remedy}".rstrip("。") + "。"
    if sheet.silent_units:
        yield f"无人收到的单位：{'、'.join(sheet.silent_units)}"
    if sheet.still_trying:
        yield sheet.still_trying
    if sheet.since_last:
        yield sheet.since_last
    if sheet.unassigned:
        yield f"还有 {sheet.unassigned} 封退信不知是谁的：mailer bounces list 逐封认领或排除。"
    if sheet.away:
        yield "已送到，对方自动回复："
        yield from (f"  {each}" for each in sheet.away)
