"""The relays of a sitting: Postfix's smtp-sink, a sink of our own that costs less, a private Postfix, and a long way to any.

Each is a process of its own, so that its CPU can be told from the sender's.
"""

from __future__ import annotations

import os
import resource
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.certificates import Certificate
from tests.support.servers.postfix_server import PostfixServer
from tests.support.servers.programs import free_port
from tests.support.waiting import wait_until

_TICKS = os.sysconf("SC_CLK_TCK")


def tool(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        sys.exit(f"{name} is missing: apt-get install postfix")
    return found


def cpu_of(pid: int) -> float:
    """Seconds of CPU a living process has used, its threads included."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="ascii").rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / _TICKS


@dataclass(frozen=True, slots=True)
class Relay:
    port: int
    pid: int


@contextmanager
def _program(words: Sequence[str], port: int) -> Iterator[Relay]:
    process = subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: _listens(port), what=words[0])
        yield Relay(port, process.pid)
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def smtp_sink() -> Iterator[Relay]:
    """The field's yardstick. It looks at every byte of a body, so long mails find its one core busy first."""
    port = free_port()
    with _program([tool("smtp-sink"), "-u", "nobody", f"127.0.0.1:{port}", "1024"], port) as relay:
        yield relay


@contextmanager
def fast_sink(certificate: Certificate | None = None) -> Iterator[Relay]:
    """Takes everything and looks at nothing but the ends; with a certificate under TLS from the first byte."""
    port = free_port()
    words = [sys.executable, "-m", "tests.bench.fast_sink", str(port)]
    if certificate is not None:
        words += [str(certificate.certificate), str(certificate.key)]
    with _program(words, port) as relay:
        yield relay


@contextmanager
def far_away(relay: Relay, milliseconds: float) -> Iterator[Relay]:
    """The same relay with that round trip before it. Only the way is long: no bandwidth, no congestion."""
    port = free_port()
    words = [sys.executable, "-m", "tests.bench.long_way", str(port), str(relay.port), str(milliseconds / 2)]
    with _program(words, port) as proxy:
        yield Relay(proxy.port, relay.pid)


@contextmanager
def postfix() -> Iterator[Relay]:
    """A relay that keeps what it takes: a queue file and an fsync a message, then it throws it away."""
    settings = {"transport_maps": "", "default_transport": "discard:", "relay_transport": "discard:"}
    with PostfixServer(settings=settings) as server:
        yield Relay(server.port, os.getpid())


def smtp_source(n: int, relay: Relay, size: int, *, sessions: int = 8) -> dict[str, float]:
    """Postfix's load generator: the same count of the same size, one envelope and one body for all."""
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    words = [tool("smtp-source"), "-d", "-s", str(sessions), "-m", str(n), "-l", str(size)]
    words += ["-f", "office@qinglan.example", "-t", "r@d.example", f"127.0.0.1:{relay.port}"]
    subprocess.run(words, check=True)
    wall, after = time.monotonic() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"n": n, "ok": n, "wall": wall, "cpu": cpu}
