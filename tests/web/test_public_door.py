"""What every page of the recipients keeps to: its headers, its hosts, the same answer for every link that is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest

from mailer.model.links import Links, Purpose
from mailer.settings import Settings
from mailer.store.engine import Store
from mailer.web.public.app import all_ways, make_hall
from mailer.web.public.throttle import Throttle, network_of
from tests.web.public_site import Site, public_site
from tests.web.sample_ledger import Row, make_mailing


@pytest.fixture
def site(settings: Settings, store: Store) -> Iterator[Site]:
    with public_site(settings, store) as site:
        yield site


def test_each_path_and_method_has_one_declared_way(settings: Settings, store: Store):
    found = [(way.method, way.path) for way in all_ways(make_hall(settings, store))]
    assert len(found) == len(set(found))


def test_every_answer_carries_the_strict_headers_and_no_cookie(site: Site):
    for path in ("/", "/privacy", "/readyz", "/robots.txt", "/nothing", "/read/x", "/static/public.css"):
        headers = site.get(path).headers
        assert "script-src" not in headers["content-security-policy"], path
        assert headers["content-security-policy"].startswith("default-src 'none'"), path
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["x-robots-tag"] == "noindex, nofollow, noarchive"
        assert headers["cache-control"] == ("no-cache" if "static" in path else "no-store")
        assert headers["x-frame-options"] == "DENY"
        assert "set-cookie" not in headers


def test_no_page_of_the_console_is_here(site: Site):
    for path in ("/login", "/enter?key=x", "/mailings", "/accounts", "/settings", "/static/ledger.js", "/static/lib/"):
        assert site.get(path).status == 404, path


def test_links_that_are_none_get_one_page_whatever_is_the_matter(site: Site, settings: Settings, store: Store):
    mailing_id = make_mailing(store, [Row()])
    foreign = Links((b"another office's secret",)).token(Purpose.READ, mailing_id)
    real = site.links.token(Purpose.LEAVE, mailing_id)
    unknown = site.links.token(Purpose.READ, 987_654)
    answers = [
        site.get(path)
        for path in (
            "/read/x", f"/read/{foreign}", f"/read/{real}", f"/read/{unknown}", f"/settings/{unknown}", f"/read/{'%00' * 36}",
            f"/leave/{unknown}", f"/leave/{real[:-1]}", "/read/" + "%E4%B8%AD" * 36, "/nowhere", f"/read/{real}/more",
        )
    ]  # fmt: skip
    assert {answer.status for answer in answers} == {404}
    assert len({answer.text for answer in answers}) == 1
    assert "这个链接打不开" in answers[0].text


def test_other_methods_are_refused_and_say_which_there_are(site: Site):
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"):
        answer = site.get("/privacy", method=method)
        assert answer.status == 405
        assert set(answer.headers["allow"].split(", ")) == {"GET", "HEAD"}


def test_only_the_public_name_by_tls_and_loopback_are_answered(settings: Settings, store: Store):
    with public_site(replace(settings, base_url="https://news.office.example"), store) as site:
        assert site.get("/", host="news.office.example", scheme="https").status == 200
        assert site.get("/", host="news.office.example", scheme="http").status == 421
        assert site.get("/", host="evil.example", scheme="https").status == 421


def test_an_address_that_asks_without_end_is_told_to_wait_and_others_are_not(site: Site):
    assert [site.get("/read/x").status for _ in range(62)] == [404] * 60 + [429] * 2
    site.client = "198.51.100.8"
    assert site.get("/read/x").status == 404


def test_bad_links_of_a_neighbour_do_not_shut_out_who_has_another_page(site: Site):
    while site.get("/read/x").status != 429:
        pass
    assert site.get("/privacy").status == 200


def test_a_bucket_fills_again_with_time():
    now = [0.0]
    throttle = Throttle(3, 60, lambda: now[0])
    assert [throttle.take("192.0.2.1") for _ in range(5)] == [True, True, True, False, False]
    now[0] += 2.0
    assert [throttle.take("192.0.2.1") for _ in range(3)] == [True, True, False]


def test_one_subscriber_of_ipv6_counts_once():
    assert network_of("2001:db8:1:2::5") == network_of("2001:db8:1:2:ffff::9") == "2001:db8:1:2::/64"
    assert network_of("::ffff:192.0.2.7") == network_of("192.0.2.7") == "192.0.2.7/32"
    assert network_of("testclient") == "testclient"


def test_the_notice_prints_the_figures_the_service_works_by(settings: Settings, store: Store):
    changed = replace(
        settings, retention_returns=timedelta(days=45), links_for=timedelta(days=99), reply_to="a@office.example"
    )
    with public_site(changed, store) as site:
        page = site.get("/privacy").text
    assert "留 45 天" in page
    assert "99 天内有效" in page
    assert "30 天后删除" in page
    assert "a@office.example" in page
