"""The look is the bulletin's: kept whole, recorded once, in every mailing prepared afterwards and in none before."""

from __future__ import annotations

import email
import email.policy

from sqlalchemy import select

from mailer.content.compose import Copy, PreparedMail
from mailer.content.look import Logo, Look
from mailer.flow.prepare_mailing import prepare_mailing
from mailer.flow.set_look import HouseStyle, house_style, set_look
from mailer.store import core, queries
from mailer.store.engine import Store
from tests.support.builders import Clock, make_audience, make_office, make_order
from tests.support.ooxml import png

STYLE = HouseStyle(
    Look("#8a4500", Logo.of(png(160, 40), "白鹭区文明办"), ("白鹭区文明办编印", "投稿：周四")), "白鹭快报"
)


def style_of(store: Store) -> HouseStyle:
    with store.read() as session:
        return house_style(session)


def test_it_comes_back_as_it_was_set_and_is_recorded_once(either: Store, clock: Clock) -> None:
    office = make_office(either, clock)
    assert style_of(either) == HouseStyle()
    assert set_look(office, STYLE, "cli:a")
    assert style_of(either) == STYLE
    assert not set_look(office, STYLE, "cli:a")
    assert set_look(office, HouseStyle(), "cli:a")
    assert style_of(either) == HouseStyle()
    with either.read() as session:
        rows = session.execute(select(core.audit.c.action).where(core.audit.c.action == "bulletin.look_set")).all()
    assert len(rows) == 2


def test_it_is_in_what_is_prepared_afterwards_and_not_in_what_was(office, store: Store) -> None:
    def prepare(key: str) -> tuple[str, str]:
        mailing_id, _ = prepare_mailing(office, make_order(store, make_audience(1), key=key), "cli:a")
        with store.read() as session:
            (payload,) = queries.mailing_contents(session, mailing_id).values()
            name = queries.mailing(session, mailing_id).from_name
        message = b"".join(PreparedMail.load(payload).copy(Copy("a@unit.test", "", "x@office.example", "000000000000")))
        part = email.message_from_bytes(message, policy=email.policy.default).get_body(("html",))
        assert part is not None
        return part.get_content(), name

    plain, printed = prepare("a")
    set_look(office, STYLE, "cli:a")
    html, name = prepare("b")
    assert ("#8a4500" in html, "投稿：周四" in html, "cid:" in html, name) == (True, True, True, "白鹭快报")
    assert ("#8a4500" in plain, "cid:" in plain, printed == name) == (False, False, False)
    assert prepare("a") == (plain, printed)
