"""The second factor: time-based codes (RFC 6238) and the recovery codes that stand in for a lost phone, each once.

The secret is worked out of the house's key and a salt in the account's row: who takes the database away takes no secret.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from datetime import datetime

import pyotp

from mailer.flow.office import Office
from mailer.store import accounts
from mailer.store.accounts import Account

STEP = 30  # seconds a code is shown (RFC 6238 4.1)
_LATE = 1  # steps a phone's clock may be off
RECOVERY_CODES = 10
_CODE_BYTES = 10  # 80 bits: sixteen characters of base32


def make_salt() -> str:
    return secrets.token_hex(16)


def secret_of(office: Office, salt: str) -> str:
    """The shared secret in base32, as authenticator programs take it (160 bits, RFC 4226 4)."""
    return base64.b32encode(hmac.digest(office.audit_key, b"second factor " + salt.encode("ascii"), "sha1")).decode()


def address_of(office: Office, salt: str, name: str, issuer: str) -> str:
    """otpauth:// for authenticator programs."""
    return pyotp.TOTP(secret_of(office, salt), interval=STEP).provisioning_uri(name=name, issuer_name=issuer)


def matching_step(office: Office, salt: str, code: str, now: datetime) -> int | None:
    """The step whose code this is; None for none of those that count now. Always compares with all of them."""
    given = "".join(each for each in code if each in "0123456789")
    totp = pyotp.TOTP(secret_of(office, salt), interval=STEP)
    current = int(now.timestamp()) // STEP
    found = None
    for step in range(current - _LATE, current + _LATE + 1):
        if hmac.compare_digest(totp.generate_otp(step), given):
            found = step
    return found


def is_right(office: Office, account: Account, code: str) -> bool:
    """Takes a code, or a recovery code, and uses it up."""
    if account.totp_salt is None:
        return False
    step = matching_step(office, account.totp_salt, code, office.clock.now())
    with office.store.begin() as session:
        if step is not None:
            return accounts.use_totp_step(session, account.id, step)
        return accounts.use_recovery_code(session, account.id, digest_of_recovery_code(code))


def make_recovery_codes() -> list[str]:
    """Shown once; only their digests are kept."""
    return [_grouped(base64.b32encode(secrets.token_bytes(_CODE_BYTES)).decode()) for _ in range(RECOVERY_CODES)]


def _grouped(code: str) -> str:
    return "-".join(code[at : at + 4] for at in range(0, len(code), 4)).lower()


def digest_of_recovery_code(code: str) -> str:
    bare = "".join(each for each in code.lower() if each.isalnum())
    return hashlib.sha256(bare.encode("utf-8", "surrogatepass")).hexdigest()
