"""An issue in mid-send and what is asked about its correction, for the tests of what follows it."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from sqlalchemy import select

from mailer.content.issue import Issue, to_json
from mailer.flow.office import Office
from mailer.flow.order_follow_up import Ordered, Wish, order_follow_up
from mailer.flow.read_common_ledger import read_common_ledger
from mailer.model.delivery import DeliveryStatus
from mailer.model.follow_up import FollowUpKind
from mailer.store import core, follow_up_book, freeze, ledger_rows, writes
from mailer.store.engine import Store
from recipients.audience import Audience, Withheld
from tests.support.builders import START, make_entry, make_sending
from tests.support.issues import sample_issue

S = DeliveryStatus


def revised(store: Store, *, words: str = "改好的一稿", by: str = "cli:test") -> int:
    """Another revision of the sample issue."""
    issue: Issue = replace(sample_issue(), copies=len(words))
    with store.begin() as session:
        return freeze.keep_revision(
            session, issue_id=1, source=words.encode(), sha256=words.encode().hex(), name="issue.md",
            content_json=json.dumps(to_json(issue), ensure_ascii=False), now=START, by=by,
        )[0]  # fmt: skip


def set_status(store: Store, mailing_id: int, statuses: dict[int, DeliveryStatus]) -> None:
    """Rows of the people of these numbers, as if the queue had moved them."""
    with store.begin() as session:
        for number, status in statuses.items():
            address = f"r{number}@d{number % 3}.example"
            row = session.execute(
                select(core.delivery).where(
                    core.delivery.c.mailing_id == mailing_id, core.delivery.c.address == address
                )
            ).one()
            ledger_rows.move_rows(session, mailing_id, [row], status, {"due_at": None})


def people(store: Store, mailing_id: int | None) -> dict[str, str]:
    """address -> status."""
    if mailing_id is None:
        return {}
    with store.read() as session:
        rows = session.execute(select(core.delivery).where(core.delivery.c.mailing_id == mailing_id)).all()
    return {row.address or row.address_key: row.status for row in rows}


def numbers(store: Store, mailing_id: int | None) -> set[int]:
    return {int(address[1:].partition("@")[0]) for address in people(store, mailing_id) if address.startswith("r")}


def correct(office: Office, mailing_id: int, revision_id: int, note: str = "第二段的数字有误") -> Ordered:
    return order_follow_up(office, Wish(FollowUpKind.CORRECTION, mailing_id, note, revision_id), "cli:test")


def entry(store: Store, number: int) -> Any:
    with store.read() as session:
        return follow_up_book.entry(session, number)


def counts(store: Store) -> dict[str, int]:
    with store.read() as session:
        ledger = read_common_ledger(session, 1, rehearsal=False)
    assert ledger is not None
    assert ledger.total == sum(ledger.by_revision.values())
    return {str(stands): n for stands, n in ledger.counts.items() if n}


def in_mid_send(office: Office) -> int:
    """1 accepted, 2 delivered, 3 in doubt, 4 on the wire, 5 put off, 6 bounced, 7 and 8 not begun; 9 gets paper."""
    audience = Audience((*(make_entry(n) for n in range(1, 9)), make_entry(9, withheld=Withheld.PAPER)))
    mailing_id = make_sending(office, audience)
    moved = {1: S.ACCEPTED, 2: S.DELIVERED, 3: S.IN_DOUBT, 4: S.ATTEMPTING, 5: S.DEFERRED, 6: S.BOUNCED}
    set_status(office.store, mailing_id, moved)
    return mailing_id


def system_mode(store: Store) -> None:
    with store.begin() as session:
        writes.set_fact(session, "approval", "system")
