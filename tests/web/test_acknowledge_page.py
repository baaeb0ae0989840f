"""签收 on the recipients' site: opening signs nothing, the button signs once, whoever looks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from mailer.model.acknowledgement import Terms
from mailer.model.links import Purpose
from mailer.settings import Settings
from mailer.store import acknowledgements, core
from mailer.store.engine import Store
from tests.web.public_site import Site, public_site
from tests.web.sample_ledger import Row, make_mailing

ROWS = [
    Row(also=("主要领导",)),
    Row(name="欧阳立", address="ouyang@qinglan.example", unit="竹溪街道"),
    Row("报", unit="区委", post="书记", name="齐衡", address="qi@qinglan.example"),
]


@pytest.fixture
def site(settings: Settings, store: Store) -> Iterator[Site]:
    with public_site(settings, store) as site:
        yield site


@pytest.fixture
def mailing(store: Store) -> int:
    mailing_id = make_mailing(store, ROWS)
    with store.begin() as session:
        acknowledgements.keep_terms(session, mailing_id, [Terms("发", within_days=3)])
    return mailing_id


def row(store: Store, address: str) -> Any:
    with store.read() as session:
        return session.execute(select(core.delivery).where(core.delivery.c.address == address)).one()


def everything(store: Store) -> list[Any]:
    with store.read() as session:
        return [
            session.execute(select(table)).all()
            for table in (core.delivery, core.acknowledgement, core.event, core.audit)
        ]


def test_opening_and_looking_ahead_sign_nothing(site: Site, store: Store, mailing: int) -> None:
    path = site.link(Purpose.SIGN, row(store, "shen@qinglan.example").id)
    before = everything(store)
    for method in ("GET", "HEAD", "OPTIONS"):
        site.get(path, method=method)
        site.get(path, method=method, sec_purpose="prefetch", user_agent="MailScanner")
    page = site.get(path).text
    assert "沈＊远" in page
    assert "望云街道" in page
    assert "2 个岗位一并签收" in page
    assert "shen@" not in page
    assert site.post(path).status == 400, "a POST that no button of ours made"
    assert everything(store) == before


def test_the_button_signs_once_and_the_page_says_when(site: Site, store: Store, mailing: int) -> None:
    one = row(store, "shen@qinglan.example").id
    path = site.link(Purpose.SIGN, one)
    assert "已签收" in site.post(path, {"act": "sign"}).text
    signed = row(store, "shen@qinglan.example").acknowledged_at
    assert signed is not None
    assert "不用再签" in site.get(path).text
    again = site.post(path, {"act": "sign"})
    assert (again.status, row(store, "shen@qinglan.example").acknowledged_at) == (200, signed)
    assert row(store, "ouyang@qinglan.example").acknowledged_at is None
    with store.read() as session:
        book = session.execute(select(core.acknowledgement)).all()
        audit = session.execute(select(core.audit).where(core.audit.c.action == "acknowledgement.signed")).all()
    assert [(each.how, each.delivery_id) for each in book] == [("page", one)] * 2, "for each of the two posts"
    assert [each.actor for each in audit] == [f"recipient:{one}"]


def test_who_is_not_asked_has_nothing_to_press(site: Site, store: Store, mailing: int) -> None:
    path = site.link(Purpose.SIGN, row(store, "qi@qinglan.example").id)
    assert "没有要求签收" in site.get(path).text
    site.post(path, {"act": "sign"})
    assert row(store, "qi@qinglan.example").acknowledged_at is None


def test_a_rehearsal_is_only_to_look_at(site: Site, store: Store) -> None:
    mailing_id = make_mailing(store, ROWS, rehearsal=True)
    with store.begin() as session:
        acknowledgements.keep_terms(session, mailing_id, [Terms("发")])
    path = site.link(Purpose.SIGN, row(store, "shen@qinglan.example").id)
    assert "演练" in site.post(path, {"act": "sign"}).text
    assert row(store, "shen@qinglan.example").acknowledged_at is None


def test_another_purpose_or_another_delivery_opens_nothing_here(site: Site, store: Store, mailing: int) -> None:
    one = row(store, "shen@qinglan.example").id
    token = site.links.token(Purpose.READ, one)
    assert site.post(f"/sign/{token}", {"act": "sign"}).status == 404
    assert site.post(f"/sign/{site.links.token(Purpose.SIGN, 999)}", {"act": "sign"}).status == 404
    assert row(store, "shen@qinglan.example").acknowledged_at is None
