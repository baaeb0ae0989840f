"""The paper form as a PDF: 22 lines of 28 characters, the 报尾 on the last page, nothing fetched, missing glyphs told."""

from __future__ import annotations

import socket
import sys
from dataclasses import replace
from datetime import date

import pytest

from mailer import resources
from mailer.content.issue import Distribution, Issue, Item, Section
from mailer.content.print import print_html
from mailer.content.render import environment
from mailer.flow.print_issue import CannotPrintError, print_pdf

LINES, CHARACTERS, OF_HEAD = 22, 28, 9
TWO_PAGES = (2 * LINES - OF_HEAD) * CHARACTERS - 2  # the first line is indented by two


def issue_of(characters: int, lists: Distribution = Distribution()) -> Issue:  # noqa: B008 - a frozen value
    item = Item("文" * characters)
    return Issue("工作快报", 128, date(2026, 11, 20), "某办公室", (Section(None, (item,)),), distribution=lists)


def pages_of(issue: Issue) -> int:
    return print_pdf(print_html(environment(resources.templates()), issue)).pages


def test_a_page_holds_22_lines_of_28_characters():
    assert pages_of(issue_of(TWO_PAGES)) == 2
    assert pages_of(issue_of(TWO_PAGES + 1)) == 3


def test_the_foot_stands_on_the_last_page_and_takes_one_of_its_own_when_there_is_no_room():
    lists = Distribution(report=("区委、区政府领导同志",), issue_to=("各成员单位主要领导", "信息员"))
    assert pages_of(issue_of(TWO_PAGES - 5 * CHARACTERS, lists)) == 2
    assert pages_of(issue_of(TWO_PAGES, lists)) == 3  # without lists these are two pages, see above


def test_the_same_issue_is_the_same_file_and_a_character_without_a_glyph_is_named():
    issue = replace(issue_of(10), issuing_office="某\ue123办公室\ue124")
    html = print_html(environment(resources.templates()), issue)
    first = print_pdf(html)
    assert first == print_pdf(html)
    assert first.data.startswith(b"%PDF-")
    assert first.missing == ("\ue123", "\ue124")
    assert "U+E123" in first.warning


def test_nothing_is_fetched_while_it_is_printed():
    with socket.create_server(("127.0.0.1", 0)) as canary:
        url = f"http://127.0.0.1:{canary.getsockname()[1]}/x"
        html = (
            f'<link rel=stylesheet href="{url}.css"><style>@import "{url}"; @font-face {{ font-family: a; src: url({url}) }}'
            f' body {{ background: url({url}); font-family: a }}</style><img src="{url}.png"><img src="file:///etc/passwd">文'
        )
        assert print_pdf(html).pages == 1
        canary.setblocking(False)
        with pytest.raises(BlockingIOError):
            canary.accept()


def test_without_the_extra_a_sentence_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    with pytest.raises(CannotPrintError) as caught:
        print_pdf("<p>x")
    assert "pip install '.[pdf]'" in caught.value.hint


def test_an_issue_of_too_many_pages_is_refused():
    with pytest.raises(CannotPrintError, match="超过 2 页"):
        print_pdf("<style>p { break-after: page }</style>" + "<p>文" * 3, most=2)
