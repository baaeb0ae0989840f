"""``mailer people``: what is kept about one person, handed out or forgotten, by their address."""

from __future__ import annotations

import argparse
import json
import os
from pathlib import Path

from mailer.cli import opening
from mailer.cli.actions import add_actions
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow.office import Office
from mailer.flow.personal_data import NotForgottenError, forget, hand_out
from recipients.address import AddressError, EmailAddress


def add_arguments(parser: argparse.ArgumentParser) -> None:
    for name, sub in add_actions(
        parser,
        {
            "export": "把关于一个邮箱的全部记录写成文件（JSON）",
            "erase": "删除一个人的个人信息；台账的行和合计不变",
        },
    ).items():
        sub.add_argument("address", metavar="邮箱", help="谁")
        if name == "export":
            sub.add_argument("--out", type=Path, required=True, metavar="文件", help="写到哪里（只有本用户可读）")
        else:
            sub.add_argument("--yes", action="store_true", help="确实删除；不加只看会改动多少，什么都不改")


def run(args: argparse.Namespace, out: Output) -> int:
    try:
        key = EmailAddress.parse(args.address).key
    except AddressError as error:
        raise CommandError(
            "bad_address", f"邮箱“{args.address}”不能用：{error.message}", "核对后再试。", Exit.USAGE
        ) from error
    settings = opening.settings()
    office = opening.office(settings, opening.store(settings))
    return _export(office, key, args.out, out) if args.action == "export" else _erase(office, key, out, yes=args.yes)


def _export(office: Office, key: str, path: Path, out: Output) -> int:
    try:
        file = os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w", encoding="utf-8")
    except OSError as error:
        raise CommandError(
            "cannot_write", f"写不了 {path}：{error.strerror}。", "换一个还没有的文件名。", Exit.USAGE
        ) from error
    with file:
        found = hand_out(office, key, opening.actor())
        json.dump(found, file, ensure_ascii=False, indent=1, default=str)
    rows = sum(len(each) for each in found.values())
    out.line(f"共 {rows} 条，写在 {path}（退信原件不在内）。")
    out.object({"event": "result", "rows": rows, "tables": {table: len(each) for table, each in found.items()}})
    return int(Exit.DONE)


def _erase(office: Office, key: str, out: Output, *, yes: bool) -> int:
    try:
        done = forget(office, key, opening.actor(), only_look=not yes)
    except NotForgottenError as error:
        raise CommandError("not_forgotten", f"没有删除：{error.message}。", error.hint) from error
    where = f"{done.rows} 条记录，涉及 {len(done.mailings)} 个批次"
    out.line(f"已删除：{where}；台账里记作 {done.stand_in}。" if yes else f"会改动 {where}。确实要删除请加 --yes。")
    out.line("停发登记保留邮箱本身，以免有人再发给它；操作记录（审计链）不能改，照旧保留；备份里的要等备份作废。")
    out.object(
        {
            "event": "result",
            "erased": yes,
            "rows": done.rows,
            "mailings": list(done.mailings),
            "stand_in": done.stand_in,
        }
    )
    return int(Exit.DONE)
