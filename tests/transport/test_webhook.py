"""A post to another system: to the address that was looked at, and to none that is ours; once, bounded, no further."""

from __future__ import annotations

import ipaddress
import select
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from mailer.transport.webhook import UrlError, check_url, is_public, post
from tests.support.certificates import Authority

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"),)


@contextmanager
def server(
    talk: Callable[[socket.socket], None], context: ssl.SSLContext | None = None
) -> Iterator[tuple[int, list[bytes]]]:
    """(port, what each connection began with). ``talk`` answers one connection."""
    heard: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def run() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    try:
                        speaking = context.wrap_socket(connection, server_side=True) if context else connection
                        heard.append(speaking.recv(65536))
                        talk(speaking)
                    except OSError:
                        continue

        thread = threading.Thread(target=run, daemon=True)
        thread.start()
        yield listener.getsockname()[1], heard
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(10)


def saying(answer: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(answer)


OK = b"HTTP/1.1 204 No Content\r\n\r\n"


def test_a_post_arrives_with_its_headers_and_body():
    with server(saying(OK)) as (port, heard):
        posted = post(f"http://127.0.0.1:{port}/hook?a=1", b'{"x": 1}', {"Webhook-Id": "m1"}, allowed=LOOPBACK)
    assert posted.is_taken
    assert heard[0].startswith(b"POST /hook?a=1 HTTP/1.1\r\n")
    assert b"\r\nWebhook-Id: m1\r\n" in heard[0]
    assert b"Cookie" not in heard[0]


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 500 X\r\nContent-Length: 0\r\n\r\n",
        b"HTTP/1.1 404 X\r\n\r\n",
        b"nonsense\r\n\r\n",
        b"",
        b"HTTP/1.1 99999 X\r\n\r\n",
    ],
)
def test_another_answer_is_not_taken(answer: bytes):
    with server(saying(answer)) as (port, _):
        posted = post(f"http://127.0.0.1:{port}/", b"", {}, allowed=LOOPBACK)
    assert not posted.is_taken
    assert posted.error


def test_a_redirect_is_not_followed():
    with server(saying(OK)) as (inside, heard):
        away = f"HTTP/1.1 307 X\r\nLocation: http://127.0.0.1:{inside}/secret\r\nContent-Length: 0\r\n\r\n".encode()
        with server(saying(away)) as (port, _):
            posted = post(f"http://127.0.0.1:{port}/", b"", {}, allowed=LOOPBACK)
    assert (posted.status, posted.error) == (307, "http_307")
    assert heard == []


def test_who_drips_his_answer_is_cut():
    def drip(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n")
        while not select.select([connection], [], [], 0.02)[0]:  # until the other side is gone
            connection.sendall(b"X")

    with server(drip) as (port, _):
        posted = post(f"http://127.0.0.1:{port}/", b"", {}, allowed=LOOPBACK, within=0.2)
    assert (posted.status, posted.error) == (None, "timeout")


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254", "100.64.0.1", "0.0.0.0", "224.0.0.1",
        "255.255.255.255", "192.0.0.8", "192.88.99.1", "64:ff9b:1::7f00:1", "198.18.0.1", "::", "::1", "fe80::1", "fc00::1", "fd00::1", "fec0::1", "ff02::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1", "64:ff9b::a9fe:a9fe", "2002:7f00:1::", "2002:a00:1::1",
        "2001:0:4136:e378:8000:63bf:80ff:fffe", "2a00:1450::5efe:7f00:1", "2a00:1450::200:5efe:a00:1",
    ],
)  # fmt: skip
def test_what_is_ours_or_nobodys_is_not_posted_to(address: str):
    asked = []

    def resolve(host: str, port: int, **_: Any) -> list[tuple[Any, ...]]:
        asked.append(host)
        return [(0, 0, 0, "", ("93.184.216.34", port)), (0, 0, 0, "", (address, port))]

    assert not is_public(ipaddress.ip_address(address))
    assert post("https://system.example/hook", b"", {}, resolve=resolve).error == "address_refused"
    assert asked == ["system.example"]


@pytest.mark.parametrize("address", ["93.184.216.34", "2a00:1450:4001::1", "64:ff9b::5db8:d822", "2002:5db8:d822::1"])
def test_what_is_public_may_be(address: str):
    assert is_public(ipaddress.ip_address(address))


def test_a_name_that_answers_otherwise_a_moment_later_gains_nothing():
    with server(saying(OK)) as (port, heard):
        answers = [[(0, 0, 0, "", ("127.0.0.1", port))], [(0, 0, 0, "", ("10.0.0.1", port))]]
        posted = post(
            f"http://rebinding.example:{port}/", b"", {}, allowed=LOOPBACK, resolve=lambda *_, **__: answers.pop(0)
        )
    assert posted.is_taken
    assert len(answers) == 1  # asked once
    assert f"Host: rebinding.example:{port}".encode() in heard[0]


def test_without_tls_only_the_networks_that_are_named():
    def resolve(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
        return [(0, 0, 0, "", ("93.184.216.34", 80))]

    assert post("http://system.example/", b"", {}, resolve=resolve).error == "needs_https"
    assert post("http://nowhere.invalid/", b"", {}, resolve=_fails).error == "name_unknown"


def _fails(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
    raise socket.gaierror


def test_by_tls_only_to_who_shows_a_certificate_for_the_name(tmp_path):
    authority = Authority(tmp_path)
    serving = authority.issue("hook", host="hook.example").server_context()
    trusting = authority.client_context()
    with server(saying(OK), serving) as (port, _):

        def resolve(*_: Any, **__: Any) -> list[tuple[Any, ...]]:
            return [(0, 0, 0, "", ("127.0.0.1", port))]

        def ask(host: str, context: ssl.SSLContext) -> str:
            return post(f"https://{host}:{port}/", b"", {}, allowed=LOOPBACK, resolve=resolve, context=context).error

        assert ask("hook.example", trusting) == ""
        assert ask("other.example", trusting) == "certificate"
        assert ask("hook.example", ssl.create_default_context()) == "certificate"


@pytest.mark.parametrize(
    "url",
    ["", "x", "ftp://a.example/", "https://", "https://u:p@a.example/", "https://a.example/#x", "https://a.example:99999/",
     "https://[::1", "https://例.example/", "https://a.example/a b", "file:///etc/passwd", "https://a.example/" + "x" * 500],
)  # fmt: skip
def test_an_address_that_is_none_is_refused(url: str):
    with pytest.raises(UrlError):
        check_url(url)
    assert check_url("https://a.example:8443/hook?x=1") == "https://a.example:8443/hook?x=1"
