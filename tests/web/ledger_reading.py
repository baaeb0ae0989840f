"""Reads the ledger's pages as a person would: sums, lines, chips, as text."""

from __future__ import annotations

import re

from lxml import html

from tests.web.console_server import Console

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"


def page_of(console: Console, path: str) -> html.HtmlElement:
    answer = console.get(path)
    assert answer.status == 200
    return html.fromstring(answer.text)


def words(element: html.HtmlElement) -> str:
    """All text, each element's apart."""
    return " ".join(" ".join(element.itertext()).split())


def accounts(page: html.HtmlElement) -> dict[str, tuple[int, dict[str, int]]]:
    """The sums as they are printed: name -> (total, {label: n})."""
    found = {}
    for each in page.cssselect(".account"):
        name, line = words(each.cssselect("dt")[0]), words(each.cssselect("dd")[0])
        total, _, parts = line.partition("份 =")
        labelled = (re.fullmatch(r"(.+?) (\d+)", part.strip()) for part in parts.split("+"))
        found[name] = int(total), {match[1]: int(match[2]) for match in labelled if match}
    return found


def rows(page: html.HtmlElement) -> list[html.HtmlElement]:
    found: list[html.HtmlElement] = page.cssselect(".deliveries tbody tr")
    return found


def names(page: html.HtmlElement) -> list[str]:
    """Of every line on the leaf whom it is for."""
    return ["、".join(words(each) for each in row.cssselect(".c-who a")) for row in rows(page)]


def chips(page: html.HtmlElement) -> dict[str, int]:
    return {
        match[1]: int(match[2])
        for chip in page.cssselect(".chip")
        if (match := re.fullmatch(r"(.+?) ?(\d+)", words(chip)))
    }


def is_inert(text: str) -> bool:
    """Nothing of a hostile value became markup: no foreign script, picture, style or handler in the page."""
    page = html.fromstring(text)
    foreign = [each for each in page.cssselect("script") if not (each.get("src") or "").startswith("/static/")]
    return not foreign and page.cssselect("img, style, iframe, object, [style], [onerror], [onclick], [onload]") == []
