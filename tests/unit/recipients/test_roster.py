"""Lists as offices send them: one fault each, built here, with what must come of it."""

from __future__ import annotations

import io
import json
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook as NewWorkbook

from recipients.roster import Roster, read_roster
from recipients.spreadsheet import Sheet, Workbook, read

HEADER = ["单位", "姓名", "人员类别", "邮箱"]


def from_rows(*rows, header=HEADER) -> Roster:
    return read_roster([("a.csv", Workbook((Sheet("", [tuple(header), *map(tuple, rows)]),)))])


def from_book(book: NewWorkbook) -> Roster:
    out = io.BytesIO()
    book.save(out)
    return read_roster([("a.xlsx", read(out.getvalue()))])


def valid(roster: Roster):
    return [(v["unit"], v["name"], v["role"], v["email"]) for v in roster.as_json()["valid"]]


def rejected(roster: Roster):
    return [(r["row"], r["reason"]) for r in roster.as_json()["rejected"]]


def duplicates(roster: Roster):
    return [(d["email"], d["row"], d["first_row"]) for d in roster.as_json()["duplicates"]]


ONE = ("松陵镇", "郑好", "信息员", "zh@x.example")


def test_title_lines_and_the_reporting_line_stand_above_the_header():
    rows = [("青岚区工作邮箱统计表",), ("填报单位：松陵镇", "", "日期：2026年1月"), HEADER, ONE]
    roster = read_roster([("a.csv", Workbook((Sheet("", [tuple(r) for r in rows]),)))])
    assert valid(roster) == [ONE]
    assert roster.people[0].place.row == 4


@pytest.mark.parametrize(
    "word",
    [
        "邮箱",
        "电子邮箱",
        "电子信箱",
        "电子邮件",
        "E-mail",
        "邮箱地址",
        "邮 箱",
        "电子\n邮箱",
        "邮箱（必填）",
        "*邮箱",
        "Ｅ－ｍａｉｌ",
        "邮箱/Email",
    ],
)
def test_names_of_the_address_column(word):
    assert valid(from_rows(ONE, header=["单位", "姓名", "人员类别", word])) == [ONE]


@pytest.mark.parametrize("unit", ["单位", "单位名称", "工作单位", "部门", "所在单位", "单 位", "单位（全称）"])
@pytest.mark.parametrize("name", ["姓名", "联系人", "姓　名"])
def test_names_of_the_other_columns(unit, name):
    assert valid(from_rows(ONE, header=[unit, name, "身份", "邮箱"])) == [ONE]


def test_an_empty_unit_takes_the_unit_above_and_so_does_a_ditto():
    roster = from_rows(ONE, ("", "李一", "主管领导", "l@x.example"), ("同上", "王二", "主要领导", "w@x.example"))
    assert [v[0] for v in valid(roster)] == ["松陵镇"] * 3


def test_a_merged_unit_holds_for_its_rows():
    book = NewWorkbook()
    for row in (HEADER, ONE, ("", "李一", "主管领导", "l@x.example")):
        book.active.append(row)
    book.active.merge_cells("A2:A3")
    assert [v[0] for v in valid(from_book(book))] == ["松陵镇", "松陵镇"]


def test_spaces_and_line_breaks_inside_names_and_units_go():
    assert valid(from_rows(("松陵\n镇", "郑　 好", "信息 员", "zh@x.example"))) == [ONE]


def test_several_addresses_make_several_entries_of_one_person():
    roster = from_rows(("松陵镇", "郑好", "信息员", "a@x.example；b@x.example、A@x.example"))
    assert [v[3] for v in valid(roster)] == ["a@x.example", "b@x.example"]
    assert duplicates(roster) == [("A@x.example", 2, 2)]
    assert [len(p.holder.addresses) for p in roster.people] == [2]


def test_a_good_and_a_bad_address_give_one_entry_in_each_list():
    roster = from_rows(("松陵镇", "郑好", "信息员", "a@x.example；b#x.example"))
    assert len(valid(roster)) == 1
    assert rejected(roster) == [(2, "bad_email")]


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ("", "no_email"),
        ("无", "no_email"),
        ("未提供", "no_email"),
        ("a.x.example", "bad_email"),
        ("张@x.example", "needs_smtputf8"),
    ],
)
def test_rejected_people_are_told_with_place_reason_and_remedy_and_stay_people(cell, reason):
    roster = from_rows(ONE, ("松陵镇", "李一", "主管领导", cell))
    (told,) = roster.as_json()["rejected"]
    assert (told["row"], told["reason"], told["unit"], told["name"]) == (3, reason, "松陵镇", "李一")
    assert told["message"]
    assert told["hint"]
    assert [p.holder.name for p in roster.people] == ["郑好", "李一"]


def test_a_shared_mailbox_is_a_duplicate_and_yet_serves_both_posts():
    roster = from_rows(ONE, ("松陵镇", "李一", "主管领导", "ZH@x.example"))
    assert valid(roster) == [ONE]
    assert duplicates(roster) == [("ZH@x.example", 3, 2)]
    assert [a.key for a in roster.people[1].holder.addresses] == ["zh@x.example"]


@pytest.mark.parametrize(
    "row",
    [
        ("合计", "2人", "", ""), ("合计：2", "", "", "2"), ("共 2 人", "", "", ""), ("注：请核对后报区办。", "", "", ""), ("", "", "", ""),
        ("填表人：李一", "", "审核人：王二", ""), ("备注：邮箱变动请报 bangong@x.example", "", "", ""), ("二、委办局", "", "", ""), ("3", "", "", ""),
    ],
)  # fmt: skip
def test_notes_totals_and_empty_rows_are_no_people(row):
    roster = from_rows(ONE, row)
    assert valid(roster) == [ONE]
    assert rejected(roster) == []
    assert len(roster.people) == 1


def test_a_lone_unit_row_names_the_unit_of_the_rows_below():
    assert [v[0] for v in valid(from_rows(("区科协", "", "", ""), ("", "郑好", "信息员", "zh@x.example")))] == [
        "区科协"
    ]


def test_a_name_alone_in_its_row_is_a_person_without_an_address():
    assert rejected(from_rows(ONE, ("", "李一", "", ""))) == [(3, "no_email")]


def test_a_remark_about_a_mailbox_does_not_make_a_row_a_header():
    header = [*HEADER, "备注"]
    roster = from_rows(
        (*ONE, ""),
        ("松陵镇", "李一", "信息员", "l@x.example", "单位公共邮箱"),
        ("松陵镇", "王二", "信息员", "", "邮箱待开通"),
        header=header,
    )
    assert len(valid(roster)) == 2
    assert rejected(roster) == [(4, "no_email")]


def test_a_row_with_two_words_of_a_header_is_not_one():
    row = ("松陵镇", "李一", "联系人", "", "单位邮箱", "科员")
    assert rejected(from_rows((*ONE, "", ""), row, header=[*HEADER, "备注", "职务"])) == [(3, "no_email")]


def test_a_repeated_header_does_not_take_the_row_above_for_its_groups():
    roster = from_rows(ONE, ("松陵镇", "李一", "信息员", ""), HEADER, ("区科协", "王二", "主要领导", "w@x.example"))
    assert valid(roster)[1] == ("区科协", "王二", "主要领导", "w@x.example")


def test_columns_grouped_by_role_in_a_header_of_two_rows():
    book = NewWorkbook()
    book.active.append(["云栖区通讯录"])
    book.active.append(["单位", "主要领导", "", "", "信息员", "", "", "备注"])
    book.active.append(["", "姓名", "职务", "邮箱", "姓名", "职务", "邮箱", ""])
    book.active.append(["松陵镇", "李一", "镇长", "l@x.example", "郑好", "干事", "zh@x.example", ""])
    book.active.append(["白石镇", "", "", "", "王二", "干事", "无", ""])
    for area in ("A1:H1", "A2:A3", "B2:D2", "E2:G2", "H2:H3"):
        book.active.merge_cells(area)
    roster = from_book(book)
    assert valid(roster) == [
        ("松陵镇", "李一", "主要领导", "l@x.example"),
        ("松陵镇", "郑好", "信息员", "zh@x.example"),
    ]
    assert rejected(roster) == [(5, "no_email")]
    assert [p.holder.title for p in roster.people] == ["镇长", "干事", "干事"]


def test_the_same_in_a_csv_where_merging_is_lost():
    rows = [
        ("单位", "主要领导", "", "信息员", ""),
        ("", "姓名", "邮箱", "姓名", "邮箱"),
        ("松陵镇", "李一", "l@x.example", "郑好", "zh@x.example"),
    ]
    roster = read_roster([("a.csv", Workbook((Sheet("", rows),)))])
    assert [(v[1], v[2]) for v in valid(roster)] == [("李一", "主要领导"), ("郑好", "信息员")]


def test_roles_written_into_the_header_of_one_row():
    roster = from_rows(
        ("松陵镇", "李一", "l@x.example", "郑好", "zh@x.example"),
        header=["单位", "主要领导", "邮箱", "信息员姓名", "信息员邮箱"],
    )
    assert [(v[1], v[2]) for v in valid(roster)] == [("李一", "主要领导"), ("郑好", "信息员")]


def test_telephone_columns_under_a_header_of_two_rows():
    rows = [
        ("单位", "姓名", "联系电话", "", "邮箱"),
        ("", "", "办公", "手机", ""),
        ("松陵镇", "郑好", "000-1", "000-2", "zh@x.example"),
    ]
    roster = read_roster([("a.csv", Workbook((Sheet("", rows),)))])
    assert roster.people[0].holder.phone == "000-1 / 000-2"
    assert len(roster.people) == 1


def test_without_a_column_of_roles_the_official_title_is_the_role():
    assert valid(from_rows(ONE, header=["单位", "姓名", "职务", "邮箱"])) == [ONE]
    roster = from_rows(
        ("松陵镇", "郑好", "干事", "", "zh@x.example"), header=["单位", "姓名", "职务", "人员类别", "邮箱"]
    )
    assert valid(roster)[0][2] == ""


def test_several_sheets_name_the_sheet_and_a_hidden_or_headless_one_is_left_out():
    book = NewWorkbook()
    book.active.title = "镇街"
    for title, rows in (
        ("镇街", [HEADER, ONE]),
        ("委办局", [HEADER, ("区科协", "李一", "信息员", "ZH@x.example"), ("区科协", "王二", "主要领导", "")]),
        ("填写说明", [("邮箱示例：",), ("zhangsan@x.example",)]),
        ("旧名单", [HEADER, ("旧单位", "旧人", "信息员", "old@x.example")]),
    ):
        sheet = book[title] if title in book.sheetnames else book.create_sheet(title)
        for row in rows:
            sheet.append(row)
    book["旧名单"].sheet_state = "hidden"
    roster = from_book(book)
    found = roster.as_json()
    assert valid(roster) == [ONE]
    assert found["duplicates"] == [
        {"email": "ZH@x.example", "row": 2, "sheet": "委办局", "first_row": 2, "first_sheet": "镇街"}
    ]
    assert [(r["row"], r["sheet"]) for r in found["rejected"]] == [(3, "委办局")]
    assert {w["code"] for w in found["warnings"]} == {"hidden_sheet", "no_header"}
    assert [p.holder.post.unit.group for p in roster.people] == ["镇街", "委办局", "委办局"]


def test_a_telephone_number_in_the_address_column_is_a_bad_address():
    book = NewWorkbook()
    for row in (HEADER, ("松陵镇", "郑好", "信息员", 13800000000)):
        book.active.append(row)
    assert rejected(from_book(book)) == [(2, "bad_email")]


def test_a_header_repeated_further_down_may_order_its_columns_anew():
    roster = from_rows(ONE, ("邮箱", "姓名", "单位", "人员类别"), ("l@x.example", "李一", "区科协", "信息员"))
    assert valid(roster)[1] == ("区科协", "李一", "信息员", "l@x.example")


def test_a_second_address_column_adds_to_the_first():
    roster = from_rows(("松陵镇", "郑好", "信息员", "无", "zh@x.example"), header=[*HEADER, "备用邮箱"])
    assert [v[3] for v in valid(roster)] == ["zh@x.example"]
    assert rejected(roster) == []


def test_a_list_without_a_column_of_units_takes_the_reporting_unit():
    rows = [("填报单位：", "松陵镇"), ("姓名", "邮箱"), ("郑好", "zh@x.example")]
    roster = read_roster([("a.csv", Workbook((Sheet("", rows),)))])
    assert valid(roster)[0][0] == "松陵镇"


def test_only_paper_groups_and_lists_are_taken_from_their_columns():
    header = ["分组", *HEADER, "名单", "备注"]
    roster = from_rows(
        ("四套班子领导", "区人大", "李一", "区领导", "l@x.example", "报、送", "只收纸质"),
        ("", "", "王二", "区领导", "w@x.example", "要人", ""),
        header=header,
    )
    first, second = roster.people
    assert (first.holder.paper_only, first.lists, first.holder.post.unit.group) == (True, ("报", "送"), "四套班子领导")
    assert (second.holder.paper_only, second.lists, second.holder.post.unit.group) == (False, (), "四套班子领导")
    assert [w.code for w in roster.warnings] == ["unknown_list"]


def test_a_sheet_named_after_the_leaders_makes_its_units_leaders():
    book = NewWorkbook()
    book.active.title = "区领导"
    for row in (HEADER, ONE):
        book.active.append(row)
    assert from_book(book).people[0].holder.post.unit.group == "区领导"


@pytest.mark.parametrize("column", range(3))
def test_a_text_that_no_column_can_hold_is_rejected_by_name(column):
    row = list(ONE)
    row[column] = "长" * 201
    assert rejected(from_rows(ONE, row)) == [(3, "too_long")]
    row[column] = "\ufdfa" * 20  # one character that stands for eighteen
    assert rejected(from_rows(ONE, row)) == [(3, "too_long")]


def test_repairs_are_told_with_their_row():
    (told,) = from_rows(("松陵镇", "郑好", "信息员", "zh＠x.example")).as_json()["warnings"]
    assert (told["row"], told["code"]) == (2, "full_width")


def test_two_files_are_one_import():
    one = Workbook((Sheet("", [tuple(HEADER), ONE]),))
    found = read_roster([("a.csv", one), ("b.csv", one)]).as_json()
    assert len(found["valid"]) == 1
    assert found["duplicates"] == [
        {
            "email": "zh@x.example",
            "row": 2,
            "sheet": "",
            "file": "b.csv",
            "first_row": 2,
            "first_sheet": "",
            "first_file": "a.csv",
        }
    ]


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.lists(
            st.sampled_from(
                [
                    "单位",
                    "姓名",
                    "邮箱",
                    "主要领导",
                    "信息员",
                    "a@x.example",
                    "合计",
                    "",
                    "注：",
                    "无",
                    "松陵镇",
                    "电话",
                ]
            ),
            max_size=7,
        ).map(tuple),
        max_size=8,
    )
)
def test_any_rows_are_read_and_no_address_is_lost_without_a_word(rows):
    roster = read_roster([("a.csv", Workbook((Sheet("", rows),)))])
    told = roster.as_json()
    json.dumps(told)
    assert len(told["valid"]) <= 1
    assert all(r["row"] <= len(rows) for r in told["rejected"])


CORPUS = Path(__file__).parents[4] / "shared"


def test_the_agreed_corpus_scores_full():
    tool = CORPUS / "checks" / "parse_eval.py"
    if not tool.is_file():
        pytest.skip(f"the corpus is not beside the checkout ({CORPUS.name}/checks)")
    command = [sys.executable, str(tool), "contacts", "--cmd", f"{sys.executable} -m mailer.cli.main", "--min", "1.0"]
    done = subprocess.run(
        [*command, str(CORPUS / "corpus" / "contacts")], capture_output=True, text=True, check=False, timeout=100
    )
    assert done.returncode == 0, done.stdout + done.stderr
