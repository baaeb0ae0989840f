"""The second factor: codes that serve once, recovery codes, and what does not get around them."""

from __future__ import annotations

import pytest

from mailer.flow import accounts as flow
from mailer.flow import log_in as door_flow
from mailer.flow import sessions
from mailer.flow.log_in import Entered, Refused, give_code
from mailer.flow.office import Office
from mailer.store import accounts
from mailer.store.accounts import Account
from tests.flow.logging_in import (
    HERE,
    PASSWORDS,
    STRANGER,
    director_now,
    enter,
    entered,
    half_in,
    now_code,
    opened,
    standing,
)
from tests.support.builders import Clock


@pytest.fixture
def guarded(office: Office, director: Account, clock: Clock) -> tuple[str, list[str]]:
    """The director with a second factor: (salt, recovery codes); the code it was proved with is over."""
    salt = flow.offer_totp(office, director)
    codes = flow.prove_totp(office, director_now(office), now_code(office, salt), actor="account:主任", keep_session="")
    assert codes is not None
    clock.turn(minutes=2)
    return salt, codes


def test_a_factor_that_was_offered_and_not_proved_asks_nobody(office: Office, director: Account):
    salt = flow.offer_totp(office, director)
    right = {now_code(office, salt, steps) for steps in (-1, 0, 1)}
    wrong = next(code for code in ("000000", "111111", "222222", "333333") if code not in right)
    assert flow.prove_totp(office, director_now(office), wrong, actor="a", keep_session="") is None
    assert entered(office).wants_code is False


def test_password_and_code_open_a_session_of_a_new_id(office: Office, guarded: tuple[str, list[str]]):
    half = half_in(office)
    answer = give_code(office, half, now_code(office, guarded[0]), HERE)
    assert isinstance(answer, Entered)
    found = opened(office, answer.session_id)
    assert found is not None
    assert found.wants_code is False
    assert sessions.digest_of(answer.session_id) != half.digest
    assert opened(office, "") is None
    assert not sessions.is_open(office, half.digest)


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_half_a_minute_off_does_no_harm(office: Office, guarded: tuple[str, list[str]], steps: int):
    code = now_code(office, guarded[0], steps)
    assert isinstance(give_code(office, half_in(office), f" {code[:3]} {code[3:]} ", HERE), Entered)


def test_a_code_serves_once_and_none_before_it(office: Office, guarded: tuple[str, list[str]]):
    code, earlier = now_code(office, guarded[0]), now_code(office, guarded[0], -1)
    assert isinstance(give_code(office, half_in(office), code, HERE), Entered)
    for used in (code, earlier):
        assert give_code(office, half_in(office), used, HERE) == Refused()


@pytest.mark.parametrize("code", ["", "000", "abcdef", "１２３４５６", "\ud800", "9" * 5000])
def test_what_is_no_code_is_refused(office: Office, guarded: tuple[str, list[str]], code: str):
    assert give_code(office, half_in(office), code, HERE) == Refused()


def test_codes_of_two_steps_away_are_refused(office: Office, guarded: tuple[str, list[str]]):
    right = {now_code(office, guarded[0], steps) for steps in (-1, 0, 1)}
    for steps in (-3, 3):
        if (code := now_code(office, guarded[0], steps)) not in right:
            assert give_code(office, half_in(office), code, HERE) == Refused()


def test_a_recovery_code_serves_once(office: Office, guarded: tuple[str, list[str]]):
    first, second, *_ = guarded[1]
    assert isinstance(give_code(office, half_in(office), first.upper().replace("-", " "), HERE), Entered)
    assert give_code(office, half_in(office), first, HERE) == Refused()
    assert isinstance(give_code(office, half_in(office), second, HERE), Entered)
    with office.store.read() as session:
        assert accounts.recovery_codes_left(session, director_now(office).id) == 8


def test_codes_cannot_be_guessed_with_the_password_in_hand(office: Office, guarded: tuple[str, list[str]]):
    for n in range(door_flow.PER_ACCOUNT):
        assert give_code(office, half_in(office), f"not {n}", STRANGER) == Refused()
    refused = give_code(office, half_in(office), now_code(office, guarded[0]), STRANGER)
    assert isinstance(refused, Refused)
    assert refused.wait is not None


def test_half_a_login_lasts_five_minutes_and_gives_no_password_again(
    office: Office, guarded: tuple[str, list[str]], clock: Clock
):
    answer = entered(office)
    half = opened(office, answer.session_id)
    assert half is not None
    assert half.sure_at is None
    clock.turn(minutes=5, seconds=1)
    assert opened(office, answer.session_id) is None


def test_a_new_password_does_not_take_the_second_factor_away(office: Office, guarded: tuple[str, list[str]]):
    flow.set_password(office, director_now(office), PASSWORDS.hash("another password"), actor="cli:a", given=True)
    answer = enter(office, password="another password")
    assert isinstance(answer, Entered)
    assert answer.wants_code


def test_the_factor_switched_off_from_outside_ends_sessions_and_asks_for_the_password_alone(
    office: Office, guarded: tuple[str, list[str]]
):
    answer = give_code(office, half_in(office), now_code(office, guarded[0]), HERE)
    assert isinstance(answer, Entered)
    flow.reset_totp(office, director_now(office), actor="cli:a")
    assert opened(office, answer.session_id) is None
    assert entered(office).wants_code is False
    assert give_code(office, standing(office, entered(office).session_id), guarded[1][0], HERE) == Refused()
