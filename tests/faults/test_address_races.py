"""Suppress, leave and pause against claim, a thousand times (I4): whoever's wish was committed before a claim began is not in it."""

from __future__ import annotations

import itertools
from datetime import timedelta

import pytest

from mailer.flow import change_requests
from mailer.flow.list_policies import set_policy
from mailer.flow.office import Office
from mailer.flow.suppress_address import suppress_address
from mailer.model.delivery import DeliveryStatus
from mailer.store import queue
from mailer.store.engine import Store
from mailer.wiring import excluded
from recipients import directory
from recipients.list_policy import ListPolicy
from recipients.requests import ChangeRequest, RequestKind, RequestState
from recipients.suppression import Suppression, SuppressionReason
from tests.store.queueing import disagreement, rows_of, together
from tests.support.builders import EPOCH, START, Clock, make_office, plain_mailing

RACES = 1_000
A_TIME = 25
CLAIMERS = 2


def stop(office: Office, number: int, address: str) -> None:
    """One of the three ways in which an address stops being written to."""
    if number % 3 == 0:
        suppress_address(office, Suppression(address, SuppressionReason.OFFICE, "发", evidence="电话"), "cli:test")
        return
    until = START + timedelta(days=1)
    leave = ChangeRequest(RequestKind.LEAVE, address, "发")
    pause = ChangeRequest(RequestKind.PAUSE, address, "发", until=until)
    _, state = change_requests.ask(office, leave if number % 3 == 1 else pause, "person")
    assert state is RequestState.GRANTED


@pytest.mark.long
@pytest.mark.timeout(900)
def test_nobody_is_claimed_after_the_commit(either: Store):
    office = make_office(either, Clock())
    with either.begin() as session:
        directory.seed_lists(session, 1)
    set_policy(office, "发", ListPolicy(), "cli:test", is_duty=False)
    addresses = [f"r{number}@x.example" for number in range(RACES)]
    mailing_id = plain_mailing(either, [(address, "发") for address in addresses])
    ticks = itertools.count()
    stopped: dict[str, int] = {}
    claimed: list[tuple[int, str]] = []
    now = START + timedelta(seconds=1)

    def claim(name: str) -> None:
        began = next(ticks)
        with either.begin() as session:
            lease = queue.claim(
                session, mailing_id=mailing_id, worker_id=name, epoch=EPOCH, now=now, expires_at=START + timedelta(hours=1),
                limit=1, excluded=excluded(now),
            )  # fmt: skip
        claimed.extend((began, row.address) for row in (lease.rows if lease else ()))

    for start in range(0, RACES, A_TIME):
        part = list(enumerate(addresses))[start : start + A_TIME]

        def work(number: int, part: list[tuple[int, str]] = part) -> None:
            if number >= CLAIMERS:
                for n, address in reversed(part):  # the claimers come from the other end
                    stop(office, n, address)
                    stopped[address] = next(ticks)
                return
            for _ in range(A_TIME // 4):
                claim(f"w{number}")

        together(CLAIMERS + 1, work)
    late = [(address, began) for began, address in claimed if stopped[address] < began]
    assert late == []
    statuses = {row.address: row.status for row in rows_of(either, mailing_id)}
    assert statuses.keys() == set(addresses)
    taken = {address for _, address in claimed}
    assert {a for a, status in statuses.items() if status == DeliveryStatus.ATTEMPTING} == taken
    assert {a for a, status in statuses.items() if status == DeliveryStatus.WITHHELD} == set(addresses) - taken
    assert 0 < len(taken) < RACES, "it was no race"
    assert disagreement(either, mailing_id) == ""
