"""核签: what it asks of the office, and what exactly an approval stands for. Pure; knows no table and no account."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from mailer.model.mailing import MailingKind
from mailer.model.rights import ApprovalMode

#: What each mode asks of the office, in one sentence.
RULES: Final = {
    ApprovalMode.OFFLINE: "领导在纸上核签，编辑在这里登记是谁、哪一天签的，可以附照片。",
    ApprovalMode.SYSTEM: "由准备这一批的人以外的另一个帐户，看过内容和收件人后核签。",
    ApprovalMode.ONE: "一个人准备、一个人放行，由本人确认。",
}

#: Nothing new is said in them: a proof goes to colleagues, a 补发 or 催办 repeats what was approved.
NEEDS_NO_APPROVAL: Final = frozenset({MailingKind.TEST, MailingKind.SUPPLEMENT, MailingKind.REMINDER})


def binding(
    *,
    contents: Mapping[str, bytes],
    rows: Iterable[tuple[str, str]],
    sender: Sequence[str],
    printed: Mapping[str, Sequence[str]],
) -> str:
    """sha256, hex, of all that an approval stands for.

    ``contents``: the prepared bytes by list code; ``rows``: (list code, address key) of every frozen delivery, in any
    order, withheld ones too, so that what is only withheld later changes nothing; ``sender``: name and addresses;
    ``printed``: the printed phrases by list code.
    """
    digest = hashlib.sha256(b"approval 1\n")
    for code in sorted(contents):
        digest.update(f"{code} {hashlib.sha256(contents[code]).hexdigest()}\n".encode())
    for part in (*sender, *(f"{code}:{'、'.join(printed[code])}" for code in sorted(printed))):
        digest.update(hashlib.sha256(part.encode()).digest())
    digest.update(b"\n")
    for code, key in sorted(rows):
        digest.update(f"{code} {key}\n".encode())
    return digest.hexdigest()
