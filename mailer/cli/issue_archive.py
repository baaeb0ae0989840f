"""``mailer issues archive|verify``: an issue's pack, and whether a pack is still what it was."""

from __future__ import annotations

from pathlib import Path

from mailer.cli import issue_shelf, opening
from mailer.cli.output import CommandError, Exit, Output, write_file
from mailer.content.pack import NotAPackError, check
from mailer.flow.archive_issue import archive_issue

_SHOWN = 20
_MOST = 2 * 1024**3  # octets of a zip that is looked at


def write(wanted: str, path: Path, out: Output) -> Exit:
    """Raises CommandError."""
    settings = opening.settings()
    office = opening.office(settings, opening.store(settings))
    packed = archive_issue(office, issue_shelf.find_id(office, wanted), opening.actor())
    assert packed is not None, "it was found just now"
    write_file(path, packed.data)
    out.line(f"已写好：{path}（{len(packed.data):,} 字节）")
    out.line(f"哈希清单的摘要：{packed.digest}（也记在审计里）")
    out.object({"event": "result", "file": str(path), "bytes": len(packed.data), "digest": packed.digest})
    return Exit.DONE


def verify(path: Path, out: Output) -> Exit:
    """Raises CommandError."""
    try:
        with path.open("rb") as file:
            data = file.read(_MOST + 1)
    except OSError as error:
        raise CommandError("no_file", f"读不到文件 {path}：{error.strerror}", "请检查文件名。", Exit.USAGE) from error
    if len(data) > _MOST:
        raise CommandError("not_a_pack", f"{path.name} 太大，不像是归档包。", "请检查是不是选错了文件。")
    try:
        checked = check(data)
    except NotAPackError as error:
        raise CommandError("not_a_pack", f"{path.name}：{error}", "请重新下载或重新导出。") from error
    for fault in checked.faults[:_SHOWN]:
        out.line(fault)
    if len(checked.faults) > _SHOWN:
        out.line(f"……还有 {len(checked.faults) - _SHOWN} 处。")
    told = "全部相符" if not checked.faults else f"有 {len(checked.faults)} 处不符"
    out.line(f"{checked.files} 个文件，{checked.octets:,} 字节：{told}。")
    out.line(f"哈希清单的摘要：{checked.digest}（与审计里“归档期刊”的摘要对照，就知道是不是当时那一份）")
    out.object(
        {
            "event": "result",
            "ok": not checked.faults,
            "files": checked.files,
            "digest": checked.digest,
            "faults": list(checked.faults),
        }
    )
    return Exit.FAILED if checked.faults else Exit.DONE
