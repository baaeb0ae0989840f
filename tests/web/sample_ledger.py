"""A ledger in a real SQLite store, made by the store's own writes: any statuses, without a relay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingEventKind
from mailer.model.verdict import Owner
from mailer.store import freeze, queries, writes
from mailer.store.engine import Store

RELEASED_AT = datetime(2026, 11, 23, 9, 42, tzinfo=UTC)
_LISTS = ("报", "送", "发")
_S = DeliveryStatus


@dataclass(frozen=True)
class Row:
    """One delivery and the posts it serves; ``extra`` goes to the delivery as it is."""

    list_code: str = "发"
    unit: str = "望云街道"
    post: str = "信息员"
    name: str = "沈可远"
    status: DeliveryStatus = _S.ACCEPTED
    address: str = "shen@qinglan.example"
    phone: str = "000-6000116"
    reason: str = ""
    fault: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    also: tuple[str, ...] = ()  # further posts of the same unit, served by the same mail


def make_mailing(
    store: Store,
    rows: Sequence[Row],
    *,
    key: str = "k",
    title: str = "工作快报",
    number: int = 128,
    rehearsal: bool = False,
    steps: Sequence[MailingEventKind] = (
        MailingEventKind.FROZEN,
        MailingEventKind.APPROVED,
        MailingEventKind.RELEASED,
    ),
    reason: str = "",
) -> int:
    """The new mailing's id. ``steps``: how far it went."""
    with store.begin() as session:
        freeze.keep_bulletin(session, title="", office="", now=RELEASED_AT)
        issue_id = freeze.keep_issue(
            session,
            key={"bulletin_id": 1, "series": "", "year": 0, "number": number},
            title=title,
            issued_on=date(2026, 11, 23),
            now=RELEASED_AT,
        )
        revision_id, _ = freeze.keep_revision(
            session,
            issue_id=issue_id,
            source=b"",
            sha256=key,
            name="x.md",
            content_json="{}",
            now=RELEASED_AT,
            by="test",
        )
        assert freeze.make_mailing(
            session,
            bulletin_id=1,
            revision_id=revision_id,
            kind="first",
            status="draft",
            key=key,
            content_key=key,
            lists=",".join(_LISTS),
            rehearsal=rehearsal,
            from_address="office@qinglan.example",
            from_name="办公室",
            reply_to="",
            message_domain="qinglan.example",
            boundary="b",
            dated_at=RELEASED_AT,
            in_doubt="hold",
            reason="",
            created_by="test",
            created_at=RELEASED_AT,
        )
        row = queries.mailing_by_key(session, key)
        assert row is not None
        mailing_id = int(row.id)
        first = writes.next_ids(session, "delivery", max(1, len(rows)))
        numbered = [(first + n, row) for n, row in enumerate(rows)]
        writes.freeze_rows(
            session,
            mailing_id,
            [_delivery(mailing_id, number, row) for number, row in numbered],
            [_duty(mailing_id, number, row, post) for number, row in numbered for post in (row.post, *row.also)],
        )
        freeze.set_recipients(session, mailing_id)
        for step in steps:
            released = {"released_at": RELEASED_AT} if step is MailingEventKind.RELEASED else {}
            writes.move_mailing(session, mailing_id, step, reason=reason, **released)
    return mailing_id


def _delivery(mailing_id: int, delivery_id: int, row: Row) -> dict[str, Any]:
    values = {
        "id": delivery_id,
        "mailing_id": mailing_id,
        "list_code": row.list_code,
        "lane": _LISTS.index(row.list_code) + 1,
        "address": row.address,
        "address_key": f"{delivery_id}-{row.address}",
        "domain": row.address.rpartition("@")[2],
        "name": row.name,
        "status": str(row.status),
        "reason": row.reason,
        "fault": row.fault,
        "hard": False,
        "message_id": f"{delivery_id}@qinglan.example",
        "attempts": 1,
        "doubts": 0,
        "crashes": 0,
        "turn": 0,
        "returns": 0,
        "due_at": None,
        **dict.fromkeys(("reply_code", "enhanced_status", "reply_text", "host", "queued_at", "acknowledged_at")),
        "bounced_by": "session" if row.status is _S.BOUNCED else None,
        "accepted_at": RELEASED_AT + timedelta(minutes=1) if row.status in {_S.ACCEPTED, _S.DELIVERED} else None,
        "finished_at": RELEASED_AT + timedelta(minutes=1) if row.status.is_final else None,
    }
    return values | row.extra


def _duty(mailing_id: int, delivery_id: int, row: Row, post: str) -> dict[str, Any]:
    return {
        "mailing_id": mailing_id,
        "delivery_id": delivery_id,
        "list_code": row.list_code,
        "unit": row.unit,
        "post": post,
        "holder": row.name,
        "phone": row.phone,
        "holder_id": None,
    }


def _names(text: str) -> tuple[str, ...]:
    return tuple(text.split("、"))


_UNITS = _names(
    "望云街道、松溪街道、长乐街道、东山街道、龙潭镇、青石镇、白鹭镇、河口镇、"
    "云栖镇、石桥镇、区委办公室、区政府办公室、区纪委监委机关、区委组织部、区委宣传部、区委统战部、"
    "区委政法委、区人大常委会办公室、区政协办公室、区发展和改革局、区教育体育局、区科学技术和工业信息化局、区公安分局、区民政局、"
    "区司法局、区财政局、区人力资源和社会保障局、区自然资源和规划分局、区生态环境分局、区住房和城乡建设局、区交通运输局、区水利局、"
    "区农业农村局、区商务局、区文化和旅游局、区卫生健康局、区退役军人事务局、区应急管理局、区审计局、区市场监督管理局、"
    "区统计局、区医疗保障局、区城市管理局、区信访局、区融媒体中心"
)
_LEADERS = _names(
    "夏若松、戴子初、夏舟、郝野、魏一峰、武一桐、祝云柯、甘亦澄、荣帆、熊舒宁、王帆、杨子禾、冉安舟、汪行晴"
)
_BODIES = ("中共青岚区委", "青岚区人大常委会", "青岚区人民政府", "青岚区政协")
_GIVEN = _names("致晴、可远、可澄、晓榆、明禾、一鸣、文博、思源、雨辰、子涵")
_FAMILY = "乔沈袁高赵钱孙李周吴郑王冯陈褚卫蒋韩朱秦尤许何吕施张孔曹严华"


def realistic(*, sending: bool) -> list[Row]:
    """About 150 deliveries of a district; ``sending``: a part of them still waits."""
    later = RELEASED_AT + timedelta(minutes=31)
    rows = [
        Row("报", _BODIES[n * 4 // 14], "区领导", name, _S.ACCEPTED, f"leader{n}@qinglan.example", f"000-60001{n:02}")
        for n, name in enumerate(_LEADERS)
    ]
    rows[5] = Row("报", _BODIES[1], "区领导", "武一桐", _S.WITHHELD, "", "000-6000106", "paper", extra={"attempts": 0})
    rows[9] = Row("报", _BODIES[2], "区领导", "熊舒宁", _S.DELIVERED, "leader9@qinglan.example", "000-6000110")
    posts = ("主要领导", "主管领导", "信息员")
    for n in range(len(_UNITS) * 3):
        name = _FAMILY[n * 7 % len(_FAMILY)] + _GIVEN[n * 3 % len(_GIVEN)]
        unit, post = _UNITS[n // 3], posts[n % 3]
        rows.append(Row("发", unit, post, name, _S.ACCEPTED, f"member{n}@qinglan.example", f"000-61{n:05}"))
    problems: dict[int, dict[str, Any]] = {
        12: {"status": _S.BOUNCED, "reason": "userunknown", "fault": str(Owner.RECIPIENT)},
        27: {"status": _S.BOUNCED, "reason": "mailboxfull", "fault": str(Owner.RECIPIENT)},
        28: {
            "status": _S.BOUNCED,
            "reason": "hasmoved",
            "fault": str(Owner.RECIPIENT),
            "extra": {"bounced_by": "return", "accepted_at": RELEASED_AT + timedelta(minutes=1)},
        },
        44: {"status": _S.IN_DOUBT, "reason": "networkerror", "fault": str(Owner.NETWORK)},
        60: {"status": _S.DEFERRED, "reason": "greylisted", "fault": str(Owner.NETWORK), "extra": {"due_at": later}},
        61: {"status": _S.DEFERRED, "reason": "speeding", "fault": str(Owner.RATE), "extra": {"due_at": later}},
        75: {"status": _S.DELIVERED},
        76: {"status": _S.DELIVERED},
        90: {"status": _S.WITHHELD, "reason": "no_address", "address": "", "extra": {"attempts": 0}},
        91: {"status": _S.WITHHELD, "reason": "suppressed", "extra": {"attempts": 0}},
    }
    for n, changed in problems.items():
        rows[14 + n] = Row(**{**_fields(rows[14 + n]), **changed})
    rows[20] = Row(**{**_fields(rows[20]), "also": ("主管领导", "信息员")})
    if sending:
        for n in range(len(rows) - 22, len(rows)):
            status = _S.ATTEMPTING if n < len(rows) - 14 else _S.QUEUED
            rows[n] = Row(**{**_fields(rows[n]), "status": status, "extra": {"due_at": RELEASED_AT, "attempts": 0}})
    return rows


def _fields(row: Row) -> dict[str, Any]:
    return {name: getattr(row, name) for name in Row.__dataclass_fields__}
