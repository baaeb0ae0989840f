"""Values of ours as JSON text: times in UTC to the second, days in ISO 8601, words as they are."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Any


def written(value: Any) -> str:
    """Lone surrogates, which no UTF-8 can carry, are escaped and not lost."""
    text = json.dumps(value, ensure_ascii=False, default=_plain)
    return text if text.isascii() or _is_sound(text) else json.dumps(value, default=_plain)


def _is_sound(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def _plain(value: object) -> str:
    if isinstance(value, datetime):
        return value.strftime("%Y-%m-%dT%H:%M:%SZ")
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(f"{type(value).__name__} has no form in JSON")
