"""``mailer migrate-to URL``: an installation outgrows SQLite. Everything stopped; all of it or nothing."""

from __future__ import annotations

import argparse
from dataclasses import replace

from sqlalchemy.exc import ArgumentError, DBAPIError

from mailer import wiring
from mailer.cli import opening
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow.move_database import NotMovedError, move_database
from mailer.settings import Settings
from mailer.store import migrate, schema, snapshot
from mailer.store.engine import Store
from mailer.workers.dispatcher_lock import DispatcherLock


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("url", metavar="数据库", help="空的 PostgreSQL 数据库：postgresql+psycopg://用户@主机/库名")
    parser.add_argument("--json", action="store_true", help="结果以 JSON 输出")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    if settings.database_url:
        raise CommandError(
            "not_sqlite", "现在用的已经不是 SQLite（设了 MAILER_DATABASE_URL）。", "去掉这个设置，再运行。", Exit.USAGE
        )
    if not args.url.startswith("postgresql+psycopg://"):
        raise CommandError(
            "usage", "目标不是 PostgreSQL 的地址。", "写成 postgresql+psycopg://用户@主机/库名", Exit.USAGE
        )
    store = opening.store(settings)
    lock = DispatcherLock(settings.data_dir)
    if not lock.take("moving"):
        raise CommandError("in_use", "发送程序正在运行。", "先停掉 mailer serve / send，再来。")
    try:
        copied = _move(settings, store, args.url, out)
        store.close()
        kept = snapshot.set_aside(settings.data_dir / "mailer.db", "moved")
    finally:
        lock.release()
    out.line(f"共 {sum(copied.values())} 行，逐行核对无误，审计链完好。原来的数据库另存为 {kept}。")
    out.line("接下来：设置 MAILER_DATABASE_URL 为这个地址，再启动 mailer serve。")
    out.object({"event": "result", "tables": len(copied), "rows": sum(copied.values()), "kept": str(kept)})
    return int(Exit.DONE)


def _move(settings: Settings, store: Store, url: str, out: Output) -> dict[str, int]:
    try:
        target = Store(url)
        if (at := schema.current(target)) not in {None, schema.newest()}:
            raise CommandError("other_schema", f"目标数据库的结构是 {at}。", "换一个空的数据库。", Exit.USAGE)
        migrate.upgrade(target)
        office = replace(opening.office(settings, store), wake=wiring.wake_of(settings))
        return move_database(
            office, target, opening.actor(), lambda table, n: out.line(f"  {table}  {n}") if n else None
        )
    except NotMovedError as error:
        raise CommandError("not_moved", f"没有搬：{error.message}。", error.hint) from error
    except (DBAPIError, ArgumentError) as error:
        raise CommandError(
            "no_database", f"数据库出错：{getattr(error, 'orig', error)}", "原来的数据没有变动；检查地址、用户和权限。"
        ) from error
