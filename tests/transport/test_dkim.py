"""Signatures as a verifier reads them; with a fixed key and time the bytes are those dkimpy 1.1.8 accepted."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mailer import resources
from mailer.content import compose, facts
from mailer.content.render import environment, render
from mailer.model.links import NOBODYS
from mailer.transport.dkim import DkimKeyError, DkimSigner, new_key
from tests.support.dkim_verifier import verifies
from tests.support.issues import sample_issue

KEY = new_key()


def signer(selector: str = "s2026a") -> DkimSigner:
    return DkimSigner(KEY, "office.example", selector, lambda: 1_795_000_000)


def a_copy(*, is_duty: bool = True, base_url: str = "") -> tuple[bytes, ...]:
    of_list = facts.ListFacts("发", "发各单位", "fa.office.example", is_duty=is_duty)
    mail_facts = facts.MailingFacts(
        facts.Sender("某某办公室", "bulletin@office.example", "reply@office.example"),
        of_list, datetime(2026, 11, 23, 10, tzinfo=UTC), "=_b", "office.example",
        base_url=base_url,
    )  # fmt: skip
    prepared = compose.prepare(render(environment(resources.templates()), sample_issue(), mail_facts), mail_facts)
    return prepared.copy(compose.Copy("wang@unit.example", "王一鸣", "1.k.m@office.example", "0123456789AB", NOBODYS))


def holds(message: bytes) -> bool:
    return verifies(message, signer().record)


def signed(*, is_duty: bool = True, base_url: str = "") -> bytes:
    return b"".join(signer().signed(a_copy(is_duty=is_duty, base_url=base_url)))


def test_a_verifier_finds_the_signature_good():
    message = signed()
    assert holds(message)
    assert message.endswith(b"".join(a_copy()))
    head = message.partition(b"\r\n\r\n")[0]
    assert max(map(len, head.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        (b"\r\nSubject: ", b"\r\nSubject: x"),
        (b"\r\nTo: ", b"\r\nTo: x"),
        (b"=_b", b"=_c"),
        (b"\r\nFrom: ", b"\r\nFrom: a@evil.example\r\nFrom: "),
    ],
    ids=["subject", "to", "body", "a second From"],
)
def test_what_was_changed_on_the_way_shows(was: bytes, becomes: bytes):
    message = signed()
    assert was in message
    assert not holds(message.replace(was, becomes))


def test_what_relays_do_to_headers_does_no_harm():
    assert holds(signed().replace(b"\r\nSubject: ", b"\r\nSubject:\r\n\t  "))
    assert holds(b"Received: from a by b; now\r\n" + signed())


def test_the_headers_of_leaving_are_covered():
    message = signed(is_duty=False, base_url="https://office.example")
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n" in message
    assert holds(message)
    assert not holds(message.replace(b"https://office.example/leave/", b"https://office.example/other/"))


def test_empty_lines_at_the_end_are_one():
    chunks = (b"From: a@office.example\r\n\r\nwords\r\n\r\n\r\n",)
    assert holds(b"".join(signer().signed(chunks)))


@pytest.mark.parametrize(
    "key",
    [
        b"",
        b"no key",
        rsa.generate_private_key(public_exponent=65_537, key_size=1_024).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        ec.generate_private_key(ec.SECP256R1()).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ),
        rsa.generate_private_key(public_exponent=65_537, key_size=2_048).private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.BestAvailableEncryption(b"pw")
        ),
    ],
    ids=["empty", "noise", "short", "elliptic", "locked"],
)
def test_a_key_we_cannot_sign_with_is_told(key: bytes):
    with pytest.raises(DkimKeyError):
        DkimSigner(key, "office.example", "s", lambda: 0)


def test_names_that_would_break_the_header_are_refused():
    with pytest.raises(DkimKeyError):
        DkimSigner(KEY, "office.example; x=y", "s", lambda: 0)


def test_the_bytes_are_those_dkimpy_accepted():
    golden = Path(__file__).parents[1] / "golden" / "dkim"
    signed = (golden / "signed.eml").read_bytes()
    signer = DkimSigner((golden / "key.pem").read_bytes(), "office.example", "s2026a", lambda: 1_795_000_000)
    head, _, rest = signed.partition(b"\r\nFrom: ")
    assert b"".join(signer.signed((b"From: " + rest,))) == signed
    assert verifies(signed, signer.record)
    assert head.startswith(b"DKIM-Signature: ")
