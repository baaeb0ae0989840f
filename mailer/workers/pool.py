"""Foreign files are read in processes of their own: few, each with so much time and memory, so that pages stay quick.

Owns the processes and their limits; knows nothing of what is read. A task is a function of a module with arguments and an
answer that can be pickled. A process that takes too long or too much is ended and replaced; nobody else's task is touched.
"""

from __future__ import annotations

import os
import pickle
import resource
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import get_context
from queue import Empty, LifoQueue
from types import TracebackType
from typing import Any, Self, TypeVar

from mailer.flow.ports import NotReadError

T = TypeVar("T")

_START = 120.0  # seconds a new process may take to be there; this does not count as the task's time
_LOOK_FOR_PARENT = 5.0


class PoolError(NotReadError):
    """A task that was not done."""

    def __reduce__(self) -> tuple[type[PoolError], tuple[str, str, str]]:
        return type(self), (self.code, self.message, self.hint)  # it comes from the child


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """``processes`` at a time; ``seconds`` and ``memory`` (bytes of address space) for each task; ``wait``: seconds until
    one is free.
    """

    processes: int = 2
    seconds: float = 60.0
    memory: int = 1536 * 1024 * 1024
    wait: float = 30.0


class Pool:
    """Started by the first task; ``close`` ends what is left. Safe to use from several threads."""

    def __init__(self, limits: PoolLimits | None = None) -> None:
        self._limits = limits or PoolLimits()
        self._free: LifoQueue[_Process] = LifoQueue()  # the one used last is warm
        self._all = [_Process(self._limits.memory) for _ in range(self._limits.processes)]
        for process in self._all:
            self._free.put(process)

    def run(self, task: Callable[..., T], *args: Any) -> T:
        """The task's answer, or what it raised. Raises PoolError: busy, too_slow, too_much_memory, crashed."""
        try:
            process = self._free.get(timeout=self._limits.wait)
        except Empty:
            raise PoolError("busy", "正在读别的文件，轮不到这一个。", "请过一会儿再试。") from None
        try:
            answer = process.run(task, args, self._limits.seconds)
        finally:
            self._free.put(process)
        if isinstance(answer, _Raised):
            raise answer.error
        found: T = answer
        return found

    def close(self) -> None:
        for process in self._all:
            process.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


@dataclass(frozen=True, slots=True)
class _Raised:
    error: Exception


class _Process:
    """One child, made when it is needed and made anew when it had to be ended."""

    def __init__(self, memory: int) -> None:
        self._memory = memory
        self._executor: ProcessPoolExecutor | None = None
        self._pid = 0

    def run(self, task: Callable[..., Any], args: tuple[Any, ...], seconds: float) -> Any:
        try:
            executor = self._executor or self._start()
            return executor.submit(_guarded, task, args).result(seconds)
        except TimeoutError:
            self.end()
            raise PoolError("too_slow", f"读了 {seconds:.0f} 秒还没有读完，已停下。", _SMALLER) from None
        except BrokenProcessPool as error:
            self.end()
            raise PoolError("crashed", "读这个文件时程序出错，没有读成。", _SMALLER) from error

    def _start(self) -> ProcessPoolExecutor:
        # spawn: a fork of a process with threads may stand still for ever on a lock that nobody in it holds
        arguments = (self._memory, os.getpid())
        made = ProcessPoolExecutor(1, get_context("spawn"), initializer=_begin, initargs=arguments)
        self._executor = made
        self._pid = made.submit(os.getpid).result(_START)
        return made

    def end(self) -> None:
        """Ends the child at once, whatever it does."""
        executor, self._executor = self._executor, None
        if executor is None:
            return
        pid, self._pid = self._pid, 0
        if pid:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        executor.shutdown(wait=bool(pid), cancel_futures=True)  # one that never came up is not waited for


_SMALLER = "请用 Excel 或 WPS 打开核对，删去图片和无关的表，另存为 .xlsx 再试。"


def _begin(memory: int, parent: int) -> None:
    """In the child: limits; Ctrl-C is the parent's to answer; and no life without the parent."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    hard = resource.getrlimit(resource.RLIMIT_AS)[1]
    most = memory if hard == resource.RLIM_INFINITY else min(memory, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))

    def watch() -> None:
        never = threading.Event()
        while os.getppid() == parent:
            never.wait(_LOOK_FOR_PARENT)
        os._exit(1)

    threading.Thread(target=watch, name="parent-watch", daemon=True).start()


def _guarded(task: Callable[..., Any], args: tuple[Any, ...]) -> Any:
    """In the child: an exception that cannot travel would break the pool for everybody after it."""
    try:
        return task(*args)
    except MemoryError:
        return _Raised(PoolError("too_much_memory", "文件内容太多，读它要的内存超过了限度。", _SMALLER))
    except Exception as error:  # noqa: BLE001 - whatever it is, the caller gets it
        try:
            pickle.loads(pickle.dumps(error))  # noqa: S301 - made in this line
        except Exception:  # noqa: BLE001 - as its own reduction pleases
            return _Raised(RuntimeError(f"{type(error).__name__}: {error}"))
        return _Raised(error)
