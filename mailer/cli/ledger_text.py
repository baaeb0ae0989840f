"""The ledger as text at a terminal: the sum as a sum, and «谁没收到» by person and unit."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from mailer.cli.output import Output
from mailer.flow.read_ledger import Ledger, Line
from mailer.model.delivery import DeliveryStatus
from mailer.store.queries import Sum

_SHOWN = 60  # people listed before the rest is only counted


def sum_line(ledger: Sum) -> str:
    """«152 = 已交出 138 + 退回 4 + ...»: anybody can check it."""
    parts = [f"{status.label} {n}" for status, n in ledger.counts.items() if n]
    return f"{ledger.recipients} = {' + '.join(parts) or '0'}"


def counts_json(ledger: Sum) -> dict[str, Any]:
    return {
        "recipients": ledger.recipients,
        "counts": {str(status): n for status, n in ledger.counts.items()},
        "by_list": {
            code: {"recipients": sum(counts.values()), **{str(status): n for status, n in counts.items()}}
            for code, counts in ledger.by_list.items()
        },
    }


def print_ledger(ledger: Ledger, out: Output) -> None:
    for line in ledger_lines(ledger):
        out.line(line)


def ledger_lines(ledger: Ledger) -> Iterator[str]:
    total = ledger.sum
    mark = "【演练】" if ledger.rehearsal else ""
    yield f"{mark}{ledger.title} 第{ledger.number}期 · {ledger.kind.label} · {ledger.status.label}"
    if ledger.reason:
        yield f"  {ledger.reason}"
    sent = total.counts[DeliveryStatus.ACCEPTED] + total.counts[DeliveryStatus.DELIVERED]
    yield f"  共 {total.recipients} 份，覆盖 {total.duties} 个岗位；已发出 {sent} 份"
    for code, counts in total.by_list.items():
        parts = [f"{status.label} {n}" for status, n in counts.items() if n]
        yield f"  {code}：{sum(counts.values())} = {' + '.join(parts) or '0'}"
    yield f"  合计：{sum_line(total)}{'' if total.adds_up else '  ← 对不上！'}"
    yield from _not_reached(ledger)
    if ledger.still_trying:
        yield f"  另有 {len(ledger.still_trying)} 个岗位仍在排队或重试。"


def _not_reached(ledger: Ledger) -> Iterator[str]:
    lines = ledger.not_reached
    if not lines:
        yield "谁没收到：没有。"
        return
    yield f"谁没收到（{len(lines)} 个岗位）："
    for line in lines[:_SHOWN]:
        yield f"  {_person(line)}"
        yield f"      {line.cause}。→ {line.todo}" if line.todo else f"      {line.cause}。"
    if len(lines) > _SHOWN:
        yield f"  ……还有 {len(lines) - _SHOWN} 个，见导出的台账。"
    if ledger.units_without_anybody:
        yield f"无人收到的单位：{'、'.join(ledger.units_without_anybody)}"


def _person(line: Line) -> str:
    who = " ".join(part for part in (line.unit, line.post, line.name) if part)
    told = (line.address, f"{line.care_of}代收" if line.care_of else "", f"电话 {line.phone}" if line.phone else "")
    reach = "，".join(part for part in told if part)
    mark = "【必达】" if line.is_essential else ""
    return f"[{line.list_code}] {mark}{who}（{reach or '没有邮箱'}）{line.status.label}"
