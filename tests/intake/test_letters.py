"""What recipients write to the office, through a real IMAP mailbox: a mailto letter, 收到 in short, and what must not count."""

from __future__ import annotations

from dataclasses import replace
from email import policy
from email.parser import BytesParser
from typing import Any
from urllib.parse import unquote

import pytest
from sqlalchemy import select

from mailer.content.compose import Copy, PreparedMail
from mailer.flow.office import Office
from mailer.flow.poll_mailbox import Reader
from mailer.store import core, queries
from mailer.store.engine import Store
from recipients import directory
from recipients.requests import RequestKind
from tests.flow.test_acknowledge import asking
from tests.intake.conftest import OwnMailbox
from tests.support.builders import SIGNER, Clock, make_office

pytestmark = pytest.mark.needs_dovecot


@pytest.fixture
def office(store: Store) -> Office:
    return make_office(store, Clock())


@pytest.fixture
def at_work(reader: Reader, office: Office) -> Reader:
    return replace(reader, office=office)


def rows(store: Store) -> dict[str, Any]:
    """By address."""
    with store.read() as session:
        return {row.address: row for row in session.execute(select(core.delivery)).all()}


def letter(sender: str, subject: str, body: str = "", **headers: str) -> bytes:
    more = "".join(f"{name.replace('_', '-')}: {value}\r\n" for name, value in headers.items())
    return (
        f"Return-Path: <{sender}>\r\nFrom: {sender}\r\nTo: office@office.example\r\nSubject: {subject}\r\n"
        f"Date: Mon, 23 Nov 2026 09:00:00 +0800\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        f"{more}\r\n{body}\r\n"
    ).encode()


def offered(store: Store, row: Any, word: str) -> str:
    """The subject of the letter that the very mail offers to write: out of its own mailto link."""
    with store.read() as session:
        payload = queries.mailing_contents(session, row.mailing_id)[row.list_code]
    copy = PreparedMail.load(payload).copy(Copy(row.address, "", row.message_id, SIGNER.piece_number(row.id)))
    html = BytesParser(policy=policy.SMTP).parsebytes(b"".join(copy)).get_body(("html",))
    assert html is not None
    subjects = [unquote(part.partition('"')[0]) for part in html.get_content().split("?subject=")[1:]]
    return next(subject for subject in subjects if subject.startswith(word))


def test_letters_end_in_the_right_place_and_the_mailbox_stays_as_it_is(
    store: Store, office: Office, at_work: Reader, mailbox: OwnMailbox
) -> None:
    asking(office, 6, short_replies=True)
    row = rows(store)
    one, two, three, four, five = (row[f"r{n}@d{n % 3}.example"] for n in range(1, 6))
    mailbox.deliver(letter(one.address, offered(store, one, "签收")))
    mailbox.deliver(letter("secretary@d2.example", offered(store, two, "签收")))
    mailbox.deliver(
        letter(three.address, "Re: 第128期", "收到，谢谢\r\n\r\n> 原文", In_Reply_To=f"<{three.message_id}>")
    )
    mailbox.deliver(
        letter(
            four.address, "自动回复: 第128期", "收到", In_Reply_To=f"<{four.message_id}>", Auto_Submitted="auto-replied"
        )
    )
    mailbox.deliver(letter(four.address, offered(store, four, "签收"), Auto_Submitted="auto-generated"))
    mailbox.deliver(letter(five.address, offered(store, five, "调整接收人"), "我已调岗，接任人：李四，li4@d2.example"))
    mailbox.deliver(letter(five.address, "签收 件号 0000000-0000"))
    before = mailbox.snapshot()
    assert mailbox.poll(at_work).letters == 4
    assert mailbox.snapshot() == before
    signed = {address for address, each in rows(store).items() if each.acknowledged_at is not None}
    assert signed == {one.address, three.address}
    with store.read() as session:
        (wish,) = directory.open_requests(session)
        claims = [task for task in queries.open_tasks(session) if task.kind == "signature_claim"]
    assert (wish.kind, wish.address_key, wish.value, wish.name) == (
        RequestKind.HAND_OVER, five.address, "li4@d2.example", "李四",
    )  # fmt: skip
    assert [task.delivery_id for task in claims] == [two.id]
    mailbox.server.renumber(mailbox.login)
    mailbox.poll(at_work)
    with store.read() as session:
        assert len(directory.open_requests(session)) == 1
        assert len(session.execute(select(core.acknowledgement)).all()) == 2
