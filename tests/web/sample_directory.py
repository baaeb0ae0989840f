"""An office with a directory, returned mail and things to do, made by the product's own flows; for the pages that show them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from mailer.flow import change_requests
from mailer.flow.import_recipients import AboutUnits, import_recipients, record_import
from mailer.flow.office import Office
from mailer.flow.suppress_address import suppress_address
from mailer.flow.take_in_report import take_in_report
from mailer.model.delivery import DeliveryStatus
from mailer.store import writes
from mailer.store.core import delivery
from mailer.store.core import mailing as mailing_table
from mailer.store.engine import Store
from recipients import directory
from recipients.difference import Scope
from recipients.requests import ChangeRequest, RequestKind
from recipients.roster import read_roster
from recipients.spreadsheet import Sheet, Workbook
from recipients.suppression import Suppression, SuppressionReason
from tests.support import returned_mail
from tests.web.sample_ledger import Row, make_mailing

HEADER = ("分组", "单位", "姓名", "人员类别", "职务", "电话", "邮箱", "名单", "备注")
PEOPLE = (
    ("领导", "区政府", "李一鸣", "区领导", "副区长", "000-1001", "liym@qinglan.example", "", ""),
    ("镇街", "望云街道", "沈可远", "信息员", "", "000-6000116", "shen@qinglan.example", "", ""),
    ("镇街", "望云街道", "周长乐", "主要领导", "书记", "000-6000117", "zhoucl@qinglan.example", "", ""),
    ("镇街", "松陵镇", "郑好", "信息员", "", "000-6000201", "zhengh@qinglan.example", "", ""),
    ("镇街", "松陵镇", "吴满", "主管领导", "", "000-6000202", "", "", "只收纸质"),
    ("委办局", "区科协", "曾意", "信息员", "", "000-6000301", "zengy@qinglan.example；zy@qinglan.example", "", ""),
    ("委办局", "区科协", "冯程", "科员", "", "", "fengc@qinglan.example", "", ""),
)


def take_over(
    store: Store, office: Office, people: Sequence[Sequence[str]] = PEOPLE, *, at: datetime | None = None
) -> int:
    """Imports rows under HEADER, adding; the import's number."""
    now = office.clock.now()
    roster = read_roster([("名单.csv", Workbook((Sheet("", [HEADER, *map(tuple, people)]),)))])
    with store.begin() as session:
        report = import_recipients(
            session,
            roster,
            Scope.ADD,
            at or now,
            "cli:test",
            source="名单.csv",
            file_hash="",
            confirm_removals=True,
            about_units=AboutUnits(all_new=True),
            now=now,
        )
        record_import(office, session, report, "cli:test", now)
        assert report.import_id is not None
        return report.import_id


def holder_id(store: Store, office: Office, query: str) -> int:
    """Of the one person that a search finds."""
    with store.read() as session:
        (found,) = directory.find(session, query, office.clock.now())
    return found.id


def come_back(store: Store, office: Office, raw: bytes, to: str = "office@office.example") -> str:
    now = office.clock.now()
    return take_in_report(
        store, raw=raw, envelope_rcpt=to, sender="", signer=office.signer, retry=office.retry, now=now
    )


def make_things_to_do(store: Store, office: Office) -> int:
    """A mailing with a bounced row, a suspicion, and tasks of every kind; the mailing's id."""
    now = office.clock.now()
    mailing = make_mailing(
        store,
        [
            Row(unit="望云街道", name="沈可远", address="shen@qinglan.example",
                extra={"address_key": "shen@qinglan.example"}),
            Row(unit="松陵镇", name="郑好", address="zhengh@qinglan.example", status=DeliveryStatus.BOUNCED,
                reason="userunknown", fault="recipient", extra={"hard": True, "address_key": "zhengh@qinglan.example"}),
        ],
        key="to-do",
    )  # fmt: skip
    with store.begin() as session:
        session.execute(mailing_table.update().where(mailing_table.c.id == mailing).values(released_at=now))
        ids = dict(
            session.execute(
                delivery.select()
                .where(delivery.c.mailing_id == mailing)
                .with_only_columns(delivery.c.address, delivery.c.id)
            ).all()
        )
        writes.open_task(
            session, kind="verify_by_phone", title="电话核实：松陵镇郑好 的邮箱被退回",
            detail="松陵镇　信息员　郑好　电话：000-6000201\n邮箱：zhengh@qinglan.example\n对方说没有这个邮箱。电话核实后改地址。",
            dedupe_key=f"verify:{ids['zhengh@qinglan.example']}", mailing_id=mailing,
            delivery_id=ids["zhengh@qinglan.example"], now=now,
        )  # fmt: skip
        writes.open_task(
            session, kind="paper", title="送纸质件：第128期有 1 个岗位不收邮件",
            detail="松陵镇　主管领导　吴满　电话：000-6000202（只收纸质）", dedupe_key=f"paper:{mailing}", mailing_id=mailing,
            now=now,
        )  # fmt: skip
    come_back(store, office, returned_mail.hard(recipient="shen@qinglan.example"))
    come_back(store, office, returned_mail.hard(recipient="nobody@qinglan.example", note="x"))
    change_requests.ask(office, ChangeRequest(RequestKind.LEAVE, "zhoucl@qinglan.example", reason="调离"), "recipient")
    wanted = Suppression("zy@qinglan.example", SuppressionReason.OFFICE, evidence="11 月 23 日电话核实")
    suppress_address(office, wanted, "cli:test")
    return mailing
