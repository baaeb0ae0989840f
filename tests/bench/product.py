"""One timed run of the product: an installation with N recipients, everything released, then the send loop alone.

Prints {"n", "ok", "wall", "cpu"} as its last line: seconds from the first claim to the closed mailing, and the CPU of this
process in that time (both threads; the relay is another process). Preparing and start-up are told apart.
"""

from __future__ import annotations

import json
import sys
import tempfile
import time
from datetime import UTC, datetime

from mailer import log, wiring
from mailer.content.compose import PreparedMail
from mailer.content.facts import ListFacts, Sender
from mailer.content.issue import Issue, to_json
from mailer.flow.approve_mailing import approve
from mailer.flow.prepare_mailing import Order, prepare_mailing
from mailer.flow.release_mailing import release
from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingStatus
from mailer.settings import load
from mailer.store import freeze, queries
from mailer.wake.local import LocalWake
from mailer.workers import loop
from recipients.address import EmailAddress
from recipients.audience import Audience, Entry
from tests.support.issues import issue_of_size


def measure(n: int, port: int, wire_bytes: int, database_url: str = "") -> dict[str, float]:
    log.configure(json=False, quiet=True)
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        settings = load(
            {},
            data_dir=f"{folder}/data",
            relay_url=f"smtp://127.0.0.1:{port}",
            from_="office@qinglan.example",
            secret_key="a bench key that is long enough",
            database_url=database_url,
        )
        started = time.monotonic()
        store = wiring.initialise(settings)
        office = wiring.office_of(settings, store, LocalWake())
        mailing_id = _prepare(office, n, issue_of_size(wire_bytes))
        prepared_in = time.monotonic() - started

        def closed() -> bool:
            with store.read() as session:
                return bool(queries.mailing(session, mailing_id).status == MailingStatus.CLOSED)

        with wiring.sending(settings, store, "bench") as sending:
            wall, cpu = time.monotonic(), time.process_time()
            loop.run(sending.kit, until=closed)
            wall, cpu = time.monotonic() - wall, time.process_time() - cpu
        with store.read() as session:
            ok = queries.counted(session, mailing_id)[DeliveryStatus.ACCEPTED]
            size = _size(session, mailing_id)
        store.close()
    return {"n": n, "ok": ok, "wall": wall, "cpu": cpu, "prepare": prepared_in, "bytes": size}


def _size(session: object, mailing_id: int) -> int:
    payload = next(iter(queries.mailing_contents(session, mailing_id).values()))  # type: ignore[arg-type]  # a Session
    return PreparedMail.load(payload).size


def _prepare(office: wiring.Office, n: int, issue: Issue) -> int:
    now = datetime.now(UTC)
    with office.store.begin() as session:
        key = {"bulletin_id": 1, "series": "", "year": 0, "number": issue.number}
        issue_id = freeze.keep_issue(session, key=key, title=issue.title, issued_on=issue.date, now=now)
        revision_id, _ = freeze.keep_revision(
            session, issue_id=issue_id, source=b"", sha256="", name="bench", content_json=json.dumps(to_json(issue)),
            now=now, by="bench",
        )  # fmt: skip
    entries = tuple(
        Entry("发", 3, EmailAddress.parse(f"r{k}@d{k % 50}.example"), f"收件{k}", f"第{k}单位", "信息员", None, "")
        for k in range(n)
    )
    sender = Sender("青岚区创城办", "office@qinglan.example", "office@qinglan.example")
    lists = (ListFacts("发", "发各单位", "fa.qinglan.example", is_duty=True),)
    order = Order(revision_id, issue, lists, Audience(entries), sender, "qinglan.example")
    mailing_id, _ = prepare_mailing(office, order, "bench")
    approve(office, mailing_id, "bench")
    release(office, mailing_id, "bench")
    return mailing_id


if __name__ == "__main__":
    print(json.dumps(measure(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:5])))
