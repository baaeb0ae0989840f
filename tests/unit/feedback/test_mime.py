"""Any charset, also misnamed, cut, or none."""

from __future__ import annotations

import pytest

from mailer.feedback import mime


@pytest.mark.parametrize(
    ("data", "charset", "text"),
    [
        ("镕基".encode("gb18030"), "gb2312", "镕基"),  # 镕 is not in GB 2312
        ("系统退信".encode("gb18030"), "", "系统退信"),
        ("系统退信".encode(), "us-ascii", "系统退信"),
        ("系统退信".encode("gb18030"), "utf-8", "系统退信"),
        ("配信不能".encode("iso-2022-jp"), "iso-2022-jp", "配信不能"),
        ("нет".encode("koi8-r"), "KOI8-R", "нет"),
        ("送信先が見つかりませんでした".encode("euc-jp"), "", "送信先が見つかりませんでした"),
        ("配信不能".encode("iso-2022-jp"), "", "配信不能"),
        (b"caf\xe9", "windows-1252", "café"),
        (b"plain", "x-unknown", "plain"),
        (b"plain", "rot13", "plain"),
        (b"plain-", "punycode", "plain-"),
        (b"plain", "a\x00b", "plain"),
        (b"a+2AA-b", "utf-7", "a?b"),  # a lone surrogate
        (b"a\x00b", "us-ascii", "ab"),
    ],
)
def test_decode(data: bytes, charset: str, text: str) -> None:
    assert mime.decode(data, charset) == text


def test_a_text_cut_inside_a_character_keeps_the_rest() -> None:
    assert mime.decode("退信原因".encode("gb18030")[:-1], "gb2312").startswith("退信原")


def test_encoded_words_cut_inside_a_character_are_joined_before_decoding() -> None:
    assert mime.words("=?gb2312?B?z7XN?= =?gb2312?B?s83L0MU=?= ok") == "系统退信 ok"


@pytest.mark.parametrize("text", ["=?utf-8?b?###?=", "=?nope?q?a?=", "=?utf-8?q?=ZZ?=", "=?utf-8?", "=?=?=?="])
def test_broken_encoded_words_do_not_fail(text: str) -> None:
    assert isinstance(mime.words(text), str)


def test_raw_bytes_in_a_header() -> None:
    message = mime.parse("Subject: 系统退信\n\n".encode("gb18030"))
    assert mime.header(message, "Subject") == "系统退信"


def test_html_becomes_lines_of_text() -> None:
    message = mime.parse(b"Content-Type: text/html\n\n<style>p{}</style><p>A&amp;B</p><p>C<br>D &lt;a@x.test&gt;</p>")
    assert mime.text_of(message).split() == ["A&B", "C", "D", "<a@x.test>"]
