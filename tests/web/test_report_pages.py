"""The sheets: one mailing by list and unit, a period by issue and by domain; their sums are the ledger's own."""

from __future__ import annotations

import io
import re
from datetime import timedelta

import openpyxl
import pytest
from sqlalchemy import select, update

from mailer.flow.export_sheets import PARTS
from mailer.flow.read_reports import read_period
from mailer.model.delivery import DeliveryStatus
from mailer.model.period import Period
from mailer.store import queries
from mailer.store.core import audit, mailing
from mailer.store.engine import Store
from tests.support.builders import SHANGHAI
from tests.web.console_server import Console
from tests.web.ledger_reading import HOSTILE
from tests.web.sample_ledger import RELEASED_AT, Row, make_mailing, realistic

S = DeliveryStatus
QUARTER = Period.quarter_of(RELEASED_AT.date())


def test_every_status_is_counted_in_exactly_one_column():
    together = [status for statuses in PARTS.values() for status in statuses]
    assert sorted(together) == sorted(S)


@pytest.fixture
def two_issues(store: Store) -> list[int]:
    made = [
        make_mailing(store, realistic(sending=False)),
        make_mailing(
            store, [Row(), Row(status=S.BOUNCED, reason="userunknown", fault="recipient")], key="b", number=129
        ),
        make_mailing(store, [Row()], key="rehearsed", number=130, rehearsal=True),
        make_mailing(store, [Row()], key="early", number=127),
    ]
    with store.begin() as session:
        before = QUARTER.bounds(SHANGHAI)[0] - timedelta(seconds=1)
        session.execute(update(mailing).where(mailing.c.id == made[3]).values(released_at=before))
    return made[:2]


def test_the_period_is_the_sum_of_its_ledgers(store: Store, two_issues: list[int]):
    with store.read() as session:
        sheet = read_period(session, QUARTER, SHANGHAI, RELEASED_AT, rehearsals=False)
        sums = [queries.ledger_sum(session, each) for each in two_issues]
    assert [line.sum for line in sheet.lines] == sums
    assert sheet.sum.adds_up
    assert (sheet.sum.total, sheet.sum.duties) == (sum(each.total for each in sums), sum(each.duties for each in sums))
    assert sheet.sum.counts == {status: sum(each.counts[status] for each in sums) for status in S}
    assert sheet.issues == 2


def test_the_page_of_a_period(console: Console, two_issues: list[int]):
    console.enter()
    page = console.get(f"/reports?period={QUARTER}").text
    assert QUARTER.label in page
    assert re.findall(r'href="/mailings/(\d+)/sheet"', page) == [str(each) for each in two_issues]
    assert "<b>2</b> 期" in page
    # figures stand beside every chart
    assert page.count('role="img"') == page.count("aria-label=") - page.count('aria-label="主要页面"') == 3
    assert "style=" not in page
    assert "只看演练" in page
    rehearsed = console.get(f"/reports?period={QUARTER}&rehearsals=yes").text
    assert "第130期" in rehearsed
    assert "第128期" not in rehearsed


def test_a_period_in_which_nothing_was_sent_says_what_there_is(console: Console, store: Store):
    console.enter()
    assert "1999年没有发送" in console.get("/reports?period=1999").text
    make_mailing(store, [Row()], rehearsal=True)
    assert "这段时间只有演练" in console.get(f"/reports?period={QUARTER}").text


@pytest.mark.parametrize("path", ["/reports", "/reports/domains"])
def test_an_odd_period_is_answered_with_this_quarter_and_a_word(console: Console, path: str):
    console.enter()
    answer = console.get(f"{path}?period=%3Cb%3E2026-99")
    assert answer.status == 200
    assert "不是能看的时段" in answer.text
    assert "<b>2026-99" not in answer.text


def test_domains_by_how_much_arrived(console: Console, store: Store):
    rows = [
        *(Row(address=f"a{n}@big.example") for n in range(7)),
        Row(address="x@big.example", status=S.BOUNCED, reason="mailboxfull", fault="recipient"),
        Row(address="y@big.example", status=S.WITHHELD, reason="suppressed"),
        Row(address="b@small.example", status=S.IN_DOUBT, reason="networkerror", fault="network"),
        Row(address="", status=S.WITHHELD, reason="no_address"),
    ]
    make_mailing(store, rows)
    console.enter()
    page = console.get(f"/reports/domains?period={QUARTER}").text
    assert re.findall(r'class="domain"><bdi>(\S+)</bdi>', page) == ["big.example", "small.example"]
    assert "<b>87.5%</b>" in page  # 7 of 8; what was kept back was never tried
    assert "<b>0.0%</b>" in page
    assert "对方邮箱已满" in page
    assert "另有 1 份没有邮箱" in page


def test_the_sheet_of_one_mailing(clerk: Console, store: Store):
    made = make_mailing(store, realistic(sending=False))
    page = clerk.get(f"/mailings/{made}/sheet").text
    with store.read() as session:
        total = queries.ledger_sum(session, made)
    assert f"{total.total} 份，覆盖 {total.duties} 个岗位" in page
    assert "区统计局" in page
    assert clerk.get("/mailings/999/sheet").status == 404
    with store.read() as session:
        actions = session.execute(select(audit.c.action).where(audit.c.actor == "account:小何")).scalars().all()
    assert "ledger.viewed" in actions


def test_workbooks_hold_numbers_that_add_up_and_words_that_are_not_run(clerk: Console, store: Store):
    made = make_mailing(
        store,
        [
            Row(unit="=1+1", name=HOSTILE, status=S.BOUNCED, reason="userunknown", fault="recipient"),
            Row(unit="@SUM(1)"),
        ],
        title="=2+2",
    )
    paths = (
        f"/mailings/{made}/sheet.xlsx",
        f"/reports/period.xlsx?period={QUARTER}",
        f"/reports/domains.xlsx?period={QUARTER}",
    )
    for path in paths:
        answer = clerk.get(path)
        assert answer.status == 200
        book = openpyxl.load_workbook(io.BytesIO(answer.body))
        cells = [cell for sheet in book for row in sheet.iter_rows() for cell in row if cell.value is not None]
        assert {cell.data_type for cell in cells} <= {"s", "n"}
        assert any(cell.data_type == "n" for cell in cells)
        for sheet in book:
            rows = list(sheet.iter_rows(values_only=True))
            heads = [row for row in rows if "份数" in row]
            for row in rows[rows.index(heads[0]) + 1 :] if heads else []:
                at = heads[0].index("份数")
                counted = row[at + 2 : at + 2 + len(PARTS)]
                assert row[at] == sum(counted), (path, sheet.title, row)  # type: ignore[arg-type]  # numbers, or it fails
    with store.read() as session:
        found = session.execute(select(audit.c.detail).where(audit.c.action == "report.exported")).scalars().all()
    assert len(found) == len(paths)
