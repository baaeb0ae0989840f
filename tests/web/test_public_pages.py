"""What recipients see and do on their own pages: read, know why, hand over, pause, leave, come back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import lxml.html
import pytest
from sqlalchemy import select

from mailer import wiring
from mailer.flow.office import Office
from mailer.model.links import Purpose
from mailer.model.mailing import MailingKind
from mailer.settings import Settings, load
from mailer.store import audit, freeze, queries, web_copies
from mailer.store.core import audit as audit_table
from mailer.store.core import delivery, follow_up, mailing, web_copy
from mailer.store.engine import Store
from mailer.wake.local import LocalWake
from recipients import directory, tables
from recipients.suppression import SuppressionReason
from tests.support.issues import sample_issue
from tests.web.public_site import Site, open_list, public_site, send_sample

BASE_URL = "https://news.office.example"
SHEN, ZHOU = "shen@qinglan.example", "zhoucl@qinglan.example"


@pytest.fixture(scope="module")
def house(fresh_installation: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, int]]:
    """The data folder with the sample issue released, made once, and whose delivery is which."""
    folder = tmp_path_factory.mktemp("house") / "data"
    shutil.copytree(fresh_installation, folder)
    settings = replace(load({}, data_dir=str(folder)), base_url=BASE_URL)
    store = wiring.open_store(settings)
    sent = send_sample(settings, store)
    store.close()
    return folder, sent


@pytest.fixture
def settings(house: tuple[Path, dict[str, int]], tmp_path: Path) -> Settings:
    shutil.copytree(house[0], tmp_path / "data")
    return replace(load({}, data_dir=str(tmp_path / "data")), base_url=BASE_URL)


@pytest.fixture
def site(settings: Settings, store: Store) -> Iterator[Site]:
    with public_site(settings, store) as site:
        yield site


@pytest.fixture
def office(settings: Settings, store: Store) -> Office:
    return wiring.office_of(settings, store, LocalWake())


@pytest.fixture
def sent(house: tuple[Path, dict[str, int]]) -> dict[str, int]:
    return house[1]


def stops_of(store: Store, office: Office, address: str) -> list[Any]:
    with store.read() as session:
        return directory.active_suppressions(session, office.clock.now(), address)


def wishes_of(store: Store) -> list[tables.ChangeRequest]:
    with store.read() as session:
        found = list(session.scalars(select(tables.ChangeRequest).order_by(tables.ChangeRequest.id)))
        session.expunge_all()
        return found


def news(store: Store, delivery_id: int, kind: str, state: str, note: str, **values: Any) -> None:
    with store.begin() as session:
        row = session.execute(
            mailing.select().join(delivery, delivery.c.mailing_id == mailing.c.id).where(delivery.c.id == delivery_id)
        ).one()
        session.execute(
            follow_up.insert().values(
                issue_id=1, rehearsal=bool(row.rehearsal), kind=kind, state=state, base_mailing_id=row.id, note=note, mode="one",
                signer="", waived="{}", ordered_at=row.released_at, ordered_by="test",
                **({"revision_id": row.revision_id} | values),
            )
        )  # fmt: skip


# --- whose it is ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", [Purpose.SETTINGS, Purpose.LEAVE])
def test_a_page_shows_whose_link_it_is_and_no_full_name_or_address(site: Site, sent: dict[str, int], purpose: Purpose):
    page = site.get(site.link(purpose, sent[SHEN]))
    assert page.status == 200
    for shown in ("沈＊远", "s***n@qinglan.example", "望云街道 · 信息员", "请不要替他操作"):
        assert shown in page.text
    for hidden in ("沈可远", SHEN, "000-6000116", "周长乐"):
        assert hidden not in page.text


# --- the web copy ----------------------------------------------------------------------------------------------------


def test_the_web_copy_is_the_whole_issue_with_nothing_personal(site: Site, sent: dict[str, int]):
    page = site.get(site.link(Purpose.READ, sent[SHEN]))
    assert page.status == 200
    words = lxml.html.document_fromstring(page.text).text_content()
    for item in sample_issue().items:
        assert all(paragraph in words for paragraph in item.paragraphs)
    for personal in ("件号", "退订", "调整接收人", "签收本期", "shen", "沈", "/settings/", "/read/", "cid:", "<script"):
        assert personal not in page.text
    assert 'id="s1"' in page.text
    assert 'href="#s1"' in page.text
    assert page.headers["content-security-policy"].startswith(
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    )
    assert page.headers["referrer-policy"] == "no-referrer"


def test_an_issue_that_was_taken_back_is_not_shown_any_more(site: Site, store: Store, sent: dict[str, int]):
    news(store, sent[SHEN], "recall", "stopping", "数字有误 <b>")
    page = site.get(site.link(Purpose.READ, sent[SHEN]))
    assert "本期已撤回" in page.text
    assert "数字有误 &lt;b&gt;" in page.text
    assert "板凳会" not in page.text


def test_a_corrected_issue_says_so_and_shows_what_holds_now(site: Site, store: Store, sent: dict[str, int]):
    path = site.link(Purpose.READ, sent[SHEN])
    with store.begin() as session:
        base = queries.mailing(session, 1)
        revision_id, _ = freeze.keep_revision(
            session,
            issue_id=1,
            source=b"2",
            sha256="2",
            name="x.md",
            content_json="{}",
            now=base.released_at,
            by="test",
        )
    news(store, sent[SHEN], "correction", "prepared", "“86场”应为“68场”", revision_id=revision_id)
    assert "【更正】" not in site.get(path).text  # nobody has heard of it yet
    with store.begin() as session:
        session.execute(follow_up.update().values(state="released"))
    page = site.get(path).text
    assert "【更正】" in page
    assert "下面仍是更正前的内容" in page
    assert "“86场”应为“68场”" in page
    with store.begin() as session:
        values = dict(session.execute(mailing.select().where(mailing.c.id == 1)).one()._mapping)
        values |= {
            "id": 2,
            "key": "c",
            "content_key": "c",
            "kind": str(MailingKind.CORRECTION),
            "revision_id": revision_id,
        }
        session.execute(mailing.insert().values(**values))
        web_copies.keep(session, 2, "<table>\n<!--news-->\n<tr><td>更正后的全文</td></tr></table>")
    page = site.get(path).text
    assert "下面是更正后的内容" in page
    assert "更正后的全文" in page
    assert "板凳会" not in page


def test_an_issue_that_has_no_web_copy_says_so(site: Site, store: Store, sent: dict[str, int]):
    with store.begin() as session:
        session.execute(web_copy.delete())
    assert "这一期没有网页版" in site.get(site.link(Purpose.READ, sent[SHEN])).text


def test_without_a_public_address_no_web_copy_is_kept(fresh_installation: Path, tmp_path: Path):
    shutil.copytree(fresh_installation, tmp_path / "plain")
    settings = load({}, data_dir=str(tmp_path / "plain"))
    store = wiring.open_store(settings)
    send_sample(settings, store)
    with store.read() as session:
        assert web_copies.of_mailing(session, 1) is None
    store.close()


# --- too old ---------------------------------------------------------------------------------------------------------


def test_old_links_get_the_page_of_bad_links_but_for_leaving(settings: Settings, store: Store, sent: dict[str, int]):
    with public_site(replace(settings, links_for=timedelta(0)), store) as site:
        answers = [site.get(site.link(purpose, sent[SHEN])) for purpose in (Purpose.READ, Purpose.SETTINGS)]
        assert {(answer.status, answer.text) for answer in answers} == {(404, site.get("/read/x").text)}
        assert site.get(site.link(Purpose.LEAVE, sent[SHEN])).status == 200


# --- why, and other wishes ---------------------------------------------------------------------------------------------


def test_the_page_says_what_comes_and_why(site: Site, sent: dict[str, int]):
    page = site.get(site.link(Purpose.SETTINGS, sent[SHEN])).text
    assert "发各单位" in page
    assert "因为您是 望云街道 · 信息员" in page
    assert "按岗位发送，不能自行退订" in page
    assert "暂停接收一段时间" not in page


def test_handing_over_asks_the_office_and_tells_everybody_concerned(
    site: Site, store: Store, office: Office, sent: dict[str, int]
):
    path = site.link(Purpose.SETTINGS, sent[SHEN])
    fields = {"act": "hand-over", "name": "冯新任", "address": "Feng@qinglan.example", "words": "11月调岗"}
    for _ in range(3):  # pressed three times
        page = site.post(f"{path}/hand-over", fields)
        assert page.status == 200
        assert "已收到您的要求" in page.text
    (wish,) = wishes_of(store)
    assert (wish.kind, wish.address_key, wish.value, wish.name, wish.reason, wish.state) == (
        "hand_over", SHEN, "Feng@qinglan.example", "冯新任", "11月调岗", "open",
    )  # fmt: skip
    assert wish.created_by == f"recipient:{sent[SHEN]}"
    assert set(wish.tell_to) == {
        SHEN,
        "Feng@qinglan.example",
    }  # of the unit nobody else is its box or information officer
    assert wish.tell_after is not None
    with store.read() as session:
        assert [task.title for task in queries.open_tasks(session) if task.kind == "change_request"] != []
        assert directory.lists_of(session, SHEN, office.clock.now()) != []  # nothing has changed yet
    assert "移交接任人：冯新任" in site.get(path).text
    assert "等编发单位确认" in site.get(path).text


@pytest.mark.parametrize(
    ("act", "fields", "said"),
    [
        ("hand-over", {"name": "", "address": "a@b.example"}, "请填写接任人的姓名"),
        ("hand-over", {"name": "王" * 61, "address": ""}, "最多 60 个字"),
        ("hand-over", {"name": "王一", "address": "not an address"}, "邮箱不能用"),
        ("address", {"address": ""}, "请填写新的邮箱"),
        ("address", {"address": SHEN.upper()}, "这就是现在的邮箱"),
        ("address", {"address": "a@b.example>\r\nBcc: x@y.example"}, "邮箱不能用"),
    ],
)
def test_a_form_that_cannot_be_used_comes_back_with_what_was_typed(
    site: Site, store: Store, sent: dict[str, int], act: str, fields: dict[str, str], said: str
):
    page = site.post(f"{site.link(Purpose.SETTINGS, sent[SHEN])}/{act}", {"act": act, **fields})
    assert page.status == 422
    assert said in page.text
    assert "<details open>" in page.text
    assert wishes_of(store) == []


def test_an_address_has_only_so_many_wishes(site: Site, store: Store, sent: dict[str, int]):
    path = f"{site.link(Purpose.SETTINGS, sent[SHEN])}/address"
    pages = [site.post(path, {"act": "address", "address": f"a{n}@other.example"}).text for n in range(6)]
    assert ["已收到您的要求" in page for page in pages] == [True] * 4 + [False] * 2
    assert len(wishes_of(store)) == 4


def test_a_pause_is_for_lists_that_may_be_left_and_has_an_end(
    settings: Settings, store: Store, office: Office, sent: dict[str, int]
):
    open_list(store)
    day = (office.clock.now() + timedelta(days=20)).astimezone(office.zone).date()
    with public_site(settings, store) as site:
        path = f"{site.link(Purpose.SETTINGS, sent[SHEN])}/pause"
        for until in ("", "soon", "2020-01-01", "9999-12-31"):
            assert site.post(path, {"act": "pause", "code": "发", "until": until}).status == 422
        assert "没有改动" in site.post(path, {"act": "pause", "code": "报", "until": str(day)}).text
        assert stops_of(store, office, SHEN) == []
        assert "已办好" in site.post(path, {"act": "pause", "code": "发", "until": str(day)}).text
        (stop,) = stops_of(store, office, SHEN)
        assert stop.until is not None
        assert stop.until.astimezone(office.zone).date() == day + timedelta(days=1)
        assert "已暂停到" in site.get(site.link(Purpose.SETTINGS, sent[SHEN])).text


# --- leaving ---------------------------------------------------------------------------------------------------------


def test_the_mail_services_click_leaves_without_cookie_or_redirect(
    settings: Settings, store: Store, office: Office, sent: dict[str, int]
):
    open_list(store)
    with public_site(settings, store) as site:
        path = site.link(Purpose.LEAVE, sent[SHEN])
        page = site.post(path, {"List-Unsubscribe": "One-Click"})
        assert page.status == 200
        assert "set-cookie" not in page.headers
        assert "已退订" in page.text
        (stop,) = stops_of(store, office, SHEN)
        assert (stop.reason, stop.scope, stop.until) == (SuppressionReason.ASKED, "发", None)
        assert stops_of(store, office, ZHOU) == []
        assert site.post(path, {"List-Unsubscribe": "One-Click"}).status == 200
        assert len(wishes_of(store)) == 1  # once is enough
        assert "按错了，恢复接收" in site.get(path).text
        assert "已恢复" in site.post(f"{path}/back", {"act": "back"}).text
        assert stops_of(store, office, SHEN) == []


def test_the_click_may_come_as_multipart(settings: Settings, store: Store, office: Office, sent: dict[str, int]):
    open_list(store)
    body = b'--b\r\nContent-Disposition: form-data; name="List-Unsubscribe"\r\n\r\nOne-Click\r\n--b--\r\n'
    with public_site(settings, store) as site:
        path = site.link(Purpose.LEAVE, sent[SHEN])
        assert site.get(path, method="POST", body=body, content_type="multipart/form-data; boundary=b").status == 200
    assert len(stops_of(store, office, SHEN)) == 1


def test_who_left_gets_nothing_of_what_still_waits(settings: Settings, store: Store, sent: dict[str, int]):
    open_list(store)
    with public_site(settings, store) as site:
        site.post(site.link(Purpose.LEAVE, sent[SHEN]), {"act": "leave"})
    with store.read() as session:
        row = session.execute(delivery.select().where(delivery.c.id == sent[SHEN])).one()
    assert row.status == "withheld"


def test_nobody_leaves_a_duty_list_by_a_click(site: Site, store: Store, office: Office, sent: dict[str, int]):
    page = site.post(site.link(Purpose.LEAVE, sent[SHEN]), {"List-Unsubscribe": "One-Click"})
    assert page.status == 200
    assert "由他们决定" in page.text
    assert stops_of(store, office, SHEN) == []
    assert [wish.state for wish in wishes_of(store)] == ["open"]


def test_a_trial_changes_nothing(settings: Settings, store: Store, office: Office, sent: dict[str, int]):
    with store.begin() as session:
        session.execute(mailing.update().values(kind=str(MailingKind.TEST)))
    with public_site(settings, store) as site:
        assert "没有退订任何名单" in site.post(site.link(Purpose.LEAVE, sent[SHEN]), {"act": "leave"}).text
        path = f"{site.link(Purpose.SETTINGS, sent[SHEN])}/address"
        assert "没有记录" in site.post(path, {"act": "address", "address": "x@y.example"}).text
    assert stops_of(store, office, SHEN) == []
    assert wishes_of(store) == []


def test_each_act_is_one_audit_record_with_whose_link_and_from_where(
    settings: Settings, store: Store, office: Office, sent: dict[str, int]
):
    open_list(store)
    with store.read() as session:
        before = session.execute(audit_table.select()).all()
    with public_site(settings, store) as site:
        site.post(site.link(Purpose.SETTINGS, sent[SHEN]) + "/hand-over", {"act": "x", "name": "冯新任"})
    with store.read() as session:
        (record,) = session.execute(audit_table.select()).all()[len(before) :]
        assert audit.verify(session, office.audit_key) == []
    assert (record.actor, record.action, record.source) == (
        f"recipient:{sent[SHEN]}",
        "request.entered",
        "198.51.100.7",
    )
