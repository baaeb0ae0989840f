"""The head of the audit chain is put away every day, in the machine's log and in the auditor's mailbox."""

from __future__ import annotations

import email
import email.policy
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import delete, update

from mailer.flow.office import Office
from mailer.flow.tell_colleagues import Desk
from mailer.flow.witness_audit import Witness, witness_audit
from mailer.store import audit, core
from mailer.transport.relay import RelayAddress, SmtpRelay
from mailer.transport.sandbox import SandboxServer
from mailer.transport.smtp import Timeouts
from tests.support.builders import AUDIT_KEY, SHANGHAI, Clock


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[SandboxServer]:
    """One that keeps what it took."""
    relay = SandboxServer(tmp_path / "taken", None)
    relay.start()
    yield relay
    relay.stop()


@pytest.fixture
def lines() -> list[str]:
    return []


@pytest.fixture
def witness(office: Office, clock: Clock, desk: Desk, lines: list[str]) -> Witness:
    desk = replace(desk, to=("auditor@office.example",))
    return Witness(office.store, AUDIT_KEY, clock, SHANGHAI, lines.append, desk, lambda *_args, **_facts: None)


def act(office: Office) -> None:
    with office.store.begin() as session:
        office.record(session, "account:甲", "mailing.paused", "mailing:1")


def head(office: Office) -> str:
    with office.store.read() as session:
        found = audit.head(session)
    return f"{found.record_id}:{found.mac}"


def last_mail(folder: Path) -> str:
    """Subject and text of what was taken last."""
    message = email.message_from_bytes((folder / "taken" / "last.eml").read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    assert message["To"] == "auditor@office.example"
    return f"{message['Subject']}\n{body.get_content()}"


def test_once_a_day_the_head_goes_to_log_and_mailbox(
    office: Office, witness: Witness, clock: Clock, lines: list[str], tmp_path: Path
):
    act(office)
    first = head(office)
    assert witness_audit(witness, "me")
    assert not witness_audit(witness, "me")
    assert lines == [f"audit chain ok, head {first}"]
    assert "【存证】每日存证：审计记录完好" in last_mail(tmp_path)
    assert first in last_mail(tmp_path)
    act(office)
    clock.turn(hours=14)  # over midnight in the office
    assert witness_audit(witness, "me")
    assert lines[1:] == [f"audit chain ok, head {head(office)}"]
    assert head(office) in last_mail(tmp_path)


def test_a_broken_chain_is_told_as_what_it_is(office: Office, witness: Witness, lines: list[str], tmp_path: Path):
    for _ in range(3):
        act(office)
    with office.store.begin() as session:
        session.execute(update(core.audit).where(core.audit.c.id == 2).values(actor="account:乙"))
    assert witness_audit(witness, "me")
    assert lines[0].startswith("audit chain BROKEN at 2 (changed), head 3:")
    mail = last_mail(tmp_path)
    assert "需要处理】审计记录被动过，1 处" in mail
    assert "第 2 条被改动过" in mail
    assert "mailer audit verify" in mail


def test_a_chain_cut_with_its_count_is_found_by_yesterdays_head(
    office: Office, witness: Witness, clock: Clock, lines: list[str]
):
    for _ in range(3):
        act(office)
    witness_audit(witness, "me")
    with office.store.begin() as session:
        session.execute(delete(core.audit).where(core.audit.c.id == 3))
        session.execute(update(core.house_sequence).where(core.house_sequence.c.name == "audit").values(next_value=3))
    clock.turn(days=1)
    witness_audit(witness, "me")
    assert lines[1].startswith("audit chain BROKEN at 3 (cut), head 2:")


def test_a_mail_that_nobody_took_is_tried_again_and_the_log_written_once(
    office: Office, witness: Witness, relay: SandboxServer, clock: Clock, lines: list[str]
):
    act(office)
    away = SmtpRelay(
        RelayAddress("127.0.0.1", 1), connections=1, messages_per_connection=1, timeouts=Timeouts(), helo_name="x",
        now=clock.now, pipelined=False, one_at_a_time=True,
    )  # fmt: skip
    assert witness.desk is not None
    assert witness_audit(replace(witness, desk=replace(witness.desk, relay=lambda: away)), "me")
    assert relay.accepted == 0
    clock.turn(minutes=20)
    assert witness_audit(witness, "me")
    assert relay.accepted == len(lines) == 1


def test_without_an_auditor_the_log_alone_is_written(office: Office, witness: Witness, lines: list[str]):
    act(office)
    nobody = replace(witness, desk=None)
    assert [witness_audit(nobody, "me") for _ in range(2)] == [True, False]
    assert len(lines) == 1


def test_two_processes_do_not_both_tell(office: Office, witness: Witness, clock: Clock, lines: list[str]):
    act(office)
    assert witness_audit(witness, "me")
    clock.turn(days=1)
    assert witness_audit(replace(witness, desk=None), "other")
    assert not witness_audit(witness, "me")  # the other's turn is not over, though the mail is still to be sent
    clock.turn(minutes=16)
    assert witness_audit(witness, "me")
    assert len(lines) == 2


def test_an_empty_chain_is_no_trouble(office: Office, witness: Witness, clock: Clock, lines: list[str]):
    assert witness_audit(witness, "me")
    clock.turn(days=1)
    assert witness_audit(witness, "me")
    assert [line.startswith("audit chain ok, head 0:") for line in lines] == [True, True]
