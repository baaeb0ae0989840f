"""From the relay's settings to a relay: addresses, TLS, limits. Opens no connection."""

from __future__ import annotations

import re
import socket
import ssl
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from urllib.parse import urlsplit

from mailer.settings import SettingError, Settings
from mailer.transport.dkim import DkimKeyError, DkimSigner
from mailer.transport.relay import SANDBOX, RelayAddress, SmtpRelay
from mailer.transport.smtp import Timeouts

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "::1"})
_PORTS = {"smtp": 25, "smtps": 465, "smtp+starttls": 587}
_PIN = re.compile(r"sha256:([0-9a-fA-F:]{64,95})")
_UNLIMITED = 1_000_000_000
_HOSTNAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9.-]{0,251}[A-Za-z0-9])?")


def relay_of(settings: Settings, now: Callable[[], datetime], sandbox_port: int | None = None) -> SmtpRelay:
    """The relay the settings name; with ``sandbox_port`` the built-in one. Raises SettingError."""
    sandbox = sandbox_port is not None
    address = RelayAddress("127.0.0.1", sandbox_port) if sandbox_port is not None else _address(settings)
    return SmtpRelay(
        address,
        connections=settings.connections,
        messages_per_connection=settings.pace_messages_per_connection or _UNLIMITED,
        timeouts=Timeouts(
            connect=settings.smtp_timeout_connect.total_seconds(),
            helo=settings.smtp_timeout_helo.total_seconds(),
            mail=settings.smtp_timeout_mail.total_seconds(),
            rcpt=settings.smtp_timeout_rcpt.total_seconds(),
            data=settings.smtp_timeout_data.total_seconds(),
            body=settings.smtp_timeout_body.total_seconds(),
            dot=settings.smtp_timeout_dot.total_seconds(),
        ),
        helo_name=_helo_name(),
        now=now,
        pipelined=not settings.is_hosted,  # hosted mailboxes: lock-step until somebody has probed them
        one_at_a_time=settings.is_hosted,
        wants_reports=bool(settings.intake_url or settings.lmtp_listen),
        is_sandbox=sandbox,
    )


def dkim_key_file(settings: Settings) -> Path:
    """Where the key of the selector lies unless ``DKIM_KEY`` holds it."""
    return settings.data_dir / "dkim" / f"{settings.dkim_selector}.pem"


def dkim_of(settings: Settings, sender_domain: str, now: Callable[[], datetime]) -> DkimSigner:
    """The signer the settings name. Raises SettingError."""
    key = settings.dkim_key.encode("utf-8")
    if not key:
        path = dkim_key_file(settings)
        try:
            key = path.read_bytes()
        except OSError as error:
            raise SettingError(
                "MAILER_DKIM_SELECTOR",
                f"的密钥读不了（{path}：{error.strerror}）",
                f"先运行 mailer dkim new {settings.dkim_selector}，或用 MAILER_DKIM_KEY_FILE 指向私钥。",
            ) from error
    try:
        return DkimSigner(
            key, settings.dkim_domain or sender_domain, settings.dkim_selector, lambda: int(now().timestamp())
        )
    except DkimKeyError as error:
        raise SettingError("MAILER_DKIM_SELECTOR", f"用不了：{error}", "换一把：mailer dkim new 选择器") from error


def fingerprint_of(settings: Settings) -> str:
    """The fingerprint of the relay the settings name, without opening anything."""
    return SANDBOX if settings.is_sandbox else _address(settings).fingerprint


def _address(settings: Settings) -> RelayAddress:
    parts = urlsplit(settings.relay_url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    tls = {"smtp": "none", "smtps": "implicit", "smtp+starttls": "starttls"}[parts.scheme]
    plain_host = settings.relay_ca.removeprefix("plain:") if settings.relay_ca.startswith("plain:") else None
    if tls == "none" and host not in _LOOPBACK and plain_host != host:
        raise SettingError(
            "MAILER_RELAY_URL",
            f"不加密就连到 {host}，不允许",
            f"换用 smtp+starttls:// 或 smtps://；确实只能明文时设 MAILER_RELAY_CA=plain:{host}。",
        )
    pin = ""
    context: ssl.SSLContext | None = None
    if tls != "none":
        context, pin = _context(settings.relay_ca)
    return RelayAddress(host, port, tls, settings.relay_user, settings.relay_password, context, pin)


def _context(ca: str) -> tuple[ssl.SSLContext, str]:
    """Verified by name against the system's roots or an own one; or, with a pin, against that one certificate."""
    if match := _PIN.fullmatch(ca):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the pin is compared right after the handshake
        return context, match[1].replace(":", "").lower()
    try:
        context = ssl.create_default_context(cafile=ca or None)
    except (OSError, ssl.SSLError) as error:
        raise SettingError(
            "MAILER_RELAY_CA", f"指向的根证书读不了：{error}", "应是 PEM 文件，或 sha256:指纹，或 plain:主机名。"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context, ""


def _helo_name() -> str:
    """RFC 5321 4.1.1.1: our name, else an address literal."""
    name = socket.getfqdn()
    return name if "." in name and _HOSTNAME.fullmatch(name) else "[127.0.0.1]"
