"""Signed ids: a delivery named so that only our own returned mail can name it back.

One token serves envelope sender (VERP), ENVID, Message-ID and X-header: delivery id, key id, 80 bits of HMAC-SHA256.
Case-insensitive, because relays fold the local part (RFC 5321 2.4 allows it, many do).
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from dataclasses import dataclass
from enum import StrEnum

_MAC_BYTES = 10
# ASCII: foreign text also holds letters and digits that only equal ours when case or script is disregarded
_TOKEN = re.compile(r"(\d{1,18})[.-]([a-z2-7]{4})[.-]([a-z2-7]{16})", re.IGNORECASE | re.ASCII)
#: Crockford's alphabet: no I, L, O, U, because people read the 件号 out on the telephone.
_SPOKEN = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_PIECE_ID_DIGITS = 7
_PIECE_MAC_DIGITS = 4
_PIECE = re.compile(
    rf"([{_SPOKEN}]{{{_PIECE_ID_DIGITS}}})[\s–—_-]{{0,3}}([{_SPOKEN}]{{{_PIECE_MAC_DIGITS}}})(?![0-9A-Z])"
)
_MISREAD = str.maketrans("OIL", "011")
PIECE_NUMBER_LENGTH = _PIECE_ID_DIGITS + 1 + _PIECE_MAC_DIGITS


class ReturnPath(StrEnum):
    """How the envelope sender is made. FIXED where the relay insists on MAIL FROM = login."""

    VERP = "verp"
    PLUS = "plus"
    FIXED = "fixed"


def _base32(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()


@dataclass(frozen=True, slots=True)
class Signer:
    """Signs with the first secret, accepts all of them: a key can be changed while returns are still on their way."""

    secrets: tuple[bytes, ...]

    def __post_init__(self) -> None:
        if not self.secrets or any(len(secret) < 16 for secret in self.secrets):
            raise ValueError("a signing secret has at least 16 bytes")

    @staticmethod
    def key_id(secret: bytes) -> str:
        return _base32(hashlib.sha256(b"key id" + secret).digest())[:4]

    @staticmethod
    def _mac(secret: bytes, purpose: bytes, delivery_id: int) -> bytes:
        return hmac.digest(secret, purpose + b":%d" % delivery_id, "sha256")

    def token(self, delivery_id: int) -> str:
        """``<id>.<kid>.<mac>``: the left side of the Message-ID."""
        secret = self.secrets[0]
        mac = self._mac(secret, b"delivery", delivery_id)[:_MAC_BYTES]
        return f"{delivery_id}.{self.key_id(secret)}.{_base32(mac)}"

    def verify(self, text: str) -> int | None:
        """The delivery id of the first token in ``text`` that carries our HMAC, else None. Constant-time compare."""
        for match in _TOKEN.finditer(text[:998]):
            delivery_id, kid, mac = int(match[1]), match[2].lower(), match[3].lower()
            for secret in self.secrets:
                wanted = _base32(self._mac(secret, b"delivery", delivery_id)[:_MAC_BYTES])
                if hmac.compare_digest(kid, self.key_id(secret)) and hmac.compare_digest(mac, wanted):
                    return delivery_id
        return None

    def piece_number(self, delivery_id: int) -> str:
        """The 件号 of the footer: 12 characters a person can read out; proof enough to open a task, not to act."""
        return _piece_number(self.secrets[0], delivery_id)

    def verify_piece(self, text: str) -> int | None:
        """The delivery id of the first 件号 of ours in ``text``, as a person may have written it: any case, O for 0, I and L
        for 1, any dash or none.
        """
        for match in _PIECE.finditer(text[:200].upper().translate(_MISREAD)):
            delivery_id = 0
            for digit in match[1]:
                delivery_id = delivery_id * 32 + _SPOKEN.index(digit)
            number = f"{match[1]}-{match[2]}"
            if any(hmac.compare_digest(number, _piece_number(secret, delivery_id)) for secret in self.secrets):
                return delivery_id
        return None


def _piece_number(secret: bytes, delivery_id: int) -> str:
    # keyed BLAKE2: made for every copy at the moment it is sent, and many times faster than HMAC there
    keyed = hashlib.blake2b(b"piece:%d" % delivery_id, digest_size=4, key=secret[:64])
    mac = int.from_bytes(keyed.digest(), "big")
    return f"{_spell(delivery_id, _PIECE_ID_DIGITS)}-{_spell(mac % 32**_PIECE_MAC_DIGITS, _PIECE_MAC_DIGITS)}"


def _spell(value: int, width: int) -> str:
    digits = ""
    for _ in range(width):
        value, digit = divmod(value, 32)
        digits = _SPOKEN[digit] + digits
    return digits


def envelope_sender(mode: ReturnPath, mailbox: str, bounce_domain: str, token: str) -> str:
    """MAIL FROM for one delivery. ``mailbox`` is the sender's own address, ``token`` of ``Signer.token``."""
    local = "b-" + token.replace(".", "-")
    if mode is ReturnPath.VERP:
        return f"{local}@{bounce_domain}"
    if mode is ReturnPath.PLUS:
        user, _, domain = mailbox.rpartition("@")
        return f"{user}+{local}@{domain}"
    return mailbox
