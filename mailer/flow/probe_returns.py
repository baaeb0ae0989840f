"""A mail to ourselves: which of the marks by which a return is known survive this relay and this mailbox.

One copy goes to the mailbox itself and one to its plus address; both carry the signature of no delivery at all, so that
nothing they lead to can touch one. What was found is remembered and shown; nothing is set by it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from email.message import Message
from email.utils import getaddresses

from mailer.content.compose import Copy, PreparedMail
from mailer.feedback import bounds, mime
from mailer.feedback.report import read_report
from mailer.feedback.returned import DELIVERY_HEADER
from mailer.flow.office import Office
from mailer.flow.poll_mailbox import LENGTH_LIMIT, Head, Mailbox
from mailer.flow.ports import Envelope, Relay
from mailer.flow.sift_mail import Verify
from mailer.flow.take_in_report import PROBE
from mailer.store import writes
from mailer.store.engine import Store

_FACT = "return_probe"
_SPACE = "0" * 12  # a notice shows no 件号
_INBOX = "INBOX"


@dataclass(frozen=True, slots=True)
class Addressed:
    """``sender``: the envelope sender as mailings have it; ``to``: the mailbox; ``plus``: its plus address.
    ``token``: the signature of ``PROBE``; ``mark``: a word of this probe alone, which stands in the subject.
    """

    sender: str
    to: str
    plus: str
    token: str
    mark: str
    message_domain: str


@dataclass(frozen=True, slots=True)
class Survived:
    """Of the copy that came, and of a report about it: what was as we had written it. None: nothing to tell it by."""

    arrived: bool = False
    message_id: bool | None = None
    header: bool | None = None
    envelope: bool | None = None
    plus: bool | None = None
    envelope_id: bool | None = None

    @property
    def is_complete(self) -> bool:
        return self.arrived and self.plus is not None and self.envelope_id is not None


async def send_probe(relay: Relay, prepared: PreparedMail, probe: Addressed) -> bool:
    """Two copies; whether the plus address was taken. Raises RelayError; ValueError where the relay takes neither."""
    session = await relay.connect()
    taken = []
    for to in (probe.to, probe.plus):
        chunks = prepared.copy(Copy(to, "", f"{probe.token}@{probe.message_domain}", _SPACE))
        envelope = Envelope(probe.sender, to, probe.token, sum(map(len, chunks)))
        outcome = await session.transact(envelope, lambda chunks=chunks: chunks)  # type: ignore[misc]  # this copy
        if to == probe.to and not outcome.is_accepted:
            session.abort()
            raise ValueError(str(outcome.reply.text if outcome.reply else outcome.fault))
        taken.append(outcome.is_accepted)
        if not session.is_usable:
            break
    if session.is_usable:
        await session.quit()
    else:
        session.abort()
    return taken == [True, True]


def watch(
    mailbox: Mailbox, since: int, probe: Addressed, verify: Verify, pause: Callable[[bool], bool], *, plus_taken: bool
) -> Survived:
    """Looks at what comes into the inbox behind the UID ``since``, until all is found or ``pause``, told whether the copy has
    come, says that it is enough.
    """
    found, seen = Survived(plus=None if plus_taken else False), since
    while True:
        mailbox.examine(_INBOX)
        uids = mailbox.uids_after(seen)
        for head in mailbox.heads(uids):
            found = _with(found, mailbox, head, probe, verify)
        seen = max((seen, *uids))
        if found.is_complete or not pause(found.arrived):
            # what did not come in all that time does not come
            return replace(found, plus=bool(found.plus)) if found.arrived else found


def _with(found: Survived, mailbox: Mailbox, head: Head, probe: Addressed, verify: Verify) -> Survived:
    message = mime.parse(bounds.prefix(head.headers).partition(b"\n\n")[0] + b"\n\n")
    if probe.mark in mime.header(message, "Subject"):
        if probe.plus.casefold() in _addresses(message, ("To",)):
            return replace(found, plus=True)
        return replace(
            found,
            arrived=True,
            message_id=verify(mime.header(message, "Message-ID")) == PROBE,
            header=verify(mime.header(message, DELIVERY_HEADER)) == PROBE,
            envelope=probe.sender.casefold() in _addresses(message, ("Return-Path",)),
        )
    if mime.content_type(message) == "multipart/report":
        raw = mailbox.fetch(head.uid, head.size, LENGTH_LIMIT)
        identity = read_report(raw).identity if raw is not None else None
        if identity and verify(f"{identity.envelope_id} {identity.message_id} {identity.delivery_token}") == PROBE:
            return replace(found, envelope_id=verify(identity.envelope_id) == PROBE)
    return found


def _addresses(message: Message, names: Sequence[str]) -> list[str]:
    values = [mime.header(message, name)[:8192] for name in names]
    return [address.casefold() for _, address in getaddresses(values)]


def remember(office: Office, found: Survived, actor: str) -> None:
    with office.store.begin() as session:
        writes.set_fact(session, _FACT, json.dumps(asdict(found) | {"at": office.clock.now().isoformat()}))
        office.record(session, actor, "relay.probed", "relay", **asdict(found))


def remembered(store: Store) -> tuple[datetime, Survived] | None:
    """What the last probe found, and when; None where there was none."""
    with store.read() as session:
        known = writes.fact(session, _FACT)
    if known is None:
        return None
    values = json.loads(known)
    return datetime.fromisoformat(values.pop("at")), Survived(**values)
