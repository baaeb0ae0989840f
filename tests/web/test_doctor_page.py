"""The page that looks the installation over: asks before it looks, shows what is wrong first, leaves one record."""

from __future__ import annotations

from mailer.settings import Settings
from mailer.store import audit
from mailer.store.audit import Wanted
from mailer.store.engine import Store
from tests.web.console_server import Console


def test_it_looks_when_told_to(clerk: Console, settings: Settings, store: Store):
    before = clerk.get("/doctor")
    assert "检查一遍" in before.text
    assert "正常　" not in before.text
    settings.data_dir.chmod(0o755)
    page = clerk.post("/doctor").text
    settings.data_dir.chmod(0o700)
    assert "1 处要处理" in page
    assert page.index("有问题　文件权限") < page.index("正常　数据库")
    with store.read() as session:
        record = audit.records(session, Wanted(), before=None, limit=1)[0]
    assert (record.action, record.subject) == ("doctor.run", "installation")
