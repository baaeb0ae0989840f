"""Whole files as offices return them, one real-world fault each, as bytes; what must come of each stands beside it."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date

import pytest
from openpyxl import Workbook as NewWorkbook

from recipients.roster import read_roster
from recipients.spreadsheet import read
from tests.unit.recipients.xls_writer import write_xls

Rows = Sequence[Sequence[object]]
HEADER = ("单位", "姓名", "人员类别", "邮箱")
ZHENG = ("松陵镇", "郑好", "信息员", "zheng@x.example")
LI = ("白石镇", "李一", "主要领导", "li@x.example")


@dataclass(frozen=True)
class Dirty:
    """``valid``: unit, name, role, address in order; ``rejected``: row, reason; ``duplicates``: address, row, first row."""

    data: bytes
    valid: Sequence[tuple[str, str, str, str]]
    rejected: Sequence[tuple[int, str]] = ()
    duplicates: Sequence[tuple[str, int, int]] = ()


def xlsx(*sheets: tuple[str, Rows], merged: Sequence[str] = ()) -> bytes:
    book = NewWorkbook()
    book.remove(book.active)
    for name, rows in sheets:
        sheet = book.create_sheet(name)
        for row in rows:
            sheet.append(list(row))
        for area in merged:
            sheet.merge_cells(area)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def xls(rows: Rows, *merged: tuple[int, int, int, int]) -> bytes:
    return write_xls(
        "名单", {(r, c): v for r, row in enumerate(rows) for c, v in enumerate(row) if v != ""}, merged=merged
    )


def csv(text: str, encoding: str = "gb18030") -> bytes:
    return text.encode(encoding)


def sheet(*rows: Sequence[object]) -> bytes:
    return xlsx(("名单", rows))


CASES: dict[str, Callable[[], Dirty]] = {
    "names above, roles below": lambda: Dirty(
        xlsx(
            ("名单", [("单位", "姓名", "", "邮箱", ""), ("", "主要领导", "信息员", "主要领导", "信息员"), ("松陵镇", "李一", "郑好", "li@x.example", "zheng@x.example")]),
            merged=["A1:A2", "B1:C1", "D1:E1"],
        ),
        [("松陵镇", "李一", "主要领导", "li@x.example"), ("松陵镇", "郑好", "信息员", "zheng@x.example")],
    ),
    "a header of three rows": lambda: Dirty(
        xlsx(
            (
                "名单",
                [
                    ("单位", "主要领导", "", "", "联络员", "", ""), ("", "姓名", "联系方式", "", "姓名", "联系方式", ""),
                    ("", "", "手机", "邮箱", "", "手机", "邮箱"), ("松陵镇", "李一", 13800000000, "li@x.example", "郑好", 13900000000, "无"),
                ],
            ),
            merged=["A1:A3", "B1:D1", "E1:G1", "B2:B3", "E2:E3", "C2:D2", "F2:G2"],
        ),
        [("松陵镇", "李一", "主要领导", "li@x.example")],
        [(4, "no_email")],
    ),
    "the same three rows after merging was lost": lambda: Dirty(
        csv("单位,主要领导,,,联络员,,\n,姓名,联系方式,,姓名,联系方式,\n,,手机,邮箱,,手机,邮箱\n松陵镇,李一,1,li@x.example,郑好,2,zheng@x.example\n"),
        [("松陵镇", "李一", "主要领导", "li@x.example"), ("松陵镇", "郑好", "联络员", "zheng@x.example")],
    ),
    "the role in brackets behind the word": lambda: Dirty(
        sheet(("单位", "姓名（分管领导）", "邮箱（分管领导）", "姓名（联络员）", "邮箱（联络员）"), ("松陵镇", "李一", "li@x.example", "郑好", "zheng@x.example")),
        [("松陵镇", "李一", "分管领导", "li@x.example"), ("松陵镇", "郑好", "联络员", "zheng@x.example")],
    ),
    "roles nobody foresaw, in one row": lambda: Dirty(
        sheet(("单位", "书记", "书记邮箱", "站长姓名", "站长邮箱"), ("松陵镇", "李一", "li@x.example", "郑好", "zheng@x.example")),
        [("松陵镇", "李一", "书记", "li@x.example"), ("松陵镇", "郑好", "站长", "zheng@x.example")],
    ),
    "分管领导 beside 联系人": lambda: Dirty(
        sheet(("单位", "分管领导", "职务", "邮箱", "联系人", "手机", "邮箱"), ("松陵镇", "李一", "副镇长", "li@x.example", "郑好", "1", "zheng@x.example")),
        [("松陵镇", "李一", "分管领导", "li@x.example"), ("松陵镇", "郑好", "联系人", "zheng@x.example")],
    ),
    "two halves side by side to fit the page": lambda: Dirty(
        sheet(
            ("序号", "单位", "姓名", "职务", "邮箱", "", "序号", "单位", "姓名", "职务", "邮箱"),
            (1, "松陵镇", "郑好", "干事", "zheng@x.example", "", 3, "白石镇", "李一", "镇长", "li@x.example"),
            (2, "", "王二", "镇长", "无", "", "", "", "", "", ""),
        ),
        [("松陵镇", "郑好", "干事", "zheng@x.example"), ("白石镇", "李一", "镇长", "li@x.example")],
        [(3, "no_email")],
    ),
    "a second header after the page break, between two titles": lambda: Dirty(
        sheet(("工作通讯录",), HEADER, ZHENG, ("工作通讯录（续）",), HEADER, ("", "王二", "主管领导", "wang@x.example"), LI),
        [ZHENG, ("松陵镇", "王二", "主管领导", "wang@x.example"), LI],
    ),
    "no column of units: each unit heads its own rows": lambda: Dirty(
        sheet(("序号", "姓名", "职务", "邮箱"), ("一、松陵镇",), (1, "郑好", "干事", "zheng@x.example"), ("二、白石镇",), (2, "李一", "镇长", "li@x.example")),
        [("松陵镇", "郑好", "干事", "zheng@x.example"), ("白石镇", "李一", "镇长", "li@x.example")],
    ),
    "the reporting unit and the date in one cell": lambda: Dirty(
        sheet(("通讯录",), ("填报单位（盖章）：松陵镇     填报时间：2026年1月5日",), ("姓名", "职务", "邮箱"), ("郑好", "干事", "zheng@x.example"), ("填表人：郑好", "", "联系电话：1")),
        [("松陵镇", "郑好", "干事", "zheng@x.example")],
    ),
    "forms of two units, one under the other": lambda: Dirty(
        sheet(
            ("填报单位：松陵镇",), ("姓名", "职务", "邮箱"), ("郑好", "干事", "zheng@x.example"), ("",),
            ("填报单位：", "白石镇"), ("姓名", "职务", "邮箱"), ("李一", "镇长", "li@x.example"),
        ),
        [("松陵镇", "郑好", "干事", "zheng@x.example"), ("白石镇", "李一", "镇长", "li@x.example")],
    ),
    "单位（盖章）, in the header and in the cells": lambda: Dirty(
        sheet(("单位（盖章）", "姓名", "人员类别", "邮箱"), ("松陵镇（盖章）", *ZHENG[1:])), [ZHENG]
    ),
    "each sheet is a unit": lambda: Dirty(
        xlsx(("松陵镇", [HEADER[1:], ZHENG[1:]]), ("白石镇", [HEADER[1:], LI[1:]])), [ZHENG, LI]
    ),
    "a header with a page of instructions in it": lambda: Dirty(
        sheet((*HEADER[:3], "电子邮箱（必填，请填写单位工作邮箱；多个邮箱用分号隔开，没有的填“无”，格式如 zhang@yunqi.example，不得填写境外邮箱）"), ZHENG), [ZHENG]
    ),
    "an example and hints under the header": lambda: Dirty(
        sheet(("序号", *HEADER), ("", "（必填）", "（必填）", "（必填）", "（必填）"), ("例", "某某镇", "张三", "信息员", "zhangsan@x.example"), (1, *ZHENG)), [ZHENG]
    ),
    "the address under 联系方式": lambda: Dirty(
        sheet(("单位", "姓名", "人员类别", "联系方式（电话、邮箱）"), ("松陵镇", "郑好", "信息员", "13800000000\nzheng@x.example"), ("", "王二", "主管领导", 13900000000)),
        [ZHENG],
        [(3, "bad_email")],
    ),
    "a unit's mailbox beside those of its people": lambda: Dirty(
        sheet(("单位", "单位邮箱", "信息员", "信息员邮箱"), ("松陵镇", "box@x.example", "郑好", "zheng@x.example")),
        [ZHENG, ("松陵镇", "", "单位邮箱", "box@x.example")],
    ),
    "totals, signatures and an address in the foot": lambda: Dirty(
        sheet(
            HEADER, ZHENG, ("镇街小计：1人",), LI, ("合计：2个单位，2人", "", "", ""), ("单位负责人（签字）：", "李", "填表人：郑好", ""),
            ("注：1.请核对", "", "", ""), ("请于1月30日前报至 box@x.example",), ("报送邮箱", "", "", "box@x.example"),
        ),
        [ZHENG, LI],
    ),
    "an old workbook with merged units and numbers": lambda: Dirty(
        xls([("单位", "姓名", "人员类别", "手机", "邮箱"), ("松陵镇", "郑好", "信息员", 13800000000.0, "zheng@x.example"), ("", "王二", "主管领导", "", 13900000000.0)], (1, 2, 0, 0)),
        [ZHENG],
        [(3, "bad_email")],
    ),
    "Unicode text as Excel saves it": lambda: Dirty(csv("\t".join(HEADER) + "\r\n" + "\t".join(ZHENG) + "\r\n", "utf-16"), [ZHENG]),
    "the same without its mark": lambda: Dirty(csv("\t".join(HEADER) + "\r\n" + "\t".join(ZHENG) + "\r\n", "utf-16-le"), [ZHENG]),
    "semicolons between cells, and a line that says so": lambda: Dirty(
        csv("sep=;\r\n" + ";".join(HEADER) + "\r\n" + "松陵镇;郑好;信息员;zheng@x.example,box@x.example\r\n"),
        [ZHENG, (*ZHENG[:3], "box@x.example")],
    ),
    "line breaks in cells, blank records, rare characters": lambda: Dirty(
        csv('通讯录,,,\r\n单位,姓名,人员类别,"电子\n邮箱"\r\n松陵镇,何𠮷,信息员,"he@x.example\n或 box@x.example"\r\n\r\n,,,\r\n,吕䶮,主管领导,—\r\n'),
        [("松陵镇", "何𠮷", "信息员", "he@x.example"), ("松陵镇", "何𠮷", "信息员", "box@x.example")],
        [(6, "no_email")],
    ),
    "one damaged character in a whole file": lambda: Dirty(
        csv(",".join(HEADER) + "\n" + ",".join(ZHENG) + "\n" + ",".join(LI)) + b",\xff\n", [ZHENG, LI]
    ),
    "dates, formulas and telephone numbers where they do not belong": lambda: Dirty(
        sheet((*HEADER, "备注"), (*ZHENG, date(2026, 1, 5)), ("=A2", "王二", "主管领导", '=B2&"@x.example"', ""), ("白石镇", "李一", "主要领导", '=HYPERLINK("mailto:li@x.example","li@x.example")', "")),
        [ZHENG, LI],
        [(3, "bad_email")],
    ),
    "everything one cell may hold": lambda: Dirty(
        sheet(
            HEADER,
            ("松陵镇", "郑好", "信息员", "①办公：a@x.example（常用）；\n②QQ邮箱:b@x.example。 13800000000"),
            ("", "王二", "主管领导", "无（新调入，待开通）"),
            ("〃", "吴满", "主要领导", "吴满 <WU＠x。example>；wu@x.example，wu#x.example"),
        ),
        [("松陵镇", "郑好", "信息员", "a@x.example"), ("松陵镇", "郑好", "信息员", "b@x.example"), ("松陵镇", "吴满", "主要领导", "WU@x.example")],
        [(3, "no_email"), (4, "bad_email")],
        [("wu@x.example", 4, 4)],
    ),
    "columns in another order, in English": lambda: Dirty(
        sheet(("E-mail Address", "Role", "Name", "No.", "Department"), ("zheng@x.example", "信息员", "郑　好", 1, "松陵\n镇")), [ZHENG]
    ),
    "a unit's type and its name under one word": lambda: Dirty(
        xlsx(("名单", [("单位", "", "姓名", "人员类别", "邮箱"), ("镇街", *ZHENG), ("", *LI)]), merged=["A1:B1", "A2:A3"]), [ZHENG, LI]
    ),
    "a vacant post, its unit left out": lambda: Dirty(
        csv("单位,人员类别,姓名,邮箱\n松陵镇,信息员,郑好,zheng@x.example\n,主管领导,,\n"), [ZHENG], [(3, "no_email")]
    ),
    "columns by names of their own": lambda: Dirty(
        sheet(("区直单位", "联系人员", "信息员（1名）", "邮箱（OA）"), ("松陵镇", "", "郑好", "zheng@x.example")), [ZHENG]
    ),
    "groups with a free word, the address only in some": lambda: Dirty(
        xlsx(
            ("名单", [("单位", "党委书记", "", "镇长", "", "备注"), ("", "姓名", "邮箱", "姓名", "邮箱", ""), ("松陵镇", "李一", "li@x.example", "王二", "", "新任")]),
            merged=["A1:A2", "B1:C1", "D1:E1", "F1:F2"],
        ),
        [("松陵镇", "李一", "党委书记", "li@x.example")],
        [(3, "no_email")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_dirty_file_is_read_as_a_person_would_read_it(name):
    case = CASES[name]()
    found = read_roster([("名单", read(case.data))]).as_json()
    assert [(v["unit"], v["name"], v["role"], v["email"]) for v in found["valid"]] == list(case.valid)
    assert [(r["row"], r["reason"]) for r in found["rejected"]] == list(case.rejected)
    assert [(d["email"], d["row"], d["first_row"]) for d in found["duplicates"]] == list(case.duplicates)


def warnings(data: bytes) -> set[str]:
    return {warning["code"] for warning in read_roster([("名单", read(data))]).as_json()["warnings"]}


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("each sheet is a unit", "unit_from_sheet"),
        ("an example and hints under the header", "example_row"),
        ("everything one cell may hold", "remark"),
    ],
)
def test_what_was_taken_from_elsewhere_or_left_out_is_said(name, code):
    assert code in warnings(CASES[name]().data)


def test_a_role_whose_mailbox_has_no_column_is_said():
    rows = [("单位", "主要领导", "电话", "信息员", "信息员邮箱"), ("松陵镇", "李一", "1", "郑好", "zheng@x.example")]
    assert "no_address_column" in warnings(sheet(*rows))


def test_a_character_that_cannot_be_read_is_said():
    assert "unreadable_character" in warnings(csv("单位,姓名,邮箱\n松陵镇,郑") + b"\xff\xff,a@x.example\n")


def test_a_heading_above_rows_is_their_group():
    data = sheet(("序号", *HEADER), ("一、区领导",), (1, *LI), ("二、镇街",), (2, *ZHENG))
    people = read_roster([("名单", read(data))]).people
    assert [person.holder.post.unit.group for person in people] == ["区领导", "镇街"]
