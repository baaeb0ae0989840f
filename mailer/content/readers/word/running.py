"""Headers and footers: page furniture for the most part, but some offices keep masthead or foot in them."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from mailer.content.issue import Place, Unrecognised
from mailer.content.readers import foot
from mailer.content.readers.emphasis import BLANKS
from mailer.content.readers.lexicon import despaced
from mailer.content.readers.lines import Gap, Line
from mailer.content.readers.masthead import Masthead, read_masthead
from mailer.content.readers.secrecy import secrecy_mark
from mailer.content.readers.word.document import DocumentReader, settle_bold
from mailer.content.readers.word.package import Package
from mailer.content.readers.word.xml import Element, attribute, child, is_on, local

_MOST: Final = 30
_FOOT_SEARCH: Final = 20


class Running:
    """The headers and footers that are printed, each once."""

    def __init__(self, package: Package, reader: DocumentReader, root: Element) -> None:
        self._package, self._reader = package, reader
        self._headers: list[Line] = []
        self._footers: list[Line] = []
        seen: set[str] = set()
        for section in (one for one in root.iter() if local(one) == "sectPr"):
            titled = is_on(child(section, "titlePg"))
            for one in section:
                relation = package.relation(package.main, attribute(one, "id"))
                kind = local(one).removesuffix("Reference")
                if relation is None or relation.external or kind not in {"header", "footer"} or relation.target in seen:
                    continue
                if (attribute(one, "type") == "first" and not titled) or len(seen) >= _MOST:
                    continue
                seen.add(relation.target)
                self._read(relation.target, self._headers if kind == "header" else self._footers)

    def _read(self, target: str, into: list[Line]) -> None:
        part = self._package.part(target)
        if part is not None:
            # 第 1 页 falls away as furniture; a field without a kept result leaves only its dashes, or the digits alone
            lines = self._reader.story(part, target)
            into += [line for line in settle_bold(lines) if any(sign.isalpha() for sign in line.text)]

    def around(self, lines: list[Line]) -> tuple[list[Line], list[Unrecognised]]:
        """The body with what of head or foot stood in the margins; what is neither is set aside."""
        head = read_masthead(lines)
        above = [] if not self._headers else self._heading(lines, head)
        if above:
            head = read_masthead([*above, *lines])
        taken = {line.text for line in above}
        known = [
            despaced(text) for text in (head.title, head.number_printed, head.office or "", head.date_printed) if text
        ]
        aside = [
            Unrecognised(line.full_text, Place(note="页眉"))
            for line in self._headers
            if line.text not in taken and _says_more(line.text, known)
        ]
        below: list[Line] = []
        if any(foot.kind_of(line) is foot.Kind.DISTRIBUTION for line in self._footers) and not any(
            foot.kind_of(line) is foot.Kind.DISTRIBUTION for line in lines[-_FOOT_SEARCH:]
        ):
            below = self._footers
        else:
            aside += [
                Unrecognised(line.full_text, Place(note="页脚"))
                for line in self._footers
                if _says_more(line.text, known)
            ]
        last = lines[-1].number if lines else 0
        return (
            [*(replace(line, number=1) for line in above), *lines, *(replace(line, number=last) for line in below)],
            aside,
        )

    def _heading(self, lines: list[Line], head: Masthead) -> list[Line]:
        """The lines of the headers that the head of the body lacks."""
        marks = [line for line in self._headers if head.secrecy is None and secrecy_mark(line.full_text)]
        if head.title and head.number is not None:
            return marks
        headers = [replace(line, gap=line.gap | Gap.BLANK) for line in self._headers]
        with_them = read_masthead([*headers, *lines])
        gained = (bool(with_them.title) and not head.title) or (with_them.number is not None and head.number is None)
        return headers if gained else marks


def _says_more(text: str, known: list[str]) -> bool:
    """Whether a running line says anything besides name, number, office and date."""
    packed = despaced(text)
    for words in sorted(known, key=len, reverse=True):
        packed = packed.replace(words, "")
    return any(sign.isalnum() for sign in packed.strip(BLANKS))
