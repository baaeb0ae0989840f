"""Mails to the people who work with the service, and answers to who asked for something: values and their page.

Owns the words around what the caller says; decides nothing about when a notice is due. All values come from the caller.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from urllib.parse import quote

from mailer.content.characters import cut, one_line
from mailer.content.facts import NoticeFacts
from mailer.content.look import Accent
from mailer.content.page import Line, Picture, picture_of

_DETAILS_SHOWN = 12
_STEPS_SHOWN = 8
_HEADING_LENGTH = 60  # characters
_DETAIL_LENGTH = 500


class Tone(StrEnum):
    """How the mark at the head of a notice is coloured; the word in it says the same."""

    ATTENTION = "attention"
    CALM = "calm"
    SETTLED = "settled"


class RequestState(StrEnum):
    RECEIVED = "received"
    APPLIED = "applied"
    DECLINED = "declined"


@dataclass(frozen=True, slots=True)
class Alert:
    """Something stopped, or (``is_over``) goes on again. ``what`` in one sentence; ``mailing`` which one, '' if none;
    ``details`` label and words; ``steps`` what to do, in order: at least one while it is not over.
    """

    what: str
    happened_at: datetime
    mailing: str = ""
    details: tuple[tuple[str, str], ...] = ()
    steps: tuple[str, ...] = ()
    is_over: bool = False

    def __post_init__(self) -> None:
        if not one_line(self.what) or not (self.steps or self.is_over):
            raise ValueError("an alert says what happened and what to do")


@dataclass(frozen=True, slots=True)
class Deposit:
    """Something to be kept by whoever gets it. ``what`` in one sentence; ``details`` label and words; ``steps`` what for."""

    what: str
    deposited_at: datetime
    details: tuple[tuple[str, str], ...]
    steps: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Confirmation:
    """A recipient's wish was received, carried out or declined. ``request`` names it (更换接收人); ``details`` label and
    words; ``reason`` why it was declined.
    """

    state: RequestState
    request: str
    asked_at: datetime
    details: tuple[tuple[str, str], ...] = ()
    reason: str = ""

    def __post_init__(self) -> None:
        if not one_line(self.request):
            raise ValueError("a confirmation names the request")
        if bool(self.reason.strip()) != (self.state is RequestState.DECLINED):
            raise ValueError("a reason belongs to a declined request, and to no other")


@dataclass(frozen=True, slots=True)
class Invitation:
    """Somebody typed this address into the form of a list: its owner shall say whether they want it. ``days``: how long the
    link works.
    """

    list_name: str
    asked_at: datetime
    days: int


@dataclass(frozen=True, slots=True)
class NoticePage:
    """Everything that the templates of a notice may print. ``told_at`` is the time of the notice in the office's zone;
    ``console_url`` where it can be dealt with, and ``link_words`` what that is called.
    """

    title: str
    subject: str
    bulletin: str
    mark: str
    tone: str
    heading: str
    told_at: str
    preheader: str
    words: tuple[str, ...]
    details: tuple[Line, ...]
    steps: tuple[str, ...]
    because: str
    console_url: str
    link_words: str
    reply_to: str
    reply_to_href: str
    colours: Accent
    logo: Picture | None
    footer: tuple[str, ...]


def alert_page(alert: Alert, facts: NoticeFacts) -> NoticePage:
    what = one_line(alert.what)
    lines = [("哪一批", alert.mailing)] if one_line(alert.mailing) else []
    return notice_page(
        facts,
        mark="已恢复" if alert.is_over else "需要处理",
        tone=Tone.SETTLED if alert.is_over else Tone.ATTENTION,
        heading=what,
        words=(),
        details=(*lines, ("时间", moment(alert.happened_at, facts)), *alert.details),
        steps=alert.steps,
        because=f"您收到本邮件，是因为您的邮箱列在“{facts.bulletin}”出问题时要告知的人员中。",
    )


def deposit_page(deposit: Deposit, facts: NoticeFacts) -> NoticePage:
    return notice_page(
        facts,
        mark="存证",
        tone=Tone.CALM,
        heading=one_line(deposit.what),
        words=(),
        details=(("时间", moment(deposit.deposited_at, facts)), *deposit.details),
        steps=deposit.steps,
        because=f"您收到本邮件，是因为您的邮箱列在“{facts.bulletin}”的审计员中。",
    )


def confirmation_page(confirmation: Confirmation, facts: NoticeFacts) -> NoticePage:
    request = one_line(confirmation.request)
    mark, tone, words = {
        RequestState.RECEIVED: (
            "已收到",
            Tone.CALM,
            "您的申请已收到，编发单位核对后办理，办好再告知您。在此之前仍按原来的发送。",
        ),
        RequestState.APPLIED: ("已办理", Tone.SETTLED, "您的申请已经办好，从下一期起按新的发送。"),
        RequestState.DECLINED: ("未办理", Tone.CALM, "您的申请没有办理，仍按原来的发送。"),
    }[confirmation.state]
    reason = [("原因", confirmation.reason)] if confirmation.reason else []
    return notice_page(
        facts,
        mark=mark,
        tone=tone,
        heading=request,
        words=(words,),
        details=(("申请时间", moment(confirmation.asked_at, facts)), *confirmation.details, *reason),
        steps=(),
        because="您收到本邮件，是因为有人用您的邮箱提出了上述申请。如不是您本人，请尽快告知编发单位。",
    )


def invitation_page(invitation: Invitation, facts: NoticeFacts) -> NoticePage:
    return notice_page(
        facts,
        mark="请确认",
        tone=Tone.CALM,
        heading=f"要接收《{facts.bulletin}》吗" if facts.bulletin else "要接收本刊吗",
        words=(
            "有人在我们的网页上填写了您的邮箱，申请加入名单。是您本人，请打开下面的链接，再按页面上的按钮；不是您，不必理会，也不会再收到。",
        ),
        details=(
            ("名单", invitation.list_name),
            ("申请时间", moment(invitation.asked_at, facts)),
            ("有效期", f"{invitation.days} 天"),
        ),
        steps=(),
        because="您收到本邮件，是因为有人填写了您的邮箱。没有您的确认，不会把它加入任何名单。",
        link_words="打开确认页面",
    )


def notice_page(
    facts: NoticeFacts,
    *,
    mark: str,
    tone: Tone,
    heading: str,
    words: tuple[str, ...],
    details: tuple[tuple[str, str], ...],
    steps: tuple[str, ...],
    because: str,
    link_words: str = "打开管理页面",
) -> NoticePage:
    """The page of any notice; what is too long is cut, what is too much is counted."""
    lines = tuple(
        Line(one_line(label), cut(one_line(text), _DETAIL_LENGTH)) for label, text in details[:_DETAILS_SHOWN]
    )
    head = cut(one_line(heading), _HEADING_LENGTH)
    told = "；".join((*words, *(f"{line.label}：{line.text}" for line in lines)))
    return NoticePage(
        title=f"{facts.bulletin} {head}".strip(),
        subject=f"【{mark}】{head}" + (f"｜{facts.bulletin}" if facts.bulletin else ""),
        bulletin=facts.bulletin,
        mark=mark,
        tone=str(tone),
        heading=head,
        told_at=moment(facts.date, facts),
        preheader=cut(f"{told or head}（{moment(facts.date, facts)}）", 60),
        words=words,
        details=lines,
        steps=tuple(one_line(step) for step in steps[:_STEPS_SHOWN]),
        because=because,
        console_url=facts.console_url or "",
        link_words=link_words,
        reply_to=facts.sender.reply_to,
        reply_to_href=quote(facts.sender.reply_to, safe="@"),
        colours=facts.look.colours,
        logo=picture_of(facts.look, facts.message_domain),
        footer=facts.look.footer,
    )


def moment(at: datetime, facts: NoticeFacts) -> str:
    """A time as people in the office say it. ValueError for one without a zone."""
    if at.utcoffset() is None:
        raise ValueError("a notice's times must be aware")
    local = at.astimezone(facts.date.tzinfo)
    return f"{local.year}年{local.month}月{local.day}日 {local:%H:%M}"
