"""mailer recipients import|export: lists of people from spreadsheets into the directory, and back.

``import --dry-run`` needs no data folder and makes none; it does not even load the database layer.
"""

from __future__ import annotations

import argparse
import hashlib
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from mailer.cli.output import CommandError, Exit, Output

if TYPE_CHECKING:
    from sqlmodel import Session

    from mailer.flow.preview_recipients import ImportReport
    from recipients.roster import Roster

_SHOWN = 20  # lines of each kind for people; --json has them all


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="动作", title="动作", required=True)
    take = actions.add_parser("import", help="导入人员名单（.xlsx .xls .csv）", add_help=False)
    take.add_argument("files", nargs="+", metavar="FILE", type=Path, help="一个或几个表格文件")
    take.add_argument("--dry-run", action="store_true", help="只读表、只报告问题，不写入，也不需要数据文件夹")
    scope = take.add_mutually_exclusive_group()
    scope.add_argument("--units", action="store_true", help="表中各单位以表为准：这些单位里表上没有的人离任")
    scope.add_argument("--full", action="store_true", help="整份名单以表为准：表上没有的人都离任")
    take.add_argument("--yes", action="store_true", help="有人离任时不再询问")
    take.add_argument("--confirm-removals", action="store_true", help="同意一成以上的人离任，或“报”名单变动")
    take.add_argument("--json", action="store_true", help="输出一个 JSON 对象")
    take.add_argument("-h", "--help", action="help", help="显示本说明")
    give = actions.add_parser("export", help="导出现有名单（.xlsx 或 .csv）", add_help=False)
    give.add_argument("file", metavar="FILE", type=Path, help="写到哪个文件，按扩展名决定格式")
    give.add_argument("--json", action="store_true", help="输出一个 JSON 对象")
    give.add_argument("-h", "--help", action="help", help="显示本说明")


def run(args: argparse.Namespace, out: Output) -> int:
    if args.action == "export":
        with _session() as session:
            return export(session, args.file, datetime.now(UTC), out)
    roster, file_hash = read_rosters(args.files)
    if args.dry_run:
        from mailer.flow.preview_recipients import preview_recipients  # noqa: PLC0415  # only what a dry run needs

        _show(preview_recipients(roster).as_json(), out, dry_run=True)
    else:
        with _session() as session:
            report = take_over(session, roster, file_hash, args, datetime.now(UTC))
        _show(report.as_json(), out, dry_run=False)
    return int(Exit.DONE if roster.is_usable else Exit.FAILED)


def _session() -> AbstractContextManager[Session]:
    """One transaction on the installation's database, committed on leaving, rolled back by an exception."""
    from mailer.cli.opening import transaction  # noqa: PLC0415  # loads the database layer

    return transaction()


def read_rosters(files: list[Path]) -> tuple[Roster, str]:
    """The roster of all files together, and the sha256 over them. Raises CommandError."""
    from recipients.roster import read_roster  # noqa: PLC0415  # spreadsheets are loaded by this command only
    from recipients.spreadsheet import read  # noqa: PLC0415
    from recipients.workbook_limits import FILE_BYTES, SpreadsheetError, too_big  # noqa: PLC0415

    books, digest = [], hashlib.sha256()
    for path in files:
        try:
            if path.stat().st_size > FILE_BYTES:
                raise too_big()
            data = path.read_bytes()
            books.append((path.name, read(data)))
        except SpreadsheetError as error:
            raise CommandError(error.code, f"{path.name}：{error.message}", error.hint) from error
        except FileNotFoundError as error:
            raise CommandError("no_file", f"没有这个文件：{path}", "请核对路径。", Exit.USAGE) from error
        except OSError as error:
            raise CommandError(
                "unreadable_file", f"读不了 {path}：{error.strerror}", "请核对路径和权限。", Exit.USAGE
            ) from error
        digest.update(data)
    return read_roster(books), digest.hexdigest()


def take_over(session: Session, roster: Roster, file_hash: str, args: argparse.Namespace, at: datetime) -> ImportReport:
    """The import itself. ``args``: files, full, units, yes, confirm_removals of the command line."""
    from mailer.flow.import_recipients import ConfirmationError, import_recipients  # noqa: PLC0415  # loads the database layer
    from recipients.difference import Scope  # noqa: PLC0415

    scope = Scope.FULL if args.full else Scope.UNITS if args.units else Scope.ADD
    try:
        report = import_recipients(
            session,
            roster,
            scope,
            at,
            "cli",
            source="、".join(path.name for path in args.files),
            file_hash=file_hash,
            confirm_removals=args.confirm_removals,
        )
    except ConfirmationError as error:
        hint = "核对无误后加 --confirm-removals 再运行；现在什么都没有改。"
        raise CommandError("needs_confirmation", " ".join(error.reasons), hint) from error
    ended = report.difference.ended
    if ended and not args.yes:
        names = "、".join(f"{one.holder.post.unit.name}{one.holder.name}" for one in ended[:_SHOWN])
        raise CommandError(
            "needs_yes",
            f"将有 {len(ended)} 人离任：{names}。",
            "核对无误后加 --yes 再运行；现在什么都没有改。",
            Exit.USAGE,
        )
    return report


def export(session: Session, path: Path, at: datetime, out: Output) -> int:
    """Writes the list of the moment ``at``; .csv by name, else a workbook."""
    from recipients.directory import export_rows  # noqa: PLC0415  # loads the database layer
    from recipients.spreadsheet import write_csv, write_xlsx  # noqa: PLC0415

    rows = export_rows(session, at)
    data = write_csv(rows) if path.suffix.lower() == ".csv" else write_xlsx([("人员名单", rows)])
    try:
        path.write_bytes(data)
    except OSError as error:
        raise CommandError("unwritable_file", f"写不了 {path}：{error.strerror}", "请换一个文件夹。") from error
    out.line(f"已导出 {len(rows) - 1} 人：{path}")
    out.object({"event": "result", "file": str(path), "people": len(rows) - 1})
    return int(Exit.DONE)


def _show(found: dict[str, Any], out: Output, *, dry_run: bool) -> None:
    out.object(found)
    out.line("试读，没有写入任何内容。" if dry_run else f"导入完成（第 {found['import']} 次）。")
    out.line(
        f"可用邮箱 {len(found['valid'])} 个；新增 {found['added']} 人，变更 {found['changed']} 人，"
        f"离任 {found['ended']} 人，不变 {found['unchanged']} 人。"
    )
    _lines(out, "没有能用的邮箱", [f"{_where(one)}{one['message']}{one['hint']}" for one in found["rejected"]])
    _lines(
        out, "重复的邮箱", [f"{_where(one)}{one['email']}，第 {one['first_row']} 行已有" for one in found["duplicates"]]
    )
    _lines(out, "不在任何名单上", [f"{one['unit']} {one['name']}（{one['role']}）" for one in found["on_no_list"]])
    _lines(out, "提醒", [f"{_where(one)}{one['message']}" for one in found["warnings"]])


def _where(one: dict[str, Any]) -> str:
    parts = [one.get("file", ""), one.get("sheet", ""), f"第 {one['row']} 行" if one.get("row") else ""]
    where = " ".join(part for part in parts if part)
    return f"{where}：" if where else ""


def _lines(out: Output, title: str, lines: list[str]) -> None:
    if lines:
        out.line(f"{title}（{len(lines)}）")
        for line in lines[:_SHOWN]:
            out.line(f"  {line}")
        if len(lines) > _SHOWN:
            out.line(f"  …另有 {len(lines) - _SHOWN} 条，加 --json 看全部。")
