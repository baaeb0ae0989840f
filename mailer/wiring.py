"""The composition root: settings -> store, signer, relay, wake-up, journal; the kits that flows ask for.

Nothing else builds these. Opening makes no tables: an installation without ``mailer init`` is told so.
"""

from __future__ import annotations

import hashlib
import hmac
import os
import random
import secrets
import socket
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy import ColumnElement

from mailer import log, resources
from mailer.content.render import environment
from mailer.flow.after_restore import EPOCH
from mailer.flow.office import Office
from mailer.flow.ports import Wake
from mailer.flow.send_kit import PaceLimits, SendKit
from mailer.flow.take_in_report import take_in_report
from mailer.model.links import Links
from mailer.model.retry import RetryPolicy
from mailer.model.return_path import ReturnPath, Signer
from mailer.settings import Settings
from mailer.store import engine, freeze, schema, writes
from mailer.store.core import delivery
from mailer.store.engine import Store
from mailer.store.journal import JournalHome, WorkerIdentity, machine_boot
from mailer.transport.clock import SystemClock
from mailer.transport.configured import dkim_of, relay_of
from mailer.transport.pace import Spacing
from mailer.transport.relay import SmtpRelay
from mailer.transport.sandbox import SandboxServer
from mailer.wake.local import LocalWake
from recipients import directory

_SECRET_FILE = "secret.key"  # noqa: S105 - a file's name
_LAST_RETURNS = 3.0  # seconds the sandbox gets to send back what it still owes


class NotInitialisedError(Exception):
    """There is no installation here yet."""


class OldSchemaError(Exception):
    """The database is of another version than the program."""


def database_url(settings: Settings) -> str:
    return settings.database_url or engine.sqlite_url(settings.data_dir)


def initialise(settings: Settings) -> Store:
    """Makes the data folder, the secret and the tables; repeatable. The open store."""
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings.data_dir.chmod(0o700)
    secret = settings.data_dir / _SECRET_FILE
    if not settings.secret_key and not secret.exists():
        fd = os.open(secret, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(fd, "w", encoding="ascii") as file:
            file.write(secrets.token_hex(32))
    if not settings.database_url:
        database = settings.data_dir / "mailer.db"
        database.touch(mode=0o600)  # before SQLite does: its companion files take over the mode
        database.chmod(0o600)
    store = Store(database_url(settings))
    from mailer.store import migrate  # noqa: PLC0415 - alembic is loaded where a schema is made

    migrate.upgrade(store)
    now = SystemClock().now()
    with store.begin() as session:
        if writes.fact(session, EPOCH) is None:
            writes.set_fact(session, EPOCH, secrets.token_hex(8))
        bulletin_id = freeze.keep_bulletin(session, title="", office="", now=now)
        directory.seed_lists(session, bulletin_id)
    return store


def open_store(settings: Settings) -> Store:
    """The store of an initialised installation. Raises NotInitialisedError or OldSchemaError."""
    url = database_url(settings)
    if not settings.database_url and not (settings.data_dir / "mailer.db").exists():
        raise NotInitialisedError
    store = Store(url)
    revision = schema.current(store)
    if revision is None:
        raise NotInitialisedError
    if revision != schema.newest():
        raise OldSchemaError(revision)
    return store


def _secrets(settings: Settings) -> tuple[bytes, ...]:
    text = settings.secret_key or (settings.data_dir / _SECRET_FILE).read_text(encoding="ascii")
    return tuple(part.strip().encode("utf-8") for part in text.split(",") if part.strip())


def signer_of(settings: Settings) -> Signer:
    return Signer(_secrets(settings))


def links_of(settings: Settings) -> Links:
    return Links(_secrets(settings))


def audit_key_of(settings: Settings) -> bytes:
    """Of the oldest secret: a new one in front leaves the chain as it is."""
    return hmac.digest(_secrets(settings)[-1], b"audit chain", "sha256")


def retry_of(settings: Settings) -> RetryPolicy:
    return RetryPolicy(
        first=settings.retry_first,
        cap=settings.retry_max,
        give_up=settings.retry_give_up,
        office_zone=settings.timezone,
    )


def excluded(now: datetime | ColumnElement[datetime]) -> ColumnElement[bool]:
    return directory.suppressed_clause(delivery.c.address_key, now, delivery.c.list_code)


def wake_of(settings: Settings) -> Wake:
    if settings.broker_url:
        from mailer.wake.celery import CeleryWake, make_app  # noqa: PLC0415 - celery is heavy, and embedded use has none

        return CeleryWake(make_app(settings.broker_url))
    return LocalWake()


def office_of(settings: Settings, store: Store, wake: Wake | None = None) -> Office:
    return Office(
        store=store,
        clock=SystemClock(),
        signer=signer_of(settings),
        links=links_of(settings),
        public_url=settings.public_url,
        retry=retry_of(settings),
        audit_key=audit_key_of(settings),
        wake=wake or wake_of(settings),
        templates=environment(resources.templates()),
        zone=settings.timezone,
        is_sandbox=settings.is_sandbox,
        in_doubt=settings.in_doubt,
        excluded=excluded,
    )


def host_name() -> str:
    """Names this machine as other machines' recovery knows it: a container of the same name elsewhere is another machine."""
    try:
        machine = Path("/etc/machine-id").read_text(encoding="ascii").strip()
    except OSError:
        machine = ""
    return f"{socket.gethostname()}-{hashlib.sha256(machine.encode()).hexdigest()[:8]}"


@dataclass(frozen=True, slots=True)
class Sending:
    """A sending process: its kit, and the sandbox when that is the relay."""

    kit: SendKit
    sandbox: SandboxServer | None


@contextmanager
def sending(settings: Settings, store: Store, role: str) -> Iterator[Sending]:
    """Everything one sending process needs, registered as a worker while the block runs."""
    clock = SystemClock()
    reader = ThreadPoolExecutor(1, thread_name_prefix="mailer-returns")
    sandbox = _start_sandbox(settings, store, reader) if settings.is_sandbox else None
    relay = relay_of(settings, clock.now, sandbox.port if sandbox else None)
    home: JournalHome | None = None
    try:
        home = _register(settings, store, relay, role)
        yield Sending(_kit(settings, store, relay, home), sandbox)
    finally:
        if sandbox is not None:
            sandbox.wait_for_reports(_LAST_RETURNS)  # a rehearsal tells the whole story
            sandbox.stop()
        reader.shutdown(wait=True)
        if home is not None:
            with store.begin() as session:
                writes.worker_seen(session, home.worker.id, clock.now(), ended=True)
            home.close()


def _start_sandbox(settings: Settings, store: Store, reader: ThreadPoolExecutor) -> SandboxServer:
    signer, retry, clock = signer_of(settings), retry_of(settings), SystemClock()

    def take(raw: bytes, envelope_rcpt: str) -> None:
        reader.submit(
            take_in_report,
            store,
            raw=raw,
            envelope_rcpt=envelope_rcpt,
            sender="",
            signer=signer,
            retry=retry,
            now=clock.now(),
        )

    sandbox = SandboxServer(settings.data_dir / "sandbox", take)
    sandbox.start()
    return sandbox


def _register(settings: Settings, store: Store, relay: SmtpRelay, role: str) -> JournalHome:
    worker_id = uuid.uuid4().hex
    now = SystemClock().now()
    with store.read() as session:
        epoch = writes.fact(session, EPOCH) or ""
    folder = settings.data_dir / "journal" / worker_id
    home = JournalHome(folder.absolute(), WorkerIdentity(worker_id, host_name(), machine_boot(), epoch))
    with store.begin() as session:
        writes.register_worker(
            session,
            id=worker_id,
            host=home.worker.host,
            boot_id=home.worker.boot_id,
            pid=os.getpid(),
            role=role,
            journal=str(home.folder),
            relay=relay.fingerprint,
            started_at=now,
            seen_at=now,
        )
    return home


def _kit(settings: Settings, store: Store, relay: SmtpRelay, home: JournalHome) -> SendKit:
    clock = SystemClock()
    from_domain = sender_domain(settings)
    per_minute = 0 if relay.is_sandbox else settings.per_minute
    return SendKit(
        store=store,
        home=home,
        clock=clock,
        relay=relay,
        signer=signer_of(settings),
        links=links_of(settings),
        retry=retry_of(settings),
        limits=PaceLimits(
            per_minute=per_minute,
            per_hour=settings.pace_per_hour,
            per_day=settings.pace_per_day,
            domain_per_minute=settings.pace_domain_per_minute,
            connections_per_domain=settings.pace_connections_per_domain,
        ),
        turn=Spacing(per_minute, clock.elapsed).turn,
        jitter=random.random,
        return_path=ReturnPath(settings.return_path_mode),
        bounce_domain=settings.bounce_domain or from_domain,
        lease_for=max(settings.lease, timedelta(seconds=20)),
        excluded=excluded,
        note=log.note,
        sign=tuple if relay.is_sandbox else sign_of(settings),
    )


def sender_domain(settings: Settings) -> str:
    """The domain after the @ of the sender's address."""
    return settings.from_.rpartition("@")[2].rstrip("> ") or "sandbox.test"


def sign_of(settings: Settings) -> Callable[[Sequence[bytes]], Sequence[bytes]]:
    """What a finished copy passes before it goes out. Raises SettingError for a key that cannot be used."""
    if not settings.dkim_selector:
        return tuple
    return dkim_of(settings, sender_domain(settings), SystemClock().now).signed
