"""Returned mail and tasks as pages: whose it is, what it says, what a person answers; foreign text stays text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import settings as bounded
from hypothesis import strategies as st
from lxml import html

from mailer import wiring
from mailer.flow.office import Office
from mailer.settings import Settings
from mailer.store.engine import Store
from mailer.web.console.return_view import mail_view, summary
from mailer.web.console.task_view import task_view
from tests.support import returned_mail
from tests.web.console_server import Console
from tests.web.sample_directory import come_back, make_things_to_do, take_over
from tests.web.test_list_pages import page, records, said, words, wrong

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"


@pytest.fixture
def office(settings: Settings, store: Store) -> Office:
    office = wiring.office_of(settings, store)
    take_over(store, office)
    make_things_to_do(store, office)
    return office


def form_of(visitor: Console, path: str, ending: str) -> str:
    return page(visitor.get(path)).cssselect(f"form[action$='{ending}']")[0].get("action")


def test_tasks_by_kind_with_whom_to_call(clerk: Console, office: Office):
    tasks = page(clerk.get("/tasks"))
    assert [words(chip) for chip in tasks.cssselect(".chip")] == [
        "全部 4", "电话核实 1", "疑似退信 1", "收件人要求 1", "送纸质件 1",
    ]  # fmt: skip
    assert [a.get("href") for a in tasks.cssselect("a.call")] == [
        "tel:000-6000201",
        "tel:000-6000202",
        "tel:000-6000116",
    ]
    (only,) = page(clerk.get("/tasks?kind=paper")).cssselect(".task")
    assert "吴满" in words(only)
    assert "看没办的" in words(page(clerk.get("/tasks?state=done")))


def test_a_corrected_address_and_who_did_it(clerk: Console, office: Office, store: Store):
    path = form_of(clerk, "/tasks", "/corrected")
    answer = clerk.post(path, {"address": "不对"})
    assert "邮箱写得不对" in wrong(answer)
    assert html.fromstring(answer.text).cssselect("input[name=address]")[0].get("value") == "不对"
    assert said(clerk, clerk.post(path, {"address": "zhenghao@qinglan.example"})).startswith("已改为 zhenghao@")
    assert said(clerk, clerk.post(path, {"address": "zhenghao@qinglan.example"})) == "这件待办已经有人办完。"
    assert "已办" in words(page(clerk.get("/tasks?state=done")))
    assert "小何" in words(page(clerk.get("/tasks?state=done")).cssselect(".task")[0])
    assert records(store, "task.address") == [("task.address_corrected", "account:小何")]


@pytest.mark.parametrize(
    ("ending", "words_said", "action"),
    [
        ("/valid", "已登记：邮箱没有变", "task.address_still_valid"),
        ("/left", "已登记离任，1 个岗位空缺", "task.person_left"),
        ("/confirm", "已确认是退信，台账现在是“退回”", "return.confirmed"),
        ("/reject", "已认定不是退信，台账现在是“已交出”", "return.dismissed"),
        ("/done", "已办完", "task.done"),
    ],
)
def test_every_button_does_what_it_says_once(clerk: Console, office: Office, store: Store, ending, words_said, action):
    path = form_of(clerk, "/tasks", ending)
    assert said(clerk, clerk.post(path)).startswith(words_said)
    assert said(clerk, clerk.post(path)) == "这件待办已经有人办完。"
    assert [one for one, _ in records(store, action)] == [action]


def test_a_return_is_read_with_its_evidence_and_assigned(clerk: Console, office: Office, store: Store):
    rows = page(clerk.get("/returns")).cssselect(".rows tbody tr")
    assert [words(row).split()[0:2] for row in rows] == [["Returned", "mail"]] * 2
    assert "可能是 沈可远 第128期" in words(rows[1])
    path = rows[1].cssselect("a")[0].get("href")
    one = page(clerk.get(path))
    marked = [mark.text for mark in one.cssselect("pre mark")]
    assert "Final-Recipient: rfc822; shen@qinglan.example" in marked
    assert "Diagnostic-Code: smtp; 550 5.1.1 User unknown" in marked
    assert "see below" not in " ".join(marked)
    (choice,) = one.cssselect("input[name=delivery]")
    assert "没有说这个邮箱" in wrong(clerk.post("/returns/2/assign", {"delivery": choice.get("value")}))
    assert said(clerk, clerk.post(f"{path}/assign", {"delivery": choice.get("value")})) == "已归入，台账现在是“退回”。"
    assert "退回" in words(page(clerk.get("/returns?state=applied")).cssselect(".rows tbody")[0])
    assert said(clerk, clerk.post("/returns/2/dismiss", {"because": "别处的"})).startswith("已认定无关")
    assert "小何 认定无关：别处的" in words(page(clerk.get("/returns/2")))
    assert [words(chip) for chip in page(clerk.get("/returns")).cssselect(".chip")] == [
        "等人处理 0", "已归入台账 1", "无关 1",
    ]  # fmt: skip
    assert clerk.get("/returns/99").status == clerk.get("/returns/x").status == 404
    assert ("return.viewed", "account:小何") in records(store, "return.")


def test_foreign_text_of_a_return_stays_text(clerk: Console, office: Office, store: Store):
    raw = returned_mail.hard(recipient="shen@qinglan.example", diagnostic=f"550 {HOSTILE}", note=HOSTILE)
    raw = raw.replace(b"Subject: Returned mail", f"Subject: {HOSTILE}".encode())
    raw = raw.replace(b"Content-Type: text/plain", b"Content-Type: text/html")
    come_back(store, office, raw)
    for path in ("/returns", "/returns/3", "/tasks"):
        shown = page(clerk.get(path))
        assert shown.cssselect("main script, main img, main style, main iframe") == []
        assert "onerror=alert(1)" not in [value for each in shown.iter() for value in each.attrib.values()]
    assert HOSTILE in words(page(clerk.get("/returns/3")).cssselect("h1")[0])


def test_a_mail_that_cannot_be_opened_is_shown_as_it_came():
    bomb = b"Subject: x\r\n" + b"Content-Type: multipart/mixed; boundary=a\r\n" * 50 + b"\r\nbody\x00\xff"
    view = mail_view(bomb)
    assert (view.kind, view.pieces[0].title) == ("读不懂", "原文（没有拆开）")
    assert summary(bomb) == ("", "")


def test_a_long_part_and_an_attachment_are_cut_and_named():
    mail = (
        "From: a@x.example\r\nSubject: =?utf-8?B?6YCA5L+h?=\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\n"
        + "行\r\n" * 500
        + "--b\r\nContent-Type: image/png\r\n\r\nxxx\r\n--b--\r\n"
    ).encode()
    view = mail_view(mail)
    assert view.subject == "退信"
    assert [(piece.title, len(piece.lines), piece.more > 0) for piece in view.pieces[1:]] == [
        ("正文", 400, True), ("附件（image/png），没有显示", 0, False),
    ]  # fmt: skip


@given(st.binary(max_size=2000))
@bounded(max_examples=50, deadline=None)
def test_any_bytes_make_a_page(raw: bytes):
    view = mail_view(raw)
    assert all("\n" not in line.text for piece in view.pieces for line in piece.lines)
    assert isinstance(summary(raw), tuple)


class TaskRow:
    """Columns of a task as the store gives them."""

    id, mailing_id, number, address, address_key, created_at, done_at, done_by = (
        1,
        None,
        None,
        None,
        None,
        None,
        None,
        None,
    )
    kind, title, dedupe_key = "paper", "t", "x"

    def __init__(self, detail: str) -> None:
        self.detail = detail


@pytest.mark.parametrize(
    ("detail", "phones"),
    [
        ("甲 电话：010-6000 1234、13800000000（家）", ["010-60001234", "13800000000"]),
        ("甲 电话：名单上没有", []),
        ("邮箱：1234567890@x.example", []),
        (f"电话：{HOSTILE}", []),
    ],
)
def test_numbers_behind_the_word_can_be_called(detail, phones):
    (line,) = task_view(TaskRow(detail)).lines
    assert "".join(piece.text for piece in line) == detail
    assert [piece.phone for piece in line if piece.phone] == phones
