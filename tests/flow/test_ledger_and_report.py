"""The ledger a person reads and the file they take away: the same rows, the same sum, nothing a spreadsheet would run."""

from __future__ import annotations

import io
import json
from datetime import timedelta
from typing import Any

import openpyxl
import pytest
from sqlalchemy.exc import NoResultFound

from mailer.flow.export_report import COLUMNS, export_report
from mailer.flow.office import Office
from mailer.flow.read_ledger import read_ledger, words_for
from mailer.model.delivery import DeliveryEventKind, DeliveryStatus
from mailer.store import queries
from recipients import spreadsheet
from recipients.audience import Audience, Withheld
from tests.store.queueing import claimed, ended, settle
from tests.support.builders import SHANGHAI, START, make_entry, make_sending

KEYS = [
    "mailing", "recipient", "name", "unit", "post", "list", "status", "message_id", "attempts", "doubts", "phase",
    "reply_code", "enhanced_status", "reply_text", "reason", "fault", "bounced_by", "queued_at", "accepted_at",
    "finished_at", "acknowledged_at",
]  # fmt: skip


@pytest.fixture
def mailing_id(office: Office) -> int:
    """报: one accepted for two posts, one withheld. 发: bounced, in doubt, deferred, parked, and one on paper."""
    entries = (
        make_entry(1, "报", address="leader@x.example"),
        make_entry(2, "报", withheld=Withheld.NO_ADDRESS),
        make_entry(1, "发", address="leader@x.example"),
        make_entry(3),
        make_entry(4),
        make_entry(5),
        make_entry(6),
        make_entry(7, withheld=Withheld.PAPER),
    )
    made = make_sending(office, Audience(entries))
    lease = claimed(office.store, made)
    later = START + timedelta(minutes=5)
    changes = [
        ended(lease.rows[0], DeliveryEventKind.ACCEPTED, accepted_at=START, finished_at=START, phase="dot", reply_code=250),
        ended(
            lease.rows[1], DeliveryEventKind.BOUNCED, phase="rcpt", reply_code=550, enhanced_status="5.1.1",
            reply_text='=HYPERLINK("http://x.example")', reason="userunknown", fault="recipient", hard=True,
            bounced_by="session", finished_at=START,
        ),
        ended(lease.rows[2], DeliveryEventKind.DOUBTED, doubts=1, fault="network", finished_at=START),
        ended(lease.rows[3], DeliveryEventKind.DEFERRED, due_at=later, reason="systemerror", fault="network"),
        ended(lease.rows[4], DeliveryEventKind.PARKED, reason="spamdetected", fault="content"),
    ]  # fmt: skip
    assert settle(office.store, lease, changes) == 5
    return made


def test_the_ledger_and_its_sum_are_of_one_moment_and_agree(office: Office, mailing_id: int):
    with office.store.read() as session:
        ledger = read_ledger(session, mailing_id, START)
        total = queries.ledger_sum(session, mailing_id)
        counted = queries.counted(session, mailing_id)
    assert ledger.sum == total
    assert total.counts == counted
    assert (total.recipients, total.duties, total.total, total.open, total.adds_up) == (7, 8, 7, 2, True)
    assert list(total.by_list) == ["报", "发"]
    assert {str(status): n for status, n in total.counts.items() if n} == {
        "withheld": 2, "accepted": 1, "bounced": 1, "in_doubt": 1, "deferred": 2,
    }  # fmt: skip
    assert (ledger.parked, ledger.as_of, ledger.status.value, len(ledger.lines)) == (1, START, "sending", 8)


def test_everybody_is_on_exactly_one_of_the_three_pages(office: Office, mailing_id: int):
    with office.store.read() as session:
        ledger = read_ledger(session, mailing_id, START)
    reached = [line.name for line in ledger.lines if line.is_reached]
    not_reached = [line.name for line in ledger.not_reached]
    trying = [line.name for line in ledger.still_trying]
    assert reached == ["收件1", "收件1"]
    assert not_reached == ["收件2", "收件3", "收件4", "收件6", "收件7"]
    assert trying == ["收件5"]
    # of unit 5 something is still under way
    assert ledger.units_without_anybody == ("第2单位", "第3单位", "第4单位", "第6单位", "第7单位")


def test_who_was_not_reached_comes_with_a_cause_and_something_to_do(office: Office, mailing_id: int):
    with office.store.read() as session:
        ledger = read_ledger(session, mailing_id, START)
    for line in ledger.not_reached:
        assert line.cause, line
        assert line.todo, line
        assert line.phone
    assert ledger.still_trying[0].todo == "会自动再试"
    assert ledger.still_trying[0].due_at == START + timedelta(minutes=5)


def test_a_ledger_of_no_mailing(office: Office):
    with office.store.read() as session, pytest.raises(NoResultFound):
        read_ledger(session, 99, START)


@pytest.mark.parametrize("status", [status for status in DeliveryStatus if status.is_final])
def test_every_end_that_is_not_reached_has_its_words(status: DeliveryStatus):
    cause, _ = words_for(status, "", "", None, None)
    assert bool(cause) is (status not in {DeliveryStatus.ACCEPTED, DeliveryStatus.DELIVERED, DeliveryStatus.BOUNCED})
    assert words_for(DeliveryStatus.BOUNCED, "userunknown", "recipient", "return", None)[0].endswith("（退信告知）")


# --- the file --------------------------------------------------------------------------------------------------------


def export(office: Office, mailing_id: int, fmt: str, *, labels: bool = False) -> bytes:
    with office.store.read() as session:
        return export_report(session, mailing_id, fmt, labels=labels, zone=SHANGHAI)


def rows_of_csv(data: bytes) -> list[list[str]]:
    return [list(row) for row in spreadsheet.read(data).sheets[0].rows]


def test_the_columns_are_those_of_the_agreement(office: Office, mailing_id: int):
    assert list(COLUMNS) == KEYS
    lines = [json.loads(line) for line in export(office, mailing_id, "jsonl").splitlines()]
    assert all(list(line) == KEYS for line in lines)
    assert len(lines) == 8


def test_jsonl_keeps_types_and_times(office: Office, mailing_id: int):
    first, *_ = [json.loads(line) for line in export(office, mailing_id, "jsonl").splitlines()]
    assert first["mailing"] == mailing_id
    assert (first["recipient"], first["list"], first["status"], first["attempts"], first["reply_code"]) == (
        "leader@x.example", "报", "accepted", 1, 250,
    )  # fmt: skip
    assert (first["accepted_at"], first["acknowledged_at"]) == ("2026-11-23T10:00:00Z", None)


def test_one_line_a_duty_in_the_order_of_sending_the_duties_of_one_copy_together(office: Office, mailing_id: int):
    lines = [json.loads(line) for line in export(office, mailing_id, "jsonl").splitlines()]
    assert [(line["list"], line["name"]) for line in lines] == [
        ("报", "收件1"), ("发", "收件1"), ("报", "收件2"), ("发", "收件3"), ("发", "收件4"), ("发", "收件5"), ("发", "收件6"),
        ("发", "收件7"),
    ]  # fmt: skip


@pytest.mark.parametrize("fmt", ["csv", "xlsx"])
@pytest.mark.parametrize("labels", [False, True])
def test_a_table_has_the_same_columns_and_rows(office: Office, mailing_id: int, fmt: str, labels: bool):
    header, *rows = rows_of_csv(export(office, mailing_id, fmt, labels=labels))
    assert header == (list(COLUMNS.values()) if labels else KEYS)
    assert len(rows) == 8
    cells: dict[str, Any] = dict(zip(KEYS, rows[0], strict=True))
    assert cells["status"] == ("已交出" if labels else "accepted")
    assert cells["accepted_at"] == ("2026-11-23 18:00:00" if labels else "2026-11-23T10:00:00Z")
    assert cells["acknowledged_at"] == ""


def test_foreign_words_are_no_formulas(office: Office, mailing_id: int):
    lines = export(office, mailing_id, "csv").decode("utf-8-sig").splitlines()
    assert not [line for line in lines if ",=" in line or ',"=' in line or line.startswith("=")]
    sheet = openpyxl.load_workbook(io.BytesIO(export(office, mailing_id, "xlsx"))).active
    assert sheet is not None
    dangerous = [cell for row in sheet.iter_rows() for cell in row if str(cell.value).startswith("=")]
    assert [cell.data_type for cell in dangerous] == ["s"]
    assert (
        rows_of_csv(export(office, mailing_id, "csv"))[4][KEYS.index("reply_text")] == '=HYPERLINK("http://x.example")'
    )


def test_the_counts_in_the_file_are_the_ledgers(office: Office, mailing_id: int):
    lines = [json.loads(line) for line in export(office, mailing_id, "jsonl").splitlines()]
    by_delivery = {line["message_id"]: line["status"] for line in lines}
    with office.store.read() as session:
        counts = queries.ledger_sum(session, mailing_id).counts
    assert {str(status): n for status, n in counts.items() if n} == {
        status: list(by_delivery.values()).count(status) for status in set(by_delivery.values())
    }
