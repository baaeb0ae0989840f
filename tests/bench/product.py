"""The product at work, for a sitting: an installation with N recipients is prepared in one process, sent from in another.

``python -m tests.bench.product prepare|send JSON`` with the keys of ``Task``. ``send`` prints {"n", "ok", "wall", "cpu", "peak"}
as its last line: seconds from the first claim to the closed mailing, the CPU of the process in that time (both threads;
relay and database are other processes), its peak memory in MB. Start-up is told apart, because it is paid once a day.
"""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlmodel import Session

from mailer import log, wiring
from mailer.content.compose import PreparedMail
from mailer.content.facts import ListFacts, Sender
from mailer.content.issue import to_json
from mailer.flow.approve_mailing import approve
from mailer.flow.prepare_mailing import Order, prepare_mailing
from mailer.flow.release_mailing import release
from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingStatus
from mailer.settings import Settings, load
from mailer.store import freeze, queries
from mailer.store.engine import Store
from mailer.wake.local import LocalWake
from mailer.workers import loop
from recipients.address import EmailAddress
from recipients.audience import Audience, Entry
from tests.support.issues import issue_of_size


@dataclass(frozen=True, slots=True)
class Task:
    folder: str
    n: int
    size: int  # about so many octets a mail on the wire
    settings: Mapping[str, str] = field(default_factory=dict)  # over the plain ones: relay_url, database_url, ...

    def load(self) -> Settings:
        plain = {"from_": "office@qinglan.example", "secret_key": "a bench key that is long enough"}
        return load({}, data_dir=f"{self.folder}/data", **(plain | dict(self.settings)))


def prepare(task: Task) -> dict[str, float]:
    """A mailing released in a new installation. Its id, the octets of a mail, and the seconds it took."""
    started = time.monotonic()
    settings = task.load()
    store = wiring.initialise(settings)
    office = wiring.office_of(settings, store, LocalWake())
    now = datetime.now(UTC)
    issue = issue_of_size(task.size)
    with store.begin() as session:
        key = {"bulletin_id": 1, "series": "", "year": 0, "number": issue.number}
        issue_id = freeze.keep_issue(session, key=key, title=issue.title, issued_on=issue.date, now=now)
        revision_id, _ = freeze.keep_revision(
            session, issue_id=issue_id, source=b"", sha256="", name="bench", content_json=json.dumps(to_json(issue)),
            now=now, by="bench",
        )  # fmt: skip
    entries = tuple(
        Entry("发", 3, EmailAddress.parse(f"r{k}@d{k % 50}.example"), f"收件{k}", f"第{k}单位", "信息员", None, "")
        for k in range(task.n)
    )
    sender = Sender("青岚区创城办", "office@qinglan.example", "office@qinglan.example")
    lists = (ListFacts("发", "发各单位", "fa.qinglan.example", is_duty=True),)
    order = Order(revision_id, issue, lists, Audience(entries), sender, "qinglan.example")
    mailing_id, _ = prepare_mailing(office, order, "bench")
    approve(office, mailing_id, "bench")
    release(office, mailing_id, "bench")
    with store.read() as session:
        size = _size(session, mailing_id)
    store.close()
    return {"mailing": mailing_id, "bytes": size, "wall": time.monotonic() - started}


def _size(session: Session, mailing_id: int) -> int:
    return PreparedMail.load(next(iter(queries.mailing_contents(session, mailing_id).values()))).size


def accepted(store: Store, mailing_id: int = 1) -> int:
    """How many copies the ledger calls accepted once the mailing is closed; -1 before."""
    with store.read() as session:
        if queries.mailing(session, mailing_id).status != MailingStatus.CLOSED:
            return -1
        return int(queries.counted(session, mailing_id)[DeliveryStatus.ACCEPTED])


def send(task: Task) -> dict[str, float]:
    settings = task.load()
    store = wiring.open_store(settings)
    with wiring.sending(settings, store, "bench") as sending:
        wall, cpu = time.monotonic(), time.process_time()
        loop.run(sending.kit, until=lambda: accepted(store) >= 0)
        wall, cpu = time.monotonic() - wall, time.process_time() - cpu
    ok = accepted(store)
    store.close()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"n": task.n, "ok": ok, "wall": wall, "cpu": cpu, "peak": peak}


if __name__ == "__main__":
    log.configure(json=False, quiet=True)
    wanted = Task(**json.loads(sys.argv[2]))
    print(json.dumps(prepare(wanted) if sys.argv[1] == "prepare" else send(wanted)))
