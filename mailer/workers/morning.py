"""The timer of what colleagues are told, morning sheets and alarms: looks every minute."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parseaddr
from uuid import uuid4

from sqlalchemy.exc import DBAPIError

from mailer import log, resources, wiring
from mailer.content.facts import Sender
from mailer.content.render import environment
from mailer.flow.invite_applicants import Doorway, invite_applicants
from mailer.flow.tell_alarms import Patience, tell_alarms
from mailer.flow.tell_colleagues import EVERY, Desk, tell_due
from mailer.flow.tell_requests import tell_decided
from mailer.settings import SettingError, Settings
from mailer.store import calendar_files
from mailer.store.engine import Store
from mailer.transport.clock import SystemClock
from mailer.transport.configured import relay_of
from recipients.address import AddressError, EmailAddress

_OFFICE = "工作快报"  # where MAILER_FROM names no office
_SEPARATORS = str.maketrans("，；;、", ",,,,")


def desk_of(settings: Settings, store: Store) -> Desk | None:
    """None where nobody is named, or where there is no relay that reaches anybody. Raises SettingError."""
    desk = outgoing_desk(settings, store)
    return desk if desk is not None and desk.to else None


def outgoing_desk(settings: Settings, store: Store) -> Desk | None:
    """The same, also where no colleague is named: for notices to recipients. Raises SettingError."""
    named = [each.strip() for each in settings.alert_to.translate(_SEPARATORS).split(",") if each.strip()]
    if settings.is_sandbox or not settings.from_:
        return None
    try:
        to = tuple(EmailAddress.parse(parseaddr(each)[1]).ascii for each in named)
        name, address = parseaddr(settings.from_)
        sender_address = EmailAddress.parse(address).ascii
        reply_to = EmailAddress.parse(settings.reply_to).ascii if settings.reply_to else sender_address
    except AddressError as error:
        raise SettingError(
            "MAILER_ALERT_TO", f"或 MAILER_FROM、MAILER_REPLY_TO 里有不能用的邮箱：{error}", "几个邮箱之间用逗号隔开。"
        ) from error
    clock = SystemClock()
    return Desk(
        store=store,
        clock=clock,
        zone=settings.timezone,
        templates=environment(resources.templates()),
        relay=lambda: relay_of(settings, clock.now),
        sender=Sender(name or _OFFICE, sender_address, reply_to),
        to=to,
        message_domain=sender_address.rpartition("@")[2],
        null_sender=not settings.is_hosted,
        note=log.note,
        working_days=lambda: calendar_files.working_days(settings.data_dir),
    )


@contextmanager
def telling(settings: Settings, store: Store) -> Iterator[None]:
    """Colleagues are told of settled mailings, every working morning, and of alarms, recipients of what became of their
    wishes, while the block runs.

    Raises SettingError.
    """
    desk = outgoing_desk(settings, store)
    if desk is None:
        yield
        return
    patience = Patience(settings.alert_queue_age, settings.alert_intake_silent)
    stop = threading.Event()
    thread = threading.Thread(
        target=_run,
        args=(desk, patience, Doorway(wiring.links_of(settings), settings.base_url), stop),
        name="mailer-colleagues",
        daemon=True,
    )
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10.0)


def _run(desk: Desk, patience: Patience, doorway: Doorway, stop: threading.Event) -> None:
    holder = uuid4().hex
    while not stop.is_set():
        try:
            if desk.to:
                tell_due(desk, holder)
                tell_alarms(desk, holder, patience)
            tell_decided(desk, holder)
            invite_applicants(desk, doorway, holder)
        except DBAPIError as error:
            log.note("database_unavailable", error=str(error.orig))
        stop.wait(EVERY)
