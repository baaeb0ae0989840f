"""All the looks that neither send nor log in anywhere, in the order a person would take them."""

from __future__ import annotations

from collections.abc import Iterator

from mailer.doctor import machine, names, services
from mailer.doctor.finding import Finding, bad, fine, note
from mailer.settings import Settings
from mailer.store import calendar_files
from mailer.transport.clock import SystemClock
from recipients.address import AddressError, EmailAddress


def look_over(settings: Settings, ask: names.Ask | None = None) -> Iterator[Finding]:
    """``ask``: how DNS is asked; by default as this machine does."""
    yield from services.look(settings)
    yield sender(settings)
    yield from names.look(settings, ask or names.system_resolver())
    yield from machine.look(settings)
    yield alarms(settings)
    yield holidays(settings)


def sender(settings: Settings) -> Finding:
    name = "发件人"
    if settings.is_sandbox:
        return fine(name, "内置演练服务器，不对外发信（设置 MAILER_RELAY_URL 后才真的发）")
    if not settings.from_:
        return bad(name, "没有设置", "设置 MAILER_FROM，如 某某办公室 <a@b.cn>")
    address = settings.from_.rpartition("<")[2].rstrip("> ")
    try:
        parsed = EmailAddress.parse(address)
    except AddressError as error:
        return bad(name, f"{settings.from_} 里的地址不能用：{error.message}", "改正 MAILER_FROM")
    if "@" in settings.relay_user and parsed.ascii.casefold() != settings.relay_user.casefold():
        return bad(name, f"{parsed.ascii} 与登录名 {settings.relay_user} 不同，会被拒收", "改成同一个地址")
    return fine(name, settings.from_)


def alarms(settings: Settings) -> Finding:
    name = "出事告诉谁"
    if settings.alert_to:
        return fine(name, settings.alert_to)
    return note(name, "没有人会收到告警和晨报", "设 MAILER_ALERT_TO=同事的邮箱")


def holidays(settings: Settings) -> Finding:
    name = "节假日"
    if told := calendar_files.problems(settings.data_dir):
        return bad(name, "；".join(told), "改好后重新登记：mailer morning --calendar 文件")
    year = SystemClock().now().astimezone(settings.timezone).year
    if year in calendar_files.working_days(settings.data_dir).years:
        return fine(name, f"已登记 {year} 年")
    return note(name, f"没有登记 {year} 年，晨报按周一至周五发", "登记：mailer morning --calendar 文件")
