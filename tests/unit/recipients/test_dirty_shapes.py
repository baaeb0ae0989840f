"""Further files as offices return them: forms, pages and XML under the name .xls, marks a person sees but no cell says."""

from __future__ import annotations

import io
from collections.abc import Callable, Sequence

import pytest
from openpyxl import Workbook as NewWorkbook
from openpyxl.styles import Font
from openpyxl.worksheet.worksheet import Worksheet

from recipients.roster import read_roster
from recipients.spreadsheet import read
from tests.unit.recipients.test_dirty_files import Dirty, csv, sheet, xlsx

HEADER = ("单位", "姓名", "职务", "邮箱")
ZHENG = ("松陵镇", "郑好", "干事", "zheng@x.example")
WANG = ("松陵镇", "王二", "镇长", "wang@x.example")
LI = ("白石镇", "李一", "镇长", "li@x.example")
ZHENG_TOO = (*ZHENG[:3], "z2@x.example")
PAGE = """<html xmlns:x="urn:schemas-microsoft-com:office:excel"><head><meta charset="%s"><style>td{color:red}</style></head>
<body><table><tr><td colspan=4>通讯录</td></tr><tr><th>单位</th><th>姓&nbsp;名</th><th>职务</th><th>邮箱</th></tr>
<tr><td rowspan="2">松陵镇</td><td>郑好</td><td>干事</td><td><a href="mailto:zheng@x.example">zheng@x.example</a></td></tr>
<tr><td>王二<td>镇长<td>wang@x.example<br>w2@x.example</tr><tr><td>白石镇</td><td>李一</td><td>镇长</td><td></td></tr></table>"""
OUTER = (
    "<table><tr><td><table><tr><td>系统导出</td></tr></table></td></tr><tr><td><table><tr>"
    + "".join(f"<th>{word}</th>" for word in HEADER) + "</tr><tr>" + "".join(f"<td>{text}</td>" for text in ZHENG)
    + "</tr></table></td></tr></table>"
)  # fmt: skip
XML = """<?xml version="1.0"?><?mso-application progid="Excel.Sheet"?>
<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet" xmlns:ss="urn:schemas-microsoft-com:office:spreadsheet">
<Worksheet ss:Name="名单"><Table><Row><Cell ss:MergeAcross="3"><Data>通讯录</Data></Cell></Row>
<Row ss:Index="3"><Cell><Data>单位</Data></Cell><Cell><Data>姓名</Data></Cell><Cell><Data>职务</Data></Cell><Cell><Data>邮箱</Data></Cell></Row>
<Row><Cell ss:MergeDown="1"><Data>松陵镇</Data></Cell><Cell><Data>郑好</Data></Cell><Cell><Data>干事</Data></Cell><Cell><Data>zheng@x.example</Data></Cell></Row>
<Row><Cell ss:Index="2"><Data>王二</Data></Cell><Cell ss:Index="4"><Data>无</Data></Cell></Row></Table></Worksheet>
<Worksheet ss:Name="旧"><Table><Row><Cell><Data>单位</Data></Cell><Cell><Data>邮箱</Data></Cell></Row><Row><Cell><Data>甲</Data></Cell>
<Cell><Data>old@x.example</Data></Cell></Row></Table><WorksheetOptions><Visible>SheetHidden</Visible></WorksheetOptions></Worksheet></Workbook>"""


def marked(rows: Sequence[Sequence[object]], mark: Callable[[Worksheet], object]) -> bytes:
    book = NewWorkbook()
    assert book.active is not None
    for row in rows:
        book.active.append(list(row))
    mark(book.active)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def strike(*cells: str) -> Callable[[Worksheet], None]:
    def mark(sheet: Worksheet) -> None:
        for cell in cells:
            sheet[cell].font = Font(strike=True)

    return mark


def link(cell: str, target: str, shown: str) -> Callable[[Worksheet], None]:
    def mark(sheet: Worksheet) -> None:
        sheet[cell].hyperlink = target
        sheet[cell].value = shown

    return mark


def hide(sheet: Worksheet) -> None:
    sheet.row_dimensions[3].hidden = True


CASES: dict[str, Callable[[], Dirty]] = {
    "laid on its side": lambda: Dirty(
        sheet(("登记表",), *(("", *column) for column in zip(HEADER, ZHENG, LI, strict=True))), [ZHENG, LI]
    ),
    "a card for one person": lambda: Dirty(
        xlsx(
            ("Sheet1", [("信息员登记表",), ("单位名称", "松陵镇"), ("姓名", "郑好", "职务", "干事"), ("手机", "138", "电子邮箱", "zheng@x.example"), ("备注",)]),
            merged=["A1:D1", "B2:D2", "B5:D5"],
        ),
        [ZHENG],
    ),
    "cards one under the other, one without an address": lambda: Dirty(
        sheet(*zip(HEADER, ZHENG, strict=True), (), *zip(HEADER, (*LI[:3], "无"), strict=True)), [ZHENG], [(9, "no_email")]
    ),
    "a page under the name .xls": lambda: Dirty(
        (PAGE % "gb2312").encode("gb18030"), [ZHENG, WANG, (*WANG[:3], "w2@x.example")], [(5, "no_email")]
    ),
    "a page with tables for its layout": lambda: Dirty(OUTER.encode(), [ZHENG]),
    "Excel's XML of 2003, one sheet hidden": lambda: Dirty(XML.encode(), [ZHENG], [(5, "no_email")]),
    "text with full-width commas": lambda: Dirty(csv("\n".join("，".join(row) for row in (HEADER, ZHENG, LI))), [ZHENG, LI]),
    "a tab at every line's end beside commas": lambda: Dirty(csv("\n".join(",".join(f"{c}\t" for c in row) for row in (HEADER, ZHENG))), [ZHENG]),
    "two people in one cell by lines": lambda: Dirty(
        sheet(HEADER, ("松陵镇", "王二\n郑好", "镇长\n干事", "wang@x.example\nzheng@x.example")), [WANG, ZHENG]
    ),
    "two people in one cell by marks": lambda: Dirty(
        sheet(HEADER, ("松陵镇", "王二、郑好", "镇长、干事", "wang@x.example；zheng@x.example")), [WANG, ZHENG]
    ),
    "two people, one address: it is both's": lambda: Dirty(
        sheet(HEADER, ("松陵镇", "王二、郑好", "干事", "box@x.example")), [("松陵镇", "王二、郑好", "干事", "box@x.example")]
    ),
    "one name broken by a line, two addresses": lambda: Dirty(
        sheet(HEADER, ("松陵镇", "郑\n好", "干事", "zheng@x.example\nz2@x.example")), [ZHENG, ZHENG_TOO]
    ),
    "what stands beside a name": lambda: Dirty(
        sheet(
            ("单位", "姓名", "邮箱"), ("1、松陵镇", "1.郑好（女）", "a@x.example"), ("", "王二（副镇长）", "b@x.example"),
            ("", "吴　满 干事", "c@x.example"), ("", "李一同志", "d@x.example"), ("", "冯程（大）", "e@x.example"), ("", "王主任", "f@x.example"),
        ),
        [
            ("松陵镇", "郑好", "", "a@x.example"), ("松陵镇", "王二", "副镇长", "b@x.example"), ("松陵镇", "吴满", "干事", "c@x.example"),
            ("松陵镇", "李一", "", "d@x.example"), ("松陵镇", "冯程（大）", "", "e@x.example"), ("松陵镇", "王主任", "", "f@x.example"),
        ],
    ),
    "telephone and address in each other's cells": lambda: Dirty(
        sheet(("单位", "姓名", "职务", "电话", "邮箱"), (*ZHENG[:3], ZHENG[3], 13800000000), (*LI[:3], 13900000000, LI[3])), [ZHENG, LI]
    ),
    "the old address beside the new one": lambda: Dirty(
        sheet(("单位", "姓名", "职务", "原邮箱", "现邮箱"), (*ZHENG[:3], "old@x.example", ZHENG[3])), [ZHENG]
    ),
    "邮箱 merged over two columns": lambda: Dirty(
        xlsx(("名单", [(*HEADER, ""), (*ZHENG, "z2@x.example"), (*LI, "")]), merged=["D1:E1"]), [ZHENG, ZHENG_TOO, LI]
    ),
    "联系方式 that are addresses": lambda: Dirty(
        sheet(("单位", "姓名", "职务", "联系方式"), (*ZHENG[:3], "13800000000 zheng@x.example"), LI), [ZHENG, LI]
    ),
    "ticks under the roles": lambda: Dirty(
        sheet(("单位", "姓名", "主要领导", "分管领导", "信息员", "邮箱"), ("松陵镇", "郑好", "", "", "√", "zheng@x.example"), ("白石镇", "李一", "√", "", "", "li@x.example")),
        [("松陵镇", "郑好", "信息员", "zheng@x.example"), ("白石镇", "李一", "主要领导", "li@x.example")],
    ),
    "two officers of one kind": lambda: Dirty(
        sheet(("单位", "第一联络员", "职务", "邮箱", "第二联络员", "职务", "邮箱"), ("松陵镇", *WANG[1:], *ZHENG[1:])),
        [("松陵镇", "王二", "第一联络员", "wang@x.example"), ("松陵镇", "郑好", "第二联络员", "zheng@x.example")],
    ),
    "words in two languages": lambda: Dirty(
        sheet(("序号\nNo.", "单位\nUnit", "姓名/Name", "职务\nTitle", "电话\nTel.", "电子邮箱\nE-mail"), (1, *ZHENG[:3], "1", ZHENG[3])), [ZHENG]
    ),
    "headings are the units though there is a column for them": lambda: Dirty(
        sheet(("序号", *HEADER), ("松陵镇（2人）",), (1, "", *ZHENG[1:]), (2, "", *WANG[1:]), ("二、白石镇",), (3, "", *LI[1:])), [ZHENG, WANG, LI]
    ),
    "page numbers, dates and 续表 between the rows": lambda: Dirty(
        sheet(HEADER, ZHENG, ("第1页 共2页",), ("续表",), ("", *WANG[1:]), ("", "", "", "2026年1月5日"), ("2026-01-05",), ("以下空白",)), [ZHENG, WANG]
    ),
    "signatures in cells of their own": lambda: Dirty(
        sheet(HEADER, ZHENG, ("联系人", "王二", "电话", "000-1"), ("单位负责人签字", "", "填表人签字", ""), ("如有变动请告知区文明办",), ("", *WANG[1:])), [ZHENG, WANG]
    ),
    "roles that are words of signatures, in the first column": lambda: Dirty(
        sheet(("人员类别", "姓名", "职务", "电话", "邮箱"), ("联系人", "郑好", "负责人", "1", "无"), ("负责人", "李一", "镇长", "2", "li@x.example")),
        [("", "李一", "负责人", "li@x.example")],
        [(2, "no_email")],
    ),
    "columns counted under the header, an example": lambda: Dirty(
        sheet(HEADER, ("（1）", "（2）", "（3）", "（4）"), ("例：某某镇", "张三", "干事", "zhang@x.example"), ZHENG), [ZHENG]
    ),
    "a vacant post in so many words": lambda: Dirty(sheet(HEADER, ZHENG, ("白石镇", "空缺", "镇长", "")), [ZHENG], [(3, "no_email")]),
    "crossed out": lambda: Dirty(marked([HEADER, ZHENG, LI], strike("A3", "B3", "C3", "D3")), [ZHENG]),
    "only the address crossed out": lambda: Dirty(marked([HEADER, ZHENG, LI], strike("D3")), [ZHENG], [(3, "no_email")]),
    "a hidden row": lambda: Dirty(marked([HEADER, ZHENG, LI], hide), [ZHENG, LI]),
    "a link that shows another word": lambda: Dirty(
        marked([HEADER, ZHENG, LI], link("D2", "mailto:zheng@x.example?subject=x", "发邮件")), [ZHENG, LI]
    ),
    "a link that is not what it shows": lambda: Dirty(marked([HEADER, ZHENG], link("D2", "mailto:old@x.example", ZHENG[3])), [ZHENG]),
}  # fmt: skip

SAID = {
    "a vacant post in so many words": set(),
    "crossed out": {"struck_out"},
    "a hidden row": {"hidden_row"},
    "two people in one cell by lines": {"several_people"},
    "telephone and address in each other's cells": {"swapped"},
    "what stands beside a name": {"name"},
    "Excel's XML of 2003, one sheet hidden": {"hidden_sheet"},
}


@pytest.mark.parametrize("name", CASES)
def test_a_dirty_file_is_read_as_a_person_would_read_it(name):
    case = CASES[name]()
    found = read_roster([("名单", read(case.data))]).as_json()
    assert [(v["unit"], v["name"], v["role"], v["email"]) for v in found["valid"]] == list(case.valid)
    assert [(r["row"], r["reason"]) for r in found["rejected"]] == list(case.rejected)


@pytest.mark.parametrize("name", SAID)
def test_what_was_decided_for_the_clerk_is_said(name):
    found = read_roster([("名单", read(CASES[name]().data))]).as_json()
    assert {warning["code"] for warning in found["warnings"]} == SAID[name]


def test_a_person_who_may_have_left_is_asked_about():
    data = sheet((*HEADER, "备注"), (*ZHENG, "已调离"), (*LI, "接替已退休的王二"))
    warnings = read_roster([("名单", read(data))]).warnings
    assert [(one.code, one.place and one.place.row) for one in warnings] == [("may_have_left", 2)]
