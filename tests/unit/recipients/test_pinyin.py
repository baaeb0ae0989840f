from __future__ import annotations

import pytest

from recipients.pinyin import matches, sort_key, syllables


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("曾意", "zeng yi"), ("单小禾", "shan xiao he"), ("单于", "shan yu"), ("单于好", "chan yu hao"), ("解一", "xie yi"), ("仇英", "qiu ying"),
        ("欧阳好", "ou yang hao"), ("吕品", "lv pin"), ("何𠮷", "he 𠮷"), ("重庆", "chong qing"), ("", ""),
    ],
)  # fmt: skip
def test_surnames_are_read_as_surnames(name, expected):
    assert " ".join(syllables(name)) == expected


@pytest.mark.parametrize("query", ["曾", "意", "zengyi", "zeng", "yi", "zy", "ZENG", "ｚｅｎｇ", "zengy"])
def test_ways_to_ask_for_a_name(query):
    assert matches(query, "曾意")


@pytest.mark.parametrize("query", ["ceng", "engyi", "yz", "x", "", " ", "意曾"])
def test_what_does_not_mean_it(query):
    assert not matches(query, "曾意")


def test_the_order_is_that_of_pinyin():
    assert sorted(["周禾", "曾意", "安可", "吴满"], key=sort_key) == ["安可", "吴满", "曾意", "周禾"]
