"""Asks the relay whether it takes us: connect, encrypt, log in, and what it offers. Sends nothing."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from mailer.settings import Settings
from mailer.transport.configured import relay_of


def ask_relay(settings: Settings) -> str:
    """What the relay said, as a sentence. Raises RelayError, or SettingError for settings that cannot be used."""
    if settings.is_sandbox:
        return "内置演练服务器"
    return asyncio.run(_ask(settings))


async def _ask(settings: Settings) -> str:
    session = await relay_of(settings, lambda: datetime.now(UTC)).connect()
    offered = session.offered
    await session.quit()
    extras = [name for name, there in (("PIPELINING", offered.pipelining), ("DSN", offered.dsn)) if there]
    size = f"，单封上限 {offered.size // 1_048_576} MB" if offered.size else ""
    return f"连接{'、登录' if settings.relay_user else ''}成功（{'、'.join(extras) or '无扩展'}{size}）"
