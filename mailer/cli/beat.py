"""``mailer beat``: the clock of an installation with Celery workers."""

from __future__ import annotations

import argparse
import signal
import threading

from mailer import log
from mailer.cli import alive, opening
from mailer.cli.output import CommandError, Exit, Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    alive.add_argument(parser)


def run(args: argparse.Namespace, out: Output) -> int:
    if args.check:
        return alive.check_sender("beat", out)
    settings = opening.settings()
    if not settings.broker_url:
        raise CommandError(
            "bad_setting",
            "没有设置 MAILER_BROKER_URL。",
            "单机不需要这个命令：mailer serve 自己会定时查看。",
            Exit.USAGE,
        )
    from mailer.workers.celery_tasks import run_beat  # noqa: PLC0415 - celery is loaded by the processes that need it
    from mailer.workers.morning import telling  # noqa: PLC0415 - as above
    from mailer.workers.webhooks import telling_programs  # noqa: PLC0415 - as above
    from mailer.workers.witness import witnessing  # noqa: PLC0415 - as above

    log.configure(json=True, quiet=False)
    stop = threading.Event()
    # the way a service is ended every day: no failure, and nothing to tell
    signal.signal(signal.SIGTERM, lambda _number, _frame: stop.set())
    store = opening.store(settings)
    with telling(settings, store), witnessing(settings, store), telling_programs(settings, store):
        run_beat(settings, store, stop)
    return int(Exit.DONE)
