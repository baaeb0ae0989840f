"""A second machine on this one: its own network, its own name, its own disk where every machine has its data folder.

A network namespace joined to ours by one cable that can be pulled; what listens on our loopback is let through to it. Needs
root and iproute2.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import socket
import subprocess
import threading
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.servers.programs import ServerMissingError, find_program

_NUMBERS = itertools.count(1)
_START = 'mount --bind "$1" "$2" && hostname "$3" && shift 3 && exec "$@"'


class Host:
    """``disk`` appears as ``data_dir`` to the programs of this host, and to them alone.

    ``ports``: those of our loopback that it reaches, at the address ``gateway``.
    """

    def __init__(self, name: str, disk: Path, data_dir: Path, ports: Sequence[int]) -> None:
        self._ip, self._unshare = find_program("ip"), find_program("unshare")
        if os.geteuid() != 0:
            raise ServerMissingError("a network namespace can only be made by root")
        number = next(_NUMBERS)
        self.name, self._disk, self._data_dir, self._ports = name, disk, data_dir, ports
        self._namespace = f"mt{os.getpid()}x{number}"
        self._cable = f"mt{os.getpid() % 100_000}x{number}"
        net = f"10.{64 + os.getpid() % 128}.{number % 250}"
        self.gateway, self._address = f"{net}.1", f"{net}.2"
        self._doors: list[_Door] = []

    def command(self, *words: str) -> list[str]:
        """The words that run a program on this host; its pid is the program's own."""
        where = [self._ip, "netns", "exec", self._namespace, self._unshare, "--uts", "--mount"]
        return [*where, "sh", "-c", _START, "sh", str(self._disk), str(self._data_dir), self.name, *words]

    def pull_the_cable(self) -> None:
        """From now on nothing arrives in either direction, and nobody is told."""
        self._run("link", "set", self._cable, "down")

    def plug_in(self) -> None:
        self._run("link", "set", self._cable, "up")

    def _run(self, *words: str) -> None:
        done = subprocess.run([self._ip, *words], capture_output=True, text=True, check=False)
        if done.returncode:
            raise ServerMissingError(f"ip {' '.join(words)}: {done.stderr.strip()}")

    def __enter__(self) -> Self:
        try:
            self._run("netns", "add", self._namespace)
            inner = f"{self._cable}i"
            self._run("link", "add", self._cable, "type", "veth", "peer", "name", inner, "netns", self._namespace)
            self._run("addr", "add", f"{self.gateway}/30", "dev", self._cable)
            self._run("link", "set", self._cable, "up")
            for words in (("addr", "add", f"{self._address}/30", "dev", inner), ("link", "set", inner, "up")):
                self._run("-n", self._namespace, *words)
            self._run("-n", self._namespace, "link", "set", "lo", "up")
            self._doors = [_Door(self.gateway, port) for port in self._ports]
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for door in self._doors:
            door.close()
        for words in (("link", "del", self._cable), ("netns", "del", self._namespace)):
            subprocess.run([self._ip, *words], capture_output=True, check=False)


class _Door:
    """Passes on what comes to a port of an address to the same port of our loopback."""

    def __init__(self, address: str, port: int) -> None:
        self._port = port
        self._listener = socket.create_server((address, port), backlog=64)
        self._open: set[socket.socket] = set()
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self) -> None:
        while True:
            try:
                outer, _ = self._listener.accept()
                inner = socket.create_connection(("127.0.0.1", self._port), timeout=5)
            except OSError:
                if self._listener.fileno() < 0:
                    return
                continue
            inner.settimeout(None)
            self._open |= {outer, inner}
            for source, target in ((outer, inner), (inner, outer)):
                threading.Thread(target=self._pass_on, args=(source, target), daemon=True).start()

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(65_536):
                target.sendall(data)
        for each in (source, target):
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
