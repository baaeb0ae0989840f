"""``mailer serve``: the console on loopback, the recipients' pages where a listener is set for them, and the dispatcher where
no broker is set.

Prints a link that lets one browser in, and a new one whenever a link was used. Ctrl-C and SIGTERM stop all parts: what
is on the wire is settled first. ``serve_ledger`` shows one mailing's page the same way, without sending.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace

from mailer import log
from mailer.cli import opening
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow.accounts import has_accounts
from mailer.settings import SettingError, Settings
from mailer.store.engine import Store
from mailer.wake.local import LocalWake
from mailer.web.console.access import OneTimeKeys
from mailer.web.console.app import console_app
from mailer.web.gate import is_loopback
from mailer.web.public.app import public_app
from mailer.web.server import ConsoleServer, answering, config_of
from mailer.workers.embedded import Dispatcher, OtherRelayError, in_background
from mailer.workers.intake import taking_in
from mailer.workers.morning import telling
from mailer.workers.pool import Pool
from mailer.workers.webhooks import telling_programs
from mailer.workers.witness import witnessing

_ANY_FREE_PORT = ("127.0.0.1", 0)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--listen", metavar="主机:端口", help="监听地址，默认 MAILER_CONSOLE_LISTEN（127.0.0.1:8025）")
    parser.add_argument(
        "--in-container", action="store_true", help="在容器里：端口只映射到主机的 127.0.0.1，可以监听 0.0.0.0"
    )


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    if not sys.stderr.isatty():  # looked after by a program: what a person at the terminal would only be disturbed by
        log.configure(json=True, quiet=False)
    store = opening.store(settings)
    listen = _listen_address(args.listen, settings, store, in_container=args.in_container)
    with ExitStack() as stack:
        listener = stack.enter_context(_listening(listen))
        stack.enter_context(_public_pages(settings, store, out, in_container=args.in_container))
        stack.enter_context(_minding(settings, store, out))
        stack.enter_context(_dispatching(settings, store, out))
        _serve(replace(settings, console_listen=listen), store, listener, "/", out)
    return int(Exit.DONE)


def serve_ledger(settings: Settings, store: Store, mailing_id: int, out: Output) -> None:
    """Shows one mailing's ledger on a free loopback port and prints the link to it; returns after Ctrl-C or SIGTERM."""
    with _listening(_ANY_FREE_PORT) as listener, contextlib.suppress(KeyboardInterrupt):
        _serve(replace(settings, console_listen=_ANY_FREE_PORT), store, listener, f"/mailings/{mailing_id}", out)


def _check_network(host: str, settings: Settings, store: Store) -> None:
    """Off loopback only with accounts to log in to and TLS in front: names and passwords would cross the network open."""
    if not has_accounts(opening.office(settings, store)):
        raise CommandError(
            "not_loopback",
            f"不能在 {host} 上打开台账网页：还没有帐户，同一网络的人都能看到登录页却没有人能登录。",
            "先建帐户（mailer init --yes 或 mailer accounts add）；只在本机看，请监听 127.0.0.1，或用 SSH 隧道（ssh -L 8025:127.0.0.1:8025 服务器）。",
            Exit.USAGE,
        )
    if not settings.console_url or not settings.trusted_proxies:
        raise CommandError(
            "no_tls",
            f"不能在 {host} 上打开台账网页：前面没有 TLS 代理，密码会明文经过网络。",
            "请在前面架 TLS 代理，并设 MAILER_CONSOLE_URL=https://… 和 MAILER_TRUSTED_PROXIES=代理的地址；或只监听 127.0.0.1。",
            Exit.USAGE,
        )


def _listen_address(given: str | None, settings: Settings, store: Store, *, in_container: bool) -> tuple[str, int]:
    listen = settings.console_listen
    if given is not None:
        name, _, port = given.rpartition(":")
        if not name or not (port.isascii() and port.isdigit()) or int(port[:6]) > 65_535:
            raise CommandError(
                "usage", f"--listen 的“{given}”不是“主机:端口”。", "例如：--listen 127.0.0.1:8025", Exit.USAGE
            )
        listen = name.strip("[]"), int(port)
    if listen is None:
        raise CommandError(
            "no_listen",
            "没有写台账网页的监听地址。",
            "请设 MAILER_CONSOLE_LISTEN，或加 --listen 127.0.0.1:8025。",
            Exit.USAGE,
        )
    if not in_container and not is_loopback(listen[0]):
        _check_network(listen[0], settings, store)
    return listen


@contextmanager
def _listening(listen: tuple[str, int]) -> Iterator[socket.socket]:
    """The listening socket, before anything else is started; a port that is taken becomes a sentence."""
    host, port = listen
    listener = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    with listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(listen)
            listener.listen()
        except OSError as error:
            raise CommandError(
                "cannot_listen",
                f"打不开 {host}:{port}：{error.strerror}。",
                "多半是另一个程序（也许就是另一个 mailer serve）占着；先停掉它，或用 --listen 换一个端口。",
            ) from error
        yield listener


@contextmanager
def _public_pages(settings: Settings, store: Store, out: Output, *, in_container: bool) -> Iterator[None]:
    """The recipients' pages on their own listener while the block runs; nothing where none is set."""
    listen = settings.public_listen
    if listen is None:
        yield
        return
    if not (in_container or is_loopback(listen[0])) and not (settings.base_url and settings.trusted_proxies):
        raise CommandError(
            "no_tls",
            f"不能在 {listen[0]} 上打开收件人网页：前面没有 TLS 代理，个人链接会明文经过网络。",
            "请在前面架 TLS 代理，并设 MAILER_BASE_URL=https://… 和 MAILER_TRUSTED_PROXIES=代理的地址；或只监听 127.0.0.1。",
            Exit.USAGE,
        )
    with _listening(listen) as listener, answering(public_app(settings, store), listener):
        out.line(f"收件人网页：{settings.base_url or _origin(listener)}")
        yield


@contextmanager
def _minding(settings: Settings, store: Store, out: Output) -> Iterator[None]:
    """Returned mail is taken in and colleagues are told while the block runs; with a broker ``mailer intake`` takes in."""
    alone = replace(settings, intake_url="", lmtp_listen=None) if settings.broker_url else settings
    with ExitStack() as stack:
        try:
            doors = stack.enter_context(taking_in(alone, store))
            stack.enter_context(telling(settings, store))
            stack.enter_context(witnessing(settings, store))
            stack.enter_context(telling_programs(settings, store))
        except SettingError as error:
            raise CommandError("bad_setting", error.message, error.hint, Exit.USAGE) from error
        except OSError as error:
            raise CommandError(
                "cannot_listen", f"打不开收退信的端口：{error.strerror or error}。", "换一个 MAILER_LMTP_LISTEN。"
            ) from error
        if doors:
            out.line(f"正在收退信：{'；'.join(doors)}。")
        yield


def _dispatching(settings: Settings, store: Store, out: Output) -> AbstractContextManager[object]:
    """The dispatcher while the block runs; with a broker the workers send, and this process only shows."""
    if settings.broker_url:
        out.line("邮件由 mailer worker 发送，这里只看台账。")
        return nullcontext()
    try:
        elsewhere = Dispatcher(settings, store, LocalWake(), threading.Event()).is_running_elsewhere()
    except SettingError as error:
        raise CommandError("bad_setting", error.message, error.hint, Exit.USAGE) from error
    except OtherRelayError:
        raise CommandError(
            "other_relay",
            "这个数据文件夹里已有发送程序在运行，而它用的是另一个发信服务器。",
            "请让两边的 MAILER_RELAY_URL、MAILER_RELAY_USER 一致，或先停掉那个程序。",
        ) from None
    if elsewhere:
        out.line("另一个程序正在发送；它停下后由这里接着发。")
    # a dispatcher that fails ends the process like SIGTERM does; what it raised is told after the pages are closed
    return in_background(settings, store, LocalWake(), lambda: os.kill(os.getpid(), signal.SIGTERM))


def _serve(settings: Settings, store: Store, listener: socket.socket, page: str, out: Output) -> None:
    """Answers until SIGTERM (returns) or Ctrl-C (raises KeyboardInterrupt). ``page``: where the first link leads."""
    keys = OneTimeKeys(on_use=lambda: out.line(f"链接已用过。再开一个浏览器请用：{link('/')}"))

    def link(to: str) -> str:
        return f"{_origin(listener)}/enter?key={keys.issue(to)}"

    pool = Pool()  # started by the first upload
    app = console_app(settings, store, keys, apart=pool.run)
    server = ConsoleServer(config_of(app), app)

    def stop(_signal: int, _frame: object) -> None:
        server.should_exit = True

    # uvicorn puts its own handlers in place while it serves and raises the signal again when it is done: Ctrl-C then is
    # KeyboardInterrupt, and SIGTERM comes here, the quiet end; so it does in the moments before and after
    before = signal.signal(signal.SIGTERM, stop)
    try:
        out.line(f"请在本机浏览器打开台账（链接只能用一次）：{link(page)}")
        if settings.console_url:
            out.line(f"同事用自己的帐户登录：{settings.console_url}")
        out.line("按 Ctrl-C 停止。")
        server.run(sockets=[listener])
    finally:
        pool.close()
        signal.signal(signal.SIGTERM, before)


def _origin(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
