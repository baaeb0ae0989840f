"""Issues for tests, every name and word invented: a typical one with all parts, and a big one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta, timezone

from mailer.content.facts import ListFacts, MailingFacts, Sender
from mailer.content.issue import (
    Contact,
    Distribution,
    EditorNote,
    Issue,
    Item,
    Section,
    Unrecognised,
)

OFFICE_TIME = timezone(timedelta(hours=8))


def sample_issue() -> Issue:
    """Three sections: an untitled article, titled ones, and briefs by topic and unit; note, credits, lists, contact."""
    return Issue(
        title="澄江区创建全国文明城区 工作快报",
        number=128,
        date=date(2026, 11, 20),
        issuing_office="澄江区创建全国文明城区工作指挥部办公室",
        sections=(
            Section(
                "指挥调度",
                (
                    Item(
                        text="11月18日，澄江区召开创建工作推进会，通报三季度测评结果。\n"
                        "会议要求：一要盯住短板，对照清单逐项销号，做到事事有人管、件件有着落。\n"
                        "二要守住长效，把集中整治变成日常管理，少发文、多到现场。\n"
                        "三要汇聚合力，条块结合、上下联动，形成“人人参与、共建共享”的局面。",
                        byline="本刊",
                    ),
                ),
            ),
            Section(
                "经验交流",
                (
                    Item(
                        title="“板凳会”开到居民家门口",
                        text="云溪街道把议事会搬进楼院，居民自带板凳，一事一议。全年开会86场，办结身边小事412件。",
                        byline="云溪街道",
                    ),
                    Item(
                        title="志愿服务“点单”更便民",
                        text="区志愿服务总队开通电话点单，老人一个电话就能约到理发、量血压、修家电等服务。",
                        byline="区志愿服务总队",
                    ),
                ),
            ),
            Section(
                "简讯",
                (
                    Item(text="近日，清理楼道堆物52处，新装休息座椅18把。", topic="环境整治", units=("石桥镇",)),
                    Item(text="也开展了同类行动。", topic="环境整治", units=("南湾街道", "北坡乡")),
                    Item(text="22日，检查农贸市场3家，当场整改问题7个。", topic="环境整治", units=("区市场监管局",)),
                    Item(text="近期，举办家风故事会，120余名居民参加。", topic="文明培育", units=("区妇联",)),
                    Item(
                        text="组织“小小讲解员”走进展馆，讲述 a < b & c > d 的算术趣题。",
                        topic="文明培育",
                        units=("区少年宫",),
                    ),
                ),
            ),
        ),
        number_printed="第128期",
        date_printed="2026年11月20日",
        secrecy="内部资料　注意保存",
        copies=60,
        editor_note=EditorNote("本期刊发部分单位的做法，供工作中参考借鉴。"),
        credits={"编辑": ("林晓禾",), "校对": ("秦牧",), "核签": ("程远",)},
        distribution=Distribution(
            report=("市文明办", "区委、区政府领导同志"), issue_to=("各成员单位主要领导", "分管领导", "信息员")
        ),
        contact=Contact(email=("kuaibao@chengjiang.example",), phone=("0555-6660 0128",), fax=("0555-66600129",)),
        unrecognised=(Unrecognised("（附：下期截稿时间为11月27日）"),),
    )


def big_issue(paragraphs: int = 600) -> Issue:
    """One section of ``paragraphs`` paragraphs in articles of ten, some 100 characters each."""
    words = "各单位要把工作落到实处，坚持问题导向，逐项建账、限时销号。" * 3
    items = tuple(
        Item(title=f"第{n // 10 + 1}项工作进展", text="\n".join(f"（{n + k}）{words}" for k in range(10)))
        for n in range(0, paragraphs, 10)
    )
    return Issue(
        title="澄江区工作专报",
        number=7,
        date=date(2026, 11, 20),
        issuing_office="澄江区人民政府办公室",
        sections=(Section("工作进展", items),),
    )


def sample_facts(
    *, rehearsal: bool = False, is_duty: bool = True, asks: bool = False, base_url: str = ""
) -> MailingFacts:
    """The facts of a mailing of ``sample_issue`` to the 发 list."""
    return MailingFacts(
        sender=Sender(
            "澄江区创建全国文明城区工作指挥部办公室", "bulletin@chengjiang.example", "kuaibao@chengjiang.example"
        ),
        list=ListFacts("发", "发", "fa.bulletin.chengjiang.example", is_duty, asks),
        date=datetime(2026, 11, 20, 18, 5, tzinfo=OFFICE_TIME),
        boundary="=_chengjiang-128-fa",
        message_domain="chengjiang.example",
        rehearsal=rehearsal,
        base_url=base_url,
    )


def issue_of_size(wire_bytes: int) -> Issue:
    """An issue whose mail is about that long on the wire: base64 of a text part and of an html part."""
    sentence = "近日，组织志愿者开展环境整治，清理楼道堆物、规范车辆停放，居民群众积极参与，小区面貌明显改善。"
    # an item costs its text twice (text and html), four thirds of it in base64, and about 300 bytes of markup
    per_item = int((len(sentence.encode()) * 8 * 2 + 300) * 4 / 3)
    items = tuple(
        Item(text=sentence * 8, title=f"典型经验之{nth}", byline="本刊")
        for nth in range(max(wire_bytes // per_item, 1))
    )
    issue = sample_issue()
    return replace(issue, sections=(Section("经验交流", items),))
