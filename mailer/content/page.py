"""What a reader of the mail sees, in which order and at which heading level: the values that templates print.

Owns the decisions of the layout that need thought (how the title is split, what 本期要目 says, which briefs belong to one
topic). Knows no HTML and changes no word of the issue.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from itertools import groupby
from urllib.parse import quote

from mailer.content.characters import one_line, without_gaps
from mailer.content.facts import ADDRESS, MailingFacts
from mailer.content.issue import Contact, Distribution, Issue, Item, Section
from mailer.content.leads import Lead, first_clause, leads_of, preheader
from mailer.content.look import Accent, Look
from mailer.content.occasion import Banner, banners, repeats_the_issue, wants_answer
from mailer.content.paragraphs import LEVEL, Paragraph, lines_of, paragraphs_of, with_label
from mailer.model.links import Purpose, link

# What bulletins call themselves; in front of it stands the campaign or the place, which the masthead prints smaller.
_KINDS = tuple(
    first + last
    for last in ("快报", "简报", "动态", "通报", "专报", "周报", "月报", "要情", "信息", "通讯", "内参", "专刊")
    for first in ("工作", "信息", "情况", "")
)
_NAME_IN_ONE_LINE = 8  # characters of the large type that fit a phone
# A label without a colon in print: the text goes on with it as its subject (某镇、某街道 也开展了……).
_GOES_ON = ("也", "亦", "均", "还")
_ALREADY_BRACKETED = re.compile(r"[【〖\[].*[】〗\]]")


@dataclass(frozen=True, slots=True)
class Masthead:
    """``above`` is the line over the name, '' where the title is not divided."""

    secrecy: str
    above: str
    name: str
    number: str
    office: str
    date: str


@dataclass(frozen=True, slots=True)
class Entry:
    """An article or a brief. ``level`` is the title's heading, 0 for a plain line; a brief has its unit in the first paragraph's lead.

    ``place`` is where it stands in the web copy (``s1-2``); a shortened entry has no paragraphs but one of its words.
    """

    title: str
    level: int
    is_brief: bool
    paragraphs: tuple[Paragraph, ...]
    byline: str
    place: str


@dataclass(frozen=True, slots=True)
class Group:
    """Neighbouring entries under one topic; ``topic`` is '' where there is none."""

    topic: str
    level: int
    entries: tuple[Entry, ...]


@dataclass(frozen=True, slots=True)
class Part:
    """``place`` is where the section stands in the web copy (``s1``)."""

    heading: str
    place: str
    groups: tuple[Group, ...]


@dataclass(frozen=True, slots=True)
class Note:
    label: str
    paragraphs: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Line:
    """A printed line of the foot: label and words; ``href`` makes the words a link (mailto, tel)."""

    label: str
    text: str
    href: str = ""


@dataclass(frozen=True, slots=True)
class Picture:
    """The office's sign: ``source`` is a cid address (RFC 2392), sizes are CSS pixels."""

    source: str
    width: int
    height: int
    alt: str


@dataclass(frozen=True, slots=True)
class Page:
    """Everything the templates may print, but for the 件号 (``piece_number``, given beside it).

    ``change_subject``, ``sign_subject`` and ``leave_subject`` are the subjects, percent-encoded, of the letters that
    the mail offers to write to ``reply_to``; the 件号 follows them. ``web_url``, ``sign_url``, ``change_url`` and
    ``leave_url`` are the recipient's own pages, '' where there are none; ``is_shortened`` says that titles and first words
    stand for the articles; ``is_web_copy``: this is such a page, with nothing personal and a place for every article.
    """

    title: str
    subject_name: str
    masthead: Masthead
    headline: str
    preheader: str
    banners: tuple[Banner, ...]
    leads: tuple[Lead, ...]
    note: Note | None
    parts: tuple[Part, ...]
    loose: tuple[str, ...]
    credits: tuple[Line, ...]
    distribution: tuple[Line, ...]
    copies: int
    contact: tuple[Line, ...]
    list_name: str
    may_leave: bool
    asks_acknowledgement: bool
    notice: str
    reply_to: str
    reply_to_href: str
    change_subject: str
    sign_subject: str
    leave_subject: str
    web_url: str
    sign_url: str
    change_url: str
    leave_url: str
    is_shortened: bool
    is_web_copy: bool
    colours: Accent
    logo: Picture | None
    footer: tuple[str, ...]


def lay_out(issue: Issue, facts: MailingFacts, tokens: Mapping[Purpose, str] | None = None) -> Page:
    """The page of ``issue`` as the members of one list get it. ``tokens``: of the personal links, if it shall have any."""
    told = tuple(banners(facts.kind, facts.note, rehearsal=facts.rehearsal))
    whole = repeats_the_issue(facts.kind)
    issue = issue if whole else _without_words(issue)
    masthead = masthead_of(issue)
    urls = {
        purpose: link(facts.base_url, purpose, token) for purpose, token in (tokens or {}).items() if facts.base_url
    }
    web_url = urls.get(Purpose.READ, "") if whole else ""
    leads = leads_of(issue, web_url)
    name = facts.list.name
    return Page(
        title=one_line(f"{issue.title} {masthead.number}"),
        subject_name=without_gaps(issue.title) + (f"第{issue.number}期" if issue.number is not None else ""),
        masthead=masthead,
        headline=LEVEL.sub("", one_line(issue.headline), count=1) or first_clause(issue),
        preheader=preheader(issue, leads) if whole else told[-1].text,
        banners=told,
        leads=leads,
        note=note_of(issue),
        parts=parts_of(issue),
        loose=loose_of(issue),
        credits=credits_of(issue),
        distribution=distribution_of(issue),
        copies=issue.copies or 0,
        contact=tuple(contact_of(issue.contact)),
        list_name=name if name.endswith(("名单", "列表")) else f"“{name}”名单",
        may_leave=not facts.list.is_duty,
        asks_acknowledgement=facts.list.asks_acknowledgement and wants_answer(facts.kind),
        notice=facts.notice,
        reply_to=facts.sender.reply_to,
        reply_to_href=quote(facts.sender.reply_to, safe="@"),
        change_subject=quote(f"调整接收人 {masthead.number} 件号 "),
        sign_subject=quote(f"签收 {masthead.number} 件号 "),
        leave_subject=quote(f"退订 {masthead.number} 件号 "),
        web_url=web_url,
        sign_url=urls.get(Purpose.SIGN, ""),
        change_url=urls.get(Purpose.SETTINGS, ""),
        leave_url=urls.get(Purpose.LEAVE, ""),
        is_shortened=False,
        is_web_copy=False,
        colours=facts.look.colours,
        logo=picture_of(facts.look, facts.message_domain),
        footer=facts.look.footer,
    )


def as_web_copy(page: Page, issue: Issue, facts: MailingFacts) -> Page:
    """The same page for browsers: its contents lead to places within it, the office's sign is in it, nobody is addressed."""
    logo = facts.look.logo
    return replace(
        page,
        leads=leads_of(issue, within_page=True) if page.parts else (),
        asks_acknowledgement=False,
        may_leave=False,
        is_web_copy=True,
        logo=replace(page.logo, source=logo.data_url) if page.logo is not None and logo is not None else None,
    )


def picture_of(look: Look, domain: str) -> Picture | None:
    if look.logo is None:
        return None
    return Picture(f"cid:{look.logo.content_id(domain)}", look.logo.width, look.logo.height, look.logo.alt)


def _without_words(issue: Issue) -> Issue:
    """What identifies the issue, and whom to ask."""
    return replace(
        issue,
        sections=(),
        editor_note=None,
        contents=(),
        credits={},
        copies=None,
        distribution=Distribution(),
        unrecognised=(),
    )


def masthead_of(issue: Issue) -> Masthead:
    """报头, in the words the office printed."""
    above, name = split_title(issue.title)
    printed = one_line(issue.number_printed).strip("()（）")
    number = printed or "".join(
        (
            f"第{issue.number}期" if issue.number is not None else "",
            f"（{issue.series}）" if issue.series else "",
            f"（总第{issue.total_number}期）" if issue.total_number is not None else "",
        )
    )
    day = f"{issue.date.year}年{issue.date.month}月{issue.date.day}日" if issue.date else ""
    return Masthead(
        secrecy=one_line(issue.secrecy or ""),
        above=above,
        name=name,
        # an opening bracket that lost its partner to the strip above gets it back
        number=f"{number}）" if number.count("（") > number.count("）") else number,
        office=one_line(issue.issuing_office or ""),
        date=one_line(issue.date_printed) or day,
    )


def split_title(title: str) -> tuple[str, str]:
    """The line above and the name: divided where the office left a space, else before the kind of a long title."""
    words = one_line(title)
    above, space, name = words.rpartition(" ")
    if space and 2 <= len(name) <= 2 * _NAME_IN_ONE_LINE:
        return without_gaps(above), name
    words = without_gaps(words)
    if len(words) > _NAME_IN_ONE_LINE:
        for kind in _KINDS:
            if len(kind) > 2 and words.endswith(kind):
                return words.removesuffix(kind), kind
    return "", words


def note_of(issue: Issue) -> Note | None:
    """编者按, 按语."""
    if issue.editor_note is None:
        return None
    return Note(one_line(issue.editor_note.label), lines_of(issue.editor_note.text))


def parts_of(issue: Issue) -> tuple[Part, ...]:
    return tuple(_part_of(section, f"s{nth}") for nth, section in enumerate(issue.sections, 1))


def loose_of(issue: Issue) -> tuple[str, ...]:
    """What readers shall see and fits no part."""
    return tuple(line for text in issue.unrecognised if text.is_for_readers for line in lines_of(text.text))


def credits_of(issue: Issue) -> tuple[Line, ...]:
    """签发, 审核, 编辑 ..."""
    return tuple(Line(label, "、".join(names)) for label, names in issue.credits.items())


def distribution_of(issue: Issue) -> tuple[Line, ...]:
    """报, 送, 发 with the phrases printed; a list without a phrase is not printed."""
    return tuple(Line(code, "、".join(phrases)) for code, phrases in issue.distribution.by_list().items() if phrases)


def _part_of(section: Section, place: str) -> Part:
    """Heading levels never jump: without a section heading, topics and titles move up by one."""
    level = 3 if section.heading else 2
    groups = []
    numbered = enumerate(section.items, 1)
    for topic, items in groupby(numbered, key=lambda numbered_item: numbered_item[1].topic or ""):
        title_level = level + 1 if topic else level
        entries = tuple(_entry(item, title_level, f"{place}-{nth}") for nth, item in items)
        groups.append(Group(_bracketed(topic), level, entries))
    return Part(_bracketed(section.heading or ""), place, tuple(groups))


def _bracketed(name: str) -> str:
    """A section's name in its brackets again; one that is numbered (一、工作动态) never had any."""
    words = without_gaps(name)
    if not words or _ALREADY_BRACKETED.fullmatch(words) or LEVEL.match(words):
        return words
    return f"【{words}】"


def _entry(item: Item, level: int, place: str) -> Entry:
    label, text = "", item.text.strip()
    if item.units:
        units = "、".join(one_line(unit) for unit in item.units)
        label = units if not text or text.startswith(_GOES_ON) else f"{units}："
        if text.startswith(units):  # the file kept the names in the sentence
            label, text = units, text.removeprefix(units)
    byline = one_line(item.byline or "")
    return Entry(
        title=one_line(item.title or ""),
        level=level,
        is_brief=bool(label) and not item.title,
        paragraphs=with_label(paragraphs_of(text), label),
        byline=f"（{byline}）" if byline else "",
        place=place,
    )


def contact_of(contact: Contact) -> Iterable[Line]:
    """Mail, telephone, fax, each a line of the foot."""
    for address in contact.email:
        yield Line("电子邮箱", address, f"mailto:{quote(address, safe='@')}" if ADDRESS.fullmatch(address) else "")
    for number in contact.phone:
        yield Line("电话", number, tel_href(number))
    for number in contact.fax:
        yield Line("传真", number)


def tel_href(printed: str) -> str:
    """``tel:`` and the digits before an extension; '' where there are too few to dial."""
    dialled = re.split(r"转|分机|[/、，,;；]", printed, maxsplit=1)[0]
    digits = "".join(re.findall(r"[0-9]", dialled))
    return f"tel:{'+' if dialled.strip().startswith('+') else ''}{digits}" if 5 <= len(digits) <= 15 else ""
