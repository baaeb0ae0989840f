"""Returned mails that prove nothing, at the terminal: listed with what they may be about, claimed or put aside, once."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mailer.cli.main import main
from mailer.store.engine import Store, sqlite_url
from recipients.audience import Audience
from tests.store.queueing import claimed, ended, row_of, settle
from tests.support import returned_mail
from tests.support.builders import Clock, make_entry, make_office, make_sending

YEAR = 'year = 2031\n[[holiday]]\nname = "节"\nfrom = 2031-01-01\nto = 2031-01-01\n'


class Desk:
    """An installation with one delivery that our relay took, and its terminal."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self._monkeypatch, self._capsys = folder, monkeypatch, capsys
        monkeypatch.setenv("MAILER_DATA_DIR", str(folder / "data"))
        monkeypatch.chdir(folder)
        main(["init", "--yes"])
        self.store = Store(sqlite_url(folder / "data"))
        office = make_office(self.store, Clock(datetime.now(UTC)))
        lease = claimed(self.store, make_sending(office, Audience((make_entry(1),))), now=office.clock.now())
        at = office.clock.now()
        settle(self.store, lease, [ended(lease.rows[0], accepted_at=at, finished_at=at)])
        self.delivery = lease.rows[0].id
        capsys.readouterr()

    def __call__(self, *words: str) -> tuple[int, list[dict]]:
        code = main([*words, "--json"])
        return code, [json.loads(line) for line in self._capsys.readouterr().out.splitlines()]

    def take_in(self, raw: bytes) -> None:
        with io.TextIOWrapper(io.BytesIO(raw)) as stdin:
            self._monkeypatch.setattr("sys.stdin", stdin)
            assert self("bounces", "take-in")[0] == 0

    @property
    def status(self) -> str:
        return str(row_of(self.store, self.delivery).status)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    desk = Desk(tmp_path, monkeypatch, capsys)
    yield desk
    desk.store.close()


def test_a_return_is_claimed_for_its_delivery_once(desk: Desk):
    desk.take_in(returned_mail.hard())
    code, (one, told) = desk("bounces", "list")
    assert (code, told["returns"], one["subject"]) == (0, 1, "Returned mail")
    assert [(each["delivery"], each["recipient"]) for each in one["may_be"]] == [(desk.delivery, "r1@d1.example")]
    assert desk("bounces", "assign", str(one["number"]), str(desk.delivery))[1][-1]["status"] == "bounced"
    assert desk.status == "bounced"
    assert desk("bounces", "list")[1] == [{"event": "result", "returns": 0}]
    code, (told,) = desk("bounces", "assign", str(one["number"]), str(desk.delivery))
    assert (code, told["code"]) == (1, "not_assignable")


def test_a_return_that_is_nobodys_is_put_aside(desk: Desk):
    desk.take_in(returned_mail.hard(recipient="x@else.example"))
    _, (one, _) = desk("bounces", "list")
    assert one["may_be"] == []
    code, (told,) = desk("bounces", "assign", str(one["number"]), str(desk.delivery))
    assert (code, told["code"]) == (1, "not_assignable")
    assert desk("bounces", "dismiss", str(one["number"]), "--because", "别家的")[0] == 0
    assert desk("bounces", "list")[1][-1]["returns"] == 0
    assert desk("bounces", "dismiss", str(one["number"]))[1][0]["code"] == "no_return"
    assert desk.status == "accepted"


def test_a_suspected_return_is_confirmed_as_a_task(desk: Desk):
    desk.take_in(returned_mail.hard())
    _, tasks = desk("tasks", "list")
    [task] = [each for each in tasks if each.get("kind") == "suspected_return"]
    assert desk("tasks", "done", str(task["number"]), "--confirm")[1][0]["status"] == "bounced"
    assert desk.status == "bounced"
    assert desk("tasks", "done", str(task["number"]), "--confirm")[1][0]["code"] == "no_task"
    assert desk("bounces", "list")[1][-1]["returns"] == 0


def test_the_offices_calendar_is_handed_over(desk: Desk):
    (desk.folder / "year.toml").write_text(YEAR, encoding="utf-8")
    assert desk("morning", "--calendar", "year.toml") == (0, [{"event": "result", "year": 2031}])
    assert (desk.folder / "data" / "calendar" / "2031.toml").exists()
    (desk.folder / "year.toml").write_text("year", encoding="utf-8")
    code, (told,) = desk("morning", "--calendar", "year.toml")
    assert (code, told["code"]) == (1, "bad_calendar")
    assert desk("morning", "--calendar", "no.toml")[0] == 2
