"""更正, 补发, 催办, 撤回, 试发, 演练: what each says first, and what a recall must not repeat."""

from __future__ import annotations

from dataclasses import replace

import pytest

from mailer.content.occasion import banners
from mailer.content.render import render
from mailer.model.mailing import MailingKind
from tests.support.issues import sample_facts, sample_issue
from tests.support.mails import BASE_URL, ENV, kind_facts

MARKS = {
    MailingKind.CORRECTION: "【更正】",
    MailingKind.SUPPLEMENT: "【补发】",
    MailingKind.REMINDER: "【催办】",
    MailingKind.RECALL: "【撤回通知】",
    MailingKind.TEST: "【试发】",
}


def test_every_kind_but_the_first_says_what_it_is():
    assert {kind for kind in MailingKind if list(banners(kind, "", rehearsal=False))} == set(MARKS)


@pytest.mark.parametrize("kind", MARKS)
def test_subject_and_both_parts_begin_with_the_kind_and_carry_the_offices_words(kind):
    mail = render(ENV, sample_issue(), kind_facts(kind, "“86场”应为“68场”。\n<b>特此说明</b>"))
    assert mail.subject.startswith(MARKS[kind] + "澄江区")
    assert mail.text.startswith(MARKS[kind])
    assert mail.html.count(MARKS[kind]) == 1
    for words in ("“86场”应为“68场”。", "<b>特此说明</b>"):
        assert words in mail.text
    assert "&lt;b&gt;特此说明" in mail.html


def test_a_first_mailing_says_nothing_of_the_kind():
    mail = render(ENV, sample_issue(), sample_facts())
    assert not any(mark in mail.subject + mail.text + mail.html for mark in MARKS.values())


def test_a_note_on_a_first_mailing_would_be_lost_and_is_refused():
    with pytest.raises(ValueError, match="no note"):
        kind_facts(MailingKind.FIRST, "更正")
    with pytest.raises(ValueError, match="1001"):
        kind_facts(MailingKind.CORRECTION, "字" * 1001)


def test_a_rehearsal_says_so_before_the_kind():
    mail = render(ENV, sample_issue(), replace(kind_facts(MailingKind.CORRECTION), rehearsal=True))
    assert mail.subject.startswith("【演练】【更正】")
    assert mail.text.index("【演练】") < mail.text.index("【更正】")


def test_a_recall_names_the_issue_and_repeats_none_of_its_words():
    issue = sample_issue()
    mail = render(ENV, issue, replace(kind_facts(MailingKind.RECALL, "内容有误"), base_url=BASE_URL))
    everything = mail.subject + mail.text + mail.html
    assert mail.subject == "【撤回通知】澄江区创建全国文明城区工作快报第128期"
    assert "2026年11月20日" in mail.text
    assert "撤回原因：内容有误" in mail.text
    assert issue.contact.email[0] in mail.html
    for item in issue.items:
        assert all(paragraph not in everything for paragraph in item.paragraphs)
        assert not item.title or item.title not in everything
    assert "编者按" not in everything
    assert "林晓禾" not in everything
    assert f"{BASE_URL}/read/" not in everything


@pytest.mark.parametrize(
    ("kind", "asks"), [(MailingKind.REMINDER, True), (MailingKind.RECALL, False), (MailingKind.TEST, False)]
)
def test_nobody_is_asked_to_sign_for_a_proof_or_for_what_was_taken_back(kind, asks):
    mail = render(ENV, sample_issue(), replace(sample_facts(asks=True), kind=kind))
    assert ("签收本期" in mail.html) is asks
    assert ("签收本期" in mail.text) is asks
