"""An issue's archive: whole, the same twice, with nothing in it that somebody who only looked has caused."""

from __future__ import annotations

import email
import io
import json
import re
import zipfile
from datetime import timedelta
from urllib.parse import unquote

import pytest
from sqlalchemy import select

from mailer.content.pack import check
from mailer.flow.acknowledge import Said, acknowledge
from mailer.flow.archive_issue import archive_issue
from mailer.flow.office import Office
from mailer.model.acknowledgement import How, Terms
from mailer.model.delivery import DeliveryEventKind
from mailer.store import acknowledgements, archive_reads, sign_off
from mailer.store.core import delivery
from mailer.store.engine import Store
from recipients import spreadsheet
from recipients.audience import Audience, Withheld
from tests.store.queueing import claimed, ended, settle
from tests.support.builders import START, Clock, Wake, make_entry, make_office, make_sending


def sent(office: Office) -> int:
    """One mailing, released: accepted, bounced, one on paper; and an attached file with an odd name."""
    entries = (make_entry(1, "报"), make_entry(2), make_entry(3, withheld=Withheld.PAPER))
    made = make_sending(office, Audience(entries))
    lease = claimed(office.store, made)
    bounced = ended(
        lease.rows[1], DeliveryEventKind.BOUNCED, phase="rcpt", reply_code=550, reply_text="550 <b>no such user</b>",
        reason="userunknown", fault="recipient", hard=True, bounced_by="session", finished_at=START,
    )  # fmt: skip
    accepted = ended(lease.rows[0], DeliveryEventKind.ACCEPTED, accepted_at=START, finished_at=START)
    assert settle(office.store, lease, [accepted, bounced]) == 2
    with office.store.begin() as session:
        for name, data in (("../附表:1.xlsx", b"abc"), ("..-附表*1.xlsx", b"d"), ("../附表?1.XLSX", b"e")):
            values = {
                "issue_id": 1, "name": name, "content_type": "application/pdf", "size": len(data), "sha256": "0",
                "data": data, "added_at": START, "added_by": "cli:test",
            }  # fmt: skip
            assert sign_off.keep_attachment(session, values)
    return 1


@pytest.fixture
def issue_id(office: Office) -> int:
    return sent(office)


def files_of(data: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_everything_about_an_issue_is_in_it_and_opens_offline(either: Store, clock: Clock, wake: Wake):
    office = make_office(either, clock, wake)
    packed = archive_issue(office, sent(office), "cli:test")
    assert packed is not None
    assert check(packed.data).faults == ()
    files = files_of(packed.data)
    mail = email.message_from_bytes(files["mailings/1/mail/发.eml"])
    assert mail["To"] == f"name@{mail['Message-ID'].strip('<>').partition('@')[2]}"
    assert "澄江区" in files["mailings/1/mail/报.txt"].decode()
    ledger = [json.loads(line) for line in files["mailings/1/ledger.jsonl"].splitlines()]
    assert [line["status"] for line in ledger] == ["accepted", "bounced", "withheld"]
    assert len(list(spreadsheet.read(files["mailings/1/audience.csv"]).sheets[0].rows)) == 4
    attached = {name: octets for name, octets in files.items() if name.startswith("issue/attachments/")}
    assert attached == {
        "issue/attachments/_附表_1.xlsx": b"abc",
        "issue/attachments/-附表_1.xlsx": b"d",
        "issue/attachments/_附表_1-2.XLSX": b"e",
    }
    assert json.loads(files["approvals/approvals.json"])["approvals"][0]["approved_by"] == "cli:test"
    acts = [json.loads(line)["action"] for line in files["audit.jsonl"].splitlines()]
    assert "mailing.released" in acts

    cover = files["index.html"].decode()
    links = [unquote(link) for link in re.findall(r'href="([^"]+)"', cover)]
    assert {link for link in links if link not in files} == set()
    assert set(files) - set(links) == {"index.html"}
    assert re.findall(r"(?:https?:)?//", cover) == []
    assert "<script" not in cover
    assert "3 份 = 不发 1 + 已交出 1 + 退回 1" in cover
    assert not any(name.startswith(("/", ".")) or "\\" in name or ".." in name.split("/") for name in files)


def test_who_signed_is_in_it(office: Office, issue_id: int):
    with office.store.begin() as session:
        first = session.execute(select(delivery.c.id).order_by(delivery.c.id)).scalars().first()
        acknowledgements.keep_terms(session, 1, [Terms("报"), Terms("发")])
    assert first is not None
    assert acknowledge(office, first, Said(How.PAGE), "recipient:1").is_new
    packed = archive_issue(office, issue_id, "cli:test")
    assert packed is not None
    files = files_of(packed.data)
    entries = [json.loads(line) for line in files["mailings/1/signatures.jsonl"].splitlines()]
    assert [(each["delivery_id"], each["undoes"]) for each in entries] == [(first, False)]
    assert 'href="mailings/1/signatures.jsonl"' in files["index.html"].decode()


def test_two_builds_are_byte_equal_whoever_looks_meanwhile(office: Office, clock: Clock, issue_id: int):
    first = archive_issue(office, issue_id, "cli:test")
    clock.moment += timedelta(days=400)
    with office.store.begin() as session:
        office.record(session, "account:x", "ledger.viewed", "mailing:1")
        office.record(session, "account:x", "report.exported", "mailing:1", format="csv")
        office.record(session, "account:x", "mailing.paused", "mailing:2")
    assert archive_issue(office, issue_id, "account:somebody") == first


def test_a_later_fact_makes_another_pack(office: Office, clock: Clock, issue_id: int):
    first = archive_issue(office, issue_id, "cli:test")
    clock.moment += timedelta(hours=1)
    with office.store.begin() as session:
        office.record(session, "account:x", "mailing.paused", "mailing:1")
    assert archive_issue(office, issue_id, "cli:test") != first


def test_its_digest_is_in_the_audit(office: Office, issue_id: int):
    packed = archive_issue(office, issue_id, "cli:test")
    assert packed is not None
    with office.store.read() as session:
        acts = archive_reads.acts_on(session, ["issue:1"])
        assert "issue.archived" not in {each.action for each in acts}
        found = (
            session.connection()
            .exec_driver_sql("SELECT detail FROM audit_record WHERE action = 'issue.archived'")
            .scalar_one()
        )
    assert json.loads(found) == {"digest": packed.digest}


def test_an_issue_that_is_none(office: Office):
    assert archive_issue(office, 99, "cli:test") is None
