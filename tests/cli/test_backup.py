"""`mailer backup`: a copy taken in the middle of a mailing comes back whole, and nothing is sent by itself from it."""

from __future__ import annotations

import io
import json
import tarfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.installation import Installation

PEOPLE = [
    ("松溪街道", "罗琳", "luolin@qinglan.example", "发"),
    ("竹溪街道", "于凡", "never-yu@qinglan.example", "发"),
    ("梅溪街道", "严冬", "unknown-yan@qinglan.example", "发"),
]


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.needs_postgres)])
def database(request: pytest.FixtureRequest) -> dict[str, Any]:
    return {} if request.param == "sqlite" else {"DATABASE_URL": request.getfixturevalue("postgres_url")}


@pytest.fixture
def either(tmp_path: Path, database: dict[str, Any]) -> Installation:
    made = Installation(tmp_path, **database)
    made.init()
    return made


@pytest.fixture
def installation(tmp_path: Path) -> Installation:
    made = Installation(tmp_path)
    made.init()
    return made


def under_way(installation: Installation) -> None:
    """A mailing of three: one accepted, one bounced, one to be tried again."""
    installation.import_people(PEOPLE)
    done = installation.run("send", installation.write_issue(), "--yes", "--json")
    assert done.code == 0, done
    assert counts(installation) == {"accepted": 1, "bounced": 1, "deferred": 1}


def counts(installation: Installation) -> dict[str, int]:
    found = installation.run("mailings", "show", "1", "--json").objects[-1]["counts"]
    return {status: n for status, n in found.items() if n}


def back_up(installation: Installation) -> Path:
    file = installation.folder / "backup.tar.gz"
    done = installation.run("backup", "create", "--out", file, "--json")
    assert done.code == 0, done
    return file


def test_what_was_lost_comes_back_and_sends_nothing_by_itself(either: Installation):
    installation = either
    under_way(installation)
    file = back_up(installation)
    assert file.stat().st_mode & 0o777 == 0o600
    # what happened after the backup is what gets lost
    assert installation.run("mailings", "cancel", "1", "--yes").code == 0
    assert counts(installation) == {"accepted": 1, "bounced": 1, "cancelled": 1}

    refused = installation.run("backup", "restore", file, "--json")
    assert (refused.code, refused.objects[-1]["code"]) == (2, "needs_yes")
    assert counts(installation)["cancelled"] == 1
    done = installation.run("backup", "restore", file, "--yes", "--json")
    assert done.code == 0, done
    assert done.objects[-1]["stopped"] == 1

    shown = installation.run("mailings", "show", "1", "--json").objects[-1]
    assert (shown["status"], counts(installation)) == ("held", {"accepted": 1, "bounced": 1, "deferred": 1})
    assert "备份" in shown["reason"]
    tasks = installation.run("tasks", "list", "--json").objects
    assert [task["kind"] for task in tasks if task.get("kind") == "restored"] == ["restored"]
    # a person has looked at the relay's log and lets it go on
    assert installation.run("mailings", "resume", "1").code == 0
    assert installation.run("mailings", "cancel", "1", "--yes").code == 0
    assert sum(counts(installation).values()) == 3


def test_into_a_new_place(tmp_path: Path):
    here = Installation(tmp_path)
    here.init()
    under_way(here)
    file = back_up(here)
    elsewhere = Installation(tmp_path / "elsewhere")
    elsewhere.folder.mkdir()
    done = elsewhere.run("backup", "restore", file, "--json")
    assert done.code == 0, done
    assert counts(elsewhere) == {"accepted": 1, "bounced": 1, "deferred": 1}
    # the secret came along: Message-IDs of copies already sent are still ours
    assert (elsewhere.data_dir / "secret.key").read_bytes() == (here.data_dir / "secret.key").read_bytes()


def test_a_damaged_backup_changes_nothing(installation: Installation, tmp_path: Path):
    under_way(installation)
    file = back_up(installation)
    data = bytearray(file.read_bytes())
    data[len(data) // 2] ^= 0xFF
    for broken in (bytes(data), file.read_bytes()[:-200], b"not an archive", b""):
        bad = tmp_path / "bad.tar.gz"
        bad.write_bytes(broken)
        done = installation.run("backup", "restore", bad, "--yes", "--json")
        assert (done.code, done.objects[-1]["code"]) == (1, "bad_backup")
    assert counts(installation) == {"accepted": 1, "bounced": 1, "deferred": 1}


def _lies(manifest: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The manifest, each time with another lie in it."""
    hashes = manifest["sha256"]
    yield manifest | {"sha256": hashes | {"../../evil": hashes["database"]}}
    yield manifest | {"sha256": hashes | {"dkim/../../evil": hashes["database"]}}
    yield manifest | {"format": 99}
    yield manifest | {"taken_at": 7}
    yield {key: value for key, value in manifest.items() if key != "database"}


def test_a_manifest_that_lies_is_refused(installation: Installation, tmp_path: Path):
    with tarfile.open(back_up(installation)) as archive:
        members = {member.name: archive.extractfile(member).read() for member in archive}  # type: ignore[union-attr]  # files
    evil = tmp_path / "evil.tar.gz"
    for lie in _lies(json.loads(members["manifest.json"])):
        with tarfile.open(evil, "w:gz") as archive:
            for name, data in (members | {"manifest.json": json.dumps(lie).encode()}).items():
                info = tarfile.TarInfo(name)
                info.size = len(data)
                archive.addfile(info, io.BytesIO(data))
        done = installation.run("backup", "restore", evil, "--yes", "--json")
        assert (done.code, done.objects[-1]["code"]) == (1, "bad_backup"), lie


def test_nothing_is_written_over(installation: Installation):
    file = back_up(installation)
    done = installation.run("backup", "create", "--out", file, "--json")
    assert (done.code, done.objects[-1]["code"]) == (2, "exists")
