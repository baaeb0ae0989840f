"""The office's look: every colour it may choose is readable, every picture small and one that clients show."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace

import lxml.html
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer import resources
from mailer.content.compose import prepare
from mailer.content.look import ACCENTS, LOGO_BYTES, NAMES, BadLookError, Logo, Look, contrast
from mailer.content.render import render, render_notice
from tests.support.issues import sample_facts, sample_issue
from tests.support.mails import COPY, ENV, LOGO_PNG, notice_facts, office_look, sample_alert
from tests.support.ooxml import png

WHITE, GROUND, DARK_CARD, DARK_GROUND = "#ffffff", "#f6f7f9", "#1e1e1e", "#121212"


@pytest.mark.parametrize("name", ACCENTS)
def test_every_colour_of_the_palette_is_readable_in_light_and_dark(name):
    colours = ACCENTS[name]
    for ground in (WHITE, GROUND, colours.tint):
        assert contrast(colours.light, ground) >= 4.5
    assert contrast(WHITE, colours.light) >= 4.5  # the button
    for ground in (DARK_CARD, DARK_GROUND):
        assert contrast(colours.dark, ground) >= 4.5
    assert contrast("#1d2129", colours.tint) >= 7
    assert contrast(colours.dark_rule, DARK_CARD) >= 3


def test_the_colour_of_the_office_is_the_only_accent_of_its_mail():
    html = render(ENV, sample_issue(), replace(sample_facts(asks=True), look=Look("navy"))).html
    assert html.count(ACCENTS["navy"].light) > 5
    assert ACCENTS["red"].light not in html
    assert ACCENTS["red"].dark not in html


def test_the_templates_name_no_accent_of_their_own():
    literal = {value for accent in ACCENTS.values() for value in (accent.light, accent.dark, accent.dark_rule)}
    for path in (resources.templates() / "mail").rglob("*.*"):
        assert not [colour for colour in literal if colour in path.read_text(encoding="utf-8")], path


def test_the_sign_travels_in_the_mail_beside_the_html_and_says_its_name_where_pictures_are_off():
    facts = replace(sample_facts(), look=office_look())
    rendered = render(ENV, sample_issue(), facts)
    mail = email.message_from_bytes(b"".join(prepare(rendered, facts).copy(COPY)), policy=email.policy.default)
    assert [part.get_content_type() for part in mail.walk()] == [
        "multipart/alternative",
        "text/plain",
        "multipart/related",
        "text/html",
        "image/png",
    ]
    picture = next(part for part in mail.walk() if part.get_content_type() == "image/png")
    assert picture.get_payload(decode=True) == LOGO_PNG
    assert picture.get_content_disposition() == "inline"
    (image,) = lxml.html.document_fromstring(rendered.html).xpath("//img")
    assert image.get("src") == "cid:" + picture["Content-ID"].strip("<>")
    assert (image.get("width"), image.get("alt")) == ("160", "澄江区文明办")
    assert "澄江区文明办\n" in rendered.text
    assert not mail.defects
    assert list(mail.iter_attachments()) == []


def test_notices_wear_the_look_of_the_office_too():
    facts = notice_facts(look=office_look())
    rendered = render_notice(ENV, sample_alert(), facts)
    assert ACCENTS["navy"].light in rendered.html
    assert ACCENTS["red"].light not in rendered.html
    assert "澄江区文明办编印" in rendered.html
    mail = email.message_from_bytes(b"".join(prepare(rendered, facts).copy(COPY)), policy=email.policy.default)
    assert "image/png" in [part.get_content_type() for part in mail.walk()]
    assert "cid:logo." in rendered.html


def test_the_offices_footer_is_in_both_parts():
    rendered = render(ENV, sample_issue(), replace(sample_facts(), look=Look(footer=("  编印 <a> ", "", "第二行"))))
    assert "编印 <a>\n第二行" in rendered.text
    assert "编印 &lt;a&gt;" in rendered.html


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: Look("pink"), "没有颜色“pink”"),
        (lambda: Look(footer=("行",) * 5), "最多 4 行"),
        (lambda: Look(footer=("长" * 81,)), "每行 80 字"),
        (lambda: Logo(LOGO_PNG, 160, 40, " "), "替代文字"),
        (lambda: Logo(b"<svg/>", 160, 40, "标志"), "只能是 PNG"),
        (lambda: Logo(b"GIF89a" + bytes(LOGO_BYTES), 160, 40, "标志"), "100,006 字节"),
        (lambda: Logo(LOGO_PNG, 281, 40, "标志"), "宽度应在 16 到 280"),
        (lambda: Logo(LOGO_PNG, 160, 121, "标志"), "高度应在 16 到 120"),
    ],
)
def test_a_look_that_would_harm_the_mail_is_refused_with_a_reason(make, said):
    with pytest.raises(BadLookError, match=said):
        make()


def test_contrast_is_that_of_wcag():
    assert contrast("#ffffff", "#000000") == pytest.approx(21)
    assert contrast("#767676", "#ffffff") == pytest.approx(4.54, abs=0.01)


@given(st.integers(0, 0xFFFFFF))
@settings(max_examples=100, deadline=None)
def test_a_colour_of_the_office_is_readable_everywhere_or_refused_with_one_that_is(value):
    colour = f"#{value:06x}"
    if min(contrast(colour, ground) for ground in (WHITE, GROUND)) < 4.5:
        with pytest.raises(BadLookError, match=f"颜色 {colour} 太浅") as caught:
            Look(colour)
        colour = str(caught.value).rpartition("如 ")[2].removesuffix("。")
    elif contrast(colour, GROUND) < 4.7:  # what stands between may fail on its own tint only
        return
    colours = Look(colour).colours
    for ground in (WHITE, GROUND, colours.tint):
        assert contrast(colours.light, ground) >= 4.5
    for ground in (DARK_CARD, DARK_GROUND):
        assert contrast(colours.dark, ground) >= 4.5
    assert contrast(colours.dark_rule, DARK_CARD) >= 3


@pytest.mark.parametrize("chinese", NAMES.values())
def test_a_colour_goes_by_its_chinese_name_too(chinese):
    assert NAMES[Look(chinese).accent] == chinese


@pytest.mark.parametrize("word", ["浅", "#12345", "red;}", "#1234567", "rgb(1,2,3)"])
def test_what_is_no_colour_is_refused_with_the_choices(word):
    with pytest.raises(BadLookError, match="navy（藏青）"):
        Look(word)


JPEG = b"\xff\xd8\xff\xe0\x00\x10JFIF" + bytes(10) + b"\xff\xc0\x00\x11\x08\x00\x50\x01\x40" + bytes(12)


@pytest.mark.parametrize(
    ("data", "shown"),
    [(png(160, 40), (160, 40)), (png(1400, 200), (280, 40)), (png(200, 400), (60, 120)), (JPEG, (280, 70))],
)
def test_a_picture_is_shown_in_its_size_or_smaller(data, shown):
    logo = Logo.of(data, "某办")
    assert (logo.width, logo.height) == shown


@pytest.mark.parametrize(
    ("data", "told"),
    [
        (b"GIF89a" + bytes(40), "PNG 或 JPEG"), (b"<svg/>", "PNG 或 JPEG"), (png(160, 40)[:20], "完整"), (JPEG[:20], "完整"),
        (b"\xff\xd8\xff\xe0\x00\x00" + bytes(20), "完整"), (png(5, 5)[:16] + b"\x00\x01\x00\x00" * 2 + bytes(40), "4000"),
        (png(4, 4), "16 到"), (png(160, 40) + bytes(LOGO_BYTES), "最多"),
    ],
)  # fmt: skip
def test_a_picture_that_cannot_be_shown_is_refused(data, told):
    with pytest.raises(BadLookError, match=told):
        Logo.of(data, "某办")
