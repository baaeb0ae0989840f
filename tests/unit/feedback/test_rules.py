"""The rules as data: each shows itself, none stands in another's shadow, none blames without a source."""

from __future__ import annotations

import pytest

from mailer.feedback.classify import classify
from mailer.feedback.phrases import prepare
from mailer.feedback.reasons import REASONS
from mailer.feedback.rules import NARROW_RULES, VAGUE_RULES, Rule
from mailer.feedback.rules.codes import REPLY_CODE, SUBJECT_DETAIL

RULES = (*NARROW_RULES, *VAGUE_RULES)


def _read(text: str, rule: Rule) -> Rule | None:
    return classify(text, None, None, rule.scope[0] if rule.scope else "post.example", None).rule


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.reason}-{rule.phrases[0]}")
def test_example_gives_its_own_rule(rule: Rule) -> None:
    assert _read(rule.example, rule) is rule


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.reason}-{rule.phrases[0]}")
def test_no_phrase_is_dead(rule: Rule) -> None:
    shadowed = [phrase for phrase in rule.phrases if _read(f"zz {phrase.replace(' * ', ' zz ')} zz", rule) is not rule]
    assert shadowed == []


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: f"{rule.reason}-{rule.phrases[0]}")
def test_rule_is_well_formed(rule: Rule) -> None:
    assert rule.reason in REASONS
    assert rule.source
    for phrase in rule.phrases:
        assert phrase == prepare(phrase), "a phrase is met in prepared text only"
    assert len(set(rule.phrases)) == len(rule.phrases)


def test_codes_name_known_reasons() -> None:
    assert set(SUBJECT_DETAIL.values()) | set(REPLY_CODE.values()) <= REASONS.keys()


def test_hard_reasons_are_exactly_the_four_that_end_an_address() -> None:
    assert {name for name, reason in REASONS.items() if reason.hard} == {
        "userunknown",
        "hostunknown",
        "hasmoved",
        "notaccept",
    }
