"""Every metric an alert names is one that /metrics answers with, with the labels and values the rule asks for."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from ruamel.yaml import YAML

from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import MailingStatus
from mailer.model.verdict import Owner
from mailer.store.engine import Store
from mailer.web.console.metrics import Snapshot

FILE = Path(__file__).resolve().parents[2] / "deploy/prometheus/alerts.yml"
RULES = [rule for group in YAML(typ="safe").load(FILE.read_text("utf-8"))["groups"] for rule in group["rules"]]
#: what a label of ours may say
VALUES = {
    "mailings": set(map(str, MailingStatus)),
    "deliveries": set(map(str, DeliveryStatus)),
    "attempts_per_second": set(map(str, Owner)),
    "workers": {"alive", "silent"},
}


def named(expression: str) -> list[tuple[str, str]]:
    """(metric without its prefix, the label values asked for)."""
    return re.findall(r"mailer_(\w+)(?:\{\w+=~?\"([^\"]*)\"\})?", expression)


def test_the_rules_name_what_there_is(store: Store):
    with store.read() as session:
        text = Snapshot(session, datetime.now(UTC), version="1", schema="1").text().decode()
    there = {family.name.removeprefix("mailer_") for family in text_string_to_metric_families(text)}
    there.add("intake_silent_seconds")  # only where a mailbox is read
    asked = [pair for rule in RULES for pair in named(rule["expr"])]
    assert len(asked) > 10
    for metric, values in asked:
        assert metric in there
        if values:
            assert set(values.split("|")) <= VALUES[metric], metric


def test_every_rule_says_what_happened_and_what_to_do():
    assert len({rule["alert"] for rule in RULES}) == len(RULES)
    for rule in RULES:
        assert set(rule["annotations"]) == {"summary", "action"}
        assert rule["labels"]["severity"] in {"page", "ticket"}


@pytest.mark.rehearsal
def test_prometheus_takes_them():
    if not (promtool := shutil.which("promtool")):
        pytest.skip("promtool (Debian package prometheus) is not there")
    done = subprocess.run([promtool, "check", "rules", str(FILE)], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
