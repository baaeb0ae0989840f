"""The inward loops: the shared mailbox by IMAP (waiting, polling, coming back after trouble) and the LMTP door."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from email.utils import parseaddr

from sqlalchemy.exc import DBAPIError

from mailer import log, wiring
from mailer.flow import intake_trouble
from mailer.flow.poll_mailbox import Clearing, Polled, Reader, has_news, poll_mailbox
from mailer.flow.take_in_report import apply_report, keep_report
from mailer.intake.configured import mailbox_of
from mailer.intake.imap_wire import ImapError, ImapRefusedError, LoginRefusedError, MailboxAddress
from mailer.intake.lmtp import LmtpServer
from mailer.intake.mailbox import ImapMailbox
from mailer.model.mailing import MailingStatus
from mailer.settings import Settings
from mailer.store import queries
from mailer.store.engine import Store
from mailer.transport.clock import SystemClock
from mailer.wake.local import LocalWake

_EVERY = 60.0  # seconds between two looks; with IDLE the INBOX tells earlier
_REFUSED_REST = 900.0  # seconds after a refused login: trying again soon locks mailboxes
_REST, _LONGEST_REST = 2.0, 300.0  # seconds after other trouble, doubled each time
_ASKED_EVERY, _LONGEST_MANNERS = 1.0, 0.25  # seconds
_HINT = "请核对 MAILER_INTAKE_URL、MAILER_INTAKE_USER、MAILER_INTAKE_PASSWORD；QQ、163 等邮箱要先开通 IMAP，密码填“授权码”。"


def reader_of(settings: Settings, store: Store) -> Reader:
    own = {parseaddr(settings.from_)[1], settings.relay_user, settings.intake_user}
    return Reader(
        store=store,
        signer=wiring.signer_of(settings),
        retry=wiring.retry_of(settings),
        clock=SystemClock(),
        own=frozenset(address.casefold() for address in own if "@" in address),
        clearing=_clearing(settings),
        office=wiring.office_of(settings, store, LocalWake()),
    )


def _clearing(settings: Settings) -> Clearing:
    if settings.intake_move_to:
        return Clearing.PROVEN
    return Clearing.TAKEN if settings.intake_dedicated else Clearing.NOTHING


def poll_once(settings: Settings, store: Store) -> Polled:
    """Looks through the mailbox once. Raises SettingError, ImapError, LoginRefusedError."""
    with ImapMailbox(mailbox_of(settings), move_to=settings.intake_move_to) as mailbox:
        polled = poll_mailbox(reader_of(settings, store), mailbox)
    intake_trouble.note_recovery(store)
    return polled


class MailboxWatch:
    """Reads the mailbox until stopped; trouble is noted, rested over and tried again.

    Two of them on one mailbox do no harm: everything they find is counted once.
    """

    def __init__(self, address: MailboxAddress, reader: Reader, stop: threading.Event, *, move_to: str = "") -> None:
        self._address, self._reader, self._stop, self._move_to = address, reader, stop, move_to
        self._rest = _REST

    def run(self) -> None:
        while not self._stop.is_set():
            try:
                with ImapMailbox(self._address, move_to=self._move_to) as mailbox:
                    self._read_on(mailbox)
            except LoginRefusedError as error:
                self._trouble(f"收信邮箱不接受用户名或密码：{error}", at_once=True)
                self._stop.wait(_REFUSED_REST)
            except ImapError as error:
                refused = isinstance(error, ImapRefusedError)
                self._trouble(f"收信邮箱读不了：{error}", at_once=refused)
                self._stop.wait(self._rest)
                self._rest = min(self._rest * 2, _LONGEST_REST)
            except DBAPIError as error:
                log.note("database_unavailable", error=str(error.orig))
                self._stop.wait(self._rest)

    def _read_on(self, mailbox: ImapMailbox) -> None:
        while not self._stop.is_set():
            polled = poll_mailbox(self._reader, mailbox)
            if polled.seen:
                log.note("mailbox_read", seen=polled.seen, taken=polled.taken, letters=polled.letters)
            if polled.not_cleared and self._reader.clearing is not Clearing.NOTHING:
                log.note(
                    "mailbox_not_cleared",
                    mails=polled.not_cleared,
                    message="服务器不支持或不允许移动、删除，邮件留在原处",
                )
            intake_trouble.note_recovery(self._reader.store)
            self._rest = _REST
            if has_news(self._reader, mailbox, mailbox.folders[0]):
                continue  # it came while we were looking elsewhere
            if mailbox.can_wait:
                mailbox.wait(_EVERY, self._stop.is_set)
            else:
                self._stop.wait(_EVERY)

    def _trouble(self, message: str, *, at_once: bool) -> None:
        log.note("mailbox_unreadable", message=message)
        try:
            intake_trouble.note_trouble(
                self._reader.store, message[:500], _HINT, self._reader.clock.now(), at_once=at_once
            )
        except DBAPIError as error:
            log.note("database_unavailable", error=str(error.orig))


class _Manners:
    """Returns can wait in the relay's queue, an issue cannot: while one goes out, every mail is followed by a rest."""

    def __init__(self, store: Store, stop: threading.Event) -> None:
        self._store, self._stop = store, stop
        self._asked_at, self._is_sending = 0.0, False

    def rest(self, took: float) -> None:
        """``took``: seconds that the mail took from the others."""
        now = time.monotonic()
        if now - self._asked_at >= _ASKED_EVERY:
            self._asked_at = now
            with self._store.read() as session:
                self._is_sending = bool(queries.mailings_with_status(session, MailingStatus.SENDING))
        if self._is_sending:
            self._stop.wait(min(took, _LONGEST_MANNERS))


def _taker(settings: Settings, store: Store, stop: threading.Event) -> Callable[[bytes, str, str], None]:
    """Stores a mail from the LMTP door, then lets it act. Only the storing may fail: the rest the sweep makes good."""
    signer, retry, clock = wiring.signer_of(settings), wiring.retry_of(settings), SystemClock()
    manners = _Manners(store, stop)

    def take(raw: bytes, rcpt: str, sender: str) -> None:
        begun = time.monotonic()
        mail_id, is_new = keep_report(store, raw=raw, envelope_rcpt=rcpt, sender=sender, now=clock.now())
        if is_new:
            try:
                apply_report(store, mail_id, signer=signer, retry=retry, now=clock.now())
                manners.rest(time.monotonic() - begun)
            except DBAPIError as error:
                log.note("database_unavailable", error=str(error.orig))

    return take


@contextmanager
def taking_in(settings: Settings, store: Store) -> Iterator[tuple[str, ...]]:
    """The inward doors that are set, open while the block runs; which they are, in words. Raises SettingError, OSError."""
    stop = threading.Event()
    doors: list[str] = []
    with ExitStack() as stack:
        if settings.lmtp_listen is not None:
            executor = stack.enter_context(ThreadPoolExecutor(1, thread_name_prefix="mailer-lmtp-store"))
            server = LmtpServer(settings.lmtp_listen, _taker(settings, store, stop), executor)
            server.start()
            stack.callback(server.stop)
            doors.append(f"LMTP {settings.lmtp_listen[0]}:{server.port}")
        if settings.intake_url:
            address = mailbox_of(settings)
            watch = MailboxWatch(address, reader_of(settings, store), stop, move_to=settings.intake_move_to)
            thread = threading.Thread(target=watch.run, name="mailer-mailbox", daemon=True)
            thread.start()
            stack.callback(thread.join, 10.0)
            doors.append(f"邮箱 {address.name}")
        stack.callback(stop.set)
        yield tuple(doors)
