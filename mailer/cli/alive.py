"""``--check`` of the processes that have no door to knock at: has this machine's one shown itself lately?"""

from __future__ import annotations

import argparse
import contextlib
import socket
from datetime import timedelta

from mailer import wiring
from mailer.cli import opening
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow import intake_trouble
from mailer.store import home_reads, writes
from mailer.transport.clock import SystemClock

_WITHIN = timedelta(minutes=2)  # they show themselves every few seconds
_READ_WITHIN = timedelta(minutes=15)  # a mailbox is looked at every minute; a server that throttles gets some patience


def add_argument(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--check", action="store_true", help="只看本机的这个进程是否正常：不正常时退出码为 1")


def check_sender(role: str, out: Output) -> int:
    """``role``: worker or beat. Raises CommandError when none of this machine has shown itself."""
    store = opening.store(opening.settings())
    with store.read() as session:
        seen_at = home_reads.role_seen_at(session, role, wiring.host_name())
    if seen_at is None or SystemClock().now() - seen_at > _WITHIN:
        raise CommandError(
            "not_alive", f"本机没有正常运行的 mailer {role}。", f"查看它的日志，重新启动 mailer {role}。"
        )
    out.line(f"mailer {role} 正常，最近一次 {seen_at:%H:%M:%S}（UTC）。")
    return int(Exit.DONE)


def check_intake(out: Output) -> int:
    """The doors that are set: the mailbox was read lately, LMTP takes connections. Raises CommandError."""
    settings = opening.settings()
    store = opening.store(settings)
    if settings.intake_url:
        with store.read() as session:
            trouble, read_at = writes.fact(session, intake_trouble.FACT), home_reads.mailbox_read_at(session)
        if trouble or (read_at is not None and SystemClock().now() - read_at > _READ_WITHIN):
            raise CommandError("not_alive", "收信邮箱没有读到。", "运行 mailer bounces poll，看它说什么。")
    if settings.lmtp_listen:
        host, port = settings.lmtp_listen
        with contextlib.closing(socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)) as door:
            door.settimeout(3)
            if door.connect_ex((host, port)):
                raise CommandError("not_alive", f"LMTP 的 {host}:{port} 没有程序在听。", "重新启动 mailer intake。")
    out.line("mailer intake 正常。")
    return int(Exit.DONE)
