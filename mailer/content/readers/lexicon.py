"""The words by which an office, a unit, a section or a bulletin is known in print.

Pure word lists and the small questions put to them; knows nothing of lines and marks. The lists hold kinds of names
(镇, 局, 支队), never the names of one district.
"""

from __future__ import annotations

import re
from typing import Final

from mailer.content.readers.emphasis import BLANKS
from mailer.content.readers.words import words

_SPACES: Final = dict.fromkeys(map(ord, BLANKS))

UNIT_ENDINGS: Final = words("""
    镇 乡 村 街道 社区 地区 开发区 高新区 新区 景区 园区 城区 经开区 示范区 度假区
    自贸区 局 委 办 部 会 联 院 校 所 队 站 厅 署 中心 公司 集团 银行 支行 分行
    大学 中学 小学 附中 附小 一中 二中 三中 一小 二小 三小 学院 幼儿园 公园 党组 党委
    政府 街办 机关 医院 馆 专班 指挥部 工作组 专项组 领导小组 督查组 督导组 宣传组 协会
    学会 商会 联盟 基金会 电视台 广播台 气象台 报社 杂志社 合作社 旅行社 供销社 出版社
    通讯社 新华社 农场 林场 牧场 机场 车站 厂 法院 检察院 管理处 事务处 征收处 办事处
    管护处 服务处 管理科 妇联 科协 侨联 文联 残联 社联 记协 作协 团委 武装部 人大 政协
    纪委 监委 派出所 实践所 实践站 工会 文明办 军分区 海关 邮政 电力 办公室 研究室 服务区
    保税区 综保区 处 科 股 总支
    """)
_NO_UNIT_ENDINGS: Final = words("""
    大会 会议 例会 推进会 座谈会 部署会 动员会 联席会 调度会 发布会 分享会 交流会 宣讲会
    培训会 茶话会 晚会 运动会 年会 机会 社会 全部 内部 局部 干部 外部 格局 大局 布局
    开局 新局 结局 举办 承办 主办 协办 新办 交办 督办 代办 联办 领办 严办 快办 场所
    厕所 住所 互联 关联 串联 排队 全村 城乡 家乡 下乡 返乡 原委 庭院 剧院 影院 集会
    聚会 体会 应会 不会 乡村 农村 好处 坏处 害处 用处 长处 短处 难处 益处 到处 处处 深处 高处 低处 痛处 苦处
    之处 何处 妙处 大处 细处 小处 四处 各处 学科 本科 专科 百科 文科 理科 全科 一股 入股
    """)
# alone they name a kind of unit and no unit
_KINDS_OF_UNITS: Final = frozenset(
    words("""
    街道 社区 地区 新区 景区 园区 城区 中心 公司 集团 银行 大学 中学 小学 学院 幼儿园
    公园 机关 医院 政府 协会 学会 商会 联盟 农场 林场 车站 机场
    """)
)
_VERBS: Final = words("""
    召开 举行 举办 开展 启动 组织 推进 推动 完成 印发 成立 打造 走进 聚焦 助力 深化
    强化 加强 抓好 落实 做好 提升 发布 揭牌 上线 点亮 守护 绘就 赋能 建成 参加 表示
    强调 指出 要求 提示 认为 介绍 进校园 进社区 进企业 获评 荣获 慰问 部署 调研
    """)
_LABEL_STOPS: Final = words("""
    其中 要求 强调 指出 表示 提示 提醒 认为 介绍 如下 说明 注意 备注 附件 主题 时间
    地点 包括 例如 分别 下一步 措施 做法 情况 目标 任务 成效 问题 原因 标准 口号 单位
    名单 统计 截至 会议 通知 记者 来源 供稿 作者 编者 按语 编辑 邮箱 电话 传真 标语
    结果 内容 方面 是 为 说 称 道 注 附 按 即 一要 二要 三要 四要 五要 一是 二是
    三是 四是 五是 第一 第二 第三
    """)
_LEVEL_RE: Final = re.compile(
    r"(?:[（(]?[一二三四五六七八九十]{1,3}[)）、.．，]|[一二三四五六七八九十]{1,2}[是要]|[（(][0-9０-９]{1,2}[)）]|[0-9０-９]{1,2}[、.．)）](?![0-9])"
    r"|第[一二三四五六七八九十]{1,2}[，、,部条]|[①-⑳㈠-㈩⑴-⒇])"
)
_PLACE_RE: Final = re.compile(r"[^全我辖本各城小片老市双两][^，。]{1,3}[区县市旗州]")
_NO_VERB_RE: Final = re.compile(r"组织[部科处室]|推进[办组]|推进(?:中心|委员会|领导小组)|提升办")
_GOES_THERE_RE: Final = re.compile(
    r"[进到入](?:景区|园区|社区|校园|机关|军营|车站|工厂|医院|学校|公园|农村|乡村|村|乡|街道|厂|院|馆|会)$"
)
_HAN_NAME_RE: Final = re.compile(r"[\u3400-\u9fff〇\U00020000-\U0003ffffA-Za-z0-9“”\"（）()·+-]+")

_KIND_ENDINGS: Final = words("""
    快报 简报 简讯 通讯 动态 信息 专报 要情 周报 月报 日报 旬报 季报 年报 专刊 内参
    快讯 要闻 参阅 通报 摘报 参考 情况 导报 汇编 专递 速递 速报 综报 月刊 周刊 季刊
    旬刊 双周刊 之窗 之声 简况 播报 工作报 周讯 资讯 摘编 交流 文摘 晨报 会刊 期刊 工作
    舆情 要报 政务 纪实 战报 捷报 学报 报 刊 速览 短讯 信息报 通信 反映 建议 声音 论坛
    园地 纵览
    """)
_ORGAN_ENDINGS: Final = (
    *(ending for ending in UNIT_ENDINGS if len(ending) > 1),
    *words("""
    局 委 办 部 会 院 所 厅 处 科 组 室 办公室 办公厅 领导小组 编辑部 编委会 编写组
    联席会议 县委 区委 市委 省委 省 市 区 县
    """),
)
OFFICE_VERBS: Final = words("""
    主办单位 编发单位 编印单位 主办 编印 编发 主编 编制 编写 编辑 印发 印制 承办 协办
    主管 出品 发布 文件 编 印
    """)
_OFFICE_LABEL_RE: Final = re.compile(
    r"(?:主办单位|编印单位|编发单位|编制单位|编辑单位|印发单位|发布单位|主管单位|编印|编发|主办|主编单位|刊发单位|发文单位|印发机关|编发机关)[:：]"
)
SECTION_NAMES: Final = frozenset(
    words("""
    要闻 本期要闻 本周要闻 要闻速递 头条 指挥调度 工作部署 工作动态 部门动态 基层动态
    各地动态 镇街动态 街镇动态 乡镇动态 动态信息 创建动态 创文动态 创城动态 简讯 短讯 快讯
    简讯速递 一句话新闻 工作简讯 信息速递 信息速览 图片新闻 经验交流 典型做法 典型经验
    督查通报 督导检查 督查督办 镇街之窗 部门之窗 他山之石 先进典型 文明实践 新时代文明实践
    志愿服务 领导讲话 领导批示 重要讲话 政策解读 通知公告 工作交流 媒体聚焦 曝光台 红黑榜
    领导关注
    """)
)
_SECTION_ENDINGS: Final = words("""
    要闻 动态 简讯 短讯 快讯 速递 速览 之窗 交流 通报 风采 聚焦 关注 播报 掠影 集锦
    纵横 一线 快览 新闻 信息 做法 园地 进行时 要点 要情 要讯 概况 短波 传真 广角 专栏
    之声 心声 之家 论坛 展台 擂台 看台 窗口 视点 视窗 直通车 回音壁 剪影 花絮 小贴士
    """)
BRIEF_SECTION_RE: Final = re.compile(r"简讯|短讯|快讯|一句话|速览|速递|动态|之窗|简报|信息")


def despaced(text: str) -> str:
    """Without white space and invisible characters: 编　辑 is 编辑."""
    return text.translate(_SPACES)


def level_mark(text: str) -> bool:
    """Whether a text begins with a numbered level: 一、 （一） 1. ① 一是."""
    return _LEVEL_RE.match(text) is not None


def unlevelled(text: str) -> str:
    """The text behind such a mark."""
    match = _LEVEL_RE.match(text)
    return text[match.end() :] if match else text


def has_verb(text: str) -> bool:
    text = _NO_VERB_RE.sub("", text)
    return any(verb in text for verb in _VERBS)


def begins_with_verb(text: str) -> bool:
    return text.startswith(_VERBS)


def units_of(label: str) -> tuple[str, ...]:
    """The units of a label such as 潭镇、东街道 or 区文旅局; empty where a part does not look like the name of a unit."""
    parts = tuple(filter(None, re.split(r"[、/／，,]", despaced(label))))
    return parts if parts and all(_is_unit(part) for part in parts) else ()


def loose_units_of(label: str, longest: int = 12) -> tuple[str, ...]:
    """Like ``units_of`` for a place where only a unit is to be expected: a short name need not end like one."""
    parts = tuple(filter(None, re.split(r"[、/／]", despaced(label))))
    if not parts or level_mark(despaced(label)):
        return ()
    fits = all(
        _is_unit(part)
        or (
            2 <= len(part) <= longest
            and _HAN_NAME_RE.fullmatch(part)
            and not _no_label(part)
            and not part[-1].isdigit()
        )
        for part in parts
    )
    return parts if fits else ()


def _is_unit(name: str) -> bool:
    if not 2 <= len(name) <= 22 or name in _KINDS_OF_UNITS or level_mark(name) or not _HAN_NAME_RE.fullmatch(name):
        return False
    bare = re.sub(r"[（(][^（）()]{1,16}[)）]$", "", name)
    if has_verb(bare) or _GOES_THERE_RE.search(bare) or not (bare.endswith(UNIT_ENDINGS) or _PLACE_RE.fullmatch(bare)):
        return False
    return not bare.endswith(_NO_UNIT_ENDINGS)


def _no_label(name: str) -> bool:
    return has_verb(name) or any(name == stop or name.endswith(stop) or name.startswith(stop) for stop in _LABEL_STOPS)


def section_name(name: str) -> bool:
    """Whether a short line is surely the name of a section: a usual one, or one that ends like them."""
    name = despaced(name)
    bare = re.sub(
        r"^(?:[一二三四五六七八九十]{1,2}|[0-9]{1,2})、|[（(]?[一二三四五六七八九十0-9]{1,3}[则条篇][)）]?$", "", name
    )
    if bare in SECTION_NAMES:
        return True
    ending = next((each for each in _SECTION_ENDINGS if bare.endswith(each)), "")
    # 聚焦 and 关注 are verbs elsewhere, so the ending itself is not asked
    return bool(ending) and len(bare) <= 8 and section_like(bare.removesuffix(ending) or bare)


def section_like(name: str) -> bool:
    """Whether an unmarked heading is the name of a section (short, no sentence) rather than the title of an article."""
    name = despaced(name)
    if name in SECTION_NAMES:
        return True
    return len(name) <= 10 and not has_verb(name) and not re.search(r"[0-9，。；：:！？“”《》,]", name)


def is_bulletin_name(text: str) -> bool:
    """Whether a line ends like the name of a bulletin: 工作快报, 信息, 简报."""
    name = despaced(text).rstrip("》」”)）")
    return len(name) >= 3 and name.endswith(_KIND_ENDINGS)


def is_kind(text: str) -> bool:
    """Whether a line is only the kind of a bulletin, as the second line of a name: 快　报."""
    return despaced(text) in _KIND_ENDINGS


def office_of(text: str) -> tuple[str, bool] | None:
    """(name of the office without 编印 / 主办 …, whether such a word was there), None if the text names no office."""
    name = text.strip(BLANKS + "()（）[]【】")
    label = _OFFICE_LABEL_RE.match(name)
    if label:
        return name[label.end() :].strip(BLANKS), True
    for verb in OFFICE_VERBS:
        if name.endswith(verb) and len(despaced(name)) > len(verb) + 1:
            rest = name[: -len(verb)].rstrip(BLANKS + ":：")
            spaced = rest != name[: -len(verb)]
            if len(verb) > 1 or spaced or despaced(rest).endswith(_ORGAN_ENDINGS):
                return rest, True
    bare = despaced(name)
    if 2 <= len(bare) <= 60 and bare.endswith(_ORGAN_ENDINGS) and not re.search(r"[。，；：:！？,]", bare):
        return name, False
    return None
