"""What DNS says, asked of a real name server on loopback."""

from __future__ import annotations

from pathlib import Path

import pytest

from mailer.doctor import names
from mailer.doctor.finding import Finding
from mailer.settings import Settings, load
from mailer.transport.dkim import DkimSigner, new_key
from tests.support.servers.name_server import Zone, name_server

URL = "https://bulletin.bureau.example"
GOOD: Zone = {
    ("bureau.example", "TXT"): ['"v=spf1 ip4:192.0.2.1" " -all"', '"something else"'],
    ("_dmarc.bureau.example", "TXT"): ['"v=DMARC1; p=none"'],
    ("bureau.example", "MX"): ["10 mx.bureau.example."],
    ("bulletin.bureau.example", "A"): ["93.184.215.14"],
}


def made(tmp_path: Path, **more: str) -> Settings:
    environ = {
        "MAILER_DATA_DIR": str(tmp_path / "data"),
        "MAILER_RELAY_URL": "smtp://127.0.0.1:25",
        "MAILER_FROM": "办公室 <office@bureau.example>",
        **{f"MAILER_{key}": value for key, value in more.items()},
    }
    return load(environ)


def told(settings: Settings, zone: Zone) -> dict[str, Finding]:
    with name_server(zone) as resolver:
        return {found.name: found for found in names.look(settings, names.asking(resolver))}


def test_all_is_well(tmp_path: Path):
    settings = made(tmp_path, BASE_URL=URL, PUBLIC_LISTEN="127.0.0.1:8026")
    found = told(settings, GOOD)
    assert set(found) == {"SPF", "DKIM", "DMARC", "退信域名", "公开网址"}
    assert {each.state for each in found.values()} == {"fine"}
    assert found["SPF"].message == "v=spf1 ip4:192.0.2.1 -all"


@pytest.mark.parametrize(
    ("zone", "name", "state", "words"),
    [
        ({}, "SPF", "note", "没有 SPF"),
        ({("bureau.example", "TXT"): ['"v=spf1 a -all"', '"v=spf1 mx -all"']}, "SPF", "bad", "2 条"),
        ({("bureau.example", "TXT"): ['"v=spf1 +all"']}, "SPF", "note", "谁都放行"),
        ({("bureau.example", "TXT"): ['"v=spf10 -all"']}, "SPF", "note", "没有 SPF"),
        ({}, "DMARC", "note", "没有 DMARC"),
        ({("bureau.example", "TXT"): ['"x"']}, "退信域名", "bad", "没有 MX"),
        ({("bureau.example", "A"): ["192.0.2.1"]}, "退信域名", "fine", "收信"),
    ],
)
def test_what_is_missing_or_wrong(zone: Zone, name: str, state: str, words: str, tmp_path: Path):
    found = told(made(tmp_path), zone)[name]
    assert found.state == state
    assert words in found.message
    assert found.hint or state == "fine"


@pytest.mark.parametrize(
    ("address", "listen", "state", "words"),
    [
        (None, "127.0.0.1:8026", "bad", "查不到地址"),
        ("10.1.2.3", "127.0.0.1:8026", "note", "内网地址"),
        ("93.184.215.14", "", "note", "没有打开"),
    ],
)
def test_the_recipients_address(address: str | None, listen: str, state: str, words: str, tmp_path: Path):
    zone = {("bulletin.bureau.example", "A"): [address]} if address else {}
    found = told(made(tmp_path, BASE_URL=URL, PUBLIC_LISTEN=listen), zone)["公开网址"]
    assert found.state == state
    assert words in found.message


@pytest.mark.parametrize("published", ["right", "other", "none"])
def test_the_published_key_is_the_one_we_sign_with(published: str, tmp_path: Path):
    key, other = new_key(), new_key()
    record = DkimSigner(key if published == "right" else other, "bureau.example", "s1", lambda: 0).record
    half = len(record) // 2
    zone = {("s1._domainkey.bureau.example", "TXT"): [f'"{record[:half]}" "{record[half:]}"']}
    settings = made(tmp_path, DKIM_SELECTOR="s1", DKIM_KEY=key.decode())
    found = told(settings, {} if published == "none" else zone)["DKIM"]
    assert found.state == ("fine" if published == "right" else "bad")
    assert found.hint == "" or "mailer dkim record s1" in found.hint


def test_name_servers_that_are_silent_fail_nothing(tmp_path: Path):
    def silent(name: str, kind: str) -> tuple[str, ...]:
        raise names.SilentError(f"{name} {kind}")

    found = list(names.look(made(tmp_path), silent))
    assert [each.state for each in found] == [
        "note",
        "fine",
        "note",
        "note",
    ]  # the second needs no answer: we do not sign
    assert all("没有应答" in each.message for each in found if each.state == "note")


def test_a_rehearsal_asks_nobody(tmp_path: Path):
    def never(name: str, kind: str) -> tuple[str, ...]:
        raise AssertionError(name + kind)

    assert list(names.look(load({"MAILER_DATA_DIR": str(tmp_path)}), never)) == []
