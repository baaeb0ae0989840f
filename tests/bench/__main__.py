"""`make bench`: the product's sending rate beside Postfix's load generator in the same sitting, round by round.

Both send the same number of messages of the same size over loopback into Postfix's smtp-sink. Ratios are taken within a
round and their median is the result; absolute rates say only how busy this machine was.
"""

from __future__ import annotations

import argparse
import json
import resource
import shutil
import socket
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.servers.programs import free_port
from tests.support.waiting import wait_until

_SESSIONS = 8


def _tool(name: str) -> str:
    found = shutil.which(name) or shutil.which(name, path="/usr/sbin")
    if found is None:
        sys.exit(f"{name} is missing: apt-get install postfix")
    return found


@contextmanager
def sink() -> Iterator[int]:
    """A fresh smtp-sink on a free port."""
    port = free_port()
    process = subprocess.Popen(
        [_tool("smtp-sink"), "-u", "nobody", f"127.0.0.1:{port}", "1024"], stderr=subprocess.DEVNULL
    )
    try:
        wait_until(lambda: _listens(port), what="smtp-sink")
        yield port
    finally:
        process.kill()
        process.wait()


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def source(n: int, port: int, size: int) -> dict[str, float]:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    words = [_tool("smtp-source"), "-d", "-s", str(_SESSIONS), "-m", str(n), "-l", str(size)]
    words += ["-f", "office@qinglan.example", "-t", "r@d.example", f"127.0.0.1:{port}"]
    subprocess.run(words, check=True)
    wall = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"n": n, "ok": n, "wall": wall, "cpu": cpu}


def product(n: int, port: int, size: int) -> dict[str, float]:
    words = [sys.executable, "-m", "tests.bench.product", str(n), str(port), str(size)]
    done = subprocess.run(words, check=True, capture_output=True)
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    if result["ok"] != n:
        sys.exit(f"the run does not count: {result}")
    return result


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=3_000)
    parser.add_argument("--bytes", type=int, default=96_000)
    parser.add_argument("--rounds", type=int, default=3)
    args = parser.parse_args()
    rates, cpus = [], []
    print(
        f"{args.messages} messages of about {args.bytes} bytes, every copy personal, SQLite FULL, {args.rounds} rounds"
    )
    for nth in range(1, args.rounds + 1):
        with sink() as port:
            ours = product(args.messages, port, args.bytes)
        with sink() as port:
            theirs = source(args.messages, port, int(ours["bytes"]))
        rate = theirs["wall"] / ours["wall"]
        cpu = ours["cpu"] / theirs["cpu"]
        rates.append(rate)
        cpus.append(cpu)
        print(
            f"round {nth}: product {args.messages / ours['wall']:,.0f}/s, {ours['cpu'] / args.messages * 1e6:,.0f} us CPU a mail"
            f" (prepared in {ours['prepare']:.2f} s) | smtp-source -s {_SESSIONS} {args.messages / theirs['wall']:,.0f}/s,"
            f" {theirs['cpu'] / args.messages * 1e6:,.0f} us | rate x {rate:.2f}, CPU x {cpu:.2f}"
        )
    print(
        f"median: rate / smtp-source = {statistics.median(rates):.2f}, CPU / smtp-source = {statistics.median(cpus):.2f}"
    )


if __name__ == "__main__":
    main()
