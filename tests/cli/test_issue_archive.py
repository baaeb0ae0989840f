"""`mailer issues archive` and `verify`: from a sent issue to a file whose every byte is vouched for."""

from __future__ import annotations

from pathlib import Path

from tests.support.installation import Installation


def test_an_issue_is_put_on_paper_archived_and_verified(tmp_path: Path):
    made = Installation(tmp_path)
    made.init()
    taken = made.run("issues", "import", str(made.write_issue()))
    assert taken.code == 0, taken
    file = tmp_path / "archive.zip"
    done = made.run("issues", "archive", "128", "--out", str(file), "--json")
    assert done.code == 0, done
    good = made.run("issues", "verify", str(file), "--json")
    assert (good.code, good.event("result")["ok"]) == (0, True)
    assert good.event("result")["digest"] == done.event("result")["digest"]

    paper = tmp_path / "issue.pdf"
    assert made.run("issues", "print", "128", "--out", str(paper)).code == 0
    assert paper.read_bytes().startswith(b"%PDF-")

    broken = bytearray(file.read_bytes())
    broken[len(broken) // 2] ^= 1
    file.write_bytes(broken)
    assert made.run("issues", "verify", str(file)).code == 1
    assert made.run("issues", "verify", str(tmp_path / "none.zip")).code == 2
    assert made.run("issues", "archive", "999", "--out", str(file)).code == 2
