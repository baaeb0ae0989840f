"""The auditor's page: what was done, by whom, from where; filters; the chain; the file. And the page of settings."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable
from datetime import UTC, datetime
from urllib.parse import quote

import pytest
from lxml import html
from sqlalchemy import update

from mailer import wiring
from mailer.flow.office import Office
from mailer.model.rights import Role
from mailer.settings import Settings, keys, load
from mailer.store import audit, core, writes
from mailer.store.engine import Store
from mailer.transport.sandbox import SandboxServer
from mailer.web.console.audit_pages import PER_PAGE
from tests.web.console_server import Console, make_account, running_console

HOSTILE = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{ 7*7 }}"


@pytest.fixture
def office(settings: Settings, store: Store) -> Office:
    return wiring.office_of(settings, store)


@pytest.fixture
def auditor(signed_in: Callable[..., Console]) -> Console:
    return signed_in(Role.AUDITOR, name="李察")


def record(office: Office, action: str = "mailing.paused", subject: str = "mailing:7", **detail: object) -> None:
    with office.store.begin() as session:
        office.record(session, "account:何小满", action, subject, **detail)


def rows(page: str) -> list[str]:
    return [" ".join(each.text_content().split()) for each in html.fromstring(page).cssselect("table.audit tbody tr")]


def test_who_did_what_when_from_where_before_and_after(auditor: Console, office: Office):
    record(
        office, "list.reworded", "list:报", before="报：县委", after="报：区委", why=["一", "二"], none=None, yes=True
    )
    shown = rows(auditor.get("/audit").text)
    entry = next(each for each in shown if "报：县委" in each)
    assert "何小满" in entry
    assert "名单 报" in entry
    assert "报：县委 → 报：区委" in entry
    assert "why 一、二" in entry
    assert "none 无" in entry
    assert "yes 是" in entry
    assert "本机" in entry
    assert "改写名单" in entry
    assert any("登录 帐户 李察" in each and "127.0.0.1" in each for each in shown)


def test_hostile_words_are_text_in_page_and_file(auditor: Console, office: Office):
    record(office, HOSTILE, HOSTILE, before=HOSTILE, after=HOSTILE, **{"a<b>": HOSTILE})
    for path in ("/audit", f"/audit?who={quote(HOSTILE)}&subject={quote(HOSTILE)}&since={quote(HOSTILE)}"):
        page = html.fromstring(auditor.get(path).text)
        assert page.cssselect("script, img, [onerror]") == []
    assert HOSTILE in html.fromstring(auditor.get("/audit").text).text_content()
    record(office, "=1+1", "@SUM(A1)")
    lines = list(csv.reader(io.StringIO(auditor.get("/audit/records.csv").body.decode("utf-8-sig"))))
    assert lines[-1][4:6] == ["'=1+1", "'@SUM(A1)"]


def test_the_filter_finds_and_is_kept_and_pages(auditor: Console, office: Office):
    for n in range(PER_PAGE + 5):
        record(office, subject=f"mailing:{n}")
    record(office, "task.done", "task:1")
    page = auditor.get("/audit?what=mailing.")
    assert len(rows(page.text)) == PER_PAGE
    older = html.fromstring(page.text).xpath("//a[text()='更早的']/@href")[0]
    assert "what=mailing." in older
    assert len(rows(auditor.get(older.partition("#")[0]).text)) == 5
    assert len(rows(auditor.get("/audit?what=task.").text)) == 1
    assert len(rows(auditor.get(f"/audit?who={quote('何小满')}&what=task.").text)) == 1
    assert "没有符合的记录" in auditor.get("/audit?who=nobody").text
    today = datetime.now(UTC).astimezone(office.zone).date()
    assert rows(auditor.get(f"/audit?since={today}&until={today}").text)
    assert "没有符合的记录" in auditor.get("/audit?until=2020-01-01").text


@pytest.mark.parametrize(
    "query",
    ["since=yesterday", "until=9999-12-31", "before=abc", "before=" + "9" * 40, "what=%25", "who=' OR 1=1 --", "source=\x00",
     "since=2026-02-30", "who=%ff%fe", "subject=" + "x" * 4_000],
)  # fmt: skip
def test_what_means_nothing_finds_nothing_or_all_and_breaks_nothing(auditor: Console, query: str):
    assert auditor.get("/audit?" + quote(query, safe="=&%")).status == 200


def test_looking_is_written_down_once_and_taking_away_each_time(auditor: Console, store: Store):
    for _ in range(3):
        auditor.get("/audit")
    for _ in range(2):
        auditor.get("/audit/records.csv")
    with store.read() as session:
        found = [row.action for row in audit.records(session, audit.Wanted(), before=None, limit=50)]
    assert (found.count("audit.viewed"), found.count("audit.exported")) == (1, 2)


def test_the_chain_is_checked_by_a_button(auditor: Console, office: Office, store: Store):
    for n in range(3):
        record(office, subject=f"mailing:{n}")
    with store.read() as session:
        kept = audit.head(session)
    answer = auditor.post("/audit/verify", {"head": f"{kept.record_id}:{kept.mac.upper()}"})
    assert "完好" in answer.text
    assert "与存证的链头也一致" in answer.text
    with store.begin() as session:
        session.execute(update(core.audit).where(core.audit.c.id == kept.record_id).values(subject="mailing:9"))
    answer = auditor.post("/audit/verify")
    assert "被动过，1 处" in answer.text
    assert f"第 {kept.record_id} 条被改动过" in answer.text
    for wrong in ("x", "1:2", ":", f"{kept.record_id}:{'0' * 63}", "1" * 30 + ":" + "0" * 64):
        assert auditor.post("/audit/verify", {"head": wrong}).status == 422


def test_nothing_on_these_pages_changes_a_record(auditor: Console, store: Store):
    with store.read() as session:
        before = audit.head(session).record_id
    for path in ("/audit", "/audit/records.csv"):
        for method in ("POST", "PUT", "DELETE"):
            assert auditor.get(path, method=method).status == 405
    with store.read() as session:
        assert audit.head(session).record_id == before


# --- settings --------------------------------------------------------------------------------------------------------


def settings_page(page: str) -> dict[str, tuple[str, str]]:
    """Help -> (value, where it was set)."""
    return {
        str(row.cssselect("dt")[0].text_content()): (
            str(row.cssselect("b")[0].text_content()),
            " ".join(row.cssselect(".quiet")[-1].text_content().split()) if row.cssselect(".quiet") else "",
        )
        for row in html.fromstring(page).cssselect("dl.settings > div")
        if row.cssselect("b")
    }


def test_every_setting_is_shown_with_where_it_was_set_and_no_secret(
    settings: Settings, store: Store, monkeypatch: pytest.MonkeyPatch
):
    environ = {
        "MAILER_DATA_DIR": str(settings.data_dir),
        "MAILER_RELAY_URL": "smtp://127.0.0.1:1",
        "MAILER_RELAY_PASSWORD": "the relay's secret",
        "MAILER_RETRY_FIRST": "90s",
    }
    (settings.data_dir.parent / "mailer.toml").write_text('from = "某办公室 <a@office.example>"\n', "utf-8")
    for name, value in environ.items():
        monkeypatch.setenv(name, value)
    name = make_account(settings, store, "何小满", Role.SYSTEM_ADMIN)
    with running_console(load(environ), store) as console:
        console.log_in(name)
        answer = console.get("/settings")
    shown = settings_page(answer.text)
    assert {key.help for key in keys()} <= set(shown)
    assert "the relay's secret" not in answer.text
    by_key = {key.name: shown[key.help] for key in keys()}
    assert by_key["MAILER_RELAY_PASSWORD"] == ("已设置，不显示", "由 环境变量 MAILER_RELAY_PASSWORD 设定")
    assert by_key["MAILER_RETRY_FIRST"] == ("90 秒", "由 环境变量 MAILER_RETRY_FIRST 设定")
    assert by_key["MAILER_RETRY_MAX"] == ("2 小时", "默认；用 MAILER_RETRY_MAX 改")
    assert by_key["MAILER_FROM"][0] == "某办公室 <a@office.example>"
    assert by_key["MAILER_FROM"][1].endswith("mailer.toml 的 from 设定")
    assert by_key["MAILER_CONSOLE_LISTEN"][0] == "127.0.0.1:8025"


def test_the_relay_is_asked_by_a_button(settings: Settings, store: Store):
    name = make_account(settings, store, "何小满", Role.SYSTEM_ADMIN)
    relay = SandboxServer()
    relay.start()
    try:
        found = load({"MAILER_DATA_DIR": str(settings.data_dir), "MAILER_RELAY_URL": f"smtp://127.0.0.1:{relay.port}"})
        with running_console(found, store) as console:
            console.log_in(name)
            assert "连接成功" in console.post("/settings/probe").text
            with store.begin() as session:
                writes.set_fact(session, "relay_trouble", "连不上 <b>")
            assert "现在用不了：连不上 &lt;b&gt;" in console.get("/settings").text
    finally:
        relay.stop()
    away = load({"MAILER_DATA_DIR": str(settings.data_dir), "MAILER_RELAY_URL": "smtp://127.0.0.1:1"})
    with running_console(away, store) as console:
        console.log_in(name)
        answer = console.post("/settings/probe")
        assert answer.status == 200
        assert "刚试过，不行" in answer.text
    with store.read() as session:
        probes = [row.detail for row in audit.records(session, audit.Wanted(action="relay."), before=None, limit=5)]
    assert ['"ok": false' in each for each in probes] == [True, False]


def test_without_a_relay_it_says_that_everything_is_a_rehearsal(clerk: Console):
    page = clerk.get("/settings").text
    assert "现在每次发送都是演练" in page
    assert "线下核签登记" in page
    assert "内置演练服务器" in clerk.post("/settings/probe").text
