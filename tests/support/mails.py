"""Mails of every shape and kind for tests: issues as offices write them and notices, all names invented."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from mailer import resources
from mailer.content.attachments import Attachment
from mailer.content.compose import Copy, prepare
from mailer.content.facts import MailingFacts, NoticeFacts, Sender
from mailer.content.issue import Contact, Distribution, Issue, Item, Section
from mailer.content.look import Logo, Look
from mailer.content.morning import MorningSheet, NotReached
from mailer.content.notice import Alert, Confirmation, Invitation, RequestState
from mailer.content.render import Rendered, environment, render, render_notice
from mailer.model.links import NOBODYS, Purpose, link
from mailer.model.mailing import MailingKind
from tests.support.issues import OFFICE_TIME, big_issue, sample_facts, sample_issue

ENV = environment(resources.templates())
COPY = Copy("wang@unit.example", "王小明", "128.k1.mac@chengjiang.example", "K7QF-2M9T-0A", NOBODYS)
BASE_URL = "https://news.chengjiang.example"
# 4 × 1 pixels in blues: a true PNG, small enough to read
LOGO_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000004000000010802000000765e989a0000001449444154789c6390b52ff22dd90024"
    "e7ecf904001ba605586a2d5e950000000049454e44ae426082"
)


def bare_issue() -> Issue:
    """A masthead and nothing else."""
    return Issue("澄江区政务信息", None, None, None, ())


def levels_issue() -> Issue:
    """One article in numbered levels with a table, in a supplement with both kinds of numbers."""
    text = (
        "根据区委、区政府部署，现将三季度环境整治情况通报如下。\n"
        "一、总体情况\n"
        "全区出动执法人员3200人次，整改问题1,286个，整改率为96.4%。各镇街办结情况如下：\n"
        "| 单位 | 交办 | 办结 | 办结率 |\n|---|---|---|---|\n"
        "| 石桥镇 | 41 | 41 | 100% |\n| 南湾街道 | 1,137 | 1,098 | 96.6% |\n| 北坡乡 | 37 | 33 | 89.2% |\n"
        "二、存在问题\n"
        "（一）长效机制不够健全。部分单位重整治、轻管理，问题反弹较快，群众反映强烈。\n"
        "（二）部门联动不够顺畅\n"
        "1. 信息共享不及时，同一问题多头交办。\n"
        "2. 责任边界不清，个别点位无人认领。\n"
        "三、下一步工作。要坚持问题导向，逐项建账、限时销号，做到事事有人管、件件有着落，并于12月10日前将整改情况"
        "报送指挥部办公室。详见https://oa.chengjiang.example/very/long/path/2026/11/20/attachment-of-the-third-quarter.html"
    )
    return Issue(
        "澄江区城市管理 情况通报",
        12,
        sample_issue().date,
        "澄江区城市管理指挥部办公室",
        (Section(None, (Item(title="关于三季度环境整治情况的通报", text=text),)),),
        series="增刊",
        total_number=356,
        number_printed="增刊第12期（总第356期）",
        secrecy="内部资料",
        contents=("三季度环境整治总体情况", "存在的主要问题", "下一步工作安排"),
        distribution=Distribution(
            report=("区委、区政府领导",), copy_to=("区人大、区政协办公室",), issue_to=("各镇街",)
        ),
        contact=Contact(email=("chengguan@chengjiang.example",)),
    )


def many_sections_issue() -> Issue:
    """40 sections of two articles each."""
    articles = (
        Item(title="健全机制", text="各单位把工作落到实处，坚持问题导向。"),
        Item(text="近日，开展集中整治。", units=("石桥镇",)),
    )
    return replace(sample_issue(), sections=tuple(Section(f"专题之{nth}", articles) for nth in range(1, 41)))


def many_items_issue(items: int = 300) -> Issue:
    """Briefs of ``items`` units under one heading."""
    words = "近日，组织志愿者开展环境整治，清理楼道堆物、规范车辆停放，居民群众积极参与，小区面貌明显改善。"
    briefs = tuple(Item(text=words, units=(f"第{nth}社区",), topic=f"第{nth // 50 + 1}组") for nth in range(items))
    return replace(sample_issue(), sections=(Section("简讯", briefs),))


def notice_facts(**changes: object) -> NoticeFacts:
    """The facts of a notice at 08:00 on the day after ``sample_facts``."""
    facts = NoticeFacts(
        sender=Sender("澄江区文明办", "bulletin@chengjiang.example", "kuaibao@chengjiang.example"),
        bulletin="澄江区创建全国文明城区工作快报",
        list_id="notice.bulletin.chengjiang.example",
        date=datetime(2026, 11, 21, 8, 0, tzinfo=OFFICE_TIME),
        boundary="=_chengjiang-notice",
        message_domain="chengjiang.example",
    )
    return replace(facts, **changes)  # type: ignore[arg-type] # a test names the fields


def sample_alert() -> Alert:
    return Alert(
        what="第128期已自动停下：连续被拒收",
        happened_at=datetime(2026, 11, 20, 18, 22, tzinfo=OFFICE_TIME),
        mailing="第128期 · 首发 · 发给 报、发",
        details=(
            ("已发出", "163 份，其余 249 份未发"),
            ("对方原话", "550 5.7.1 Mail content denied by mx.unit.example"),
        ),
        steps=(
            "在管理页面看“第128期”的停下原因和被拒的几封。",
            "与邮箱服务商确认后，按“继续发送”；不会重复发给已收到的人。",
        ),
    )


def sample_sheet(people: int = 3) -> MorningSheet:
    unit = ("石桥镇", "石桥镇", "区市场监管局")
    not_reached = (
        NotReached(
            unit[0], "信息员", "王小明", "0555-6660128", "对方说没有这个邮箱（550 5.1.1）", "电话核实邮箱，改好后补发"
        ),
        NotReached(unit[1], "主要领导", "李静", "139 0000 0000", "邮箱已满（552 5.2.2）", "请本人清理邮箱，明早再补发"),
        NotReached(unit[2], "信息员", "", "", "没有登记邮箱", "送纸质件"),
    )
    shown = tuple(replace(not_reached[nth % 3], name=f"第{nth}人") for nth in range(3, people))
    return MorningSheet(
        issue="第128期",
        released_at=datetime(2026, 11, 20, 18, 5, tzinfo=OFFICE_TIME),
        as_of=datetime(2026, 11, 21, 8, 0, tzinfo=OFFICE_TIME),
        counts=(("已发出", 400), ("退回", 2), ("不发", 1), ("仍在重试", 9), ("结果不明", 0)),
        recipients=412,
        posts=431,
        not_reached=not_reached[:people] + shown,
        silent_units=("区市场监管局",) if people else (),
        still_trying="仍在重试的 9 封，到 11月23日 18:05 为止。" if people else "",
    )


def sample_confirmation(state: RequestState = RequestState.RECEIVED) -> Confirmation:
    return Confirmation(
        state,
        "更换接收人",
        datetime(2026, 11, 20, 9, 30, tzinfo=OFFICE_TIME),
        (("岗位", "石桥镇信息员"), ("原接收人", "王小明"), ("新接收人", "赵越 <zhao@unit.example>")),
        "登记的电话核实不到本人" if state is RequestState.DECLINED else "",
    )


def office_look() -> Look:
    return Look("navy", Logo(LOGO_PNG, 160, 40, "澄江区文明办"), ("澄江区文明办编印", "投稿截止：每周四17:00"))


def kind_facts(kind: MailingKind, note: str = "") -> MailingFacts:
    return replace(sample_facts(), kind=kind, note=note)


def _issue_mails() -> dict[str, tuple[Issue, MailingFacts]]:
    facts = sample_facts()
    return {
        "typical-rehearsal": (sample_issue(), sample_facts(asks=True, rehearsal=True)),
        "bare": (bare_issue(), facts),
        "levels-and-table": (levels_issue(), facts),
        "many-sections": (many_sections_issue(), facts),
        "web-copy": (sample_issue(), replace(facts, base_url=BASE_URL)),
        "open-list": (sample_issue(), sample_facts(is_duty=False, asks=True)),
        "open-list-with-pages": (sample_issue(), sample_facts(is_duty=False, asks=True, base_url=BASE_URL)),
        "shortened": (big_issue(230), replace(facts, base_url=BASE_URL)),
        "office-look": (sample_issue(), replace(facts, look=office_look())),
        "correction": (sample_issue(), kind_facts(MailingKind.CORRECTION, "第1版第2段“86场”应为“68场”。\n特此更正。")),
        "supplement": (sample_issue(), kind_facts(MailingKind.SUPPLEMENT)),
        "reminder": (
            sample_issue(),
            replace(sample_facts(asks=True), kind=MailingKind.REMINDER, note="请于11月25日前签收。"),
        ),
        "recall": (sample_issue(), kind_facts(MailingKind.RECALL, "内容有误，另行编发。")),
        "test": (sample_issue(), kind_facts(MailingKind.TEST)),
    }


def _notices() -> dict[str, tuple[Alert | MorningSheet | Confirmation | Invitation, NoticeFacts]]:
    facts = notice_facts()
    return {
        "alert": (sample_alert(), replace(facts, console_url="https://console.chengjiang.example/mailings/7")),
        "alert-over": (replace(sample_alert(), what="第128期已继续发送", steps=(), is_over=True), facts),
        "morning": (sample_sheet(), facts),
        "morning-nobody": (sample_sheet(0), facts),
        **{f"confirmation-{state}": (sample_confirmation(state), facts) for state in RequestState},
        "invitation": (
            Invitation("发各单位", datetime(2026, 11, 20, 9, 30, tzinfo=OFFICE_TIME), 3),
            replace(facts, console_url=link(BASE_URL, Purpose.JOIN, NOBODYS[Purpose.JOIN])),
        ),
    }


def mail_names() -> list[str]:
    return [*_issue_mails(), *_notices()]


def rendered(name: str) -> tuple[Rendered, MailingFacts | NoticeFacts]:
    """The mail called ``name`` before it becomes bytes."""
    if name in _issue_mails():
        issue, facts = _issue_mails()[name]
        return render(ENV, issue, facts), facts
    notice, notice_of = _notices()[name]
    return render_notice(ENV, notice, notice_of), notice_of


def message(name: str, *attachments: Attachment) -> bytes:
    """The bytes of one copy of the mail called ``name``."""
    mail, facts = rendered(name)
    return b"".join(prepare(mail, facts, [each.encoded() for each in attachments]).copy(COPY))
