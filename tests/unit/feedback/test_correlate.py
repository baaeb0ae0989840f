"""Only our signature names a delivery, wherever it stands and whatever the report claims."""

from __future__ import annotations

from mailer.feedback.classify import classify
from mailer.feedback.correlate import AddressHint, Correlation, correlate
from mailer.feedback.report import Identity, Kind, RecipientReport, ReturnedMail
from mailer.model.return_path import Signer

SIGNER = Signer((b"0123456789abcdef",))
TOKEN = SIGNER.token(7)
DASHED = TOKEN.replace(".", "-")


def _report(address: str, action: str = "failed") -> RecipientReport:
    return RecipientReport(address, address, action, None, "", "", classify("", None, None, "", None))


def _mail(*reports: RecipientReport, **identity: object) -> ReturnedMail:
    return ReturnedMail(Kind.BOUNCE, reports, Identity(**identity))  # type: ignore[arg-type]  # keys named by each test


def _found(mail: ReturnedMail, envelope: str = "") -> Correlation:
    found = correlate(mail, envelope, SIGNER.verify)
    assert isinstance(found, Correlation)
    return found


def test_each_place_is_asked() -> None:
    assert _found(_mail(), f"b-{DASHED}@bounce.example").by == "envelope"
    assert _found(_mail(), f"bulletin+b-{DASHED}@office.example").by == "envelope"
    assert _found(_mail(), f"B-{DASHED.upper()}@BOUNCE.EXAMPLE").delivery_id == 7
    assert _found(_mail(envelope_id=TOKEN)).by == "envid"
    assert _found(_mail(message_id=f"<{TOKEN}@office.example>")).by == "message_id"
    assert _found(_mail(delivery_token=TOKEN)).by == "header"
    assert _found(_mail(answered=("<x@a.example>", f"<{TOKEN}@office.example>"))).by == "message_id"


def test_the_envelope_is_believed_first() -> None:
    other = SIGNER.token(8)
    assert _found(_mail(message_id=f"<{other}@office.example>"), f"b-{DASHED}@bounce.example").delivery_id == 7


def test_a_foreign_final_recipient_changes_nothing_about_whom() -> None:
    found = _found(_mail(_report("somebody.else@victim.example"), message_id=TOKEN))
    assert found.delivery_id == 7


def test_forged_tokens_are_hints_at_most() -> None:
    forged = TOKEN[:-1] + ("a" if TOKEN[-1] != "a" else "b")
    mail = _mail(_report("li@post.example"), message_id=f"<{forged}@office.example>")
    assert correlate(mail, "", SIGNER.verify) == AddressHint(mail.reports, f"<{forged}@office.example>")


def test_a_token_in_the_envelopes_domain_is_not_ours() -> None:
    assert isinstance(correlate(_mail(), f"li@{DASHED}.example", SIGNER.verify), AddressHint)


def test_a_return_without_anything_hints_at_nobody() -> None:
    assert correlate(_mail(), "", SIGNER.verify) == AddressHint((), "")


def test_of_several_lines_the_mildest_speaks() -> None:
    reached = _report("b@post.example", "delivered")
    found = _found(_mail(_report("a@post.example"), reached, message_id=TOKEN))
    assert found.report == reached


def test_an_automatic_reply_is_found_without_a_report() -> None:
    assert _found(ReturnedMail(Kind.AUTOREPLY, (), Identity(answered=(f"<{TOKEN}@office.example>",)))).report is None
