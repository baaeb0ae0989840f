"""Letters become signatures, requests, questions: from whom, with whose 件号, read once or twice."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import select

from mailer.feedback.letter import Act
from mailer.flow.office import Office
from mailer.flow.take_in_letter import Letter, confirm_claim, take_in_letter
from mailer.store import core, queries
from mailer.store.engine import Store
from recipients import directory
from recipients.requests import ChangeRequest, RequestKind
from tests.flow.test_acknowledge import asking, delivery
from tests.support.builders import Clock, make_office


@pytest.fixture
def both(either: Store, clock: Clock) -> Office:
    return make_office(either, clock)


def letter(
    delivery_id: int, act: Act | None, body: str = "", *, sender: str = "收件1 <r1@d1.example>", key: str = "k"
) -> Letter:
    raw = b"Content-Type: text/plain; charset=utf-8\r\n\r\n" + body.encode()
    return Letter(key, sender, "签收 第128期 件号 XXXX", delivery_id, act, raw)


def how(store: Store) -> list[tuple[str, str]]:
    with store.read() as session:
        return [(row.how, row.actor) for row in session.execute(select(core.acknowledgement)).all()]


def requests(store: Store) -> list[ChangeRequest]:
    with store.read() as session:
        return directory.open_requests(session)


def tasks(store: Store) -> list[Any]:
    with store.read() as session:
        return [task for task in queries.open_tasks(session) if task.kind in {"letter", "signature_claim"}]


def test_from_ones_own_address_with_ones_own_piece_it_is_signed(both: Office) -> None:
    one = delivery(both.store, asking(both), 1).id
    for _ in range(2):
        assert take_in_letter(both, letter(one, Act.SIGN))
    assert how(both.store) == [("mail", f"recipient:{one}")]
    assert tasks(both.store) == []


def test_from_another_address_it_is_proposed_and_a_person_confirms_it_once(both: Office) -> None:
    one = delivery(both.store, asking(both), 1).id
    foreign = letter(one, Act.SIGN, sender="秘书 <sec@d1.example>")
    for _ in range(2):
        assert take_in_letter(both, foreign)
    assert how(both.store) == []
    (task,) = tasks(both.store)
    assert (task.kind, task.delivery_id) == ("signature_claim", one)
    assert confirm_claim(both, task.id, "account:小何")
    assert not confirm_claim(both, task.id, "account:小何")
    assert how(both.store) == [("hand", "account:小何")]
    assert take_in_letter(both, foreign), "read again it asks nobody again"
    assert tasks(both.store) == []


def test_a_short_answer_counts_only_if_the_list_says_so_and_it_is_ones_own(office: Office) -> None:
    one = delivery(office.store, asking(office, short_replies=True), 1).id
    assert not take_in_letter(office, letter(one, None, "收到", sender="sec@d1.example"))
    assert not take_in_letter(office, letter(one, None, "第三段有误"))
    assert how(office.store) == []
    assert take_in_letter(office, letter(one, None, "收到，谢谢\r\n\r\n> 本期"))
    assert how(office.store) == [("mail", f"recipient:{one}")]


def test_elsewhere_a_short_answer_is_a_letter_like_any_other(office: Office) -> None:
    one = delivery(office.store, asking(office), 1).id
    assert not take_in_letter(office, letter(one, None, "收到"))
    assert how(office.store) == []


def test_a_change_becomes_a_request_that_the_office_decides(both: Office) -> None:
    one = delivery(both.store, asking(both), 1).id
    change = letter(one, Act.CHANGE, "我已调岗，请改发给：李四\r\nlisi@d1.example\r\n")
    for _ in range(2):
        assert take_in_letter(both, change)
    (wish,) = requests(both.store)
    assert (wish.kind, wish.address_key, wish.value, wish.name) == (
        RequestKind.HAND_OVER, "r1@d1.example", "lisi@d1.example", "李四",
    )  # fmt: skip
    assert "我已调岗" in wish.reason


def test_of_addresses_named_the_new_one_counts(office: Office) -> None:
    one = delivery(office.store, asking(office), 1).id
    take_in_letter(
        office, letter(one, Act.CHANGE, "邮箱由 R1@d1.example 换成 new@d1.example，抄送 reply@office.example")
    )
    assert [(wish.kind, wish.value) for wish in requests(office.store)] == [(RequestKind.NEW_ADDRESS, "new@d1.example")]


def test_a_letter_that_names_nobody_is_read_by_a_person(office: Office) -> None:
    one = delivery(office.store, asking(office), 1).id
    take_in_letter(office, letter(one, Act.CHANGE, "请调整。"))
    assert requests(office.store) == []
    assert [(task.kind, "请调整" in task.detail) for task in tasks(office.store)] == [("letter", True)]


def test_leaving_a_duty_list_by_letter_waits_for_the_office(office: Office) -> None:
    one = delivery(office.store, asking(office), 1).id
    take_in_letter(office, letter(one, Act.LEAVE))
    take_in_letter(office, letter(one, Act.LEAVE, sender="sec@d1.example", key="other"))
    assert [task.title for task in tasks(office.store)] == ["来信要退订：sec@d1.example"]


def test_a_piece_number_whose_delivery_is_gone_does_nothing(office: Office) -> None:
    assert not take_in_letter(office, letter(987_654, Act.SIGN))
