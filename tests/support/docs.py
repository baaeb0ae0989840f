"""Tables that runs write into documents otherwise written by hand."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path


def put_between(document: Path, mark: str, lines: Sequence[str]) -> None:
    """Replaces what stands between ``<!-- mark -->`` and ``<!-- /mark -->``, which must be there once."""
    block = "\n".join([f"<!-- {mark} -->", *lines, f"<!-- /{mark} -->"])
    text = document.read_text(encoding="utf-8")
    changed, places = re.subn(rf"<!-- {mark} -->.*<!-- /{mark} -->", lambda _: block, text, flags=re.DOTALL)
    if places != 1:
        raise ValueError(f"{document}: the mark {mark!r} stands in {places} places")
    document.write_text(changed, encoding="utf-8")
