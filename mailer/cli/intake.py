"""``mailer intake``: the process that reads the shared mailbox and listens for returned mail by LMTP."""

from __future__ import annotations

import argparse
import signal
import threading

from mailer import log
from mailer.cli import alive, opening
from mailer.cli.output import CommandError, Exit, Output
from mailer.settings import SettingError


def add_arguments(parser: argparse.ArgumentParser) -> None:
    alive.add_argument(parser)


def run(args: argparse.Namespace, out: Output) -> int:
    if args.check:
        return alive.check_intake(out)
    from mailer.workers.intake import taking_in  # noqa: PLC0415 - only this process needs the doors

    settings = opening.settings()
    if not settings.intake_url and settings.lmtp_listen is None:
        raise CommandError(
            "bad_setting",
            "没有设置从哪里收退信。",
            "设 MAILER_INTAKE_URL（收信邮箱）或 MAILER_LMTP_LISTEN（监听地址），可以都设。",
            Exit.USAGE,
        )
    store = opening.store(settings)
    log.configure(json=True, quiet=False)
    stop = threading.Event()
    # the way a service is ended every day: no failure, and nothing to tell
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    try:
        with taking_in(settings, store) as doors:
            out.line(f"正在收退信：{'；'.join(doors)}。按 Ctrl-C 停止。")
            stop.wait()
    except SettingError as error:
        raise CommandError("bad_setting", error.message, error.hint, Exit.USAGE) from error
    except OSError as error:
        raise CommandError(
            "cannot_listen", f"打不开 LMTP 的监听地址：{error.strerror or error}。", "换一个 MAILER_LMTP_LISTEN。"
        ) from error
    return int(Exit.DONE)
