from __future__ import annotations

import contextlib
import io
import os
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import Workbook as NewWorkbook

from recipients.spreadsheet import read, write_csv, write_xlsx
from recipients.workbook_limits import FILE_BYTES, SpreadsheetError
from tests.unit.recipients.xls_writer import write_xls

# The native reader panics on damaged files; with a backtrace each of them would cost seconds of a slow machine.
os.environ["RUST_BACKTRACE"] = "0"
_XML_2003 = '<?xml version="1.0"?>%s<Workbook xmlns="urn:schemas-microsoft-com:office:spreadsheet"><Worksheet><Table>%s'


def saved(book: NewWorkbook) -> bytes:
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def only_rows(data: bytes):
    (sheet,) = read(data).sheets
    return [tuple(row) for row in sheet.rows]


def refusal(data: bytes) -> SpreadsheetError:
    with pytest.raises(SpreadsheetError) as caught:
        read(data)
    return caught.value


def read_or_refuse(data: bytes) -> None:
    """Anything but a SpreadsheetError goes through and fails the test."""
    with contextlib.suppress(SpreadsheetError):
        assert read(data).sheets is not None


def repacked(data: bytes, part: str, change) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for entry in old.infolist():
            content = old.read(entry)
            new.writestr(entry.filename, change(content) if entry.filename == part else content)
    return out.getvalue()


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030", "utf-16"])
def test_csv_encodings_with_characters_outside_gbk(encoding):
    assert only_rows("单位,姓名\n望海区,何𠮷䶮\n".encode(encoding)) == [("单位", "姓名"), ("望海区", "何𠮷䶮")]


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_delimiters_though_a_cell_holds_many_semicolons(mark):
    text = f"单位{mark}姓名{mark}邮箱\n甲{mark}乙{mark}a\n丙{mark}丁{mark}b\n"
    assert only_rows(text.encode())[2] == ("丙", "丁", "b")
    many = "单位,姓名,邮箱\n甲,乙,a;b;c;d;e;f\n"
    assert only_rows(many.encode())[1] == ("甲", "乙", "a;b;c;d;e;f")


def test_csv_line_break_in_quotes_and_blank_record_keep_the_numbers():
    assert only_rows(b'a,b\n"x\ny",1\n\nz,2\n') == [("a", "b"), ("x\ny", "1"), (), ("z", "2")]


def test_a_lost_quote_is_refused_instead_of_swallowing_the_rest():
    error = refusal('单位,姓名\n"甲,乙\n丙,丁\n'.encode())
    assert error.code == "broken_csv"
    assert "第 2 行" in error.message


def test_merged_cells_hold_for_their_rows_but_not_to_the_right():
    book = NewWorkbook()
    sheet = book.active
    sheet["A1"], sheet["B1"], sheet["B2"], sheet["B3"] = "单位", "x", "y", "z"
    sheet.merge_cells("A1:A3")
    sheet["A4"] = "注"
    sheet.merge_cells("A4:B4")
    assert only_rows(saved(book)) == [("单位", "x"), ("单位", "y"), ("单位", "z"), ("注", "")]


def test_hidden_sheets_are_left_out_and_named():
    book = NewWorkbook()
    book.active.title, book.active["A1"] = "新", "x"
    book.create_sheet("旧").sheet_state = "hidden"
    book.create_sheet("更旧").sheet_state = "veryHidden"
    found = read(saved(book))
    assert [sheet.name for sheet in found.sheets] == ["新"]
    assert found.hidden == ("旧", "更旧")


def test_rows_and_columns_are_counted_from_the_first_cell_of_the_sheet():
    book = NewWorkbook()
    book.active["C4"], book.active["D6"] = "甲", "乙"
    rows = only_rows(saved(book))
    assert (len(rows), rows[3][2], rows[5][3]) == (6, "甲", "乙")


def test_numbers_look_as_a_person_sees_them():
    book = NewWorkbook()
    book.active.append([13800000000, 1.5, True])
    assert only_rows(saved(book)) == [("13800000000", "1.5", "TRUE")]


def test_a_formula_without_a_stored_result_shows_its_text():
    book = NewWorkbook()
    book.active["A1"], book.active["C2"] = "x", '=HYPERLINK("mailto:a@x.example","a@x.example")'
    assert only_rows(saved(book))[1][2] == '=HYPERLINK("mailto:a@x.example","a@x.example")'


def test_a_stored_result_wins_over_the_formula():
    book = NewWorkbook()
    book.active["A1"] = "=1+1"
    data = repacked(
        saved(book),
        "xl/worksheets/sheet1.xml",
        lambda xml: xml.replace(b"<v></v>", b"<v>2</v>").replace(b"<v />", b"<v>2</v>"),
    )
    assert only_rows(data) == [("2",)]


def test_old_xls_is_read():
    data = write_xls("通讯录", {(0, 0): "单位", (0, 1): "邮箱", (1, 0): "松陵镇", (1, 1): "a@x.example"})
    found = read(data)
    assert found.sheets[0].name == "通讯录"
    assert only_rows(data) == [("单位", "邮箱"), ("松陵镇", "a@x.example")]


def test_an_xls_cell_in_the_last_corner_is_refused_before_it_costs_memory():
    assert refusal(write_xls("x", {(0, 0): "a", (65535, 65535): "b"})).code == "too_many_cells"


def test_an_xlsx_cell_in_the_last_corner_is_refused_before_it_costs_memory():
    book = NewWorkbook()
    book.active["A1"], book.active["XFD1048576"] = "x", "y"
    assert refusal(saved(book)).code == "too_many_cells"


def test_an_archive_whose_directory_points_before_the_file_is_refused_by_name():
    data = bytearray(write_xlsx([("表", ROWS)]))
    at = data.rfind(b"PK\x05\x06")  # end of central directory: its place, four octets from the sixteenth on
    behind = int.from_bytes(data[at + 16 : at + 20], "little") + 50
    data[at + 16 : at + 20] = behind.to_bytes(4, "little")
    assert refusal(bytes(data)).code == "broken_file"


def test_zip_bomb_is_refused_by_name():
    book = NewWorkbook()
    book.active["A1"] = "x"
    out = io.BytesIO(saved(book))
    with zipfile.ZipFile(out, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/a.bin", bytes(30_000_000))
    assert refusal(out.getvalue()).code == "zip_bomb"


def test_entities_are_refused():
    book = NewWorkbook()
    book.active["A1"] = "x"
    dtd = b'<!DOCTYPE x [<!ENTITY a "aaaa">]>'
    data = repacked(
        saved(book),
        "xl/worksheets/sheet1.xml",
        lambda xml: dtd + xml.partition(b"?>")[2] if b"?>" in xml else dtd + xml,
    )
    assert refusal(data).code == "broken_file"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"x" * (FILE_BYTES + 1), "too_big"),
        (b"PK\x03\x04rubbish", "broken_file"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600, "broken_file"),
        ("<html><body>请登录后下载</body></html>".encode(), "not_a_spreadsheet"),
        (b"<html>" + b"<table><tr><td>" * 40, "broken_file"),
        (b"<table><tr><td rowspan=9999 colspan=9999>x</td></tr>" + b"<tr><td>y" * 999, "too_many_cells"),
        (b"MIME-Version: 1.0\r\n\r\n<html><table>", "not_a_spreadsheet"),
        ((_XML_2003 % ("<!DOCTYPE a [<!ENTITY b 'c'>]>", "")).encode(), "broken_file"),
        ((_XML_2003 % ("", "<Row><Cell")).encode(), "broken_file"),
        (bytes(range(256)) * 40, "not_a_spreadsheet"),
        (b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" * 20, "not_a_spreadsheet"),
    ],
)
def test_what_is_no_spreadsheet_is_refused_by_name(data, code):
    error = refusal(data)
    assert error.code == code
    assert error.hint


def test_another_kind_of_zip_is_refused_by_name():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("content.xml", "<x/>")
    assert refusal(out.getvalue()).code == "not_a_spreadsheet"


ROWS = [("单位", "姓名"), ("=1+1", "+86 1"), ("-", "@x"), ('a"b', "x\ny"), ("'=", "")]


def test_csv_out_disarms_active_cells_and_comes_back_whole():
    data = write_csv(ROWS)
    assert data.startswith(b"\xef\xbb\xbf")
    assert "'=1+1,'+86 1" in data.decode("utf-8-sig")
    assert only_rows(data)[:4] == ROWS[:4]


def test_xlsx_out_holds_text_never_formulas_and_comes_back_whole():
    data = write_xlsx([("表", ROWS)])
    with zipfile.ZipFile(io.BytesIO(data)) as archive:
        assert b"<f>" not in archive.read("xl/worksheets/sheet1.xml")
    assert only_rows(data) == ROWS


def test_twenty_thousand_rows_pass_the_bounds():
    rows = [("单位", "姓名", "邮箱")] + [(f"单位{n // 3}", f"人{n}", f"a{n}@x.example") for n in range(20_000)]
    assert len(only_rows(write_xlsx([("表", rows)]))) == 20_001


@settings(max_examples=80, deadline=None)
@given(st.binary(max_size=3000))
@pytest.mark.parametrize("head", [b"", b"PK\x03\x04", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"])
def test_any_bytes_give_rows_or_a_named_refusal(head, data):
    read_or_refuse(head + data)


@settings(max_examples=50, deadline=None)
@given(st.integers(0, 4000), st.binary(min_size=1, max_size=8))
def test_a_damaged_workbook_gives_rows_or_a_named_refusal(at, noise):
    good = write_xls("表", {(0, 0): "单位", (1, 0): "a@x.example"})
    for data in (good, write_xlsx([("表", ROWS)])):
        broken = data[: at % len(data)] + noise + data[at % len(data) + len(noise) :]
        read_or_refuse(broken)
