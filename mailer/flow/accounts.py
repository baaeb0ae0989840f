"""Accounts of people who work with the service. Passwords come as hashes; nothing here can read one."""

from __future__ import annotations

from mailer.flow.office import Office
from mailer.store import accounts


def add_account(
    office: Office, name: str, role: str, password_hash: str, *, actor: str, only_if_none: bool = False
) -> bool:
    """Makes an account; False when the name is taken, or when there are accounts and ``only_if_none`` is set."""
    with office.store.begin() as session:
        if only_if_none and accounts.count(session):
            return False
        made = accounts.add(session, name=name, role=role, password_hash=password_hash, now=office.clock.now())
        if made:
            office.record(session, actor, "account.added", f"account:{name}", role=role)
    return made
