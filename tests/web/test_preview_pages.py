"""预览: the mail in a frame that can do nothing, and exactly who gets it."""

from __future__ import annotations

import re
from urllib.parse import quote

from mailer.store import core
from mailer.store.engine import Store
from tests.web.clerk_day import SMALL, fill_lists, prepare, take
from tests.web.console_server import Console

LISTS = [quote(code) for code in "报送发"]


def test_the_frame_can_do_nothing(clerk: Console):
    take(clerk)
    for view in ("phone", "desk", "dark", "bare"):
        page = clerk.get(f"/issues/1/preview?as={view}").text
        assert re.search(r"<iframe [^>]* sandbox [^>]*/issues/1/preview/frame\?list=", page), view
        frame = clerk.get(f"/issues/1/preview/frame?list={LISTS[2]}&as={view}")
        policy = frame.headers["content-security-policy"]
        assert policy.startswith("sandbox; default-src 'none';")
        assert "script" not in policy
        assert "frame-ancestors 'self'" in policy
        assert frame.headers["x-frame-options"] == "SAMEORIGIN"
        assert "区里开会" in frame.text
        assert ("<style" in frame.text) is (view != "bare")
    headers = clerk.get("/issues/1/preview").headers  # the page around it is not to be framed at all
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-frame-options"] == "DENY"


def test_every_list_has_its_own_mail_and_the_text_is_whole(clerk: Console):
    take(clerk)
    for code in LISTS:
        assert clerk.get(f"/issues/1/preview/frame?list={code}").status == 200
    page = clerk.get("/issues/1/preview?as=text").text
    assert "<pre" in page
    assert "区里开会，部署工作。" in page
    for path in ("/issues/1/preview/frame", "/issues/1/preview/frame?list=x", "/issues/1/preview?mailing=7"):
        assert clerk.get(path).status == 404


def test_hostile_html_of_the_issue_stays_text_in_the_frame(clerk: Console):
    take(clerk, SMALL.replace("部署工作", "<script>alert(1)</script><img src=http://x.example/>"))
    frame = clerk.get(f"/issues/1/preview/frame?list={LISTS[2]}").text
    assert "<script" not in frame
    assert "&lt;script&gt;alert(1)" in frame
    assert "<img src=http" not in frame


def test_attachments_and_sizes_are_told(clerk: Console):
    take(clerk)
    clerk.post("/issues/1/files", files=[("file", "附表.xlsx", b"x" * 2_048)])
    assert "<bdi>附表.xlsx</bdi>（2 KB）" in clerk.get("/issues/1/preview").text


def test_who_why_where_and_who_not(clerk: Console, store: Store):
    take(clerk)
    page = clerk.get("/issues/1/recipients").text
    assert "名单上还没有人" in page
    assert 'href="/imports"' in page
    fill_lists(store)
    page = clerk.get("/issues/1/recipients").text
    assert "份，覆盖" in page
    assert "规则：" in page
    assert page.count("<tr ") > 140
    withheld = clerk.get("/issues/1/recipients?only=withheld").text
    assert "只收纸质" in withheld or "没有邮箱" in withheld
    found = clerk.get("/issues/1/recipients?q=" + quote("没有这个人")).text
    assert "没有符合的岗位" in found
    with store.read() as session:  # told once, however often it is looked at
        rows = session.execute(core.audit.select().where(core.audit.c.action == "recipients.viewed")).all()
    assert [(row.subject, row.actor) for row in rows] == [("issue:1", "account:小何")]


def test_a_prepared_mailing_shows_its_own_bytes_and_rows(clerk: Console, store: Store):
    take(clerk)
    fill_lists(store)
    assert prepare(clerk, 1).status == 303
    assert clerk.post("/issues/1/correct", {"revision": "1", "set.office": "改过的办公室"}).status == 303
    frozen = clerk.get(f"/issues/1/preview/frame?list={LISTS[2]}&mailing=1").text
    assert "白鹭区委办公室" in frozen
    assert "改过的办公室" in clerk.get(f"/issues/1/preview/frame?list={LISTS[2]}").text
    page = clerk.get("/issues/1/recipients?mailing=1").text
    assert "批次 1 定住的名单" in page
    assert "规则：" in page
