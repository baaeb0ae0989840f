"""The check's findings at the command line: shown, waived with a reason, or accepted."""

from __future__ import annotations

import sys
from collections.abc import Sequence

from mailer.cli.output import CommandError, Exit, Output
from mailer.content.issue import Finding, Severity

__all__ = ["Finding", "settle"]


def settle(found: Sequence[Finding], *, waived: Sequence[str], accepted: bool, out: Output) -> dict[str, str]:
    """The reasons given, by code. Raises CommandError while a stop is not waived or a warning not accepted."""
    reasons: dict[str, str] = {}
    for text in waived:
        code, _, reason = text.partition("=")
        if not code or not reason.strip():
            raise CommandError("usage", f"--waive {text} 没有写理由。", "写成 --waive 代码=理由。", Exit.USAGE)
        reasons[code] = reason.strip()
    for finding in found:
        place = f"第 {finding.place.line} 行，" if finding.place.line else ""
        mark = "必须处理" if finding.severity is Severity.STOP else "请核对"
        out.line(f"  {mark} [{finding.code}] {place}{finding.message} → {finding.remedy}")
        out.object(
            {
                "event": "finding",
                "code": finding.code,
                "severity": str(finding.severity),
                "message": finding.message,
                "remedy": finding.remedy,
            }
        )
    stops = [each for each in found if each.severity is Severity.STOP and each.code not in reasons]
    if stops:
        raise CommandError(
            "stopped",
            f"有 {len(stops)} 处必须处理：{'；'.join(each.message for each in stops[:3])}",
            f"改好文件再发；确实要发请加 --waive {stops[0].code}=理由。",
        )
    warnings = [each for each in found if each.severity is Severity.WARNING and each.code not in reasons]
    if warnings and not accepted and not _agreed(len(warnings), out):
        raise CommandError(
            "needs_yes", f"有 {len(warnings)} 处请核对，没有发送。", "看过之后加 --yes 再发。", Exit.USAGE
        )
    return reasons


def _agreed(count: int, out: Output) -> bool:
    if out.json or not sys.stdin.isatty():
        return False
    return input(f"有 {count} 处请核对，照发吗？(y/N) ").strip().lower() in {"y", "yes", "是"}
