"""Whatever is written into the audit has words for people who read it."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import mailer
from mailer.flow.audit_words import GROUPS, action_words
from mailer.model.mailing import MailingEventKind

_ACTION = re.compile(r"[a-z_]+\.[a-z_]+|login|logout")


def actions() -> set[str]:
    """Every action that stands in a call of ``record`` or ``viewed``, or in a value called ``action``."""
    found: set[str] = set()
    for file in Path(mailer.__file__).parent.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            values: list[ast.AST] = []
            if (
                isinstance(node, ast.Call)
                and isinstance(node.func, ast.Attribute)
                and node.func.attr in {"record", "viewed"}
            ):
                values = list(node.args)
            elif isinstance(node, ast.Assign) and any(
                isinstance(each, ast.Name) and each.id == "action" for each in node.targets
            ):
                values = [node.value]
            for value in values:
                found |= {
                    each.value
                    for each in ast.walk(value)
                    if isinstance(each, ast.Constant) and isinstance(each.value, str) and _ACTION.fullmatch(each.value)
                }
    return found


def test_every_action_has_chinese_words():
    found = actions()
    assert len(found) > 50
    assert [action for action in sorted(found) if action_words(action).isascii()] == []


def test_so_have_the_steps_a_person_moves_a_mailing_by():
    moved = {MailingEventKind.PAUSED, MailingEventKind.RESUMED, MailingEventKind.CANCELLED, MailingEventKind.RELEASED}
    assert not any(action_words(f"mailing.{event}").isascii() for event in moved)


def test_every_action_is_found_by_some_group_of_the_filter_or_by_all():
    assert GROUPS[0] == ("", "全部")
    known = {action.split(".")[0] for action in actions()}
    named = {beginning.rstrip(".") for beginning, _ in GROUPS[1:]} - {"log"}
    assert named <= known | {"report"}
