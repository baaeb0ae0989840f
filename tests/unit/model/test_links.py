from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.model.links import TOKEN_LENGTH, Links, Purpose, link

OURS = b"a secret of the office, 1"
NEXT = b"the next secret of ours, 2"
LINKS = Links((OURS,))
IDS = st.integers(1, 2**63 - 1)
PURPOSES = st.sampled_from(list(Purpose))
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


@given(PURPOSES, IDS)
@settings(max_examples=100, deadline=None)
def test_a_token_names_its_subject_for_its_own_purpose_only(purpose: Purpose, subject: int):
    token = LINKS.token(purpose, subject)
    assert len(token) == TOKEN_LENGTH
    assert TOKEN_LENGTH % 3 == 0
    assert set(token) <= set(ALPHABET)
    assert token[-1].isalnum()  # a client that makes links of text takes it along
    assert LINKS.verify(purpose, token) == subject
    assert [other for other in Purpose if LINKS.verify(other, token) is not None] == [purpose]


@given(PURPOSES, IDS, st.integers(0, TOKEN_LENGTH - 1), st.sampled_from(ALPHABET))
@settings(max_examples=100, deadline=None)
def test_one_altered_character_is_a_forgery(purpose: Purpose, subject: int, place: int, letter: str):
    token = LINKS.token(purpose, subject)
    if token[place] != letter:
        assert LINKS.verify(purpose, token[:place] + letter + token[place + 1 :]) is None


@given(PURPOSES, IDS, IDS)
@settings(max_examples=100, deadline=None)
def test_a_mac_is_worth_nothing_for_another_subject(purpose: Purpose, subject: int, other: int):
    token, of_other = LINKS.token(purpose, subject), LINKS.token(purpose, other)
    swapped = of_other[:10] + token[10:]
    assert (LINKS.verify(purpose, swapped) is not None) is (swapped in {token, of_other})


def test_another_office_cannot_make_our_links():
    assert LINKS.verify(Purpose.READ, Links((NEXT,)).token(Purpose.READ, 7)) is None


def test_a_key_id_is_public_and_opens_nothing():
    """Every link shows the key's id; a MAC made without the key is worth nothing beside it."""
    ours, foreign = LINKS.token(Purpose.READ, 7), Links((NEXT,)).token(Purpose.READ, 7)
    octets, others = urlsafe_b64decode(ours), urlsafe_b64decode(foreign)
    assert octets[:8] == others[:8]
    forged = urlsafe_b64encode(others[:8] + octets[8:11] + others[11:]).decode()
    assert LINKS.verify(Purpose.READ, forged) is None


def test_a_key_is_changed_while_old_mails_lie_in_mailboxes():
    old = LINKS.token(Purpose.LEAVE, 7)
    rotated = Links((NEXT, OURS))
    assert rotated.verify(Purpose.LEAVE, old) == 7
    assert rotated.token(Purpose.LEAVE, 7) != old
    assert rotated.verify(Purpose.LEAVE, rotated.token(Purpose.LEAVE, 7)) == 7
    assert Links((NEXT,)).verify(Purpose.LEAVE, old) is None


@pytest.mark.parametrize("behind", [".", "。", ")", "）。", ">", "”", "，", "  ", "**"])
def test_what_a_client_takes_along_behind_the_link_does_no_harm(behind: str):
    assert LINKS.verify(Purpose.READ, LINKS.token(Purpose.READ, 7) + behind) == 7


def test_a_link_cut_short_at_any_place_is_none():
    token = LINKS.token(Purpose.SIGN, 7)
    assert [LINKS.verify(Purpose.SIGN, token[:length]) for length in range(TOKEN_LENGTH)] == [None] * TOKEN_LENGTH


@given(PURPOSES, st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_any_foreign_text_is_no_proof_and_no_error(purpose: Purpose, text: str):
    assert LINKS.verify(purpose, text) is None


@pytest.mark.parametrize(
    "text", ["", "A" * TOKEN_LENGTH, "A" * 100_000, "ａ" * TOKEN_LENGTH, "%" * TOKEN_LENGTH, "\x00" * 36]
)
def test_what_only_looks_like_a_token_is_none(text: str):
    assert LINKS.verify(Purpose.READ, text) is None


def test_a_secret_has_sixteen_bytes():
    for secrets in ((), (b"short",), (OURS, b"short")):
        with pytest.raises(ValueError, match="at least 16 bytes"):
            Links(secrets)


def test_the_address_of_a_page_begins_with_what_it_is_for():
    assert link("https://news.example", Purpose.SIGN, "x" * 36) == f"https://news.example/sign/{'x' * 36}"
