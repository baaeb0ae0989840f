"""Hostile names, units, posts, titles, replies and queries through every page of the ledger: text, and nothing else."""

from __future__ import annotations

from urllib.parse import quote

from mailer.model.delivery import DeliveryStatus
from mailer.store.engine import Store
from tests.web.console_server import Console
from tests.web.ledger_reading import HOSTILE, is_inert, page_of
from tests.web.sample_ledger import Row, make_mailing

S = DeliveryStatus

_VALUES = [
    HOSTILE,
    "</title></textarea><svg onload=alert(1)>",
    "{{ cycler.__init__.__globals__ }}{% for x in [] %}",
    "\u202eevil\u2028\u0085name\u0000".replace("\u0000", ""),
    "' OR '1'='1",
    '=HYPERLINK("http://x.example")',
]


def test_hostile_names_units_and_titles_stay_text_on_every_page(console: Console, store: Store):
    console.enter()
    for number, value in enumerate(_VALUES, start=1):
        _look_at_every_page(console, _hostile_mailing(store, value, number), value)


def _hostile_mailing(store: Store, value: str, number: int) -> int:
    return make_mailing(
        store,
        [Row(unit=value, name=value, post=value, phone=value, address=value, status=S.BOUNCED,
             reason="userunknown", fault="recipient", extra={"reply_text": value, "host": value}),
         Row(unit=value, name=value, status=S.IN_DOUBT, reason="networkerror", fault="network")],
        title=value,
        reason=value,
        key=str(number),
        number=number,
    )  # fmt: skip


def _look_at_every_page(console: Console, mailing: int, value: str) -> None:
    base, typed, plain = f"/mailings/{mailing}", quote(value), "".join(value.split())
    one = page_of(console, base).cssselect(".deliveries .c-who a")[0].get("href")
    for path in (
        "/", "/mailings", base, f"{base}?q={typed}&unit={typed}", f"{base}?list={typed}&need={typed}&domain={typed}",
        f"{base}/not-reached", f"{base}/units", f"{base}/in-doubt", one,
    ):  # fmt: skip
        answer = console.get(path)
        assert (path, answer.status, is_inert(answer.text)) == (path, 200, True)
        assert plain in "".join(page_of(console, path).text_content().split()), path
