"""The body: which paragraph heads a section, titles an article, begins a brief, names who wrote it.

Owns the order of the questions. The shapes themselves are known to ``labels`` (inside a paragraph) and ``headings``.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Final

from mailer.content.issue import Item, NotAnIssueError, Place, Section, Unrecognised
from mailer.content.readers import labels, lexicon
from mailer.content.readers.emphasis import Rich
from mailer.content.readers.headings import Headings, Part
from mailer.content.readers.lines import Gap
from mailer.content.readers.paragraphs import Paragraph

MAX_ITEMS: Final = 2_000
_BEGINS_BRIEF: Final = ("近日", "近期", "日前", "本周", "连日来", "今日")


@dataclass(slots=True)
class _Draft:
    """An item while its paragraphs come in. ``sign``: what it began with (★ ▲), and so does the next one."""

    line: int
    sign: str = ""
    topic: str | None = None
    title: str | None = None
    units: tuple[str, ...] = ()
    byline: str | None = None
    author: str | None = None  # printed between title and text: more is to come
    by_units: bool = False  # its paragraphs begin with the names of units and are its text all the same
    texts: list[str] = field(default_factory=list)

    @property
    def closed(self) -> bool:
        return self.byline is not None

    def done(self) -> Item:
        byline = self.byline if self.byline is not None else self.author
        return Item("\n".join(self.texts), self.topic, self.title, self.units, byline, Place(self.line))


@dataclass(slots=True)
class _Opened:
    heading: str | None
    line: int
    marked: bool = False
    items: list[_Draft] = field(default_factory=list)

    @property
    def briefs(self) -> bool:
        """Whether briefs are to be expected: by the name of the section, or since one has come."""
        by_name = self.heading is not None and lexicon.BRIEF_SECTION_RE.search(self.heading) is not None
        return by_name or any(item.units or item.topic for item in self.items[-1:])


class SectionReader:
    """Reads the paragraphs of the body into sections; what fits nowhere goes to ``unrecognised``."""

    def __init__(self, paragraphs: list[Paragraph], listed: Iterable[str] = ()) -> None:
        """``listed``: the titles of the printed contents."""
        self.unrecognised: list[Unrecognised] = []
        self._sections: list[_Opened] = []
        self._headings = Headings(paragraphs, listed)
        self._topic: str | None = None  # a topic on its own line; it holds until the next one
        self._count = 0
        for at, paragraph in enumerate(paragraphs):
            self._read(at, paragraph)

    def result(self) -> tuple[Section, ...]:
        return tuple(
            Section(opened.heading, tuple(draft.done() for draft in opened.items), Place(opened.line))
            for opened in self._sections
        )

    def _read(self, at: int, paragraph: Paragraph) -> None:
        current = self._sections[-1] if self._sections else None
        last = current.items[-1] if current and current.items else None
        part, text = self._headings.part_of(
            at, section=current.heading if current else None, marked=bool(current and current.marked), empty=last is None,
            article=last.title or "" if last is not None and not last.closed and last.texts else None,
            topics=self._topic is not None,
        )  # fmt: skip
        if part is Part.SECTION:
            self._sections.append(_Opened(text, paragraph.line, marked=bool(paragraph.heading)))
            self._topic = None
        elif part is Part.TOPIC:
            self._topic = text
        elif part is Part.TITLE:
            self._read_title(paragraph, text)
        else:
            self._read_text(paragraph)

    def _read_title(self, paragraph: Paragraph, title: str) -> None:
        section = self._section(paragraph)
        last = section.items[-1] if section.items else None
        if last is not None and last.title and not last.texts:  # its author, a title on two lines, or a subtitle
            if last.author is None and labels.names_author(title):
                last.author = title
                return
            gap = "" if title.startswith(("—", "-")) else " "
            last.title += gap + title
            return
        units = lexicon.units_of(title) if not paragraph.heading else ()
        if units:  # a brief whose unit stands on a line of its own
            self._add(section, _Draft(paragraph.line, topic=self._topic, units=units))
            return
        topic, units, rest = labels.split_title(title)
        sign = sign_of(paragraph).strip()
        self._add(section, _Draft(paragraph.line, sign, topic=topic or self._topic, title=rest, units=units))

    def _read_text(self, paragraph: Paragraph) -> None:
        section = self._section(paragraph)
        last = section.items[-1] if section.items else None
        rich = paragraph.rich
        body, byline = labels.split_byline(rich.text)
        if byline is not None and not body:
            if last is not None and not last.closed and (last.texts or last.title):
                if last.texts:
                    self._close(last, byline, paragraph)
                else:
                    last.author = byline
                return
            byline = None
        awaits = last is not None and bool(last.title) and not last.texts
        titled = labels.run_in_title(rich, closed=last is None or last.closed or bool(last.units))
        if titled and not awaits and not labels.split_briefs(rich, briefs=False)[0].starts:
            last = _Draft(paragraph.line, title=titled[0])
            self._add(section, last)
            rich = titled[1]
        self._read_briefs(section, last, paragraph, rich)

    def _read_briefs(self, section: _Opened, last: _Draft | None, paragraph: Paragraph, rich: Rich) -> None:
        awaits = last is not None and last.title is not None and not last.texts
        article = last is not None and last.title is not None and not last.closed
        if last is not None and article and self._tells_by_units(last, paragraph):
            last.by_units = True
            text, byline = labels.split_byline(sign_of(paragraph) + rich.text)
            last.texts.append(text)
            if byline is not None:
                self._close(last, byline, paragraph)
            return
        expected = (section.briefs or self._topic is not None or bool(paragraph.marker)) and not article
        for nth, brief in enumerate(labels.split_briefs(rich, briefs=expected, topic=self._topic)):
            body, byline = labels.split_byline(brief.text.text)
            if brief.starts and not (awaits and nth == 0 and not brief.units):
                last = _Draft(paragraph.line, topic=brief.topic, units=brief.units)
                self._add(section, last)
            elif last is None or last.closed or (nth == 0 and not awaits and self._new_brief(section, last, paragraph)):
                last = _Draft(paragraph.line, topic=self._topic)
                self._add(section, last)
            elif nth == 0 and not brief.starts and last.texts:
                body = sign_of(paragraph) + body
            if body:
                last.texts.append(body)
            if byline is not None:
                self._close(last, byline, paragraph)

    @staticmethod
    def _tells_by_units(last: _Draft, paragraph: Paragraph) -> bool:
        """Whether plain labels below a title are the paragraphs of its article: 区县引才见实效 / 东区：…

        A bold label is that of a brief.
        """
        if last.texts and not last.by_units:
            return False
        briefs = labels.split_briefs(paragraph.rich, briefs=False)
        return not paragraph.marker and 1 not in paragraph.rich.bold and (last.by_units or bool(briefs[0].units))

    def _new_brief(self, section: _Opened, last: _Draft, paragraph: Paragraph) -> bool:
        """Whether a paragraph without label is another brief and not the next paragraph of the last one."""
        if last.texts and last.sign and last.sign == sign_of(paragraph).strip():
            return True
        if last.title is not None or not last.texts:
            return False
        if paragraph.gap & Gap.RULE and labels.ends_sentence(last.texts[-1] if last.texts else ""):
            return True
        by_name = section.heading is not None and lexicon.BRIEF_SECTION_RE.search(section.heading) is not None
        if by_name and labels.numbered(paragraph.text) and labels.numbered(last.texts[0]):
            return True
        if last.units or last.topic:
            return paragraph.text.startswith(_BEGINS_BRIEF) or (by_name and bool(paragraph.marker))
        brief_name = section.heading is not None and any(word in section.heading for word in ("讯", "一句话"))
        signed = bool(paragraph.marker.strip()) and paragraph.marker[0] not in "-*+·"
        return brief_name or signed or (by_name and bool(paragraph.marker))

    def _close(self, item: _Draft, byline: str, paragraph: Paragraph) -> None:
        item.byline, links = labels.without_link(byline)
        if links:
            self.unrecognised.append(Unrecognised(links, Place(paragraph.line, "署名中的链接")))

    def _section(self, paragraph: Paragraph) -> _Opened:
        if not self._sections:
            self._sections.append(_Opened(None, paragraph.line))
        return self._sections[-1]

    def _add(self, section: _Opened, draft: _Draft) -> None:
        self._count += 1
        if self._count > MAX_ITEMS:
            raise NotAnIssueError(
                "too_many_items",
                f"读出的条目超过 {MAX_ITEMS:,} 条，不像一期简报。",
                "请确认选对了文件；如确有这么多内容，请分成几期。",
                Place(draft.line),
            )
        section.items.append(draft)


def sign_of(paragraph: Paragraph) -> str:
    """The sign in front of a paragraph that is text (★, ●); Markdown's own list marks are marks."""
    return "" if paragraph.marker[:2] in {"- ", "* ", "+ "} else paragraph.marker
