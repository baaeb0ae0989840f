"""What a mail says first when it is more than the first sending of an issue: 更正, 补发, 催办, 撤回, 试发, 演练.

Owns the words and what such a mail leaves out; knows no layout.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from mailer.content.paragraphs import lines_of
from mailer.model.mailing import MailingKind


@dataclass(frozen=True, slots=True)
class Banner:
    """``mark`` stands in the subject too, in 【】. ``note`` are the office's own words, after ``note_label``.

    ``is_all``: there is nothing else in the mail, so it stands where the articles would.
    """

    mark: str
    text: str
    note_label: str = ""
    note: tuple[str, ...] = ()
    is_all: bool = False


_REHEARSAL = Banner("演练", "本邮件为发送演练，请勿据此办理。")
_OF_KIND = {
    MailingKind.CORRECTION: Banner(
        MailingKind.CORRECTION.label, "本件为更正件，请以本件为准；此前收到的同期内容请勿再用。", "更正说明"
    ),
    MailingKind.SUPPLEMENT: Banner(
        MailingKind.SUPPLEMENT.label,
        "前次未能送达，或印发后才列入名单，现予补发。如已收到，内容相同，无需重复办理。",
        "补发说明",
    ),
    MailingKind.REMINDER: Banner(
        MailingKind.REMINDER.label, "本期尚未收到您的回复，请尽快阅办。如已办理，不必理会本邮件。", "催办事项"
    ),
    MailingKind.RECALL: Banner(
        MailingKind.RECALL.label, "本期已经撤回，请停止传阅、引用和转发，并删除已收到的邮件。", "撤回原因", is_all=True
    ),
    MailingKind.TEST: Banner(MailingKind.TEST.label, "本件仅供校看内容和版面，尚未正式印发，请勿转发。", "试发说明"),
}


def banners(kind: MailingKind, note: str, *, rehearsal: bool) -> Iterator[Banner]:
    """In the order in which they stand, in the mail and in the subject."""
    if rehearsal:
        yield _REHEARSAL
    words = _OF_KIND.get(kind)
    if words is not None:
        yield replace(words, note=lines_of(note))


def repeats_the_issue(kind: MailingKind) -> bool:
    """A recall names the issue and does not send its words once more."""
    return kind is not MailingKind.RECALL


def wants_answer(kind: MailingKind) -> bool:
    """Whether 签收 makes sense: nobody signs for a proof or for what was taken back."""
    return kind not in {MailingKind.RECALL, MailingKind.TEST}
