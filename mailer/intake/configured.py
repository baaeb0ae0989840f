"""From the settings to the mailbox's address: login, TLS, pins. Opens no connection."""

from __future__ import annotations

import re
import ssl
from urllib.parse import urlsplit

from mailer.intake.imap_wire import MailboxAddress
from mailer.settings import SettingError, Settings

_PORT = 993
_PIN = re.compile(r"sha256:([0-9a-fA-F:]{64,95})")


def mailbox_of(settings: Settings) -> MailboxAddress:
    """The mailbox that ``intake_url`` names; login and password default to the relay's: usually it is one mailbox.

    Raises SettingError.
    """
    parts = urlsplit(settings.intake_url)
    user = settings.intake_user or settings.relay_user
    password = settings.intake_password or settings.relay_password
    if not user or not password:
        raise SettingError(
            "MAILER_INTAKE_URL",
            "设了收信邮箱，却没有登录名或密码",
            "请设 MAILER_INTAKE_USER 和 MAILER_INTAKE_PASSWORD；与发信邮箱是同一个时，设 MAILER_RELAY_USER、MAILER_RELAY_PASSWORD 即可。",
        )
    context, pin = _context(settings)
    return MailboxAddress(parts.hostname or "", parts.port or _PORT, user, password, context, pin)


def _context(settings: Settings) -> tuple[ssl.SSLContext, str]:
    """Verified by name against the system's roots or an own one; or, with a pin, against that one certificate."""
    ca = settings.intake_ca
    if not ca and not settings.relay_ca.startswith(("sha256:", "plain:")):
        ca = settings.relay_ca  # one authority stands behind both; a pin is of one certificate only
    if pinned := _PIN.fullmatch(ca):
        context = ssl.create_default_context()
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE  # the pin is compared right after the handshake
        return context, pinned[1].replace(":", "").lower()
    try:
        context = ssl.create_default_context(cafile=ca or None)
    except (OSError, ssl.SSLError) as error:
        raise SettingError(
            "MAILER_INTAKE_CA", f"指向的根证书读不了：{error}", "应是 PEM 文件，或 sha256:指纹。"
        ) from error
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    return context, ""
