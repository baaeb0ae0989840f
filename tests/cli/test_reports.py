"""`mailer reports` and `mailer mailings sheet`: the same sums at the terminal, and as workbooks."""

from __future__ import annotations

import io
from pathlib import Path

import openpyxl

from mailer import wiring
from mailer.cli.main import main
from mailer.model.delivery import DeliveryStatus
from mailer.model.period import Period
from mailer.settings import load
from tests.support.installation import Installation
from tests.web.sample_ledger import RELEASED_AT, Row, make_mailing

QUARTER = str(Period.quarter_of(RELEASED_AT.date()))


def test_a_quarter_at_the_terminal_and_as_files(tmp_path: Path):
    installation = Installation(tmp_path)
    wiring.initialise(load({}, data_dir=str(installation.data_dir))).close()
    store = wiring.open_store(load({}, data_dir=str(installation.data_dir)))
    made = make_mailing(
        store,
        [Row(), Row(address="x@other.example", status=DeliveryStatus.BOUNCED, reason="userunknown", fault="recipient")],
    )
    store.close()
    done = installation.run("reports", "period", QUARTER, "--json")
    assert done.code == 0, done
    line, result = done.objects
    assert (line["mailing"], line["recipients"], line["counts"]["bounced"]) == (made, 2, 1)
    assert (result["issues"], result["counts"]) == (1, line["counts"])
    domains = installation.run("reports", "domains", QUARTER)
    assert "other.example  1 份，已发出 0（对方说没有这个邮箱 1）" in domains.out
    for words in (("reports", "period", QUARTER), ("mailings", "sheet", str(made))):
        file = tmp_path / "sheet.xlsx"
        assert installation.run(*words, "--out", str(file)).code == 0
        assert openpyxl.load_workbook(io.BytesIO(file.read_bytes())).sheetnames


def test_a_period_that_is_none_is_wrong_use(capsys, monkeypatch, tmp_path: Path):
    data = tmp_path / "data"
    wiring.initialise(load({}, data_dir=str(data))).close()
    monkeypatch.setenv("MAILER_DATA_DIR", str(data))
    assert main(["reports", "period", "last-week"]) == 2
    assert "写成 2026、2026-Q4" in capsys.readouterr().err
