"""Files that were sent when the session was over, or the password was asked for: nobody chooses them twice."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
from lxml import html
from sqlalchemy import update

from mailer.model.rights import Role
from mailer.store import sign_off
from mailer.store.core import console_session
from mailer.store.engine import Store
from mailer.web.console.held import HELD, Held
from mailer.web.forms import Upload
from tests.web.clerk_day import FEW, SMALL, fill_lists, hidden, prepare, take
from tests.web.console_server import PASSWORD, Console

FILE = ("file", "快报第12期.md", SMALL.encode())
AT = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)


def set_back(store: Store, **times: timedelta) -> None:
    """As if every session had stood still for so long."""
    now = datetime.now(UTC)
    with store.begin() as session:
        session.execute(update(console_session).values({name: now - ago for name, ago in times.items()}))


def fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of the form that goes there."""
    [form] = [each for each in html.fromstring(page).cssselect("form") if each.get("action") == action]
    return {each.get("name"): each.get("value") for each in form.cssselect("input[type=hidden]")}


def log_in_again(visitor: Console, name: str, page: str) -> str:
    """The page after the login, which the login page had brought the form to."""
    visitor.cookies.clear()
    answer = visitor.post("/login", {**fields(page, "/login"), "name": name, "password": PASSWORD}, csrf="")
    assert answer.status == 200
    visitor.learn_csrf()
    return answer.text


def test_an_upload_after_the_session_ended_is_taken_after_the_login(clerk: Console, store: Store):
    set_back(store, seen_at=timedelta(hours=1))
    answer = clerk.post("/issues", {"text": ""}, files=[FILE])
    assert answer.status == 401
    assert "您刚才填写的内容和选的文件还在" in answer.text
    page = log_in_again(clerk, "小何", answer.text)
    assert "您填写的内容还在" in page
    taken = clerk.post("/issues", fields(page, "/issues"))
    assert taken.status == 303
    assert "快报第12期.md" in clerk.get(taken.headers["location"]).text
    again = clerk.post("/issues", fields(page, "/issues"))
    assert again.status == 410
    assert "请回到原来那一页重新选择" in again.text


def test_the_files_are_their_account_s(clerk: Console, store: Store, signed_in: Callable[..., Console]):
    signed_in(Role.EDITOR, name="小秦")
    set_back(store, seen_at=timedelta(hours=1))
    page = log_in_again(clerk, "小秦", clerk.post("/issues", files=[FILE]).text)
    assert clerk.post("/issues", fields(page, "/issues")).status == 410
    assert "还没有收录过" in clerk.get("/issues").text


def test_of_a_session_that_nobody_knows_no_file_is_kept(clerk: Console):
    clerk.post("/logout")
    answer = clerk.post("/issues", files=[FILE])
    assert "文件没有留下，请重新选择" in answer.text
    assert HELD not in answer.text


def test_a_photograph_waits_for_the_password(clerk: Console, store: Store):
    fill_lists(store, FEW)
    prepare(clerk, take(clerk))
    page = clerk.get("/issues/1/sending").text
    set_back(store, sure_at=timedelta(minutes=11))
    sheet = {"mailing": hidden(page, "mailing"), "binding": hidden(page, "binding"), "seen": "yes", "signer": "程远",
             "signed_on": "2020-01-02"}  # fmt: skip
    asked = clerk.post("/issues/1/sign", sheet, files=[("photo", "核签单.jpg", b"\xff\xd8\xff a photograph")])
    assert asked.status == 403
    wrong = clerk.post("/issues/1/sign", {**fields(asked.text, "/issues/1/sign"), "again_password": "wrong"})
    signed = clerk.post("/issues/1/sign", {**fields(wrong.text, "/issues/1/sign"), "again_password": PASSWORD})
    assert signed.status == 303
    with store.read() as session:
        approval = sign_off.approval_of(session, int(sheet["mailing"]))
        assert approval is not None
        assert bytes(approval.photo) == b"\xff\xd8\xff a photograph"


def parcel(size: int) -> tuple[tuple[str, Upload], ...]:
    return (("file", Upload("a", bytes(size))),)


@pytest.mark.parametrize(("after", "is_there"), [(timedelta(minutes=30), True), (timedelta(minutes=31), False)])
def test_they_wait_half_an_hour(after: timedelta, is_there: bool):
    held = Held()
    token = held.keep(1, parcel(1), AT)
    assert (held.take(token, 1, AT + after) is not None) is is_there
    assert held.take(token, 1, AT) is None


def test_they_are_few_and_small_together():
    """A newer form of the same account takes the older one's place; of all accounts the oldest give way."""
    held = Held()
    first, second = held.keep(1, parcel(1), AT), held.keep(1, parcel(1), AT)
    assert held.take(first, 1, AT) is None
    tokens = {account: held.keep(account, parcel(40_000_000), AT) for account in range(2, 6)}
    assert held.take(second, 1, AT) is None
    assert [held.take(token, account, AT) is not None for account, token in tokens.items()] == [False, True, True, True]
