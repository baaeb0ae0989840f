"""Word files from hostile hands: everything is bounded and refused by its cause; nothing else is ever raised."""

from __future__ import annotations

import io
import random
import zipfile
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mailer.content.issue import NotAnIssueError
from mailer.content.readers import read_issue
from mailer.content.readers.word import package
from tests.support.ooxml import (
    comment,
    commented,
    deleted,
    inserted,
    levels,
    num,
    p,
    run,
    table,
    text_box,
    word_file,
)  # fmt: skip

HEAD = (p("白鹭区工作快报"), p("第12期"), p("白鹭区委办公室\t2026年3月9日"), p("【要闻】"))
SOUND = word_file(*HEAD, p("好。"))


def code_of(data: bytes) -> str:
    with pytest.raises(NotAnIssueError) as caught:
        read_issue(data, "a.docx")
    assert caught.value.message
    assert caught.value.hint
    return caught.value.code


def changed(change: Callable[[str, bytes], bytes], data: bytes = SOUND, more: dict[str, bytes] | None = None) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(name, change(name, old.read(name)))
        for name, content in (more or {}).items():
            new.writestr(name, content)
    return out.getvalue()


def document(change: Callable[[bytes], bytes]) -> bytes:
    return changed(lambda name, data: change(data) if name == "word/document.xml" else data)


def test_what_is_no_word_file_is_refused_by_its_kind() -> None:
    ole = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(600)
    assert code_of(b"") == "empty"
    assert code_of(ole) == "unsupported_format"
    assert code_of(ole + "EncryptedPackage".encode("utf-16-le")) == "encrypted"
    assert code_of(b"{\\rtf1}") == "not_word"
    assert code_of("第12期".encode()) == "not_word"
    assert code_of(b"PK\x03\x04rest") == "damaged"
    assert code_of(SOUND[: len(SOUND) // 2]) == "damaged"
    assert code_of(document(lambda data: data[:-30])) == "damaged"
    assert (
        code_of(document(lambda data: data.replace(b"<w:body>", b"<w:other>").replace(b"</w:body>", b"</w:other>")))
        == "not_word"
    )
    assert code_of(word_file()) == "empty"
    assert code_of(word_file(p("昨天开会。"))) == "no_masthead"


def test_a_zip_without_a_document_is_no_word_file() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("content.xml", "<office/>")
    assert code_of(out.getvalue()) == "not_word"


def test_a_password_on_the_zip_is_named() -> None:
    data = bytearray(SOUND)
    for at in range(len(data) - 4):
        if data[at : at + 4] == b"PK\x01\x02":
            data[at + 8] |= 1
    assert code_of(bytes(data)) == "encrypted"


def test_bombs_are_refused_before_they_are_unpacked() -> None:
    assert code_of(changed(lambda _, data: data, more={"word/media/a.bin": bytes(2 * 1024 * 1024)})) == "zip_bomb"
    many = {f"x/{n}": b"" for n in range(package.MAX_ENTRIES)}
    assert code_of(changed(lambda _, data: data, more=many)) == "too_many_entries"


def test_a_long_part_is_refused_by_its_size(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MAX_XML", 1_000)
    assert code_of(SOUND) == "too_large"


def test_the_sum_of_all_parts_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(package, "MAX_UNPACKED", 1_000)
    assert code_of(SOUND) == "zip_bomb"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
def test_a_dtd_is_refused_in_every_encoding(encoding: str) -> None:
    dtd = '<!DOCTYPE w [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;"><!ENTITY x SYSTEM "file:///etc/passwd">]>'

    def put(data: bytes) -> bytes:
        first, rest = data.decode().split("\n", 1)
        return (first.replace("UTF-8", encoding) + dtd + rest.replace("好。", "&b;&x;")).encode(encoding)

    assert code_of(document(put)) == "dtd"


def test_utf_16_without_a_dtd_is_read() -> None:
    data = document(lambda data: data.decode().replace("UTF-8", "UTF-16").encode("utf-16"))
    assert read_issue(data, "a.docx").items[0].text == "好。"


@pytest.mark.parametrize("levels_deep", [100, 1_000, 20_000])
def test_nesting_is_refused(levels_deep: int) -> None:
    deep = "<w:sdt>" * levels_deep + p("好。") + "</w:sdt>" * levels_deep
    data = word_file(*HEAD, deep)
    if levels_deep == 100:
        assert read_issue(data, "a.docx").items[0].text == "好。"
    else:
        assert code_of(data) == "too_deep"


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("image", "http://x.example/a.png"),
        ("attachedTemplate", "https://x.example/a.dotm"),
        ("attachedTemplate", "\\\\server\\a.dotm"),
        ("oleObject", "file:///c:/a.xls"),
        ("subDocument", "http://x.example/a.docx"),
        ("frame", "http://x.example/"),
    ],
)
def test_what_would_come_from_elsewhere_is_refused_by_name(kind: str, target: str) -> None:
    with pytest.raises(NotAnIssueError) as caught:
        read_issue(word_file(*HEAD, p("好。"), relations=[("rId5", kind, target, True)]), "a.docx")
    assert caught.value.code == "external"
    assert target in caught.value.message


@pytest.mark.parametrize(
    ("kind", "target"),
    [
        ("hyperlink", "https://x.example/"),
        ("hyperlink", "mailto:a@b.example"),
        ("attachedTemplate", "file:///C:\\Users\\a\\Normal.dotm"),
    ],
)
def test_links_and_the_own_template_are_no_danger(kind: str, target: str) -> None:
    data = word_file(*HEAD, p("好。"), relations=[("rId5", kind, target, True)])
    assert read_issue(data, "a.docx").number == 12


def test_long_paragraphs_and_many_are_refused() -> None:
    with pytest.raises(NotAnIssueError) as caught:
        read_issue(word_file(*HEAD, p("字" * (260 * 1024 + 1))), "a.docx")
    assert (caught.value.code, "第 5 段" in caught.value.message) == ("line_too_long", True)
    assert (
        code_of(word_file(*HEAD, p("甲。\n" * 50_001), p("".join(chr(0x4E00 + n) for n in range(9_000)))))
        == "too_many_lines"
    )


@pytest.mark.parametrize(
    "target", ["word/numbering.xml", "word/styles.xml", "word/document.xml", "word/_rels/document.xml.rels"]
)
def test_loops_and_nonsense_in_the_parts_end(target: str) -> None:
    loops = {
        "word/styles.xml": b'<w:style w:styleId="a"><w:basedOn w:val="b"/></w:style><w:style w:styleId="b"><w:basedOn w:val="a"/></w:style>',
        "word/numbering.xml": b'<w:num w:numId="1"><w:abstractNumId w:val="99"/></w:num>',
        "word/document.xml": b"",
        "word/_rels/document.xml.rels": b"",
    }
    data = word_file(*HEAD, p("好。", style="a", number=(1, 77)), styles=" ", numbering=" ")
    made = changed(
        lambda name, part: part.replace(b"> </w:", b">" + loops[name] + b"</w:") if name == target else part, data
    )
    assert read_issue(made, "a.docx").items[0].text == "好。"


RICH = word_file(
    p(text_box(p("白鹭区工作快报"), p("第12期"))), p("白鹭区委办公室\t2026年3月9日"), p("【要闻】"),
    p(inserted(run("会议")), deleted("例会"), commented(run("召开。\f好。"))), p("加强领导。", number=(1, 0)),
    table(["单位", "数"], ["东街道", "1"]), p("编辑：李禾"), p("报：区委"),
    numbering=levels(("chineseCounting", "%1、")) + num(1), comments=comment("再核"),
    headers={"default": p("快报")}, footers={"default": p("— 1 —")}, footnotes=" ", styles=" ",
)  # fmt: skip


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.randoms(use_true_random=False), st.integers(1, 12))
def test_a_broken_part_raises_nothing_but_not_an_issue_error(rng: random.Random, times: int) -> None:
    """Pieces of the XML itself are cut out, doubled and exchanged, so that most files stay well formed."""

    def spoil(name: str, data: bytes) -> bytes:
        if not name.endswith(".xml") or name.startswith("["):
            return data
        pieces = data.decode().split("<w:")
        for _ in range(times):
            at, other = rng.randrange(1, max(len(pieces), 2)), rng.randrange(1, max(len(pieces), 2))
            if len(pieces) > 2 and rng.random() < 0.5:
                pieces[at], pieces[other] = pieces[other], pieces[at]
            elif len(pieces) > 2 and pieces[at].rstrip().endswith("/>"):
                pieces[at] = pieces[other] if pieces[other].rstrip().endswith("/>") else pieces[at]
        return "<w:".join(pieces).encode()

    _reads_or_refuses(changed(spoil, RICH))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_broken_bytes_raise_nothing_but_not_an_issue_error(data: st.DataObject) -> None:
    spoiled = bytearray(RICH)
    for at in data.draw(st.lists(st.integers(0, len(RICH) - 1), min_size=1, max_size=8)):
        spoiled[at] = data.draw(st.integers(0, 255))
    _reads_or_refuses(bytes(spoiled))


NAMES = st.sampled_from(
    ["p", "r", "t", "tbl", "tr", "tc", "sdt", "sdtContent", "ins", "del", "br", "tab", "pPr", "numPr", "txbxContent", "pict", "hyperlink", "fldChar", "sym", "vanish", "b", "sectPr", "altChunk"]
)  # fmt: skip
VALUES = st.sampled_from(["", "1", "-1", "page", "begin", "separate", "end", "99999999999", "①", "x"])
TREES = st.recursive(
    st.tuples(NAMES, VALUES, st.sampled_from(["", "好。", "第12期", "【要闻】", "报：区委"])).map(
        lambda one: (
            f'<w:{one[0]} w:val="{one[1]}" w:type="{one[1]}" w:fldCharType="{one[1]}" w:char="{one[1]}" r:id="{one[1]}">{one[2]}</w:{one[0]}>'
        )
    ),
    lambda inner: st.tuples(NAMES, st.lists(inner, max_size=4)).map(
        lambda one: f"<w:{one[0]}>{''.join(one[1])}</w:{one[0]}>"
    ),
    max_leaves=20,
)


@settings(max_examples=100, deadline=None)
@given(st.lists(TREES, max_size=6))
def test_any_tree_of_words_elements_is_read_or_refused(trees: list[str]) -> None:
    _reads_or_refuses(word_file(*HEAD, *trees))


def _reads_or_refuses(data: bytes) -> None:
    try:
        read_issue(data, "a.docx")
    except NotAnIssueError as refused:
        assert refused.code  # noqa: PT017 - a refusal is as good an answer as an issue
