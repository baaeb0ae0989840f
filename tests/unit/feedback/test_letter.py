"""Letters of people: what the subject asks for, whose words count, when 收到 is all that is said."""

from __future__ import annotations

import pytest

from mailer.feedback.letter import Act, Wish, named_in, own_words, says_received, text_of, wish_of
from mailer.model.return_path import Signer

SIGNER = Signer((b"a secret for tests only", b"an older secret of ours"))
PIECE = SIGNER.piece_number(4711)


@pytest.mark.parametrize(
    ("subject", "act"),
    [
        (f"签收 第128期 件号 {PIECE}", Act.SIGN),
        (f"Re: 签收 第128期 件号：{PIECE}", Act.SIGN),
        (f"调整接收人 第128期 件号 {PIECE.lower()}", Act.CHANGE),
        (f"退订 第128期 件号{PIECE.replace('-', ' ')}", Act.LEAVE),
        (f"签收　第128期　件号　{PIECE.replace('0', 'o').replace('1', 'l')}", Act.SIGN),
    ],
)
def test_a_subject_that_our_mails_offer_is_understood(subject: str, act: Act) -> None:
    assert wish_of(subject, SIGNER.verify_piece) == Wish(act, 4711)


@pytest.mark.parametrize(
    "subject",
    [
        "签收 第128期",
        f"签收 第128期 {PIECE}",
        f"关于快递 件号 {PIECE}",
        "签收 第128期 件号 0000000-0000",
        f"签收 第128期 件号 {PIECE[:-1]}",
        f"签收 第128期 件号 {PIECE}9",
        "",
    ],
)
def test_everything_else_is_none(subject: str) -> None:
    assert wish_of(subject, SIGNER.verify_piece) is None


def test_a_piece_number_of_an_older_key_still_counts() -> None:
    older = Signer(SIGNER.secrets[1:]).piece_number(4711)
    assert SIGNER.verify_piece(older) == 4711
    assert Signer((b"another office's secret",)).verify_piece(PIECE) is None


@pytest.mark.parametrize(
    "text",
    ["收到", "收到。", "已收到，谢谢！", "您好，收到了。", "已阅", "收悉", "领导您好，收到", "收到\n\n张三\n区教委", "收到！\n\n> 不用收到",
     "已阅知。\n-----原始邮件-----\n发件人：办公室"],
)  # fmt: skip
def test_received_in_short(text: str) -> None:
    assert says_received(text)


@pytest.mark.parametrize(
    "text",
    ["没收到", "未收到附件", "收到，但是第三段的数字不对", "收到吗？请回复", "", "> 收到", "请确认是否收到", "附件打不开",
     "收到" + "，另有一事相商" * 8, "不阅"],
)  # fmt: skip
def test_what_says_more_or_the_contrary_is_not(text: str) -> None:
    assert not says_received(text)


def test_only_the_writers_own_words_count() -> None:
    letter = "我已调岗。\n请改发给：李四\nlisi@unit.example\n\n在 2026年11月23日，办公室 写道：\n> 接任人：王五 wang@old.example"
    assert "王五" not in own_words(letter)
    assert named_in(letter) == (("lisi@unit.example",), "李四")
    assert named_in("邮箱换成 new@unit.example，原来的 old@unit.example 不用了") == (
        ("new@unit.example", "old@unit.example"), "",
    )  # fmt: skip
    assert named_in("请调整") == ((), "")


def test_the_text_of_a_letter_is_its_plain_part() -> None:
    raw = (
        b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: multipart/alternative; boundary=x\r\n\r\n"
        b"--x\r\nContent-Type: text/html; charset=utf-8\r\n\r\n<p>html</p>\r\n"
        b"--x\r\nContent-Type: text/plain; charset=gb18030\r\n\r\n" + "收到".encode("gb18030") + b"\r\n--x--\r\n"
    )
    assert text_of(raw).strip() == "收到"
    assert text_of(b"Content-Type: image/png\r\n\r\nxx") == ""
    assert text_of(b"\0" * 50) == ""
