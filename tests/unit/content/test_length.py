"""A mail too long is told before anything is prepared, and a short issue is never rendered for it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailer import resources
from mailer.content.issue import Issue, Item, Section
from mailer.content.length import largest, length_findings
from mailer.content.render import environment, render
from mailer.content.rendered import HTML_LIMIT
from tests.support.issues import big_issue, sample_facts, sample_issue
from tests.unit.content.readers.test_golden_issues import NAMES, read

TEMPLATES = environment(resources.templates())
TABLE = Item("\n".join("| 单位 | 交办 | 办结 | 率 |" for _ in range(200)), title="进展")
BRIEFS = tuple(Item("<&>", units=("甲镇",), topic=f"第{n}题") for n in range(300))
ODD = [
    replace(sample_issue(), sections=(Section("表", (TABLE,)),)),
    replace(sample_issue(), sections=(Section("简讯", BRIEFS),)),
]


@pytest.mark.parametrize("issue", [sample_issue(), big_issue(30), big_issue(300), *ODD, *map(read, NAMES[::5])])
def test_no_mail_is_larger_than_what_is_told_without_rendering(issue: Issue) -> None:
    assert render(TEMPLATES, issue, sample_facts()).html_bytes <= largest(issue)


def test_a_long_issue_is_warned_of_and_an_ordinary_one_is_not() -> None:
    (finding,) = length_findings(TEMPLATES, big_issue(600))
    assert finding.code == "mail_too_long"
    assert "超过 80 KB" in finding.message
    assert length_findings(TEMPLATES, big_issue(60)) == ()  # rendered, since it might have been long
    assert largest(sample_issue()) <= HTML_LIMIT
