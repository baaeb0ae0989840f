"""`mailer reports` and `mailer mailings sheet`: the same sums at the terminal, and as workbooks."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl

from mailer import wiring
from mailer.model.delivery import DeliveryStatus
from mailer.model.period import Period
from mailer.settings import load
from tests.cli.conftest import Terminal
from tests.web.sample_ledger import RELEASED_AT, Row, make_mailing

QUARTER = str(Period.quarter_of(RELEASED_AT.date()))


def test_a_quarter_at_the_terminal_and_as_files(data: Path, terminal: Terminal, tmp_path: Path):
    store = wiring.open_store(load({}, data_dir=str(data)))
    rows = [
        Row(),
        Row(address="x@other.example", status=DeliveryStatus.BOUNCED, reason="userunknown", fault="recipient"),
    ]
    made = make_mailing(store, rows)
    store.close()
    line, result = terminal.json("reports", "period", QUARTER)
    assert (line["mailing"], line["recipients"], line["counts"]["bounced"]) == (made, 2, 1)
    assert (result["issues"], result["counts"]) == (1, line["counts"])
    assert "other.example  1 份，已发出 0（对方说没有这个邮箱 1）" in terminal.run("reports", "domains", QUARTER)[1]
    for words in (("reports", "period", QUARTER), ("mailings", "sheet", str(made))):
        file = tmp_path / "sheet.xlsx"
        assert terminal.run(*words, "--out", str(file))[0] == 0
        assert openpyxl.load_workbook(io.BytesIO(file.read_bytes())).sheetnames


def test_a_period_that_is_none_is_wrong_use(data: Path, terminal: Terminal):
    del data
    code, _, told = terminal.run("reports", "period", "last-week")
    assert (code, "写成 2026、2026-Q4" in told) == (2, True)
