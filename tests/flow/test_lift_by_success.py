"""What bounces entered is taken back by proof that the mailbox lives; nothing else is, and no proof works backwards."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailer.flow.approve_mailing import approve
from mailer.flow.office import Office
from mailer.flow.prepare_mailing import prepare_mailing
from mailer.flow.release_mailing import release
from recipients import directory
from recipients.audience import Audience
from recipients.suppression import Suppression, SuppressionReason
from tests.flow.test_consequences import ADDRESS, an_issue, come_back, open_list, resting
from tests.store.queueing import claimed, ended, settle
from tests.support import returned_mail
from tests.support.builders import START, keep_issue, make_entry, make_order
from tests.support.issues import sample_issue


def sent_on_another_list(office: Office, number: int) -> int:
    """A copy to the same address that its rest on 发 does not stop; its row."""
    issue = replace(sample_issue(), number=number)
    order = make_order(office.store, Audience((make_entry(1, "送"),)))
    mailing_id, _ = prepare_mailing(
        office, replace(order, revision_id=keep_issue(office.store, issue), issue=issue), "cli:test"
    )
    approve(office, mailing_id, "cli:test")
    release(office, mailing_id, "cli:test")
    lease = claimed(office.store, mailing_id, now=office.clock.now())
    settle(office.store, lease, [ended(row, accepted_at=START, finished_at=START) for row in lease.rows])
    return lease.rows[0].id


def test_a_later_success_ends_the_rest(office: Office):
    open_list(office.store)
    _, (first,) = an_issue(office, 128)
    come_back(office, first, returned_mail.hard())
    assert resting(office) == [(ADDRESS, "发", SuppressionReason.HARD_BOUNCE)]
    second = sent_on_another_list(office, 129)
    for _ in range(2):
        come_back(office, second, returned_mail.delivered())
    assert resting(office) == []
    with office.store.read() as session:
        (row,) = directory.listed_suppressions(session, office.clock.now(), also_past=True)
    assert (row.lifted_by, row.lifted_because) == ("system:returns", f"delivery:{second} 对方确认送达")


def test_an_earlier_success_that_arrives_late_ends_nothing(office: Office):
    open_list(office.store)
    first = sent_on_another_list(office, 127)
    _, (second,) = an_issue(office, 128)
    come_back(office, second, returned_mail.hard())
    come_back(office, first, returned_mail.delivered())
    assert len(resting(office)) == 1


@pytest.mark.parametrize("reason", [SuppressionReason.ASKED, SuppressionReason.OFFICE, SuppressionReason.COMPLAINT])
def test_a_wish_outlives_any_success(office: Office, reason: SuppressionReason):
    open_list(office.store)
    with office.store.begin() as session:
        wanted = Suppression(ADDRESS, reason, "发", evidence="delivery:1")
        directory.suppress(session, wanted, office.clock.now(), "cli:test", by_person=True)
    come_back(office, sent_on_another_list(office, 129), returned_mail.delivered())
    assert resting(office) == [(ADDRESS, "发", reason)]
