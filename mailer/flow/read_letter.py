"""Whose copy a personal link belongs to: what its pages show of it, and what an act on them may touch."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from mailer.flow.office import Office
from mailer.model.mailing import MailingKind
from mailer.model.masked import masked_address, masked_name
from mailer.store import letters


@dataclass(frozen=True, slots=True)
class LetterDuty:
    """For which post the copy was. ``who``: masked; '' for the post's own mailbox."""

    list_code: str
    unit: str
    post: str
    who: str


@dataclass(frozen=True, slots=True)
class Letter:
    """One delivery as its recipient knows it. ``sent_at``: when its mailing was released; ``address`` in full is for flows."""

    delivery_id: int
    mailing_id: int
    issue_id: int
    kind: MailingKind
    list_code: str
    address: str
    address_key: str
    name: str
    bulletin: str
    number: str
    office: str
    reply_to: str
    sent_at: datetime | None
    acknowledged_at: datetime | None
    duties: tuple[LetterDuty, ...]
    is_rehearsal: bool

    @property
    def whose(self) -> str:
        """The address, masked."""
        return masked_address(self.address)

    @property
    def who(self) -> str:
        """The names, masked; else the address, masked."""
        names = dict.fromkeys(each.who for each in self.duties if each.who)
        return "、".join(names) or masked_name(self.name) or self.whose

    @property
    def is_only_to_look_at(self) -> bool:
        """A trial or a rehearsal: nothing that is done on its pages counts."""
        return self.is_rehearsal or self.kind is MailingKind.TEST


def read_letter(office: Office, delivery_id: int) -> Letter | None:
    """None when there is no such delivery (any more)."""
    with office.store.read() as session:
        found = letters.letter(session, delivery_id)
        if found is None:
            return None
        duties = letters.duties(session, delivery_id)
    return Letter(
        delivery_id=delivery_id,
        mailing_id=int(found.mailing_id),
        issue_id=int(found.issue_id),
        kind=MailingKind(found.kind),
        list_code=found.list_code,
        address=found.address,
        address_key=found.address_key,
        name=found.name,
        bulletin=found.title,
        number=f"第{found.number}期",
        office=found.from_name,
        reply_to=found.reply_to,
        sent_at=found.released_at,
        acknowledged_at=found.acknowledged_at,
        duties=tuple(LetterDuty(each.list_code, each.unit, each.post, masked_name(each.holder)) for each in duties),
        is_rehearsal=bool(found.rehearsal),
    )
