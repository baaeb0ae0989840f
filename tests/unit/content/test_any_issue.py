"""Whatever an issue holds, its mail renders, keeps every word, and lets nothing of it act as markup or as a header."""

from __future__ import annotations

import email
import email.policy
import re
from collections import Counter
from dataclasses import replace
from datetime import date

import lxml.html
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from mailer.content.compose import prepare
from mailer.content.issue import Contact, Distribution, EditorNote, Issue, Item, Section, Unrecognised
from mailer.content.render import SUBJECT_LENGTH, render
from mailer.model.mailing import MailingKind
from tests.support.issues import sample_facts
from tests.support.mails import BASE_URL, COPY, ENV, office_look

QUICK = [Phase.explicit, Phase.reuse, Phase.generate]  # making a failing issue smaller takes minutes at 30 ms a mail
HOSTILE = [
    "<script>x()</script>",
    '"><img src=x onerror="x()">',
    "</td></table></body>",
    "<!--[if mso]>",
    "--><b>",
    "<![endif]-->",
    "]]>",
    "&lt;b&gt;&#60;",
    "{{ 7 * 7 }}{% raw %}",
    "\r\nBcc: z@else.test\r\n\r\nbody",
    "=?utf-8?q?=0ABcc:_z@else.test?=",
    "P00000000000",
    "\r\n.\r\nMAIL FROM:<a@b.test>",
    "\x00\x1b\x85\u2028\u202e\ud800\ufdd0",
    "javascript:alert(1)",
    "url(https://x.test/a.png)",
    "字" * 400,
    "a" * 1200,
    "| 甲 | 乙 |\n|---|---|\n| 1 | 2 |",
    "一、总体情况。各单位要落实。",
    "甲\t1\n乙\t2",
]
words = st.one_of(
    st.text(max_size=24), st.sampled_from(HOSTILE), st.text(alphabet="字镇，。：一（）1 \n\t|", max_size=40)
)
several = st.lists(words, max_size=3).map(tuple)
optional = st.one_of(st.none(), words)
items = st.builds(Item, text=words, topic=optional, title=optional, units=several, byline=optional)
sections = st.builds(Section, heading=optional, items=st.lists(items, max_size=3).map(tuple))
issues = st.builds(
    Issue,
    title=words,
    number=st.one_of(st.none(), st.integers(0, 10**6)),
    date=st.one_of(st.none(), st.just(date(2026, 11, 20))),
    issuing_office=optional,
    sections=st.lists(sections, max_size=3).map(tuple),
    number_printed=words,
    date_printed=words,
    secrecy=optional,
    copies=st.one_of(st.none(), st.integers(0, 999)),
    editor_note=st.one_of(st.none(), st.builds(EditorNote, text=words, label=words)),
    contents=several,
    credits=st.dictionaries(words, several, max_size=2),
    distribution=st.builds(Distribution, report=several, copy_to=several, issue_to=several),
    contact=st.builds(Contact, email=several, phone=several, fax=several),
    unrecognised=st.lists(st.builds(Unrecognised, text=words), max_size=2).map(tuple),
)
facts = st.builds(
    lambda kind, note, base_url, look: replace(
        sample_facts(asks=True),
        kind=kind,
        note="" if kind is MailingKind.FIRST else note[:1000],
        base_url=base_url,
        look=look,
    ),
    st.sampled_from(MailingKind),
    words,
    st.sampled_from(["", BASE_URL]),
    st.sampled_from([sample_facts().look, office_look()]),
)


def tokens(text: str) -> Counter[str]:
    found = Counter(re.findall(r"[0-9A-Za-z]+", text))
    for run in re.findall("[\u3400-\u9fff]+", text):
        found.update(run[n : n + 2] for n in range(len(run)))
    return found


def visible(html: str) -> str:
    document = lxml.html.document_fromstring(html)
    for element in document.xpath("//head | //*[contains(@style, 'display:none')]"):
        element.drop_tree()
    return " ".join(
        text for node in document.iter() if isinstance(node.tag, str) for text in (node.text, node.tail) if text
    )


@given(issue=issues, facts=facts)
@settings(max_examples=70, deadline=None, phases=QUICK)
def test_any_issue_becomes_a_whole_mail_in_which_it_is_only_text(issue, facts):
    rendered = render(ENV, issue, facts)
    raw = b"".join(prepare(rendered, facts).copy(COPY))

    mail = email.message_from_bytes(raw, policy=email.policy.default)
    assert mail["Bcc"] is None
    assert not mail.defects
    assert len(mail.get_all("Subject")) == 1
    assert len(rendered.subject) <= SUBJECT_LENGTH
    lines = raw.split(b"\r\n")
    assert max(map(len, lines)) <= 998
    assert not any(b"\n" in line or b"\r" in line or line.startswith(b".") for line in lines)

    document = lxml.html.document_fromstring(rendered.html)
    assert document.xpath("//script | //b | //*[@onerror]") == []
    assert len(document.xpath("//img")) == (1 if facts.look.logo else 0)
    assert all(link.startswith(("mailto:", "tel:", BASE_URL)) for link in document.xpath("//a/@href"))
    assert len(document.xpath("//body")) == 1
    comments = rendered.html.count("<!--[if mso]>")
    assert rendered.html.count("<!--") == rendered.html.count("-->") == rendered.html.count("<![endif]-->") == comments
    for part in (rendered.text, rendered.html):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u2028\u202e\ud800\ufdd0]", part)
        assert part.count(rendered.placeholder) >= 1

    in_html, in_text = tokens(visible(rendered.html)), tokens(rendered.text)
    missing = in_html - in_text
    assert missing.total() <= 0.03 * in_html.total(), missing


@given(issue=issues)
@settings(max_examples=40, deadline=None, phases=QUICK)
def test_every_word_of_every_article_is_in_both_parts(issue):
    rendered = render(ENV, issue, sample_facts())
    wanted = Counter()
    for item in issue.items:
        for text in (item.text, item.title or "", item.topic or "", item.byline or "", *item.units):
            wanted += Counter(re.findall("[0-9A-Za-z\u3400-\u9fff]", text))
    for shown in (visible(rendered.html), rendered.text):
        missing = set(wanted) - set(re.findall("[0-9A-Za-z\u3400-\u9fff]", shown))
        assert not missing
