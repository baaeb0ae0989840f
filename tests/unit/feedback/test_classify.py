"""Replies of the world (addresses invented): the reason, and the order in which evidence counts."""

from __future__ import annotations

from datetime import timedelta

import pytest

from mailer.feedback.classify import classify
from mailer.feedback.phrases import TEXT_LIMIT, prepare
from mailer.model.reply import EnhancedStatus, Phase
from mailer.model.verdict import Action, Owner

WORLD = [
    ("550 5.1.1 <li@post.example>: Recipient address rejected: User unknown in local recipient table", "userunknown"),
    ("550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient not found by SMTP address lookup", "userunknown"),
    ("550-5.1.1 The email account that you tried to 550-5.1.1 reach does not exist. 550 5.1.1 - gsmtp", "userunknown"),
    ("550 5.4.1 Recipient address rejected: Access denied. AS(201806281)", "userunknown"),
    ("551 User not local; please try <wang@post.example>", "hasmoved"),
    ("550 5.1.2 Recipient domain not found", "hostunknown"),
    ("556 5.1.10 Domain post.example does not accept mail (nullMX)", "notaccept"),
    ("521 mx.post.example does not accept mail", "notaccept"),
    ("452 4.2.2 The email account that you tried to reach is over quota.", "mailboxfull"),
    ("422 The recipient has exceeded their mailbox limit.", "mailboxfull"),
    ("550 5.2.1 The email account that you tried to reach is disabled", "suspend"),
    ("553 5.7.1 <a@office.example>: Sender address rejected: not owned by user b@office.example", "rejected"),
    ("553 Mail from must equal authorized user", "rejected"),
    ("450 4.1.8 <a@office.example>: Sender address rejected: Domain not found", "rejected"),
    ("554 5.7.1 <li@post.example>: Relay access denied", "norelaying"),
    ("535 Error: authentication failed, system busy", "securityerror"),
    ("530 5.7.0 Must issue a STARTTLS command first", "failedstarttls"),
    ("550 5.7.1 Email rejected per SPF policy", "authfailure"),
    ("550 5.7.25 [192.0.2.7] The IP address sending this message does not have a PTR record", "requireptr"),
    ("554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org", "blocked"),
    ("550 High probability of spam", "spamdetected"),
    ("554 5.7.1 Message contains a virus", "virusdetected"),
    ("552 5.3.4 Message size exceeds fixed limit", "exceedlimit"),
    ("421 4.7.0 mx.post.example Error: too many connections from 192.0.2.7", "toomanyconn"),
    ("554 Message rate limit exceeded: quota exceeded for today", "speeding"),
    ("451 4.7.1 Greylisting in action, please come back later", "greylisted"),
    ("451 4.3.0 Temporary lookup failure", "systemerror"),
    ("452 4.3.1 Insufficient system storage", "systemfull"),
    ("450 4.4.1 connect to mx.post.example[192.0.2.25]:25: Connection timed out", "networkerror"),
    ("503 5.5.1 Error: need MAIL command", "syntaxerror"),
    # China
    ("550 Mailbox not found. http://service.mail.qq.com/detail/122/169", "userunknown"),
    ("550 Mailbox unavailable or access denied", "speeding"),
    ("550 Connection frequency limited", "speeding"),
    ("550 Mail content denied", "spamdetected"),
    ("554 DT:SPM 163 smtp8,mail rejected", "spamdetected"),
    ("421 HL:REP 163 mx3", "badreputation"),
    ("550 MI:SPF 163 mx5", "authfailure"),
    ("550 User suspended", "suspend"),
    ("554 Reject by behaviour spam at Rcpt State(Connection IP address:192.0.2.7)ANTISPAM_BAT[]: bad", "blocked"),
    ("550 收件人不存在", "userunknown"),
    ("552 对方邮箱容量已满", "mailboxfull"),
    ("550 对方IP在黑名单中", "blocked"),
]


@pytest.mark.parametrize(("reply", "reason"), WORLD)
def test_replies_of_the_world(reply: str, reason: str) -> None:
    assert classify(reply, None, None, "post.example", None).reason == reason


def test_words_beat_the_enhanced_code() -> None:
    found = classify("550 5.1.1 <li@post.example> mailbox is full", None, None, "post.example", None)
    assert (found.reason, found.hard) == ("mailboxfull", False)


def test_own_enhanced_code_beats_the_status_beside_it() -> None:
    found = classify("550 5.2.1 sorry", None, EnhancedStatus(5, 0, 0), "post.example", None)
    assert (found.reason, str(found.status)) == ("suspend", "5.2.1")


def test_status_beside_counts_where_the_own_code_says_nothing() -> None:
    found = classify("550 5.0.0 sorry", None, EnhancedStatus(5, 2, 2), "post.example", None)
    assert (found.reason, str(found.status)) == ("mailboxfull", "5.2.2")


def test_narrow_code_beats_vague_words() -> None:
    assert classify("550 5.2.1 mailbox unavailable", None, None, "", None).reason == "suspend"


def test_vague_words_beat_a_wide_code() -> None:
    assert classify("550 5.7.1 Access denied", None, None, "", None).reason == "rejected"


@pytest.mark.parametrize(
    ("phase", "reason"), [(Phase.RCPT, "userunknown"), (Phase.DATA, "filtered"), (Phase.DOT, "filtered")]
)
def test_mailbox_unavailable_depends_on_the_phase(phase: Phase, reason: str) -> None:
    assert classify("550 mailbox unavailable", None, None, "", phase).reason == reason


def test_the_phase_is_read_from_the_text_where_it_is_named() -> None:
    text = "550 mailbox unavailable (in reply to end of DATA command)"
    assert classify(text, None, None, "", None).reason == "filtered"


@pytest.mark.parametrize(
    ("phase", "reason"), [(Phase.MAIL, "mesgtoobig"), (Phase.RCPT, "mailboxfull"), (Phase.DOT, "mesgtoobig")]
)
def test_bare_552_depends_on_the_phase(phase: Phase, reason: str) -> None:
    assert classify("no", 552, None, "", phase).reason == reason


@pytest.mark.parametrize(("domain", "reason"), [("mx.docomo.ne.jp", "filtered"), ("post.example", "userunknown")])
def test_provider_rules_stay_with_their_hosts(domain: str, reason: str) -> None:
    assert classify("550 Unknown user", None, None, domain, None).reason == reason


def test_scope_is_a_whole_domain_not_an_ending_of_letters() -> None:
    assert classify("550 Unknown user", None, None, "notdocomo.ne.jp", None).reason == "userunknown"


@pytest.mark.parametrize("reply", ["450 4.1.1 user unknown", "421 host unknown"])
def test_temporary_replies_are_never_hard(reply: str) -> None:
    found = classify(reply, None, None, "", None)
    assert found.is_temporary
    assert not found.hard


def test_the_letters_of_an_address_say_nothing() -> None:
    reply = "550 5.2.2 <spam.blacklist-userunknown@post.example>: mailbox full"
    assert classify(reply, None, None, "", None).reason == "mailboxfull"
    assert classify("550 <spam@post.example> 2", None, None, "", None).reason == "onhold"


def test_a_phrase_does_not_begin_inside_a_word() -> None:
    assert classify("550 recip rejection", None, None, "", None).reason == "onhold"  # "ip reject" stands inside
    assert classify("550 unblocked", None, None, "", None).reason == "onhold"
    assert classify("550 unblocked, blocked", None, None, "", None).reason == "blocked"


def test_numbers_of_an_ip_are_no_status() -> None:
    assert classify("550 sorry 5.1.1.7", None, None, "", None).status is None


def test_nothing_said_and_nothing_read_are_told_apart_and_blame_nobody() -> None:
    silent, strange = classify("", None, None, "", None), classify("550 qwertz", None, None, "", None)
    assert (silent.reason, strange.reason) == ("undefined", "onhold")
    assert silent.owner is strange.owner is Owner.UNKNOWN
    assert not silent.is_firm
    assert not strange.is_firm


@pytest.mark.parametrize(
    ("reply", "after"),
    [
        ("451 DT:SPM please try again", timedelta(minutes=2)),
        ("451 MI:SFQ", timedelta(minutes=15)),
        ("451 RP:QRC", timedelta(minutes=15)),
        ("450 4.7.1 Greylisted, try again in 300 seconds", timedelta(minutes=5)),
        ("421 4.7.0 rate limited, wait 1 second", timedelta(minutes=1)),
        ("421 4.7.0 slow down, try again in 99999 hours", timedelta(hours=6)),
        ("550 5.1.1 user unknown, try again in 300 seconds", None),
    ],
)
def test_hints(reply: str, after: timedelta | None) -> None:
    assert classify(reply, None, None, "", None).hint.after == after


@pytest.mark.parametrize(
    "reply", ["550 RP:TRC", "554 MI:STC", "554 HL:ITC", "550 5.4.5 Daily user sending limit exceeded"]
)
def test_day_limits_wait_for_tomorrow_whatever_the_code(reply: str) -> None:
    found = classify(reply, None, None, "163.com", None)
    assert found.hint.tomorrow
    assert found.action(Phase.RCPT) is Action.RETRY


def test_continuation_codes_are_taken_out_of_a_flattened_reply() -> None:
    assert prepare("550-5.1.1 does not 550-5.1.1 exist. See 550 5.1.1 here") == "550 5.1.1 does not exist. see here"


def test_lines_of_a_reply_are_joined() -> None:
    assert prepare("5.7.1 blocked\n5.7.1 using a list") == "5.7.1 blocked using a list"


@pytest.mark.parametrize("unit", ["a@", "a", "@", "550-", "\n", "sender ", "5.1.", "considered ", "<", "病"])
def test_only_a_bounded_piece_of_a_reply_is_read(unit: str) -> None:
    assert len(prepare(unit * 1_000_000)) <= TEXT_LIMIT
    assert classify(unit * 1_000_000 + " user unknown", None, None, "", None).reason != "userunknown"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("550 no such user (in reply to RCPT TO command)", "userunknown"),
        ("550 no such user (in reply to end of DATA command)", "filtered"),
        ("550 5.1.1 no such user (in reply to end of DATA command)", "userunknown"),
        ("192.0.2.25 failed after I sent the message. Remote host said: 550 no such user", "filtered"),
        ("Connected to 192.0.2.25 but sender was rejected. Remote host said: 550 no such user", "rejected"),
        ("Connected to 192.0.2.25 but sender was rejected. Remote host said: 550 zz", "rejected"),
        ("SMTP error from remote mail server after end of data: 550 no such user", "filtered"),
        ("-------server message 550 unknown user -------SMTP command DATA", "filtered"),
    ],
)
def test_who_was_unknown_depends_on_the_step_the_report_names(text: str, reason: str) -> None:
    assert classify(text, None, None, "post.example", None).reason == reason


def test_the_parts_of_a_phrase_stand_in_one_sentence() -> None:
    near = "user li is known here but he does not exist"
    assert classify(f"550 {near}", None, None, "", None).reason == "userunknown"
    assert classify("550 user zz " + "z " * 60 + "domain does not exist", None, None, "", None).reason == "hostunknown"
