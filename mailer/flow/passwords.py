"""Passwords: how they are kept (argon2id), which are accepted, and the ones we make up ourselves.

Length instead of rules of composition, and none that everybody tries first (OWASP ASVS 6.2.1-6.2.4, NIST SP 800-63B 5.1.1.2).
"""

from __future__ import annotations

import re
import secrets
import threading
import unicodedata

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10  # characters; with the second factor and the throttle
LONGEST = 256
_AT_ONCE = 2  # hashes being worked out at one moment: each takes 64 MB and a whole core
_MADE_UP_BYTES = 15

#: Beginnings and wholes that guessing starts with; compared after case and digits at the end are taken off.
_GUESSED = frozenset(
    re.findall(
        r"\S+",
        "password passw0rd admin administrator root qwerty qwertyuiop asdfgh zxcvbn letmein welcome iloveyou woaini "
        "mima gongzuokuaibao kuaibao bangongshi bulletin mailer test guest user changeme secret dragon monkey a aa abc "
        "abcd abcdef",
    )
)


class WeakPasswordError(ValueError):
    """Not accepted; the sentence says what to do."""


def accepted(password: str, name: str) -> str:
    """The password as it is kept: compatible forms made one, so that any keyboard gives the same. Raises WeakPasswordError.

    ``name``: the account's, which may not be its own password.
    """
    made = _normal(password)
    if len(made) < SHORTEST:
        raise WeakPasswordError(f"密码至少 {SHORTEST} 个字符，可以用一句话。")
    if len(made) > LONGEST:
        raise WeakPasswordError(f"密码最多 {LONGEST} 个字符。")
    bare = made.casefold().strip("0123456789!@#$%^&*._- ")
    if len(set(made)) < 4 or bare in _GUESSED or bare == name.casefold() or not bare:
        raise WeakPasswordError("这个密码太容易猜。请用几个不相干的词，或者一句只有您知道的话。")
    return made


def make_up() -> str:
    """A password nobody guesses; shown once."""
    return secrets.token_urlsafe(_MADE_UP_BYTES)


def _normal(password: str) -> str:
    return unicodedata.normalize("NFKC", password.encode("utf-8", "replace").decode("utf-8"))


class Passwords:
    """Hashes and checks. One per process: it bounds how many hashes are worked out at once."""

    def __init__(self, hasher: PasswordHasher | None = None) -> None:
        self._hasher = hasher or PasswordHasher()
        self._turn = threading.BoundedSemaphore(_AT_ONCE)
        self._nobodys = self.hash(make_up())

    def hash(self, password: str) -> str:
        with self._turn:
            return self._hasher.hash(_normal(password))

    def matches(self, kept: str | None, given: str) -> bool:
        """Whether ``given`` is the password ``kept``. None, where there is no account, takes as long."""
        if len(given) > LONGEST:
            return False
        with self._turn:
            try:
                self._hasher.verify(kept or self._nobodys, _normal(given))
            except (VerificationError, InvalidHashError):
                return False
        return kept is not None

    def is_outdated(self, kept: str) -> bool:
        """Made with weaker parameters than today's: to be made anew at the next login."""
        return self._hasher.check_needs_rehash(kept)
