"""The sheets as workbooks: what the boss is handed. Numbers are numbers, words are text, every line adds up to itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, tzinfo

from mailer.flow.read_reports import DomainSheet, IssueSheet, PeriodSheet, reached
from mailer.model.delivery import DeliveryStatus
from mailer.store.queries import Sum
from recipients import spreadsheet

_S = DeliveryStatus
_Row = Sequence[str | int]
#: header -> the statuses counted below it; together they are every status once
PARTS: dict[str, tuple[DeliveryStatus, ...]] = {
    "已交出": (_S.ACCEPTED,),
    "对方确认送达": (_S.DELIVERED,),
    "退回": (_S.BOUNCED,),
    "结果不明": (_S.IN_DOUBT,),
    "逾期未发出": (_S.EXPIRED,),
    "不发": (_S.WITHHELD,),
    "已取消": (_S.CANCELLED,),
    "还在发": (_S.PLANNED, _S.QUEUED, _S.ATTEMPTING, _S.DEFERRED),
}
_COUNTED = ("份数", "已发出", *PARTS)


def parts_of(counts: Mapping[DeliveryStatus, int]) -> tuple[int, ...]:
    """The counts under the headers of ``PARTS``."""
    return tuple(sum(counts.get(status, 0) for status in statuses) for statuses in PARTS.values())


def issue_workbook(sheet: IssueSheet, zone: tzinfo) -> bytes:
    """Three sheets: by list, by unit, who was not reached."""
    head = sheet.head
    title = f"{head.title} 第{head.number}期（{head.kind.label}，批次 {head.mailing_id}）{_REHEARSAL * head.rehearsal}"
    told = [[title], [f"放行 {_moment(head.released_at, zone)}，截至 {_moment(head.as_of, zone)}"], []]
    units: list[_Row] = [["名单", "单位", "岗位", "已发出", "没有收到", "还在发", "已签收"]]
    units += [
        [each.list_code, each.unit, each.posts, each.reached, each.missing, each.waiting, each.signed]
        for each in sheet.units
    ]
    missed: list[_Row] = [["名单", "单位", "姓名", "岗位", "电话", "邮箱", "状态", "原因", "怎么办"]]
    missed += [
        [
            duty.list_code, duty.unit, duty.name, duty.post, duty.phone, entry.address, entry.status.label, entry.cause,
            entry.todo,
        ]
        for entry in sheet.missed
        for duty in entry.duties
    ]  # fmt: skip
    if sheet.more:
        missed.append([f"另有 {sheet.more} 份没有列在这里，全部在导出的台账里。"])
    return spreadsheet.write_xlsx([
        ("按名单", [*told, ["名单", *_COUNTED], *_lists(head.sum)]),
        ("按单位", units),
        ("没有收到", missed),
    ])  # fmt: skip


def period_workbook(sheet: PeriodSheet, zone: tzinfo) -> bytes:
    """Two sheets: a line a mailing, and the same by list."""
    title = f"{sheet.period.label}发送情况{_REHEARSAL * sheet.rehearsals}"
    told: list[_Row] = [[title], [f"{sheet.issues} 期，{len(sheet.lines)} 批，截至 {_moment(sheet.as_of, zone)}"], []]
    lines: list[_Row] = [["期号", "刊名", "类别", "批次", "放行时间", "状态", "覆盖岗位", *_COUNTED]]
    lines += [
        [
            line.number, line.title, line.kind.label, line.mailing_id, _moment(line.released_at, zone),
            line.status.label, line.sum.duties, *_counted(line.sum.counts),
        ]
        for line in sheet.lines
    ]  # fmt: skip
    lines.append(["合计", "", "", "", "", "", sheet.sum.duties, *_counted(sheet.sum.counts)])
    by_list: list[_Row] = [["期号", "批次", "名单", *_COUNTED]]
    for line in sheet.lines:
        by_list += [
            [line.number, line.mailing_id, code, *_counted(counts)] for code, counts in line.sum.by_list.items()
        ]
    by_list += [["合计", "", code, *_counted(counts)] for code, counts in sheet.sum.by_list.items()]
    return spreadsheet.write_xlsx([("逐期", [*told, *lines]), ("按名单", by_list)])


def domain_workbook(sheet: DomainSheet, zone: tzinfo) -> bytes:
    title = f"{sheet.period.label}各邮件域名的送达情况{_REHEARSAL * sheet.rehearsals}"
    lines: list[_Row] = [[title], [f"截至 {_moment(sheet.as_of, zone)}"], [], ["域名", *_COUNTED, "主要原因"]]
    lines += [
        [line.domain, *_counted(line.counts), "；".join(f"{cause} {n}" for cause, n in line.causes)]
        for line in sheet.lines
    ]
    if sheet.without:
        lines.append(["（没有邮箱）", sheet.without])
    return spreadsheet.write_xlsx([("按域名", lines)])


_REHEARSAL = "【演练】"


def _lists(total: Sum) -> Iterable[_Row]:
    for code, counts in total.by_list.items():
        yield [code, *_counted(counts)]
    yield ["合计", *_counted(total.counts)]


def _counted(counts: Mapping[DeliveryStatus, int]) -> tuple[int, ...]:
    return (sum(counts.values()), reached(counts), *parts_of(counts))


def _moment(value: datetime | None, zone: tzinfo) -> str:
    return f"{value.astimezone(zone):%Y-%m-%d %H:%M}" if value else "—"
