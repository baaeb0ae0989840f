from __future__ import annotations

from dataclasses import FrozenInstanceError
from datetime import timedelta

import pytest

from mailer.model.verdict import Action, Hint, Owner, Verdict


def test_a_bare_verdict_promises_nothing():
    verdict = Verdict(Action.RETRY, Owner.NETWORK)
    assert (verdict.reason, verdict.hard, verdict.hint) == ("", False, Hint())
    assert (Hint().after, Hint().tomorrow) == (None, False)


def test_a_verdict_is_a_value():
    verdict = Verdict(Action.RETRY, Owner.RATE, "speeding", hint=Hint(after=timedelta(minutes=15)))
    assert verdict == Verdict(Action.RETRY, Owner.RATE, "speeding", hint=Hint(after=timedelta(minutes=15)))
    with pytest.raises(FrozenInstanceError):
        verdict.action = Action.BOUNCE  # type: ignore[misc]  # that is the point


def test_the_owners_are_those_a_fault_can_be_charged_to():
    # the ledger stores these words: a renamed one would orphan what is stored
    assert {str(owner) for owner in Owner} == {
        "none", "recipient", "rate", "network", "content", "sender", "setup", "unknown",
    }  # fmt: skip
