"""What a reader gets to see: subject, text and HTML of an issue, and what templates cannot do."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import replace
from datetime import date
from itertools import pairwise

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jinja2 import DictLoader, TemplateError, UndefinedError

from mailer import resources
from mailer.content.facts import PRIVACY_NOTICE
from mailer.content.issue import Contact, EditorNote, Item, Place, Section, Unrecognised
from mailer.content.page import lay_out, split_title
from mailer.content.render import SUBJECT_LENGTH, Rendered, environment, inline_styles, render
from mailer.model.links import NOBODYS
from tests.support.issues import big_issue, sample_facts, sample_issue

ENV = environment(resources.templates())
PIECE = "K7QF-2M9T-0A"


def read(issue=None, **facts) -> Rendered:
    return render(ENV, issue or sample_issue(), sample_facts(**facts)).as_read(PIECE, NOBODYS)


def visible(html: str) -> str:
    """The words of the HTML that a reader sees."""
    document = lxml.html.document_fromstring(html)
    for element in document.xpath("//head | //*[contains(@style, 'display:none')]"):
        element.drop_tree()
    return " ".join(document.text_content().split())


def words(text: str) -> Counter[str]:
    found = Counter(re.findall(r"[0-9A-Za-z@._-]+", text))
    for run in re.findall("[\u3400-\u9fff]+", text):
        found.update(run[n : n + 2] for n in range(len(run)))
    return found


# --- the words


def test_every_word_of_the_issue_is_in_both_parts():
    issue, mail = sample_issue(), read()
    html = visible(mail.html)
    for expected in [
        *[paragraph for item in issue.items for paragraph in item.paragraphs],
        *[item.title for item in issue.items if item.title],
        *["【指挥调度】", "【简讯】", "【环境整治】", "（本刊）", "（区志愿服务总队）"],
        *["石桥镇：近日，", "南湾街道、北坡乡也开展了", "编者按：本期刊发", "编辑：林晓禾", "核签：程远"],
        *["第128期", "2026年11月20日", issue.issuing_office, "（共印60份）", "（附：下期截稿时间为11月27日）"],
        *[
            "各成员单位主要领导、分管领导、信息员",
            "kuaibao@chengjiang.example",
            "0555-6660 0128",
            "传真：0555-66600129",
        ],
    ]:
        assert expected in mail.text.replace("编者按：\n　　", "编者按："), expected
        assert expected in html, expected


def test_the_text_part_covers_the_words_of_the_html():
    for issue in (sample_issue(), big_issue(60)):
        mail = read(issue, asks=True, rehearsal=True)
        in_html, in_text = words(visible(mail.html)), words(mail.text)
        assert in_html.total() > 500
        assert (in_html - in_text).total() <= 0.01 * in_html.total()


def test_the_words_keep_their_signs_and_are_escaped_in_html():
    mail = read()
    assert "讲述 a < b & c > d 的算术趣题" in mail.text
    assert "讲述 a &lt; b &amp; c &gt; d 的算术趣题" in mail.html


def test_markup_in_the_issue_is_text():
    hostile = '<script>alert(1)</script><img src=x onerror="x()">{{ 7 * 7 }}{% raw %}'
    issue = replace(
        sample_issue(),
        title=f"快报 {hostile}",
        issuing_office=hostile,
        sections=(Section(hostile, (Item(text=hostile, title=hostile, topic=hostile, byline=hostile),)),),
        contact=Contact(email=('"><b>@x.test',), phone=('javascript:alert("1")',)),
    )
    mail = read(issue)
    document = lxml.html.document_fromstring(mail.html)
    assert document.xpath("//script | //img | //b | //*[@onerror]") == []
    assert {link.partition(":")[0] for link in document.xpath("//a/@href")} <= {"mailto", "tel"}
    assert "{{ 7 * 7 }}" in mail.text


def test_headings_never_jump_a_level():
    bare = replace(
        sample_issue(),
        sections=(Section(None, (Item(text="甲", title="题"), Item(text="乙", title="题", topic="类"))),),
    )
    for issue in (sample_issue(), bare):
        levels = [
            int(tag.tag[1]) for tag in lxml.html.document_fromstring(read(issue).html).iter("h1", "h2", "h3", "h4")
        ]
        assert levels[0] == 1
        assert levels.count(1) == 1
        assert all(after <= before + 1 for before, after in pairwise(levels))


def test_contents_are_shown_for_several_sections_and_left_out_for_one():
    assert "简讯：环境整治、文明培育" in visible(read().html)
    assert "经验交流：“板凳会”开到居民家门口；志愿服务“点单”更便民" in read().text
    one = replace(sample_issue(), sections=sample_issue().sections[1:2])
    assert "“板凳会”开到居民家门口；志愿服务" in lay_out(one, sample_facts()).preheader
    assert "本期要目" not in read(one).html + read(one).text


def test_the_printed_contents_come_before_made_ones():
    printed = replace(sample_issue(), contents=("推进会召开", "礼仪进校园"))
    assert [lead.text for lead in lay_out(printed, sample_facts()).leads] == ["推进会召开", "礼仪进校园"]


@pytest.mark.parametrize(
    ("title", "above", "name"),
    [
        ("澄江区创建全国文明城区 工作快报", "澄江区创建全国文明城区", "工作快报"),
        ("澄江区创建全国文明城区工作动态", "澄江区创建全国文明城区", "工作动态"),
        ("文明城区建设简报", "", "文明城区建设简报"),
        ("澄江区文明创建 信息快报", "澄江区文明创建", "信息快报"),
        ("澄江文明实践志愿服务观察", "", "澄江文明实践志愿服务观察"),
        ("", "", ""),
    ],
)
def test_the_title_is_divided_where_the_office_would(title, above, name):
    assert split_title(title) == (above, name)


def test_an_issue_with_only_a_masthead_renders():
    mail = read(
        replace(
            sample_issue(), sections=(), editor_note=None, unrecognised=(), number=None, number_printed="", date=None
        )
    )
    assert "澄江区创建全国文明城区" in mail.text
    assert "None" not in mail.text + mail.html
    assert mail.subject == "澄江区创建全国文明城区工作快报"


def test_number_and_date_are_made_when_the_file_kept_no_printed_form():
    made = replace(sample_issue(), number_printed="", date_printed="", total_number=356, date=date(2026, 3, 8))
    assert "第128期（总第356期）" in read(made).text
    assert "2026年3月8日" in read(made).text


def test_a_numbered_section_keeps_its_number_and_gets_no_brackets():
    numbered = replace(
        sample_issue(),
        sections=tuple(
            replace(s, heading=f"{n}、工作") for n, s in zip("一二三", sample_issue().sections, strict=True)
        ),
    )
    assert "\n二、工作\n" in read(numbered).text
    assert "【二、工作】" not in read(numbered).html
    untitled = replace(numbered, sections=numbered.sections[:1])
    assert read(untitled).subject.endswith("第128期：工作")


# --- the mail around them


def test_there_is_no_web_link_and_nothing_to_fetch():
    mail = read(asks=True)
    document = lxml.html.document_fromstring(mail.html)
    assert not document.xpath("//link | //img | //script | //@src | //@background")
    assert all(href.startswith(("mailto:", "tel:")) for href in document.xpath("//a/@href"))
    assert "url(" not in mail.html
    assert "http" not in mail.text


def test_a_duty_list_offers_a_change_but_no_leaving_and_asks_for_nothing():
    mail = read()
    assert "退订" not in mail.html + mail.text
    assert "签收" not in mail.html + mail.text
    assert PRIVACY_NOTICE in mail.text
    (change,) = lxml.html.document_fromstring(mail.html).xpath("//a[.='调整接收人']/@href")
    assert change.startswith("mailto:kuaibao@chengjiang.example?subject=%E8%B0%83%E6%95%B4")
    assert change.endswith(f"%20{PIECE}")


def test_acknowledging_and_leaving_are_letters_with_the_piece_number():
    document = lxml.html.document_fromstring(read(asks=True, is_duty=False).html)
    for label in ("签收本期", "退订"):
        (href,) = document.xpath(f"//a[.='{label}']/@href")
        assert href.startswith("mailto:kuaibao@chengjiang.example?subject=")
        assert href.endswith(PIECE)


def test_a_rehearsal_says_so_in_the_subject_and_first_thing_in_the_mail():
    mail = read(rehearsal=True)
    assert mail.subject.startswith("【演练】澄江区")
    assert mail.text.startswith("【演练】")
    assert visible(mail.html).startswith("【演练】")
    assert "演练" not in read().subject + read().text + read().html


def test_the_layout_survives_clients_that_drop_every_style_element():
    html = re.sub(r"<style.*?</style>", "", read().html, flags=re.DOTALL)
    document = lxml.html.document_fromstring(html)
    assert "font-family" in document.xpath("//td[contains(@class, 'body')]/@style")[0]
    assert "#b3141c" in document.xpath("//h1/@style")[0]
    assert all(table.get("role") == "presentation" for table in document.iter("table"))


def test_dark_and_outlook_rules_are_kept_with_their_weight():
    html = read().html
    assert "prefers-color-scheme: dark" in html
    assert "[data-ogsc] .red { color: #ff9089 !important; }" in html
    assert "data-premailer" not in html
    assert html.count("<!--[if mso]>") == html.count("<![endif]-->") == 6
    styles = "".join(re.findall(r"<style>(.*?)</style>", html, flags=re.DOTALL))
    assert len(styles) < 16_384  # Gmail drops all of it beyond


def test_weight_and_colours_of_rules_that_cannot_be_inlined_are_kept():
    html = inline_styles(
        "<html><head><style>p{color:#ffffff}@media print{p{color:#111111 !important}}</style></head><body><p>x</p></body></html>"
    )
    assert '<p style="color:#ffffff">' in html
    assert "#111111 !important" in html


def test_sizes_stay_within_what_clients_show():
    assert len(read().html.encode()) < 30_000
    paragraphs = 200
    big = read(big_issue(paragraphs))
    own_words = len("".join(item.text for item in big_issue(paragraphs).items).encode())
    assert len(big.html.encode()) - own_words < 15_000 + 60 * paragraphs


# --- the subject


def test_the_subject_names_bulletin_number_and_headline():
    assert read().subject == "澄江区创建全国文明城区工作快报第128期：“板凳会”开到居民家门口"


def test_a_long_subject_is_cut_with_an_ellipsis():
    long = replace(sample_issue(), sections=(Section(None, (Item(text="文", title="长标题" * 30),)),))
    subject = read(long).subject
    assert len(subject) == SUBJECT_LENGTH
    assert subject.endswith("…")


@given(title=st.text(max_size=60), headline=st.text(max_size=60))
@settings(max_examples=60, deadline=None)
def test_no_subject_has_control_characters_or_more_than_40_characters(title, headline):
    issue = replace(sample_issue(), title=title, sections=(Section(None, (Item(text="文", title=headline),)),))
    subject = read(issue).subject
    assert len(subject) <= SUBJECT_LENGTH
    assert not re.search("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]", subject)


# --- the placeholder and foreign characters


def test_control_characters_never_reach_a_part():
    dirty = "甲\x85乙\x00\x0b\x1b丙\x9f\u202e丁\ufdd0\ud800"
    issue = replace(
        sample_issue(),
        sections=(Section(dirty, (Item(text=dirty, title=dirty, topic=dirty, units=(dirty,), byline=dirty),)),),
        editor_note=EditorNote(dirty),
        credits={dirty: (dirty,)},
    )
    mail = read(issue)
    for part in (mail.subject, mail.text, mail.html):
        assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e\ufdd0\ud800]", part)
        part.encode("utf-8")
    assert "甲乙丙丁" in mail.text.replace(" ", "")


def test_an_issue_that_quotes_the_placeholder_does_not_get_a_piece_number_into_its_text():
    quoted = "".join(f"P{n:011d} " for n in range(3)) + "P0000000000"
    issue = replace(sample_issue(), sections=(Section("引文", (Item(text=quoted),)),))
    rendered = render(ENV, issue, sample_facts())
    assert rendered.placeholder not in quoted
    assert quoted in rendered.as_read(PIECE, NOBODYS).text
    assert rendered.html.count(rendered.placeholder) == 2


# --- the sandbox


def with_template(source: str):
    env = environment(resources.templates())
    env.loader = DictLoader({f"mail/bulletin/{name}": source for name in ("subject.txt", "body.txt", "body.html")})
    return render(env, sample_issue(), sample_facts())


@pytest.mark.parametrize(
    "source",
    [
        "{{ masthead.__class__ }}",
        "{{ masthead.__class__.__mro__ }}",
        "{{ masthead.__init__.__globals__ }}",
        "{{ masthead['__class__'] }}",
        "{{ masthead|attr('__class__') }}",
        "{{ [masthead]|map(attribute='__class__')|list }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{{ '{0.__class__}'.format(masthead) }}",
        "{{ ('{0.__class__}'|attr('format'))(masthead) }}",
        "{{ ('{0.__class__}'|attr('for' ~ 'mat'))(masthead) }}",
        "{{ title.encode('utf-8') }}",
        "{{ masthead.__dataclass_fields__ }}",
        "{{ self.__init__.__globals__ }}",
        "{{ cycler.__init__.__globals__ }}",
        "{{ lipsum.__globals__ }}",
        "{% set parts.x = 1 %}{{ parts }}",
    ],
)
def test_a_template_cannot_reach_out_of_the_page(source):
    with pytest.raises(TemplateError):  # SecurityError, UndefinedError and TemplateRuntimeError are such
        with_template(source)


@pytest.mark.parametrize(
    "source", ["{{ nothing }}", "{{ masthead.nothing }}", "{% if nothing %}x{% endif %}", "{{ facts }}"]
)
def test_an_unknown_name_is_an_error(source):
    with pytest.raises(UndefinedError):
        with_template(source)


def test_the_subject_may_not_hold_what_is_personal():
    with pytest.raises(UndefinedError, match="piece_number"):
        with_template("{{ piece_number }}")


def test_what_the_paper_says_to_its_readers_stands_last_and_what_only_the_file_holds_nowhere():
    kept = [
        ("地址：和平路8号", "报尾"),
        ("NO：000058", "报头"),
        ("![红头](a.png)", "图片"),
        ("合龙（3 KB）", "第 6 段（图片）"),
    ]
    issue = replace(sample_issue(), unrecognised=tuple(Unrecognised(text, Place(1, note)) for text, note in kept))
    mail = render(ENV, issue, sample_facts())
    for body in (mail.text, mail.html):
        assert body.index("0555-66600129") < body.index("地址：和平路8号")
        assert not [text for text, _ in kept[1:] if text in body]
