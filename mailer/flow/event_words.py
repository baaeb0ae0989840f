"""An event of a delivery as other systems are told it, whether they ask or are told: one shape."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

#: Events younger than this may still get a neighbour with a lower id.
SETTLES = timedelta(seconds=10)


def event_fields(row: Any) -> dict[str, Any]:
    """No names and no addresses: what happened to which delivery."""
    return {
        "id": row.id,
        "at": row.at,
        "kind": row.kind,
        "mailing": row.mailing_id,
        "delivery": row.delivery_id,
        "attempt": row.attempt,
        "reply_code": row.reply_code,
        "reason": row.reason,
        "fault": row.fault,
        "actor": row.actor,
    }
