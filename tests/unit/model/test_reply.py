from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.model.reply import EnhancedStatus, Fault, Outcome, Phase, Reply

AT = datetime(2026, 11, 23, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("5.1.1 User unknown", (5, 1, 1)),
        ("5.1.1", (5, 1, 1)),
        ("  4.7.650 try later", (4, 7, 650)),
        ("2.0.0 Ok: queued", (2, 0, 0)),
        ("5.7.1: relaying denied", (5, 7, 1)),
        ("4.2.2\nsecond line", (4, 2, 2)),
        ("3.1.1 no such class", None),  # RFC 3463 2: classes 2, 4 and 5
        ("5.1.1.2 an address, not a status", None),
        ("5.1.1234", None),
        ("5.1", None),
        ("User unknown 5.1.1", None),
        ("", None),
    ],
)
def test_the_enhanced_status_stands_first_or_nowhere(text: str, wanted: tuple[int, int, int] | None):
    assert EnhancedStatus.parse(text) == (EnhancedStatus(*wanted) if wanted else None)


def test_a_status_is_written_as_it_is_read():
    assert str(EnhancedStatus(5, 7, 26)) == "5.7.26"
    assert EnhancedStatus.parse(str(EnhancedStatus(4, 3, 2))) == EnhancedStatus(4, 3, 2)


@given(st.text(max_size=300))
@settings(max_examples=100, deadline=None)
def test_any_text_is_read_without_an_error(text: str):
    found = EnhancedStatus.parse(text)
    assert found is None or found.klass in {2, 4, 5}


def test_a_reply_knows_its_status_and_whether_it_is_good():
    reply = Reply(250, "2.0.0 Ok")
    assert (reply.is_positive, reply.enhanced, str(reply)) == (True, EnhancedStatus(2, 0, 0), "250 2.0.0 Ok")
    assert [Reply(code, "").is_positive for code in (199, 200, 299, 300, 354, 450, 550)] == [
        False, True, True, False, False, False, False,
    ]  # fmt: skip
    assert str(Reply(250, "")) == "250"


@pytest.mark.parametrize("phase", Phase)
@pytest.mark.parametrize("reply", [Reply(250, "Ok"), Reply(354, "go"), Reply(451, "later"), Reply(550, "no"), None])
def test_a_message_counts_as_taken_by_a_clean_2yz_to_the_dot_only(phase: Phase, reply: Reply | None):
    outcome = Outcome(phase, reply, None if reply else Fault.CUT, "mx.example", AT)
    assert outcome.is_accepted is (phase is Phase.DOT and reply == Reply(250, "Ok"))
    assert outcome.is_unknown is (phase is Phase.DOT and reply is None)


def test_before_mail_from_it_is_the_relays_matter():
    assert {str(phase) for phase in Phase if phase.is_session} == {"connect", "greeting", "ehlo", "starttls", "auth"}
