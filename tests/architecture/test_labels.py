"""One Chinese word for each status, no two alike: what people see is told apart."""

from __future__ import annotations

from enum import StrEnum

import pytest

from mailer.feedback.wording import explain
from mailer.flow.export_report import COLUMNS
from mailer.model.delivery import LABELS, DeliveryStatus
from mailer.model.mailing import MailingKind, MailingStatus
from mailer.model.verdict import Owner
from recipients.audience import Withheld
from recipients.suppression import SuppressionReason


@pytest.mark.parametrize("words", [DeliveryStatus, MailingStatus, MailingKind])
def test_every_status_has_a_label_of_its_own(words: type[StrEnum]):
    labels = [word.label for word in words]  # type: ignore[attr-defined]  # each of these enums has one
    assert all(label and not label.isascii() for label in labels)
    assert len(set(labels)) == len(labels)


@pytest.mark.parametrize("reasons", [Withheld, SuppressionReason])
def test_every_reason_has_its_words(reasons: type[StrEnum]):
    words = [reason.chinese for reason in reasons]  # type: ignore[attr-defined]  # both have it
    assert all(words)
    assert len(set(words)) == len(words)


def test_the_labels_name_nothing_else():
    assert set(LABELS) == set(DeliveryStatus)


def test_the_words_of_the_agreement():
    assert [status.label for status in DeliveryStatus] == [
        "待发", "不发", "排队", "正在发", "稍后再试", "已交出", "结果不明", "对方确认送达", "退回", "逾期未发出", "已取消",
    ]  # fmt: skip


@pytest.mark.parametrize("owner", Owner)
def test_whoever_is_to_blame_there_is_a_sentence(owner: Owner):
    assert all(isinstance(text, str) for text in explain("", owner))


def test_no_two_columns_of_the_report_are_headed_alike():
    assert len(set(COLUMNS.values())) == len(COLUMNS)
