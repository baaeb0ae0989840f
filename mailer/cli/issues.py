"""``mailer issues``: what the service understands of a bulletin file, and what looks wrong in it.

Each subcommand is one entry of ``HANDLERS``. Reads the file; all understanding is in ``mailer.content``.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path

from mailer import resources
from mailer.cli.output import CommandError, Exit, Output, write_file
from mailer.content.check import check
from mailer.content.correct import FIELDS
from mailer.content.issue import Finding, Issue, NotAnIssueError, Place, Severity, to_json
from mailer.content.readers import MAX_BYTES, read_issue

CHINA = timezone(timedelta(hours=8))
_MARKS = {Severity.STOP: "必须处理", Severity.WARNING: "请核对"}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = parser.add_subparsers(dest="action", metavar="操作", required=True, title="操作")
    for name, (help_text, add, _) in HANDLERS.items():
        sub = actions.add_parser(name, help=help_text, description=help_text, add_help=False)
        sub.add_argument("-h", "--help", action="help", help="显示本说明")
        add(sub)


def run(args: argparse.Namespace, out: Output) -> int:
    return int(HANDLERS[args.action][2](args, out))


def _add_file(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="文件", type=Path, help="期刊文件（.docx、.md、.txt）")
    parser.add_argument("--json", action="store_true", help="输出一个 JSON 对象")


def _parse(args: argparse.Namespace, out: Output) -> Exit:
    issue = load(args.file, out)
    if issue is None:
        return Exit.FAILED
    out.object(to_json(issue))
    for line in summary(issue):
        out.line(line)
    return Exit.DONE


def _check(args: argparse.Namespace, out: Output) -> Exit:
    issue = load(args.file, out)
    if issue is None:
        return Exit.FAILED
    from mailer.content.length import length_findings  # noqa: PLC0415 - parse needs no template engine
    from mailer.content.render import environment  # noqa: PLC0415 - the same

    length = length_findings(environment(resources.templates()), issue)
    findings = check(issue, known=None, today=datetime.now(CHINA).date(), mail=length)
    stops = sum(finding.severity is Severity.STOP for finding in findings)
    out.object({
        "ok": stops == 0,
        "stops": stops,
        "warnings": len(findings) - stops,
        "findings": [_finding_json(finding) for finding in findings],
    })  # fmt: skip
    for line in note_on(issue, findings):
        out.line(line)
    return Exit.FAILED if stops else Exit.DONE


def _import(args: argparse.Namespace, out: Output) -> Exit:
    from mailer.cli import issue_shelf  # noqa: PLC0415 - parse and check need no database

    return issue_shelf.take(args.file, out)


def _list(args: argparse.Namespace, out: Output) -> Exit:
    from mailer.cli import issue_shelf  # noqa: PLC0415 - parse and check need no database

    del args
    return issue_shelf.show_all(out)


def _show(args: argparse.Namespace, out: Output) -> Exit:
    from mailer.cli import issue_shelf  # noqa: PLC0415 - parse and check need no database

    return issue_shelf.show(args.number, out)


def _correct(args: argparse.Namespace, out: Output) -> Exit:
    from mailer.cli import issue_shelf  # noqa: PLC0415 - parse and check need no database

    return issue_shelf.correct(args.number, args.set, out)


def _archive(args: argparse.Namespace, out: Output) -> Exit:
    from mailer.cli import issue_archive  # noqa: PLC0415 - parse and check need no database

    return issue_archive.write(args.number, args.out, out)


def _verify(args: argparse.Namespace, out: Output) -> Exit:
    from mailer.cli import issue_archive  # noqa: PLC0415 - as above

    return issue_archive.verify(args.file, out)


def _print(args: argparse.Namespace, out: Output) -> Exit:
    from mailer.cli import issue_shelf, render  # noqa: PLC0415 - as above

    printed = render.make_pdf(issue_shelf.stored(args.number))
    write_file(args.out, printed.data)
    out.line(f"已写好：{args.out}（{printed.pages} 页）")
    if printed.warning:
        out.note(printed.warning)
    out.object({"event": "result", "file": str(args.out), "pages": printed.pages, "missing": list(printed.missing)})
    return Exit.DONE


def _add_print(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="文件", type=Path, required=True, help="写到哪个 .pdf 文件")
    _add_number(parser)


def _add_archive(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", metavar="文件", type=Path, required=True, help="写到哪个 .zip 文件")
    _add_number(parser)


def _add_pack(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", metavar="归档包", type=Path, help="issues archive 写出的 .zip")
    _add_json(parser)


def _add_correction(parser: argparse.ArgumentParser) -> None:
    told = "；".join(f"{field} {words}" for field, words in FIELDS.items())
    parser.add_argument("number", metavar="期号", help="期号，或 id:编号")
    parser.add_argument(
        "--set", action="append", required=True, metavar="项=值", help=f"可以写多次；值空着就是清空。可以改的项：{told}"
    )
    _add_json(parser)


def _add_json(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--json", action="store_true", help="输出 JSON")


def _add_number(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("number", metavar="期号", help="期号，或 id:编号")
    _add_json(parser)


HANDLERS: dict[
    str, tuple[str, Callable[[argparse.ArgumentParser], None], Callable[[argparse.Namespace, Output], Exit]]
] = {
    "parse": ("读一个期刊文件，显示读懂了什么（不保存）", _add_file, _parse),
    "check": ("发出前的核对：期号、日期、密级标志、署名、名单等（不保存）", _add_file, _check),
    "import": ("收录一个期刊文件", _add_file, _import),
    "correct": ("改正读错的一项（另存一稿，不动原文件）", _add_correction, _correct),
    "list": ("收录了哪些期", _add_json, _list),
    "show": ("看收录的一期", _add_number, _show),
    "print": ("收录的一期的纸质版 PDF（需要 WeasyPrint）", _add_print, _print),
    "archive": ("一期的归档包：邮件、附件、收件人、台账、核签、哈希清单", _add_archive, _archive),
    "verify": ("核对归档包里的每个文件（不需要数据库）", _add_pack, _verify),
}


def load(path: Path, out: Output) -> Issue | None:
    """The issue in a file. A file that is no issue is told to the user; the answer is then None.

    Raises CommandError: ``no_file`` (exit 2), ``unreadable``.
    """
    if not path.is_file():
        raise CommandError("no_file", f"找不到文件：{path}", "请检查文件名和所在文件夹。", Exit.USAGE)
    try:
        with path.open("rb") as file:
            data = file.read(MAX_BYTES + 1)
    except OSError as error:
        raise CommandError("unreadable", f"打不开文件：{path}（{error.strerror}）", "请检查文件的权限。") from error
    try:
        return read_issue(data, path.name)
    except NotAnIssueError as error:
        message = f"{path.name}：{_where(error.place)}{error.message}"
        out.object({"ok": False, "event": "error", "code": error.code, "message": message, "hint": error.hint})
        if not out.json:
            out.fail(CommandError(error.code, message, error.hint))
        return None


def note_on(issue: Issue, findings: Sequence[Finding]) -> list[str]:
    """What a colleague would write on a slip beside the issue: what must be dealt with, what to look at once more."""
    number = f"第{issue.number}期" if issue.number is not None else "（没有期号）"
    lines = [
        f"看过了：《{issue.title or '（没有刊名）'}》{number}，{len(issue.sections)} 个部分、{len(issue.items)} 条。"
    ]
    for severity, words in _MARKS.items():
        mine = [finding for finding in findings if finding.severity is severity]
        if mine:
            lines += ["", f"{words} {len(mine)} 处："]
        for nth, finding in enumerate(mine, 1):
            named = finding.place.line is None and finding.message.startswith(finding.place.note)
            lines.append(f"{nth:>3}. {'' if named else _where(finding.place)}{finding.message}")
            after = mine[nth] if nth < len(mine) else None
            if after is None or after.remedy != finding.remedy:  # the same advice is given once for a run of findings
                lines.append(f"     → {finding.remedy}")
    if not findings:
        lines += ["", "没有发现要改的地方。"]
    return [*lines, "", "只看了写法和格式，不能代替保密审查。"]


def summary(issue: Issue) -> list[str]:
    """What was understood, for people to compare with the paper."""
    number = issue.number_printed or "（没有）"
    lines = [
        f"刊名　　{issue.title or '（没有）'}",
        f"期号　　{number}　→ 第{issue.number}期" if issue.number is not None else f"期号　　{number}",
        f"日期　　{issue.date.isoformat() if issue.date else '（没有）'}",
        f"编发　　{issue.issuing_office or '（没有）'}",
    ]
    if issue.secrecy:
        lines.append(f"标志　　{issue.secrecy}")
    if issue.editor_note:
        lines.append(f"{issue.editor_note.label}　{_short(issue.editor_note.text)}")
    if issue.contents:
        lines.append(f"目录　　{len(issue.contents)} 条")
    for section in issue.sections:
        lines += ["", f"【{section.heading or '无栏目'}】 {len(section.items)} 条"]
        for nth, item in enumerate(section.items, 1):
            topic = f"［{item.topic}］" if item.topic else ""
            name = "、".join(item.units) or item.title or ""
            byline = f"（{item.byline}）" if item.byline else ""
            lines.append(f"  {nth:>2}. {topic}{name}{'｜' if name else ''}{_short(item.text)}{byline}")
    lines.append("")
    lines += [f"{label}　　{'、'.join(names)}" for label, names in issue.credits.items()]
    for label, phrases in issue.distribution.by_list().items():
        if phrases:
            lines.append(f"{label}　　　{'、'.join(phrases)}")
    if issue.copies is not None:
        lines.append(f"印数　　{issue.copies} 份")
    contact = [("邮箱", issue.contact.email), ("电话", issue.contact.phone), ("传真", issue.contact.fax)]
    lines += [f"{label}　　{'、'.join(values)}" for label, values in contact if values]
    if issue.unrecognised:
        lines += ["", "没有认出归属的文字："]
        lines += [f"  {_where(text.place)}{_short(text.text)}" for text in issue.unrecognised]
    return lines


def _finding_json(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "severity": finding.severity.value,
        "line": finding.place.line,
        "place": finding.place.note,
        "message": finding.message,
        "remedy": finding.remedy,
    }


def _where(place: Place) -> str:
    if place.line is None:
        return f"{place.note}：" if place.note else ""
    return f"第 {place.line} 行{f'（{place.note}）' if place.note else ''}："


def _short(text: str, longest: int = 28) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= longest else flat[:longest] + "……"
