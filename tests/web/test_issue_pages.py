"""期刊: taking in, reading, putting right, waiving, attaching; by HTTP, as a browser without scripts does it."""

from __future__ import annotations

import pickle
import re
from typing import Any

import pytest

from mailer.content.issue import NotAnIssueError, Place
from mailer.content.pack import check
from mailer.flow.ports import NotReadError
from mailer.flow.take_issue import take_issue
from mailer.model.rights import Role
from mailer.store import queries
from mailer.store.engine import Store
from tests.support.builders import Clock, make_office
from tests.support.word_bulletins import word_revisions
from tests.web.clerk_day import ISSUE, SMALL, fill_lists, prepare, take
from tests.web.console_server import Console

HOSTILE = "</textarea><script>alert(1)</script>"


@pytest.fixture
def approver(signed_in) -> Console:
    return signed_in(Role.APPROVER)


def test_an_empty_shelf_says_what_to_do(clerk: Console, approver: Console):
    assert "收录一期" in clerk.get("/issues").text
    page = approver.get("/issues").text
    assert "还没有收录过" in page
    assert "<textarea" not in page  # who may not take in sees no form


# --- taking in ------------------------------------------------------------------------------------------------------


FORMATS = [("快报.md", ISSUE), ("快报.txt", SMALL.encode("gb18030")), ("快报.docx", word_revisions())]


def test_a_file_of_every_format_becomes_an_issue(clerk: Console):
    for number, (name, data) in enumerate(FORMATS, 1):
        answer = clerk.post("/issues", files=[("file", name, data)])
        assert (answer.status, answer.headers["location"]) == (303, f"/issues/{number}")
        page = clerk.get(f"/issues/{number}").text
        assert "已收录第" in page
        assert re.search(r'id="L[12]"', page), name
        assert name in page
        assert clerk.get(f"/issues/{number}/source").body == data


def test_the_same_file_again_is_the_same_issue(clerk: Console):
    for _ in range(2):
        assert clerk.post("/issues", files=[("file", "快报.md", ISSUE)]).headers["location"] == "/issues/1"
    assert "早已收录" in clerk.get("/issues/1").text
    assert "1 稿" in clerk.get("/issues/1").text


def test_another_file_of_the_same_number_is_a_revision_and_says_whose_work_it_follows(clerk: Console):
    assert take(clerk) == take(clerk, SMALL.replace("部署工作", "部署全年工作")) == 1
    page = clerk.get("/issues/1").text
    assert "新文件存为第 2 稿" in page
    assert "部署全年工作" in page
    assert "部署工作" in clerk.get("/issues/1?revision=1").text
    assert clerk.get("/issues/1?revision=9").status == 404


REFUSED = [
    ("a.pdf", b"%PDF-1.4", "PDF"),
    ("a.docx", b"no zip at all", "Word"),
    ("a.md", b"", "没有文字"),
    ("a.md", "只有一行字".encode(), "认不出报头"),
    ("a.md", SMALL.replace("第12期", "").encode(), "期号"),
    ("a.xyz", b"x", ".xyz"),
]


def test_what_cannot_be_read_is_refused_in_plain_words(clerk: Console):
    for name, data, words in REFUSED:
        answer = clerk.post("/issues", files=[("file", name, data)])
        assert answer.status == 422
        alert = re.search(r'role="alert">(.*?)</div>', answer.text, re.DOTALL)
        assert alert
        assert words in alert[1], name
        assert "还没有收录过" in answer.text


def test_refused_text_is_given_back_to_be_put_right(clerk: Console):
    answer = clerk.post("/issues", {"text": "没有报头的文字\n" + HOSTILE})
    assert answer.status == 422
    assert "没有报头的文字" in answer.text
    assert "<script>alert" not in answer.text
    assert clerk.post("/issues", {"text": "  "}).status == 422


def test_a_file_beyond_the_limit_is_refused_before_it_is_read(clerk: Console):
    answer = clerk.post("/issues", files=[("file", "a.md", b"x" * 22_100_000)])
    assert (answer.status, "上限" in answer.text) == (413, True)


def test_who_may_not_take_in_does_not(approver: Console):
    assert approver.post("/issues", {"text": SMALL}).status == 403


# --- putting right --------------------------------------------------------------------------------------------------


def correct(visitor: Console, revision: int, **changes: str) -> tuple[int, str]:
    answer = visitor.post(
        "/issues/1/correct", {"revision": str(revision), **{f"set.{k}": v for k, v in changes.items()}}
    )
    return answer.status, answer.text


def test_a_field_is_put_right_in_place(clerk: Console):
    take(clerk)
    answer = clerk.post("/issues/1/correct", {"revision": "1", "back": "p-head", "set.office": "白鹭区政府办"})
    assert answer.headers["location"] == "/issues/1#p-head"
    page = clerk.get("/issues/1").text
    assert "白鹭区政府办" in page
    assert "第 2 稿" in page
    assert "人工改过 1 次" in page
    assert "# 白鹭区工作快报" in page  # the source beside is still the file's


def test_posting_nothing_new_makes_no_revision(clerk: Console):
    take(clerk)
    assert correct(clerk, 1, office="白鹭区委办公室")[0] == 303
    assert "没有改动" in clerk.get("/issues/1").text
    assert "1 稿" in clerk.get("/issues/1").text


def test_a_wrong_value_is_told_and_kept(clerk: Console):
    take(clerk)
    status, page = correct(clerk, 1, date="没有这一天")
    assert status == 409
    assert "您的改动还没有保存" in page
    assert 'value="没有这一天"' in page
    assert "现在是：<bdi>2020-03-09" in page


def test_of_two_clerks_the_later_is_told_and_loses_nothing(clerk: Console, signed_in):
    take(clerk)
    other = signed_in(Role.EDITOR, name="老秦")
    assert correct(clerk, 1, office="小何改的")[0] == 303
    status, page = correct(other, 1, office="老秦改的", note="老秦写的编者按")
    assert status == 409
    assert "小何 已存了第 2 稿" in page
    assert 'value="老秦改的"' in page
    assert "老秦写的编者按" in page
    assert "<ins><bdi>小何改的" in page
    assert correct(other, 2, office="老秦改的", note="老秦写的编者按")[0] == 303
    page = other.get("/issues/1").text
    assert "老秦改的" in page
    assert "第 3 稿" in page


def test_unrecognised_text_is_in_sight_and_is_set_aside(clerk: Console):
    take(clerk, SMALL.replace("白鹭区委办公室", "白鹭区委办公室\n\n（此处加盖骑缝章）"))
    page = clerk.get("/issues/1").text
    assert "未识别的文字" in page
    assert page.count("（此处加盖骑缝章）") >= 2  # in sight, and in the source
    assert clerk.post("/issues/1/correct", {"revision": "1", "set.unrecognised.1": ""}).status == 303
    assert "未识别的文字" not in clerk.get("/issues/1").text


# --- the check ------------------------------------------------------------------------------------------------------


def test_a_stop_is_passed_with_a_reason_and_taken_back(clerk: Console):
    take(clerk, "机密★1年\n\n" + SMALL)
    page = clerk.get("/issues/1").text
    code = re.search(r'name="code" value="([^"]+)"', page)
    assert code
    given = {"revision": "1", "code": code[1]}
    assert clerk.post("/issues/1/waive", given | {"reason": " "}).status == 422
    assert clerk.post("/issues/1/waive", given | {"reason": "样张，不涉密"}).status == 303
    page = clerk.get("/issues/1").text
    assert "样张，不涉密" in page
    assert "已放行" in page
    assert clerk.post("/issues/1/unwaive", given).status == 303
    assert "样张，不涉密" not in clerk.get("/issues/1").text


# --- attachments ----------------------------------------------------------------------------------------------------


def test_files_are_added_fetched_and_removed(clerk: Console, store: Store):
    take(clerk)
    assert (
        clerk.post("/issues/1/files", files=[("file", "附表.xlsx", b"12345"), ("file", "图.png", b"x")]).status == 303
    )
    assert "2 个，随每封邮件寄出" in clerk.get("/issues/1").text
    answer = clerk.get("/issues/1/files/1")
    assert answer.body == b"12345"
    assert answer.headers["content-disposition"].startswith("attachment;")
    refused = clerk.post("/issues/1/files", files=[("file", "新.txt", b"1"), ("file", "附表.xlsx", b"6")])
    assert refused.status == 422
    assert "已附上新.txt；没有附上：已有同名的附件" in refused.text
    assert clerk.post("/issues/1/files/1/remove").status == 303
    assert clerk.get("/issues/1/files/1").status == 404
    assert clerk.post("/issues/1/files").status in {415, 422}
    fill_lists(store)
    prepare(clerk, 1)
    assert "取消这一批" in clerk.post("/issues/1/files/2/remove").text


# --- numbers that are none of ours ----------------------------------------------------------------------------------


def test_what_is_not_there_is_not_there(clerk: Console):
    for path in ("999", "x", "9999999999", "1/preview", "1/files/x"):
        assert clerk.get(f"/issues/{path}").status == 404, path


def test_hostile_words_are_words(clerk: Console):
    take(clerk, SMALL.replace("区里开会", f"区里{HOSTILE}开会"))
    for area in ("", "/preview", "/preview?as=text", "/sending"):
        page = clerk.get(f"/issues/1{area}").text
        assert "<script>alert" not in page, area
    assert "alert(1)" in clerk.get("/issues/1").text


def test_a_file_that_could_not_be_read_now_is_told_and_not_kept(store: Store):
    """Where every process is taken."""

    def busy(task: object, *args: object) -> Any:
        raise NotReadError("busy", "正在读别的文件，轮不到这一个。", "")

    office = make_office(store, Clock())
    with pytest.raises(NotReadError):
        take_issue(office, data=word_revisions(), filename="快报.docx", actor="account:a", apart=busy)
    with store.read() as session:
        assert queries.issues(session) == []


def test_what_is_wrong_with_a_file_comes_back_from_another_process():
    error = pickle.loads(pickle.dumps(NotAnIssueError("empty", "文件里没有文字。", "请确认。", Place(3))))
    assert (error.code, error.message, error.hint, error.place.line) == ("empty", "文件里没有文字。", "请确认。", 3)


def test_an_issue_on_paper_and_in_the_archive(clerk: Console):
    taken = clerk.post("/issues", files=[("file", "快报.md", ISSUE)]).headers["location"]
    paper = clerk.get(f"{taken}/print.pdf")
    assert (paper.status, paper.headers["content-type"]) == (200, "application/pdf")
    assert paper.body.startswith(b"%PDF-")
    pack = clerk.get(f"{taken}/archive.zip")
    assert pack.headers["content-type"] == "application/zip"
    assert check(pack.body).faults == ()
    assert clerk.get("/issues/999/print.pdf").status == 404
    assert clerk.get("/issues/999/archive.zip").status == 404
