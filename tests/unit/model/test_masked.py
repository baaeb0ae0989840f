from __future__ import annotations

import pytest

from mailer.model.masked import masked_address, masked_name


@pytest.mark.parametrize(
    ("name", "shown"),
    [("王一", "王＊"), ("王小明", "王＊明"), ("欧阳小萍", "欧＊＊萍"), ("王", "王"), ("", ""), (" 李静 ", "李＊")],
)
def test_a_name_keeps_what_its_owner_knows_it_by(name: str, shown: str):
    assert masked_name(name) == shown


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("wang@unit.example", "w***g@unit.example"),
        ("wangxiaoming@unit.example", "w***g@unit.example"),
        ("wx@unit.example", "w***@unit.example"),
        ("w@unit.example", "w***@unit.example"),
        ("", ""),
        ("nobody", ""),
    ],
)
def test_an_address_does_not_tell_how_long_it_is(address: str, shown: str):
    assert masked_address(address) == shown
