"""`mailer issues print|archive|verify`: from a file to paper, and to a pack whose every byte is vouched for."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Terminal
from tests.support.installation import ISSUE


def test_an_issue_is_put_on_paper_archived_and_verified(data: Path, terminal: Terminal, tmp_path: Path):
    del data
    source, paper, file = tmp_path / "issue.md", tmp_path / "issue.pdf", tmp_path / "archive.zip"
    source.write_text(ISSUE, encoding="utf-8")
    assert terminal.run("issues", "import", str(source))[0] == 0
    assert terminal.run("issues", "print", "128", "--out", str(paper))[0] == 0
    assert paper.read_bytes().startswith(b"%PDF-")

    (made,) = terminal.json("issues", "archive", "128", "--out", str(file))
    (found,) = terminal.json("issues", "verify", str(file))
    assert (found["ok"], found["digest"]) == (True, made["digest"])
    broken = bytearray(file.read_bytes())
    broken[len(broken) // 2] ^= 1
    file.write_bytes(broken)
    assert terminal.run("issues", "verify", str(file))[0] == 1
    assert terminal.run("issues", "verify", str(tmp_path / "none.zip"))[0] == 2
    assert terminal.run("issues", "archive", "999", "--out", str(file))[0] == 2
