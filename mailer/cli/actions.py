"""The second words of a command (`mailings pause`, `tasks done`): each with its Chinese -h and with --json."""

from __future__ import annotations

import argparse
from collections.abc import Mapping


def add_actions(parser: argparse.ArgumentParser, told: Mapping[str, str]) -> dict[str, argparse.ArgumentParser]:
    """A parser for each entry of ``told`` (word -> what it does); ``args.action`` says which was chosen."""
    actions = parser.add_subparsers(dest="action", metavar="操作", required=True, title="操作")
    made = {}
    for name, words in told.items():
        made[name] = actions.add_parser(name, help=words, description=words, add_help=False)
        made[name].add_argument("-h", "--help", action="help", help="显示本说明")
        made[name].add_argument("--json", action="store_true", help="结果以 JSON 输出")
    return made
