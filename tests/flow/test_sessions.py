"""Sessions: how long they last, what ends them, the password given again, what is said once."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from mailer.flow import accounts as flow
from mailer.flow import log_in as door_flow
from mailer.flow import sessions
from mailer.flow.log_in import Refused, give_password_again, log_out
from mailer.flow.office import Office
from mailer.model.rights import Role
from mailer.store import audit, core
from mailer.store.accounts import Account
from mailer.store.engine import Store
from tests.flow.logging_in import (
    HERE,
    PASSWORD,
    PASSWORDS,
    actions,
    director_now,
    enter,
    entered,
    make,
    now_code,
    opened,
    standing,
)
from tests.support.builders import Clock, make_office


def test_a_session_ends_half_an_hour_after_the_last_click(office: Office, director: Account, clock: Clock):
    session_id = entered(office).session_id
    for _ in range(5):
        clock.turn(minutes=29)
        assert opened(office, session_id) is not None
    clock.turn(minutes=30)
    assert opened(office, session_id) is None


def test_what_a_page_asks_by_itself_keeps_no_session_open(office: Office, director: Account, clock: Clock):
    session_id = entered(office).session_id
    for _ in range(29):
        clock.turn(minutes=1)
        assert sessions.find_session(office, session_id, is_person=False) is not None
    clock.turn(minutes=1)
    assert sessions.find_session(office, session_id, is_person=False) is None


def test_a_session_ends_with_the_working_day_however_busy(office: Office, director: Account, clock: Clock):
    session_id = entered(office).session_id
    for _ in range(36):
        assert opened(office, session_id) is not None
        clock.turn(minutes=20)
    assert opened(office, session_id) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda office, account: flow.set_password(office, account, "h", actor="cli:a", given=True),
        lambda office, account: flow.change_roles(office, account, [Role.EDITOR], actor="cli:a"),
        lambda office, account: flow.disable(office, account, actor="cli:a"),
        lambda office, account: flow.reset_totp(office, account, actor="cli:a"),
        lambda office, account: flow.end_sessions(office, account, actor="cli:a"),
        lambda office, account: flow.prove_totp(
            office, account, now_code(office, account.totp_salt), actor="a", keep_session=""
        ),
    ],
    ids=["password", "roles", "disable", "totp off", "ended", "totp on"],
)
def test_whatever_changes_the_way_in_ends_every_session(office: Office, director: Account, change):
    make(office, "别人", Role.EDITOR)
    flow.offer_totp(office, director)
    mine = [entered(office).session_id for _ in range(2)]
    others = entered(office, "别人").session_id
    change(office, director_now(office))
    assert [opened(office, session_id) for session_id in mine] == [None, None]
    assert opened(office, others) is not None


def test_who_changes_his_own_password_stays_in_where_he_does_it(office: Office, director: Account):
    here, elsewhere = (entered(office).session_id for _ in range(2))
    flow.set_password(office, director, "h", actor="account:主任", given=False, keep_session=sessions.digest_of(here))
    assert opened(office, here) is not None
    assert opened(office, elsewhere) is None


def test_logging_out_ends_the_session_on_the_server(office: Office, director: Account):
    session_id = entered(office).session_id
    log_out(office, standing(office, session_id))
    assert opened(office, session_id) is None
    assert actions(office)[-1] == ("account:主任", "logout", "account:主任")


def test_the_password_given_again_counts_for_ten_minutes(office: Office, director: Account, clock: Clock):
    session_id = entered(office).session_id
    assert sessions.is_sure(office, standing(office, session_id))  # it was given a moment ago
    clock.turn(minutes=10, seconds=1)
    found = standing(office, session_id)
    assert not sessions.is_sure(office, found)
    assert give_password_again(office, PASSWORDS, found, "wrong", HERE) is False
    assert not sessions.is_sure(office, standing(office, session_id))
    assert give_password_again(office, PASSWORDS, found, PASSWORD, HERE) is True
    assert sessions.is_sure(office, standing(office, session_id))
    for _ in range(door_flow.PER_ACCOUNT):
        give_password_again(office, PASSWORDS, found, "wrong", HERE)
    assert isinstance(give_password_again(office, PASSWORDS, found, PASSWORD, HERE), Refused)


def test_a_sentence_is_said_once(office: Office, director: Account):
    session_id = entered(office).session_id
    sessions.say_next(office, sessions.digest_of(session_id), "已暂停。")
    found = standing(office, session_id)
    assert [sessions.take_said(office, found) for _ in range(2)] == ["已暂停。", ""]
    assert standing(office, session_id).said == ""


def test_old_sessions_are_cleared_away_with_what_they_saw(office: Office, director: Account, clock: Clock):
    found = standing(office, entered(office).session_id)
    sessions.record_view(office, found, "mailing:1", "ledger.viewed")
    clock.turn(minutes=31)
    entered(office)
    with office.store.read() as session:
        assert len(session.execute(select(core.console_session)).all()) == 1
        assert session.execute(select(core.console_view)).all() == []


def test_both_databases_keep_accounts_sessions_and_failures_alike(either: Store, clock: Clock):
    office = make_office(either, clock)
    account = make(office, "主任", Role.APPROVER, Role.EDITOR)
    assert not flow.add_account(office, "主任", [Role.EDITOR], "h", actor="cli:a")
    assert enter(office, password="wrong") == Refused()
    found = standing(office, entered(office).session_id)
    assert found.roles == {"approver", "editor"}
    for _ in range(2):
        sessions.record_view(office, found, "mailing:1", "ledger.viewed")
    assert len(sessions.open_sessions(office, account.id)) == 1
    flow.renew_recovery_codes(office, account, actor="cli:a")
    assert flow.end_sessions(office, account, actor="cli:a") == 1
    assert [action for _, action, _ in actions(office)] == [
        "account.added", "login.failed", "login", "ledger.viewed", "account.recovery_codes_made", "account.sessions_ended",
    ]  # fmt: skip
    with either.read() as session:
        assert audit.verify(session, office.audit_key) == []
        assert len(audit.records(session, audit.Wanted(actor="主任", action="log"), before=None, limit=9)) == 1
