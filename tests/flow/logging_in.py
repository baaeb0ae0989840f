"""What tests of logging in share: an account, its ways in, what it left in the audit."""

from __future__ import annotations

from datetime import timedelta

import pyotp
from argon2 import PasswordHasher
from sqlalchemy import select

from mailer.flow import accounts as flow
from mailer.flow import sessions
from mailer.flow.log_in import Door, Entered, Refused, log_in
from mailer.flow.office import Office
from mailer.flow.passwords import Passwords
from mailer.flow.second_factor import secret_of
from mailer.model.rights import Role
from mailer.store import core
from mailer.store.accounts import Account
from mailer.store.sessions import OpenSession

PASSWORD = "九号楼的月亮 and a tram"
PASSWORDS = Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))
HERE = Door("192.0.2.1", "")
STRANGER = Door("203.0.113.9", "")


def make(office: Office, name: str, *roles: Role) -> Account:
    assert flow.add_account(office, name, roles, PASSWORDS.hash(PASSWORD), actor="cli:a", given=False)
    return flow.find_account(office, name)


def enter(office: Office, name: str = "主任", password: str = PASSWORD, door: Door = HERE) -> Entered | Refused:
    return log_in(office, PASSWORDS, name, password, door)


def entered(office: Office, name: str = "主任", door: Door = HERE) -> Entered:
    answer = enter(office, name, door=door)
    assert isinstance(answer, Entered)
    return answer


def opened(office: Office, session_id: str) -> OpenSession | None:
    return sessions.find_session(office, session_id)


def standing(office: Office, session_id: str) -> OpenSession:
    found = opened(office, session_id)
    assert found is not None
    return found


def actions(office: Office) -> list[tuple[str, str, str]]:
    with office.store.read() as session:
        return [(row.actor, row.action, row.subject) for row in session.execute(select(core.audit).order_by("id"))]


def now_code(office: Office, salt: str, steps: int = 0) -> str:
    return pyotp.TOTP(secret_of(office, salt)).at(office.clock.now() + timedelta(seconds=30 * steps))


def director_now(office: Office) -> Account:
    return flow.find_account(office, "主任")


def half_in(office: Office) -> OpenSession:
    answer = entered(office)
    assert answer.wants_code
    half = opened(office, answer.session_id)
    assert half is not None
    assert half.wants_code
    return half
