"""The verdict on an attempt: total over phases, faults and codes; nobody is blamed for what another did."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from mailer.feedback.classify import judge
from mailer.feedback.reasons import REASONS
from mailer.model.reply import Fault, Outcome, Phase, Reply
from mailer.model.verdict import Action, Owner, Verdict

AT = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
BEFORE_DOT = [phase for phase in Phase if phase is not Phase.DOT]
BROKEN_LINES = [fault for fault in Fault if fault is not Fault.TLS]
SESSION = [phase for phase in Phase if phase.is_session]


def _judge(phase: Phase, reply: Reply | None, fault: Fault | None = None) -> Verdict:
    return judge(Outcome(phase, reply, fault, "relay.example", AT), "post.example")


def _said(phase: Phase, code: int, text: str) -> Verdict:
    return _judge(phase, Reply(code, text))


def test_only_a_clean_yes_to_the_dot_is_accepted() -> None:
    assert _said(Phase.DOT, 250, "2.0.0 Ok: queued as 4F").action is Action.ACCEPT
    for phase in BEFORE_DOT:
        assert _said(phase, 250, "Ok").action is Action.RETRY, phase


@pytest.mark.parametrize("fault", list(Fault))
def test_no_answer_to_the_dot_is_doubt(fault: Fault) -> None:
    assert _judge(Phase.DOT, None, fault) == Verdict(Action.DOUBT, Owner.NETWORK, "networkerror")


def test_an_answer_to_the_dot_that_is_neither_yes_nor_no_is_doubt() -> None:
    assert _said(Phase.DOT, 354, "go on").action is Action.DOUBT


@pytest.mark.parametrize(("phase", "fault"), list(product(BEFORE_DOT, BROKEN_LINES)))
def test_lines_that_break_before_the_dot_are_the_networks(phase: Phase, fault: Fault) -> None:
    assert _judge(phase, None, fault) == Verdict(Action.RETRY, Owner.NETWORK, "networkerror")


def test_no_encryption_is_a_matter_of_set_up() -> None:
    verdict = _judge(Phase.STARTTLS, None, Fault.TLS)
    assert (verdict.action, verdict.owner) == (Action.RETRY, Owner.SETUP)


@pytest.mark.parametrize("phase", list(Phase))
def test_every_code_in_every_phase_has_a_verdict(phase: Phase) -> None:
    for code in range(400, 600):
        verdict = _said(phase, code, "")
        assert verdict.reason in REASONS, code
        assert verdict.action in {Action.RETRY, Action.PARK, Action.BOUNCE}, code
        assert verdict.owner is Owner.RECIPIENT or not verdict.hard, code
        if code < 500:
            assert (verdict.action, verdict.hard) == (Action.RETRY, False), code


@pytest.mark.parametrize(
    ("code", "text", "hard", "reason"),
    [
        (550, "5.1.1 User unknown", True, "userunknown"),
        (552, "5.2.2 Mailbox full", False, "mailboxfull"),
        (550, "5.2.1 Mailbox disabled", False, "suspend"),
    ],
)
def test_permanent_recipient_faults_bounce(code: int, text: str, hard: bool, reason: str) -> None:
    assert _said(Phase.RCPT, code, text) == Verdict(Action.BOUNCE, Owner.RECIPIENT, reason, hard)


def test_a_full_mailbox_said_with_4yz_is_tried_again() -> None:
    assert _said(Phase.RCPT, 452, "4.2.2 Mailbox full") == Verdict(Action.RETRY, Owner.RECIPIENT, "mailboxfull")


@pytest.mark.parametrize(
    ("text", "owner"),
    [
        ("5.7.1 Spam message rejected", Owner.CONTENT),
        ("5.7.1 Client host blocked using zen.spamhaus.org", Owner.SENDER),
        ("5.7.26 DMARC check failed", Owner.SETUP),
        ("5.7.1 Relay access denied", Owner.SETUP),
    ],
)
@pytest.mark.parametrize(("code", "action"), [(554, Action.PARK), (451, Action.RETRY)])
def test_our_own_faults_park_or_wait_but_keep_their_owner(text: str, owner: Owner, code: int, action: Action) -> None:
    verdict = _said(Phase.DOT, code, text.replace("5.", "4.", 1) if code == 451 else text)
    assert (verdict.action, verdict.owner, verdict.hard) == (action, owner, False)


@pytest.mark.parametrize("code", [421, 450, 550, 554])
def test_rate_faults_wait_whatever_the_code(code: int) -> None:
    verdict = _said(Phase.RCPT, code, "Ip frequency limited")
    assert (verdict.action, verdict.owner) == (Action.RETRY, Owner.RATE)


def test_the_code_reaches_rules_that_ask_for_it() -> None:
    assert _said(Phase.DOT, 451, "DT:SPM please try again").hint.after == timedelta(minutes=2)
    assert _said(Phase.DOT, 554, "DT:SPM").action is Action.PARK


def test_their_trouble_is_tried_again_even_behind_5yz() -> None:
    verdict = _said(Phase.DOT, 554, "Service currently unavailable")
    assert (verdict.action, verdict.owner) == (Action.RETRY, Owner.NETWORK)


@pytest.mark.parametrize(
    ("phase", "action"),
    [(Phase.MAIL, Action.PARK), (Phase.RCPT, Action.BOUNCE), (Phase.DATA, Action.PARK), (Phase.DOT, Action.PARK)],
)
def test_an_unread_refusal_counts_against_nobody(phase: Phase, action: Action) -> None:
    assert _said(phase, 550, "qwertz") == Verdict(action, Owner.UNKNOWN, "onhold")


def test_unknown_user_at_mail_from_is_our_own_address() -> None:
    verdict = _said(Phase.MAIL, 550, "5.1.1 User unknown")
    assert verdict == Verdict(Action.PARK, Owner.SENDER, "rejected")


@pytest.mark.parametrize("phase", SESSION)
@pytest.mark.parametrize("text", ["User unknown", "mailbox full", "qwertz", "no SMTP service here"])
def test_no_recipient_is_blamed_before_one_was_named(phase: Phase, text: str) -> None:
    verdict = _said(phase, 554, text)
    assert verdict.owner in {Owner.NETWORK, Owner.SETUP}
    assert not verdict.hard
    assert verdict.action is not Action.BOUNCE


def test_a_refused_login_asks_a_person() -> None:
    assert _said(Phase.AUTH, 535, "5.7.8 bad credentials") == Verdict(Action.PARK, Owner.SETUP, "securityerror")
    assert _said(Phase.AUTH, 554, "qwertz").owner is Owner.SETUP
    assert _said(Phase.AUTH, 454, "4.7.0 Temporary authentication failure").action is Action.RETRY


def test_the_hosts_name_serves_where_the_domain_is_unknown() -> None:
    outcome = Outcome(Phase.RCPT, Reply(550, "Unknown user"), None, "mx.docomo.ne.jp", AT)
    assert judge(outcome, "").reason == "filtered"
