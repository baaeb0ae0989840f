"""Starting a foreign program as our child and being sure that it ends: by its own pid, or with us when we are killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from tests.support.waiting import wait_until


class ServerMissingError(Exception):
    """This machine cannot run the server; the text says what it lacks."""


def find_program(name: str, *folders: str) -> str:
    """The path of a program, looked for on PATH, in the system's sbin folders and in ``folders``; else ServerMissingError."""
    path = os.pathsep.join([os.environ.get("PATH", os.defpath), "/usr/sbin", "/sbin", *folders])
    found = shutil.which(name, path=path)
    if found is None:
        raise ServerMissingError(f"{name} is not installed")
    return found


def free_port() -> int:
    """A loopback port nobody listens on just now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def private_folder(name: str) -> Path:
    """A new folder that servers under other users may enter; short, for Unix sockets below it end at 107 bytes."""
    folder = Path(tempfile.mkdtemp(prefix=f"mt-{name}-", dir="/tmp"))
    folder.chmod(0o755)
    return folder


class Program:
    """One running child. ``ready`` is asked until it says yes; a child that ends before that is an error with its output.

    ``last_signal`` reaches it when our own process is killed. It runs in ``folder``, by default where its log is.
    """

    def __init__(
        self,
        command: Sequence[str],
        log: Path,
        ready: Callable[[], bool],
        *,
        user: str | None = None,
        last_signal: str = "TERM",
        folder: Path | None = None,
    ) -> None:
        self.log = log
        with log.open("ab") as output:
            self._child = subprocess.Popen(
                [*_with_our_life(user, last_signal), *command],
                cwd=folder or log.parent,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                start_new_session=True,  # a Ctrl-C on the tests goes to the tests, whose finalisers then stop the server
            )
        try:
            wait_until(lambda: self._has_ended() or ready(), within=30, what=f"{command[0]} ready")
        except BaseException:
            self.kill()
            raise
        if self._has_ended():
            raise RuntimeError(
                f"{command[0]} ended with {self._child.returncode}: {log.read_text('utf-8', 'replace')[-2000:]}"
            )

    @property
    def pid(self) -> int:
        return self._child.pid

    def _has_ended(self) -> bool:
        return self._child.poll() is not None

    def send(self, number: signal.Signals) -> None:
        if not self._has_ended():
            self._child.send_signal(number)

    def stop(self, number: signal.Signals = signal.SIGTERM) -> None:
        """Ends the child and waits for it; one that does not listen within 20 s is killed."""
        self.send(signal.SIGCONT)
        self.send(number)
        try:
            self._child.wait(20)
        except subprocess.TimeoutExpired:
            self.kill()

    def kill(self) -> None:
        """kill -9 of the whole process group."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child.pid, signal.SIGKILL)
        self._child.wait()


def _with_our_life(user: str | None, last_signal: str) -> list[str]:
    """The words before a command that make it run as ``user`` and end when we end, however we end."""
    setpriv = shutil.which("setpriv")
    if setpriv is None:
        return []
    as_user = [f"--reuid={user}", f"--regid={user}", "--init-groups"] if user and os.geteuid() == 0 else []
    return [setpriv, *as_user, f"--pdeathsig={last_signal}", "--"]
