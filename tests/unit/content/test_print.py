"""An issue as HTML for paper: every word of it, and nothing that would have to be fetched."""

from __future__ import annotations

import re
from dataclasses import replace
from html import unescape

from mailer import resources
from mailer.content.issue import Issue, Item, Section
from mailer.content.print import print_html
from mailer.content.render import environment
from tests.support.issues import sample_issue

ENVIRONMENT = environment(resources.templates())


def words(html: str) -> str:
    body = html[html.index("<body>") :]
    return re.sub(r"\s", "", unescape(re.sub(r"<[^>]+>", "", body)))


def test_every_word_of_the_issue_is_on_the_paper():
    issue = replace(sample_issue(), copies=120, contents=("“板凳会”开到居民家门口",), secrecy="内部资料 注意保存")
    printed = words(print_html(ENVIRONMENT, issue))
    wanted = [
        issue.secrecy, "第128期", issue.issuing_office, "（共印120份）",
        *(text for item in issue.items for text in (item.title, item.byline, *item.text.split("\n"))),
        *(phrase for phrases in issue.distribution.by_list().values() for phrase in phrases),
        *(name for names in issue.credits.values() for name in names),
    ]  # fmt: skip
    missing = [text for text in wanted if text and re.sub(r"\s", "", text) not in printed]
    assert missing == []


def test_the_lists_stand_after_the_text_and_keep_their_order():
    printed = words(print_html(ENVIRONMENT, sample_issue()))
    assert printed.index("报：") < printed.index("发：")
    assert printed.index(re.sub(r"\s", "", sample_issue().items[-1].text)[:10]) < printed.index("报：")


def test_what_a_file_says_is_text_and_nothing_points_outside():
    evil = '<img src="http://a.example/x.png"><script>alert(1)</script>'
    issue = Issue(evil, 1, None, evil, (Section(evil, (Item(evil, evil, evil, (evil,), evil),)),), secrecy=evil)
    html = print_html(ENVIRONMENT, issue)
    assert re.findall(r"<(?:img|script|link|iframe|object|a)\b", html) == []
    assert re.findall(r"url\(|@import", html) == []


def test_an_issue_of_a_masthead_alone_has_no_empty_parts():
    html = print_html(ENVIRONMENT, Issue("鹿鸣区工作快报", 1, None, None, ()))
    assert 'class="foot' not in html
    assert 'class="part"' not in html
