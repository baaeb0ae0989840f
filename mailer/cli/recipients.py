"""mailer recipients: lists of people from spreadsheets into the directory, and back; the other acts are directory_acts'.

``import --dry-run`` needs no data folder and makes none; it does not even load the database layer.
"""

from __future__ import annotations

import argparse
import hashlib
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

    def action(name: str, words: str) -> argparse.ArgumentParser:
        sub = actions.add_parser(name, help=words, description=words, add_help=False)
        sub.add_argument("--json", action="store_true", help="输出 JSON")
        sub.add_argument("-h", "--help", action="help", help="显示本说明")
        return sub

    take = action("import", "导入人员名单（.xlsx .xls .csv）")
    take.add_argument("files", nargs="+", metavar="FILE", type=Path, help="一个或几个表格文件")
    take.add_argument("--dry-run", action="store_true", help="只读表、只报告问题，不写入，也不需要数据文件夹")
    scope = take.add_mutually_exclusive_group()
    scope.add_argument("--units", action="store_true", help="表中各单位以表为准：这些单位里表上没有的人离任")
    scope.add_argument("--full", action="store_true", help="整份名单以表为准：表上没有的人都离任")
    take.add_argument("--at", metavar="日期", help="哪一天零点起生效，如 2026-11-30；默认立即")
    take.add_argument(
        "--map", metavar="旧=新", action="append", default=[], dest="pairs",
        help="单位对应：旧是现有单位、新没见过，为更名；两个都是现有单位，为并入；只有新是现有单位，为表里写错",
    )  # fmt: skip
    take.add_argument("--new-unit", metavar="单位", action="append", default=[], help="这个没见过的单位确是新单位")
    take.add_argument("--yes", action="store_true", help="有人离任时不再询问；没见过的单位都当作新单位")
    take.add_argument("--confirm-removals", action="store_true", help="同意一成以上的人离任，或“报”名单变动")
    give = action("export", "导出现有名单（.xlsx 或 .csv）")
    give.add_argument("file", metavar="FILE", type=Path, help="写到哪个文件，按扩展名决定格式")
    give.add_argument("--at", metavar="日期", help="哪一天的名单；默认现在")
    blank = action("template", "写一个空白的填报表（.xlsx 或 .csv），发给各单位填")
    blank.add_argument("file", metavar="FILE", type=Path, help="写到哪个文件，按扩展名决定格式")
    from mailer.cli import directory_acts  # noqa: PLC0415  # beside this module only because the two are long

    directory_acts.add_actions(action)


def run(args: argparse.Namespace, out: Output) -> int:
    if args.action == "template":
        return write_template(args.file, out)
    if args.action != "import":
        from mailer.cli import directory_acts  # noqa: PLC0415  # loads the database layer, which a dry run must not

        return directory_acts.run(args, out)
    roster, file_hash = read_rosters(args.files)
    if args.dry_run or not roster.is_usable:  # a file that holds nobody must not end everybody
        from mailer.flow.preview_recipients import preview_recipients  # noqa: PLC0415  # only what a dry run needs

        _show(preview_recipients(roster).as_json(), out, "试读，没有写入任何内容。")
    else:
        report = _import(args, roster, file_hash, out)
        since = f"，{args.at} 起生效" if args.at else ""
        _show(report.as_json(), out, f"导入完成（第 {report.import_id} 次）{since}。")
    return int(Exit.DONE if roster.is_usable else Exit.FAILED)


def _import(args: argparse.Namespace, roster: Roster, file_hash: str, out: Output) -> ImportReport:
    """One transaction with its audit record, rolled back by whatever goes wrong."""
    from mailer.cli import opening  # noqa: PLC0415  # loads the database layer
    from mailer.flow.import_recipients import record_import  # noqa: PLC0415

    settings = opening.settings()
    store = opening.store(settings)
    office = opening.office(settings, store)
    at = opening.day(args.at, settings.timezone) or datetime.now(UTC)
    with store.begin() as session:
        report = take_over(session, roster, file_hash, args, at, opening.actor(), out)
        record_import(office, session, report, opening.actor(), at)
    return report


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


def take_over(
    session: Session, roster: Roster, file_hash: str, args: argparse.Namespace, at: datetime, actor: str = "cli",
    out: Output | None = None,
) -> ImportReport:  # fmt: skip
    """The import itself. ``args``: files, full, units, yes, confirm_removals, pairs, new_unit of the command line; ``out``:
    where to show what would change before it is agreed to.
    """
    from mailer.flow import import_recipients as flow  # noqa: PLC0415  # loads the database layer
    from recipients.difference import Scope  # noqa: PLC0415
    from recipients.directory import LaterImportError, UnitError  # noqa: PLC0415
    from recipients.unit_names import MappingError  # noqa: PLC0415

    scope = Scope.FULL if args.full else Scope.UNITS if args.units else Scope.ADD
    nothing_changed = "现在什么都没有改。"
    try:
        report = flow.import_recipients(
            session,
            roster,
            scope,
            at,
            actor,
            source="、".join(path.name for path in args.files),
            file_hash=file_hash,
            confirm_removals=True,  # what has to be confirmed is shown with everything else first
            about_units=flow.AboutUnits(_pairs(args.pairs), args.new_unit, all_new=args.yes),
            now=datetime.now(UTC),
        )
    except flow.UnknownUnitsError as error:
        asked = "；".join(f"“{name}”是不是“{'”或“'.join(near)}”" for name, near in error.names.items())
        name, near = next(iter(error.names.items()))
        renames = " ".join(f"--map {near[0]}={name}" for name, near in error.names.items())
        hint = (
            f"是更名就加 {renames}；表里写错的，等号两边对调，如 --map {name}={near[0]}；"
            f"确是新单位用 --new-unit {name}。{nothing_changed}"
        )
        raise CommandError("needs_mapping", f"有没见过的单位：{asked}？", hint, Exit.USAGE) from error
    except (MappingError, UnitError) as error:
        hint = f"现有单位见：mailer recipients find 单位名。{nothing_changed}"
        raise CommandError("bad_mapping", str(error), hint, Exit.USAGE) from error
    except LaterImportError as error:
        raise CommandError(
            "later_import",
            f"第 {error.number} 次导入要到 {error.at:%Y-%m-%d %H:%M}Z 才生效，不能在它前面再插一次。",
            "把这次的 --at 定在那天或以后，或先撤销那一次：mailer recipients undo",
        ) from error
    _confirm(report, args, out)
    return report


def _confirm(report: ImportReport, args: argparse.Namespace, out: Output | None) -> None:
    """Whoever has not said yes is shown all that would change. Raises CommandError; the caller takes everything back."""
    nothing_changed = "现在什么都没有改。"
    ended = len(report.difference.ended)
    needs_yes = bool(ended) and not args.yes
    needs_confirmation = bool(report.asked) and not args.confirm_removals
    if out is not None and not out.json and (needs_yes or needs_confirmation):
        _show(report.as_json(), out, "照这样导入，将是：")
    if needs_confirmation:
        hint = f"核对无误后加 --confirm-removals 再运行；{nothing_changed}"
        raise CommandError("needs_confirmation", " ".join(report.asked.values()), hint)
    if needs_yes:
        people = [f"{one.holder.post.unit.name}{one.holder.name}" for one in report.difference.ended]
        names = "、".join(people[:_SHOWN]) + ("等" if ended > _SHOWN else "")
        raise CommandError(
            "needs_yes", f"将有 {ended} 人离任：{names}。", f"核对无误后加 --yes 再运行；{nothing_changed}", Exit.USAGE
        )


def _pairs(texts: list[str]) -> list[tuple[str, str]]:
    pairs = []
    for text in texts:
        old, _, new = text.replace("＝", "=").partition("=")
        if not old.strip() or not new.strip():
            raise CommandError("usage", f"--map 后面的“{text}”看不懂。", "写成 --map 旧单位=新单位。", Exit.USAGE)
        pairs.append(("".join(old.split()), "".join(new.split())))
    return pairs


def export(session: Session, path: Path, at: datetime, out: Output) -> int:
    """Writes the list of the moment ``at``; .csv by name, else a workbook."""
    from recipients.directory import export_rows  # noqa: PLC0415  # loads the database layer
    from recipients.spreadsheet import write_csv, write_xlsx  # noqa: PLC0415

    rows = export_rows(session, at)
    _write(path, write_csv(rows) if path.suffix.lower() == ".csv" else write_xlsx([("人员名单", rows)]))
    out.line(f"已导出 {len(rows) - 1} 人：{path}")
    out.object({"event": "result", "file": str(path), "people": len(rows) - 1})
    return int(Exit.DONE)


def write_template(path: Path, out: Output) -> int:
    """The form that units fill in: the export's columns, and a sheet that says what belongs into each."""
    from recipients.spreadsheet import write_csv, write_xlsx  # noqa: PLC0415  # spreadsheets are loaded by this command only
    from recipients.template import HEADER, HINTS  # noqa: PLC0415

    sheets = [("人员名单", [HEADER]), ("填表说明", HINTS)]
    _write(path, write_csv([HEADER]) if path.suffix.lower() == ".csv" else write_xlsx(sheets))
    out.line(f"已写好空白填报表：{path}")
    out.object({"event": "result", "file": str(path)})
    return int(Exit.DONE)


def _write(path: Path, data: bytes) -> None:
    try:
        path.write_bytes(data)
    except OSError as error:
        raise CommandError("unwritable_file", f"写不了 {path}：{error.strerror}", "请换一个文件夹。") from error


def _show(found: dict[str, Any], out: Output, what: str) -> None:
    out.object(found)
    out.line(what)
    moved = f"（其中 {found['moved']} 人转任）" if found["moved"] else ""
    out.line(
        f"可用邮箱 {len(found['valid'])} 个；新增 {found['added']} 人，变更 {found['changed']} 人，"
        f"离任 {found['ended']} 人{moved}，不变 {found['unchanged']} 人。"
    )
    units = {"rename": "更名为", "merge": "并入", "slip": "即", "new": "新单位"}
    _lines(
        out, "单位变动", [f"{u['old']} {units[u['kind']]} {u['new'] * (u['kind'] != 'new')}" for u in found["units"]]
    )
    _lines(out, "表里没有的单位，其中的人照旧", found.get("absent_units", []) if found["compared"] else [])
    moving_last = sorted(found["changes"], key=lambda one: "moved_to" in one)  # who only moves is no news of a list
    _lines(out, "变更", [_changed(one) for one in moving_last])
    _lines(out, "新增中与原有人员有关的", [f"{_who(one)}：{one['message']}" for one in found["matches"]])
    _lines(out, "没有能用的邮箱", [f"{_where(one)}{one['message']}{one['hint']}" for one in found["rejected"]])
    _lines(
        out, "重复的邮箱", [f"{_where(one)}{one['email']}，第 {one['first_row']} 行已有" for one in found["duplicates"]]
    )
    _lines(out, "不在任何名单上", [_who(one) for one in found["on_no_list"]])
    _lines(out, "提醒", [f"{_where(one)}{one['message']}" for one in found["warnings"]])


def _who(one: dict[str, Any]) -> str:
    return f"{one['unit']} {one['name']}（{one['role']}）"


def _changed(one: dict[str, Any]) -> str:
    if one["change"] == "ended":
        return f"{_who(one)}：离任" + (f"，转任{one['moved_to']}" if "moved_to" in one else "")
    values = (f"{v['field']} {v['before'] or '空'} → {v['after'] or '空'}" for v in one["values"])
    return f"{_who(one)}：{'；'.join(values)}"


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
