"""``python -m tests.faults.table RESULTS.xml docs/reliability.md``: writes what a run found into the document's table.

The document holds the tables between two marks; everything else in it is written by hand.
"""

from __future__ import annotations

import sys
import xml.etree.ElementTree as ET
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tests.faults.matrix import MATRIX
from tests.support.docs import put_between

FIGURES = ("hit", "recipients", "lost", "misrecorded", "duplicates", "excusable", "in_doubt")


@dataclass(slots=True)
class Case:
    """One test of a run."""

    name: str
    seconds: float
    state: str  # passed, failed, skipped, not held yet
    properties: dict[str, list[str]] = field(default_factory=lambda: defaultdict(list))

    def figure(self, name: str) -> int:
        return sum(int(value) for value in self.properties.get(name, ())[-1:])


def read(results: Path) -> tuple[list[Case], datetime]:
    """The cases of pytest's --junitxml, and when they were run."""
    root = ET.parse(results).getroot()
    suite = next(root.iter("testsuite"))
    cases = []
    for element in root.iter("testcase"):
        tags = {child.tag for child in element}
        state = "failed" if tags & {"failure", "error"} else _passed_over(element)
        case = Case(element.get("name", ""), float(element.get("time", "0")), state)
        for each in element.iter("property"):
            case.properties[each.get("name", "")].append(each.get("value", ""))
        cases.append(case)
    return cases, datetime.fromisoformat(suite.get("timestamp", "")).astimezone(UTC)


def _passed_over(element: ET.Element) -> str:
    skipped = element.find("skipped")
    if skipped is None:
        return "passed"
    return "not held yet" if skipped.get("type") == "pytest.xfail" else "skipped"


def matrix_table(cases: Iterable[Case]) -> list[str]:
    by_row: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        for name in case.properties.get("row", ()):
            by_row[name].append(case)
    lines = [
        "| row | fault | must come of it | cases | struck | lost | misrecorded | twice (excused) | in doubt | s | result |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for name, row in MATRIX.items():
        found = by_row[name]
        total = {figure: sum(case.figure(figure) for case in found) for figure in FIGURES}
        lines.append(
            f"| {name} | {row.fault} | {row.outcome} | {len(found)} | {total['hit']} | {total['lost']} "
            f"| {total['misrecorded']} | {total['duplicates']} ({total['excusable']}) | {total['in_doubt']} "
            f"| {sum(case.seconds for case in found):.0f} | {_state(found)} |"
        )
    return lines


def chaos_table(cases: Iterable[Case]) -> list[str]:
    lines = [
        "| seed | acts | lost | misrecorded | twice | in doubt | s | result |",
        "|---|---|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {case.figure('seed')} | {case.figure('hit')} | {case.figure('lost')} | {case.figure('misrecorded')} "
        f"| {case.figure('duplicates')} | {case.figure('in_doubt')} | {case.seconds:.0f} | {case.state} |"
        for case in cases
        if "seed" in case.properties
    ]
    return lines


def _state(cases: Sequence[Case]) -> str:
    states = {case.state for case in cases}
    return next((state for state in ("failed", "not held yet", "skipped", "passed") if state in states), "no test")


def put(document: Path, mark: str, lines: Sequence[str], at: datetime, cases: Sequence[Case]) -> None:
    failed = sum(case.state == "failed" for case in cases)
    head = (
        f"Run of {at:%Y-%m-%d %H:%M} UTC: {len(cases)} cases, {failed} failed, {sum(c.seconds for c in cases):.0f} s."
    )
    put_between(document, mark, [head, "", *lines])


def main(results: Path, document: Path) -> None:
    cases, at = read(results)
    if any("seed" in case.properties for case in cases):
        put(document, "chaos", chaos_table(cases), at, cases)
    else:
        put(document, "matrix", matrix_table(cases), at, cases)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
