"""An issue through the templates: subject, plain text and HTML, once for a mailing and a list.

Templates are written by people of the office: they run in a sandbox in which only fields of the page can be read, an
unknown name is an error and nothing is fetched. What differs per recipient (the 件号, the tokens of personal links) is a
placeholder here.
"""

from __future__ import annotations

import logging
from dataclasses import fields, is_dataclass, replace
from itertools import count
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateRuntimeError, Undefined, select_autoescape
from jinja2.environment import TemplateModule
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from mailer.content.characters import clean, cut, without_gaps
from mailer.content.facts import MailingFacts, NoticeFacts
from mailer.content.issue import Issue
from mailer.content.morning import MorningSheet, morning_page
from mailer.content.notice import (
    Alert,
    Confirmation,
    Deposit,
    Invitation,
    NoticePage,
    alert_page,
    confirmation_page,
    deposit_page,
    invitation_page,
)
from mailer.content.page import Page, as_web_copy, lay_out
from mailer.content.rendered import HTML_LIMIT, Rendered
from mailer.content.shorten import shortened
from mailer.model.links import LETTERS, TOKEN_LENGTH, Purpose

__all__ = [
    "SUBJECT_LENGTH", "WEB_BANNER", "Rendered", "environment", "inline_styles", "render", "render_notice", "render_web_copy",
]  # fmt: skip

WEB_BANNER = "<!--news-->"
_IN_MAILS = (Purpose.READ, Purpose.SIGN, Purpose.SETTINGS, Purpose.LEAVE)
SUBJECT_LENGTH = 40  # characters; more is cut off in the lists of phones and webmails


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox, and narrower: an attribute is a field or property of our own values, a loop's, or a macro."""

    def is_safe_attribute(self, obj: Any, attr: str, value: Any) -> bool:
        if not super().is_safe_attribute(obj, attr, value):
            return False
        if isinstance(obj, LoopContext | TemplateModule):
            return True
        return is_dataclass(obj) and not isinstance(obj, type) and not callable(value)


def environment(templates: Path) -> Environment:
    """The environment of the folder ``templates``; templates are compiled once and kept."""
    return _Sandbox(
        loader=FileSystemLoader(templates, encoding="utf-8"),
        undefined=StrictUndefined,
        autoescape=select_autoescape(["html"], default_for_string=True),
        finalize=_finalize,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        auto_reload=False,
    )


def _finalize(value: object) -> object:
    """Every value that a template prints goes through here: words and numbers only, and no control character.

    An undefined value passes, to raise its own error (or to be nothing, after an ``if`` without ``else``).
    """
    if isinstance(value, str) and not isinstance(value, Markup):
        return clean(value)
    if isinstance(value, str | int | Undefined):
        return value
    raise TemplateRuntimeError(f"a template can print words and numbers, not {type(value).__name__}")


def render(env: Environment, issue: Issue, facts: MailingFacts, kind: str = "bulletin") -> Rendered:
    """Renders ``mail/<kind>/{subject.txt,body.txt,body.html}``.

    HTML beyond HTML_LIMIT is shortened where the facts name a web copy, the text stays whole; without a web copy
    nothing is cut and ``Rendered.findings`` warns. Jinja's TemplateError for a template that names what does not exist
    or reaches out of the sandbox.
    """
    placeholder, marks = _placeholders(env, kind, issue, facts)
    page = lay_out(issue, facts, marks)
    html = inline_styles(_fill(env, kind, "body.html", page, placeholder))
    shorter_pages = shortened(page) if page.web_url else iter(())
    while len(html.encode("utf-8")) > HTML_LIMIT and (shorter := next(shorter_pages, None)):
        html = inline_styles(_fill(env, kind, "body.html", shorter, placeholder))
        page = replace(page, is_shortened=True)  # the text says so too, and keeps every word
    return Rendered(
        # without the 件号: a subject is one of the bytes that all copies share
        subject=_subject(env, kind, page),
        text=_fill(env, kind, "body.txt", page, placeholder).strip("\n") + "\n",
        html=html,
        placeholder=placeholder,
        is_shortened=page.is_shortened,
        link_marks=marks,
    )


def render_web_copy(env: Environment, issue: Issue, facts: MailingFacts, kind: str = "bulletin") -> str:
    """The whole issue as a page for browsers, with WEB_BANNER where later news of it may stand; nothing personal in it.

    Anchors as MailingFacts has them. The office's sign is in the page itself.
    """
    return inline_styles(_fill(env, kind, "body.html", as_web_copy(lay_out(issue, facts), issue, facts), ""))


def render_notice(
    env: Environment, notice: Alert | Deposit | MorningSheet | Confirmation | Invitation, facts: NoticeFacts
) -> Rendered:
    """Renders ``mail/{alert,morning,confirmation}/``; nothing in it is personal, so its placeholder is empty."""
    page: NoticePage
    match notice:
        case Alert():
            kind, page = "alert", alert_page(notice, facts)
        case Deposit():
            kind, page = "alert", deposit_page(notice, facts)
        case MorningSheet():
            kind, page = "morning", morning_page(notice, facts)
        case Confirmation():
            kind, page = "confirmation", confirmation_page(notice, facts)
        case Invitation():
            kind, page = "confirmation", invitation_page(notice, facts)
    return Rendered(
        subject=_subject(env, kind, page),
        text=_fill(env, kind, "body.txt", page).strip("\n") + "\n",
        html=inline_styles(_fill(env, kind, "body.html", page)),
        placeholder="",
    )


def _subject(env: Environment, kind: str, page: Page | NoticePage) -> str:
    return cut(without_gaps(_fill(env, kind, "subject.txt", page)), SUBJECT_LENGTH)


def _fill(env: Environment, kind: str, name: str, page: Page | NoticePage, piece_number: str | None = None) -> str:
    values = {field.name: getattr(page, field.name) for field in fields(page)}
    if piece_number is not None:
        values["piece_number"] = piece_number
    return env.get_template(f"mail/{kind}/{name}").render(values)


def _placeholders(env: Environment, kind: str, issue: Issue, facts: MailingFacts) -> tuple[str, dict[Purpose, str]]:
    """What stands nowhere in the mail, whatever the issue says: for the 件号, and for each kind of link; as long as what will.

    A letter and digits cannot overlap themselves or one another, so text beside a placeholder cannot make a second one.
    """
    page = lay_out(issue, facts)
    without = facts.base_url + "".join(_fill(env, kind, name, page, "") for name in ("body.txt", "body.html"))
    purposes = _IN_MAILS if facts.base_url else ()
    for number in count():
        placeholder = f"P{number:011d}"
        marks = {purpose: f"{LETTERS[purpose].decode()}{number:0{TOKEN_LENGTH - 1}d}" for purpose in purposes}
        if not any(mark in without for mark in (placeholder, *marks.values())):
            break
    return placeholder, marks


def inline_styles(html: str) -> str:
    """Copies the CSS of <style> into style attributes; blocks marked ``data-premailer="ignore"`` stay as they are."""
    import cssutils  # noqa: PLC0415 - with lxml and requests behind them these two are half of a command's start
    from premailer import Premailer  # noqa: PLC0415

    cssutils.ser.prefs.minimizeColorHash = False  # six digits are what every client reads; the setting is process-wide
    inlined = Premailer(
        html,
        keep_style_tags=False,
        strip_important=False,
        allow_network=False,
        allow_loading_external_files=False,
        disable_validation=True,
        cssutils_logging_level=logging.CRITICAL,
    ).transform(pretty_print=False)
    return str(inlined).strip() + "\n"
