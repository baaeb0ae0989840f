"""The part of ``mailer doctor --relay`` that mails itself and looks what comes back of the marks in it."""

from __future__ import annotations

import asyncio
import secrets
import threading
import time
from email.utils import parseaddr
from uuid import uuid4

from mailer import resources, wiring
from mailer.cli import opening
from mailer.cli.output import CommandError
from mailer.content.compose import PreparedMail, prepare
from mailer.content.facts import NoticeFacts, Sender
from mailer.content.notice import Alert
from mailer.content.render import environment, render_notice
from mailer.flow.ports import RelayError
from mailer.flow.probe_returns import Addressed, Survived, remember, remembered, send_probe, watch
from mailer.flow.take_in_report import PROBE
from mailer.intake.configured import mailbox_of
from mailer.intake.imap_wire import ImapError
from mailer.intake.mailbox import ImapMailbox
from mailer.model.return_path import ReturnPath, envelope_sender
from mailer.settings import SettingError, Settings
from mailer.transport.clock import SystemClock
from mailer.transport.configured import relay_of

_WITHIN = 120.0  # seconds: a mail to oneself takes a few
_BEHIND_IT = 30.0  # what does not come so long after the copy does not come: many hosts send no report of success
_EVERY = 2.0
_LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels: it makes no word
_OFFICE = "工作快报"
_WORDS = (
    ("message_id", "Message-ID"), ("header", "X-Mailer-Delivery"), ("envelope", "信封发件人"), ("plus", "加号地址"),
    ("envelope_id", "ENVID"),
)  # fmt: skip


def probe_returns(settings: Settings) -> str:
    """What was found, in a sentence, remembered too. Raises CommandError."""
    try:
        address = mailbox_of(settings)
        office = opening.office(settings, opening.store(settings))
        signer = wiring.signer_of(settings)
        with ImapMailbox(address) as mailbox:
            since = mailbox.examine("INBOX").uid_next - 1
            probe = _addressed(settings, mailbox.user, signer.token(PROBE))
            relay = relay_of(settings, SystemClock().now)
            plus_taken = asyncio.run(send_probe(relay, _mail(settings, probe), probe))
            found = watch(mailbox, since, probe, signer.verify, _Pause(), plus_taken=plus_taken)
    except SettingError as error:
        raise CommandError("bad_setting", error.message, error.hint) from error
    except RelayError as error:
        raise CommandError("relay_refused", error.message, error.hint) from error
    except ImapError as error:
        raise CommandError(
            "intake_unreadable", f"收信邮箱读不了：{error}", "先用 mailer bounces poll 检查收信邮箱"
        ) from error
    except ValueError as error:
        raise CommandError("relay_refused", f"发信服务器不收发给自己的信：{error}", "检查 MAILER_FROM") from error
    remember(office, found, opening.actor())
    if not found.arrived:
        raise CommandError(
            "probe_lost",
            f"给自己发的信 {_WITHIN:.0f} 秒里没有到",
            "到邮箱里看是不是进了垃圾邮件；邮箱拥挤时过一会儿再试",
        )
    return in_words(found)


def last_probe(settings: Settings) -> str:
    """What the last probe found, in a sentence. Raises CommandError."""
    known = remembered(opening.store(settings))
    if known is None or not known[1].arrived:
        return "还没有测过（mailer doctor --relay 给自己发一封来测）"
    return f"{known[0].astimezone(settings.timezone):%Y-%m-%d} 测过，{in_words(known[1])}"


def in_words(found: Survived) -> str:
    """Which marks survive, which do not, and which could not be told."""
    kept = [words for name, words in _WORDS if getattr(found, name) is True]
    lost = [words for name, words in _WORDS if getattr(found, name) is False]
    unknown = [words for name, words in _WORDS if getattr(found, name) is None]
    parts = [("认得出的", kept), ("被改掉或不支持的", lost), ("没有回执、看不出的", unknown)]
    return "；".join(f"{title}：{'、'.join(names)}" for title, names in parts if names)


def _addressed(settings: Settings, user: str, token: str) -> Addressed:
    sender = parseaddr(settings.from_)[1]
    to = user if "@" in user else sender
    name, _, domain = to.rpartition("@")
    return Addressed(
        sender=envelope_sender(
            ReturnPath(settings.return_path_mode), sender, settings.bounce_domain or sender.rpartition("@")[2], token
        ),
        to=to,
        plus=f"{name}+{token.replace('.', '-')}@{domain}",
        token=token,
        mark="".join(secrets.choice(_LETTERS) for _ in range(8)),
        message_domain=sender.rpartition("@")[2],
    )


def _mail(settings: Settings, probe: Addressed) -> PreparedMail:
    name, address = parseaddr(settings.from_)
    now = SystemClock().now()
    notice = Alert(f"发信通道自检 {probe.mark}", now, steps=("这封信由 mailer doctor --relay 发出，看过就可以删除。",))
    facts = NoticeFacts(
        sender=Sender(name or _OFFICE, address, settings.reply_to or address),
        bulletin=name or _OFFICE,
        list_id=f"probe.{probe.message_domain}",
        date=now.astimezone(settings.timezone),
        boundary=f"=_{uuid4().hex}",
        message_domain=probe.message_domain,
    )
    return prepare(render_notice(environment(resources.templates()), notice, facts), facts)


class _Pause:
    """Waits a moment; False when it is enough."""

    def __init__(self) -> None:
        self._until = time.monotonic() + _WITHIN
        self._has_arrived = False

    def __call__(self, has_arrived: bool) -> bool:
        if has_arrived and not self._has_arrived:
            self._has_arrived = True
            self._until = time.monotonic() + _BEHIND_IT
        threading.Event().wait(_EVERY)
        return time.monotonic() < self._until
