"""Logging in to the console: the throttle, the password, the second factor, the session; every try is in the audit.

A stranger cannot lock anybody out: failures are counted for the account from browsers that never got in with it, apart
from those of each browser that did, which carries a device mark (OWASP, «device cookies»); and for the source address.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlmodel import Session

from mailer.flow.office import Office
from mailer.flow.passwords import Passwords
from mailer.flow.second_factor import is_right
from mailer.flow.sessions import begin_session, digest_of
from mailer.store import accounts, sessions
from mailer.store.accounts import Account
from mailer.store.sessions import OpenSession

WINDOW = timedelta(minutes=15)
PER_ACCOUNT = 5  # failures of one account, and of one known browser
PER_SOURCE = 30  # failures from one address, whatever the account
_LONGEST_NAME = 64
_MARK_BYTES = 16
_STRANGER, _CODE = "stranger", " code"  # parts of a bucket's name


@dataclass(frozen=True, slots=True)
class Door:
    """Where a login comes from. ``mark``: the device mark the browser brought, '' for none."""

    source: str
    mark: str


@dataclass(frozen=True, slots=True)
class Entered:
    """In, or half in when ``wants_code``. ``session_id`` for the cookie; ``mark``: the browser's device mark from now on."""

    session_id: str
    wants_code: bool
    mark: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Not in. ``wait``: until when trying is of no use; None when it is."""

    wait: datetime | None = None


def name_key(name: str) -> str:
    """How names are compared: without case, blanks at the ends and differences of width."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def log_in(office: Office, passwords: Passwords, name: str, password: str, door: Door) -> Entered | Refused:
    """Name and password. Unknown, disabled and wrong are one answer, after the same work."""
    key = name_key(name)[:_LONGEST_NAME]
    with office.store.read() as session:
        account = accounts.by_key(session, key)
    counted = _Throttle(office, key, door, is_known=account is not None and _is_mark_of(office, account, door.mark))
    if wait := counted.begin():
        return Refused(wait)
    if not passwords.matches(account.password_hash if account else None, password) or not account:
        _audit(office, "login.failed", f"account:{key}")
        return Refused()
    if not account.is_enabled:
        _audit(office, "login.failed", f"account:{account.name}", reason="disabled")
        return Refused()
    if passwords.is_outdated(account.password_hash):
        with office.store.begin() as session:
            accounts.change(session, account.id, password_hash=passwords.hash(password))
    if account.has_totp:
        counted.withdraw()  # the password was right; the code is counted by itself
        return Entered(_begin(office, account, door, wants_code=True), wants_code=True, mark=door.mark)
    counted.clear()
    return _in(office, account, door)


def give_code(office: Office, half: OpenSession, code: str, door: Door) -> Entered | Refused:
    """The second factor of a session that still wants it; a new session id, as at every rise of rights (ASVS 7.2.4)."""
    assert half.account_id is not None
    with office.store.read() as session:
        account = accounts.by_id(session, half.account_id)
    if account is None or not account.is_enabled:
        return Refused()
    counted = _Throttle(
        office, f"{name_key(account.name)}{_CODE}", door, is_known=_is_mark_of(office, account, door.mark)
    )
    if wait := counted.begin():
        return Refused(wait)
    if not is_right(office, account, code):
        _audit(office, "login.failed", f"account:{account.name}", reason="code")
        return Refused()
    counted.clear()
    with office.store.begin() as session:
        sessions.end(session, half.digest)
    return _in(office, account, door)


def give_password_again(
    office: Office, passwords: Passwords, found: OpenSession, password: str, door: Door
) -> bool | Refused:
    """Before what must not be done by whoever passes an open screen. True: sure for ten minutes from now."""
    with office.store.read() as session:
        account = accounts.by_id(session, found.account_id) if found.account_id is not None else None
    if account is None:
        return False
    counted = _Throttle(office, name_key(account.name), door, is_known=True)
    if wait := counted.begin():
        return Refused(wait)
    if not passwords.matches(account.password_hash, password):
        _audit(office, "login.failed", f"account:{account.name}", reason="again")
        return False
    counted.clear()
    with office.store.begin() as session:
        sessions.change(session, found.digest, sure_at=office.clock.now())
    return True


def log_out(office: Office, found: OpenSession) -> None:
    with office.store.begin() as session:
        if sessions.end(session, found.digest):
            office.record(session, found.actor, "logout", found.actor)


def forget_failures(session: Session, name: str) -> None:
    """Whoever waits before this account may try again; after its password was reset."""
    for what in (name_key(name), f"{name_key(name)}{_CODE}"):
        accounts.forget_failures(session, digest_of(f"{what} {_STRANGER}"))


def _in(office: Office, account: Account, door: Door) -> Entered:
    session_id = _begin(office, account, door, wants_code=False)
    with office.store.begin() as session:
        office.record(session, f"account:{account.name}", "login", f"account:{account.name}")
    is_marked = _is_mark_of(office, account, door.mark)
    return Entered(session_id, wants_code=False, mark=door.mark if is_marked else _make_mark(office, account))


def _begin(office: Office, account: Account, door: Door, *, wants_code: bool) -> str:
    return begin_session(
        office, actor=f"account:{account.name}", source=door.source, account_id=account.id, wants_code=wants_code
    )


def _audit(office: Office, action: str, subject: str, **detail: str) -> None:
    with office.store.begin() as session:
        office.record(session, "console", action, subject, **detail)


def _make_mark(office: Office, account: Account) -> str:
    nonce = secrets.token_hex(_MARK_BYTES)
    return f"{nonce}.{_mac(office, account, nonce)}"


def _is_mark_of(office: Office, account: Account, mark: str) -> bool:
    nonce, _, mac = mark.partition(".")
    return hmac.compare_digest(mac.encode("utf-8", "surrogatepass"), _mac(office, account, nonce).encode())


def _mac(office: Office, account: Account, nonce: str) -> str:
    text = f"device mark {account.id} {nonce}".encode("utf-8", "surrogatepass")
    return hmac.digest(office.audit_key, text, hashlib.sha256).hex()


class _Throttle:
    """Counts one try before it is checked, so that many at the same moment are no way around it."""

    def __init__(self, office: Office, what: str, door: Door, *, is_known: bool) -> None:
        self._office = office
        who = f"mark {door.mark}" if is_known else _STRANGER
        self._limits = {digest_of(f"{what} {who}"): PER_ACCOUNT}
        if not is_known:
            self._limits[digest_of(f"source {door.source}")] = PER_SOURCE
        self._noted: list[int] = []

    def begin(self) -> datetime | None:
        """None: go on, the try is counted. Else until when nothing is checked."""
        now = self._office.clock.now()
        with self._office.store.begin() as session:
            for bucket, limit in self._limits.items():
                failed = accounts.failures_since(session, bucket, now - WINDOW)
                if len(failed) >= limit:
                    return failed[-limit] + WINDOW
            self._noted = [
                accounts.note_failure(session, bucket, now, forget_before=now - WINDOW) for bucket in self._limits
            ]
        return None

    def withdraw(self) -> None:
        with self._office.store.begin() as session:
            for noted in self._noted:
                accounts.withdraw_failure(session, noted)

    def clear(self) -> None:
        """After a success what failed before from here is forgotten; of the source only this try."""
        account_bucket = next(iter(self._limits))
        with self._office.store.begin() as session:
            accounts.forget_failures(session, account_bucket)
            for noted in self._noted:
                accounts.withdraw_failure(session, noted)
