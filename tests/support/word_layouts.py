"""More Word files among the golden issues: what tells a part here is size, place or a column, not a mark; all invented."""

from __future__ import annotations

from collections.abc import Callable

from tests.support.ooxml import deleted, inserted, levels, link, num, p, run, table, text_box, word_file

_SONG = "方正小标宋简体"
_HEI = "黑体"


def word_titles_by_size() -> bytes:
    """Word: titles centred and big but not bold, every paragraph in runs of digits and words, 版记 in a framed table."""
    return word_file(
        p(run("内部资料", font=_HEI, size=32)), p(run("注意保存", font=_HEI, size=32)),
        p(run("民 生 ", size=84), run("实 事", size=84), run(" 快 报", size=84), align="center"),
        p(run("2026年"), run("第"), run("9"), run("期"), run("（总第"), run("139"), run("期）"), align="center"),
        p(run("栖棠湖区人民政府办公室"), run("\t\t"), run("2026年9月4日"), line_below=True), p(),
        p(run("我区提前完成老旧小区改造年度任务", font=_SONG, size=44), align="center"), p(),
        p("截至8月底，我区36个老旧小区改造项目全部完工，比计划提前", run("4"), run("个月，惠及居民1.26万户。"), indent=True),
        p(run("一、坚持“先民生后提升”。", font=_HEI), "优先解决漏雨、停水、断电等问题412个。", indent=True),
        p(run("二、坚持“改管一体”。", font=_HEI), "同步引入物业28家。", indent=True),
        p(run("（区住建局）", font="楷体_GB2312"), align="right"), p(),
        p(run("“家门口”就业驿站累计服务8600人次", font=_SONG, size=44), align="center"), p(),
        p("区人社局在街道、社区布点就业驿站22个，提供“家门口”岗位3200个。", indent=True),
        p(run("（区人社局）", font="楷体_GB2312"), align="right"),
        table(
            [[p(run("报：", font=_HEI), "区委、区人大、区政府、区政协领导同志")]],
            [[p(run("送：", font=_HEI), "区委各部门，区人大办，区政协办，区纪委监委，"), p("　　区法院，区检察院")]],
            [[p(run("发：", font=_HEI), "各街道办事处，区政府各部门")]],
        ),
        p("责编：纪实　　审核：有据　　　　　（共印100份）"),
    )  # fmt: skip


def wps_numbered_outline() -> bytes:
    """WPS: sections numbered 一、 and titles （一） by its own list, bold, no style; briefs with bold labels below."""
    return word_file(
        p(run("教育简讯", size=72), align="center"), p("（第12期）", align="center"),
        table(["榆林湾区教育体育局编", "2026年5月22日"], borders=False),
        p(run("要闻", bold=True), number=(1, 0)),
        p(run("全区“五育融合”现场会召开", bold=True), number=(1, 1)),
        p("5月20日，现场会在实验小学召开。与会人员观摩了社团展示。", indent=True),
        p(run("校园足球联赛落幕", bold=True), number=(1, 1)),
        p("第三中学、附属小学分获中学组、小学组冠军。", indent=True),
        p(run("学校动态", bold=True), number=(1, 0)),
        p(run("第一中学：", bold=True), "举办成人礼。"),
        p(run("滨河幼儿园：", bold=True), "开展“大带小”混龄游戏。"),
        p("编审：言午"), p("抄送：区教育督导室"), p("发：各学校、幼儿园"),
        numbering=levels(("chineseCountingThousand", "%1、"), ("chineseCounting", "（%2）")) + num(1),
    )  # fmt: skip


def word_section_column() -> bytes:
    """Word: the page is a table, section names in the left column; one of them is no usual name."""
    return word_file(
        table([[p("红十字工作信息", align="center")]], [[p("第7期", align="center")]], ["枫桐市红十字会", "2026.7.30"]),
        table(
            ["工作动态", [p(run("应急救护培训进景区", bold=True)), p("7月26日，市红十字会组织救护师走进3家景区，培训讲解员120人。")]],
            ["志愿服务", [p(run("造血干细胞捐献第18例", bold=True)), p("7月28日，志愿者小林完成采集。")]],
            ["数据窗口", [p("截至7月底，全市累计培训救护员1.3万人。")]],
        ),
        table(["报：市委、市政府分管领导，省红十字会"], ["发：各县（市、区）红十字会"], ["编辑：霍然　审核：安泰"]),
    )  # fmt: skip


def wps_boxes_in_text() -> bytes:
    """WPS: masthead in a text box of the old kind, a date without year, a quotation in a box beside the text."""
    return word_file(
        p(text_box(p(run("工信动态", size=72), align="center"), p("二〇二六年第十八期", align="center"), wps=True, down=10)),
        p(), p(), p("工业和信息化局办公室　　　　8月21日", line_below=True),
        p("【经济运行】"), p(run("1—7月规上工业增加值增长9.2%", bold=True), align="center"),
        p("1—7月，全市规上工业增加值同比增长9.2%，", text_box(p("高新区贡献率过半"), wps=True, down=3), "高于全省1.8个百分点。", indent=True),
        p("【企业纵览】"),
        p("★", run("中锐精工", bold=True), "：首台套装备下线。"), p("★", run("天合新材", bold=True), "：二期投产，年产值可达12亿元。"),
        p("审签：桑榆　编辑：东隅"), p("报：市委、市政府"), p("送：省工信厅"),
    )  # fmt: skip


def word_revised_head_and_lists() -> bytes:
    """Word: unaccepted revisions in number, date, byline and the printed list."""
    return word_file(
        p(run("统战信息", bold=True), align="center"),
        p("第", deleted("24"), inserted(run("25")), "期", align="center"),
        p("栗川县委统战部\t2026年10月", deleted("8"), inserted(run("9")), "日", line_below=True),
        p(run("民营企业家“早餐会”解难题", bold=True), align="center"),
        p(inserted(run("10月8日，")), "县委统战部举办民营企业家“早餐会”，现场收集问题11个。", indent=True),
        p("（县委统战部", inserted(run("、县工商联")), "）", align="right"),
        p("报：市委统战部", deleted("，县委书记"), inserted(run("，县委常委"))), p("发：各乡镇统战委员"),
        p("编辑：连横　签发：合纵"),
    )  # fmt: skip


def word_line_breaks() -> bytes:
    """Word: a name over two lines of one paragraph, briefs divided by line breaks, lists on one line, a mailto link."""
    return word_file(
        p(run("林　长　制\n工作简报", size=84), align="center"), p("〔2026〕6号", align="center"),
        p("松岗市林长制办公室编印\t\t\t2026年4月3日"),
        p("［镇街快览］"),
        p(run("青松镇：", bold=True), "造林3200亩。\n", run("古柏镇：", bold=True), "封山育林8600亩。\n", run("银杏街道：", bold=True), "认养古树32株。"),
        p("［警示窗］"),
        p("3月29日，", run("银"), run("杏街"), run("道"), "发生一起违规用火，行政处罚1人。", more="<w:pageBreakBefore/>"),
        p("呈报：市级林长；分发：各镇街林长办"),
        p("编辑：林深　　电话：0555-", run("61"), run("23456"), "　　邮箱：", link("rId9", "lzb@songgang.example")),
        relations=[("rId9", "hyperlink", "mailto:lzb@songgang.example", True)],
    )  # fmt: skip


FILES: dict[str, Callable[[], bytes]] = {
    "word-titles-by-size": word_titles_by_size,
    "wps-numbered-outline": wps_numbered_outline,
    "word-section-column": word_section_column,
    "wps-boxes-in-text": wps_boxes_in_text,
    "word-revised-head-and-lists": word_revised_head_and_lists,
    "word-line-breaks": word_line_breaks,
}
