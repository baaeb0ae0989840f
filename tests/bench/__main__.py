"""`make bench`: how fast the product sends, beside Postfix's load generator in the same sitting; writes docs/performance.md.

One axis at a time from one base point. Every ratio is taken within a round, and the median of the rounds is the result:
absolute rates say only how busy this machine was. A run counts when the ledger holds as many accepted copies as were wanted.
"""

from __future__ import annotations

import argparse
import json
import os
import platform
import statistics
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.bench import celery_pair
from tests.bench.product import Task
from tests.bench.relays import Relay, cpu_of, far_away, fast_sink, postfix, smtp_sink, smtp_source
from tests.support.certificates import Authority
from tests.support.docs import put_between

_LONG, _SHORT = 96_000, 6_000  # octets a mail, about
_ROUND_TRIP = 20.0  # milliseconds
_CONNECTIONS = 10


@dataclass(slots=True)
class Line:
    """One axis: what was measured round by round, and the bar it is held against."""

    what: str
    bar: str
    holds: Callable[[float], bool]
    ratios: list[float] = field(default_factory=list)
    rates: list[float] = field(default_factory=list)
    micros: list[float] = field(default_factory=list)
    shares: list[float] = field(default_factory=list)

    def add(self, ours: Mapping[str, float], ratio: float, share: float | None = None) -> None:
        self.ratios.append(ratio)
        self.rates.append(ours["n"] / ours["wall"])
        self.micros.append(ours["cpu"] / ours["n"] * 1e6)
        if share is not None:
            self.shares.append(share)
        print(f"  {self.what}: {self.rates[-1]:,.0f}/s, {self.micros[-1]:,.0f} us, ratio {ratio:.2f}", flush=True)

    def cells(self) -> list[str]:
        ratio = statistics.median(self.ratios)
        spread = f"{min(self.ratios):.2f}-{max(self.ratios):.2f}"
        rate = f"{statistics.median(self.rates):,.0f}" if self.rates else ""
        micros = f"{statistics.median(self.micros):,.0f}" if self.micros else ""
        share = f"{statistics.median(self.shares):.2f}" if self.shares else ""
        return [
            self.what,
            rate,
            micros,
            share,
            f"{ratio:.2f} ({spread})",
            self.bar,
            "yes" if self.holds(ratio) else "**no**",
        ]


def at_least(bar: float) -> tuple[str, Callable[[float], bool]]:
    return f"≥ {bar}", lambda ratio: ratio >= bar


def at_most(bar: float) -> tuple[str, Callable[[float], bool]]:
    return f"≤ {bar}", lambda ratio: ratio <= bar


def _child(module: str, *words: object) -> dict[str, float]:
    done = subprocess.run(
        [sys.executable, "-m", f"tests.bench.{module}", *map(str, words)],
        check=True,
        stdout=subprocess.PIPE,
        timeout=600,
    )
    result: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return result


def _counted(result: dict[str, float]) -> dict[str, float]:
    if result["ok"] != result["n"]:
        sys.exit(f"the run does not count: {result}")
    return result


class Sitting:
    def __init__(self, scratch: Path, messages: int) -> None:
        self.n = messages
        self.authority = Authority(scratch)
        self.certificate = self.authority.issue("sink")
        key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
        self.rsa_key = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
        self.lines: dict[str, Line] = {}

    def line(self, what: str, bar: tuple[str, Callable[[float], bool]]) -> Line:
        return self.lines.setdefault(what, Line(what, *bar))

    def product(self, relay: Relay, n: int, size: int, *, scheme: str = "smtp", **settings: str) -> dict[str, float]:
        with tempfile.TemporaryDirectory(prefix="bench-") as folder:
            host = "127.0.0.1" if scheme == "smtp" else "localhost"
            places = {"relay_url": f"{scheme}://{host}:{relay.port}", "relay_connections": str(_CONNECTIONS)}
            task = json.dumps(asdict(Task(folder, n, size, places | settings)), ensure_ascii=False)
            prepared = _child("product", "prepare", task)
            before = cpu_of(relay.pid)
            sent = _counted(_child("product", "send", task))
            return sent | {"bytes": prepared["bytes"], "sink": (cpu_of(relay.pid) - before) / sent["wall"]}

    def beside_source(
        self, name: str, relay: Callable[[], AbstractContextManager[Relay]], n: int, size: int
    ) -> dict[str, float]:
        """The product, then smtp-source with as many mails of the very size, each on a fresh sink."""
        with relay() as fresh:
            ours = self.product(fresh, n, size)
        with relay() as fresh:
            theirs = smtp_source(n, fresh, int(ours["bytes"]))
        bar = {"smtp-sink": 0.8, "fast sink": 0.4, "smtp-sink, 6 KB": 0.4, "fast sink, 6 KB": 0.2, "Postfix": 0.8}[name]
        self.line(f"{name}: rate / smtp-source -s 8", at_least(bar)).add(
            ours, theirs["wall"] / ours["wall"], ours["sink"] if name != "Postfix" else None
        )
        if name == "smtp-sink":
            self.line("smtp-sink: CPU / smtp-source", at_most(4)).add(ours, ours["cpu"] / theirs["cpu"])
        return ours | {"source": theirs["wall"]}

    def round(self) -> None:
        n = self.n
        base = self.beside_source("smtp-sink", smtp_sink, n, _LONG)
        with smtp_sink() as relay:
            naive = _counted(_child("rivals", n // 15, relay.port, int(base["bytes"])))
        ratio = (base["n"] / base["wall"]) / (naive["n"] / naive["wall"])
        self.line("smtp-sink: rate / plain smtplib loop", at_least(8)).add(base, ratio)
        self.beside_source("smtp-sink, 6 KB", smtp_sink, n, _SHORT)
        fast = self.beside_source("fast sink", fast_sink, n, _LONG)
        self.beside_source("fast sink, 6 KB", fast_sink, n, _SHORT)
        self.beside_source("Postfix", postfix, n // 3, _LONG)
        with smtp_sink() as relay:
            signed = self.product(relay, n, _LONG, dkim_selector="bench", dkim_key=self.rsa_key)
        self.line("RSA-2048: rate / unsigned", at_least(0.4)).add(signed, base["wall"] / signed["wall"], signed["sink"])
        with fast_sink(self.certificate) as relay:
            hidden = self.product(relay, n, _LONG, scheme="smtps", relay_ca=str(self.authority.file))
        self.line("TLS: rate / plain (fast sink)", at_least(0.2)).add(
            hidden, fast["wall"] / hidden["wall"], hidden["sink"]
        )
        with smtp_sink() as near, far_away(near, _ROUND_TRIP) as relay:
            far = self.product(relay, n, _LONG)
        ratio = far["n"] / far["wall"] * _ROUND_TRIP / 1000 / _CONNECTIONS
        self.line("20 ms round trip: rate x RTT / connections", at_least(0.6)).add(far, ratio, far["sink"])
        with smtp_sink() as relay, tempfile.TemporaryDirectory(prefix="bench-") as folder:
            before = cpu_of(relay.pid)
            pair = _counted(celery_pair.run(Task(folder, n, _LONG), f"smtp://127.0.0.1:{relay.port}"))
            share = (cpu_of(relay.pid) - before) / pair["wall"]
        ratio = base["source"] / pair["wall"]
        self.line("PostgreSQL + two Celery workers: rate / smtp-source", at_least(0.8)).add(pair, ratio, share)

    def once(self, many: int, rows: int) -> None:
        """What takes minutes: memory at two sizes, and a claim out of a million rows."""
        peaks = []
        for count in (many // 10, many):
            with fast_sink() as relay:
                peaks.append(self.product(relay, count, _SHORT))
        line = self.line(f"peak memory, {many:,} / {many // 10:,} recipients", at_most(1.2))
        line.add(peaks[1], peaks[1]["peak"] / peaks[0]["peak"])
        print(f"  {peaks[0]['peak']:.0f} MB, {peaks[1]['peak']:.0f} MB")
        found = _child("claim", rows)
        line = self.line(f"claim of 500 at 95 % done / at 0 % ({rows:,} rows, PostgreSQL)", at_most(2))
        line.ratios.append(found["ratio"])
        print(f"  claim: {found['fresh']:.1f} ms fresh, {found['late']:.1f} ms at 95 %")

    def table(self, rounds: int) -> list[str]:
        now = datetime.now(UTC)
        told = (
            f"Sitting of {now:%Y-%m-%d %H:%M} UTC: {os.cpu_count()} cores, Python {platform.python_version()}, "
            f"{self.n:,} mails a run, {rounds} rounds."
        )
        names = "| what | mails/s | us CPU a mail | sink busy | ratio (lowest-highest) | bar | held |"
        head = [told, "", names, "|---|---|---|---|---|---|---|"]
        return head + ["| " + " | ".join(line.cells()) + " |" for line in self.lines.values()]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--messages", type=int, default=3_000)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--many", type=int, default=200_000, help="recipients of the memory run; 0 leaves it and the claims out"
    )
    parser.add_argument("--write", type=Path, help="the document whose table is written")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as scratch:
        sitting = Sitting(Path(scratch), args.messages)
        for nth in range(1, args.rounds + 1):
            print(f"round {nth}", flush=True)
            sitting.round()
        if args.many:
            sitting.once(args.many, 1_000_000)
    table = sitting.table(args.rounds)
    print("\n".join(table))
    if args.write:
        put_between(args.write, "bench", table)


if __name__ == "__main__":
    main()
