"""``mailer doctor``: what a first installation gets wrong, each with its remedy; with --relay also by connecting and mailing."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator

from mailer.cli import opening
from mailer.cli.output import CommandError, Exit, Output
from mailer.doctor.finding import Finding, State, bad, fine
from mailer.doctor.look_over import look_over
from mailer.flow.ports import RelayError
from mailer.settings import SettingError, Settings
from mailer.transport.probe import ask_relay

_RELAY, _MARKS = "发信服务器", "退信记号"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--relay",
        action="store_true",
        help="真的连一次发信服务器：加密、登录；设了收信邮箱时再给自己发一封，看退信记号是否保留",
    )
    parser.add_argument("--json", action="store_true", help="结果以 JSON 输出")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    failures = 0
    for found in _findings(settings, with_relay=args.relay):
        failures += found.state is State.BAD
        out.line(f"{found.state.label}  {found.name}：{found.message}" + (f" → {found.hint}" if found.hint else ""))
        out.object(
            {
                "event": "check",
                "name": found.name,
                "ok": found.state is not State.BAD,
                "state": str(found.state),
                "message": found.message,
                "hint": found.hint,
            }
        )
    out.object({"event": "result", "ok": failures == 0, "failures": failures})
    return int(Exit.FAILED if failures else Exit.DONE)


def _findings(settings: Settings, *, with_relay: bool) -> Iterator[Finding]:
    yield from look_over(settings)
    if with_relay:
        yield _told(_RELAY, lambda: ask_relay(settings))
    if settings.intake_url and not settings.is_sandbox:
        from mailer.cli import return_probe  # noqa: PLC0415 - only these checks render, send and read mail

        check = return_probe.probe_returns if with_relay else return_probe.last_probe
        yield _told(_MARKS, lambda: check(settings))


def _told(name: str, check: Callable[[], str]) -> Finding:
    try:
        return fine(name, check())
    except (CommandError, SettingError, RelayError) as error:
        return bad(name, error.message, error.hint)
