"""Logging in: passwords, and the throttle that shuts out guessers and nobody else."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, text

from mailer.flow import accounts as flow
from mailer.flow import log_in as door_flow
from mailer.flow.log_in import Door, Entered, Refused, log_in
from mailer.flow.office import Office
from mailer.flow.passwords import LONGEST, Passwords, WeakPasswordError, accepted, make_up
from mailer.flow.second_factor import secret_of
from mailer.model.rights import Role
from mailer.store import accounts, core
from mailer.store.accounts import Account
from tests.flow.logging_in import (
    HERE,
    PASSWORD,
    PASSWORDS,
    STRANGER,
    actions,
    director_now,
    enter,
    entered,
    make,
    now_code,
    opened,
)
from tests.support.builders import Clock


def test_the_right_password_opens_a_session_with_the_roles_of_now(office: Office, director: Account):
    found = opened(office, entered(office).session_id)
    assert found is not None
    assert (found.name, found.roles, found.actor, found.wants_code) == ("主任", {"approver"}, "account:主任", False)
    assert actions(office)[-1] == ("account:主任", "login", "account:主任")


@pytest.mark.parametrize("name", ["主任", " 主任 ", "主任\u3000"])
def test_blanks_and_width_do_not_matter_in_a_name(office: Office, director: Account, name: str):
    assert isinstance(enter(office, name), Entered)


@pytest.mark.parametrize(
    ("name", "password"),
    [("主任", ""), ("主任", PASSWORD + " "), ("主任", PASSWORD.upper()), ("别人", PASSWORD), ("", PASSWORD),
     ("主任", "x" * (LONGEST + 1)), ("主任' OR '1'='1", PASSWORD), ("主" * 5000, PASSWORD), ("主任", "\ud800")],
)  # fmt: skip
def test_anything_else_opens_nothing_and_is_written_down(office: Office, director: Account, name: str, password: str):
    assert enter(office, name, password) == Refused()
    actor, action, subject = actions(office)[-1]
    assert (actor, action) == ("console", "login.failed")
    assert len(subject) < 100
    with office.store.read() as session:
        assert session.execute(select(core.console_session)).all() == []


def test_a_disabled_account_opens_nothing(office: Office, director: Account):
    flow.disable(office, director, actor="cli:a")
    assert enter(office) == Refused()


def test_passwords_are_kept_as_argon2id_of_today_and_made_anew_when_they_are_not(office: Office, director: Account):
    assert Passwords().hash("something").startswith("$argon2id$")
    stronger = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    before = director.password_hash
    assert isinstance(log_in(office, stronger, "主任", PASSWORD, HERE), Entered)
    after = flow.find_account(office, "主任").password_hash
    assert after != before
    assert "t=2" in after
    assert isinstance(log_in(office, stronger, "主任", PASSWORD, HERE), Entered)


def test_hashes_that_look_like_numbers_are_compared_as_hashes(office: Office, director: Account):
    with office.store.begin() as session:
        accounts.change(session, director.id, password_hash="0e462097431906509019562988736854")
    assert enter(office, password="240610708") == Refused()


def test_the_database_holds_nothing_that_opens(office: Office, director: Account):
    answer = entered(office)
    salt = flow.offer_totp(office, director)
    codes = flow.prove_totp(office, director_now(office), now_code(office, salt), actor="a", keep_session="")
    assert codes
    with office.store.read() as session:
        dump = "\n".join(
            str(tuple(row))
            for table in ("account", "console_session", "recovery_code", "login_failure", "audit_record")
            for row in session.execute(text(f"SELECT * FROM {table}"))
        )
    for secret in (PASSWORD, answer.session_id, secret_of(office, salt), *codes):
        assert secret not in dump


# --- the throttle ----------------------------------------------------------------------------------------------------


def test_after_five_failures_nothing_is_checked_until_the_window_is_over(
    office: Office, director: Account, clock: Clock
):
    begun = clock.now()
    for _ in range(door_flow.PER_ACCOUNT):
        assert enter(office, password="wrong", door=STRANGER) == Refused()
        clock.turn(seconds=1)
    refused = enter(office, door=STRANGER)
    assert refused == Refused(begun + door_flow.WINDOW)
    clock.turn(minutes=14, seconds=55)
    assert isinstance(enter(office, door=STRANGER), Entered)


def test_a_stranger_does_not_lock_the_director_out(office: Office, director: Account):
    mark = entered(office).mark
    for n in range(40):
        enter(office, password=f"guess {n}", door=Door(f"203.0.113.{n}", ""))
    assert isinstance(enter(office, door=Door("198.51.100.1", "")), Refused)  # an unknown browser has to wait
    assert isinstance(enter(office, door=Door("198.51.100.1", mark)), Entered)  # the director's own has not


def test_a_known_browser_is_counted_too(office: Office, director: Account):
    mark = entered(office).mark
    for _ in range(door_flow.PER_ACCOUNT):
        enter(office, password="wrong", door=Door("192.0.2.1", mark))
    assert enter(office, door=Door("192.0.2.1", mark)).wait is not None  # type: ignore[union-attr]  # Refused


@pytest.mark.parametrize(
    "spoil", [lambda mark: mark + "0", lambda mark: mark.split(".")[0] + ".", lambda _: ".", str.upper]
)
def test_a_mark_that_was_made_up_counts_as_none(office: Office, director: Account, spoil):
    mark = spoil(entered(office).mark)
    for _ in range(door_flow.PER_ACCOUNT):
        enter(office, password="wrong", door=STRANGER)
    assert isinstance(enter(office, door=Door("192.0.2.1", mark)), Refused)


def test_a_mark_of_one_account_is_none_of_another(office: Office, director: Account):
    make(office, "别人", Role.EDITOR)
    mark = entered(office, "别人").mark
    for _ in range(door_flow.PER_ACCOUNT):
        enter(office, password="wrong", door=STRANGER)
    assert isinstance(enter(office, door=Door("192.0.2.1", mark)), Refused)


def test_one_source_may_not_try_all_names(office: Office, director: Account):
    for n in range(door_flow.PER_SOURCE):
        assert enter(office, f"name {n}", "wrong", STRANGER) == Refused()
    refused = enter(office, door=STRANGER)
    assert isinstance(refused, Refused)
    assert refused.wait is not None
    assert isinstance(enter(office, door=HERE), Entered)


def test_who_gets_in_starts_anew_and_costs_the_source_nothing(office: Office, director: Account):
    for _ in range(door_flow.PER_SOURCE * 2):
        assert isinstance(enter(office, door=HERE), Entered)
    for _ in range(3):
        for _ in range(door_flow.PER_ACCOUNT - 1):
            assert enter(office, password="wrong") == Refused()
        assert isinstance(enter(office), Entered)


def test_many_tries_at_one_moment_are_no_way_around(office: Office, director: Account):
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda n: enter(office, password=f"guess {n}", door=STRANGER), range(12)))
    assert sum(answer == Refused() for answer in answers) == door_flow.PER_ACCOUNT


# --- which passwords -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "123456789",
        "password123",
        "Passw0rd!!!!",
        "aaaaaaaaaaaa",
        "何小满同志何小满12",
        "woaini1314",
        "x" * 257,
    ],
)
def test_passwords_that_are_guessed_first_are_refused_with_a_remedy(password: str):
    with pytest.raises(WeakPasswordError, match=r"密码|字符"):
        accepted(password, "何小满同志何小满")


@pytest.mark.parametrize("password", ["correct horse battery", "九号楼的月亮照着旧电车"])
def test_long_ones_are_taken_without_rules_of_composition(password: str):
    assert accepted(password, "何小满") == password


def test_a_password_made_up_is_accepted_and_no_other_like_it():
    made = {make_up() for _ in range(10)}
    assert len(made) == 10
    assert all(accepted(password, "何小满") == password for password in made)


def test_the_same_password_from_another_keyboard(office: Office):
    typed = "ｗｉｄｅ and narrow"
    assert flow.add_account(office, "甲", [Role.EDITOR], PASSWORDS.hash(accepted(typed, "甲")), actor="cli:a")
    assert isinstance(enter(office, "甲", "wide and narrow"), Entered)
