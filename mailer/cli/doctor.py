"""``mailer doctor``: are the settings sound, is the database there, does the relay take us."""

from __future__ import annotations

import argparse
from collections.abc import Callable

from sqlalchemy.exc import OperationalError

from mailer import wiring
from mailer.cli import opening
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow.ports import RelayError
from mailer.settings import SettingError, Settings
from mailer.store import calendar_files, schema
from mailer.store.engine import Store
from mailer.transport.clock import SystemClock
from mailer.transport.probe import ask_relay
from recipients.address import AddressError, EmailAddress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--relay",
        action="store_true",
        help="真的连一次发信服务器：加密、登录；设了收信邮箱时再给自己发一封，看退信记号是否保留",
    )
    parser.add_argument("--json", action="store_true", help="结果以 JSON 输出")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    checks: list[tuple[str, Callable[[Settings], str]]] = [
        ("数据库", _database),
        ("发件人", _sender),
        ("节假日", _holidays),
    ]
    if args.relay:
        checks.append(("发信服务器", _relay))
    if settings.intake_url and not settings.is_sandbox:
        checks.append(("退信记号", _returns if args.relay else _known_returns))
    failures = 0
    for name, check in checks:
        try:
            found, fine, hint = check(settings), True, ""
        except CommandError as error:
            found, fine, hint = error.message, False, error.hint
            failures += 1
        out.line(f"{'正常' if fine else '有问题'}  {name}：{found}" + (f" → {hint}" if hint else ""))
        out.object({"event": "check", "name": name, "ok": fine, "message": found, "hint": hint})
    out.object({"event": "result", "ok": failures == 0, "failures": failures})
    return int(Exit.FAILED if failures else Exit.DONE)


def _database(settings: Settings) -> str:
    if not settings.database_url and not (settings.data_dir / "mailer.db").exists():
        raise CommandError("not_initialised", f"{settings.data_dir} 还没有初始化", "mailer init")
    try:
        store = Store(wiring.database_url(settings))
        at = schema.current(store)
    except OperationalError as error:
        raise CommandError("no_database", f"连不上：{error.orig}", "检查 MAILER_DATABASE_URL") from error
    if at is None:
        raise CommandError("not_initialised", "还没有初始化", "mailer init")
    if at != schema.newest():
        raise CommandError("old_schema", f"结构是 {at}，程序需要 {schema.newest()}", "mailer migrate")
    return f"{store.engine.dialect.name}，结构 {at}"


def _sender(settings: Settings) -> str:
    if settings.is_sandbox:
        return "内置演练服务器，不对外发信（设置 MAILER_RELAY_URL 后才真的发）"
    if not settings.from_:
        raise CommandError("bad_setting", "没有设置", "设置 MAILER_FROM，如 某某办公室 <a@b.cn>")
    address = settings.from_.rpartition("<")[2].rstrip("> ")
    try:
        parsed = EmailAddress.parse(address)
    except AddressError as error:
        raise CommandError(
            "bad_setting", f"{settings.from_} 里的地址不能用：{error.message}", "改正 MAILER_FROM"
        ) from error
    if "@" in settings.relay_user and parsed.ascii.casefold() != settings.relay_user.casefold():
        raise CommandError(
            "from_not_login", f"{parsed.ascii} 与登录名 {settings.relay_user} 不同，会被拒收", "改成同一个地址"
        )
    return settings.from_


def _returns(settings: Settings) -> str:
    from mailer.cli import return_probe  # noqa: PLC0415 - only this check renders and sends a mail

    return return_probe.probe_returns(settings)


def _holidays(settings: Settings) -> str:
    if told := calendar_files.problems(settings.data_dir):
        raise CommandError("bad_calendar", "；".join(told), "改好后重新登记：mailer morning --calendar 文件")
    year = SystemClock().now().astimezone(settings.timezone).year
    if year in calendar_files.working_days(settings.data_dir).years:
        return f"已登记 {year} 年"
    return f"没有登记 {year} 年，晨报按周一至周五发（登记：mailer morning --calendar 文件）"


def _known_returns(settings: Settings) -> str:
    from mailer.cli import return_probe  # noqa: PLC0415 - only this check needs its rooms

    return return_probe.last_probe(settings)


def _relay(settings: Settings) -> str:
    try:
        return ask_relay(settings)
    except SettingError as error:
        raise CommandError("bad_setting", error.message, error.hint) from error
    except RelayError as error:
        raise CommandError("relay_refused", error.message, error.hint) from error
