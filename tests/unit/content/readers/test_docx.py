"""Word files as offices write them: what is read, in which order, and what is kept out of the text."""

from __future__ import annotations

import io
import zipfile

import pytest

from mailer.content.issue import Issue, Place
from mailer.content.readers import read_issue
from mailer.content.readers.word.counting import counted
from tests.support.ooxml import (
    comment,
    commented,
    field,
    levels,
    link,
    num,
    p,
    picture,
    png,
    run,
    style,
    table,
    text_box,
    word_file,
)  # fmt: skip

HEAD = (p("白鹭区工作快报"), p("第12期"), p("白鹭区委办公室\t2026年3月9日", line_below=True))
FOOT = (p("编辑：李禾"), p("报：区委"), p("发：各镇街"))
TALE = "区里召开创建工作推进会，部署全年工作。"


def read(*body: str, **parts: object) -> Issue:
    return read_issue(word_file(*body, **parts), "第12期.docx")


def body_of(*paragraphs: str, **parts: object) -> Issue:
    return read(*HEAD, p("【要闻】"), *paragraphs, *FOOT, **parts)


def text_of(*paragraphs: str, **parts: object) -> str:
    return "\n".join(item.text for item in body_of(*paragraphs, **parts).items)


def aside(issue: Issue) -> list[tuple[str, str]]:
    return [(text.text, text.place.note) for text in issue.unrecognised]


def test_a_plain_word_file_is_read() -> None:
    issue = body_of(
        p(run("推进会", bold=True), run("召开", bold=True)), p(TALE, indent=True), p("（本刊）", align="right")
    )
    assert (issue.title, issue.number, str(issue.date)) == ("白鹭区工作快报", 12, "2026-03-09")
    assert issue.issuing_office == "白鹭区委办公室"
    (item,) = issue.items
    assert (issue.sections[0].heading, item.title, item.text, item.byline) == ("要闻", "推进会召开", TALE, "本刊")
    assert issue.distribution.by_list() == {"报": ("区委",), "送": (), "发": ("各镇街",)}
    assert aside(issue) == []
    assert issue.word_marks == ()


def test_places_are_paragraphs_that_print_something() -> None:
    issue = read(*HEAD, p(), p("【要闻】"), p(), p(TALE), p("", run("")), p("【简讯】"), p("东街道：好。"))
    assert [item.place for item in issue.items] == [Place(None, "第 5 段"), Place(None, "第 7 段")]


@pytest.mark.parametrize("wps", [False, True], ids=["word", "wps"])
def test_title_and_number_in_text_boxes_are_read_once_and_by_height(wps: bool) -> None:
    number = text_box(p("第12期"), down=90, wps=wps)
    title = text_box(p(run("白鹭区")), p("工作快报"), down=10, wps=wps)
    issue = read(p(number, title), HEAD[2], p("【要闻】"), p(TALE), *FOOT)
    assert (issue.title.replace(" ", ""), issue.number, issue.issuing_office) == (
        "白鹭区工作快报",
        12,
        "白鹭区委办公室",
    )
    assert aside(issue) == []


def test_word_art_is_text() -> None:
    art = '<w:r><w:pict><v:shape><v:textpath string="白鹭区工作快报"/></v:shape></w:pict></w:r>'
    assert read(p(art), *HEAD[1:], p("【要闻】"), p(TALE)).title == "白鹭区工作快报"


def test_masthead_and_foot_in_tables_without_borders() -> None:
    issue = read(
        table([["白 鹭 区 工 作 快 报"]], ["第十二期"], ["白鹭区委办公室编", "2026年3月9日"], borders=False),
        p("【要闻】"), p(TALE),
        table(["编辑：李禾　校对：方圆"], ["报：区委、区政府"], ["送：", "区人武部"], ["发：", ["各镇街", "区直各单位"]], ["（共印60份）"], borders=False),
    )  # fmt: skip
    assert (issue.title.replace(" ", ""), issue.number, issue.issuing_office) == (
        "白鹭区工作快报",
        12,
        "白鹭区委办公室",
    )
    assert issue.credits == {"编辑": ("李禾",), "校对": ("方圆",)}
    assert issue.distribution.by_list() == {
        "报": ("区委", "区政府"),
        "送": ("区人武部",),
        "发": ("各镇街", "区直各单位"),
    }
    assert (issue.copies, aside(issue)) == (60, [])


def test_labels_beside_their_phrases_line_by_line() -> None:
    foot = table([["报：", "送：", "发："], ["区委", "区人武部", "各镇街"]], borders=False)
    issue = read(*HEAD, p("【要闻】"), p(TALE), foot)
    assert issue.distribution.by_list() == {"报": ("区委",), "送": ("区人武部",), "发": ("各镇街",)}


def test_a_title_spread_over_cells() -> None:
    issue = read(table(list("工作快报")), *HEAD[1:], p("【要闻】"), p(TALE))
    assert issue.title == "工作快报"


def test_a_whole_issue_inside_one_frame() -> None:
    issue = read(table([[*HEAD, p("【要闻】"), p(TALE), *FOOT]]))
    assert (issue.number, issue.items[0].text, issue.distribution.report) == (12, TALE, ("区委",))


def test_a_real_table_becomes_rows_of_text() -> None:
    rows = table(["单位", "交办"], ["东街道", ["4", "1"]], ["合计", ""])
    assert (
        text_of(p("情况如下："), rows, p(TALE)) == f"情况如下：\n| 单位 | 交办 |\n| 东街道 | 4 1 |\n| 合计 |  |\n{TALE}"
    )


def test_automatic_numbers_are_text_again() -> None:
    lists = (
        levels(("chineseCounting", "%1、"), ("japaneseCounting", "（%2）"), ("decimal", "%3."))
        + num(1)
        + num(2, start=5)
    )
    text = text_of(
        p(TALE), p("加强领导。", number=(1, 0)), p("压实责任。", number=(1, 1)), p("定人。", number=(1, 2)), p("3月底前办完。", number=(1, 2)),
        p("注重实效。", number=(1, 1)), p("严格督查。", number=(1, 0)), p("总结。", number=(1, 1)), p("另起。", number=(2, 0)),
        numbering=lists,
    )  # fmt: skip
    assert text.split("\n")[1:] == [
        "一、加强领导。", "（一）压实责任。", "1.定人。", "2.3月底前办完。", "（二）注重实效。", "二、严格督查。", "（一）总结。", "五、另起。",
    ]  # fmt: skip


def test_a_number_by_style_and_a_heading_by_style() -> None:
    styles = (
        style("1", "heading 1", character="<w:b/>")
        + style("2", "要闻标题", based_on="1")
        + style("3", "条", paragraph='<w:numPr><w:numId w:val="1"/></w:numPr>')
    )
    issue = read(
        *HEAD, p("工作动态", style="2"), p("推进会召开", style="1"), p(TALE), p("加强领导。", style="3"), *FOOT,
        styles=styles, numbering=levels(("decimalEnclosedCircle", "%1")) + num(1),
    )  # fmt: skip
    assert issue.sections[0].heading == "工作动态"
    assert (issue.items[0].title, issue.items[0].text) == ("推进会召开", f"{TALE}\n①加强领导。")


def test_bullets_are_signs_and_not_text() -> None:
    lists = levels(("bullet", "\uf06c"), fonts=["Wingdings"]) + num(1)
    issue = read(
        *HEAD,
        p("【简讯】"),
        p("东街道：清理楼道。", number=(1, 0)),
        p("西街道：修好路灯。", number=(1, 0)),
        numbering=lists,
    )
    assert [(item.units, item.text) for item in issue.items] == [
        (("东街道",), "清理楼道。"),
        (("西街道",), "修好路灯。"),
    ]


@pytest.mark.parametrize(
    ("number", "form", "shown"),
    [
        (10, "chineseCounting", "十"), (21, "chineseCountingThousand", "二十一"), (107, "japaneseCounting", "一百零七"),
        (110, "chineseCounting", "一百一十"), (1005, "chineseCounting", "一千零五"), (12, "ideographDigital", "一二"),
        (3, "chineseLegalSimplified", "叁"), (4, "upperRoman", "IV"), (9, "lowerRoman", "ix"), (28, "lowerLetter", "bb"),
        (2, "ideographTraditional", "乙"), (20, "decimalEnclosedCircle", "⑳"), (21, "decimalEnclosedCircle", "21"),
        (7, "decimalZero", "07"), (12, "decimalFullWidth", "１２"), (3, "numberInDash", "- 3 -"), (5, "none", ""), (6, "hex", "6"),
        (3, "ideographParenthesized", "㈢"), (2, "ideographEnclosedCircle", "㊁"), (99_999, "chineseCounting", "99999"),
    ],
)  # fmt: skip
def test_counters(number: int, form: str, shown: str) -> None:
    assert counted(number, form) == shown


def test_a_page_break_inside_a_word_joins_without_a_gap() -> None:
    assert text_of(p(run("各单位要把创\f"), run("城职责扛起来。"))) == "各单位要把创城职责扛起来。"
    assert text_of(p("各单位要把创"), p(run("\f")), p("城职责扛起来。")) == "各单位要把创城职责扛起来。"
    assert text_of(p("抓好落实。\f下一步，继续抓。")) == "抓好落实。下一步，继续抓。"


def test_a_page_break_before_another_part_divides() -> None:
    issue = body_of(p(f"{TALE}\f【简讯】"), p("东街道：好。"))
    assert [section.heading for section in issue.sections] == ["要闻", "简讯"]


def test_a_line_break_is_a_line_and_words_in_runs_are_whole() -> None:
    issue = body_of(p(run("“板凳会”开到\n居民家门口", bold=True)), p(run("云"), run("溪街"), run("道召开会议。")))
    assert (issue.items[0].title, issue.items[0].text) == ("“板凳会”开到 居民家门口", "云溪街道召开会议。")


def test_a_letter_spaced_section_is_a_section() -> None:
    assert [section.heading for section in read(*HEAD, p("【 简　讯 】"), p("东街道：好。")).sections] == ["简讯"]


def test_black_type_is_bold_where_it_stands_out() -> None:
    label = run("东街道", font="黑体")
    issue = read(*HEAD, p("【简讯】"), p(label, "也开展了相关工作，清理楼道堆物、修好路灯，居民都说好。"), *FOOT)
    assert issue.items[0].units == ("东街道",)


def test_fields_give_their_result_and_not_their_code() -> None:
    begin, separate, end = (f'<w:r><w:fldChar w:fldCharType="{kind}"/></w:r>' for kind in ("begin", "separate", "end"))
    nested = begin + run("IF ") + field("MERGEFIELD x", "内层") + run(" > 0") + separate + run("十二") + end
    simple = f'<w:fldSimple w:instr="DATE">{run("三月")}</w:fldSimple>'
    assert (
        text_of(p("本周共", field("=SUM", "3"), "件，", nested, "日，", simple, "办结。"))
        == "本周共3件，十二日，三月办结。"
    )


def test_a_field_that_never_ends_swallows_nothing() -> None:
    begin = '<w:r><w:fldChar w:fldCharType="begin"/></w:r>'
    assert text_of(p("会议召开。", begin, run("TOC")), p(TALE)) == f"会议召开。\n{TALE}"


def test_what_wraps_text_is_looked_into() -> None:
    smart = f"<w:smartTag w:element='place'>{run('东街')}</w:smartTag>"
    control = f"<w:sdt><w:sdtPr/><w:sdtContent>{run('道')}</w:sdtContent></w:sdt>"
    hard = "<w:r><w:t>召</w:t><w:softHyphen/><w:t>开</w:t><w:noBreakHyphen/><w:t>会</w:t></w:r>"
    ruby = "<w:r><w:ruby><w:rt>" + run("yì") + "</w:rt><w:rubyBase>" + run("议") + "</w:rubyBase></w:ruby></w:r>"
    block = f"<w:sdt><w:sdtContent>{p(smart, control, hard, ruby, '。')}</w:sdtContent></w:sdt>"
    assert text_of(block) == "东街道召开-会议。"


def test_symbols_and_formulas_are_text() -> None:
    symbol = '<w:r><w:sym w:font="Wingdings" w:char="F0FC"/></w:r>'
    formula = "<m:oMath><m:r><m:t>a=b</m:t></m:r></m:oMath>"
    unknown = '<w:r><w:sym w:font="Webdings" w:char="F0AA"/></w:r>'
    assert text_of(p("办结", symbol, "，", formula, unknown, "。")) == "办结√，a=b□。"


def test_links_pictures_notes_and_objects_stay_in_sight() -> None:
    note = f'<w:footnote w:id="2">{p("数据截至三月。")}</w:footnote>'
    reference = '<w:r><w:footnoteReference w:id="2"/></w:r>'
    sheet = '<w:r><w:object><o:OLEObject ProgID="Excel.Sheet.12"/></w:object></w:r>'
    issue = body_of(
        p("见", link("rId8", "专题网页"), "。投稿请发", link("rId9", "a@b.example"), "。", reference, picture("rId7", "活动现场"), sheet),
        footnotes=note, media={"word/media/image1.png": png(40, 40)},
        relations=[("rId7", "image", "media/image1.png", False), ("rId8", "hyperlink", "https://x.example/1", True), ("rId9", "hyperlink", "mailto:a@b.example", True)],
    )  # fmt: skip
    assert issue.items[0].text == "见专题网页。投稿请发a@b.example。"
    assert aside(issue) == [
        ("活动现场（0 KB）", "第 5 段（图片）"),
        ("Excel.Sheet.12", "第 5 段（嵌入对象）"),
        ("数据截至三月。", "第 5 段（脚注）"),
        ("专题网页（https://x.example/1）", "第 5 段（链接）"),
    ]


def test_hundreds_of_pictures_are_counted_and_not_listed() -> None:
    issue = body_of(p("好。", *(picture("x", f"图{n}") for n in range(130))))
    assert len(issue.unrecognised) == 101
    assert "另有 30 处" in str(issue.unrecognised)


def test_page_numbers_and_running_heads_are_furniture() -> None:
    issue = body_of(
        p(TALE),
        headers={"default": p("白鹭区工作快报　第12期")},
        footers={"default": p("— ", field("PAGE", "3"), " —"), "even": p("第 4 页 共 6 页")},
    )
    assert (aside(issue), issue.items[0].text) == ([], TALE)


def test_a_masthead_in_a_header_and_a_foot_in_a_footer_are_read() -> None:
    issue = read(
        p("【要闻】"), p(TALE),
        headers={"first": "".join(HEAD), "default": p("白鹭区工作快报")}, footers={"first": "".join(FOOT)},
    )  # fmt: skip
    assert (issue.title, issue.number, issue.items[0].text) == ("白鹭区工作快报", 12, TALE)
    assert (issue.distribution.report, issue.credits, aside(issue)) == (("区委",), {"编辑": ("李禾",)}, [])


def test_a_first_header_that_is_not_printed_is_not_read() -> None:
    data = word_file(*HEAD, p("【要闻】"), p(TALE), headers={"first": p("秘密★一年")})
    plain = read_issue(data, "a.docx")
    assert plain.secrecy == "秘密★一年"
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            new.writestr(name, old.read(name).replace(b"<w:titlePg/>", b""))
    assert read_issue(out.getvalue(), "a.docx").secrecy is None


def test_other_words_in_the_margins_are_set_aside() -> None:
    issue = body_of(p(TALE), headers={"default": p("内部资料 注意保存")}, footers={"default": p("欢迎来稿")})
    assert issue.secrecy == "内部资料 注意保存"
    assert aside(issue) == [("欢迎来稿", "页脚")]


def test_strict_files_and_odd_part_names_are_read() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(word_file(*HEAD, p("【要闻】"), p(TALE)))) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            data = old.read(name).replace(b"http://schemas.openxmlformats.org/wordprocessingml/2006/main", b"http://purl.oclc.org/ooxml/wordprocessingml/main")  # fmt: skip
            new.writestr(name.replace("word/document.xml", "Word\\Document.xml"), data)
    assert read_issue(out.getvalue(), "a.docx").items[0].text == TALE


def test_comments_do_not_get_into_the_text() -> None:
    assert text_of(p(commented(run(TALE))), comments=comment("口径再核")) == TALE


def test_a_page_number_left_in_the_text_is_furniture_and_a_figure_in_a_table_is_not() -> None:
    assert text_of(p("各单位要把创"), p("12"), p("城职责扛起来。")) == "各单位要把创城职责扛起来。"
    assert "| 东街道 | 12 |" in text_of(p(TALE), table(["单位", "数"], ["东街道", "12"]))
    assert text_of(p("共办结事项"), p("12345"), p("件。")).count("12345") == 1


def test_sections_beside_their_articles_in_a_table_are_sections() -> None:
    rows = table(
        ["要闻", [p(run("开学第一课", bold=True)), p("各校上好开学第一课，师生同上。")]],
        ["简讯", ["一中：举办运动会，千人参加。"]],
    )
    issue = read(*HEAD, rows, *FOOT)
    assert [(section.heading, [item.title or item.units for item in section.items]) for section in issue.sections] == [
        ("要闻", ["开学第一课"]),
        ("简讯", [("一中",)]),
    ]


def test_everything_of_the_head_in_boxes_and_units_behind_chinese_numbers() -> None:
    boxes = [
        text_box(p(words), down=at) for at, words in enumerate(["快 报", "第18期", "白鹭区文明办", "2026年5月6日"], 5)
    ]
    briefs = (
        p(run("一、东湖街道：", bold=True), "开展服务20场。"),
        p(run("二、西岭镇：", bold=True), "评选庭院36户。"),
    )
    issue = read(p(text_box(p("白鹭区文明实践"), down=1), *boxes), p("◆ 基层动态"), *briefs, *FOOT)
    assert (issue.title.replace(" ", ""), issue.number, issue.issuing_office) == (
        "白鹭区文明实践快报",
        18,
        "白鹭区文明办",
    )
    assert [item.units for item in issue.items] == [("东湖街道",), ("西岭镇",)]
