"""Encryption: who is believed, what a stripped or poisoned STARTTLS ends in, and cuts seen through the TLS layer."""

from __future__ import annotations

import hashlib
import ssl

import pytest

from mailer.model.reply import Fault as Cause
from mailer.model.reply import Phase
from tests.support.fault_smtp.scenario import At, Do, Fault
from tests.transport.talk import BIG_LETTER, LOGIN, PASSWORD, SHORT, make_relay, refusal, send, send_one, told


@pytest.fixture(params=["starttls", "implicit"])
def tls(request) -> str:
    return request.param


@pytest.fixture
def encrypted(start, authority, tls):
    """A relay that demands encryption, by a certificate made as a test says."""

    def make(certificate, *faults, **manners):
        manners = {"require_tls": True, **manners}
        context = certificate.server_context()
        return start(*faults, tls=context, implicit_tls=tls == "implicit", **manners)

    return make


def test_our_own_authority_vouches_for_the_host(certificates, encrypted, authority, tls, loop, pipelined):
    server = encrypted(certificates["right"])
    relay = make_relay(server.port, host="localhost", tls=tls, context=authority.client_context(), pipelined=pipelined)
    outcomes = send(relay, "a@unit.example", "b@unit.example", loop=loop)
    assert all(outcome.is_accepted for outcome in outcomes)
    assert len(server.log.kept()) == 2
    assert server.log.count("connect") == 1


@pytest.mark.parametrize(("fault", "words"), [
    ("self-signed", "self-signed"), ("wrong host", "mismatch"), ("expired", "expired"), ("unknown authority", "issuer")
])  # fmt: skip
def test_a_certificate_that_does_not_hold_up(certificates, encrypted, authority, tls, loop, fault, words):
    certificate = certificates.get(fault, certificates["right"])
    context = ssl.create_default_context() if fault == "unknown authority" else authority.client_context()
    server = encrypted(certificate)
    error = refusal(make_relay(server.port, host="localhost", tls=tls, context=context), loop)
    assert (error.outcome.reply, error.outcome.fault) == (None, Cause.TLS)
    assert error.outcome.phase is (Phase.STARTTLS if tls == "starttls" else Phase.CONNECT)
    assert error.needs_person
    assert "证书" in error.message
    assert words in told(error)
    assert server.log.count("mail") == 0


def _open_context() -> ssl.SSLContext:
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    return context


def test_a_pin_stands_in_for_an_authority(certificates, encrypted, authority, tls):
    certificate = certificates["self-signed"]
    pin = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.certificate.read_text())).hexdigest()
    server = encrypted(certificate)
    assert send(make_relay(server.port, tls=tls, context=_open_context(), pin=pin))[0].is_accepted
    error = refusal(make_relay(server.port, tls=tls, context=_open_context(), pin="0" * 64))
    assert error.outcome.fault is Cause.TLS
    assert error.needs_person
    assert server.log.count("mail") == 1


def test_a_handshake_that_takes_too_long(start):
    # greeted late by a host that speaks no TLS at all: it waits for a command, we for its part of the handshake
    server = start(Fault(at=At.CONNECT, do=Do.HANG))
    error = refusal(make_relay(server.port, tls="implicit", context=ssl.create_default_context(), helo=SHORT))
    assert (error.outcome.phase, error.outcome.fault) == (Phase.CONNECT, Cause.TIMEOUT)
    assert not error.needs_person


def test_encryption_spoken_to_a_plain_port(start):
    server = start()
    error = refusal(make_relay(server.port, tls="implicit", context=ssl.create_default_context()))
    assert error.outcome.fault is Cause.TLS
    assert error.needs_person
    assert "465" in error.hint
    assert "证书" not in error.message


@pytest.mark.parametrize(
    ("faults", "manners", "cause"),
    [
        ((), {"starttls": False}, Cause.TLS),
        ((Fault(at=At.STARTTLS, do=Do.REPLY, reply="454 4.7.0 TLS not available"),), {}, None),
        ((Fault(at=At.STARTTLS, do=Do.REPLY, reply="502 5.5.1 No"),), {}, None),
        ((Fault(at=At.STARTTLS, do=Do.GARBAGE),), {}, Cause.TLS),
        ((Fault(at=At.STARTTLS, do=Do.INJECT),), {}, Cause.TLS),
        ((Fault(at=At.STARTTLS, do=Do.CUT),), {}, Cause.CUT),
        ((Fault(at=At.STARTTLS, do=Do.RST),), {}, Cause.CUT),
        ((Fault(at=At.STARTTLS, do=Do.HANG),), {}, Cause.TIMEOUT),
    ],
    ids=["stripped", "454", "502", "garbage", "injected", "cut", "reset", "hang"],
)
def test_without_encryption_nothing_is_sent(certificates, start, authority, loop, faults, manners, cause):
    server = start(*faults, tls=certificates["right"].server_context(), **manners)
    limit = {"helo": SHORT} if cause is Cause.TIMEOUT else {}
    relay = make_relay(server.port, host="localhost", tls="starttls", context=authority.client_context(), **limit)
    error = refusal(relay, loop)
    assert (error.outcome.phase, error.outcome.fault) == (Phase.STARTTLS, cause)
    # what a mended relay or line would not cure has to be seen by a person
    assert error.needs_person is (cause in {None, Cause.TLS})
    assert server.log.count("mail") == server.log.count("auth") == 0


@pytest.mark.parametrize(("do", "cause"), [(Do.CUT, Cause.CUT), (Do.RST, Cause.CUT), (Do.HANG, Cause.TIMEOUT)])
def test_a_cut_in_mid_body_is_seen_through_encryption(certificates, encrypted, authority, tls, loop, do, cause):
    server = encrypted(certificates["right"], Fault(at=At.BODY, do=do))
    limit = {"body": SHORT} if cause is Cause.TIMEOUT else {}
    relay = make_relay(server.port, host="localhost", tls=tls, context=authority.client_context(), **limit)
    outcome, usable, _ = send_one(relay, letter=BIG_LETTER, loop=loop)
    assert (outcome.phase, outcome.reply, outcome.fault) == (Phase.BODY, None, cause)
    assert not usable


def test_a_long_body_goes_out_whole_through_encryption(certificates, encrypted, authority, tls, loop):
    server = encrypted(certificates["right"], max_size=None)
    relay = make_relay(server.port, host="localhost", tls=tls, context=authority.client_context())
    [outcome] = send(relay, letter=BIG_LETTER, loop=loop)
    assert outcome.is_accepted
    assert server.log.kept()[0].size == sum(map(len, BIG_LETTER))


def test_a_cut_after_the_dot_is_unknown_through_encryption(certificates, encrypted, authority, tls, loop):
    server = encrypted(certificates["right"], Fault(at=At.DOT, do=Do.CUT, kept=True))
    relay = make_relay(server.port, host="localhost", tls=tls, context=authority.client_context())
    outcome, usable, _ = send_one(relay, loop=loop)
    assert outcome.is_unknown
    assert outcome.fault is Cause.CUT
    assert not usable


def test_the_password_waits_for_encryption(certificates, start, authority):
    server = start(tls=certificates["right"].server_context(), require_tls=True, logins={LOGIN: PASSWORD})
    relay = make_relay(
        server.port, host="localhost", tls="starttls", context=authority.client_context(), user=LOGIN, password=PASSWORD
    )
    assert send(relay)[0].is_accepted
    assert [event["event"] for event in server.log.events() if event["event"] in {"tls", "auth"}] == ["tls", "auth"]
