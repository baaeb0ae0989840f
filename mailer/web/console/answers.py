"""Files as answers: their name in every browser, their type. Knows no page."""

from __future__ import annotations

from urllib.parse import quote

from starlette.responses import Response

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
CSV = "text/csv; charset=utf-8"


def attachment(data: bytes, name: str, plain_name: str, media_type: str) -> Response:
    """A file to be saved. ``plain_name``: ASCII, for programs that read no other (RFC 6266 4.3)."""
    disposition = f"attachment; filename=\"{plain_name}\"; filename*=UTF-8''{quote(name)}"
    return Response(data, headers={"Content-Type": media_type, "Content-Disposition": disposition})
