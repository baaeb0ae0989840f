"""Files are read in other processes, with an end to their patience; what happens to one task is nobody else's business."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from mailer.flow.review_import import read_files
from mailer.workers.pool import Pool, PoolError, PoolLimits
from recipients.spreadsheet import write_xlsx
from recipients.workbook_limits import SpreadsheetError
from tests.support import pool_tasks


@pytest.fixture(scope="module")
def pool() -> Iterator[Pool]:
    with Pool(PoolLimits(processes=1)) as made:
        yield made


def test_a_workbook_is_read_in_another_process(pool: Pool):
    book = write_xlsx([("名单", [("单位", "姓名", "邮箱"), ("松陵镇", "郑好", "zheng@x.example")])])
    reading = pool.run(read_files, [("a.xlsx", book), ("b.xlsx", b"PK\x03\x04")])
    assert [person.holder.name for person in reading.roster.people] == ["郑好"]
    word, pid = pool.run(pool_tasks.whoami, "字")
    assert (word, pool.run(pool_tasks.whoami, "字")[1]) == ("字", pid)
    assert pid != os.getpid()


def test_what_a_task_raises_comes_back(pool: Pool):
    with pytest.raises(SpreadsheetError) as refused:
        pool.run(pool_tasks.refuse)
    assert (refused.value.code, refused.value.hint) == ("broken_file", "请另存。")
    with pytest.raises(RuntimeError, match="StubbornError: 一二"):
        pool.run(pool_tasks.be_stubborn)
    assert pool.run(pool_tasks.whoami, "x")[0] == "x"


def test_who_wants_too_much_memory_is_refused(pool: Pool):
    with pytest.raises(PoolError) as refused:
        pool.run(pool_tasks.take_everything)
    assert refused.value.code == "too_much_memory"


def test_who_never_ends_is_ended():
    with Pool(PoolLimits(processes=1, seconds=0.1)) as pool, pytest.raises(PoolError) as ended:
        pool.run(pool_tasks.never_end)
    assert ended.value.code == "too_slow"


def test_who_dies_is_replaced(pool: Pool):
    with pytest.raises(PoolError) as ended:
        pool.run(pool_tasks.die)
    assert ended.value.code == "crashed"
    assert pool.run(pool_tasks.whoami, "again")[0] == "again"


def test_who_comes_while_all_are_at_work_is_told_so():
    with Pool(PoolLimits(processes=0, wait=0.01)) as pool, pytest.raises(PoolError) as busy:
        pool.run(pool_tasks.whoami, "x")
    assert busy.value.code == "busy"
