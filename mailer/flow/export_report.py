"""The report of a mailing as a file: one line per duty, the same columns in every format."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo
from typing import Any

from sqlmodel import Session

from mailer.model.delivery import DeliveryStatus
from mailer.store import queries
from recipients import spreadsheet

#: key -> the Chinese header of the same column
COLUMNS = {
    "mailing": "发送批次",
    "recipient": "邮箱",
    "name": "姓名",
    "unit": "单位",
    "post": "岗位",
    "list": "名单",
    "status": "状态",
    "message_id": "邮件编号",
    "attempts": "尝试次数",
    "doubts": "结果不明次数",
    "phase": "到哪一步",
    "reply_code": "答复代码",
    "enhanced_status": "状态代码",
    "reply_text": "答复原文",
    "reason": "原因",
    "fault": "归因",
    "bounced_by": "退回方式",
    "queued_at": "排队时间",
    "accepted_at": "交出时间",
    "finished_at": "结束时间",
    "acknowledged_at": "签收时间",
}


def export_report(session: Session, mailing_id: int, fmt: str, *, labels: bool, zone: tzinfo) -> bytes:
    """``fmt``: csv, xlsx or jsonl. ``labels``: Chinese headers, words and office time for people, and beside the name who
    takes it for them and who must be reached.
    """
    rows = queries.report_rows(session, mailing_id)
    if fmt == "jsonl":
        return b"".join(_json_line(mailing_id, row) for row in rows)
    header = tuple(COLUMNS.values() if labels else COLUMNS)
    cells = [header, *(_cells(mailing_id, row, labels=labels, zone=zone) for row in rows)]
    if fmt == "xlsx":
        return spreadsheet.write_xlsx([("台账", cells)])
    return spreadsheet.write_csv(cells)


def _values(mailing_id: int, row: Any) -> Iterable[tuple[str, Any]]:
    for key in COLUMNS:
        yield key, mailing_id if key == "mailing" else getattr(row, key)


def _json_line(mailing_id: int, row: Any) -> bytes:
    record = {
        key: value.strftime("%Y-%m-%dT%H:%M:%SZ") if isinstance(value, datetime) else value
        for key, value in _values(mailing_id, row)
    }
    return json.dumps(record, ensure_ascii=False).encode("utf-8") + b"\n"


def _cells(mailing_id: int, row: Any, *, labels: bool, zone: tzinfo) -> Sequence[str]:
    cells = {key: _cell(key, value, labels=labels, zone=zone) for key, value in _values(mailing_id, row)}
    if labels:
        cells["name"] += f"（{row.care_of}代收）" * bool(row.care_of) + "【必达】" * row.essential
    return tuple(cells.values())


def _cell(key: str, value: Any, *, labels: bool, zone: tzinfo) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        if labels:
            return value.astimezone(zone).strftime("%Y-%m-%d %H:%M:%S")
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if labels and key == "status":
        return DeliveryStatus(value).label
    return str(value)
