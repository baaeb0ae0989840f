"""Files that travel with an issue: added and removed while no mailing of the issue waits for its release."""

from __future__ import annotations

import hashlib
import mimetypes
import re

from sqlmodel import Session

from mailer.content.attachments import Attachment, AttachmentError, EncodedAttachment, check_together
from mailer.flow.office import Office
from mailer.flow.prepare_issue import is_waiting
from mailer.store import corrections, sign_off

_UNKNOWN = "application/octet-stream"
_TYPE = re.compile(r"(?:application|text|image|audio|video|font)/[0-9A-Za-z!#$&^_.+-]{1,100}")


def attach_file(office: Office, issue_id: int, *, name: str, data: bytes, actor: str) -> str:
    """The name it travels under. Raises AttachmentError: too big, too many, a name taken, a mailing that waits."""
    guessed = mimetypes.guess_type(name)[0] or _UNKNOWN
    file = Attachment(name, guessed if _TYPE.fullmatch(guessed) else _UNKNOWN, data)
    with office.store.begin() as session:
        corrections.lock_issue(session, issue_id)
        _demand_free(session, issue_id)
        sizes = [row.size for row in sign_off.attachments(session, issue_id)]
        check_together(tuple(EncodedAttachment(b"", size) for size in (*sizes, len(data))))
        kept = sign_off.keep_attachment(
            session,
            {
                "issue_id": issue_id,
                "name": file.name,
                "content_type": file.content_type,
                "size": len(data),
                "sha256": hashlib.sha256(data).hexdigest(),
                "data": data,
                "added_at": office.clock.now(),
                "added_by": actor,
            },
        )
        if not kept:
            raise AttachmentError(f"已有同名的附件“{file.name}”：请先移除那一个，或把文件改名。")
        office.record(
            session, actor, "issue.attached", f"issue:{issue_id}", name=file.name, size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
        )  # fmt: skip
    return file.name


def remove_file(office: Office, issue_id: int, attachment_id: int, actor: str) -> str | None:
    """The name of what was removed; None when it was gone already. Raises AttachmentError: a mailing waits."""
    with office.store.begin() as session:
        corrections.lock_issue(session, issue_id)
        _demand_free(session, issue_id)
        name = sign_off.drop_attachment(session, issue_id, attachment_id)
        if name is not None:
            office.record(session, actor, "issue.detached", f"issue:{issue_id}", name=name)
    return name


def _demand_free(session: Session, issue_id: int) -> None:
    for mailing in sign_off.issue_mailings(session, issue_id):
        if is_waiting(mailing):
            raise AttachmentError(
                f"这一期已有一批备好待发（批次 {mailing.id}），附件不能再动：要换附件，请先在“发送”页取消这一批。"
            )
