"""What the pages from file to release are tested with: the sample issue and roster, and a sweep turned by hand."""

from __future__ import annotations

import re
from datetime import timedelta

from mailer import resources
from mailer.flow.import_recipients import import_recipients
from mailer.flow.release_mailing import release_scheduled
from mailer.model.rights import ApprovalMode
from mailer.store import queries, writes
from mailer.store.engine import Store
from mailer.transport.clock import SystemClock
from recipients.difference import Scope
from recipients.roster import read_roster
from recipients.spreadsheet import read
from tests.web.console_server import Answer, Console

ISSUE = resources.sample("issue.md").read_bytes()
SMALL = """# 白鹭区工作快报

第12期

白鹭区委办公室

2020年3月9日

## 【要闻】

### 区里开会

区里开会，部署工作。（本刊）

这一段不知道放在哪里

编辑：林晓禾　校对：秦牧　核签：程远

报：区委、区政府领导同志
发：各单位主要领导、主管领导、信息员
"""


FEW = """单位,姓名,人员类别,邮箱,收件方式
白鹭区委,夏若松,领导,xia@bailu.example,
白鹭区人大,戴子初,领导,dai@bailu.example,
甲镇,张三,主要领导,zhang@bailu.example,
甲镇,李四,信息员,li@bailu.example,
乙局,王五,信息员,,纸质
"""


def fill_lists(store: Store, few: str = "") -> None:
    """The sample roster, or ``few``: everybody of them is invented, with addresses nobody has."""
    data = few.encode() or resources.sample("roster.csv").read_bytes()
    now = SystemClock().now()
    with store.begin() as session:
        roster = read_roster([("roster.csv", read(data))])
        import_recipients(
            session, roster, Scope.ADD, now, "cli:test", source="roster.csv", file_hash="x", confirm_removals=True
        )


def choose(store: Store, mode: ApprovalMode) -> None:
    with store.begin() as session:
        writes.set_fact(session, "approval", str(mode))


def take(visitor: Console, text: str = SMALL) -> int:
    """The issue's id after the text was pasted."""
    answer = visitor.post("/issues", {"text": text})
    assert answer.status == 303, answer.text
    return int(answer.headers["location"].rpartition("/")[2])


def prepare(visitor: Console, issue_id: int, **changed: str) -> Answer:
    """Posts the form of preparing as the page has it, warnings seen."""
    page = visitor.get(f"/issues/{issue_id}/sending").text
    fields = [("revision", hidden(page, "revision")), ("seen", "yes")]
    fields += [("list", code) for code in re.findall(r'name="list" value="(.)"', page)]
    return visitor.post(f"/issues/{issue_id}/prepare", [*fields, *changed.items()])


def sign(visitor: Console, issue_id: int, **changed: str) -> Answer:
    page = visitor.get(f"/issues/{issue_id}/sending").text
    way = "approve" if f"/issues/{issue_id}/approve" in page else "sign"
    fields = {
        "mailing": hidden(page, "mailing"),
        "binding": hidden(page, "binding"),
        "seen": "yes",
        "signer": "程远",
        "signed_on": "2020-01-02",
    }
    return visitor.post(f"/issues/{issue_id}/{way}", fields | changed)


def release(visitor: Console, issue_id: int, mailing_id: int, **changed: str) -> Answer:
    return visitor.post(f"/issues/{issue_id}/release", {"mailing": str(mailing_id), "when": "now"} | changed)


def hidden(page: str, name: str) -> str:
    """The value of a hidden field."""
    found = re.search(rf'name="{name}" value="([^"]*)"', page)
    assert found, f"no field {name}"
    return found[1]


def approved(visitor: Console, issue_id: int) -> int:
    """Prepared and approved; the mailing's id."""
    assert prepare(visitor, issue_id).status == 303
    mailing_id = int(hidden(visitor.get(f"/issues/{issue_id}/sending").text, "mailing"))
    assert sign(visitor, issue_id).status == 303
    return mailing_id


def status(store: Store, mailing_id: int) -> str:
    with store.read() as session:
        return str(queries.mailing(session, mailing_id).status)


def sweep_at(store: Store, mailing_id: int, **after: float) -> None:
    """What the sweep does that much after the moment the mailing is scheduled for (before it, when negative)."""
    with store.begin() as session:
        at = queries.mailing(session, mailing_id).scheduled_at
        release_scheduled(session, at + timedelta(**after))
