"""docs/api.md: its commands work as they stand, and it names every path, scope and code that there is."""

from __future__ import annotations

import ast
import json
import re
import shlex
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import mailer.web.api
from mailer.cli.main import COMMANDS, build_parser
from mailer.model.api_scope import Scope
from mailer.store.engine import Store
from mailer.web.api.app import operations
from tests.web.api.conftest import Program
from tests.web.sample_ledger import Row, make_mailing

TEXT = (Path(__file__).parents[3] / "docs" / "api.md").read_text("utf-8")


def commands() -> list[list[str]]:
    blocks = re.findall(r"```sh\n(.*?)```", TEXT, re.DOTALL)
    return [shlex.split(line) for block in blocks for line in block.replace("\\\n", " ").splitlines()]


def test_every_request_of_the_page_gets_a_good_answer(store: Store, program: Callable[..., Program]):
    make_mailing(store, [Row()])
    asking = program()
    asked = [words for words in commands() if words[0] == "curl"]
    assert len(asked) >= 6
    for words in asked:
        flags = list(pairwise(words))
        given = dict(flags)
        headers = dict(word.split(": ", 1) for flag, word in flags if flag == "-H")
        assert headers.pop("Authorization") == "Bearer $KEY"
        path = words[-1].removeprefix("$MAILER/api/v1")
        body = given["-d"].encode() if "-d" in given else None
        method = given.get("-X", "GET")
        answer = asking.raw(
            method, path, body, **{name.lower().replace("-", "_"): value for name, value in headers.items()}
        )
        assert answer.status in {200, 201}, (words, answer.body)
        assert json.loads(answer.body)


def test_every_command_of_the_page_is_one():
    told = [words for words in commands() if words[0] == "mailer"]
    assert told
    for words in told:
        assert words[1] in COMMANDS
        build_parser(words[1]).parse_args(words[1:])


def test_the_page_names_every_path_and_scope():
    for operation in operations():
        last = "/" + operation.path.rpartition("/")[2]
        assert f"`{operation.method} {operation.path}`" in TEXT or f"`{last}`" in TEXT, operation.path
    assert [scope for scope in Scope if f"`{scope}`" not in TEXT] == []


def test_the_page_names_every_code_of_ours():
    found = set()
    for file in Path(mailer.web.api.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "ProblemError":
                code = node.args[1]
                if isinstance(code, ast.Constant):
                    found.add(code.value)
    assert len(found) > 10
    assert {code for code in found if f"`{code}`" not in TEXT} == {"method", "failed"}  # 405 and 500 say it all
