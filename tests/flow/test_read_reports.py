"""The sheets on both databases: the sums of the ledgers, by list and unit, by period, by domain."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailer.flow.export_sheets import PARTS, parts_of
from mailer.flow.office import Office
from mailer.flow.read_reports import has_mailings, read_domains, read_issue_sheet, read_period
from mailer.model.delivery import DeliveryEventKind, DeliveryStatus
from mailer.model.period import Period
from mailer.store import queries
from mailer.store.engine import Store
from recipients.audience import Audience, Withheld
from tests.store.queueing import claimed, ended, settle
from tests.support.builders import SHANGHAI, START, Clock, Wake, make_entry, make_office, make_sending

QUARTER = Period.quarter_of(START.date())


@pytest.fixture
def office(either: Store, clock: Clock, wake: Wake) -> Office:
    return make_office(either, clock, wake)


@pytest.fixture
def mailing_id(office: Office) -> int:
    """报: accepted for two posts of one address. 发: bounced, waiting, and one on paper."""
    entries = (
        make_entry(1, "报", address="leader@x.example"),
        make_entry(1, "发", address="leader@x.example"),
        make_entry(2, address="two@y.example"),
        make_entry(3, address="three@y.example"),
        make_entry(4, withheld=Withheld.PAPER),
    )
    made = make_sending(office, Audience(entries))
    lease = claimed(office.store, made)
    changes = [
        ended(lease.rows[0], DeliveryEventKind.ACCEPTED, accepted_at=START, finished_at=START),
        ended(
            lease.rows[1], DeliveryEventKind.BOUNCED, reason="userunknown", fault="recipient", hard=True,
            bounced_by="session", finished_at=START,
        ),
        ended(lease.rows[2], DeliveryEventKind.DEFERRED, due_at=START + timedelta(hours=1), reason="greylisted", fault="network"),
    ]  # fmt: skip
    assert settle(office.store, lease, changes) == 3
    return made


def test_the_sheet_of_one_mailing_counts_every_duty_once(office: Office, mailing_id: int):
    with office.store.read() as session:
        sheet = read_issue_sheet(session, mailing_id, START)
        total = queries.ledger_sum(session, mailing_id)
    assert sheet.head.sum == total
    assert [(each.list_code, each.posts, each.reached, each.missing, each.waiting) for each in sheet.units] == [
        ("报", 1, 1, 0, 0), ("发", 1, 1, 0, 0), ("发", 1, 0, 1, 0), ("发", 1, 0, 0, 1), ("发", 1, 0, 1, 0),
    ]  # fmt: skip
    assert sum(each.posts for each in sheet.units) == total.duties
    assert (len(sheet.missed), sheet.more) == (2, 0)


def test_a_period_and_its_domains_add_up_to_the_ledgers(office: Office, mailing_id: int):
    with office.store.read() as session:
        sheet = read_period(session, QUARTER, SHANGHAI, START, rehearsals=False)
        domains = read_domains(session, QUARTER, SHANGHAI, START, rehearsals=False)
        total = queries.ledger_sum(session, mailing_id)
        assert has_mailings(session, QUARTER, SHANGHAI, rehearsals=False)
        assert not has_mailings(session, QUARTER.before, SHANGHAI, rehearsals=False)
        assert not has_mailings(session, QUARTER, SHANGHAI, rehearsals=True)
    assert sheet.sum == total
    assert sum(parts_of(sheet.sum.counts)) == total.total == 4
    assert len(parts_of({})) == len(PARTS)
    assert [(line.domain, line.total, line.reached, line.tried) for line in domains.lines] == [
        ("y.example", 2, 0, 1), ("x.example", 1, 1, 1),
    ]  # fmt: skip
    assert domains.lines[0].counts[DeliveryStatus.BOUNCED] == 1
    assert dict(domains.lines[0].causes)["对方说没有这个邮箱"] == 1
    assert domains.without == 1
