"""Foreign files: encodings, limits, what is no issue; whatever the bytes, only NotAnIssueError comes out."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from mailer.content.issue import NotAnIssueError
from mailer.content.readers import FORMATS, MAX_LINE_CHARACTERS, read_issue

TEXT = "# 白鹭区工作快报\n\n第12期\n\n白鹭区委办公室\n\n2026年3月9日\n\n## 【要闻】\n\n区里开会，㙍村村民龥先生参加。（本刊）\n"
HEAD = TEXT[: TEXT.index("## 【要闻】")]


def code_of(data: bytes, name: str = "issue.md") -> str:
    with pytest.raises(NotAnIssueError) as caught:
        read_issue(data, name)
    assert caught.value.message
    assert caught.value.hint
    return caught.value.code


@pytest.mark.parametrize(
    "data",
    [
        TEXT.encode(),
        codecs.BOM_UTF8 + TEXT.encode(),
        codecs.BOM_UTF16_LE + TEXT.encode("utf-16-le"),
        codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"),
        TEXT.encode("gb18030"),
        TEXT.replace("\n", "\r\n").encode(),
        TEXT.replace("\n", "\r").encode("gb18030"),
        TEXT.replace("\n", "\u2028").encode(),
        TEXT.encode() + b"\x1a",
    ],
    ids=["utf-8", "bom", "utf-16-le", "utf-16-be", "gb18030", "crlf", "cr", "line-separator", "ctrl-z"],
)
def test_every_encoding_and_line_end_gives_the_same_issue(data: bytes) -> None:
    assert read_issue(data, "issue.md") == read_issue(TEXT.encode(), "issue.md")


@pytest.mark.parametrize("name", ["a.md", "a.MARKDOWN", "第12期.txt", "folder.d/a.txt", "noending"])
def test_these_endings_are_read(name: str) -> None:
    assert read_issue(TEXT.encode(), name).number == 12


@pytest.mark.parametrize(
    ("name", "word"), [("a.docm", "Word"), ("a.doc", "Word"), ("a.WPS", "WPS"), ("a.pdf", "PDF"), ("a.xlsx", ".xlsx")]
)
def test_other_formats_are_refused_with_advice(name: str, word: str) -> None:
    with pytest.raises(NotAnIssueError) as caught:
        read_issue(b"PK\x03\x04", name)
    assert caught.value.code == "unsupported_format"
    assert word in caught.value.message
    assert "纯文本" in caught.value.hint
    assert all(ending not in name.lower() for ending in FORMATS)


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty"),
        ("\ufeff \u3000\n\n\t\n".encode(), "empty"),
        (b"---\n\n***\n", "empty"),
        ("昨天下午，大家开了一次会。\n\n会上讨论了三件事。\n".encode(), "no_masthead"),
        (b"PK\x03\x04\x14\x00\x06\x00", "not_text"),
        (b"%PDF-1.7\n", "not_text"),
        (b"\x00\x01\x02\x03", "not_text"),
        (b"abc\xff\xfe\xff", "not_text"),
        (codecs.BOM_UTF8 + b"\xff\xff", "not_text"),
        (codecs.BOM_UTF16_LE + b"\x41", "not_text"),
        (b"a" * (20 * 1024 * 1024 + 1), "too_large"),
        (HEAD.encode() + "字".encode() * (MAX_LINE_CHARACTERS + 1), "line_too_long"),
        (HEAD.encode() + "【简讯】\n\n永宁镇：好。".encode() + "永宁镇：好。".encode() * 2_000, "too_many_items"),
        (HEAD.encode() + "甲。\n".encode() * 50_001, "too_many_lines"),
        (HEAD.encode() + b"\n" * 600_000, "too_many_lines"),
    ],
)
def test_what_is_no_issue_is_refused_by_its_cause(data: bytes, code: str) -> None:
    assert code_of(data) == code


def test_two_thousand_items_are_read() -> None:
    assert (
        len(read_issue(HEAD.encode() + "【简讯】\n\n".encode() + "永宁镇：好。".encode() * 2_000, "a.md").items)
        == 2_000
    )


def test_the_place_of_a_long_line_is_told() -> None:
    with pytest.raises(NotAnIssueError) as caught:
        read_issue(HEAD.encode() + b"\n" + b"x" * (MAX_LINE_CHARACTERS + 1), "a.md")
    assert caught.value.place.line == HEAD.count("\n") + 2


@pytest.mark.timeout(30)
@pytest.mark.parametrize(
    "unit",
    [
        "。",
        "**永宁镇：**好",
        "*a",
        "****",
        "![a](",
        "。（",
        "（本刊）",
        "[a](",
        " \u3000",
        "<!--",
        "&emsp;",
        "1.",
        "a@",
    ],
)
def test_a_line_of_the_longest_kind_is_read_at_once(unit: str) -> None:
    """Each takes a fraction of a second; whatever looked back over the line at each sign would run into the time limit."""
    data = (HEAD + "【要闻】\n\n" + unit * (MAX_LINE_CHARACTERS // len(unit)) + "\n编辑：李禾\n").encode()
    try:
        assert read_issue(data, "a.md").credits == {"编辑": ("李禾",)}
    except NotAnIssueError as refused:
        assert refused.code == "too_many_items"  # noqa: PT017 - a refusal is as good an answer here


PIECES = st.sampled_from(
    [*"\n\n\n#*_-—【】〖[]（）()：:，。、；“”《》★◆|>!\\\f\u3000 \t1２二年月日第期总编印主办报送发共份页目录", "第12期", "2026年2月30日", "编者按：", "本期要目", "永宁镇：", "**", "---\n", "（本刊）", "编辑：李　禾", "电话：010-5555 0123", "a@b.example", "\n\n— 3 —\n\n", "<!-- page -->", "![x](y)", "&emsp;", "〔2026〕8号"]
)  # fmt: skip


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    st.one_of(st.binary(max_size=400), st.lists(PIECES, max_size=60).map(lambda parts: "".join(parts).encode())),
    st.sampled_from([".md", ".txt"]),
)
@example("第期\n".encode(), ".md")
@example("〔2026〕号\n年月日\n".encode(), ".txt")
def test_nothing_but_not_an_issue_error_is_raised(data: bytes, ending: str) -> None:
    try:
        issue = read_issue(data, "x" + ending)
    except NotAnIssueError as refused:
        assert refused.code  # noqa: PT017 - a refusal is as good an answer as an issue
    else:
        assert issue.title or issue.number is not None


@settings(max_examples=100, deadline=None)
@given(st.lists(PIECES, max_size=60))
def test_no_word_of_the_body_vanishes_however_odd_it_is(pieces: list[str]) -> None:
    """A rare character after each piece of the body: every one of them is somewhere in the Issue."""
    rare = [chr(0x9E00 + nth) for nth in range(len(pieces))]
    body = "".join(piece + sign for piece, sign in zip(pieces, rare, strict=True))
    everything = str(read_issue((HEAD + "【要闻】\n\n" + body).encode(), "a.md"))
    assert [sign for sign in rare if sign not in everything] == []
