from __future__ import annotations

import pytest

from mailer.feedback.reasons import REASONS
from mailer.feedback.wording import explain
from mailer.model.verdict import Owner


@pytest.mark.parametrize("reason", sorted(REASONS))
@pytest.mark.parametrize("owner", list(Owner))
def test_every_reason_is_explained_in_one_chinese_line(reason: str, owner: Owner) -> None:
    for line in explain(reason, owner):
        assert line
        assert "\n" not in line
        assert any("\u4e00" <= letter <= "\u9fff" for letter in line)
        assert not line.endswith("。"), "the page adds the stop"


def test_nothing_to_explain() -> None:
    assert explain("", Owner.NOBODY) == ("", "")


def test_the_owner_changes_what_is_told() -> None:
    assert explain("suspend", Owner.SENDER) != explain("suspend", Owner.RECIPIENT)
