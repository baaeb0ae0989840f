"""``mailer render`` as a person calls it: three files, no data folder, mistakes in Chinese."""

from __future__ import annotations

import email
import email.policy
import json

import pytest

from mailer.cli.main import main

ISSUE = """# 澄江区创建全国文明城区 工作快报

第128期

澄江区创建全国文明城区工作指挥部办公室

2026年11月20日

## 【指挥调度】

11月18日，澄江区召开创建工作推进会，通报三季度测评结果。（本刊）

## 【简讯】

**石桥镇：**近日，清理楼道堆物52处，新装休息座椅18把。

**编辑：林晓禾**

---

**发：各成员单位主要领导、信息员**

---

**电子邮箱：kuaibao@chengjiang.example**
"""


@pytest.fixture
def issue_file(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "128.md"
    path.write_text(ISSUE, encoding="utf-8")
    return path


def test_it_writes_what_a_recipient_gets_and_makes_no_data_folder(issue_file, tmp_path, capsys):
    out = tmp_path / "样张" / "128"
    assert (
        main(["render", str(issue_file), "--out", str(out), "--list", "报", "--recipient", "li@unit.test", "--json"])
        == 0
    )
    (line,) = capsys.readouterr().out.splitlines()
    result = json.loads(line)
    assert result["event"] == "result"
    assert result["subject"].startswith("澄江区创建全国文明城区工作快报第128期：")
    assert sorted(path.name for path in out.iterdir()) == ["issue.eml", "issue.html", "issue.txt"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["128.md", "样张"]
    mail = email.message_from_bytes((out / "issue.eml").read_bytes(), policy=email.policy.default)
    assert mail["To"] == "li@unit.test"
    assert mail["Reply-To"] == "kuaibao@chengjiang.example"
    assert mail["List-Id"] == "报 <bao.chengjiang.example>"
    html = mail.get_body(("html",)).get_content()
    shown = (out / "issue.html").read_text(encoding="utf-8")
    assert "".join(html.split()) == "".join(shown.split())
    assert "石桥镇：" in (out / "issue.txt").read_text(encoding="utf-8")


def test_the_configured_sender_wins_over_the_printed_mailbox(issue_file, tmp_path, monkeypatch):
    monkeypatch.setenv("MAILER_FROM", "澄江快报 <send@mail.chengjiang.example>")
    assert main(["render", str(issue_file), "--out", str(tmp_path)]) == 0
    mail = email.message_from_bytes((tmp_path / "issue.eml").read_bytes(), policy=email.policy.default)
    assert mail["From"] == "澄江快报 <send@mail.chengjiang.example>"
    assert mail["Reply-To"] == "kuaibao@chengjiang.example"


def test_a_mail_that_is_too_long_is_told_with_what_to_do(issue_file, tmp_path, capsys):
    assert main(["render", str(issue_file), "--out", str(tmp_path), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["findings"] == []
    brief = "**石桥镇：**近日，清理楼道堆物52处，新装休息座椅18把，居民群众积极参与，小区面貌明显改善。\n\n"
    issue_file.write_text(ISSUE.replace("**编辑", brief * 500 + "**编辑"), encoding="utf-8")
    assert main(["render", str(issue_file), "--out", str(tmp_path), "--json"]) == 0
    (finding,) = json.loads(capsys.readouterr().out)["findings"]
    assert finding["code"] == "mail_too_long"
    assert main(["render", str(issue_file), "--out", str(tmp_path)]) == 0
    assert f"怎么办：{finding['remedy']}" in capsys.readouterr().out


def test_a_configured_address_that_is_none_is_told(issue_file, tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("MAILER_REPLY_TO", "没有邮箱")
    assert main(["render", str(issue_file), "--out", str(tmp_path / "x")]) == 2
    assert "MAILER_REPLY_TO" in capsys.readouterr().err


def test_the_same_issue_gives_the_same_content(issue_file, tmp_path, capsys):
    hashes = set()
    for name in ("a", "b"):
        assert main(["render", str(issue_file), "--out", str(tmp_path / name)]) == 0
        hashes.add((tmp_path / name / "issue.html").read_bytes())
    assert len(hashes) == 1
    assert "已写好" in capsys.readouterr().out


def test_another_kind_with_a_note_and_a_file(issue_file, tmp_path):
    (tmp_path / "附表.pdf").write_bytes(b"%PDF-1.7")
    arguments = ["--kind", "更正", "--note", "第二段“52处”应为“25处”。", "--attach", "附表.pdf"]
    assert main(["render", str(issue_file), "--out", str(tmp_path), *arguments]) == 0
    mail = email.message_from_bytes((tmp_path / "issue.eml").read_bytes(), policy=email.policy.default)
    assert mail["Subject"].startswith("【更正】")
    assert "第二段“52处”应为“25处”。" in (tmp_path / "issue.txt").read_text(encoding="utf-8")
    assert [(part.get_filename(), part.get_content()) for part in mail.iter_attachments()] == [
        ("附表.pdf", b"%PDF-1.7")
    ]


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["missing.md", "--out", "x"], 2, "读不到文件 missing.md"),
        (["128.md", "--out", "x", "--list", "抄"], 2, "报"),
        (["128.md", "--out", "x", "--recipient", "a@t.test, b@t.test"], 2, "--recipient"),
        (["128.md", "--out", "128.md/x"], 1, "样张写不进"),
        (["128.md", "--out", "x", "--kind", "转发"], 2, "首发"),
        (["128.md", "--out", "x", "--note", "说明"], 2, "首发没有说明"),
        (["128.md", "--out", "x", "--attach", "none.pdf"], 2, "读不到附件"),
        (["128.md", "--out", "x", "--attach", "empty.md"], 2, "空文件"),
        (["empty.md", "--out", "x"], 1, "怎么办"),
    ],
)
def test_mistakes_are_named_and_nothing_is_left_behind(issue_file, tmp_path, capsys, arguments, code, said):
    (tmp_path / "empty.md").write_bytes(b"")
    assert main(["render", *arguments]) == code
    assert said in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
