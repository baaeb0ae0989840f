"""Names, units and words that would be code elsewhere (CVE classes of stored XSS, template and query injection) are text."""

from __future__ import annotations

from urllib.parse import quote

import pytest
from lxml import html

from mailer import wiring
from mailer.flow import change_requests
from mailer.flow.office import Office
from mailer.flow.suppress_address import suppress_address
from mailer.settings import Settings
from mailer.store import writes
from mailer.store.engine import Store
from recipients.requests import ChangeRequest, RequestKind
from recipients.spreadsheet import write_xlsx
from recipients.suppression import Suppression, SuppressionReason
from tests.web.console_server import Console
from tests.web.sample_directory import HEADER, take_over

SCRIPT = "<script>alert(1)</script>"
NAMES = (
    SCRIPT,
    "\"'><img/src=x/onerror=alert(1)>",
    "{{7*7}}{%raw%}",
    "';DROP/**/TABLE/**/unit;--",
    "javascript:alert(1)//",
    "</title><svg/onload=alert(1)>",
)


@pytest.fixture
def office(settings: Settings, store: Store) -> Office:
    office = wiring.office_of(settings, store)
    rows = [
        (name[:60], f"{name}局", name, "信息员", name, name, f"a{n}@qinglan.example", "", name)
        for n, name in enumerate(NAMES)
    ]
    take_over(store, office, rows)
    now = office.clock.now()
    with store.begin() as session:
        writes.open_task(session, kind=SCRIPT, title=NAMES[1], detail="\n".join(NAMES), dedupe_key="x", now=now)
    wanted = Suppression("a0@qinglan.example", SuppressionReason.OFFICE, evidence=SCRIPT)
    suppress_address(office, wanted, f"account:{SCRIPT}")
    wish = ChangeRequest(RequestKind.HAND_OVER, "a1@qinglan.example", name=SCRIPT, reason=NAMES[1])
    change_requests.ask(office, wish, SCRIPT)
    return office


def check(visitor: Console, path: str, *, status: int = 200) -> str:
    """The page says everything and runs nothing; its text."""
    answer = visitor.get(path)
    assert answer.status == status, (path, answer.status)
    shown = html.fromstring(answer.text)
    assert shown.cssselect("main script, main img, main svg, main iframe, main style") == [], path
    for each in shown.cssselect("main *"):
        assert not [name for name in each.attrib if name.startswith("on")], path
        for name in ("href", "action", "formaction"):
            value = each.get(name, "/")
            assert value.startswith(("/", "?", "#", "tel:")), (path, value)
    return "".join(shown.itertext())


def test_every_page_shows_hostile_names_as_they_are(clerk: Console, office: Office):
    fa = quote("发")
    for path in ("/lists", f"/lists/{fa}", "/lists/who", "/units", "/people?q=" + quote("局"), "/suppressions", "/requests",
                 "/tasks", "/imports", "/imports/undo"):  # fmt: skip
        text = check(clerk, path)
        if path.startswith(("/lists/", "/units", "/people")):
            assert [name for name in NAMES if name not in text] == [], path
        assert "49" not in text.replace("{{7*7}}", "") or path == "/imports"
    for number in range(1, len(NAMES) + 1):
        for path in (f"/people/{number}", f"/people/{number}/edit", f"/people/{number}/hand-over",
                     f"/people/{number}/leave", f"/units/{number}", f"/units/{number}/merge"):  # fmt: skip
            assert NAMES[number - 1] in check(clerk, path)
    assert f"“{SCRIPT}”" in check(clerk, "/units/2/rename?other=" + quote(SCRIPT)).replace("\u2068", "")


def test_hostile_questions_find_nothing_and_break_nothing(clerk: Console, office: Office):
    for name in (*NAMES, "%", "_", "' OR 1=1 --", "\\", "\x00", "😀" * 30):
        wanted = quote(name)
        for path in (f"/people?q={wanted}", f"/units?q={wanted}&group={wanted}&page={wanted}", f"/lists/who?list={wanted}&q={wanted}",
                     f"/suppressions?q={wanted}&page={wanted}", f"/returns?state={wanted}&kind={wanted}&page={wanted}",
                     f"/tasks?state={wanted}&kind={wanted}&page={wanted}"):  # fmt: skip
            check(clerk, path)
        check(clerk, f"/people?at={wanted}", status=200 if not name.strip() else 422)
    for path in (f"/lists/{quote(SCRIPT, safe='')}", f"/imports/draft/{quote(SCRIPT, safe='')}", "/units/999999999",
                 "/people/-1", "/units/1%20OR%201"):  # fmt: skip
        assert clerk.get(path).status == 404


def test_hostile_files_are_shown_as_they_are(clerk: Console, office: Office):
    rows = [HEADER, *((n, f"{n}新局", n, "信息员", n, n, n, n, n) for n in NAMES)]
    file = write_xlsx([("<b>表", rows)])
    answer = clerk.post("/imports", files=[("files", f"{SCRIPT}.xlsx", file)])
    draft = answer.headers["location"]
    assert NAMES[2] in check(clerk, draft)
    clerk.post(draft, {"scope": "full", "on": ""})
    assert SCRIPT in check(clerk, f"{draft}/units?stay=yes")
    clerk.post(f"{draft}/units", {f"unit-{n}": "new" for n in range(20)})
    assert SCRIPT in check(clerk, f"{draft}/difference")


def test_what_would_turn_a_line_around_is_not_taken_from_a_form(clerk: Console, office: Office):
    answer = clerk.post("/units", {"name": "\u202egnp\u2066局", "group": ""})
    assert "gnp局" in check(clerk, answer.headers["location"])
    assert "\u202e" not in clerk.get("/units").text
