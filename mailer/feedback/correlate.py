"""Which delivery is a returned mail about? Only our own signature answers that; an address is at most a hint.

Returns can be forged, so a valid token touches the very delivery it names whatever the report's Final-Recipient says,
and without a token nothing changes (DESIGN 5.9, I9).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from mailer.feedback.recipient_report import COMPLAINED, RecipientReport
from mailer.feedback.report import ReturnedMail

Verify = Callable[[str], int | None]
"""The delivery id of a token that carries our HMAC, else None. Given any text that may hold ``<id>.<kid>.<mac>`` or
``<id>-<kid>-<mac>``, in any case."""

By = Literal["envelope", "envid", "message_id", "header"]

# A report on several recipients, come from one address of ours, means that the address forwards to several. It is
# bounced only if nobody at all was reached: the mildest line speaks for it.
_MILDEST_FIRST = ("delivered", "relayed", "expanded", "", "delayed", "failed", COMPLAINED)


@dataclass(frozen=True, slots=True)
class Correlation:
    """One delivery of ours, proven. ``report`` is None where the mail reports no status (an automatic reply, a
    complaint with its address redacted).
    """

    delivery_id: int
    by: By
    report: RecipientReport | None


@dataclass(frozen=True, slots=True)
class AddressHint:
    """Nothing proven: addresses a person may look up (疑似退信).

    ``returned_message_id``: a Message-ID of the original that is not ours to verify; if it stands there, the mail that
    came back was somebody else's.
    """

    reports: tuple[RecipientReport, ...]
    returned_message_id: str


def correlate(mail: ReturnedMail, envelope_recipient: str, verify: Verify) -> Correlation | AddressHint:
    """``envelope_recipient``: the address the return was sent to, '' if the way in does not know it."""
    identity = mail.identity
    places: tuple[tuple[By, tuple[str, ...]], ...] = (
        ("envelope", (envelope_recipient.rpartition("@")[0],)),
        ("envid", (identity.envelope_id,)),
        ("message_id", (identity.message_id, *identity.answered)),
        ("header", (identity.delivery_token,)),
    )
    for by, texts in places:
        for text in texts:
            delivery_id = verify(text) if text else None
            if delivery_id is not None:
                return Correlation(delivery_id, by, _speaking(mail.reports))
    return AddressHint(tuple(report for report in mail.reports if report.recipient), identity.message_id)


def _speaking(reports: tuple[RecipientReport, ...]) -> RecipientReport | None:
    return min(reports, key=lambda report: _MILDEST_FIRST.index(report.action), default=None)
