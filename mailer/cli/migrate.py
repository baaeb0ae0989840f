"""``mailer migrate``: brings the database to this program's version; --check only looks."""

from __future__ import annotations

import argparse

from sqlalchemy.exc import OperationalError

from mailer import wiring
from mailer.cli import opening
from mailer.cli.output import CommandError, Exit, Output
from mailer.store import schema
from mailer.store.engine import Store


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="只看要不要升级：要升级时退出码为 1")
    parser.add_argument("--json", action="store_true", help="结果以 JSON 输出")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    if not settings.database_url and not (settings.data_dir / "mailer.db").exists():
        raise CommandError("not_initialised", "这里还没有初始化。", "请先运行：mailer init", Exit.USAGE)
    try:
        at = schema.current(Store(wiring.database_url(settings)))
        newest = schema.newest()
        if not args.check and at != newest:
            wiring.initialise(settings)
    except OperationalError as error:
        raise CommandError(
            "no_database", f"连不上数据库：{error.orig}", "检查 MAILER_DATABASE_URL 和数据库服务。"
        ) from error
    out.line(f"数据库结构：{at or '空'}，程序需要：{newest}" + ("" if args.check or at == newest else "；已升级"))
    out.object({"event": "result", "was": at, "newest": newest, "migrated": not args.check and at != newest})
    return int(Exit.FAILED if args.check and at != newest else Exit.DONE)
