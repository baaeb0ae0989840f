"""The Word files among the golden issues, as Word and WPS make them; every office, name and number is invented.

``python -m tests.support.word_bulletins FOLDER`` writes each to FOLDER/NAME/input.docx.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

from tests.support import word_layouts
from tests.support.ooxml import (
    comment,
    commented,
    deleted,
    field,
    inserted,
    levels,
    link,
    mark_deleted,
    moved,
    num,
    p,
    picture,
    png,
    run,
    style,
    table,
    text_box,
    word_file,
)

_HEI = "黑体"
_LEVELS = levels(("chineseCountingThousand", "%1、"), ("chineseCounting", "（%2）"), ("decimal", "%3.")) + num(1)
_PAGE = p("— ", field("PAGE \\* MERGEFORMAT", "2"), " —", align="right")


def word_text_boxes() -> bytes:
    """Word: name and number in text boxes, levels numbered by Word, a page break in a word, a picture and a table."""
    title = text_box(p(run("湖嘴区重点项目", bold=True), run("工作快报", bold=True), align="center"), down=12)
    number = text_box(p("第 三十 期（总第 146 期）", align="center"), down=96)
    line = '<w:r><w:pict><v:line from="0,0" to="440,0" strokecolor="red"/></w:pict></w:r>'
    return word_file(
        p(number, title), p(), p("湖嘴区重点项目建设指挥部办公室\t2026年10月19日"), p(line),
        p(run("【项目进展】", font=_HEI)),
        p(run("北环路", bold=True), run("提前", bold=True), run("合龙", bold=True), align="center"),
        p(run("10月16日，北环路跨河主桥提前合"), run("\f"), run("龙。项目部抓住枯水期，"), run("三班倒"), run("连续施工46天。"), indent=True),
        p("现场照片：", picture("rId20", "合龙现场"), indent=True),
        p("下一步抓好三项工作：", indent=True),
        p("抓质量。关键工序旁站。", number=(1, 0)), p("混凝土逐车检测。", number=(1, 1)), p("焊缝全数探伤。", number=(1, 1)),
        p("抓安全。每日班前喊话。", number=(1, 0)), p("抓进度。倒排工期到天。", number=(1, 0)),
        p("（区交通局）", align="right"),
        p(run("三季度项目完成情况", bold=True), align="center"),
        p("三季度各单位完成情况如下：", indent=True),
        table(["单位", "计划", "完成"], ["区水务局", "8", "8"], ["高岭镇", "5", "4"]),
        p("请未完成的单位加快进度。（区发改局）", indent=True),
        p(run("【简　讯】", font=_HEI)),
        p(run("高岭镇", font=_HEI), run("：完成征地丈量120亩。"), indent=True),
        p(run("区水务局、区城管局：", font=_HEI), run("联合清理管网3.6公里，"), run("打通"), run("堵点7处。"), indent=True),
        table(["编辑：方小舟　校对：何晚　核签：齐正"], ["报：市重点办，区委、区政府领导"], ["发：各镇街、各成员单位"], ["（共印90份）"]),
        numbering=_LEVELS, footers={"default": _PAGE}, media={"word/media/image1.png": png(60, 40)},
        relations=[("rId20", "image", "media/image1.png", False)],
    )  # fmt: skip


def wps_tables() -> bytes:
    """WPS: masthead and foot in tables without borders, a letter-spaced name, a table of contents, link and e-mail."""

    def entry(words: str, page: str) -> str:
        return p(link("rId31", words), run("\t"), field("PAGEREF _Toc1", page))

    styles = (
        style("a", "Normal")
        + style("1", "heading 1", based_on="a", paragraph='<w:outlineLvl w:val="0"/>')
        + style("2", "heading 2", based_on="a", paragraph='<w:outlineLvl w:val="1"/>')
    )
    return word_file(
        table([["营 商 环 境 动 态"]], ["2026年第6期"], ["沧桐区营商环境建设局编", "2026年6月15日"], borders=False),
        p(), "<w:sdt><w:sdtPr/><w:sdtContent>" + p("目　录", align="center")
        + entry("“一窗通办”再提速", "1") + entry("企业点题、部门答题", "2") + "</w:sdtContent></w:sdt>",
        p("改革进展", style="1"), p("“一窗通办”再提速", style="2"),
        p("区政务服务中心将62个事项并入综合窗口，平均等候时间缩短到8分钟。\n办件结果可邮寄到家。", indent=True),
        p("部门行动", style="1"), p("企业点题、部门答题", style="2"),
        p("区营商局每月开门听诉求，", link("rId32", "诉求平台"), "累计收到建议213条。", indent=True),
        p("●", run("区税务局", bold=True), run("：走访企业40家。")), p("●", run("区法院", bold=True), run("：开通涉企绿色通道。")),
        table(["报：", "区委、区政府领导"], ["送：", ["市营商局", "区人大、区政协"]], ["发：", "各街道，区直各部门"], borders=False),
        table(["编　辑：顾 林", "审　核：陆一鸣"], ["邮箱：ysj@cangtong.example", "电话：0555-6230018"], borders=False),
        styles=styles, footers={"default": p(field("PAGE", "1"), align="center")},
        relations=[("rId31", "hyperlink", "#_Toc1", False), ("rId32", "hyperlink", "https://su.cangtong.example/", True)],
    )  # fmt: skip


def word_revisions() -> bytes:
    """Word: two people's revisions and a comment nobody dealt with."""
    return word_file(
        p(run("石桥县招商引资简报", bold=True), align="center"), p("第8期", align="center"),
        p("石桥县投资促进中心\t2026年8月24日", line_below=True),
        p("【要情】"),
        p(run("签约项目", bold=True), inserted(run("落地", bold=True)), run("开工", bold=True), align="center"),
        p("8月20日，", deleted("12"), inserted(run("14")), "个项目集中开工，", commented(run("总投资36亿元")), "。", indent=True),
        p("县领导要求，", moved("项目专班要靠前服务。", away=True), "要素保障要到位。", moved("项目专班要靠前服务。", "顾林", away=False), indent=True),
        p("（县投促中心）", align="right"),
        p("编辑：顾林　校对：方圆　签发：何山"), p("报：县委、县政府领导"), p("发：各乡镇、县直各单位"),
        comments=comment("数字与统计局再核一次", "何山"),
    )  # fmt: skip


def wps_revisions() -> bytes:
    """WPS: masthead in the first page's header, a deleted end of paragraph, changed form, hidden words."""
    changed = (
        '<w:r><w:rPr><w:b/><w:rPrChange w:id="9" w:author="WPS_1580" w:date="2026-05-11T08:00:00Z"><w:rPr/></w:rPrChange></w:rPr>'
        "<w:t>整治结束</w:t></w:r>"
    )
    return word_file(
        p("〖一线传真〗"),
        p("5月8日，全镇开展环境整治，出动人员", more='<w:ind w:firstLineChars="200"/>' + mark_deleted("WPS_1580")),
        p("320人次，清运垃圾46吨。", run("（此处数字待核）", hidden=True)),
        p(changed, "后，各村建立长效机制。", indent=True),
        p("〖短　讯〗"),
        p("★柳湾村：修缮健身器材12套。"), p("★前进村：完成村道亮化1.8公里。"),
        p("责任编辑：苏禾　　审定：白杨"), p("主送：区文明办"), p("分送：各村、驻镇各单位"),
        headers={
            "first": p("柳湾镇人居环境整治简讯", align="center") + p("第十一期", align="center")
            + p("柳湾镇人民政府编印\t二〇二六年五月十一日"),
            "default": p("柳湾镇人居环境整治简讯"),
        },
        footers={"default": p("第 ", field("PAGE", "2"), " 页 共 ", field("NUMPAGES", "2"), " 页", align="center")},
    )  # fmt: skip


FILES: dict[str, Callable[[], bytes]] = {
    **word_layouts.FILES,
    "word-text-boxes": word_text_boxes,
    "wps-tables": wps_tables,
    "word-revisions": word_revisions,
    "wps-revisions": wps_revisions,
}


def main(folder: Path) -> None:
    for name, build in FILES.items():
        (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / name / "input.docx").write_bytes(build())


if __name__ == "__main__":
    main(Path(sys.argv[1]))
