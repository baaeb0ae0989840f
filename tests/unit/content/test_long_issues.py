"""Long issues: small markup, never cut without a web copy, cut to titles with links where there is one."""

from __future__ import annotations

from dataclasses import replace

import lxml.html
import pytest

from mailer.content.facts import MailingFacts
from mailer.content.issue import Issue, Item, Section
from mailer.content.render import WEB_BANNER, render, render_web_copy
from mailer.content.rendered import HTML_LIMIT, Rendered
from mailer.model.links import NOBODYS, Purpose
from tests.support.issues import big_issue, sample_facts, sample_issue
from tests.support.mails import BASE_URL, ENV, many_items_issue, many_sections_issue, office_look

FACTS = sample_facts()
WITH_WEB = replace(FACTS, base_url=BASE_URL)
WEB_URL = f"{BASE_URL}/read/{NOBODYS[Purpose.READ]}"


def seen(issue: Issue, facts: MailingFacts) -> Rendered:
    """The mail as somebody reads it."""
    return render(ENV, issue, facts).as_read("000000000000", NOBODYS)


def links(html: str) -> dict[str, str]:
    return {link.text_content(): link.get("href") for link in lxml.html.document_fromstring(html).iter("a")}


def test_without_a_web_copy_nothing_is_cut_and_the_office_is_warned():
    issue = big_issue(600)
    mail = render(ENV, issue, FACTS)
    assert mail.html_bytes > HTML_LIMIT
    for item in issue.items:
        assert all(paragraph in mail.html for paragraph in item.paragraphs)
    (finding,) = mail.findings()
    assert finding.code == "mail_too_long"
    assert f"{mail.html_bytes / 1000:.0f} KB" in finding.message
    assert finding.remedy


def test_with_a_web_copy_the_html_is_titles_first_words_and_links_and_the_text_stays_whole():
    issue = big_issue(600)
    mail = seen(issue, WITH_WEB)
    assert mail.html_bytes < HTML_LIMIT
    assert mail.is_shortened
    found = links(mail.html)
    assert [found[item.title] for item in issue.items] == [f"{WEB_URL}#s1-{nth}" for nth in range(1, 61)]
    assert "（0）各单位要把工作落到实处，坚持问题导向，逐项建账、限时销号" in mail.html
    assert "（9）" not in mail.html
    for item in issue.items:
        assert all(paragraph in mail.text for paragraph in item.paragraphs)
    assert [finding.code for finding in mail.findings()] == ["mail_shortened"]


def test_a_very_long_issue_is_cut_further_until_it_fits():
    titles = replace(
        big_issue(0),
        sections=(Section("进展", tuple(Item(text="文" * 200, title=f"第{nth}项") for nth in range(300))),),
    )
    mail = seen(titles, WITH_WEB)
    assert mail.html_bytes < HTML_LIMIT
    assert links(mail.html)["第299项"].endswith("#s1-300")
    assert "文文文" not in mail.html
    sections = replace(titles, sections=titles.sections * 8)
    mail = seen(sections, WITH_WEB)
    assert mail.html_bytes < HTML_LIMIT
    assert "第299项" not in links(mail.html)
    assert links(mail.html)["进展"] == f"{WEB_URL}#s8"
    assert f"本期篇幅较长，全文可在网页中阅读：{WEB_URL}" in mail.text
    assert mail.text.count("第299项") == 8


def test_briefs_are_named_by_unit_and_first_words_when_they_are_cut():
    mail = seen(many_items_issue(270), WITH_WEB)
    assert mail.is_shortened
    assert any(name.startswith("第7社区：近日") for name in links(mail.html))


def test_300_briefs_and_40_sections_are_small_enough_to_stand_whole():
    assert render(ENV, many_sections_issue(), FACTS).html_bytes < 45_000
    briefs = render(ENV, many_items_issue(200), FACTS)
    assert briefs.html_bytes < HTML_LIMIT
    assert not briefs.findings()


def test_a_paragraph_costs_its_words_and_little_more():
    issue = big_issue(200)
    words = sum(len(item.text.encode()) + len((item.title or "").encode()) for item in issue.items)
    assert render(ENV, issue, FACTS).html_bytes - words < 13_000 + 60 * 200


def test_a_short_issue_is_whole_and_its_contents_lead_to_the_web_copy():
    mail = seen(sample_issue(), WITH_WEB)
    assert not mail.is_shortened
    assert not mail.findings()
    found = links(mail.html)
    assert found["指挥调度"] == f"{WEB_URL}#s1"
    assert found["简讯"] == f"{WEB_URL}#s3"
    assert found["在网页中阅读本期"] == WEB_URL
    assert f"在网页中阅读本期：{WEB_URL}" in mail.text


def test_printed_contents_lead_to_the_web_copy_as_a_whole():
    mail = seen(replace(sample_issue(), contents=("推进会召开", "礼仪进校园")), WITH_WEB)
    assert links(mail.html)["礼仪进校园"] == WEB_URL


def test_many_sections_are_only_named():
    mail = render(ENV, many_sections_issue(), FACTS)
    assert "专题之1、专题之2、" in mail.text
    assert mail.text.count("健全机制") == 40
    assert links(seen(many_sections_issue(), WITH_WEB).html)["专题之40"] == f"{WEB_URL}#s40"


@pytest.mark.parametrize(
    "address",
    [
        "http://news.example",
        "https://news.example/",
        "https://news.example/1",
        'https://x.example"',
        "https://x.example\r\nX: y",
    ],
)
def test_a_web_address_that_cannot_stand_in_a_link_is_refused(address):
    with pytest.raises(ValueError, match="base_url"):
        replace(FACTS, base_url=address)


def test_the_web_copy_of_an_issue_that_is_cut_in_the_mail_is_whole_and_has_a_place_for_every_link():
    issue = big_issue(600)
    page = render_web_copy(ENV, issue, WITH_WEB)
    words = lxml.html.document_fromstring(page).text_content()
    for item in issue.items:
        assert all(paragraph in words for paragraph in item.paragraphs)
    places = {element.get("id") for element in lxml.html.document_fromstring(page).iter("a")}
    wanted = {href.partition("#")[2] for href in links(seen(issue, WITH_WEB).html).values() if "#" in href}
    assert wanted <= places
    assert page.count(WEB_BANNER) == 1
    assert "件号" not in page
    assert BASE_URL not in page


def test_the_web_copy_carries_the_offices_sign_in_itself():
    page = render_web_copy(ENV, sample_issue(), replace(WITH_WEB, look=office_look()))
    assert 'src="data:image/png;base64,' in page
    assert "cid:" not in page
