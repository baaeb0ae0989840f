"""The many forms of heads and feet, each on its own."""

from __future__ import annotations

from datetime import date

import pytest

from mailer.content.issue import Issue
from mailer.content.readers import read_issue

TITLE = "# 白鹭区工作快报\n\n"
BODY = "\n\n## 【要闻】\n\n区里开会。\n\n"


def read(text: str, name: str = "a.md") -> Issue:
    return read_issue(text.encode(), name)


@pytest.mark.parametrize(
    ("line", "number", "total", "year", "series"),
    [
        ("第861期", 861, None, None, ""),
        ("第 8 期（总第 861 期）", 8, 861, None, ""),
        ("第九期\n\n(总第十六期)", 9, 16, None, ""),
        ("2024年第12期", 12, None, 2024, ""),
        ("二〇二四年第十二期（总第一百零七期）", 12, 107, 2024, ""),
        ("〔2024〕8号", 8, None, 2024, ""),
        ("[2024]第8期", 8, None, 2024, ""),
        ("第107期（增刊）", 107, None, None, "增刊"),
        ("2026年增刊第3期", 3, None, 2026, "增刊"),
        ("第１２期　总第５７７期", 12, 577, None, ""),
        ("第廿三期", 23, None, None, ""),
        ("（第〔6〕期）", 6, None, None, ""),
        ("第12-13期合刊", 12, None, None, ""),
        ("期号：81", 81, None, None, ""),
        ("No.15", 15, None, None, ""),
        ("总期第345期", 345, 345, None, ""),
        ("2024年 第42期 | 总第1268期", 42, 1268, 2024, ""),
    ],
)
def test_number_lines(line: str, number: int, total: int | None, year: int | None, series: str) -> None:
    issue = read(f"{TITLE}{line}\n\n白鹭区委办公室\n\n2026年3月9日{BODY}")
    assert (issue.number, issue.total_number, issue.year, issue.series) == (number, total, year, series)
    assert (issue.title, issue.issuing_office, issue.date) == ("白鹭区工作快报", "白鹭区委办公室", date(2026, 3, 9))


@pytest.mark.parametrize(
    "printed",
    ["2026年3月9日", "2026年03月09日", "2026 年 3 月 9 日", "2026-03-09", "2026.3.9", "2026/3/9", "二〇二六年三月九日",
     "二○二六年三月九日", "二零二六年三月九日", "２０２６年３月９日", "二 〇 二 六 年 三 月 九 日", "2026年3月9日 星期一", "2026年3月9日（周一）"],
)  # fmt: skip
def test_date_lines(printed: str) -> None:
    issue = read(f"{TITLE}第1期\n\n白鹭区委办公室\n\n{printed}{BODY}")
    assert (issue.date, issue.date_printed) == (date(2026, 3, 9), printed)


def test_a_day_without_its_year_takes_the_year_of_the_number() -> None:
    assert read(f"{TITLE}2026年第5期　3月9日\n\n白鹭区委办公室{BODY}").date == date(2026, 3, 9)


def test_a_day_that_does_not_exist_is_no_date() -> None:
    issue = read(f"{TITLE}第1期\n\n白鹭区委办公室\n\n2026年2月30日{BODY}")
    assert (issue.date, issue.date_printed) == (None, "2026年2月30日")


@pytest.mark.parametrize(
    "lines",
    [
        "白鹭区委办公室编印　　　　2026年3月9日",
        "白鹭区委办公室 主办　2026年3月9日",
        "白鹭区委办公室\t2026-03-09",
        "2026年3月9日　　　白鹭区委办公室",
        "主办单位：白鹭区委办公室\n日期：2026年3月9日",
        "编印：白鹭区委办公室　2026年3月9日",
        "（白鹭区委办公室编）\n\n二〇二六年三月九日",
        "| 白鹭区委办公室 | 2026年3月9日 |\n|---|---|",
        "白鹭区委办公室　　编　　2026年3月9日印发",
    ],
)
def test_office_and_date_lines(lines: str) -> None:
    issue = read(f"{TITLE}第1期\n\n{lines}{BODY}")
    assert (issue.issuing_office, issue.date) == ("白鹭区委办公室", date(2026, 3, 9))
    assert issue.unrecognised == ()


@pytest.mark.parametrize(
    ("head", "title"),
    [
        ("白鹭区工作快报\n=====\n\n第1期", "白鹭区工作快报"),
        ("**白鹭区创建文明城区**\n**工作快报**\n\n第1期", "白鹭区创建文明城区 工作快报"),
        ("《白鹭区工作快报》第1期", "白鹭区工作快报"),
        ("# 白鹭区工作快报（第1期）", "白鹭区工作快报"),
        ("# 白鹭 创 城 动 态\n第1期", "白鹭 创 城 动 态"),
        ("白鹭区\n\n# 每日要情\n\n第1期", "白鹭区 每日要情"),
        ("# 白鹭之声\n\n第1期", "白鹭之声"),
        ("&emsp;&emsp;白鹭区工作快报\n\n第1期", "白鹭区工作快报"),
    ],
)
def test_title_lines(head: str, title: str) -> None:
    issue = read(f"{head}\n\n白鹭区委办公室\n\n2026年3月9日{BODY}")
    assert (issue.title, issue.number, issue.issuing_office) == (title, 1, "白鹭区委办公室")


@pytest.mark.parametrize(
    ("line", "mark"),
    [
        ("内部资料　注意保存", "内部资料　注意保存"),
        ("【内部资料】", "内部资料"),
        ("秘密★一年", "秘密★一年"),
        ("机密", "机密"),
        ("密级：内部参阅", "内部参阅"),
        ("工作秘密　不得外传", "工作秘密　不得外传"),
    ],
)
def test_secrecy_marks(line: str, mark: str) -> None:
    assert read(f"{line}\n\n{TITLE}第1期\n\n2026年3月9日{BODY}").secrecy == mark


def test_the_word_secret_in_a_sentence_is_no_mark() -> None:
    issue = read(f"{TITLE}第1期\n\n2026年3月9日\n\n## 【要闻】\n\n秘密武器是坚持。大家说，这不是秘密。")
    assert issue.secrecy is None


@pytest.mark.parametrize(
    ("foot", "credits_"),
    [
        ("编辑：李禾　校对：方圆", {"编辑": ("李禾",), "校对": ("方圆",)}),
        ("编　辑：李　禾　　　审 核：欧阳明远", {"编辑": ("李禾",), "审核": ("欧阳明远",)}),
        ("责任编辑：李禾、方 圆；签发人：何山", {"责任编辑": ("李禾", "方圆"), "签发人": ("何山",)}),
        ("**编辑：**李禾 **校对：**方圆", {"编辑": ("李禾",), "校对": ("方圆",)}),
        ("本期责编/李禾　审校/方圆", {"本期责编": ("李禾",), "审校": ("方圆",)}),
        ("（责任编辑：李禾）", {"责任编辑": ("李禾",)}),
        ("编辑 李禾　核签 方圆", {"编辑": ("李禾",), "核签": ("方圆",)}),
        ("编辑、校对：李禾", {"编辑、校对": ("李禾",)}),
        ("编辑：王　刚　李小云", {"编辑": ("王刚", "李小云")}),
        ("| 编辑：李禾 | 校对：方圆 |\n|---|---|", {"编辑": ("李禾",), "校对": ("方圆",)}),
    ],
)
def test_credit_lines(foot: str, credits_: dict[str, tuple[str, ...]]) -> None:
    issue = read(f"{TITLE}第1期\n\n2026年3月9日{BODY}{foot}\n")
    assert issue.credits == credits_
    assert [item.text for item in issue.items] == ["区里开会。"]


@pytest.mark.parametrize(
    ("foot", "report", "copy_to", "issue_to"),
    [
        ("报：区委、区政府。\n送：区法院。\n发：各镇街。", "区委 区政府", "区法院", "各镇街"),
        ("报送：区委，区政府；\n抄送：区法院\n印发：各镇街", "区委 区政府", "区法院", "各镇街"),
        ("主送：区委 区政府\n分发：各镇（街道、地区）", "区委 区政府", "", "各镇（街道、地区）"),
        ("抄报：区委\n抄送：区法院、区检察院。", "区委", "区法院 区检察院", ""),
        ("报：区委、区政府　　送：区法院　　发：各镇街", "区委 区政府", "区法院", "各镇街"),
        ("报:区委、\n\n区政府\n\n发:各镇街", "区委 区政府", "", "各镇街"),
        ("报：区委、区人大、区政\n　　府\n发：各镇街", "区委 区人大 区政府", "", "各镇街"),
        ("报　区委、区政府\n发　各镇街", "区委 区政府", "", "各镇街"),
        ("| 报 | 区委、区政府 |\n|---|---|\n| 发 | 各镇街 |", "区委 区政府", "", "各镇街"),
        ("**报**：区委\n\n**发**：各镇街（共印80份）", "区委", "", "各镇街"),
        ("主　送：区委\n发：各镇街\n本期增发：区水务局", "区委", "", "各镇街 区水务局"),
        ("- 报：区委\n- 发：各镇街", "区委", "", "各镇街"),
    ],
)
def test_distribution_lines(foot: str, report: str, copy_to: str, issue_to: str) -> None:
    printed = read(f"{TITLE}第1期\n\n2026年3月9日{BODY}---\n\n{foot}\n").distribution
    assert (" ".join(printed.report), " ".join(printed.copy_to), " ".join(printed.issue_to)) == (
        report,
        copy_to,
        issue_to,
    )


@pytest.mark.parametrize(
    ("line", "copies"),
    [
        ("（共印120份）", 120),
        ("共印八十份", 80),
        ("印数：200份", 200),
        ("[本期印发 60 份]", 60),
        ("发：各镇街　　（共印３０份）", 30),
    ],
)
def test_print_run(line: str, copies: int) -> None:
    assert read(f"{TITLE}第1期\n\n2026年3月9日{BODY}报：区委\n{line}\n").copies == copies


@pytest.mark.parametrize(
    ("line", "email", "phone", "fax"),
    [
        ("电话：55506756", "", "55506756", ""),
        ("联系电话：010-5555 0123　　传真：010-5555 0124", "", "010-5555 0123", "010-5555 0124"),
        ("电话/传真：0555-6660188", "", "0555-6660188", "0555-6660188"),
        ("电话：55506756、55506757", "", "55506756 55506757", ""),
        ("电话：（0555）6660188转8012", "", "(0555)6660188转8012", ""),
        ("投稿邮箱：a_b.c@x.example", "a_b.c@x.example", "", ""),
        ("电子邮箱：<a@x.example>；b@x.example", "a@x.example b@x.example", "", ""),
        ("邮箱：[a@x.example](mailto:a@x.example)", "a@x.example", "", ""),
        ("Ｅ－ｍａｉｌ：ａ＠ｘ．ｅｘａｍｐｌｅ", "a@x.example", "", ""),
        ("a@x.example", "a@x.example", "", ""),
        ("电　话：0555-6660188 邮　箱：a@x.example", "a@x.example", "0555-6660188", ""),
    ],
)
def test_contact_lines(line: str, email: str, phone: str, fax: str) -> None:
    contact = read(f"{TITLE}第1期\n\n2026年3月9日{BODY}报：区委\n\n---\n\n{line}\n").contact
    assert (" ".join(contact.email), contact.phone, " ".join(contact.fax)) == (email, tuple(split_phones(phone)), fax)


def split_phones(text: str) -> list[str]:
    """Numbers of the table above: a blank divides only whole numbers of eight digits."""
    parts = text.split()
    return parts if all(len(part) >= 8 for part in parts) else [text]


def test_a_closing_remark_is_kept_in_sight() -> None:
    issue = read(f"{TITLE}第1期\n\n2026年3月9日{BODY}编辑：李禾\n\n---\n\n欢迎来稿\n")
    assert [text.text for text in issue.unrecognised] == ["欢迎来稿"]


def test_places_are_lines_of_the_file() -> None:
    issue = read(f"{TITLE}第1期\n\n2026年3月9日\n\n<!-- 内部\n备注 -->\n## 【要闻】\n\n区里开会。\n")
    assert (issue.unrecognised[0].place.line, issue.unrecognised[0].text) == (7, "<!-- 内部\n备注 -->")
    assert (issue.sections[0].place.line, issue.items[0].place.line) == (9, 11)


def test_the_day_of_printing_wins_over_the_span_that_is_covered() -> None:
    issue = read(f"{TITLE}第1期（2026年3月2日—3月8日）\n\n白鹭区委办公室　2026年3月9日{BODY}")
    assert (issue.date, issue.date_printed) == (date(2026, 3, 9), "2026年3月9日")
