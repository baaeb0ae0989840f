"""DKIM signatures (RFC 6376) over finished copies, for installations whose relay does not sign. RSA-SHA256.

Headers are canonicalised relaxed, because relays refold them; the body simple, because ours is base64 and holds nothing a
relay has reason to touch. Knows bytes and a key; finds no file and asks no DNS.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Callable, Sequence

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

_BITS = 2_048  # RFC 8301 3.2: at least 1024, 2048 wanted; a longer record does not fit one DNS answer everywhere
#: RFC 6376 5.4.1, and RFC 8058 4 for the headers of leaving; only those that are there are named
_SIGNED = (
    b"from", b"to", b"subject", b"date", b"message-id", b"reply-to", b"mime-version", b"content-type", b"list-id",
    b"list-unsubscribe", b"list-unsubscribe-post", b"auto-submitted",
)  # fmt: skip
_FIELD = re.compile(rb"([!-9;-~]+)[ \t]*:((?:[^\r\n]|\r\n[ \t])*)\r\n")
_WSP = re.compile(rb"[ \t]+")
_LABEL = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?)*"
)
_LINE = 70  # octets of a folded line of the signature


class DkimKeyError(ValueError):
    """The key is none we can sign with; ``str()`` says why, in Chinese."""


class DkimSigner:
    """Signs for one domain and selector. ``key``: PEM, PKCS#1 or PKCS#8, without a password."""

    def __init__(self, key: bytes, domain: str, selector: str, now: Callable[[], int]) -> None:
        if not (_LABEL.fullmatch(domain) and _LABEL.fullmatch(selector)):
            raise DkimKeyError(f"域名“{domain}”或选择器“{selector}”不能写进签名")
        try:
            loaded = serialization.load_pem_private_key(key, None)
        except (ValueError, TypeError, UnsupportedAlgorithm) as error:
            raise DkimKeyError("不是不带口令的 PEM 私钥") from error
        if not isinstance(loaded, rsa.RSAPrivateKey) or loaded.key_size < _BITS:
            raise DkimKeyError(f"不是至少 {_BITS} 位的 RSA 私钥")
        self._key, self._now = loaded, now
        self._tags = f"v=1; a=rsa-sha256; c=relaxed/simple; d={domain}; s={selector}".encode("ascii")

    def signed(self, chunks: Sequence[bytes]) -> tuple[bytes, ...]:
        """The copy with its DKIM-Signature in front. ``chunks``: a whole message, CRLF only."""
        header, _, body = b"".join(chunks).partition(b"\r\n\r\n")
        found = {match[1].lower(): match[2] for match in _FIELD.finditer(header + b"\r\n")}
        names = [name for name in _SIGNED if name in found]
        # From once more than it is there: a second one added on the way breaks the signature (RFC 6376 8.15)
        tags = b"%s; t=%d;\r\n h=%s;\r\n bh=%s;\r\n b=" % (
            self._tags,
            self._now(),
            _folded(b":".join([*names, b"from"]), b":"),
            b64encode(hashlib.sha256(_simple(body)).digest()),
        )
        canonical = b"".join(b"%s:%s\r\n" % (name, _relaxed(found[name])) for name in names)
        canonical += b"dkim-signature:" + _relaxed(tags)
        signature = b64encode(self._key.sign(canonical, padding.PKCS1v15(), hashes.SHA256()))
        lines = b"\r\n ".join(signature[at : at + _LINE] for at in range(0, len(signature), _LINE))
        return (b"DKIM-Signature: " + tags + lines + b"\r\n", *chunks)

    @property
    def record(self) -> str:
        """The TXT record to publish at ``<selector>._domainkey.<domain>`` (RFC 6376 3.6.1)."""
        public = self._key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        return "v=DKIM1; k=rsa; p=" + b64encode(public).decode("ascii")


def new_key() -> bytes:
    """A fresh private key, PEM (PKCS#8, no password)."""
    key = rsa.generate_private_key(public_exponent=65_537, key_size=_BITS)
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def _simple(body: bytes) -> bytes:
    """RFC 6376 3.4.3: empty lines at the end are one CRLF."""
    return body.rstrip(b"\r\n") + b"\r\n"


def _relaxed(value: bytes) -> bytes:
    """RFC 6376 3.4.2, for a value: unfolded, runs of blanks one space, none at the ends."""
    return _WSP.sub(b" ", value.replace(b"\r\n", b"")).strip(b" ")


def _folded(text: bytes, after: bytes) -> bytes:
    """Folds a list behind its separators, so that no line grows long."""
    lines, line = [], b""
    for part in text.split(after):
        if line and len(line) + len(part) >= _LINE:
            lines.append(line)
            line = b""
        line += part + after
    return b"\r\n ".join([*lines, line.removesuffix(after)])
