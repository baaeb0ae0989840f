"""Asks the relay whether it takes us: connect, encrypt, log in, and what it offers. Sends nothing.

Both raise RelayError, or SettingError for settings that cannot be used.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from mailer.settings import Settings
from mailer.transport.configured import relay_of
from mailer.transport.smtp import Extensions


def ask_relay(settings: Settings) -> str:
    """What the relay said, as a sentence."""
    if settings.is_sandbox:
        return "内置演练服务器"
    offered = asyncio.run(_offered(settings))
    extras = [name for name, there in (("PIPELINING", offered.pipelining), ("DSN", offered.dsn)) if there]
    size = f"，单封上限 {offered.size // 1_048_576} MB" if offered.size else ""
    return f"连接{'、登录' if settings.relay_user else ''}成功（{'、'.join(extras) or '无扩展'}{size}）"


def size_limit(settings: Settings) -> int:
    """How many octets a mail may have there (RFC 1870); 0 where nothing is said."""
    return 0 if settings.is_sandbox else asyncio.run(_offered(settings)).size


async def _offered(settings: Settings) -> Extensions:
    session = await relay_of(settings, lambda: datetime.now(UTC)).connect()
    await session.quit()
    return session.offered
