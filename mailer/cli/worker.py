"""``mailer worker``: one sending process under Celery. More processes, more machines: the same command again."""

from __future__ import annotations

import argparse

from mailer import log
from mailer.cli import alive, opening
from mailer.cli.output import CommandError, Exit, Output


def add_arguments(parser: argparse.ArgumentParser) -> None:
    alive.add_argument(parser)


def run(args: argparse.Namespace, out: Output) -> int:
    if args.check:
        return alive.check_sender("worker", out)
    settings = opening.settings()
    if not settings.broker_url:
        raise CommandError(
            "bad_setting", "没有设置 MAILER_BROKER_URL。", "单机不需要这个命令：mailer serve 自己就会发送。", Exit.USAGE
        )
    from mailer.workers.celery_tasks import run_worker  # noqa: PLC0415 - celery is loaded by the processes that need it

    log.configure(json=True, quiet=False)
    run_worker(settings, opening.store(settings))
    return int(Exit.DONE)
