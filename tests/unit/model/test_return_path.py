from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.model.return_path import PIECE_NUMBER_LENGTH, ReturnPath, Signer, envelope_sender

OURS = b"a secret of the office, 1"
NEXT = b"the next secret of ours, 2"
SIGNER = Signer((OURS,))
MAILBOX = "office@bureau.example"
IDS = st.integers(1, 10**18 - 1)


@given(IDS)
@settings(max_examples=100, deadline=None)
def test_a_token_names_its_delivery_in_every_place_it_travels(delivery_id: int):
    token = SIGNER.token(delivery_id)
    assert re.fullmatch(r"\d{1,18}\.[a-z2-7]{4}\.[a-z2-7]{16}", token)
    for text in (
        token,
        f"<{token}@bureau.example>",
        token.upper(),  # relays fold the local part
        envelope_sender(ReturnPath.VERP, MAILBOX, "bounce.example", token),
        envelope_sender(ReturnPath.PLUS, MAILBOX, "", token),
        envelope_sender(ReturnPath.PLUS, MAILBOX, "", token).upper(),
    ):
        assert SIGNER.verify(text) == delivery_id


@given(IDS, st.integers(0, 200), st.sampled_from("abcdefghijklmnopqrstuvwxyz234567"))
@settings(max_examples=100, deadline=None)
def test_one_altered_character_is_a_forgery(delivery_id: int, place: int, letter: str):
    token = SIGNER.token(delivery_id)
    start = token.index(".") + 1
    place = start + place % (len(token) - start)
    if token[place] in {".", letter}:
        return
    assert SIGNER.verify(token[:place] + letter + token[place + 1 :]) is None


@given(IDS, IDS)
@settings(max_examples=100, deadline=None)
def test_a_mac_is_worth_nothing_for_another_delivery(delivery_id: int, other: int):
    _, kid, mac = SIGNER.token(delivery_id).split(".")
    assert (SIGNER.verify(f"{other}.{kid}.{mac}") == other) is (other == delivery_id)


def test_another_office_cannot_sign_for_us():
    assert SIGNER.verify(Signer((NEXT,)).token(7)) is None
    _, kid, _ = SIGNER.token(7).split(".")
    _, _, foreign = Signer((NEXT,)).token(7).split(".")
    assert SIGNER.verify(f"7.{kid}.{foreign}") is None


def test_a_key_is_changed_while_returns_are_on_their_way():
    old = SIGNER.token(7)
    rotated = Signer((NEXT, OURS))
    assert rotated.verify(old) == 7
    assert rotated.token(7) != old
    assert rotated.verify(rotated.token(7)) == 7
    assert Signer((NEXT,)).verify(old) is None


@given(st.text(max_size=2000))
@settings(max_examples=100, deadline=None)
def test_any_foreign_text_is_no_proof_and_no_error(text: str):
    assert SIGNER.verify(text) is None


@pytest.mark.parametrize(
    "text",
    [
        "7.ab\u017fd.aaaaaaaaaaaaaaaa",  # a long s: equal to s without regard to case
        "7.abcd.\u212aaaaaaaaaaaaaaaa",  # the Kelvin sign
        "\u0667.abcd.aaaaaaaaaaaaaaaa",  # an Arabic seven
        "7.abcd." * 10_000,
        "9" * 100_000,
        "",
    ],
)
def test_letters_that_only_look_like_ours_are_no_error(text: str):
    assert SIGNER.verify(text) is None


def test_digits_of_another_script_do_not_name_a_delivery():
    _, kid, mac = SIGNER.token(7).split(".")
    assert SIGNER.verify(f"\u0667.{kid}.{mac}") is None


def test_the_true_token_is_found_behind_a_false_one():
    assert SIGNER.verify(f"1.abcd.aaaaaaaaaaaaaaaa {SIGNER.token(7)}") == 7


def test_a_secret_has_sixteen_bytes():
    for secrets in ((), (b"short",), (OURS, b"short")):
        with pytest.raises(ValueError, match="at least 16 bytes"):
            Signer(secrets)


def test_the_three_return_paths():
    token = SIGNER.token(7)
    local = "b-" + token.replace(".", "-")
    assert envelope_sender(ReturnPath.VERP, MAILBOX, "bounce.example", token) == f"{local}@bounce.example"
    assert envelope_sender(ReturnPath.PLUS, MAILBOX, "x.example", token) == f"office+{local}@bureau.example"
    assert envelope_sender(ReturnPath.FIXED, MAILBOX, "bounce.example", token) == MAILBOX


def test_an_envelope_sender_fits_the_local_part_even_for_the_largest_id():
    longest = envelope_sender(ReturnPath.VERP, MAILBOX, "bounce.example", SIGNER.token(10**18 - 1))
    assert len(longest.partition("@")[0]) <= 64  # RFC 5321 4.5.3.1.1


def test_piece_numbers_are_twelve_characters_people_can_read_out():
    pieces = {SIGNER.piece_number(delivery_id) for delivery_id in range(1, 20_001)}
    assert len(pieces) == 20_000
    assert PIECE_NUMBER_LENGTH == 12
    for piece in pieces:
        assert re.fullmatch(r"[0-9A-HJKMNP-TV-Z]{7}-[0-9A-HJKMNP-TV-Z]{4}", piece)


def test_a_piece_number_cannot_be_counted_up():
    checks = [SIGNER.piece_number(delivery_id)[-4:] for delivery_id in range(1, 101)]
    assert len(set(checks)) > 90
    assert SIGNER.piece_number(7) != Signer((NEXT,)).piece_number(7)
