"""A task as the page shows it: its detail's lines told apart, telephones to be tapped, the acts its kind knows. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from mailer.flow.answer_task import ABOUT_ADDRESS
from mailer.flow.suspect_return import SUSPECTED
from mailer.flow.take_in_letter import CLAIM

#: kind -> what it is called; in the order of the page
KINDS: Mapping[str, str] = {
    "verify_by_phone": "电话核实",
    SUSPECTED: "疑似退信",
    "repeated_bounce": "屡次没送到",
    "change_request": "收件人要求",
    "complaint": "投诉",
    "paper": "送纸质件",
    "webhook": "回调停下了",
    "tell_person": "告知本人",
    "join_flood": "加入申请过多",
    "letter": "读来信",
    CLAIM: "核对签收",
    "parked": "我方原因被拒",
    "domain_parked": "整个域名拒收",
    "held": "发送停下",
    "relay": "发信服务器",
    "intake": "收退信",
    "crashes": "发送中断过",
    "worker_hangs": "发送程序没动静",
    "sum_disagrees": "台账对不上",
    "restored": "从备份恢复",
}
_PHONE = re.compile(r"(?:电话：)([+0-9][0-9 \-/()、；;]{2,60})")
_NUMBER = re.compile(r"\+?[0-9][0-9 \-]{4,20}[0-9]")
_REQUEST = re.compile(r"request:([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Piece:
    """Some words of a line; ``phone``: they are a number that can be called."""

    text: str
    phone: str


@dataclass(frozen=True, slots=True)
class TaskView:
    """``acts``: address (corrected, valid, left), suspected (confirm, reject), request (decided on its page), claim (a signature: counts or not) or done."""

    id: int
    kind: str
    kind_words: str
    title: str
    lines: tuple[tuple[Piece, ...], ...]
    acts: str
    request: int | None
    mailing_id: int | None
    number: int | None
    address: str
    created_at: datetime
    done_at: datetime | None
    done_by: str


def kind_words(kind: str) -> str:
    return KINDS.get(kind, "其他")


def task_view(row: Any) -> TaskView:
    """``row``: of mailer.store.task_book."""
    match = _REQUEST.fullmatch(row.dedupe_key)
    acts = "done"
    if row.kind in ABOUT_ADDRESS and row.address_key:
        acts = "address"
    elif row.kind == SUSPECTED:
        acts = "suspected"
    elif row.kind == CLAIM:
        acts = "claim"
    elif row.kind == "change_request" and match:
        acts = "request"
    return TaskView(
        row.id, row.kind, kind_words(row.kind), row.title,
        tuple(_line(text) for text in row.detail.split("\n") if text.strip()),
        acts, int(match[1]) if match else None, row.mailing_id, row.number, row.address or "",
        row.created_at, row.done_at, row.done_by or "",
    )  # fmt: skip


def _line(text: str) -> tuple[Piece, ...]:
    """The line's words, numbers behind «电话：» apart from the rest."""
    found = _PHONE.search(text)
    if found is None:
        return (Piece(text, ""),)
    pieces, at = [], 0
    for match in _NUMBER.finditer(text, found.start(1), found.end(1)):
        pieces += [Piece(text[at : match.start()], ""), Piece(match[0], "".join(match[0].split()))]
        at = match.end()
    return tuple(piece for piece in (*pieces, Piece(text[at:], "")) if piece.text)
