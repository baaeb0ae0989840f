"""Whole bulletins of invented offices, each in another habit of print, against what a clerk reads in them.

``bulletins/NAME.expected.json`` holds every field, item and text; a character that stands in the file and in no field
must be one of ``DROPPED``: labels of the head and foot, page furniture, list marks.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from mailer.content.issue import Issue, from_json, to_json
from mailer.content.readers import read_issue
from mailer.content.readers.decoding import decode
from mailer.resources import sample

FOLDER = Path(__file__).parent / "bulletins"
FILES = sorted(path for path in FOLDER.iterdir() if path.suffix in {".md", ".txt"})

DROPPED = {
    "01-chinese-numerals": "编印报发",
    "02-year-number-wide-spaces": "主办报送抄送印发共印200份",
    "03-public-opinion-daily": "",
    "04-six-cornered-supplement": "主送抄送",
    "05-contents-and-note": "编本期要目典型经验图片新闻246投稿邮箱电话传真",
    "06-briefs-every-label": "12",
    "07-hard-wrapped": "编报发共印150份",
    "08-page-breaks": "1平野县创建文明县城工作简报第2页3报发电话邮箱mailtocjbpingyeexample",
    "09-table-like": "报送发值班电话传真",
    "10-no-sections": "编送",
    "11-labelled-head": "刊名期号编印单位日期联系电话",
    "12-imprint-foot": "报送抄送大河区安全生产委员会办公室2025年11月15日印发共印60份",
    "13-run-in-topic-own-line": "报发",
    "14-gb-office-below": "报送发共印30份",
    "15-many-lines-one-foot": "主办报送发增发本期共印八十份",
    "16-plain-txt-no-blank": "报发",
    "17-signs-for-sections": "报发共印80份邮箱电话传真",
    "18-hash-levels-and-numbered-text": "编印报抄送发",
    "19-indented-txt-with-contents": "本期要目编主送抄送分发联系电话",
    "20-total-number-only": "报送抄送发送",
    "21-numbered-hash-headings": "12送共印一百二十份",
    "22-no-empty-lines": "报发",
    "23-titles-with-colon": "1报送发",
    "24-round-signs": "送共印50份",
    "25-one-report-numbered": "呈报",
}


def read(path: Path) -> Issue:
    return read_issue(path.read_bytes(), path.name)


def slim(value: object) -> object:
    """Without places and without what is empty, so that an expectation names only what is there."""
    if isinstance(value, dict):
        return {
            key: slim(inner)
            for key, inner in value.items()
            if key not in {"place", "paragraphs", "ok"} and inner not in (None, (), [], {}, "")
        }
    return [slim(inner) for inner in value] if isinstance(value, (list, tuple)) else value


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_is_read_as_printed(path: Path) -> None:
    expected = json.loads(path.with_suffix(".expected.json").read_text(encoding="utf-8"))
    got = slim(to_json(read(path)))
    got["unrecognised"] = [text["text"] for text in got.get("unrecognised", [])]
    assert got == expected


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_no_character_is_lost(path: Path) -> None:
    """Each letter, digit and Chinese character is found again in the Issue, or is a label or page furniture."""
    issue = read(path)
    in_file = Counter(sign for sign in decode(path.read_bytes()) if sign.isalnum())
    in_issue = Counter(sign for text in strings_of(issue) for sign in text if sign.isalnum())
    lost = in_file - in_issue
    allowed = Counter(DROPPED[path.stem])
    assert not lost - allowed, f"{''.join((lost - allowed).elements())} gone from {path.name}"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_comes_back_from_its_json(path: Path) -> None:
    issue = read(path)
    assert from_json(json.loads(json.dumps(to_json(issue)))) == issue


def test_the_sample_issue_has_its_parts() -> None:
    issue = read(sample("issue.md"))
    assert (issue.title, issue.number) == ("青岚区创建全国文明城市 工作快报", 128)
    assert [section.heading for section in issue.sections] == ["指挥调度", "新时代文明实践", "简讯"]
    assert len(issue.sections[2].items) == 13
    assert {item.topic for item in issue.sections[2].items} == {"文明创建", "文明交通", "未成年人工作", "移风易俗"}
    assert "再动手整改。" in issue.items[0].text
    assert "《冬季居家用火用电二十问》" in issue.items[1].text
    assert not issue.unrecognised


def strings_of(issue: Issue) -> Iterator[str]:
    yield from (issue.title, issue.number_printed, issue.date_printed, issue.issuing_office or "", issue.secrecy or "")
    if issue.editor_note:
        yield issue.editor_note.label
        yield issue.editor_note.text
    yield from issue.contents
    for section in issue.sections:
        yield section.heading or ""
        topic: str | None = None
        for item in section.items:
            if item.topic != topic:  # printed once over several briefs
                yield item.topic or ""
            topic = item.topic
            yield from (item.title or "", *item.units, item.byline or "", item.text)
    for label, names in issue.credits.items():
        yield label
        yield from names
    for phrases in issue.distribution.by_list().values():
        yield from phrases
    yield from (*issue.contact.email, *issue.contact.phone, *issue.contact.fax)
    yield from (text.text for text in issue.unrecognised)
