"""The settings as they are in force, each with where it was set; how the relay is, with a button that asks it.

Nothing is changed here: settings are of the environment or the file, which whoever runs the server changes and restarts.
"""

from __future__ import annotations

import os
from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from mailer.flow.accounts import house
from mailer.flow.ports import RelayError
from mailer.flow.relay_trouble import FACT
from mailer.model.rights import Right
from mailer.settings import Key, SettingError, keys, where_set
from mailer.store import house as house_rows
from mailer.store import writes
from mailer.transport.probe import ask_relay
from mailer.web.console.caller import caller_of
from mailer.web.console.desk import Desk
from mailer.web.console.ways import Way
from mailer.web.forms import Form

#: Title, what it is about, and the beginnings of the names of its keys; the first group that fits takes a key.
_GROUPS = (
    ("发信的设置", "邮件经哪台服务器、以谁的名义发出。", ("RELAY_", "FROM", "REPLY_TO", "DKIM", "SMTP_TIMEOUT_")),
    ("退信", "退信从哪里收，退信地址怎么写。", ("INTAKE_", "RETURN_PATH", "BOUNCE_DOMAIN", "LMTP_")),
    ("节奏与重试", "多快发，发不出去时等多久、试到什么时候。", ("PACE_", "RETRY_", "LEASE", "IN_DOUBT", "HOLD")),
    ("告诉谁", "出了事、每天早上、每日存证，邮件发给哪些同事。", ("ALERT_", "AUDIT_TO")),
    ("网页", "台账网页和收件人网页在哪里。", ("CONSOLE_", "PUBLIC_", "BASE_URL", "TRUSTED_PROXIES", "TIMEZONE")),
    ("数据", "数据在哪里。", ("",)),
)


def ways(desk: Desk) -> list[Way]:
    pages = _Settings(desk)
    return [
        Way("/settings", pages.page, Right.SYSTEM),
        Way("/settings/probe", pages.probe, Right.SYSTEM, method="POST"),
    ]


class _Settings:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._office, self._settings = desk, desk.office, desk.settings

    def page(self, request: Request) -> Response:
        return self._page(request)

    def probe(self, request: Request, form: Form) -> Response:
        """Connects to the relay and logs in, sends nothing."""
        del form
        try:
            found, hint, is_well = ask_relay(self._settings), "", True
        except (RelayError, SettingError) as error:
            found, hint, is_well = error.message, error.hint, False
        with self._office.store.begin() as session:
            self._office.record(session, caller_of(request).actor, "relay.probed", "relay", ok=is_well, said=found)
        return self._page(request, probed={"is_well": is_well, "found": found, "hint": hint})

    def _page(self, request: Request, *, probed: dict[str, Any] | None = None) -> Response:
        profile, approval = house(self._office)
        with self._office.store.read() as session:
            bulletins = house_rows.bulletins(session)
            trouble = writes.fact(session, FACT)
        return self._desk.show(
            request,
            "console/settings.html",
            area="settings",
            bulletins=bulletins,
            profile=profile,
            approval=approval,
            relay=self._relay(),
            trouble=trouble,
            probed=probed,
            groups=self._groups(),
        )

    def _relay(self) -> str:
        settings = self._settings
        if settings.is_sandbox:
            return "没有设发信服务器：现在每次发送都是演练，只到内置的演练服务器，不对外发一封信。"
        limits = f"每分钟最多 {settings.per_minute} 封" if settings.per_minute else "每分钟不限"
        login = f"，以 {settings.relay_user} 登录" if settings.relay_user else ""
        return f"{settings.relay_url}{login}；同时 {settings.connections} 条连接，{limits}。"

    def _groups(self) -> list[dict[str, Any]]:
        where = where_set(self._settings, os.environ)
        rows: dict[str, list[dict[str, str]]] = {title: [] for title, _, _ in _GROUPS}
        for key in keys():
            bare = key.name.removeprefix("MAILER_")
            title = next(title for title, _, beginnings in _GROUPS if bare.startswith(beginnings))
            rows[title].append(self._row(key, where.get(key.name, "")))
        return [{"title": title, "about": about, "rows": rows[title]} for title, about, _ in _GROUPS]

    def _row(self, key: Key, where: str) -> dict[str, str]:
        value = getattr(self._settings, _field(key.name))
        return {
            "key": key.name,
            "help": key.help,
            "value": ("已设置，不显示" if value else "没有设置") if key.secret else _words(value),
            "where": where,
        }


def _field(name: str) -> str:
    bare = name.removeprefix("MAILER_").lower()
    return "from_" if bare == "from" else bare


def _words(value: object) -> str:
    """A value as it would be written in the file."""
    if value is None or value in {"", ()}:
        return "没有设置"
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, timedelta):
        return _duration(value)
    if isinstance(value, tuple):
        is_address = len(value) == 2 and isinstance(value[1], int)
        return f"{value[0]}:{value[1]}" if is_address else "、".join(map(str, value))
    return str(value.absolute() if isinstance(value, Path) else value)


def _duration(value: timedelta) -> str:
    seconds = value.total_seconds()
    for size, unit in ((86_400, "天"), (3_600, "小时"), (60, "分钟")):
        if seconds >= size and seconds % size == 0:
            return f"{seconds / size:g} {unit}"
    return f"{seconds:g} 秒"
