"""What an approval stands for: whatever it covers changes it, and nothing else does."""

from __future__ import annotations

from typing import Any

import pytest

from mailer.model.approval import RULES, binding
from mailer.model.rights import ApprovalMode

WHAT: dict[str, Any] = {
    "contents": {"报": b"one", "发": b"two"},
    "rows": [("报", "a@x.example"), ("发", "b@x.example")],
    "sender": ("某办公室", "office@x.example", "reply@x.example"),
    "printed": {"报": ["区委"], "发": ["各镇"]},
}


def test_the_order_of_rows_and_lists_does_not_matter() -> None:
    turned = {
        "contents": dict(reversed(WHAT["contents"].items())),
        "rows": list(reversed(WHAT["rows"])),
        "sender": WHAT["sender"],
        "printed": dict(reversed(WHAT["printed"].items())),
    }
    assert binding(**WHAT) == binding(**turned)


@pytest.mark.parametrize(
    "changed",
    [
        {"contents": {"报": b"one", "发": b"two!"}},
        {"contents": {"报": b"two", "发": b"one"}},
        {"rows": [*WHAT["rows"], ("发", "c@x.example")]},
        {"rows": WHAT["rows"][:1]},
        {"rows": [("报", "a@x.example"), ("发", "c@x.example")]},
        {"rows": [("报", "b@x.example"), ("发", "a@x.example")]},
        {"sender": ("某办公室", "other@x.example", "reply@x.example")},
        {"sender": ("某办公室", "office@x.examplereply@x.example", "")},
        {"printed": {"报": ["区委", "区政府"], "发": ["各镇"]}},
        {"printed": {"报": [], "发": ["各镇"]}},
    ],
    ids=str,
)
def test_whatever_it_covers_changes_it(changed: dict[str, Any]) -> None:
    assert binding(**WHAT) != binding(**{**WHAT, **changed})


def test_every_mode_says_what_it_asks() -> None:
    assert set(RULES) == set(ApprovalMode)
    assert len(set(RULES.values())) == len(RULES)
