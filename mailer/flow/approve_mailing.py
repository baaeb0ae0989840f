"""核签: a person's word on one mailing: content, frozen rows, sender and printed lists, as they stand at that moment."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlmodel import Session

from mailer.flow.office import Office
from mailer.model.approval import NEEDS_NO_APPROVAL, binding
from mailer.model.mailing import MailingEventKind, MailingKind, MailingStatus
from mailer.model.rights import ApprovalMode
from mailer.store import queries, sign_off, writes


class ApprovalError(Exception):
    """It cannot be approved, or what was approved is not what is there: code, sentence and remedy."""

    def __init__(self, code: str, message: str, hint: str) -> None:
        super().__init__(message)
        self.code, self.message, self.hint = code, message, hint


@dataclass(frozen=True, slots=True)
class SignOff:
    """What is entered with an approval: who signed on paper, on which day, a word, a picture of the sheet."""

    signer: str = ""
    signed_on: date | None = None
    note: str = ""
    photo: bytes = b""
    photo_type: str = ""


def approve(
    office: Office,
    mailing_id: int,
    actor: str,
    *,
    waived: dict[str, str] | None = None,
    sign_off_sheet: SignOff | None = None,
    seen: str | None = None,
) -> bool:
    """True when this call approved it; approving twice changes nothing. ``waived``: stops passed, with the reasons.

    ``seen``: the binding of what the person was shown. Raises ApprovalError: ``own_work`` where the installation wants
    another account; ``not_what_was_seen``.
    """
    with office.store.begin() as session:
        mailing = queries.mailing_for_update(session, mailing_id)
        if mailing.status != MailingStatus.PREPARED:
            return False
        bound = binding_of(session, mailing)
        if seen is not None and seen != bound:
            raise ApprovalError("not_what_was_seen", "您打开页面之后，内容或名单变了。", "请重新看一遍，再核签。")
        mode = sign_off.approval_mode(session)
        if mode is ApprovalMode.SYSTEM and MailingKind(mailing.kind) not in NEEDS_NO_APPROVAL:
            _another_person(session, mailing, actor)
        now = office.clock.now()
        sheet = sign_off_sheet or SignOff()
        sign_off.keep_approval(
            session,
            {
                "mailing_id": mailing_id,
                "mode": str(mode),
                "binding": bound,
                "signer": sheet.signer,
                "signed_on": sheet.signed_on,
                "note": sheet.note,
                "photo": sheet.photo or None,
                "photo_type": sheet.photo_type,
                "waived": json.dumps(waived or {}, ensure_ascii=False),
                "approved_at": now,
                "approved_by": actor,
            },
        )
        writes.move_mailing(session, mailing_id, MailingEventKind.APPROVED, approved_at=now, approved_by=actor)
        office.record(
            session,
            actor,
            "mailing.approved",
            f"mailing:{mailing_id}",
            waived=waived or {},
            mode=str(mode),
            signer=sheet.signer,
            binding=bound,
        )
    return True


def _another_person(session: Session, mailing: Any, actor: str) -> None:
    """Neither who prepared the mailing nor who wrote the revision in it."""
    revision = queries.revision_content(session, mailing.revision_id)
    if actor == mailing.created_by or (revision is not None and actor == revision.created_by):
        raise ApprovalError(
            "own_work",
            "这一批是您准备或改稿的，要由另一个帐户核签。",
            "请有“核签”角色的同事登录，在这一期的“发送”页核签。",
        )


def binding_of(session: Session, mailing: Any) -> str:
    """What an approval of the mailing as it is now stands for."""
    revision = queries.revision_content(session, mailing.revision_id)
    assert revision is not None, "a mailing's revision is a foreign key"
    return binding(
        contents=queries.mailing_contents(session, mailing.id),
        rows=sign_off.frozen_rows(session, mailing.id),
        sender=(mailing.from_name, mailing.from_address, mailing.reply_to),
        printed=json.loads(revision.content).get("distribution", {}),
    )


def still_bound(session: Session, mailing: Any) -> bool:
    """Whether what would go out is what was approved."""
    approval = sign_off.approval_of(session, mailing.id)
    return approval is not None and approval.binding == binding_of(session, mailing)
