"""Keys of programs: made with scopes, shown once, found by what a program sends, revoked for good.

A key is «bm-<number>-<secret>». The secret has 256 random bits, so one round of SHA-256 is enough to keep it (a slow hash
guards guessable secrets) and every request can afford it.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from mailer.flow.office import Office
from mailer.model.api_scope import Scope, scopes_of
from mailer.store import api_keys

_FORM = re.compile(r"bm-([1-9][0-9]{0,8})-([A-Za-z0-9_-]{43})")
_BYTES = 32
_LONGEST_NAME = 40
_NOTED_EVERY = timedelta(hours=1)
_NOBODY = "0" * 64  # what a key of an unknown number is compared with, so that it takes as long


class ApiKeyError(ValueError):
    """What was asked for cannot be; the sentence says why and what to do instead."""


@dataclass(frozen=True, slots=True)
class Key:
    """A key that may act. ``actor``: how the audit names it, «key:<name>»."""

    id: int
    name: str
    scopes: frozenset[Scope]

    @property
    def actor(self) -> str:
        return f"key:{self.name}"


def add_key(office: Office, name: str, scopes: Iterable[Scope], *, actor: str) -> str:
    """The whole key, which nobody can show again. Raises ApiKeyError."""
    shown, held = " ".join(name.split()), sorted(set(scopes))
    if not shown or len(shown) > _LONGEST_NAME or not shown.isprintable():
        raise ApiKeyError(f"密钥的名称要有 1 到 {_LONGEST_NAME} 个字，写明是哪个系统在用。")
    if not held:
        raise ApiKeyError("至少选一项这把密钥能做的事。")
    secret = secrets.token_urlsafe(_BYTES)
    with office.store.begin() as session:
        key_id = api_keys.add(
            session, name=shown, digest=_digest(secret), scopes=" ".join(held), now=office.clock.now(), by=actor
        )
        if key_id is None:
            raise ApiKeyError(f"已有叫“{shown}”的密钥（也可能已撤销），请换一个名称。")
        office.record(session, actor, "key.added", f"key:{shown}", scope="、".join(held))
    return f"bm-{key_id}-{secret}"


def revoke_key(office: Office, key_id: int, *, actor: str) -> bool:
    """False when there is none, or it was revoked before. From the next request on it opens nothing."""
    with office.store.begin() as session:
        row = api_keys.one(session, key_id)
        if row is None or not api_keys.revoke(session, key_id, office.clock.now(), actor):
            return False
        office.record(session, actor, "key.revoked", f"key:{row.name}")
    return True


def find_key(office: Office, sent: str) -> Key | None:
    """Whose key it is; None for what is no key of ours, was revoked, or never was. Takes as long for either."""
    form = _FORM.fullmatch(sent)
    number, secret = (int(form[1]), form[2]) if form else (0, "")
    with office.store.read() as session:
        row = api_keys.one(session, number)
    fits = hmac.compare_digest(_digest(secret), row.digest if row else _NOBODY)
    if row is None or not fits or row.revoked_at is not None:
        return None
    now = office.clock.now()
    if row.used_at is None or now - row.used_at > _NOTED_EVERY:
        with office.store.begin() as session:
            api_keys.note_use(session, row.id, now)
    return Key(row.id, row.name, scopes_of(row.scopes))


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("ascii")).hexdigest()
