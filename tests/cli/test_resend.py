"""`mailings resend`: a second round of the same issue, to those the first did not reach, at the addresses of today."""

from __future__ import annotations

import email
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.installation import ISSUE, Installation

HEAD = "单位,姓名,人员类别,邮箱,名单\n"
PEOPLE = (
    HEAD
    + "松溪街道,罗琳,信息员,luolin@qinglan.example,发\n"
    + "竹溪街道,于凡,信息员,unknown-yu@qinglan.example,发\n"
    + "竹溪街道,何方,信息员,hefang@qinglan.example,发\n"
    + "梅溪街道,严冬,信息员,unknown-yan@qinglan.example,发\n"
    + "兰溪街道,纪年,信息员,,发\n"
)


@pytest.fixture
def installation(tmp_path: Path) -> Iterator[Installation]:
    made = Installation(tmp_path)
    made.init()
    people(made, PEOPLE)
    yield made
    made.close()


def people(installation: Installation, rows: str) -> None:
    roster = installation.folder / "roster.csv"
    roster.write_text(rows, encoding="utf-8")
    done = installation.run("recipients", "import", str(roster), "--yes")
    assert done.code == 0, done


def first(installation: Installation, *more: str) -> int:
    done = installation.run("send", str(installation.write_issue()), "--yes", "--wait", "--json", *more)
    assert done.code == 0, done
    assert done.event("result")["counts"]["bounced"] == 2
    return int(done.event("result")["mailing"])


def addresses(installation: Installation, mailing: int) -> dict[str, str]:
    report = installation.run("mailings", "report", str(mailing), "--format", "jsonl")
    return {row["recipient"]: row["status"] for row in report.objects}


def test_the_second_round_goes_to_whom_the_first_did_not_reach_at_their_new_addresses(installation: Installation):
    mailing = first(installation)
    people(
        installation,
        HEAD + "竹溪街道,于凡,信息员,yufan@qinglan.example,发\n" + "兰溪街道,纪年,信息员,jinian@qinglan.example,发\n",
    )
    done = installation.run("mailings", "resend", str(mailing), "--wait", "--json")
    assert done.code == 0, done
    again = int(done.event("result")["mailing"])
    assert done.event("mailing")["created"] is True
    # 何方 sits at the same post as 于凡 and has the first copy already
    assert addresses(installation, again) == {
        "yufan@qinglan.example": "accepted",
        "jinian@qinglan.example": "accepted",
        "unknown-yan@qinglan.example": "bounced",
    }
    # the first ledger still tells what happened then
    assert addresses(installation, mailing)["unknown-yu@qinglan.example"] == "bounced"
    copy = email.message_from_bytes((installation.data_dir / "sandbox" / "last.eml").read_bytes())
    assert str(mailing) != str(again)
    assert copy["Message-ID"]

    # a third round knows who was reached in the second
    people(installation, HEAD + "梅溪街道,严冬,信息员,yandong@qinglan.example,发\n")
    done = installation.run("mailings", "resend", str(mailing), "--wait", "--json")
    assert addresses(installation, int(done.event("result")["mailing"])) == {"yandong@qinglan.example": "accepted"}
    done = installation.run("mailings", "resend", str(mailing), "--json")
    assert (done.code, done.objects[-1]["code"]) == (1, "nobody")


def test_a_round_under_way_is_found_and_not_made_twice(installation: Installation):
    mailing = first(installation)
    people(installation, HEAD + "竹溪街道,于凡,信息员,never-yu@qinglan.example,发\n")
    one = installation.run("mailings", "resend", str(mailing), "--json").event("mailing")
    two = installation.run("mailings", "resend", str(mailing), "--json").event("mailing")
    assert (one["created"], two["created"]) == (True, False)
    assert one["mailing"] == two["mailing"]


@pytest.mark.long
def test_who_came_on_the_list_since_is_sent_a_copy_when_asked_for(installation: Installation):
    mailing = first(installation)
    people(installation, HEAD + "菊溪街道,温良,信息员,wenliang@qinglan.example,发\n")
    done = installation.run("mailings", "resend", str(mailing), "--wait", "--json")
    assert "wenliang@qinglan.example" not in addresses(installation, int(done.event("result")["mailing"]))
    done = installation.run("mailings", "resend", str(mailing), "--with-late", "--wait", "--json")
    assert addresses(installation, int(done.event("result")["mailing"]))["wenliang@qinglan.example"] == "accepted"


@pytest.mark.long
def test_after_a_correction_the_corrected_issue_is_sent(installation: Installation):
    mailing = first(installation)
    corrected = installation.write_issue(ISSUE + "\n更正后补充的一句。\n", "corrected.md")
    words = ("--file", str(corrected), "--yes", "--note", "补充一句", "--wait", "--json")
    done = installation.run("mailings", "correct", str(mailing), *words)
    assert done.code == 0, done
    assert done.event("common_ledger")["counts"] == {"current": 2, "coming": 0, "old": 0, "none": 3}
    people(installation, HEAD + "竹溪街道,于凡,信息员,yufan@qinglan.example,发\n")
    done = installation.run("mailings", "resend", str(mailing), "--wait", "--json")
    assert addresses(installation, int(done.event("result")["mailing"]))["yufan@qinglan.example"] == "accepted"
    text = email.message_from_bytes((installation.data_dir / "sandbox" / "last.eml").read_bytes())
    body = next(part for part in text.walk() if part.get_content_type() == "text/plain").get_payload(decode=True)
    assert "更正后补充的一句" in body.decode()
    done = installation.run("mailings", "recall", str(mailing), "--yes", "--note", "文件作废", "--wait", "--json")
    assert (done.code, done.event("follow_up")["kind"]) == (0, "recall"), done
    done = installation.run("mailings", "resend", str(mailing), "--json")
    assert (done.code, done.objects[-1]["code"]) == (1, "not_possible")
    done = installation.run("mailings", "show", str(mailing))
    assert "共同台账" in done.out


def test_signatures_and_reminders_at_the_terminal(installation: Installation):
    policy = ("--acknowledgement", "yes", "--sign-within", "3", "--reminders", "1", "--reminder-gap", "1")
    done = installation.run("lists", "set", "发", *policy, "--json")
    assert (done.code, done.objects[-1]["sign_within"], done.objects[-1]["reminders"]) == (0, 3, 1)
    done = installation.run("lists", "set", "发", "--reminders", "9", "--json")
    assert (done.code, done.objects[-1]["code"]) == (2, "usage")
    mailing = first(installation)
    done = installation.run("mailings", "signatures", str(mailing), "--unsigned", "--json")
    assert (done.event("result")["posts"], done.event("result")["signed"]) == (5, 0)
    assert len(done.objects) == 6
    done = installation.run("mailings", "remind", str(mailing), "--json")
    assert (done.code, done.objects[-1]["code"]) == (1, "not_now")


def test_what_was_attached_travels_again(installation: Installation):
    attached = installation.folder / "签发稿.pdf"
    attached.write_bytes(bytes(range(256)) * 30)
    mailing = first(installation, "--attach", str(attached))
    people(installation, HEAD + "竹溪街道,于凡,信息员,yufan@qinglan.example,发\n")
    done = installation.run("mailings", "resend", str(mailing), "--wait", "--json")
    assert done.code == 0, done
    message = email.message_from_bytes((installation.data_dir / "sandbox" / "last.eml").read_bytes())
    [part] = [part for part in message.walk() if part.get_content_disposition() == "attachment"]
    assert part.get_payload(decode=True) == attached.read_bytes()


def test_what_was_not_released_yet_has_nobody_missed(installation: Installation):
    at = "2099-01-01T08:00"
    done = installation.run("send", str(installation.write_issue()), "--yes", "--at", at, "--json")
    mailing = done.event("mailing")["mailing"]
    done = installation.run("mailings", "resend", str(mailing), "--json")
    assert (done.code, done.objects[-1]["code"]) == (1, "not_possible")
    done = installation.run("mailings", "resend", "77", "--json")
    assert (done.code, done.objects[-1]["code"]) == (2, "no_mailing")
