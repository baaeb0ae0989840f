"""How quick the ledger's pages are: of 3,000 and of 100,000 deliveries, alone, and while a mailing and an import run.

``python -m tests.bench.ledger [SMALL LARGE]``. The console runs as ``mailer serve`` does, in one process with the dispatcher;
requests come from another process, one after the other, and are timed from the request to the last byte, so that queueing
behind the other work counts. The mailing goes through the built-in relay, the import is a workbook read and taken over
in a process of its own, as an upload is. Wanted: 3,000 below 300 ms, 100,000 below 500 ms, under work as well.
"""

from __future__ import annotations

import http.client
import json
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from mailer import log, wiring
from mailer.flow.approve_mailing import approve
from mailer.flow.prepare_mailing import prepare_mailing
from mailer.flow.release_mailing import release
from mailer.model.delivery import DeliveryStatus
from mailer.model.rights import Role
from mailer.settings import Settings, load
from mailer.store.engine import Store
from mailer.wake.local import LocalWake
from mailer.workers.embedded import in_background
from recipients import directory
from recipients.address import EmailAddress
from recipients.audience import Audience, Entry
from recipients.difference import Scope
from recipients.roster import read_roster
from recipients.spreadsheet import read, write_xlsx
from tests.support.builders import make_order
from tests.web.console_server import Console, make_account, running_console
from tests.web.sample_ledger import RELEASED_AT, Row, make_mailing

_S = DeliveryStatus
_ROUNDS = 8
_UNDER_WAY = 40_000  # deliveries of the mailing that is sent meanwhile: more than the measuring takes
_IMPORTED = 20_000  # rows


def _ledger(store: Store, count: int, number: int) -> int:
    """A mailing of so many deliveries, some of them in trouble, a fifth still queued (and never due here)."""
    later = RELEASED_AT + timedelta(days=3_650)

    def row(n: int) -> Row:
        who = {"unit": f"第{n // 3}单位", "name": f"收件{n}", "address": f"r{n}@d{n % 50}.example", "phone": f"000-{n}"}
        code = "报" if n < count // 20 else "发"
        if n % 997 == 5:
            return Row(code, **who, status=_S.BOUNCED, reason="userunknown", fault="recipient")
        if n % 499 == 7:
            return Row(code, **who, status=_S.DEFERRED, reason="speeding", fault="rate", extra={"due_at": later})
        if n % 1_999 == 9:
            return Row(code, **who, status=_S.IN_DOUBT, reason="networkerror", fault="network")
        if n > 0.8 * count:
            return Row(code, **who, status=_S.QUEUED, extra={"due_at": later, "attempts": 0})
        return Row(code, **who)

    return make_mailing(store, [row(n) for n in range(count)], key=f"ledger {count}", number=number)


def _paths(mailing: int, count: int) -> dict[str, str]:
    base = f"/mailings/{mailing}"
    last = -(-count // 200)
    found = {
        "as it opens": base,
        "last leaf": f"{base}?page={last}",
        "who was missed": f"{base}?need=person",
        "still under way": f"{base}?need=wait",
        "one state": f"{base}?status=bounced",
        "a search": f"{base}?q=%E6%94%B6%E4%BB%B6{count - 5}",
    }
    return found | {"all on one page": f"{base}?all=yes"} if count <= 3_000 else found


@dataclass(frozen=True)
class Timed:
    """Of one page: milliseconds of every request, and what one took of this process's CPU (the dispatcher's included)."""

    wall: list[float]
    cpu: float


def _measure(console: Console, paths: dict[str, str]) -> dict[str, Timed]:
    found = {}
    for name, path in paths.items():
        job = json.dumps({"port": console.port, "cookies": console.cookies, "path": path, "rounds": _ROUNDS})
        before = time.process_time()
        done = subprocess.run(
            [sys.executable, "-m", "tests.bench.ledger", "--client", job], check=True, capture_output=True, text=True
        )
        cpu = (time.process_time() - before) / (_ROUNDS + 1)
        found[name] = Timed(json.loads(done.stdout), cpu * 1_000)
    return found


def _client(job: str) -> None:
    """Asks for one page again and again, the first time for nothing; prints milliseconds."""
    wanted = json.loads(job)
    headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in wanted["cookies"].items())}
    times: list[float] = []
    for _ in range(wanted["rounds"] + 1):
        connection = http.client.HTTPConnection("127.0.0.1", wanted["port"], timeout=60)
        started = time.perf_counter()
        connection.request("GET", wanted["path"], headers=headers)
        answer = connection.getresponse()
        body = answer.read()
        times.append((time.perf_counter() - started) * 1_000)
        connection.close()
        if answer.status != 200 or b"</html>" not in body[-20:]:
            sys.exit(f"{wanted['path']}: {answer.status}")
    print(json.dumps(times[1:]))


def _tell(title: str, found: dict[str, Timed]) -> None:
    print(title, flush=True)
    for name, timed in found.items():
        print(
            f"  {name:<18} median {statistics.median(timed.wall):6.0f} ms   worst {max(timed.wall):6.0f} ms"
            f"   CPU {timed.cpu:5.0f} ms"
        )


@contextmanager
def _under_work(settings: Settings, store: Store) -> Iterator[None]:
    """A mailing of tens of thousands goes out and imports follow one another while the block runs."""
    office = wiring.office_of(settings, store, LocalWake())
    entries = tuple(
        Entry("发", 3, EmailAddress.parse(f"s{n}@d{n % 50}.example"), f"收件{n}", f"第{n}单位", "信息员", None, "")
        for n in range(_UNDER_WAY)
    )
    mailing_id, _ = prepare_mailing(office, make_order(store, Audience(entries), rehearsal=True), "bench")
    approve(office, mailing_id, "bench")
    release(office, mailing_id, "bench")
    over = threading.Event()
    imports = threading.Thread(target=_import_again_and_again, args=(settings, over))
    with in_background(settings, store, LocalWake()):
        imports.start()
        try:
            yield
        finally:
            over.set()
            imports.join()


def _import_again_and_again(settings: Settings, over: threading.Event) -> None:
    n = 0
    while not over.is_set():
        subprocess.run(
            [sys.executable, "-m", "tests.bench.ledger", "--import", str(settings.data_dir), str(n)], check=True
        )
        n += 1


def _import(data_dir: str, nth: str) -> None:
    settings = load({}, data_dir=data_dir)
    store = wiring.open_store(settings)
    people = [
        (f"第{n // 30}单位", f"人员{nth}-{n}", f"岗位{n % 30}", f"000-{n}", f"p{n}@d{n % 50}.example")
        for n in range(_IMPORTED)
    ]
    data = write_xlsx([("名单", [("单位", "姓名", "人员类别", "电话", "邮箱"), *people])])
    roster = read_roster([("a.xlsx", read(data))])
    with store.begin() as session:
        at = datetime.now(UTC)
        changes = directory.difference(session, roster, Scope.FULL, at)
        directory.apply(session, changes, Scope.FULL, at, "bench", source="", file_hash="")
    store.close()


def main(words: list[str]) -> None:
    if words[:1] == ["--client"]:
        _client(words[1])
        return
    log.configure(json=False, quiet=True)
    if words[:1] == ["--import"]:
        _import(words[1], words[2])
        return
    small, large = (int(word) for word in words) if words else (3_000, 100_000)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        settings = load({}, data_dir=f"{folder}/data")
        store = wiring.initialise(settings)
        ledgers = {count: _ledger(store, count, n + 1) for n, count in enumerate((small, large))}
        with running_console(settings, store) as console:
            console.log_in(make_account(settings, store, "小何", Role.EDITOR))
            for count, mailing in ledgers.items():
                _tell(f"{count:,} deliveries, nothing else going on", _measure(console, _paths(mailing, count)))
            with _under_work(settings, store):
                for count, mailing in ledgers.items():
                    title = f"{count:,} deliveries, while a mailing is sent and lists are imported"
                    _tell(title, _measure(console, _paths(mailing, count)))
        store.close()


if __name__ == "__main__":
    main(sys.argv[1:])
