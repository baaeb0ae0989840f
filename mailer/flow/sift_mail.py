"""Whose business is a mail in a shared mailbox? Told from a few headers, before anything of it is taken.

A machine's mail about a delivery is ours to read. A person's letter is not: of one that answers an issue, or comes from
a member of the list 报, only sender, subject and time are told on; every other stays untouched and unrecorded. What we
sent ourselves is dropped, so that nothing can go round in circles (DESIGN 7, I12).
"""

from __future__ import annotations

from collections.abc import Callable
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from email.message import Message
from email.utils import getaddresses, parseaddr
from enum import StrEnum

from mailer.feedback import bounds, mime
from mailer.feedback.auto_reply import read_auto_reply
from mailer.feedback.letter import Act, wish_of
from mailer.feedback.origin import Origin, origin_of
from mailer.feedback.returned import DELIVERY_HEADER

Verify = Callable[[str], int | None]
_SHOWN = 200  # characters of a header that a task repeats
_ADDRESSES = 50  # of one header that are looked at
#: Wide on purpose: what is headed like that is read before anything is decided about it.
_RETURN_SUBJECTS = (
    "deliver", "return", "failure", "failed", "bounce", "undeliv", "delay", "mail system", "user unknown", "rejected",
    "退信", "退回", "被退", "投递", "送达", "无法发送", "发送失败", "未送", "延迟", "延误", "拒收", "配信", "配達", "戻り",
)  # fmt: skip


class Concern(StrEnum):
    MACHINE = "machine"  # a mail system's: to be taken in
    PERHAPS = "perhaps"  # automatic, or headed like a return: to be read, and kept only if it is one
    REQUEST = "request"  # a person's, with the subject and 件号 that our mails offer
    ANSWER = "answer"  # a person's answer to one of our mails
    MEMBER = "member"  # a letter of somebody on the list 报
    OWN = "own"  # sent by ourselves
    NONE = "none"  # not ours to touch


@dataclass(frozen=True, slots=True)
class Sifted:
    """``envelope_rcpt``: an address of ours it was sent to that carries a valid token, else ''. ``sender``, ``subject``
    and ``dated``: shortened, for a task; ``delivery_id`` of the mail that is answered, or of the 件号;
    ``act``: what a REQUEST asks for.
    """

    concern: Concern
    envelope_rcpt: str = ""
    sender: str = ""
    subject: str = ""
    dated: str = ""
    delivery_id: int | None = None
    act: Act | None = None


def _no_piece(_text: str) -> int | None:
    return None


def sift(
    headers: bytes,
    *,
    verify: Verify,
    own: AbstractSet[str],
    members: AbstractSet[str],
    verify_piece: Verify = _no_piece,
) -> Sifted:
    """``headers``: some or all header lines. ``verify_piece``: of a 件号. ``own``: addresses we send from; ``members``: addresses of the list 报;
    both case-folded. Bounded, never raises.
    """
    text = bounds.prefix(headers).partition(b"\n\n")[0] + b"\n\n"
    if bounds.refusal(text):
        return Sifted(Concern.MACHINE)  # no person's program writes such headers; kept, quarantined and in sight
    message = mime.parse(text)
    origin = origin_of(message)
    sender = parseaddr(mime.header(message, "From"))[1].casefold()
    envelope_rcpt = _signed_address(message, verify)
    if _is_own(message, sender, own, origin):
        return Sifted(Concern.OWN)
    if envelope_rcpt or _is_machine(message, origin):
        return Sifted(Concern.MACHINE, envelope_rcpt)
    if _is_perhaps_one(message, origin):
        return Sifted(Concern.PERHAPS)
    wish = wish_of(mime.header(message, "Subject")[:_SHOWN], verify_piece)
    if wish is not None and sender not in own:
        return _letter(message, Concern.REQUEST, wish.delivery_id, wish.act)
    answered = verify(f"{mime.header(message, 'In-Reply-To')} {mime.header(message, 'References')[-800:]}")
    if answered is None and sender not in members:
        return Sifted(Concern.NONE)
    return _letter(message, Concern.ANSWER if answered is not None else Concern.MEMBER, answered)


def _letter(message: Message, concern: Concern, delivery_id: int | None, act: Act | None = None) -> Sifted:
    return Sifted(
        concern,
        sender=mime.header(message, "From")[:_SHOWN],
        subject=mime.header(message, "Subject")[:_SHOWN],
        dated=mime.header(message, "Date")[:_SHOWN],
        delivery_id=delivery_id,
        act=act,
    )


def _is_own(message: Message, sender: str, own: AbstractSet[str], origin: Origin) -> bool:
    if mime.header(message, DELIVERY_HEADER):
        return True  # a copy of an issue, whoever it was addressed to
    return sender in own and origin.is_automatic and not origin.is_daemon and not origin.has_null_path


def _is_machine(message: Message, origin: Origin) -> bool:
    return bool(
        origin.is_daemon
        or origin.has_null_path
        or mime.content_type(message) == "multipart/report"
        or mime.header(message, "X-Failed-Recipients")
        or mime.header(message, "X-HmXmrOriginalRecipient")  # Outlook's reports of complaints
    )


def _is_perhaps_one(message: Message, origin: Origin) -> bool:
    if origin.is_newsletter or mime.header(message, "List-Id"):
        return False  # automatic, and about something else
    if origin.is_automatic or read_auto_reply(message, origin, "") is not None:
        return True
    return not origin.is_answer and any(phrase in origin.subject for phrase in _RETURN_SUBJECTS)


def _signed_address(message: Message, verify: Verify) -> str:
    """The address of ours it came to, where that names a delivery: the envelope's, as far as a mailbox keeps it."""
    for name in ("Delivered-To", "X-Original-To", "To"):
        values = [str(value) for value in message.get_all(name, [])[:10]]
        for _, address in getaddresses([mime.words(value[:8192]) for value in values])[:_ADDRESSES]:
            if verify(address.rpartition("@")[0]) is not None:
                return address
    return ""
