"""What flows and store are given in tests: a clock that is turned by hand, an office, a worker's kit, a mailing.

Nothing of our own is replaced but what ports.py names: the clock, the relay, the wake-up call.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, false

from mailer import resources, wiring
from mailer.content import facts
from mailer.content.issue import Issue, to_json
from mailer.content.render import environment
from mailer.flow.approve_mailing import approve
from mailer.flow.office import Office
from mailer.flow.ports import RelaySession
from mailer.flow.prepare_mailing import Order, prepare_mailing
from mailer.flow.release_mailing import release
from mailer.flow.send_kit import PaceLimits, SendKit
from mailer.model.delivery import DeliveryStatus
from mailer.model.links import Links
from mailer.model.retry import RetryPolicy
from mailer.model.return_path import ReturnPath, Signer
from mailer.store import core, freeze, writes
from mailer.store.engine import Store
from mailer.store.journal import JournalHome, WorkerIdentity
from recipients import directory
from recipients.address import EmailAddress
from recipients.audience import Audience, Entry, Withheld
from recipients.suppression import Suppression, SuppressionReason
from tests.support.issues import sample_issue

START = datetime(2026, 11, 23, 10, tzinfo=UTC)
SIGNER = Signer((b"a secret for tests only",))
AUDIT_KEY = b"an audit key for tests"
EPOCH = "epoch-1"
BOOT = "boot-1"
HOST = "host-1"
LANES = {"报": 1, "送": 2, "发": 3}
SHANGHAI = ZoneInfo("Asia/Shanghai")
_TEMPLATES = environment(resources.templates())


@dataclass
class Clock:
    """Stands still until it is turned."""

    moment: datetime = START

    def now(self) -> datetime:
        return self.moment

    def elapsed(self) -> float:
        return (self.moment - START).total_seconds()

    def turn(self, **by: float) -> datetime:
        """Turns it on, by what timedelta takes."""
        self.moment += timedelta(**by)
        return self.moment


@dataclass
class Wake:
    nudged: list[int] = field(default_factory=list)

    def nudge(self, mailing_id: int) -> None:
        self.nudged.append(mailing_id)


class NoRelay:
    """A relay's facts, for steps that never connect."""

    fingerprint = "relay-1"
    connections = 2
    messages_per_connection = 100

    def __init__(self, *, is_sandbox: bool = False) -> None:
        self.is_sandbox = is_sandbox

    async def connect(self) -> RelaySession:
        raise AssertionError("nothing here may connect")


def nobody(_now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    """The predicate that excludes no address."""
    return false()


def make_office(store: Store, clock: Clock, wake: Wake | None = None, **changed: Any) -> Office:
    office = Office(
        store=store,
        clock=clock,
        signer=SIGNER,
        links=Links(SIGNER.secrets),
        public_url="",
        retry=RetryPolicy(office_zone=SHANGHAI),
        audit_key=AUDIT_KEY,
        wake=wake or Wake(),
        templates=_TEMPLATES,
        zone=SHANGHAI,
        is_sandbox=False,
        in_doubt="hold",
        excluded=wiring.excluded,
    )
    return replace(office, **changed)


# --- workers ---------------------------------------------------------------------------------------------------------


def make_worker(
    store: Store,
    root: Path,
    name: str,
    *,
    host: str = HOST,
    boot: str = BOOT,
    epoch: str = EPOCH,
    now: datetime = START,
) -> JournalHome:
    """A registered worker with its locked journal folder under ``root``. Closing its lock is the test's business."""
    home = JournalHome(root / name, WorkerIdentity(name, host, boot, epoch))
    with store.begin() as session:
        writes.register_worker(
            session, id=name, host=host, boot_id=boot, pid=4711, role="worker", journal=str(home.folder),
            relay="relay-1", started_at=now, seen_at=now,
        )  # fmt: skip
    return home


def make_kit(store: Store, home: JournalHome, clock: Clock, **changed: Any) -> SendKit:
    kit = SendKit(
        store=store,
        home=home,
        clock=clock,
        relay=NoRelay(),
        signer=SIGNER,
        links=Links(SIGNER.secrets),
        retry=RetryPolicy(office_zone=SHANGHAI),
        limits=PaceLimits(),
        turn=lambda _domain: 0.0,
        jitter=lambda: 0.0,
        return_path=ReturnPath.VERP,
        bounce_domain="bounce.office.example",
        lease_for=timedelta(seconds=120),
        excluded=wiring.excluded,
        note=lambda event, **facts: None,
    )
    return replace(kit, **changed)


# --- an issue, an audience, a mailing by the flows -------------------------------------------------------------------


def keep_issue(store: Store, issue: Issue | None = None, *, now: datetime = START) -> int:
    """Keeps an issue as the shelf would; its revision."""
    issue = issue or sample_issue()
    with store.begin() as session:
        freeze.keep_bulletin(session, title=issue.title, office=issue.issuing_office or "", now=now)
        key = {"bulletin_id": 1, "series": "", "year": 0, "number": issue.number}
        issue_id = freeze.keep_issue(session, key=key, title=issue.title, issued_on=issue.date, now=now)
        source = (issue.title + str(issue.number)).encode()
        revision_id, _ = freeze.keep_revision(
            session, issue_id=issue_id, source=source, sha256=source.hex(), name="issue.md",
            content_json=json.dumps(to_json(issue), ensure_ascii=False), now=now, by="test",
        )  # fmt: skip
    return revision_id


def make_entry(number: int, code: str = "发", *, address: str | None = None, withheld: Withheld | None = None) -> Entry:
    """The duty of person ``number``; an address of its own unless one is given; none at all when withheld for it."""
    parsed = EmailAddress.parse(address or f"r{number}@d{number % 3}.example")
    without = withheld in {Withheld.PAPER, Withheld.NO_ADDRESS, Withheld.LEFT}
    return Entry(
        code, LANES[code], None if without else parsed, f"收件{number}", f"第{number}单位", "信息员", None, f"000-{number}",
        withheld,
    )  # fmt: skip


def make_audience(count: int, code: str = "发") -> Audience:
    return Audience(tuple(make_entry(number, code) for number in range(1, count + 1)))


def make_order(store: Store, audience: Audience, **changed: Any) -> Order:
    codes = sorted({entry.list_code for entry in audience.entries}, key=LANES.__getitem__)
    issue = sample_issue()
    order = Order(
        revision_id=keep_issue(store, issue),
        issue=issue,
        lists=tuple(facts.ListFacts(code, code, f"l{LANES[code]}.office.example", is_duty=True) for code in codes),
        audience=audience,
        sender=facts.Sender("某办公室", "office@office.example", "reply@office.example"),
        message_domain="office.example",
    )
    return replace(order, **changed)


def make_sending(office: Office, audience: Audience, **changed: Any) -> int:
    """A released mailing; its id."""
    mailing_id, _ = prepare_mailing(office, make_order(office.store, audience, **changed), "cli:test")
    approve(office, mailing_id, "cli:test")
    release(office, mailing_id, "cli:test")
    return mailing_id


def suppress(store: Store, address: str, at: datetime, *, scope: str = "") -> None:
    with store.begin() as session:
        wanted = Suppression(EmailAddress.parse(address).key, SuppressionReason.OFFICE, scope)
        directory.suppress(session, wanted, at, "cli:test", by_person=True)


# --- a mailing straight into the tables, for the store's own tests --------------------------------------------------


def plain_mailing(
    store: Store,
    rows: Sequence[tuple[str, str]],
    *,
    key: str = "k",
    released: bool = True,
    due: Callable[[int], datetime] = lambda _number: START,
) -> int:
    """A sending mailing with one delivery and one duty per (address, list code); queued from the start."""
    revision_id = keep_issue(store)
    with store.begin() as session:
        freeze.make_mailing(
            session, bulletin_id=1, revision_id=revision_id, kind="first", status="sending" if released else "prepared",
            key=key, content_key="c", lists="报,送,发", rehearsal=False, from_address="office@office.example",
            from_name="某办公室", reply_to="reply@office.example", message_domain="office.example", boundary="=_b",
            dated_at=START, in_doubt="hold", reason="", created_by="test", created_at=START, recipients=len(rows),
        )  # fmt: skip
        mailing_id = int(session.execute(core.mailing.select().where(core.mailing.c.key == key)).one().id)
        first = writes.next_ids(session, "delivery", max(len(rows), 1))
        writes.freeze_rows(
            session,
            mailing_id,
            [
                _plain_delivery(mailing_id, first + number, address, code, released=released, due_at=due(number))
                for number, (address, code) in enumerate(rows)
            ],
            [
                {
                    "mailing_id": mailing_id, "delivery_id": first + number, "list_code": code, "unit": f"第{number}单位",
                    "post": "信息员", "holder": f"收件{number}", "phone": "", "holder_id": None,
                }
                for number, (_, code) in enumerate(rows)
            ],
        )  # fmt: skip
    return mailing_id


def _plain_delivery(
    mailing_id: int, delivery_id: int, address: str, code: str, *, released: bool, due_at: datetime
) -> dict[str, Any]:
    status = DeliveryStatus.QUEUED if released else DeliveryStatus.PLANNED
    return {
        "id": delivery_id, "mailing_id": mailing_id, "list_code": code, "lane": LANES[code], "address": address,
        "address_key": address, "domain": address.rpartition("@")[2], "name": "", "status": str(status), "reason": "",
        "fault": "", "hard": False, "message_id": f"{SIGNER.token(delivery_id)}@office.example", "attempts": 0,
        "doubts": 0, "crashes": 0, "turn": 0, "returns": 0, "queued_at": START if released else None,
        "due_at": due_at if released else None, "finished_at": None,
    }  # fmt: skip


def addresses(count: int, domains: int = 3) -> list[tuple[str, str]]:
    """Rows for ``plain_mailing`` on the 发 list, spread over that many domains."""
    return [(f"r{number}@d{number % domains}.example", "发") for number in range(count)]
