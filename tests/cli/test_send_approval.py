"""`send` in a house where another account approves: it prepares, says so, and goes on once somebody has."""

from __future__ import annotations

from pathlib import Path

from mailer.flow.approve_mailing import approve
from mailer.flow.attach_file import attach_file
from mailer.model.rights import ApprovalMode
from mailer.settings import load
from mailer.store import queries, writes
from mailer.wiring import office_of, open_store
from tests.support.installation import Installation

PEOPLE = "单位,姓名,人员类别,邮箱,名单\n松溪街道,罗琳,信息员,luolin@qinglan.example,发\n"


def test_it_waits_for_another_account_and_takes_along_what_the_console_attached(tmp_path: Path):
    installation = Installation(tmp_path)
    installation.init()
    roster = tmp_path / "roster.csv"
    roster.write_text(PEOPLE, encoding="utf-8")
    installation.run("recipients", "import", str(roster), "--yes")
    issue = installation.write_issue()
    assert installation.run("issues", "import", str(issue)).code == 0
    settings = load({}, data_dir=str(tmp_path / "data"))
    store = open_store(settings)
    office = office_of(settings, store)
    with store.begin() as session:
        writes.set_fact(session, "approval", str(ApprovalMode.SYSTEM))
    attach_file(office, 1, name="附表.txt", data=b"12345", actor="account:a")
    words = ("send", str(issue), "--yes", "--json")
    refused = installation.run(*words)
    assert refused.code == 1
    assert refused.objects[-1]["code"] == "needs_approval"
    with store.read() as session:
        [mailing] = queries.mailings(session)
        [payload] = queries.mailing_contents(session, mailing.id).values()
    assert mailing.status == "prepared"
    assert payload.count(b"Content-Disposition: attachment") == 1
    approve(office, mailing.id, "account:程主任")
    store.close()
    done = installation.run(*words, "--wait")
    assert done.code == 0, done.err
    assert done.objects[-1]["mailing"] == mailing.id
    installation.close()
