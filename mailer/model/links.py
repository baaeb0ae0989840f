"""Personal links: a page named so that only a mail of ours can have named it, and only for the one thing it is for.

A token is bound to purpose and subject (a delivery; for JOIN a request to join), carries a key id, and says nothing about
anybody. 36 characters of RFC 4648 5 (27 octets): subject 8, key id 3, MAC 15, purpose 1. The last octet is a letter, so
that no link ends in a sign that mail clients leave out of it, and a link cut short is known for one.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

TOKEN_LENGTH = 36  # characters; a multiple of 3, to be spliced into base64 (content.compose)

_KEY_ID = 3  # octets
_MAC = 15
_LARGEST = 2**63 - 1
_TOKEN = re.compile(rf"[0-9A-Za-z_-]{{{TOKEN_LENGTH}}}")
#: What mail clients and people take along behind a link.
_DRAGGED_ALONG = ".,;:!?)>]}'\"*。，；：！？、）》〉」』】〕”’ \t"


class Purpose(StrEnum):
    """What a link is for; its value is the first part of its path."""

    READ = "read"  # the web copy
    SIGN = "sign"  # 签收
    SETTINGS = "settings"  # what somebody receives and why; hand over, pause
    LEAVE = "leave"  # 退订
    JOIN = "join"  # confirms a request to be put on a list; its subject is the request
    FORM = "form"  # in no mail: says when a form was shown; its subject is seconds since 1970


#: The last octet of a token: distinct, and each a letter or a digit at the end of the base64.
LETTERS = {
    Purpose.READ: b"R",
    Purpose.SIGN: b"S",
    Purpose.SETTINGS: b"M",
    Purpose.LEAVE: b"L",
    Purpose.JOIN: b"J",
    Purpose.FORM: b"F",
}


#: In the place of tokens, in a mail that is only looked at.
NOBODYS: Mapping[Purpose, str] = dict.fromkeys(Purpose, "0" * TOKEN_LENGTH)


@dataclass(frozen=True, slots=True)
class Links:
    """Signs with the first secret, accepts all of them: a key can be changed while old mails are still in mailboxes."""

    secrets: tuple[bytes, ...]
    _keys: tuple[tuple[bytes, bytes], ...] = field(init=False, repr=False, compare=False)  # (key id, key)

    def __post_init__(self) -> None:
        if not self.secrets or any(len(secret) < 16 for secret in self.secrets):
            raise ValueError("a signing secret has at least 16 bytes")
        keys = [hmac.digest(secret, b"personal links", "sha256") for secret in self.secrets]
        ids = [hashlib.sha256(b"key id" + key).digest()[:_KEY_ID] for key in keys]
        object.__setattr__(self, "_keys", tuple(zip(ids, keys, strict=True)))

    def token(self, purpose: Purpose, subject: int) -> str:
        """For one purpose and one delivery (JOIN: request). ``subject``: 1 to 2**63 - 1."""
        key_id, key = self._keys[0]
        number, letter = subject.to_bytes(8, "big"), LETTERS[purpose]
        return urlsafe_b64encode(number + key_id + _mac(key, number, letter) + letter).decode("ascii")

    def tokens(self, subject: int, purposes: Iterable[Purpose]) -> dict[Purpose, str]:
        """Those that one mail carries."""
        return {purpose: self.token(purpose, subject) for purpose in purposes}

    def verify(self, purpose: Purpose, text: str) -> int | None:
        """The subject of a token of ours for that very purpose, else None; whatever stood behind the link is disregarded.

        Constant-time compare, over all keys to the end.
        """
        given = text[: 2 * TOKEN_LENGTH].rstrip(_DRAGGED_ALONG)
        if _TOKEN.fullmatch(given) is None:
            return None
        octets = urlsafe_b64decode(given)
        number, letter = octets[:8], LETTERS[purpose]
        is_ours = False
        for key_id, key in self._keys:
            is_ours |= hmac.compare_digest(octets[8:], key_id + _mac(key, number, letter) + letter)
        subject = int.from_bytes(number, "big")
        return subject if is_ours and 0 < subject <= _LARGEST else None


def link(base_url: str, purpose: Purpose, token: str) -> str:
    """The address of the page. ``base_url``: without a slash at its end."""
    return f"{base_url}/{purpose}/{token}"


def _mac(key: bytes, number: bytes, letter: bytes) -> bytes:
    # keyed BLAKE2: several are made for every copy at the moment it is sent, and it takes a fraction of HMAC's time
    return hashlib.blake2b(number + letter, digest_size=_MAC, key=key, person=b"mailer link").digest()
