"""Whether a paragraph is a heading, and of what: a section, a topic over briefs, an article, or none.

Decides by marks first, then by shape and by what follows; the depth of # marks means nothing by itself.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from enum import Enum
from itertools import pairwise
from typing import Final

from mailer.content.readers import labels, lexicon
from mailer.content.readers.emphasis import BLANKS
from mailer.content.readers.lexicon import despaced
from mailer.content.readers.paragraphs import Paragraph, title_like

_SECTION_SIGNS: Final = frozenset("◆■◇□▌▍")
_TITLE_SIGNS: Final = frozenset("★☆●○〇▲△▷▹▸►▶➤➢◎※✦◈")
_SIGNS: Final = BLANKS + "◆■◇□▌▍★☆●○〇▲△▷▹▸►▶➤➢◎※✦◈•·"
_SPREAD_RE: Final = re.compile(r"[\u4e00-\u9fff](?:[ \u3000]{1,6}[\u4e00-\u9fff]){2,9}")
_SENTENCE_RE: Final = re.compile(r"[0-9，。；：:！？“”《》,]")
_LONGEST_HEADING: Final = 80
_LONGEST_SIGNED: Final = 40
_LONGEST_PLAIN_NAME: Final = 6


class Part(Enum):
    """What a paragraph is in the body."""

    SECTION = "section"
    TOPIC = "topic"
    TITLE = "title"
    TEXT = "text"


class Headings:
    """Answers for the paragraphs of one body; the style of the whole is taken once."""

    def __init__(self, paragraphs: list[Paragraph], listed: Iterable[str] = ()) -> None:
        """``listed``: the titles of the printed contents; a line that repeats one heads what it names."""
        self._all = paragraphs
        self._listed = frozenset(map(_packed, listed))
        self._bracketed = any(labels.bracketed(p.rich) is not None for p in paragraphs)
        self._signed = any(
            p.marker[:1] in _SECTION_SIGNS and not p.heading and lexicon.section_like(p.text) for p in paragraphs
        )
        self._named = any(
            not p.marker and p.single and lexicon.section_name(p.text) and not lexicon.level_mark(p.text)
            for p in paragraphs
        )
        # numbered lines in bold are titles where articles end with a byline between them, else levels of one article
        self._numbered_titles = any(
            p.rich.all_bold and lexicon.level_mark(p.text) and labels.split_byline(above.text)[1] is not None
            for above, p in pairwise(paragraphs)
        )
        hashed = [p.text for p in paragraphs if p.heading and labels.bracketed(p.rich) is None]
        # headings of which none is a usual name and one is a sentence are the titles of an issue without sections
        self._only_titles = not any(map(lexicon.section_name, hashed)) and not all(map(_short_name, hashed))
        # a heading right below a shallower one: depth means something here
        nests = [above.heading for above, p in pairwise(paragraphs) if 0 < above.heading < p.heading]
        self._nest = min(nests, default=9)
        # levels of one form and depth are alike: one that can only head a section makes sections of all
        self._numbered_sections = {
            (p.heading, _form(p.text))
            for p, below in pairwise([*paragraphs, *paragraphs[-1:]])
            if p.heading and lexicon.level_mark(p.text) and (below.heading > p.heading or _short_name(p.text))
        }
        self._pairs = sum(map(self._above_title, range(len(paragraphs))))
        self._hashed = any(p.heading and labels.bracketed(p.rich) is None for p in paragraphs)
        self._hashed_brackets = any(p.heading and labels.bracketed(p.rich) is not None for p in paragraphs)

    def part_of(
        self, at: int, *, section: str | None, marked: bool, empty: bool, article: str | None, topics: bool
    ) -> tuple[Part, str]:
        """The part and its words.

        ``section``/``marked``/``empty``: the section that is open, whether its heading had # marks, whether it has no
        item yet. ``article``: the title of the item that is open (no byline yet), "" if it has none, None if none is open.
        ``topics``: topics stand on lines of their own here.
        """
        paragraph = self._all[at]
        inner = labels.bracketed(paragraph.rich)
        if inner is not None:
            if (
                not paragraph.heading
                and self._hashed_brackets
                and marked
                and (topics or self._topic_line(at, section, empty))
            ):
                return Part.TOPIC, despaced(inner)
            return Part.SECTION, _spaced_out(inner)
        if len(paragraph.text) > _LONGEST_HEADING:
            return Part.TEXT, ""
        if paragraph.heading:
            return self._hash_heading(at, article, section if marked else None)
        sign = paragraph.marker.strip(BLANKS)[:1]
        if sign in _SECTION_SIGNS | _TITLE_SIGNS:
            return self._signed_heading(at, sign)
        if paragraph.marker:
            return Part.TEXT, ""
        levelled = section if section is not None and lexicon.level_mark(section) else None
        return self._bare_heading(at, open_item=article is not None, levelled=levelled)

    def _topic_line(self, at: int, section: str | None, empty: bool) -> bool:
        """A bare 【…】 directly below a # heading, with briefs below it, is a topic on its own line."""
        return section is not None and empty and at + 1 < len(self._all) and not self._is_heading_shape(at + 1)

    def _hash_heading(self, at: int, article: str | None, section_above: str | None) -> tuple[Part, str]:
        """``section_above``: the open section, if its heading had # marks too."""
        text = self._all[at].text.lstrip(_SIGNS) or self._all[at].text
        numbered = lexicon.level_mark(text)
        sibling = (
            bool(section_above) and lexicon.level_mark(section_above or "") and _form(text) == _form(section_above)
        )
        if (
            article is not None
            and numbered
            and not (lexicon.section_name(text) or sibling or lexicon.level_mark(article))
        ):
            return Part.TEXT, ""  # a numbered level inside an article
        sections_marked = self._bracketed or self._signed
        if sections_marked:
            section = lexicon.section_name(text)
        else:
            below = self._all[at + 1] if at + 1 < len(self._all) else None
            above_deeper = below is not None and below.heading > self._all[at].heading and len(text) <= 24
            nested = self._all[at].heading > self._nest and not lexicon.section_name(text)
            names = _short_name(text) and not self._only_titles and not nested and not self._titles_below(at)
            alike = (self._all[at].heading, _form(text)) in self._numbered_sections and not nested
            section = above_deeper or names or (numbered and (sibling or alike or lexicon.section_name(text)))
        if section:
            return Part.SECTION, _spaced_out(text)
        return (Part.TEXT, "") if text[-1] in "。；" else (Part.TITLE, text)

    def _titles_below(self, at: int) -> bool:
        """Whether a heading right below another one titles the first article of that section."""
        above = self._all[at - 1] if at else None
        return above is not None and above.heading > 0 and not lexicon.section_name(self._all[at].text)

    def _signed_heading(self, at: int, sign: str) -> tuple[Part, str]:
        paragraph = self._all[at]
        text = paragraph.text.rstrip(BLANKS)
        if len(text) > _LONGEST_SIGNED or text[-1] in "。；，！？：:" or "。" in text:
            return Part.TEXT, ""
        if _has_label(
            paragraph
        ):  # 桂园社区：“银龄课堂”开到家门口 with a text below is a title, 桂园社区：开设课堂 is a brief
            titled = self._text_follows(at) and not self._all[at + 1].marker and not _has_label(self._all[at + 1])
            return (Part.TITLE, text) if titled else (Part.TEXT, "")
        others_mark = self._bracketed or self._hashed or self._named
        below_named = self._named and sign not in "◆■" and not lexicon.section_name(text)
        if (
            (
                lexicon.section_name(text)
                or (_short_name if sign in "◆■" and self._signed else lexicon.section_like)(text)
            )
            and not below_named
            and (sign in _SECTION_SIGNS or not (others_mark or self._signed))
        ):
            return Part.SECTION, _spaced_out(text)
        if sign in _SECTION_SIGNS and not others_mark and not self._signed:
            return Part.SECTION, text
        return (Part.TITLE, text) if self._text_follows(at) else (Part.TEXT, "")

    def _bare_heading(self, at: int, *, open_item: bool, levelled: str | None) -> tuple[Part, str]:
        """``levelled``: the open section if its name is numbered; then 二、 names the next and （一） is a title."""
        paragraph = self._all[at]
        text = paragraph.text
        if paragraph.single and _packed(text) in self._listed and at + 1 < len(self._all):
            section = lexicon.section_name(labels.unnumbered(text)) and text[0] not in "0123456789"
            return (Part.SECTION, _spaced_out(text)) if section else (Part.TITLE, text)
        numbered = lexicon.level_mark(text) and (open_item or self._bracketed or self._hashed or self._signed)
        if lexicon.section_name(text) and paragraph.single and not numbered and at + 1 < len(self._all):
            return Part.SECTION, _spaced_out(text)
        underlined = paragraph.underline == "=" or (paragraph.underline == "-" and lexicon.section_like(text))
        if underlined and paragraph.single and title_like(text + "  ") and not open_item:
            return (Part.SECTION if lexicon.section_like(text) else Part.TITLE), text
        if levelled and paragraph.rich.all_bold and lexicon.level_mark(text) and text[-1] not in "。；;，,：:！":
            if _form(text) != _form(levelled):
                return (Part.TITLE, text) if self._text_follows(at) else (Part.TEXT, "")
            if lexicon.section_like(lexicon.unlevelled(text)):
                return Part.SECTION, _spaced_out(text)
        if not paragraph.single or text[0] in "（(":
            return Part.TEXT, ""
        if _has_label(paragraph):  # a title may begin with a unit and a colon too
            below = self._all[at + 1] if at + 1 < len(self._all) else None
            named = title_like(labels.unnumbered(text))
            titled = below is not None and named and not title_like(below.text) and not _has_label(below)
            return (Part.TITLE, text) if titled and self._text_follows(at) else (Part.TEXT, "")
        spread = _SPREAD_RE.fullmatch(text) is not None and lexicon.section_like(text)  # 理 论 宣 讲
        if self._heads_lines(at) or (spread and at + 1 < len(self._all)):
            return Part.SECTION, _spaced_out(text)
        if paragraph.rich.all_bold and len(text) <= _LONGEST_HEADING:
            if (
                text[-1] in "。；;，,：:！"
                or "。" in text
                or (lexicon.level_mark(text) and (open_item or not self._numbered_titles))
            ):
                return Part.TEXT, ""
            return (Part.TITLE, text) if at + 1 < len(self._all) or len(text) > 4 else (Part.TEXT, "")
        numbered_below = not open_item and at + 1 < len(self._all) and lexicon.level_mark(self._all[at + 1].text)
        if title_like(text) and (numbered_below or self._text_follows(at)):
            return Part.TITLE, text
        return Part.TEXT, ""

    def _heads_lines(self, at: int) -> bool:
        """Whether a bare short name heads a section: briefs with labels below it, or titles, and not only this once."""
        if not self._plain_name(at) or at + 1 >= len(self._all):
            return False
        if _has_label(self._all[at + 1]):
            return not self._all[at + 1].rich.all_bold
        return self._above_title(at) and self._pairs > 1

    def _above_title(self, at: int) -> bool:
        """Whether a short name, a longer title and its text follow each other, all bare."""
        if at + 2 >= len(self._all) or not self._plain_name(at):
            return False
        title, text = self._all[at + 1 : at + 3]
        bare = title.single and not (title.heading or title.marker or text.heading or text.marker)
        longer = title_like(title.text) and len(title.text) > _LONGEST_PLAIN_NAME
        return bare and longer and not title_like(text.text) and labels.ends_sentence(text.text)

    def _plain_name(self, at: int) -> bool:
        paragraph = self._all[at]
        plain = paragraph.single and not paragraph.heading and not paragraph.marker and not paragraph.rich.all_bold
        return (
            plain and 3 <= len(despaced(paragraph.text)) <= _LONGEST_PLAIN_NAME and lexicon.section_like(paragraph.text)
        )

    def _text_follows(self, at: int) -> bool:
        """Whether running text comes next: a short line that is followed by nothing titles nothing."""
        if at + 1 >= len(self._all):
            return False
        paragraph, below = self._all[at], self._all[at + 1]
        level = lexicon.level_mark(below.text) and labels.ends_sentence(below.text)  # （一）抓重点。…
        if self._is_heading_shape(at + 1) or (below.text[0] in "（(|" and not level):
            return False
        if below.text.startswith("——"):
            return True
        if title_like(below.text):  # the first of two short lines above a text is the title, the second its subtitle
            after = self._all[at + 2] if at + 2 < len(self._all) and not self._is_heading_shape(at + 2) else None
            return (
                after is not None
                and labels.ends_sentence(after.text)
                and not _has_label(below)
                and not _has_label(after)
            )
        return labels.ends_sentence(below.text) or len(below.text) > 2 * len(paragraph.text)

    def _is_heading_shape(self, at: int) -> bool:
        paragraph = self._all[at]
        return bool(paragraph.heading) or labels.bracketed(paragraph.rich) is not None


def _packed(title: str) -> str:
    """A title for comparison: without its number and its spaces."""
    return despaced(lexicon.unlevelled(title))


def _has_label(paragraph: Paragraph) -> bool:
    return any(brief.starts for brief in labels.split_briefs(paragraph.rich, briefs=bool(paragraph.marker)))


def _form(heading: str | None) -> str:
    """How a numbered heading is written: with a bracket, Chinese or other digits."""
    first = (heading or " ")[0]
    return "(" if first in "（(" else "一" if first in "一二三四五六七八九十" else "1"


def _short_name(text: str) -> bool:
    """Whether a # heading is short enough to name a section: 走进基层 does, though 走进 is a verb."""
    return lexicon.section_like(text) or (len(despaced(text)) <= 8 and not _SENTENCE_RE.search(text))


def _spaced_out(heading: str) -> str:
    """The name of a section without the spaces that only spread it: 简 讯 is 简讯."""
    return despaced(heading)
