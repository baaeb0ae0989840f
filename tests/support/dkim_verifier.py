"""Reads a DKIM signature as RFC 6376 6.1 says a verifier does, step by step and with nothing of the signer's code."""

from __future__ import annotations

import base64
import hashlib
import re

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa


def verifies(message: bytes, record: str) -> bool:
    """Whether the first DKIM-Signature holds. ``record``: the TXT record. rsa-sha256, relaxed/simple only."""
    head, _, body = message.partition(b"\r\n\r\n")
    fields: list[tuple[str, str]] = []
    for line in head.decode("utf-8", "surrogateescape").split("\r\n"):
        if line[:1] in " \t":
            fields[-1] = (fields[-1][0], fields[-1][1] + line)
        else:
            name, _, value = line.partition(":")
            fields.append((name.strip().lower(), value))
    raw = next(value for name, value in fields if name == "dkim-signature")
    tags = {key.strip(): "".join(value.split()) for key, _, value in (tag.partition("=") for tag in raw.split(";"))}
    assert (tags["v"], tags["a"], tags["c"]) == ("1", "rsa-sha256", "relaxed/simple")
    while body.endswith(b"\r\n\r\n"):
        body = body[:-2]
    if base64.b64encode(hashlib.sha256(body or b"\r\n").digest()).decode() != tags["bh"]:
        return False
    left = list(fields)
    signed = ""
    for name in tags["h"].split(":"):
        # from the bottom up (5.4.2); a name that is there no more stands for a header that must not be there
        at = next((n for n in reversed(range(len(left))) if left[n][0] == name), None)
        if at is not None:
            signed += f"{name}:{_relaxed(left.pop(at)[1])}\r\n"
    signed += "dkim-signature:" + _relaxed(re.sub(r"(\bb=)[A-Za-z0-9+/=\s]*", r"\1", raw))
    der = base64.b64decode(dict(part.strip().split("=", 1) for part in record.split(";"))["p"])
    key = serialization.load_der_public_key(der)
    assert isinstance(key, rsa.RSAPublicKey)
    try:
        key.verify(
            base64.b64decode(tags["b"]), signed.encode("utf-8", "surrogateescape"), padding.PKCS1v15(), hashes.SHA256()
        )
    except InvalidSignature:
        return False
    return True


def _relaxed(value: str) -> str:
    return " ".join(re.split(r"[ \t]+", value.strip(" \t")))
