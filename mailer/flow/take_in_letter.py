"""A letter that answers what our mails offer becomes what it asks for: a signature, a request, a question to a person.

From the recipient's own address with the 件号 of their own copy a signature counts; from any other it is proposed, and a
person confirms it. Who is written to is never changed by a letter alone. A letter read twice does nothing twice.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from email.utils import parseaddr
from typing import Any

from sqlmodel import Session

from mailer.feedback import letter
from mailer.feedback.letter import Act
from mailer.flow.acknowledge import Said, SignError, acknowledge, acknowledge_in
from mailer.flow.change_requests import ask
from mailer.flow.office import Office
from mailer.model.acknowledgement import How
from mailer.store import acknowledgements, queries, task_book, writes
from recipients.address import AddressError, EmailAddress
from recipients.requests import ChangeRequest, RequestKind

CLAIM = "signature_claim"
_WORDS = 500  # characters of a letter that a task repeats
_MACHINE = "system:letters"


@dataclass(frozen=True, slots=True)
class Letter:
    """``key``: names it among all letters; ``sender``: the From header as it came; ``act`` None: an answer to a mail of ours."""

    key: str
    sender: str
    subject: str
    delivery_id: int
    act: Act | None
    raw: bytes

    @classmethod
    def of(cls, headers: bytes, sender: str, subject: str, delivery_id: int, act: Act | None, raw: bytes) -> Letter:
        return cls(hashlib.sha256(headers).hexdigest(), sender, subject, delivery_id, act, raw)


def take_in_letter(office: Office, letter_: Letter) -> bool:
    """Whether the letter was dealt with; False leaves it to be told of like any other answer."""
    with office.store.read() as session:
        delivery = queries.delivery_row(session, letter_.delivery_id)
        if delivery is None:
            return False
        if task_book.is_known(session, _key(letter_)):
            return True
        terms = acknowledgements.terms(session, delivery.mailing_id).get(delivery.list_code)
    is_own = _address_of(letter_.sender) == delivery.address_key
    match letter_.act:
        case Act.SIGN:
            return _signed(office, letter_, delivery, is_own=is_own)
        case Act.CHANGE:
            return _change(office, letter_, delivery, is_own=is_own)
        case Act.LEAVE:
            return _leave(office, letter_, delivery, is_own=is_own)
    counts = terms is not None and terms.short_replies and is_own
    return counts and letter.says_received(letter.text_of(letter_.raw)) and _sign(office, letter_)


def confirm_claim(office: Office, task_id: int, actor: str) -> bool:
    """A person says that the proposed signature is one. False when somebody has dealt with it before.

    Raises SignError.
    """
    with office.store.begin() as session:
        task = task_book.one(session, task_id)
        if task is None or task.kind != CLAIM or not writes.end_task(session, task_id, actor, office.clock.now()):
            return False
        who = task.title.partition("：")[2][:60]
        acknowledge_in(session, office, task.delivery_id, Said(How.HAND, "书面", who, task.detail[:_WORDS]), actor)
    return True


def _signed(office: Office, letter_: Letter, delivery: Any, *, is_own: bool) -> bool:
    if is_own:
        return _sign(office, letter_)
    with office.store.begin() as session:
        if letter_.act is Act.SIGN and delivery.acknowledged_at is None:
            detail = f"来信人：{letter_.sender}\n主题：{letter_.subject}\n件号是发到 {delivery.address} 的那一份，来信不是从那个邮箱发出的。核对以后再认定。"
            _tell(session, office, letter_, CLAIM, f"核对签收：{letter_.sender}", detail, delivery)
    return True


def _sign(office: Office, letter_: Letter) -> bool:
    said = Said(How.MAIL, note=letter_.subject)
    try:
        acknowledge(office, letter_.delivery_id, said, f"recipient:{letter_.delivery_id}")
    except SignError:  # nobody asked for it: an answer like any other
        return False
    return True


def _change(office: Office, letter_: Letter, delivery: Any, *, is_own: bool) -> bool:
    """A request as far as the letter says to whom or where; else a letter to be read."""
    text = letter.text_of(letter_.raw)
    known = {delivery.address_key, _address_of(letter_.sender), _address_of(_reply_to(office, delivery))}
    written, name = letter.named_in(text)
    address = next((each for each in written if _key_of(each) not in {"", *known}), "")
    kind = RequestKind.HAND_OVER if name else RequestKind.NEW_ADDRESS if address else None
    words = letter.own_words(text)[:_WORDS]
    detail = f"来信人：{letter_.sender}\n主题：{letter_.subject}\n写的是：{words or '（没有写明）'}"
    if kind is None:
        with office.store.begin() as session:
            _tell(session, office, letter_, "letter", f"来信要调整接收人：{letter_.sender}", detail, delivery)
        return True
    wanted = ChangeRequest(kind, delivery.address_key, value=address, name=name, reason=detail)
    ask(office, wanted, _actor(letter_, is_own=is_own), confirm=not is_own)
    _remember(office, letter_)
    return True


def _leave(office: Office, letter_: Letter, delivery: Any, *, is_own: bool) -> bool:
    """From their own address on a list they may leave it is done at once; from another a person looks at it."""
    detail = f"来信人：{letter_.sender}\n主题：{letter_.subject}"
    if not is_own:
        with office.store.begin() as session:
            _tell(session, office, letter_, "letter", f"来信要退订：{letter_.sender}", detail, delivery)
        return True
    wanted = ChangeRequest(RequestKind.LEAVE, delivery.address_key, delivery.list_code, reason=detail)
    ask(office, wanted, _actor(letter_, is_own=True))
    _remember(office, letter_)
    return True


def _remember(office: Office, letter_: Letter) -> None:
    """That the letter has done its work, should it be read again after the request was decided."""
    with office.store.begin() as session:
        now = office.clock.now()
        if writes.open_task(
            session, kind="letter", title=f"来信：{letter_.sender}", dedupe_key=_key(letter_), now=now,
            detail="已转为收件人要求。", delivery_id=letter_.delivery_id,
        ):  # fmt: skip
            task_book.end_known(session, _key(letter_), _MACHINE, now)


def _tell(session: Session, office: Office, letter_: Letter, kind: str, title: str, detail: str, delivery: Any) -> None:
    writes.open_task(
        session, kind=kind, title=title, detail=detail, dedupe_key=_key(letter_), now=office.clock.now(),
        mailing_id=delivery.mailing_id, delivery_id=delivery.id,
    )  # fmt: skip


def _key(letter_: Letter) -> str:
    return f"letter:{letter_.key}"


def _actor(letter_: Letter, *, is_own: bool) -> str:
    return f"recipient:{letter_.delivery_id}" if is_own else _MACHINE


def _address_of(sender: str) -> str:
    return _key_of(parseaddr(sender)[1])


def _key_of(address: str) -> str:
    """'' for what is no address."""
    try:
        return EmailAddress.parse(address).key
    except AddressError:
        return ""


def _reply_to(office: Office, delivery: Any) -> str:
    with office.store.read() as session:
        return str(queries.mailing(session, delivery.mailing_id).reply_to)
