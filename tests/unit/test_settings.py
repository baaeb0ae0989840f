"""Every key by every way in, and every wrong value told with its key and a remedy."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from mailer.settings import Key, SettingError, Settings, keys, load, where_set

# key -> (a value that is not the default, what is made of it)
EXAMPLES: dict[str, tuple[str, Any]] = {
    "DATA_DIR": ("/srv/mailer", Path("/srv/mailer")),
    "DATABASE_URL": ("postgresql+psycopg://mailer@db/mailer", "postgresql+psycopg://mailer@db/mailer"),
    "BROKER_URL": ("redis://cache:6379/0", "redis://cache:6379/0"),
    "SECRET_KEY": ("0123456789abcdef", "0123456789abcdef"),
    "LINKS_FOR": ("90d", timedelta(days=90)),
    "BASE_URL": ("https://bulletin.office.example", "https://bulletin.office.example"),
    "FROM": ("某办公室 <a@office.example>", "某办公室 <a@office.example>"),
    "REPLY_TO": ("b@office.example", "b@office.example"),
    "ALERT_TO": ("c@office.example,d@office.example", "c@office.example,d@office.example"),
    "ALERT_QUEUE_AGE": ("30m", timedelta(minutes=30)),
    "ALERT_INTAKE_SILENT": ("1h", timedelta(hours=1)),
    "TIMEZONE": ("Europe/Zurich", ZoneInfo("Europe/Zurich")),
    "RELAY_URL": ("smtps://smtp.office.example:465", "smtps://smtp.office.example:465"),
    "RELAY_USER": ("a@office.example", "a@office.example"),
    "RELAY_PASSWORD": (" leading and trailing blanks are part of it ", " leading and trailing blanks are part of it "),
    "RELAY_CA": ("/etc/office-ca.pem", "/etc/office-ca.pem"),
    "RELAY_CONNECTIONS": ("4", 4),
    "DKIM_SELECTOR": ("s2026a", "s2026a"),
    "DKIM_DOMAIN": ("office.example", "office.example"),
    "DKIM_KEY": ("-----BEGIN", "-----BEGIN"),
    "RETENTION_RETURNS": ("30d", timedelta(days=30)),
    "RETURN_PATH": ("plus", "plus"),
    "BOUNCE_DOMAIN": ("bounce.office.example", "bounce.office.example"),
    "IN_DOUBT": ("resend", "resend"),
    "HOLD": ("2m", timedelta(minutes=2)),
    "LEASE": ("90s", timedelta(seconds=90)),
    "RETRY_FIRST": ("1m", timedelta(minutes=1)),
    "RETRY_MAX": ("1h", timedelta(hours=1)),
    "RETRY_GIVE_UP": ("1d", timedelta(days=1)),
    "SMTP_TIMEOUT_CONNECT": ("500ms", timedelta(milliseconds=500)),
    "SMTP_TIMEOUT_HELO": ("1s", timedelta(seconds=1)),
    "SMTP_TIMEOUT_MAIL": ("2s", timedelta(seconds=2)),
    "SMTP_TIMEOUT_RCPT": ("3s", timedelta(seconds=3)),
    "SMTP_TIMEOUT_DATA": ("4s", timedelta(seconds=4)),
    "SMTP_TIMEOUT_BODY": ("5s", timedelta(seconds=5)),
    "SMTP_TIMEOUT_DOT": ("6s", timedelta(seconds=6)),
    "PACE_PER_MINUTE": ("0", 0),
    "PACE_PER_HOUR": ("100", 100),
    "PACE_PER_DAY": ("500", 500),
    "PACE_DOMAIN_PER_MINUTE": ("10", 10),
    "PACE_CONNECTIONS_PER_DOMAIN": ("2", 2),
    "PACE_MESSAGES_PER_CONNECTION": ("50", 50),
    "INTAKE_MOVE_TO": (" 退信 ", "退信"),
    "INTAKE_URL": ("imaps://imap.office.example:993", "imaps://imap.office.example:993"),
    "INTAKE_USER": ("returns@office.example", "returns@office.example"),
    "INTAKE_PASSWORD": (" a word ", " a word "),
    "INTAKE_CA": ("/etc/imap-ca.pem", "/etc/imap-ca.pem"),
    "INTAKE_DEDICATED": ("yes", True),
    "LMTP_LISTEN": ("[::1]:2424", ("::1", 2424)),
    "AUDIT_TO": ("e@office.example", "e@office.example"),
    "CONSOLE_URL": ("https://bulletin.office.example/", "https://bulletin.office.example"),
    "TRUSTED_PROXIES": ("127.0.0.1, 10.0.0.0/8", ("127.0.0.1", "10.0.0.0/8")),
    "METRICS_TOKEN": ("0123456789abcdef0123", "0123456789abcdef0123"),
    "WEBHOOK_NETWORKS": ("10.2.0.0/16", ("10.2.0.0/16",)),
    "CONSOLE_LISTEN": ("0.0.0.0:80", ("0.0.0.0", 80)),
    "PUBLIC_LISTEN": ("127.0.0.1:8026", ("127.0.0.1", 8026)),
}
NEEDED = {"BROKER_URL": {"MAILER_DATABASE_URL": EXAMPLES["DATABASE_URL"][0]}}


def field_of(key: str) -> str:
    return {"FROM": "from_"}.get(key, key.lower())


@pytest.fixture(autouse=True)
def elsewhere(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A working folder without a mailer.toml."""
    monkeypatch.chdir(tmp_path)


def test_there_is_an_example_for_every_key():
    assert {f"MAILER_{key}" for key in EXAMPLES} == {key.name for key in keys()}
    for key, (_, value) in EXAMPLES.items():
        assert getattr(load({}), field_of(key)) != value, f"{key}: the example is the default"


@pytest.mark.parametrize("key", EXAMPLES)
def test_from_the_environment(key: str):
    text, value = EXAMPLES[key]
    settings = load({f"MAILER_{key}": text} | NEEDED.get(key, {}))
    assert getattr(settings, field_of(key)) == value


@pytest.mark.parametrize("key", EXAMPLES)
def test_from_a_file_that_the_environment_names(key: str, tmp_path: Path):
    text, value = EXAMPLES[key]
    file = tmp_path / "secret"
    file.write_text(text + "\n", encoding="utf-8")
    settings = load({f"MAILER_{key}_FILE": str(file)} | NEEDED.get(key, {}))
    assert getattr(settings, field_of(key)) == value


@pytest.mark.parametrize("key", [key for key in EXAMPLES if key != "DATA_DIR"])
def test_from_the_toml_beside_the_data_folder(key: str, tmp_path: Path):
    text, value = EXAMPLES[key]
    (tmp_path / "mailer.toml").write_text(f'{key.lower()} = "{text}"\n', encoding="utf-8")
    settings = load({"MAILER_DATA_DIR": str(tmp_path / "data")} | NEEDED.get(key, {}))
    assert getattr(settings, field_of(key)) == value


def test_numbers_and_switches_of_a_toml_need_no_quotes(tmp_path: Path):
    (tmp_path / "mailer.toml").write_text("relay_connections = 3\nintake_dedicated = true\n", encoding="utf-8")
    settings = load({})
    assert (settings.relay_connections, settings.intake_dedicated) == (3, True)


def test_environment_before_file_before_toml(tmp_path: Path):
    (tmp_path / "mailer.toml").write_text('relay_user = "toml"\n', encoding="utf-8")
    (tmp_path / "user").write_text("file", encoding="utf-8")
    named = {"MAILER_RELAY_USER_FILE": str(tmp_path / "user")}
    assert load({}).relay_user == "toml"
    assert load(named).relay_user == "file"
    assert load(named | {"MAILER_RELAY_USER": "environment"}).relay_user == "environment"


def test_overrides_hear_nothing_else(tmp_path: Path):
    (tmp_path / "mailer.toml").write_text('relay_url = "smtp://127.0.0.1:25"\n', encoding="utf-8")
    settings = load({"MAILER_RELAY_URL": "smtps://real.example"}, data_dir=str(tmp_path / "demo"))
    assert (settings.relay_url, settings.is_sandbox) == ("", True)
    assert settings.data_dir == tmp_path / "demo"


@pytest.mark.parametrize(
    ("key", "text"),
    [
        ("TIMEZONE", "Beijing Time"),
        ("TIMEZONE", "../etc/passwd"),
        ("LEASE", "two minutes"),
        ("LEASE", "120"),
        ("LEASE", "14s"),
        ("RETRY_FIRST", "-5m"),
        ("RETRY_FIRST", "1.5h"),
        ("RELAY_CONNECTIONS", "-1"),
        ("RELAY_CONNECTIONS", "many"),
        ("RELAY_CONNECTIONS", "²"),
        ("PACE_PER_MINUTE", "ten"),
        ("RETURN_PATH", "VERP"),
        ("IN_DOUBT", "maybe"),
        ("INTAKE_DEDICATED", "perhaps"),
        ("CONSOLE_LISTEN", "8025"),
        ("CONSOLE_URL", "http://bulletin.office.example"),
        ("CONSOLE_URL", "https://bulletin.office.example/path"),
        ("CONSOLE_URL", "https://[::1"),
        ("BASE_URL", "http://bulletin.office.example"),
        ("BASE_URL", "https://bulletin.office.example/pages"),
        ("TRUSTED_PROXIES", "proxy.office.example"),
        ("TRUSTED_PROXIES", "10.0.0.1/8"),
        ("CONSOLE_LISTEN", "localhost:99999"),
        ("CONSOLE_LISTEN", "localhost:²"),
        ("RELAY_URL", "mail.office.example"),
        ("RELAY_URL", "https://mail.office.example"),
        ("RELAY_URL", "smtp://[::1"),
        ("RELAY_URL", "smtp://mail.office.example:70000"),
        ("RELAY_URL", "smtp://mail.office.example:port"),
        ("RELAY_URL", "smtps://user:word@mail.office.example"),
        ("INTAKE_URL", "imap://imap.office.example"),
        ("INTAKE_URL", "imaps://user:word@imap.office.example"),
        ("INTAKE_URL", "imaps://[::1"),
        ("SECRET_KEY", "too short"),
        ("BROKER_URL", "redis://cache:6379/0"),
    ],
)
def test_a_wrong_value_is_told_with_its_key_and_a_remedy(key: str, text: str):
    with pytest.raises(SettingError) as raised:
        load({f"MAILER_{key}": text})
    error = raised.value
    assert error.key == f"MAILER_{key}"
    assert f"MAILER_{key} " in error.message
    assert error.hint
    assert not error.message.isascii(), "a sentence for people, not the library's"


def test_a_secret_is_not_repeated_in_the_complaint():
    for environ in ({"MAILER_SECRET_KEY": "mysecret"}, {"MAILER_RELAY_URL": "smtps://u:mysecret@m.example"}):
        with pytest.raises(SettingError) as raised:
            load(environ)
        assert "mysecret" not in raised.value.message + raised.value.hint


def test_a_named_file_that_cannot_be_read(tmp_path: Path):
    with pytest.raises(SettingError) as raised:
        load({"MAILER_SECRET_KEY_FILE": str(tmp_path / "missing")})
    assert raised.value.key == "MAILER_SECRET_KEY_FILE"
    assert raised.value.hint


@pytest.mark.parametrize("text", ["relay_url = [unclosed", 'relay-url = "smtp://x"', "nonsense = 1", "\xff\xfe"])
def test_a_toml_that_cannot_be_used_names_itself(text: str, tmp_path: Path):
    (tmp_path / "mailer.toml").write_bytes(text.encode("latin-1"))
    with pytest.raises(SettingError) as raised:
        load({})
    assert "mailer.toml" in raised.value.key
    assert raised.value.hint


def test_without_any_setting_it_is_a_rehearsal_in_the_data_folder_here():
    settings = load({})
    assert (settings.data_dir, settings.database_url, settings.broker_url) == (Path("data"), "", "")
    assert (settings.is_sandbox, settings.is_hosted) == (True, False)
    assert load({"MAILER_DATA_DIR": ""}).data_dir == Path("data"), "an empty value must not mean this very folder"


@pytest.mark.parametrize(
    ("environ", "connections", "per_minute", "return_path"),
    [
        ({}, 10, 0, "verp"),
        ({"MAILER_RELAY_USER": "a@office.example"}, 2, 30, "fixed"),
        ({"MAILER_RELAY_USER": "a", "MAILER_PACE_PER_MINUTE": "0", "MAILER_RETURN_PATH": "plus"}, 2, 0, "plus"),
        ({"MAILER_RELAY_CONNECTIONS": "5", "MAILER_PACE_PER_MINUTE": "9"}, 5, 9, "verp"),
    ],
)
def test_what_is_automatic_follows_from_the_login(
    environ: dict[str, str], connections: int, per_minute: int, return_path: str
):
    settings = load(environ)
    assert (settings.connections, settings.per_minute, settings.return_path_mode) == (
        connections, per_minute, return_path,
    )  # fmt: skip


def test_keys_that_hold_secrets_are_marked():
    assert {key.name for key in keys() if key.secret} == {
        "MAILER_DATABASE_URL", "MAILER_BROKER_URL", "MAILER_SECRET_KEY", "MAILER_RELAY_PASSWORD",
        "MAILER_INTAKE_PASSWORD", "MAILER_DKIM_KEY", "MAILER_METRICS_TOKEN",
    }  # fmt: skip


def test_where_a_value_was_set_is_told(tmp_path: Path):
    (tmp_path / "mailer.toml").write_text('from = "a@office.example"\nin_doubt = "hold"\n', "utf-8")
    (tmp_path / "password").write_text("p", "utf-8")
    environ = {
        "MAILER_DATA_DIR": str(tmp_path / "data"),
        "MAILER_RELAY_PASSWORD_FILE": str(tmp_path / "password"),
        "MAILER_IN_DOUBT": "resend",
        "MAILER_LEASE": "",
    }
    assert where_set(load(environ), environ) == {
        "MAILER_DATA_DIR": "环境变量 MAILER_DATA_DIR",
        "MAILER_RELAY_PASSWORD": "MAILER_RELAY_PASSWORD_FILE 指向的文件",
        "MAILER_IN_DOUBT": "环境变量 MAILER_IN_DOUBT",
        "MAILER_FROM": f"{tmp_path / 'mailer.toml'} 的 from",
    }


def documented() -> dict[str, str]:
    """Key -> default, as the table of the operator's guide has them."""
    guide = Path(__file__).resolve().parents[2] / "docs" / "operator.md"
    rows = [line.split("|") for line in guide.read_text("utf-8").splitlines() if line.startswith("| `MAILER_")]
    return {row[1].strip(" `"): row[2].strip(" `") for row in rows}


@pytest.mark.parametrize("key", keys(), ids=lambda key: key.name)
def test_the_operators_guide_has_every_key_with_its_default(key: Key):
    assert documented().get(key.name) == key.default


def test_the_operators_guide_has_no_key_that_is_not_there():
    assert set(documented()) == {key.name for key in keys()}


def test_every_key_has_its_words_and_a_default_that_can_be_read():
    assert all(key.help for key in keys())
    assert isinstance(load({}), Settings)


def test_an_empty_value_is_no_value():
    assert load({"MAILER_PACE_PER_HOUR": "", "MAILER_LEASE": ""}) == load({})


@pytest.mark.parametrize(
    ("url", "is_for_mails"),
    [
        ("https://bulletin.office.example", True),
        ("https://93.184.215.14", True),
        ("", False),
        ("https://bulletin.office.local", False),
        ("https://bulletin", False),
        ("https://10.1.2.3", False),
        ("https://127.0.0.1:8026", False),
        ("https://[fd00::1]", False),
        ("https://100.64.0.7", False),
    ],
)
def test_mails_carry_web_links_only_to_an_address_that_everybody_reaches(url: str, is_for_mails: bool):
    assert load({"MAILER_BASE_URL": url}).public_url == (url if is_for_mails else "")
