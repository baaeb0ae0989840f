"""Letters that speak of returns, of things not brought and of full mailboxes, and are none: people's, shops', the house's."""

from __future__ import annotations

import pytest

from mailer.feedback.recipient_report import Kind
from mailer.feedback.report import read_report

LETTERS = {
    "a request": ("li@post.example", "关于上次邮件未送达的说明", "同志：上次邮件没有送达，请再发一次。"),
    "an answer": ("li@post.example", "回复：工作快报第128期", "请把第三段改一下。"),
    "a question": ("zhou@gov.example", "上期快报没收到", "发给 li@post.example 的没收到，地址不存在吗？"),
    "an admonition": (
        "it@gov.example",
        "关于清理邮箱的通知",
        "各位：\n系统退信太多了，请大家清理邮箱，邮箱已满的会被退信。",
    ),
    "a reminder": ("ban@gov.example", "关于未报送材料单位的通报", "请各单位报送材料，未送达的请抓紧。"),
    "a manuscript": ("ban@gov.example", "稿件被退回", "文件被退回，请修改后重报。"),
    "a text message": ("ban@gov.example", "短信发送失败", "会议通知已发送失败的请联系我 li@gov.example。"),
    "a parcel": ("noreply@express.example", "快递派送通知", "您的快递未能送达，请联系快递员。"),
    "a quota": ("admin@gov.example", "邮箱容量提醒", "您的邮箱空间即将用完，请及时清理。"),
    "a return passed on": (
        "li@post.example",
        "转发：系统退信",
        "帮我看看\n\n---- 原始邮件 ----\n您的邮件被退回来了\n收件人：wang@post.example\n用户不存在",
    ),
}


@pytest.mark.parametrize("name", LETTERS)
def test_it_is_no_report(name: str) -> None:
    sender, subject, body = LETTERS[name]
    raw = f"Return-Path: <{sender}>\nFrom: {sender}\nTo: office@office.example\nSubject: {subject}\n\n{body}\n"
    found = read_report(raw.encode())
    assert found.reports == ()
    assert found.kind in {Kind.NONE, Kind.AUTOREPLY}
