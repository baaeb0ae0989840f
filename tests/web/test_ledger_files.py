"""The ledger as files, and the audit of who was shown it and who took it away."""

from __future__ import annotations

import csv
import io
import json
from urllib.parse import quote

import openpyxl
from sqlalchemy import select

from mailer.model.delivery import DeliveryStatus
from mailer.store.core import audit
from mailer.store.engine import Store
from tests.web.console_server import Console
from tests.web.ledger_reading import HOSTILE
from tests.web.sample_ledger import Row, make_mailing

S = DeliveryStatus


def test_the_ledger_as_a_file(console: Console, store: Store):
    mailing = make_mailing(store, [Row(name="=1+1", also=("主管领导",)), Row(status=S.BOUNCED, reason="userunknown")])
    console.enter()
    answer = console.get(f"/mailings/{mailing}/report.csv")
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert 'filename="ledger-1.csv"' in answer.headers["content-disposition"]
    assert quote("发送台账-第128期") in answer.headers["content-disposition"]
    lines = list(csv.reader(io.StringIO(answer.body.decode("utf-8-sig"))))
    assert lines[0][:4] == ["发送批次", "邮箱", "姓名", "单位"]
    assert [line[2] for line in lines[1:]] == ["'=1+1", "'=1+1", "沈可远"]
    assert [line[6] for line in lines[1:]] == ["已交出", "已交出", "退回"]

    answer = console.get(f"/mailings/{mailing}/report.xlsx")
    sheet = openpyxl.load_workbook(io.BytesIO(answer.body)).active
    assert sheet is not None
    assert [cell.value for cell in sheet["C"]] == ["姓名", "=1+1", "=1+1", "沈可远"]
    assert sheet["C2"].data_type == "s"

    answer = console.get(f"/mailings/{mailing}/report.jsonl")
    assert [json.loads(line)["status"] for line in answer.text.splitlines()] == ["accepted", "accepted", "bounced"]
    assert console.get(f"/mailings/{mailing}/report.exe").status == 404


def test_hostile_values_are_text_in_every_file(console: Console, store: Store):
    values = [HOSTILE, "=cmd|' /C calc'!A0", "@SUM(1)", "\t=1", '"=1', "+1", "-1", "line\r\nbreak", "a,b;c"]
    rows = [
        Row(unit=value, name=value, post=value, extra={"reply_text": value}, address=f"a{n}@qinglan.example")
        for n, value in enumerate(values)
    ]
    mailing = make_mailing(store, rows)
    console.enter()
    jsonl = [json.loads(line) for line in console.get(f"/mailings/{mailing}/report.jsonl").text.splitlines()]
    assert [each["name"] for each in jsonl] == values
    table = list(csv.reader(io.StringIO(console.get(f"/mailings/{mailing}/report.csv").body.decode("utf-8-sig"))))
    assert len(table) == 1 + len(values)
    for line in table[1:]:
        assert [cell for cell in line if cell.startswith(("=", "+", "-", "@", "\t", "\r"))] == []
    sheet = openpyxl.load_workbook(io.BytesIO(console.get(f"/mailings/{mailing}/report.xlsx").body)).active
    assert sheet is not None
    assert {cell.data_type for row in sheet.iter_rows(min_row=2) for cell in row if cell.value is not None} <= {
        "s",
        "n",
    }


def test_who_was_shown_and_who_took_away_is_written_down_once(clerk: Console, store: Store):
    mailing = make_mailing(store, [Row()])
    for _ in range(3):
        clerk.get(f"/mailings/{mailing}")
        clerk.get(f"/mailings/{mailing}/part")
        clerk.get(f"/mailings/{mailing}/not-reached")
    clerk.get(f"/mailings/{mailing}/report.csv")
    with store.read() as session:
        records = session.execute(select(audit.c.action, audit.c.actor).order_by(audit.c.id)).all()
    mine = [record.action for record in records if record.actor == "account:小何"]
    assert [action for action in mine if "view" in action or "report" in action] == ["ledger.viewed", "report.exported"]
