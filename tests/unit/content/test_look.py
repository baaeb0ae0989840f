"""The office's look: every colour it may choose is readable, every picture small and one that clients show."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace

import lxml.html
import pytest

from mailer import resources
from mailer.content.compose import prepare
from mailer.content.look import ACCENTS, LOGO_BYTES, BadLookError, Logo, Look
from mailer.content.render import render, render_notice
from tests.support.issues import sample_facts, sample_issue
from tests.support.mails import COPY, ENV, LOGO_PNG, notice_facts, office_look, sample_alert

WHITE, GROUND, DARK_CARD, DARK_GROUND = "#ffffff", "#f6f7f9", "#1e1e1e", "#121212"


def contrast(one: str, other: str) -> float:
    """WCAG 2 contrast of two #rrggbb colours."""

    def luminance(colour: str) -> float:
        parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
        red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue

    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


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
