"""The 38 irregularities that a real issue of this kind shows, on invented text of the same shape, by their numbers."""

from __future__ import annotations

from datetime import date

from mailer.content.issue import Issue, Item
from mailer.content.readers import read_issue

HEAD = "# 白鹭区创建文明城区 工作快报\n\n第861期\n\n白鹭区创建文明城区领导小组办公室\n\n2024年01月30日\n\n"
FOOT = "\n\n**编辑：赵晴**\n\n**校对：张冬晓**\n\n**核签：柳岚**\n\n---\n\n**报：市文明办、区委、区人大、区政府、区政协领导同志**\n\n**发：全区各单位主要负责人、信息员**\n\n---\n\n**电子邮箱：kb@bailu.example**\n\n**电话：55506756**"


def read(body: str, head: str = HEAD, foot: str = FOOT) -> Issue:
    return read_issue((head + body + foot).encode(), "issue.md")


def headings(issue: Issue) -> list[str | None]:
    return [section.heading for section in issue.sections]


def only(issue: Issue) -> Item:
    (item,) = issue.items
    return item


def briefs(text: str) -> list[tuple[str | None, tuple[str, ...], str]]:
    issue = read(f"### 【简 讯】\n\n{text}")
    return [(item.topic, item.units, item.text) for item in issue.items]


def test_01_empty_lines_before_the_title() -> None:
    assert read("## 【要闻】\n\n正文。", head="\n\n" + HEAD).title == "白鹭区创建文明城区 工作快报"


def test_02_a_space_inside_the_title() -> None:
    assert read("## 【要闻】\n\n正文。").title == "白鹭区创建文明城区 工作快报"


def test_03_running_number_without_year_and_total() -> None:
    issue = read("## 【要闻】\n\n正文。")
    assert (issue.number, issue.year, issue.total_number) == (861, None, None)


def test_04_office_and_date_without_labels() -> None:
    issue = read("## 【要闻】\n\n正文。")
    assert issue.issuing_office == "白鹭区创建文明城区领导小组办公室"
    assert issue.date_printed == "2024年01月30日"


def test_05_zero_padded_month() -> None:
    assert read("## 【要闻】\n\n正文。").date == date(2024, 1, 30)


def test_06_siblings_at_different_depth() -> None:
    issue = read("## 【指挥调度】\n\n甲。\n\n### 【文明实践】\n\n乙。\n\n#### 【简讯】\n\n丙。")
    assert headings(issue) == ["指挥调度", "文明实践", "简讯"]


def test_07_bold_marks_inside_one_heading() -> None:
    assert headings(read("## 【指挥调度】\n\n甲。\n\n### **【文明实践】**\n\n乙。")) == ["指挥调度", "文明实践"]


def test_08_space_inside_a_section_name() -> None:
    assert headings(read("### 【简 讯】\n\n乙。")) == ["简讯"]


def test_09_article_without_title_of_two_paragraphs() -> None:
    item = only(read("## 【要闻】\n\n白鹭区召开会议。\n\n会议强调，要抓好落实。（本刊）"))
    assert (item.title, item.text) == (None, "白鹭区召开会议。\n会议强调，要抓好落实。")


def test_10_page_break_inside_a_word() -> None:
    item = only(read("## 【要闻】\n\n各单位要对照任务清单，逐项检查，认真履行所承担的创\n\n城职责和任务，确保到位。"))
    assert item.text == "各单位要对照任务清单，逐项检查，认真履行所承担的创城职责和任务，确保到位。"


def test_11_page_break_inside_a_book_title() -> None:
    assert "《冬季防火手册》" in only(read("## 【要闻】\n\n各站组织学习《冬\n\n季防火手册》，并入户讲解。")).text


def test_12_bold_inside_running_text_is_no_label() -> None:
    item = only(
        read("## 【要闻】\n\n会议强调：一要早部署。二要严检查。**三要强化协同、压实责任，形成合力。**要立即行动。")
    )
    assert (item.title, item.units) == (None, ())
    assert item.text.startswith("会议强调：一要")
    assert item.text.endswith("形成合力。要立即行动。")


def test_13_a_person_and_a_colon_is_no_unit() -> None:
    item = only(read("## 【要闻】\n\n会议召开。\n\n陆长河要求：一要抓实。"))
    assert (item.units, item.text) == ((), "会议召开。\n陆长河要求：一要抓实。")


def test_14_byline_glued_to_the_last_sentence() -> None:
    issue = read("## 【要闻】\n\n圆满收官。（本刊）\n\n## 【实践】\n\n活动举行。（区新时代文明实践中心）")
    assert [(item.text, item.byline) for item in issue.items] == [
        ("圆满收官。", "本刊"),
        ("活动举行。", "区新时代文明实践中心"),
    ]


def test_15_run_in_bold_title() -> None:
    item = only(read("## 【实践】\n\n**我区完成主题推动日活动** 一月以来，区里开展活动。"))
    assert (item.title, item.text) == ("我区完成主题推动日活动", "一月以来，区里开展活动。")


def test_16_space_inside_quotation_marks_is_kept() -> None:
    assert "“热心不停步 微光汇成河”" in only(read("## 【实践】\n\n以“热心不停步 微光汇成河”为主题。")).text


def test_17_month_in_chinese_beside_digits() -> None:
    text = "一月以来，13个站开展活动，1月底收官。"
    assert only(read(f"## 【实践】\n\n{text}")).text == text


def test_18_a_misprint_is_not_corrected() -> None:
    assert only(read("## 【实践】\n\n举办文明实践活活动。")).text == "举办文明实践活活动。"


def test_19_sentences_that_begin_with_a_unit_are_text() -> None:
    text = "二是干字为纲。龙泉镇实践所开展义务理发活动。妙山镇实践所开展宣讲活动。"
    assert only(read(f"## 【实践】\n\n{text}")).text == text


def test_20_topic_at_the_start_of_a_paragraph() -> None:
    assert briefs("**【文明培育】** 区科协：开展科普。") == [("文明培育", ("区科协",), "开展科普。")]


def test_21_topic_and_unit_in_one_bold_run() -> None:
    assert briefs("**【文明创建】永宁镇：**近日，清理楼道。") == [("文明创建", ("永宁镇",), "近日，清理楼道。")]


def test_22_first_unit_plain_later_units_bold() -> None:
    got = briefs("**【文明培育】** 区教委：开展讲座。**区文旅局**：举办展览。")
    assert [units for _, units, _ in got] == [("区教委",), ("区文旅局",)]


def test_23_topic_and_unit_in_two_bold_runs() -> None:
    assert briefs("**【文明实践】** **永宁镇**：近日，义诊。") == [("文明实践", ("永宁镇",), "近日，义诊。")]


def test_24_colon_inside_or_after_the_bold() -> None:
    assert briefs("**永宁镇：**义诊。") == briefs("**永宁镇**：义诊。") == [(None, ("永宁镇",), "义诊。")]


def test_25_several_units_of_one_brief() -> None:
    assert briefs("**龙潭镇、东屏街道：**联合义诊。") == [(None, ("龙潭镇", "东屏街道"), "联合义诊。")]


def test_26_bold_label_without_colon() -> None:
    got = briefs("**永宁镇：**清理楼道。**龙潭镇、东屏街道**也做了同样的事。**清水镇：**检查景区。")
    assert got[1] == (None, ("龙潭镇", "东屏街道"), "也做了同样的事。")
    assert len(got) == 3


def test_27_many_briefs_in_one_paragraph() -> None:
    first = "**【文明创建】永宁镇：**甲。**清水镇：**乙。大坪街道：丙。"
    second = "**【文明培育】** 区科协：丁。**龙潭镇**：戊。"
    got = briefs(f"{first}\n\n{second}")
    assert [text for _, _, text in got] == ["甲。", "乙。", "丙。", "丁。", "戊。"]
    assert [topic for topic, _, _ in got] == ["文明创建"] * 3 + ["文明培育"] * 2


def test_28_of_these_is_no_label() -> None:
    assert briefs("**大坪街道：**整改15起。其中：广告6起。") == [(None, ("大坪街道",), "整改15起。其中：广告6起。")]


def test_29_the_same_unit_under_two_topics() -> None:
    got = briefs("**【创建】永宁镇：**甲。\n\n**【实践】永宁镇：**乙。")
    assert got == [("创建", ("永宁镇",), "甲。"), ("实践", ("永宁镇",), "乙。")]


def test_30_relative_dates_stay_as_printed() -> None:
    assert briefs("**永宁镇：**24日，检查。")[0][2] == "24日，检查。"


def test_31_middle_dot_in_a_quote() -> None:
    assert "“智慧共享·科学探索”" in briefs("区科协：开展“智慧共享·科学探索”活动。")[0][2]


def test_32_three_credits_before_the_rule() -> None:
    assert read("## 【要闻】\n\n正文。").credits == {"编辑": ("赵晴",), "校对": ("张冬晓",), "核签": ("柳岚",)}


def test_33_rules_are_rules_even_without_their_empty_lines() -> None:
    body = "## 【要闻】\n\n正文。（本刊）\n"
    issue = read(body, head="---\n" + HEAD, foot=FOOT.replace("**\n\n---", "**\n---"))
    assert (issue.title, issue.credits["核签"]) == ("白鹭区创建文明城区 工作快报", ("柳岚",))
    assert only(issue).text == "正文。"


def test_34_phrases_as_printed_and_no_peers() -> None:
    printed = read("## 【要闻】\n\n正文。").distribution
    assert printed.report == ("市文明办", "区委", "区人大", "区政府", "区政协领导同志")
    assert printed.copy_to == ()


def test_35_roles_after_the_units() -> None:
    assert read("## 【要闻】\n\n正文。").distribution.issue_to == ("全区各单位主要负责人", "信息员")


def test_36_contact_after_the_second_rule() -> None:
    contact = read("## 【要闻】\n\n正文。").contact
    assert (contact.email, contact.phone) == (("kb@bailu.example",), ("55506756",))


def test_37_no_line_end_at_the_end_of_the_file() -> None:
    assert not FOOT.endswith("\n")
    assert read("## 【要闻】\n\n正文。") == read("## 【要闻】\n\n正文。", foot=FOOT + "\n")


def test_38_optional_parts_are_absent_and_long_lines_whole() -> None:
    long_line = "各镇街要" + "逐项对照、逐项整改，" * 60 + "确保到位。"
    issue = read(f"## 【要闻】\n\n{long_line}")
    assert only(issue).text == long_line
    assert (issue.editor_note, issue.contents, issue.secrecy, issue.total_number, issue.copies) == (
        None,
        (),
        None,
        None,
        None,
    )
    assert issue.unrecognised == ()
