"""A correction makes a revision with its own source; the number follows while nothing was mailed, and not afterwards."""

from __future__ import annotations

import hashlib
import json
from dataclasses import replace

import pytest

from mailer.content.correct import CorrectionError
from mailer.flow.correct_issue import correct_issue
from mailer.flow.office import Office
from mailer.flow.prepare_mailing import prepare_mailing
from mailer.flow.take_issue import TakenIssue, stored_issue, take_issue
from mailer.store import queries
from mailer.store.engine import Store
from tests.support.builders import Clock, make_audience, make_office, make_order

FILE = "# 白鹭区工作快报\n\n第12期\n\n白鹭区委办公室\n\n2026年3月9日\n\n## 【要闻】\n\n区里开会，部署工作。（本刊）\n\n报：区委\n"


def take(office: Office, text: str = FILE) -> TakenIssue:
    return take_issue(office, data=text.encode(), filename="快报.md", actor="cli:a")


def change(office: Office, taken: TakenIssue, /, **changes: str) -> TakenIssue:
    return correct_issue(office, revision_id=taken.revision_id, changes=changes, actor="cli:b")


def test_a_correction_is_a_revision_whose_source_is_the_correction(either: Store, clock: Clock) -> None:
    office = make_office(either, clock)
    taken = take(office)
    made = change(office, taken, office="白鹭区文明办", 发="各镇街")
    assert (made.issue_id, made.is_new, made.revision_id != taken.revision_id) == (taken.issue_id, True, True)
    assert stored_issue(office, made.revision_id) == made.issue
    assert (made.issue.issuing_office, made.issue.distribution.issue_to) == ("白鹭区文明办", ("各镇街",))
    with either.read() as session:
        row = queries.revision_content(session, made.revision_id)
        first = queries.revision_content(session, taken.revision_id)
        listed = queries.issues(session)
    assert row is not None
    assert first is not None
    assert hashlib.sha256(bytes(row.source)).hexdigest() == row.source_sha256
    assert json.loads(row.source) == {
        "base": first.source_sha256,
        "base_revision": taken.revision_id,
        "changes": {"office": "白鹭区文明办", "发": "各镇街"},
    }
    assert (first.source, row.created_by, row.source_name) == (FILE.encode(), "cli:b", "快报.md（人工改正）")
    assert [(each.revision, each.revision_id) for each in listed] == [(2, made.revision_id)]


def test_the_number_follows_and_the_old_one_is_free(office: Office) -> None:
    made = change(office, take(office), number="13", date="2026年3月10日", title="白鹭快报")
    with office.store.read() as session:
        (row,) = queries.issues(session)
    assert (row.number, str(row.issued_on), row.title) == (13, "2026-03-10", "白鹭快报")
    assert not {"number_taken", "number_gap"} & {finding.code for finding in made.findings}


def test_what_changes_nothing_makes_no_revision(office: Office) -> None:
    taken = take(office)
    made = change(office, taken, number="12")
    again = change(office, made, office="白鹭区文明办")
    same = change(office, again, office="白鹭区文明办")
    assert (made.is_new, made.revision_id) == (False, taken.revision_id)
    assert (same.is_new, same.revision_id) == (False, again.revision_id)


def test_a_number_that_is_taken_or_mailed_is_refused(office: Office) -> None:
    first = take(office)
    second = take(office, FILE.replace("第12期", "第13期"))
    with pytest.raises(CorrectionError, match="已经收录") as caught:
        change(office, second, number="12")
    assert caught.value.code == "number_taken"
    with pytest.raises(CorrectionError) as caught:
        correct_issue(office, revision_id=9_999, changes={"number": "1"}, actor="cli:b")
    assert caught.value.code == "unknown_revision"
    order = make_order(office.store, make_audience(1))
    prepare_mailing(office, replace(order, revision_id=first.revision_id, issue=first.issue), "cli:a")
    with pytest.raises(CorrectionError) as caught:
        change(office, first, number="14")
    assert caught.value.code == "already_mailed"
    assert change(office, first, office="白鹭区文明办").is_new


def test_the_file_again_is_the_issue_as_it_was_corrected(either: Store, clock: Clock) -> None:
    office = make_office(either, clock)
    made = change(office, change(office, take(office), number="13"), office="白鹭区文明办")
    again = take(office)
    assert (again.revision_id, again.issue_id, again.is_new) == (made.revision_id, made.issue_id, False)
    assert (again.issue, again.findings) == (made.issue, made.findings)
    with either.read() as session:
        assert [row.number for row in queries.issues(session)] == [13]


def test_the_file_again_is_itself_where_another_file_came_since(office: Office) -> None:
    first = take(office)
    other = take(office, FILE.replace("部署工作", "部署整改"))
    assert change(office, other, office="白鹭区文明办").issue_id == first.issue_id
    again = take(office)
    assert (again.revision_id, again.issue, again.is_new) == (first.revision_id, first.issue, False)
