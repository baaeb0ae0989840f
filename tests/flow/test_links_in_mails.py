"""The links of mails as the relay gets them: each recipient's own, each good for one page, none of anybody else's."""

from __future__ import annotations

import email
import email.policy
import re
from dataclasses import dataclass, field, replace

import pytest
from sqlalchemy import select

from mailer.content.facts import ListFacts
from mailer.flow.office import Office
from mailer.flow.ports import Envelope
from mailer.flow.send_kit import SendKit
from mailer.model.links import Purpose
from mailer.model.reply import Outcome, Phase, Reply
from mailer.store.core import delivery
from mailer.transport.clock import SystemClock
from mailer.workers import loop
from tests.store.queueing import rows_of
from tests.support.builders import START, NoRelay, make_audience, make_sending

BASE_URL = "https://news.office.example"
_LINK = re.compile(rf"{BASE_URL}/([a-z]+)/([0-9A-Za-z_-]{{36}})(?![0-9A-Za-z_-])")


@dataclass
class Catching(NoRelay):
    """Takes everything; ``caught``: address -> the message."""

    caught: dict[str, bytes] = field(default_factory=dict)
    is_usable: bool = True
    sent: int = 0

    def __post_init__(self) -> None:
        super().__init__()

    async def connect(self) -> Catching:
        return self

    async def transact(self, envelope: Envelope, body, behind=lambda: None) -> Outcome:
        self.caught[envelope.rcpt_to] = b"".join(body())
        return Outcome(Phase.DOT, Reply(250, "2.0.0 ok"), None, "relay", START)

    def withdraw(self) -> None: ...

    async def quit(self) -> None: ...

    def abort(self) -> None: ...


def send(office: Office, kit: SendKit, *, is_duty: bool) -> dict[str, bytes]:
    lists = (ListFacts("发", "发", "fa.office.example", is_duty=is_duty, asks_acknowledgement=True),)
    mailing_id = make_sending(office, make_audience(5), lists=lists)
    relay = Catching()
    loop.run(replace(kit, relay=relay, clock=SystemClock()), until=lambda: len(relay.caught) == 5)
    assert len(rows_of(office.store, mailing_id)) == 5
    return relay.caught


def words_of(raw: bytes) -> str:
    mail = email.message_from_bytes(raw, policy=email.policy.default)
    return "".join(str(part.get_content()) for part in mail.walk() if part.get_content_maintype() == "text")


@pytest.mark.parametrize("is_duty", [True, False])
def test_every_link_is_the_recipients_own_and_good_for_its_page_alone(office: Office, kit: SendKit, is_duty: bool):
    office = replace(office, public_url=BASE_URL)
    caught = send(office, kit, is_duty=is_duty)
    with office.store.read() as session:
        ids = {row.address: row.id for row in session.execute(select(delivery.c.address, delivery.c.id))}
    wanted = {Purpose.READ, Purpose.SIGN, Purpose.SETTINGS} | (set() if is_duty else {Purpose.LEAVE})
    for address, raw in caught.items():
        found = _LINK.findall(words_of(raw))
        assert {purpose for purpose, _ in found} == {str(each) for each in wanted}
        for purpose, token in found:
            assert office.links.verify(Purpose(purpose), token) == ids[address]
            assert [each for each in Purpose if office.links.verify(each, token)] == [purpose]
        headers = email.message_from_bytes(raw, policy=email.policy.default)
        unsubscribe = headers["List-Unsubscribe"]
        assert (unsubscribe is None) == is_duty
        if unsubscribe is not None:
            (_, token) = _LINK.findall(unsubscribe)[0]
            assert office.links.verify(Purpose.LEAVE, token) == ids[address]
            assert headers["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"


@pytest.mark.parametrize("is_duty", [True, False])
def test_without_a_public_address_no_mail_holds_a_link(office: Office, kit: SendKit, is_duty: bool):
    for raw in send(office, kit, is_duty=is_duty).values():
        assert "https://" not in words_of(raw)
        assert b"List-Unsubscribe" not in raw
