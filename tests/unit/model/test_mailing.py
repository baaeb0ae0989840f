"""The mailing table, pair by pair, against a golden one that was written out by hand."""

from __future__ import annotations

import pytest

from mailer.model.mailing import (
    MOVES,
    IllegalMailingTransitionError,
    MailingEventKind,
    MailingKind,
    MailingStatus,
    transition,
)

STATUSES = ("draft", "prepared", "approved", "scheduled", "sending", "paused", "held", "closed", "cancelled")
SHORT = dict(zip(("DR", "PR", "AP", "SC", "SE", "PA", "HE", "CL", "CA"), STATUSES, strict=True))
GOLDEN = """
          draft prepared approved scheduled sending paused held closed cancelled
frozen    PR    !        !        !         !       !      !    !      !
approved  !     AP       AP       !         !       !      !    !      !
scheduled !     !        SC       SC        !       !      !    !      !
taken_back !    !        AP       AP        !       !      !    !      !
released  !     !        SE       SE        !       !      !    !      !
paused    !     !        !        !         PA      PA     !    !      !
resumed   !     !        !        !         SE      SE     SE   !      !
held      !     !        !        HE        HE      !      HE   !      !
closed    !     !        !        !         CL      CL     CL   !      !
reopened  !     !        !        !         SE      PA     HE   SE     !
cancelled CA    CA       CA       CA        CA      CA     CA   !      CA
"""


def golden() -> dict[tuple[str, str], str]:
    header, *lines = GOLDEN.strip("\n").split("\n")
    table: dict[tuple[str, str], str] = {}
    for line in lines:
        event, *marks = line.split()
        table |= {(status, event): mark for status, mark in zip(header.split(), marks, strict=True)}
    return table


PAIRS = golden()


def test_the_golden_table_is_total_and_so_is_ours():
    assert set(PAIRS) == {(str(s), str(e)) for s in MailingStatus for e in MailingEventKind}
    assert set(MOVES) == set(MailingEventKind)


@pytest.mark.parametrize("event", MailingEventKind)
@pytest.mark.parametrize("status", MailingStatus)
def test_every_pair(status: MailingStatus, event: MailingEventKind):
    mark = PAIRS[str(status), str(event)]
    if mark == "!":
        with pytest.raises(IllegalMailingTransitionError) as raised:
            transition(status, event)
        assert (raised.value.status, raised.value.event) == (status, event)
    else:
        assert transition(status, event) is MailingStatus(SHORT[mark])


def test_only_late_evidence_opens_a_closed_mailing_and_nothing_a_cancelled_one():
    assert {event for (status, event), mark in PAIRS.items() if status == "closed" and mark != "!"} == {"reopened"}
    assert {event for (status, event), mark in PAIRS.items() if status == "cancelled" and mark != "!"} == {"cancelled"}


def test_the_kinds_are_the_six_of_the_agreement():
    assert [kind.label for kind in MailingKind] == ["首发", "更正", "补发", "催办", "撤回通知", "试发"]
