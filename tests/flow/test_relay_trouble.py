"""A relay that refuses us is told to a person; one that is only away is waited for."""

from __future__ import annotations

from mailer.flow.office import Office
from mailer.flow.ports import RelayError
from mailer.flow.relay_trouble import FACT, note_recovery, note_trouble
from mailer.flow.send_kit import SendKit
from mailer.model.reply import Fault, Outcome, Phase, Reply
from mailer.store import writes
from tests.flow.test_release_and_control import status, statuses, tasks
from tests.support.builders import START, Clock, make_audience, make_sending

REFUSED = RelayError(
    Outcome(Phase.AUTH, Reply(535, "5.7.8 bad credentials"), None, "smtp.example", START),
    needs_person=True,
    message="登录被拒",
    hint="检查授权码",
)
AWAY = RelayError(
    Outcome(Phase.CONNECT, None, Fault.REFUSED, "smtp.example", START),
    needs_person=False,
    message="连不上",
    hint="稍后再试",
)


def trouble(kit: SendKit) -> str | None:
    with kit.store.read() as session:
        return writes.fact(session, FACT)


def test_a_refused_login_holds_every_mailing_at_once_and_asks(office: Office, kit: SendKit):
    ids = [make_sending(office, make_audience(2), key=key) for key in "ab"]
    note_trouble(kit, REFUSED)
    assert [status(office, mailing_id) for mailing_id in ids] == ["held", "held"]
    assert statuses(office, ids[0]) == ["queued", "queued"], "nobody's mail is harmed"
    assert sorted(tasks(office)) == ["held", "held", "relay"]
    assert trouble(kit) == "登录被拒"


def test_a_relay_that_is_away_is_said_once_a_day_and_nothing_is_held(office: Office, kit: SendKit, clock: Clock):
    mailing_id = make_sending(office, make_audience(1))
    for hours, told in ((0, 1), (5, 1), (24, 2)):
        clock.turn(hours=hours)
        note_trouble(kit, AWAY)
        assert tasks(office) == ["relay"] * told
    assert status(office, mailing_id) == "sending"


def test_once_it_answers_again_the_trouble_is_forgotten(kit: SendKit):
    note_trouble(kit, AWAY)
    assert trouble(kit) == "连不上"
    note_recovery(kit)
    assert trouble(kit) is None
    note_recovery(kit)
    assert trouble(kit) is None
