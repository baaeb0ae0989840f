"""How a command gets at the installation: settings, store, office; every way to fail as a sentence."""

from __future__ import annotations

import getpass
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, time, tzinfo

from sqlalchemy.exc import OperationalError
from sqlmodel import Session

from mailer import log, wiring
from mailer.cli.output import CommandError, Exit
from mailer.flow.office import Office
from mailer.settings import SettingError, Settings, load
from mailer.store.engine import Store


def settings() -> Settings:
    """The settings; from here on the log of this process is quiet unless its command says otherwise."""
    log.configure(json=False, quiet=True)
    try:
        return load()
    except SettingError as error:
        raise CommandError("bad_setting", error.message, error.hint, Exit.USAGE) from error


def store(given: Settings) -> Store:
    try:
        return wiring.open_store(given)
    except wiring.NotInitialisedError:
        where = given.database_url.partition("@")[2] or given.data_dir
        raise CommandError(
            "not_initialised", f"这里还没有初始化（{where}）。", "请先运行：mailer init", Exit.USAGE
        ) from None
    except wiring.OldSchemaError as error:
        raise CommandError(
            "old_schema", f"数据库结构是另一个版本（{error}）。", "请先备份，再运行：mailer migrate", Exit.USAGE
        ) from None
    except OperationalError as error:
        raise CommandError(
            "no_database", f"连不上数据库：{error.orig}", "检查 MAILER_DATABASE_URL 和数据库服务。"
        ) from error


def office(given: Settings, opened: Store) -> Office:
    return wiring.office_of(given, opened)


def actor() -> str:
    """Who acts: the login at this terminal."""
    try:
        return f"cli:{getpass.getuser()}"
    except (KeyError, OSError):
        return "cli:unknown"


def day(text: str | None, zone: tzinfo, hour: int = 0) -> datetime | None:
    """That hour of a day named on the command line (2026-11-23), first of all its beginning; None where none was."""
    if text is None:
        return None
    try:
        return datetime.combine(datetime.fromisoformat(text).date(), time(hour), zone).astimezone(UTC)
    except ValueError:
        raise CommandError("bad_date", f"日期“{text}”看不懂。", "写成 2026-11-23 这样。", Exit.USAGE) from None


@contextmanager
def transaction() -> Iterator[Session]:
    """One writing transaction on the installation's database."""
    given = settings()
    with store(given).begin() as session:
        yield session
