"""An import through the pages: every step, every question, the files to take away, and the ways it can be lost and is not."""

from __future__ import annotations

import io
import re
from collections.abc import Callable

import openpyxl
import pytest

from mailer import wiring
from mailer.flow.import_draft import Choices
from mailer.flow.office import Office
from mailer.flow.ports import NotReadError
from mailer.flow.review_import import read_apart, read_files
from mailer.model.rights import Role
from mailer.settings import Settings
from mailer.store.engine import Store
from recipients import directory
from recipients.spreadsheet import write_csv, write_xlsx
from tests.web.console_server import Console
from tests.web.sample_directory import HEADER, PEOPLE, take_over
from tests.web.test_list_pages import page, records, said, words, wrong

LEADER = ("领导", "区政府", "王二", "区领导", "", "000-1", "wang@qinglan.example", "", "")
RENAMED = ("镇街", "松陵街道", "郑好", "信息员", "", "000-9", "zhengh2@qinglan.example", "", "")
BAD = ("镇街", "松陵街道", "孙言", "信息员", "", "", "sun#qinglan", "", "")


@pytest.fixture
def office(settings: Settings, store: Store) -> Office:
    office = wiring.office_of(settings, store)
    take_over(store, office)
    return office


def upload(visitor: Console, *people, name: str = "调整.xlsx") -> str:
    answer = visitor.post("/imports", files=[("files", name, write_xlsx([("镇街", [HEADER, *people])]))])
    assert answer.status == 303, answer.text
    return answer.headers["location"]


def addresses(store: Store, office: Office) -> list[str]:
    with store.read() as session:
        return [row[6] for row in directory.export_rows(session, office.clock.now())[1:]]


def test_a_reshuffle_step_by_step(clerk: Console, office: Office, store: Store):
    draft = upload(clerk, LEADER, RENAMED, BAD)
    read = page(clerk.get(draft))
    assert words(read.cssselect(".figure")[0]).startswith("3 人")
    (problem,) = [words(row) for row in read.cssselect(".rows tbody tr") if "没有导入" in words(row)]
    assert problem.startswith("调整.xlsx 镇街 第 4 行 邮箱 sun#qinglan")
    answer = clerk.post(draft, {"scope": "units", "on": ""})
    assert answer.headers["location"] == f"{draft}/units"
    asked = page(clerk.get(f"{draft}/units"))
    assert "松陵街道 请说明" in words(asked)
    assert "还有 1 个单位要先说明" in wrong(clerk.get(f"{draft}/difference"))
    assert clerk.post(f"{draft}/units", {"unit-0": "near-rename-0"}).headers["location"] == f"{draft}/difference"
    before = addresses(store, office)
    seen = page(clerk.get(f"{draft}/difference"))
    assert addresses(store, office) == before
    assert words(seen.cssselect(".moved li")[0]).startswith(
        "松陵街道 信息员 郑好 邮箱 zhengh@qinglan.example → zhengh2@"
    )
    assert [words(one).split()[2] for one in seen.cssselect(".gone li")] == ["李一鸣", "吴满"]
    assert "“松陵镇”更名为“松陵街道”" in words(seen)
    fields = {"seen": seen.cssselect("input[name=seen]")[0].get("value")}
    assert "打勾" in wrong(clerk.post(f"{draft}/difference", fields))
    half = fields | {"confirm-removals": "yes"}
    assert "“报”名单会变动" in wrong(clerk.post(f"{draft}/difference", half))
    assert addresses(store, office) == before
    answer = clerk.post(f"{draft}/difference", half | {"confirm-guarded": "yes"})
    assert said(clerk, answer) == "第 2 次导入完成：新增 2 人，变更 1 人，离任 2 人，不变 0 人。"
    assert {"wang@qinglan.example", "zhengh2@qinglan.example"} <= set(addresses(store, office))
    assert clerk.get(draft).status == 404
    asked = page(clerk.get("/imports/undo"))
    assert "第 2 次" in words(asked)
    assert said(clerk, clerk.post("/imports/undo", {"number": "1"})).startswith("最近一次导入已经不是")
    assert said(clerk, clerk.post("/imports/undo", {"number": "2"})) == "已撤销第 2 次导入，名单回到它之前的样子。"
    assert addresses(store, office) == before
    assert [action for action, _ in records(store, "recipients.")][1:] == [
        "recipients.imported", "recipients.import_undone",
    ]  # fmt: skip


def test_the_upload_is_there_for_another_session_and_can_be_dropped(
    signed_in: Callable[..., Console], office: Office, store: Store
):
    first = signed_in(Role.LISTS_ADMIN, name="甲")
    draft = upload(first, *PEOPLE)
    first.post("/logout")
    assert first.get(draft).status == 401
    other = signed_in(Role.LISTS_ADMIN, name="乙")
    assert "上传的 1 个文件" in words(page(other.get("/imports")))
    answer = other.post(draft, {"scope": "add", "on": ""})
    assert "完全一样" in words(page(other.get(other.get(answer.headers["location"]).headers["location"])))
    assert said(other, other.post(f"{draft}/discard")) == "已丢弃，名单没有改动。"
    assert other.post(f"{draft}/discard").status == 404


def test_a_broken_file_waits_to_be_taken_out_or_replaced(clerk: Console, office: Office, store: Store):
    files = [("files", "好.csv", write_csv([HEADER, LEADER])), ("files", "坏.xlsx", b"PK\x03\x04 broken")]
    draft = clerk.post("/imports", files=files).headers["location"]
    read = page(clerk.get(draft))
    assert "有 1 个文件读不了" in words(read)
    seen = page(clerk.get(f"{draft}/difference"))
    assert seen.cssselect("input[name=seen]") == []
    (remove,) = [form for form in read.cssselect("form[action$='/remove']") if "坏.xlsx" in words(form)]
    assert said(clerk, clerk.post(remove.get("action"))) == "文件已移除，不导入它。"
    more = [("files", "再来.csv", write_csv([HEADER, RENAMED]))]
    assert said(clerk, clerk.post(f"{draft}/files", files=more)) == "又收下 1 个文件。"
    assert words(page(clerk.get(draft)).cssselect(".figure")[0]).startswith("2 人")


def test_a_form_without_a_file_and_a_bad_day_say_so(clerk: Console, office: Office):
    assert "没有选文件" in wrong(clerk.post("/imports", files=[("other", "x.csv", b"x")]))
    draft = upload(clerk, LEADER)
    assert "看不懂" in wrong(clerk.post(draft, {"scope": "add", "on": "明天"}))
    assert "请选这份表" in wrong(clerk.post(draft, {"scope": "everything"}))
    assert "请选它对应现有的哪个单位" in wrong(
        clerk.post(f"{upload(clerk, RENAMED)}/units", {"unit-0": "rename", "other-0": "没有的局"})
    )


def test_what_changed_meanwhile_is_shown_again(clerk: Console, office: Office, store: Store):
    draft = upload(clerk, LEADER)
    clerk.post(draft, {"scope": "add", "on": ""})
    seen = page(clerk.get(f"{draft}/difference")).cssselect("input[name=seen]")[0].get("value")
    take_over(store, office, [LEADER])
    answer = clerk.post(f"{draft}/difference", {"seen": seen, "confirm-guarded": "yes"})
    assert "名单又有变动，没有导入" in wrong(answer)
    assert "完全一样" in answer.text


def test_files_to_take_away_hold_text_only(clerk: Console, office: Office, store: Store):
    hostile = ("镇街", "=HYPERLINK(1)", "@SUM(1)", "信息员", "", "+8610", "x@qinglan.example", "", "-1+1")
    take_over(store, office, [hostile])
    template = openpyxl.load_workbook(io.BytesIO(clerk.get("/imports/template.xlsx").body))
    assert template.sheetnames == ["人员名单", "填表说明"]
    answer = clerk.get("/imports/export.xlsx")
    cells = [cell for row in openpyxl.load_workbook(io.BytesIO(answer.body)).active.iter_rows() for cell in row]
    assert "=HYPERLINK(1)" in [cell.value for cell in cells]
    assert "f" not in {cell.data_type for cell in cells}
    lines = clerk.get("/imports/export.csv").body.decode("utf-8-sig").splitlines()
    assert not re.search(r'(?:^|,)"?[=@+]', "\n".join(lines[1:]), re.MULTILINE)
    draft = upload(clerk, BAD, name="=1+1.xlsx")
    problems = openpyxl.load_workbook(io.BytesIO(clerk.get(f"{draft}/problems.xlsx").body)).active
    assert problems["A2"].value == "=1+1.xlsx"
    assert problems["A2"].data_type != "f"
    assert clerk.get("/imports/export.pdf").status == 404
    assert len(records(store, "recipients.exported")) == 2


class Slow:
    """A place that does not get done with one of the files."""

    def __init__(self) -> None:
        self.calls = 0

    def __call__(self, task, files):
        self.calls += 1
        if any(name == "慢.csv" for name, _ in files):
            raise NotReadError("too_slow", "读了 60 秒还没有读完，已停下。", "请另存再试。")
        return task(files)


def test_a_file_that_takes_too_long_does_not_hide_the_others():
    good = ("好.csv", write_csv([HEADER, LEADER]))
    reading = read_apart([good, ("慢.csv", b"x")], Slow())
    assert [one.file for one in reading.unreadable] == ["慢.csv"]
    assert reading.roster.people == read_files([good]).roster.people
    assert read_apart([("慢.csv", b"x")], Slow()).roster.people == []


def test_choices_are_kept_as_they_were_said():
    said = Choices(units={"新": ("rename", "旧")}, merges={"甲": "乙"})
    assert Choices.of_json(said.as_json()) == said
    assert Choices.of_json("{}") == Choices()
