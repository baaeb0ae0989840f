"""What goes wrong at the command line: exit code, a sentence with a remedy, one JSON object for programs, nothing half-made.

Every case runs the program as a user does; a traceback is a failure everywhere.
"""

from __future__ import annotations

import json
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.support.installation import ISSUE, Done, Installation
from tests.support.servers.programs import free_port
from tests.support.waiting import wait_until

MEGABYTE = 1_000_000


def clean(done: Done) -> Done:
    """Whatever came of it, no programming error did."""
    assert "Traceback" not in done.err, done
    assert '"internal"' not in done.out, done
    assert "程序出错" not in done.err, done
    return done


def failed(done: Done, exit_code: int, code: str) -> str:
    """Checks the one way to fail under --json; what the person is told."""
    assert clean(done).code == exit_code, done
    [*_before, error] = done.objects
    assert error.keys() == {"event", "code", "message", "hint"}, done
    assert (error["event"], error["code"]) == ("error", code), done
    assert error["message"]
    return f"{error['message']}{error['hint']}"


@pytest.fixture
def nowhere(tmp_path: Path) -> Installation:
    """A folder in which nothing was initialised."""
    return Installation(tmp_path)


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """Initialised, with three people on 发; its relay is the sandbox. The cases that share it must change nothing."""
    office = Installation(tmp_path_factory.mktemp("office"))
    office.init()
    office.import_people((f"第{n}局", f"张{n}", f"ren{n}@unit.example", "发") for n in range(3))
    members = office.run("lists", "members", "发", "--json").objects
    yield office
    assert office.mailings() == []
    assert office.run("lists", "members", "发", "--json").objects == members


# --- wrong use ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "words",
    [("send", "issue.md", "--yes"), ("mailings", "list"), ("recipients", "export", "out.csv")],
    ids=lambda words: words[0],
)
def test_without_init_it_says_so_and_makes_nothing(nowhere: Installation, words: tuple[str, ...]) -> None:
    nowhere.write_issue()
    told = failed(nowhere.run(*words, "--json"), 2, "not_initialised")
    assert "mailer init" in told
    assert not nowhere.data_dir.exists()


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("sned", "issue.md"), "sned"),
        (("send", "issue.md", "--frobnicate"), "--frobnicate"),
        (("send",), ""),
        (("mailings", "explode"), "explode"),
        (("mailings", "report", "1", "--format", "pdf"), "pdf"),
    ],
)
def test_a_wrong_word_is_named(nowhere: Installation, words: tuple[str, ...], named: str) -> None:
    told = failed(nowhere.run(*words, "--json"), 2, "usage")
    assert named in told
    plain = nowhere.run(*words)
    assert (plain.code, plain.out) == (2, "")
    assert plain.err.startswith("错误：")
    assert "怎么办：" in plain.err


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("RELAY_URL", "smtp://user:secret-word@mail.example"),
        ("PACE_PER_MINUTE", "many"),
        ("BROKER_URL", "redis://127.0.0.1:6379/0"),
    ],
)
def test_a_wrong_setting_is_named_with_its_remedy(office: Installation, key: str, value: str) -> None:
    done = office.but(**{key: value}).run("mailings", "list", "--json")
    assert f"MAILER_{key}" in failed(done, 2, "bad_setting")
    assert "secret-word" not in done.out + done.err


# --- files --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("write", "exit_code", "code"),
    [
        (lambda path: None, 2, "file_missing"),
        (lambda path: path.write_bytes(b""), 1, "empty"),
        (lambda path: path.write_bytes(bytes(range(256)) * 40), 1, "not_text"),
        (lambda path: path.write_text("字" * 300_000, "utf-8"), 1, "line_too_long"),
        (lambda path: path.write_text("今天下午三点开会，请准时参加。\n", "utf-8"), 1, "no_masthead"),
    ],
    ids=["missing", "empty", "bytes", "line", "no masthead"],
)
def test_a_file_that_is_no_issue(
    office: Installation, tmp_path: Path, write: Callable[[Path], object], exit_code: int, code: str
) -> None:
    path = tmp_path / "期刊.md"
    write(path)
    told = failed(office.run("send", path, "--yes", "--json"), exit_code, code)
    assert "期刊.md" in told


@pytest.mark.parametrize(
    ("name", "data"),
    [
        ("2 MB", (ISSUE + "\n\n各单位要把工作落到实处。" * 80_000).encode()[: 2 * MEGABYTE]),
        ("a line of 260 KB", (ISSUE + "\n\n" + "长" * 86_000).encode()),
        ("markup", ISSUE.replace("推进会", "<script>alert(1)</script><b>推进会</b><img src=x onerror=y>").encode()),
        ("deep quotes", (ISSUE + "\n" + ">" * 20_000 + " 引用\n" + "- " * 5_000).encode()),
        ("brackets", (ISSUE + "\n" + "[" * 50_000 + "(" * 50_000 + "*_" * 20_000).encode()),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_strange_issue_is_read_or_refused_in_time(nowhere: Installation, name: str, data: bytes) -> None:
    path = nowhere.folder / "issue.md"
    path.write_bytes(data)
    done = nowhere.run("issues", "parse", path, "--json", within=30)
    assert clean(done).code in {0, 1}
    [told] = done.objects
    assert told["ok"] if done.code == 0 else told["code"]
    assert not nowhere.data_dir.exists()


@pytest.mark.parametrize("encoding", ["utf-8-sig", "gb18030", "utf-16", "utf-16-le"])
def test_every_encoding_an_office_writes_reads_the_same(nowhere: Installation, encoding: str) -> None:
    plain, other = nowhere.write_issue(), nowhere.folder / "other.md"
    text = ISSUE.replace("\n", "\r\n")
    other.write_bytes((b"\xff\xfe" if encoding == "utf-16-le" else b"") + text.encode(encoding))
    found = [nowhere.run("issues", "parse", path, "--json") for path in (plain, other)]
    assert [done.code for done in found] == [0, 0], found[1]
    assert found[0].objects == found[1].objects


@pytest.mark.parametrize(
    ("name", "data", "exit_code"),
    [
        ("none.csv", None, 2),
        ("empty.csv", b"", 1),
        ("noise.xlsx", bytes(range(256)) * 40, 1),
        ("half.xlsx", b"PK\x03\x04" + b"\0" * 200, 1),
        ("letter.csv", "今天下午三点开会\n".encode(), 1),
        ("list.pdf", b"%PDF-1.7\n", 1),
    ],
)
def test_a_roster_that_cannot_be_read(nowhere: Installation, name: str, data: bytes | None, exit_code: int) -> None:
    path = nowhere.folder / name
    if data is not None:
        path.write_bytes(data)
    done = nowhere.run("recipients", "import", path, "--dry-run", "--json")
    assert clean(done).code == exit_code, done
    assert done.objects
    assert not nowhere.data_dir.exists()


def test_a_roster_that_cannot_be_read_changes_nothing(office: Installation, tmp_path: Path) -> None:
    path = tmp_path / "noise.xlsx"
    path.write_bytes(bytes(range(256)) * 40)
    assert clean(office.run("recipients", "import", path, "--full", "--yes", "--confirm-removals", "--json")).code == 1


# --- the relay, the storage, the key --------------------------------------------------------------------------------------


def test_a_relay_that_is_down_is_told_before_anything_is_made(office: Installation) -> None:
    port = free_port()
    down = office.but(RELAY_URL=f"smtp://127.0.0.1:{port}", FROM="某某办 <office@bureau.example>")
    told = failed(down.run("send", down.write_issue(), "--yes", "--wait", "--json"), 1, "relay_refused")
    assert f"127.0.0.1:{port}" in told
    assert "没有发送任何邮件" in told


def test_a_key_belongs_to_one_content(tmp_path: Path) -> None:
    office = Installation(tmp_path)
    office.init()
    office.import_people([("第一局", "张一", "ren1@unit.example", "发"), ("第二局", "张二", "ren2@unit.example", "发")])
    issue = office.write_issue()
    first = office.run("send", issue, "--key", "K1", "--yes", "--wait", "--json")
    assert (first.code, first.event("mailing")["created"]) == (0, True), first
    again = office.run("send", issue, "--key", "K1", "--yes", "--wait", "--json")
    assert (again.code, again.event("mailing")["created"]) == (0, False)
    other = office.write_issue(ISSUE.replace("第128期", "第129期"), "other.md")
    told = failed(office.run("send", other, "--key", "K1", "--yes", "--json"), 1, "key_conflict")
    assert "K1" in told
    [mailing] = office.mailings()
    assert (mailing["mailing"], mailing["recipients"]) == (1, 2)
    assert copies(office) == {"ren1@unit.example": 1, "ren2@unit.example": 1}


def copies(office: Installation) -> Counter[str]:
    """What the sandbox relay took, by recipient."""
    log = office.data_dir / "sandbox" / "relay.jsonl"
    lines = log.read_text("utf-8").splitlines() if log.exists() else []
    return Counter(json.loads(line)["to"] for line in lines)


def test_ctrl_c_stops_and_the_same_command_goes_on(tmp_path: Path) -> None:
    office = Installation(tmp_path, RELAY_CONNECTIONS=1)
    office.init()
    # one that is quickly taken, and three that the relay thinks about for two seconds each
    addresses = [f"{word}{n}@unit.example" for n, word in enumerate(["ren", "slow", "slow", "slow"])]
    office.import_people((f"第{n}局", f"张{n}", address, "发") for n, address in enumerate(addresses))
    words = ("send", office.write_issue(), "--yes", "--wait", "--json")
    sending = office.begin(*words)
    wait_until(lambda: copies(office), 40, "a first copy")
    sending.send_signal(signal.SIGINT)
    out, err = sending.communicate(timeout=40)
    assert sending.returncode == 130, err
    assert b"Traceback" not in err
    assert json.loads(out.splitlines()[-1])["code"] == "interrupted"
    stopped = office.show()
    assert stopped["status"] == "sending"
    assert sum(stopped["counts"].values()) == 4
    assert stopped["counts"]["queued"] > 0
    done = office.run(*words)
    assert clean(done).code == 0, done
    assert done.event("mailing")["created"] is False
    assert done.event("result")["counts"]["accepted"] == 4
    assert copies(office) == dict.fromkeys(addresses, 1)


def test_a_mail_that_cannot_be_stored_is_kept_by_the_mail_system(nowhere: Installation) -> None:
    words = ("bounces", "take-in", "--recipient", "office@bureau.example", "--json")
    told = failed(nowhere.run(*words, stdin=b"From: x\r\n\r\n"), 75, "storage_unavailable")
    assert "邮件系统会再送来" in told
    away = nowhere.but(DATABASE_URL=f"postgresql+psycopg://mailer@127.0.0.1:{free_port()}/mailer")
    failed(away.run(*words, stdin=b"From: x\r\n\r\n"), 75, "storage_unavailable")
    wrong = nowhere.but(LEASE="soon")
    failed(wrong.run(*words, stdin=b"From: x\r\n\r\n"), 75, "storage_unavailable")
    assert not nowhere.data_dir.exists()


@pytest.mark.parametrize("mail", [b"", bytes(range(256)) * 4_000], ids=["nothing", "noise"])
def test_a_mail_nobody_understands_is_stored(office: Installation, mail: bytes) -> None:
    done = office.run("bounces", "take-in", "--json", stdin=mail)
    assert clean(done).code == 0
    assert done.event("result")["state"] in {"unread", "unmatched"}


def test_a_database_that_is_away_is_told_without_a_traceback(nowhere: Installation) -> None:
    away = nowhere.but(DATABASE_URL=f"postgresql+psycopg://mailer:secret-word@127.0.0.1:{free_port()}/mailer")
    for words in (("init",), ("mailings", "list")):
        done = away.run(*words, "--json")
        failed(done, 1, "no_database")
        assert "secret-word" not in done.out + done.err
