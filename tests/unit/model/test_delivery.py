"""The delivery table, pair by pair, against a golden one that was written out by hand from the agreement."""

from __future__ import annotations

import pytest

from mailer.model.delivery import (
    FROM_OUTSIDE,
    Cell,
    DeliveryEventKind,
    DeliveryStatus,
    IllegalTransitionError,
    cell,
    sources,
    transition,
)

# Columns: planned withheld queued attempting deferred accepted in_doubt delivered bounced expired cancelled.
# Two letters: the status after; . recorded, nothing moves; ~ waits for the running attempt; ! a fault of ours.
COLUMNS = ("PL", "WI", "QU", "AT", "DE", "AC", "ID", "DL", "BO", "EX", "CA")
GOLDEN = """
released            QU !  !  !  !  !  !  !  !  !  !
withheld            WI .  WI WI WI .  .  .  .  .  .
cancelled           CA .  CA .  CA .  .  .  .  .  .
claimed             !  !  AT !  AT !  !  !  !  !  !
given_back          !  !  !  QU !  !  !  !  !  !  !
accepted            !  !  !  AC !  !  AC !  !  !  !
deferred            !  !  !  DE !  !  DE !  !  !  !
parked              !  !  !  DE !  !  DE !  !  !  !
bounced             !  !  !  BO !  !  BO !  !  !  !
doubted             !  !  !  ID !  !  !  !  !  !  !
expired             !  !  EX !  EX !  !  !  !  !  !
reported_delivered  .  .  DL ~  DL DL DL .  .  .  .
reported_underway   .  .  .  ~  .  .  AC .  .  .  .
returned            .  .  BO ~  BO BO BO .  .  .  .
returned_for_retry  .  .  .  ~  .  DE DE .  .  .  .
acknowledged        .  .  .  ~  .  .  AC .  .  .  .
acknowledgement_undone  .  .  .  .  .  .  .  .  .  .  .
resolved_resend     .  .  .  .  .  .  QU .  .  .  .
resolved_accept     .  .  .  .  .  .  AC .  .  .  .
retry_ordered       .  .  .  .  QU .  .  .  .  .  .
"""
STATUS_OF = dict(
    zip(
        COLUMNS,
        (
            "planned", "withheld", "queued", "attempting", "deferred", "accepted", "in_doubt", "delivered", "bounced",
            "expired", "cancelled",
        ),
        strict=True,
    )
)  # fmt: skip
MARKS = {".": Cell.KEEP, "~": Cell.LATER, "!": Cell.NEVER}


def golden() -> dict[tuple[str, str], str]:
    table: dict[tuple[str, str], str] = {}
    for line in GOLDEN.split("\n")[1:-1]:
        event, *marks = line.split()
        table |= {(STATUS_OF[column], event): mark for column, mark in zip(COLUMNS, marks, strict=True)}
    return table


PAIRS = golden()


def test_the_golden_table_is_total():
    assert set(PAIRS) == {(str(s), str(e)) for s in DeliveryStatus for e in DeliveryEventKind}


@pytest.mark.parametrize("event", DeliveryEventKind)
@pytest.mark.parametrize("status", DeliveryStatus)
def test_every_pair(status: DeliveryStatus, event: DeliveryEventKind):
    mark = PAIRS[str(status), str(event)]
    found = cell(status, event)
    if mark in MARKS:
        assert found is MARKS[mark]
    else:
        assert found is DeliveryStatus(STATUS_OF[mark])
    if mark == "!":
        with pytest.raises(IllegalTransitionError, match=f"{event} cannot happen .* {status}"):
            transition(status, event)
    else:
        assert transition(status, event) is (status if mark in MARKS else DeliveryStatus(STATUS_OF[mark]))


@pytest.mark.parametrize("event", DeliveryEventKind)
def test_an_update_asks_for_exactly_the_statuses_that_move(event: DeliveryEventKind):
    moving = {status for (status, of), mark in PAIRS.items() if of == event and mark not in MARKS}
    assert {str(status) for status in sources(event)} == moving
    assert len(sources(event)) == len(moving)


def test_open_and_final_divide_the_statuses():
    assert {str(s) for s in DeliveryStatus if s.is_open} == {"planned", "queued", "attempting", "deferred"}
    assert all(s.is_open is not s.is_final for s in DeliveryStatus)


def test_a_final_status_is_left_by_late_evidence_or_a_persons_decision_only():
    leaving = {
        (status, event)
        for (status, event), mark in PAIRS.items()
        if DeliveryStatus(status).is_final and mark not in MARKS
    }
    late = {str(event) for event in FROM_OUTSIDE} | {"resolved_resend", "resolved_accept"}
    journal_found = {("in_doubt", event) for event in ("accepted", "deferred", "parked", "bounced")}
    assert {pair for pair in leaving if pair[1] not in late} == journal_found
    assert {status for status, _ in leaving} == {"accepted", "in_doubt"}


def test_facts_from_outside_never_raise_and_never_meet_a_running_attempt():
    for event in FROM_OUTSIDE:
        assert all(cell(status, event) is not Cell.NEVER for status in DeliveryStatus)
        assert cell(DeliveryStatus.ATTEMPTING, event) is Cell.LATER
