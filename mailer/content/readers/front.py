"""What may stand between the head and the first section: the editor's note and the list of contents.

Reads them off the front of the paragraphs; knows nothing of sections but that a heading ends both.
"""

from __future__ import annotations

import re
from typing import Final

from mailer.content.issue import EditorNote, Place
from mailer.content.readers import labels, lexicon
from mailer.content.readers.emphasis import BLANKS, Rich
from mailer.content.readers.lexicon import despaced
from mailer.content.readers.lines import Gap, Line
from mailer.content.readers.paragraphs import Paragraph, title_like
from mailer.content.readers.words import words

_LONGEST_ENTRY: Final = 70
_S: Final = "[ 　]{0,4}"
_NOTE_WORDS: Final = words("编者按语 编者按 编者的话 编者语 编前语 编前话 开栏的话 开栏语 本刊按 按语 按")
_NOTE_RE: Final = re.compile(
    rf"[【〖\[(（]?{_S}(?P<label>"
    + "|".join(_S.join(word) for word in _NOTE_WORDS)
    + rf"){_S}[】〗\])）]?{_S}(?P<colon>[:：]?)"
)
_CONTENTS_WORDS: Final = words("""
    本期目录 目录 本期要目 本期要闻目录 要目 本期导读 导读 本期导航 内容提要 本期提要
    本期看点 本期摘要 内容摘要 本期篇目 本期内容 内容导读 CONTENTS Contents
    """)
_CONTENTS_RE: Final = re.compile(
    rf"[【〖\[(（]?{_S}(?P<label>"
    + "|".join(_S.join(word) for word in _CONTENTS_WORDS)
    + rf"){_S}(?:CONTENTS|Contents)?{_S}[】〗\])）]?{_S}(?P<colon>[:：]?)"
)
_LEADER_RE: Final = re.compile(
    r"[ 　\t]*(?:[…·.．。—_-]{2,}[ 　\t]*[(（]?第?[0-9０-９]{1,3}页?[)）]?|[ 　\t]+(?:[/／P] ?)?[0-9０-９]{1,3}|[(（]第?[0-9０-９]{1,3}页?[)）]|[…·.．]{2,})$"
)
_ENTRY_MARK_RE: Final = re.compile(
    r"[(（]?(?:[0-9０-９]{1,2}|[一二三四五六七八九十]{1,3})(?:[)）][、.．]?|[、．]|\.(?![0-9]))[ 　]*|[①-⑳][ 　]*"
)


def begins_front_part(line: Line | Paragraph) -> bool:
    """Whether a line begins an editor's note or a list of contents."""
    return _note(line) is not None or _contents(line) is not None


def _note(line: Line | Paragraph) -> re.Match[str] | None:
    match = _NOTE_RE.match(line.text)
    if match is None:
        return None
    bracket = match[0][0] in "【〖[(（" and match[0].rstrip(BLANKS + ":：")[-1:] in "】〗])）"
    bold = line.rich.bold_end(0) == match.end() and len(match["label"]) > 1
    return match if match["colon"] or bracket or bold or match.end() == len(line.text) else None


def _contents(line: Line | Paragraph) -> re.Match[str] | None:
    match = _CONTENTS_RE.match(line.text)
    return match if match and (match["colon"] or match.end() == len(line.text)) else None


def _is_heading(paragraph: Paragraph) -> bool:
    return bool(paragraph.heading) or labels.bracketed(paragraph.rich) is not None or paragraph.marker[:1] in {"◆", "■"}


class FrontReader:
    """Takes the editor's note and the contents out of the paragraphs, wherever the first of each stands."""

    def __init__(self, paragraphs: list[Paragraph]) -> None:
        self.note: EditorNote | None = None
        self.contents: tuple[str, ...] = ()
        self._paragraphs = paragraphs
        self._last_heading = max((at for at, paragraph in enumerate(paragraphs) if _is_heading(paragraph)), default=-1)
        self.rest = self._read()

    def _read(self) -> list[Paragraph]:
        rest: list[Paragraph] = []
        at = 0
        while at < len(self._paragraphs):
            paragraph = self._paragraphs[at]
            taken = 0
            if self.note is None and (match := _note(paragraph)):
                taken = self._read_note(at, match.end(), despaced(match["label"]), in_front=not rest)
            elif not self.contents and (match := _contents(paragraph)):
                taken = self._read_contents(at, match)
            if not taken:
                rest.append(paragraph)
            at += taken or 1
        return rest

    def _read_note(self, at: int, label_end: int, label: str, *, in_front: bool) -> int:
        """A note on the line of its label is one paragraph, unless more follow before the first section."""
        first = self._paragraphs[at]
        own_line = not first.rich.cut(label_end).strip().text
        texts = [] if own_line else [first.rich.cut(label_end).strip().text]
        until = at + 1
        while until < len(self._paragraphs):
            paragraph = self._paragraphs[until]
            if self._ends_note(until) or (texts and paragraph.gap & Gap.RULE):
                break
            if texts and not own_line and not (in_front and until < self._last_heading):
                break
            texts.append(paragraph.marker + paragraph.text)
            until += 1
        if not texts:
            return 0
        self.note = EditorNote("\n".join(texts), label, Place(first.line))
        return until - at

    def _ends_note(self, at: int) -> bool:
        paragraph = self._paragraphs[at]
        if _is_heading(paragraph) or begins_front_part(paragraph) or paragraph.rich.all_bold:
            return True
        if labels.run_in_title(paragraph.rich, closed=True) or title_like(paragraph.text):
            return True
        return paragraph.text.startswith(tuple(labels.OPENING))

    def _read_contents(self, at: int, match: re.Match[str]) -> int:
        first = self._paragraphs[at]
        run_in = first.rich.cut(match.end()).strip()
        entries = _split_run_in(run_in.text)
        seen = set(map(despaced, entries))
        until = at + 1
        while until < len(self._paragraphs) and not self._ends_contents(until, seen):
            entries.append(_entry(self._paragraphs[until].rich))
            seen.add(despaced(entries[-1]))
            until += 1
        entries = [entry for entry in entries if entry]
        named = [entry for entry in entries if labels.bracketed(Rich.plain(entry)) is None]
        entries = named or [labels.bracketed(Rich.plain(entry)) or entry for entry in entries]
        if entries and not any("。" in entry for entry in entries):
            self.contents = tuple(entries)
            return until - at
        label = despaced(match["label"])
        if self.note is None and (run_in.text or label == "内容提要"):
            return self._read_note(at, match.end(), label, in_front=True)
        return 0

    def _ends_contents(self, at: int, entries: set[str]) -> bool:
        paragraph = self._paragraphs[at]
        text = paragraph.text
        if _LEADER_RE.search(text[-80:]) and len(text) <= _LONGEST_ENTRY + 60:
            return False
        if paragraph.heading or (entries and paragraph.gap & Gap.RULE) or begins_front_part(paragraph):
            return True
        if len(text) > _LONGEST_ENTRY or "。" in text or despaced(_entry(paragraph.rich)) in entries:
            return True
        inner = labels.bracketed(paragraph.rich)
        if inner is not None or (paragraph.marker[:1] in {"◆", "■"} and lexicon.section_like(text)):
            # a section named in the list stands there again; the last one of that name is the section itself
            return not any(
                labels.bracketed(other.rich) == inner and despaced(other.text) == despaced(text)
                for other in self._paragraphs[at + 1 : at + 400]
            )
        listed = bool(paragraph.marker) or _ENTRY_MARK_RE.match(text) is not None
        if listed or not entries:
            return False
        # an unmarked line belongs to the list as long as the list is unmarked and a line follows that repeats it
        return paragraph.rich.all_bold or not any(
            despaced(other.text) == despaced(text) for other in self._paragraphs[at + 1 : at + 400]
        )


def _split_run_in(text: str) -> list[str]:
    if not text:
        return []
    parts = re.split(r"[；;]|[ 　]{2,}|(?=(?<![0-9])[0-9０-９]{1,2}[、.．](?![0-9]))|(?=[①-⑳])|[●▲★◆■※◎○]", text)
    return [_entry(Rich.plain(part)) for part in parts if part.strip(BLANKS)]


def _entry(rich: Rich) -> str:
    """A title of the list without its mark, its leader and the number of its page."""
    text = _LEADER_RE.sub("", rich.text.strip(BLANKS)).strip(BLANKS)
    mark = _ENTRY_MARK_RE.match(text)
    return (text[mark.end() :] if mark else text).strip(BLANKS + "；;")
