"""试发: an issue to a few named addresses, outside every list and marked as a proof; needs no approval."""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace

from mailer.content.attachments import Attachment
from mailer.content.facts import Sender
from mailer.flow.approve_mailing import approve
from mailer.flow.draw_up_order import draw_up_test
from mailer.flow.office import Office
from mailer.flow.prepare_mailing import prepare_mailing
from mailer.flow.release_mailing import release
from mailer.flow.take_issue import stored_issue
from mailer.store import corrections, sign_off
from recipients.address import AddressError, EmailAddress

MOST = 10  # addresses of one proof
_BETWEEN = re.compile(r"[\s,，;；、]+")


class TrialError(Exception):
    """Nothing was sent: sentence and remedy."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def try_issue(office: Office, *, revision_id: int, sender: Sender, addresses: str, nonce: str, actor: str) -> int:
    """How many copies leave. ``addresses`` as typed; the same ``nonce`` with the same addresses is the same proof.

    Raises TrialError; BeingPreparedError.
    """
    parsed = _parse(addresses)
    issue = stored_issue(office, revision_id)
    if issue is None:
        raise TrialError("没有这一稿。", "请刷新页面。")
    with office.store.read() as session:
        issue_id = corrections.issue_behind(session, revision_id).id
        files = tuple(Attachment(*row) for row in sign_off.attachment_files(session, issue_id))
    wanted = hashlib.sha256("|".join(sorted(each.key for each in parsed)).encode()).hexdigest()
    order = draw_up_test(
        revision_id=revision_id,
        issue=issue,
        sender=sender,
        addresses=parsed,
        key=f"try:{revision_id}:{nonce}:{wanted[:16]}",
        rehearsal=office.is_sandbox,
    )
    mailing_id, _ = prepare_mailing(office, replace(order, attachments=files), actor)
    approve(office, mailing_id, actor)
    release(office, mailing_id, actor)
    return len(parsed)


def _parse(text: str) -> list[EmailAddress]:
    found: dict[str, EmailAddress] = {}
    for part in filter(None, _BETWEEN.split(text)):
        try:
            address = EmailAddress.parse(part)
        except AddressError as error:
            raise TrialError(f"“{part[:60]}”不能用：{error.message}。", "请改正后再试发。") from error
        found[address.key] = address
    if not found:
        raise TrialError("还没有写地址。", "写上您自己的邮箱，几个地址用空格或逗号隔开。")
    if len(found) > MOST:
        raise TrialError(f"写了 {len(found)} 个地址，试发最多 {MOST} 个。", "请减少；要发给名单，请准备发送。")
    return list(found.values())
