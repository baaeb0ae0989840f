"""What scanners, forgers and curious people send to the recipients' pages: thousands of variations, and nothing changes."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta

import pytest
from sqlmodel import SQLModel

from mailer.model.links import Links, Purpose
from mailer.settings import Settings
from mailer.store.core import mailing
from mailer.store.engine import Store
from recipients.list_policy import ListPolicy
from tests.web.public_site import Site, open_list, public_site, send_sample

BASE_URL = "https://news.office.example"
ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
TAILS = (
    "",
    "",
    "",
    "/",
    "/hand-over",
    "/address",
    "/pause",
    "/back",
    "/corrected",
    "?act=leave",
    "?List-Unsubscribe=One-Click",
)
ODD = ("%00", "%0d%0aX:%20y", "%2e%2e%2f", "..", "%e4%b8%ad", "%ff", "'--", "%3cscript%3e", "{{7*7}}", "%F0%9F%98%80")
METHODS = ("GET", "GET", "HEAD", "POST", "POST", "OPTIONS", "PUT", "DELETE", "PROPFIND")
BODIES = (
    b"", b"act=", b"act=leave", b"act=sign", b"List-Unsubscribe=One-Click", b"act=back", b"act=pause&code=%E5%8F%91&until=2030-01-01",
    b"act=address&address=x%40y.example", b"act=hand-over&name=x&address=x%40y.example", b"\xff\x00", b"a" * 30_000, b"act=x&" * 3_000,
    b'--b\r\nContent-Disposition: form-data; name="act"\r\n\r\nleave\r\n--b--\r\n', b'{"act": "leave"}',
)  # fmt: skip
MEDIA = (
    "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=b",
    "application/json",
    "text/plain",
    "",
    "x" * 200,
)
FINE = {200, 400, 404, 405, 413, 415, 429}


@dataclass(frozen=True)
class Ground:
    site: Site
    sent: dict[str, int]
    links: Links
    foreign: Links


@pytest.fixture
def ground(settings: Settings, store: Store) -> Iterator[Ground]:
    """An open list that asks for 签收: whatever can be changed by a link could be changed here."""
    settings = replace(settings, base_url=BASE_URL)
    open_list(store, ListPolicy(acknowledgement=True))
    sent = send_sample(settings, store)
    with public_site(settings, store) as site:
        yield Ground(site, sent, site.links, Links((b"another office's own secret",)))


def state_of(store: Store) -> Counter[str]:
    """Every row of every table."""
    with store.read() as session:
        return Counter(
            f"{name}:{tuple(row)!r}"
            for name, table in SQLModel.metadata.tables.items()
            for row in session.execute(table.select())
        )


def token_of(ground: Ground, purpose: Purpose, chance: random.Random) -> tuple[str, bool]:
    """A token for a way of that purpose, and whether it really opens it."""
    delivery_id = chance.choice(list(ground.sent.values()))
    real = ground.links.token(purpose, delivery_id)
    match chance.randrange(9):
        case 0 | 1:
            return real, True
        case 2:  # of another page
            other = chance.choice([each for each in Purpose if each is not purpose])
            return ground.links.token(other, delivery_id), False
        case 3:  # of another office
            return ground.foreign.token(purpose, delivery_id), False
        case 4:  # cut
            return real[: chance.randrange(len(real))], False
        case 5:  # altered
            place = chance.randrange(len(real))
            letter = chance.choice([each for each in ALPHABET if each != real[place]])
            return real[:place] + letter + real[place + 1 :], False
        case 6:  # of a delivery that never was
            return ground.links.token(purpose, chance.randrange(10_000, 2**62)), False
        case 7:
            return "".join(chance.choices(ALPHABET, k=chance.choice((1, 35, 36, 37, 300)))), False
        case _:
            return chance.choice(ODD) * chance.randrange(1, 8), False


def bombard(ground: Ground, count: int, seed: int) -> Counter[int]:
    """Sends ``count`` variations of which none may change anything; how often which status came back."""
    chance = random.Random(seed)
    found: Counter[int] = Counter()
    for number in range(count):
        purpose = chance.choice(list(Purpose))
        token, opens = token_of(ground, purpose, chance)
        method, tail, body = chance.choice(METHODS), chance.choice(TAILS), chance.choice(BODIES)
        media = chance.choice(MEDIA)
        if opens and method == "POST":  # a real link and a button: that is what the pages are for
            body, media = chance.choice((b"", b"act=", b"other=leave", b"\xff")), MEDIA[0]
        ground.site.client = f"10.{number >> 16 & 255}.{number >> 8 & 255}.{number & 255}"
        answer = ground.site.get(f"/{purpose}/{token}{tail}", method=method, body=body, content_type=media)
        assert answer.status in FINE, (method, purpose, token, tail, answer.status)
        assert "set-cookie" not in answer.headers
        assert "location" not in answer.headers
        assert token not in answer.text or opens or len(token) < 8
        found[answer.status] += 1
    return found


def test_hundreds_of_hostile_requests_change_nothing(ground: Ground, store: Store):
    before = state_of(store)
    found = bombard(ground, 500, 20)
    assert state_of(store) == before
    assert min(found[200], found[404], found[405], found[400]) > 5, "the variations reach every kind of answer"


@pytest.mark.long
def test_ten_thousand_hostile_requests_change_nothing(ground: Ground, store: Store):
    before = state_of(store)
    bombard(ground, 10_000, 30)
    assert state_of(store) == before


def test_what_would_change_something_is_seen_to(ground: Ground, store: Store):
    """The comparison can fail: a real link with a real button changes rows."""
    before = state_of(store)
    ground.site.post(ground.site.link(Purpose.LEAVE, next(iter(ground.sent.values()))), {"act": "leave"})
    assert state_of(store) != before


def test_scanners_that_open_every_link_of_every_mail_change_nothing(ground: Ground, store: Store):
    before = state_of(store)
    for method in ("GET", "HEAD"):
        for delivery_id in ground.sent.values():
            for purpose in (Purpose.READ, Purpose.SIGN, Purpose.SETTINGS, Purpose.LEAVE):
                answer = ground.site.get(
                    ground.site.link(purpose, delivery_id), method=method, sec_purpose="prefetch", purpose="prefetch"
                )
                assert answer.status == 200
    assert state_of(store) == before


def test_expired_links_change_nothing_but_leaving(ground: Ground, store: Store):
    with store.begin() as session:
        released = session.execute(mailing.select()).one().released_at
        session.execute(mailing.update().values(released_at=released - timedelta(days=400)))
    before = state_of(store)
    delivery_id = next(iter(ground.sent.values()))
    for path, fields in (
        (ground.site.link(Purpose.SIGN, delivery_id), {"act": "sign"}),
        (f"{ground.site.link(Purpose.SETTINGS, delivery_id)}/address", {"act": "address", "address": "x@y.example"}),
    ):
        assert ground.site.post(path, fields).status == 404
    assert state_of(store) == before
    assert ground.site.post(ground.site.link(Purpose.LEAVE, delivery_id), {"act": "leave"}).status == 200
    assert state_of(store) != before


def test_no_log_line_holds_a_link(ground: Ground, capfd: pytest.CaptureFixture[str]):
    token = ground.links.token(Purpose.SETTINGS, next(iter(ground.sent.values())))
    for path in (
        f"/settings/{token}",
        f"/settings/{token}/address",
        f"/read/{token}",
        f"/nowhere/{token}",
        f"/settings/{token}?x={token}",
    ):
        ground.site.get(path)
        ground.site.post(path, {"act": "x"})
    written = capfd.readouterr()
    assert token not in written.out + written.err
