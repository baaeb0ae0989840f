"""``mailer init``: the data folder, the database, the lists and the administrator. Repeatable; harms nothing."""

from __future__ import annotations

import argparse
import secrets

from argon2 import PasswordHasher
from sqlalchemy.exc import OperationalError

from mailer import wiring
from mailer.cli import opening
from mailer.cli.output import CommandError, Output
from mailer.flow.accounts import add_account


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--yes", action="store_true", help="不再询问；没有管理员帐户时建立 admin 并显示一次密码")
    parser.add_argument("--json", action="store_true", help="结果以 JSON 输出")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    try:
        store = wiring.initialise(settings)
    except OSError as error:
        raise CommandError(
            "cannot_write", f"建不了数据文件夹 {settings.data_dir}：{error.strerror}", "换一个能写的 MAILER_DATA_DIR。"
        ) from error
    except OperationalError as error:
        raise CommandError(
            "no_database", f"连不上数据库：{error.orig}", "检查 MAILER_DATABASE_URL 和数据库服务。"
        ) from error
    office = opening.office(settings, store)
    password = secrets.token_urlsafe(15)
    made = args.yes and add_account(
        office, "admin", "admin", PasswordHasher().hash(password), actor=opening.actor(), only_if_none=True
    )
    if made:
        out.note(f"管理员帐户 admin，密码（只显示这一次）：{password}")
    out.line(f"已就绪：数据文件夹 {settings.data_dir}，名单 报、送、发。")
    out.line("下一步：mailer recipients import 名单.xlsx，然后 mailer send 期刊文件")
    out.object(
        {"event": "result", "data_dir": str(settings.data_dir), "lists": ["报", "送", "发"], "admin_made": bool(made)}
    )
    return 0
