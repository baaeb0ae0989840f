"""Every page of the console, filled: at both widths and in both schemes nothing runs out of the window, axe finds nothing
serious (faint words among them), and names, mails and issues that would be code are text: a policy that was broken is a
complaint. The table below is complete: a page that is new must be added to it.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal
from urllib.parse import quote

import pytest
from playwright.sync_api import Browser, Page

from mailer import wiring
from mailer.flow import change_requests
from mailer.flow.import_draft import stage
from mailer.model.acknowledgement import Terms
from mailer.model.rights import Role
from mailer.settings import Settings, load
from mailer.store import acknowledgements
from mailer.store.engine import Store
from mailer.web.console.access import OneTimeKeys
from mailer.web.console.app import all_ways, make_desk
from recipients.requests import ChangeRequest, RequestKind
from recipients.spreadsheet import write_csv
from tests.browser import axe
from tests.browser.conftest import hand_over
from tests.browser.looking import DESK, PHONE, Seen
from tests.support import returned_mail
from tests.web.clerk_day import SMALL, approved, take
from tests.web.console_server import PASSWORDS, Console, make_account, running_console
from tests.web.sample_directory import HEADER, PEOPLE, come_back, make_things_to_do, take_over
from tests.web.sample_ledger import Row, make_mailing, realistic

pytestmark = pytest.mark.needs_browser

SCRIPT: Final = "<script>alert(1)</script><img src=x onerror=alert(1)>"
Look = tuple[int, Literal["light", "dark"]]

#: (administrator or clerk, the way, what is asked for there)
PAGES: Final = (
    ("", "/login", "/login"),
    ("clerk", "/", "/"),
    ("clerk", "/account", "/account"),
    ("clerk", "/settings", "/settings"),
    ("clerk", "/doctor", "/doctor"),
    ("security", "/accounts", "/accounts"),
    ("security", "/accounts/{id}", "/accounts/1"),
    ("security", "/accounts/keys", "/accounts/keys"),
    ("auditor", "/audit", "/audit"),
    ("clerk", "/mailings", "/mailings"),
    ("clerk", "/mailings/{id}", "/mailings/{ledger}"),
    ("clerk", "/mailings/{id}/not-reached", "/mailings/{ledger}/not-reached"),
    ("clerk", "/mailings/{id}/units", "/mailings/{ledger}/units"),
    ("clerk", "/mailings/{id}/in-doubt", "/mailings/{ledger}/in-doubt"),
    ("clerk", "/mailings/{id}/deliveries/{delivery}", "/mailings/{to_do}/deliveries/1"),
    ("clerk", "/mailings/{id}/signatures", "/mailings/{ledger}/signatures"),
    ("clerk", "/mailings/{id}/sheet", "/mailings/{ledger}/sheet"),
    ("clerk", "/reports", "/reports"),
    ("clerk", "/reports/domains", "/reports/domains"),
    ("clerk", "/lists", "/lists"),
    ("clerk", "/lists/who", "/lists/who"),
    ("clerk", "/lists/{code}", f"/lists/{quote('发')}"),
    ("clerk", "/units", "/units"),
    ("clerk", "/units/{id}", "/units/2"),
    ("clerk", "/units/{id}/{act}", "/units/2/merge"),
    ("clerk", "/people", f"/people?q={quote('镇')}"),
    ("clerk", "/people/new", "/people/new"),
    ("clerk", "/people/{id}", "/people/8"),
    ("clerk", "/people/{id}/{act}", "/people/3/hand-over"),
    ("clerk", "/imports", "/imports"),
    ("clerk", "/imports/undo", "/imports/undo"),
    ("clerk", "/imports/draft/{token}", "/imports/draft/{draft}"),
    ("clerk", "/imports/draft/{token}/units", "/imports/draft/{draft}/units"),
    ("clerk", "/imports/draft/{token}/difference", "/imports/draft/{draft}/difference"),
    ("clerk", "/suppressions", "/suppressions"),
    ("clerk", "/requests", "/requests"),
    ("clerk", "/returns", "/returns"),
    ("clerk", "/returns/{id}", "/returns/3"),
    ("clerk", "/tasks", "/tasks"),
    ("clerk", "/issues", "/issues"),
    ("clerk", "/issues/{id}", "/issues/{issue}"),
    ("clerk", "/issues/{id}/preview", "/issues/{issue}/preview"),
    ("clerk", "/issues/{id}/recipients", "/issues/{issue}/recipients"),
    ("clerk", "/issues/{id}/sending", "/issues/{issue}/sending"),
    ("clerk", "/issues/{id}/follow-up", "/issues/{issue}/follow-up"),
    ("clerk", "no such page", "/people/999999"),
)
#: Ways that show no page of the console: files, parts, streams, the mail itself in its frame, redirects.
NO_PAGES: Final = re.compile(
    r"/health|/healthz|/readyz|/metrics|/enter|/login/code|.*\.(xlsx|csv|zip|pdf)|.*\{format\}|.*/(part|live|frame)|.*/files/\{file\}|.*/sheet/\{mailing\}|.*/source"
)
LOOKS: Final[tuple[Look, ...]] = (
    (PHONE, "light"), (DESK, "dark"), (PHONE, "dark"), (DESK, "light"),
)  # fmt: skip


@dataclass(frozen=True)
class House:
    """``visitors``: who may see which page; ``names``: what the paths of PAGES name."""

    visitors: dict[str, Console]
    names: dict[str, object]


def _fill(store: Store, settings_dir: Path, clerk: Console) -> dict[str, object]:
    office = wiring.office_of(load({}, data_dir=str(settings_dir)), store)
    hostile = ("镇街", f"{SCRIPT}镇", SCRIPT, "信息员", SCRIPT, SCRIPT, "x@qinglan.example", "", SCRIPT)
    take_over(store, office, [*PEOPLE, hostile])
    to_do = make_things_to_do(store, office)
    raw = returned_mail.hard(recipient="nobody2@qinglan.example", diagnostic=f"550 {SCRIPT}", note=SCRIPT)
    come_back(store, office, raw.replace(b"Subject: Returned mail", f"Subject: {SCRIPT}".encode()))
    wish = ChangeRequest(RequestKind.HAND_OVER, "x@qinglan.example", name=SCRIPT, reason=SCRIPT)
    change_requests.ask(office, wish, SCRIPT)
    rows = [*realistic(sending=True)[10:110], Row(unit=SCRIPT, name=SCRIPT, extra={"reply_text": SCRIPT})]
    ledger = make_mailing(store, rows, key="ledger", number=127)
    with store.begin() as session:
        acknowledgements.keep_terms(session, ledger, [Terms("发", within_days=3, reminders=2)])
    text = SMALL.replace("工作快报", "很长的刊名联合创建全国文明城市 工作快报").replace("### 区里开会", f"### {SCRIPT}")
    issue = take(clerk, text)
    approved(clerk, issue)
    changed = [*PEOPLE[:3], (*PEOPLE[3][:1], "松陵街道", *PEOPLE[3][2:])]
    draft = stage(office, [("调整.csv", write_csv([HEADER, *changed]))], "account:小何")
    clerk.post(f"/imports/draft/{draft}", {"scope": "add", "on": ""})
    clerk.post(f"/imports/draft/{draft}/units", {"unit-0": "near-rename-0"})
    return {"to_do": to_do, "ledger": ledger, "issue": issue, "draft": draft}


@pytest.fixture(scope="module")
def house(fresh_installation: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house") / "data"
    shutil.copytree(fresh_installation, folder)
    settings = load({}, data_dir=str(folder))
    store = wiring.open_store(settings)
    roles = {
        "clerk": (Role.EDITOR, Role.APPROVER, Role.LISTS_ADMIN, Role.SYSTEM_ADMIN),
        "security": (Role.SECURITY_ADMIN,),
        "auditor": (Role.AUDITOR,),
    }
    with running_console(settings, store) as console:
        visitors = {"": Console(console.port, console.keys)}
        for name, theirs in roles.items():
            visitors[name] = Console(console.port, console.keys)
            visitors[name].log_in(make_account(settings, store, name, *theirs))
        yield House(visitors, _fill(store, folder, visitors["clerk"]))
    store.close()


@pytest.fixture(scope="module")
def tabs(browser: Browser, house: House) -> Iterator[Callable[[str], Page]]:
    """``tabs(who)``: the window of one visitor, the same each time."""
    open_tabs: dict[str, Page] = {}

    def tab(who: str) -> Page:
        if who not in open_tabs:
            context = browser.new_context(base_url=house.visitors[who].origin)
            hand_over(context, house.visitors[who])
            open_tabs[who] = context.new_page()
        return open_tabs[who]

    yield tab
    for page in open_tabs.values():
        page.context.close()


def check(page: Page, path: str, look: Look) -> list[str]:
    """What is wrong with the page."""
    width, scheme = look
    page.set_viewport_size({"width": width, "height": 900})
    page.emulate_media(color_scheme=scheme)
    seen = Seen(page)
    answer = page.goto(path)
    assert answer is not None
    wrong = [each for each in seen.complaints if answer.status == 200]  # the browser names every other status
    wrong += [f"asked {host}" for host in seen.hosts if host != "127.0.0.1"]
    wrong += [f"status {answer.status}"] if answer.status not in {200, 404} else []
    wrong += ["wider than the window"] if page.evaluate("document.documentElement.scrollWidth") > width else []
    return wrong + axe.findings(page)


@pytest.mark.parametrize("place", range(len(PAGES)), ids=[path for _, path, _ in PAGES])
def test_every_page_is_sound(tabs: Callable[[str], Page], house: House, place: int):
    """Each at one width in one scheme; the neighbours have the others."""
    who, _, path = PAGES[place]
    assert check(tabs(who), path.format(**house.names), LOOKS[place % 2]) == []


@pytest.mark.long
@pytest.mark.parametrize("look", LOOKS, ids=lambda look: f"{look[0]}-{look[1]}")
def test_every_page_is_sound_at_every_width_and_scheme(tabs: Callable[[str], Page], house: House, look: Look):
    found = {path: check(tabs(who), path.format(**house.names), look) for who, _, path in PAGES}
    assert {path: wrong for path, wrong in found.items() if wrong} == {}


def test_no_page_is_left_out(settings: Settings, store: Store):
    desk = make_desk(settings, store, keys=OneTimeKeys(), passwords=PASSWORDS)
    pages = {way.path for way in all_ways(desk) if way.method == "GET" and not NO_PAGES.fullmatch(way.path)}
    assert pages - {path for _, path, _ in PAGES} == set()
