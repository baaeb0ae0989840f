"""Every row of the matrix has a test, and the table is written from what a run found."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.faults import table
from tests.faults.matrix import MATRIX

HERE = Path(__file__).parent
RESULTS = """<testsuites><testsuite timestamp="2026-11-23T18:00:00+00:00">
<testcase name="a" time="2.5"><properties><property name="row" value="F20"/><property name="row" value="F21"/>
<property name="hit" value="3"/><property name="hit" value="5"/><property name="lost" value="0"/></properties></testcase>
<testcase name="b" time="1"><properties><property name="row" value="F21"/></properties><failure/></testcase>
</testsuite></testsuites>"""


def test_every_row_has_a_test_and_every_test_names_a_row_there_is() -> None:
    sources = "".join(path.read_text("utf-8") for path in HERE.glob("test_*.py") if path.name != "test_matrix.py")
    named = set(re.findall(r'"(F\d\d)"', sources))
    assert named == set(MATRIX)


def test_the_table_says_what_the_run_found(tmp_path: Path) -> None:
    results, document = tmp_path / "results.xml", tmp_path / "reliability.md"
    results.write_text(RESULTS, "utf-8")
    document.write_text("before\n<!-- matrix -->\nstale table\n<!-- /matrix -->\nafter\n", "utf-8")
    table.main(results, document)
    text = document.read_text("utf-8")
    rows = {line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")] for line in text.splitlines()[4:-2]}
    assert (rows["F20"][4:6], rows["F20"][-2]) == (["1", "5"], "passed")
    assert (rows["F21"][4:6], rows["F21"][-2]) == (["2", "5"], "failed")
    assert rows["F01"][-2] == "no test"
    assert "stale table" not in text
    assert "Run of 2026-11-23 18:00 UTC: 2 cases, 1 failed, 4 s." in text
    assert text.startswith("before\n")
    assert text.endswith("after\n")


def test_a_document_without_the_place_is_left_alone(tmp_path: Path) -> None:
    results, document = tmp_path / "results.xml", tmp_path / "reliability.md"
    results.write_text(RESULTS, "utf-8")
    document.write_text("nothing\n", "utf-8")
    with pytest.raises(ValueError, match="matrix"):
        table.main(results, document)
    assert document.read_text("utf-8") == "nothing\n"
