"""``mailer serve``: the console on loopback, and the dispatcher beside it where no broker is set.

Prints a link that lets one browser in, and a new one whenever a link was used. Ctrl-C and SIGTERM stop both parts: what
is on the wire is settled first. ``serve_ledger`` shows one mailing's page the same way, without sending.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import signal
import socket
import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from dataclasses import replace

import uvicorn

from mailer.cli import opening
from mailer.cli.output import CommandError, Exit, Output
from mailer.settings import SettingError, Settings
from mailer.store.engine import Store
from mailer.wake.local import LocalWake
from mailer.web.console.access import OneTimeKeys
from mailer.web.console.app import console_app
from mailer.web.console.gate import is_loopback
from mailer.workers.embedded import Dispatcher, OtherRelayError, in_background
from mailer.workers.intake import taking_in
from mailer.workers.morning import telling

_ANY_FREE_PORT = ("127.0.0.1", 0)
_LAST_ANSWERS = 5  # seconds a page that is being answered gets when the server stops


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--listen", metavar="主机:端口", help="监听地址，默认 MAILER_CONSOLE_LISTEN（127.0.0.1:8025）")
    parser.add_argument(
        "--in-container", action="store_true", help="在容器里：端口只映射到主机的 127.0.0.1，可以监听 0.0.0.0"
    )


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    store = opening.store(settings)
    listen = _listen_address(args.listen, settings, in_container=args.in_container)
    with _listening(listen) as listener, _minding(settings, store, out), _dispatching(settings, store, out):
        _serve(replace(settings, console_listen=listen), store, listener, "/", out)
    return int(Exit.DONE)


def serve_ledger(settings: Settings, store: Store, mailing_id: int, out: Output) -> None:
    """Shows one mailing's ledger on a free loopback port and prints the link to it; returns after Ctrl-C or SIGTERM."""
    with _listening(_ANY_FREE_PORT) as listener, contextlib.suppress(KeyboardInterrupt):
        _serve(replace(settings, console_listen=_ANY_FREE_PORT), store, listener, f"/mailings/{mailing_id}", out)


def _listen_address(given: str | None, settings: Settings, *, in_container: bool) -> tuple[str, int]:
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
        raise CommandError(
            "not_loopback",
            f"不能在 {listen[0]} 上打开台账网页：还没有帐户登录，同一网络的人都会看到名单。",
            "请只监听 127.0.0.1；要从别的电脑看，用 SSH 隧道（ssh -L 8025:127.0.0.1:8025 服务器），或在前面架带登录的 TLS 代理。",
            Exit.USAGE,
        )
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
def _minding(settings: Settings, store: Store, out: Output) -> Iterator[None]:
    """Returned mail is taken in and colleagues are told while the block runs; with a broker ``mailer intake`` takes in."""
    alone = replace(settings, intake_url="", lmtp_listen=None) if settings.broker_url else settings
    with ExitStack() as stack:
        try:
            doors = stack.enter_context(taking_in(alone, store))
            stack.enter_context(telling(settings, store))
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

    config = uvicorn.Config(
        console_app(settings, store, keys),
        lifespan="off",
        ws="none",
        http="h11",
        server_header=False,
        access_log=False,  # it would write the keys down
        log_config=None,
        log_level="warning",
        proxy_headers=False,  # nobody stands in front whose word on the client would count
        timeout_graceful_shutdown=_LAST_ANSWERS,
    )
    server = uvicorn.Server(config)

    def stop(_signal: int, _frame: object) -> None:
        server.should_exit = True

    # uvicorn puts its own handlers in place while it serves and raises the signal again when it is done: Ctrl-C then is
    # KeyboardInterrupt, and SIGTERM comes here, the quiet end; so it does in the moments before and after
    before = signal.signal(signal.SIGTERM, stop)
    try:
        out.line(f"请在本机浏览器打开台账（链接只能用一次）：{link(page)}")
        out.line("按 Ctrl-C 停止。")
        server.run(sockets=[listener])
    finally:
        signal.signal(signal.SIGTERM, before)


def _origin(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
