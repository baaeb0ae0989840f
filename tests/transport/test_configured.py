"""From settings to a relay: hosted and own relays, who may be spoken to in the clear, which certificates are believed."""

from __future__ import annotations

import hashlib
import ssl

import pytest

from mailer.settings import SettingError, load
from mailer.transport.configured import fingerprint_of, relay_of
from mailer.transport.relay import SANDBOX
from tests.transport.talk import LOGIN, NOW, PASSWORD, refusal, send

OWN = "smtp://127.0.0.1:25"


def settings(**given: object):
    return load({f"MAILER_{key}": str(value) for key, value in given.items()})


def relay(**given: object):
    return relay_of(settings(**given), lambda: NOW)


def exchange(server, **given: object) -> None:
    """Sends one message through a relay of these settings."""
    assert send(relay(RELAY_URL=f"smtp://127.0.0.1:{server.port}", **given))[0].is_accepted


@pytest.mark.parametrize(
    ("url", "host", "port", "tls"),
    [
        ("smtp://127.0.0.1", "127.0.0.1", 25, "none"),
        ("smtp://localhost:2525", "localhost", 2525, "none"),
        ("smtp://[::1]:2525", "::1", 2525, "none"),
        ("smtps://mail.example", "mail.example", 465, "implicit"),
        ("smtp+starttls://mail.example", "mail.example", 587, "starttls"),
        ("smtp+starttls://mail.example:25", "mail.example", 25, "starttls"),
    ],
)
def test_the_address(url, host, port, tls):
    address = relay(RELAY_URL=url).address
    assert (address.host, address.port, address.tls) == (host, port, tls)


def test_a_hosted_mailbox_is_treated_with_care():
    hosted, own = relay(RELAY_URL=OWN, RELAY_USER=LOGIN, RELAY_PASSWORD=PASSWORD), relay(RELAY_URL=OWN)
    assert (hosted.connections, own.connections) == (2, 10)
    assert relay(RELAY_URL=OWN, RELAY_CONNECTIONS=5).connections == 5


def test_lock_step_for_a_hosted_mailbox_and_flights_for_an_own_relay(start):
    latency = 0.2  # before each flight of replies: commands of one flight are entered in the books at one moment
    gaps = {}
    for name, login in {"own": {}, "hosted": {"RELAY_USER": LOGIN, "RELAY_PASSWORD": PASSWORD}}.items():
        server = start(latency=latency, logins={LOGIN: PASSWORD} if login else {})
        exchange(server, **login)
        [mail], [rcpt] = server.log.events("mail"), server.log.events("rcpt")
        gaps[name] = rcpt["at"] - mail["at"]
    assert gaps["own"] < latency <= gaps["hosted"]


def test_in_the_clear_only_on_this_machine_or_where_somebody_said_so(start):
    with pytest.raises(SettingError) as error:
        relay(RELAY_URL="smtp://mail.example")
    assert "不加密" in error.value.message
    assert "plain:mail.example" in error.value.hint
    with pytest.raises(SettingError):
        relay(RELAY_URL="smtp://mail.example", RELAY_CA="plain:other.example")
    assert relay(RELAY_URL="smtp://mail.example", RELAY_CA="plain:mail.example").address.tls == "none"


def test_plain_for_one_host_does_not_weaken_encryption_elsewhere():
    with pytest.raises(SettingError):
        relay(RELAY_URL="smtps://mail.example", RELAY_CA="plain:mail.example")


def test_certificates_are_verified_by_name_and_chain(authority):
    for given in ({}, {"RELAY_CA": authority.file}):
        context = relay(RELAY_URL="smtps://mail.example", **given).address.context
        assert context is not None
        assert (context.verify_mode, context.check_hostname) == (ssl.CERT_REQUIRED, True)
        assert context.minimum_version >= ssl.TLSVersion.TLSv1_2


def test_an_own_authority_alone_is_believed_where_one_is_named(start, authority, certificates):
    server = start(tls=certificates["right"].server_context())
    url = f"smtp+starttls://localhost:{server.port}"
    assert send(relay(RELAY_URL=url, RELAY_CA=authority.file))[0].is_accepted
    assert "证书" in refusal(relay(RELAY_URL=url)).message


def test_a_pin_in_the_ways_people_write_it(start, certificates):
    certificate = certificates["self-signed"]
    pin = hashlib.sha256(ssl.PEM_cert_to_DER_cert(certificate.certificate.read_text())).hexdigest()
    server = start(tls=certificate.server_context())
    url = f"smtp+starttls://localhost:{server.port}"
    colons = ":".join(pin[n : n + 2].upper() for n in range(0, 64, 2))
    for written in (f"sha256:{pin}", f"sha256:{colons}"):
        assert send(relay(RELAY_URL=url, RELAY_CA=written))[0].is_accepted
    assert "证书" in refusal(relay(RELAY_URL=url, RELAY_CA="sha256:" + "0" * 64)).message


def test_an_authority_that_cannot_be_read(tmp_path):
    nonsense = tmp_path / "ca.pem"
    nonsense.write_text("nonsense")
    for path in (tmp_path / "none.pem", nonsense):
        with pytest.raises(SettingError) as error:
            relay(RELAY_URL="smtps://mail.example", RELAY_CA=path)
        assert error.value.key == "MAILER_RELAY_CA"


def test_limits_and_times_come_from_the_settings(start):
    server = start()
    given = relay(
        RELAY_URL=f"smtp://127.0.0.1:{server.port}", PACE_MESSAGES_PER_CONNECTION=3, SMTP_TIMEOUT_HELO="200ms",
    )  # fmt: skip
    assert given.messages_per_connection == 3
    server.change(type(server.scenario)(latency=0.6))
    assert "迟迟没有应答" in refusal(given).message


def test_delivery_reports_are_wanted_where_returned_mail_is_read(start):
    asked = {}
    for name, given in {
        "none": {},
        "imap": {"INTAKE_URL": "imaps://x.example"},
        "lmtp": {"LMTP_LISTEN": "127.0.0.1:24"},
    }.items():
        server = start()
        exchange(server, **given)
        asked[name] = "NOTIFY" in server.log.events("rcpt")[0]["parameters"]
    assert asked == {"none": False, "imap": True, "lmtp": True}


def test_without_a_relay_the_sandbox():
    nothing = settings()
    given = relay_of(nothing, lambda: NOW, sandbox_port=2525)
    assert given.is_sandbox
    assert given.fingerprint == fingerprint_of(nothing) == SANDBOX
    assert (given.address.host, given.address.port) == ("127.0.0.1", 2525)


def test_the_fingerprint_is_known_without_a_connection():
    given = settings(RELAY_URL="smtps://mail.example", RELAY_USER=LOGIN, RELAY_PASSWORD=PASSWORD)
    assert fingerprint_of(given) == relay_of(given, lambda: NOW).fingerprint
    assert fingerprint_of(given) != fingerprint_of(settings(RELAY_URL="smtps://mail.example", RELAY_USER="b@x.example"))
