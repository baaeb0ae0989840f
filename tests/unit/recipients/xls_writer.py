"""A minimal .xls (one compound file, one BIFF8 sheet), so that the reader of old files is tested on real bytes."""

from __future__ import annotations

import struct

SECTOR = 512


def _record(kind: int, body: bytes) -> bytes:
    return struct.pack("<HH", kind, len(body)) + body


def _bof(kind: int) -> bytes:
    return _record(0x0809, struct.pack("<HHHHII", 0x0600, kind, 0x0DBB, 1996, 0, 6))


def _string(text: str) -> bytes:
    return struct.pack("<HB", len(text), 1) + text.encode("utf-16-le")


def _cell(row: int, column: int, value: str | float) -> bytes:
    head = struct.pack("<HHH", row, column, 15)
    if isinstance(value, str):
        return _record(0x0204, head + _string(value))
    return _record(0x0203, head + struct.pack("<d", value))


def write_xls(
    name: str,
    cells: dict[tuple[int, int], str | float],
    hidden: bool = False,
    merged: tuple[tuple[int, int, int, int], ...] = (),
) -> bytes:
    """``cells``: 0-based (row, column) -> text or number; ``merged``: first and last row, first and last column."""
    labels = b"".join(_cell(r, c, value) for (r, c), value in sorted(cells.items()))
    areas = struct.pack("<H", len(merged)) + b"".join(struct.pack("<HHHH", *area) for area in merged)
    sheet = _bof(0x0010) + labels + _record(0x00E5, areas) + _record(0x000A, b"")
    title = struct.pack("<BB", len(name), 1) + name.encode("utf-16-le")
    globals_length = len(_bof(5)) + 4 + 6 + len(title) + 4
    book = (
        _bof(0x0005)
        + _record(0x0085, struct.pack("<IBB", globals_length, int(hidden), 0) + title)
        + _record(0x000A, b"")
    )
    return _compound("Workbook", book + sheet)


def _compound(name: str, stream: bytes) -> bytes:
    size = max(len(stream), 4096)  # shorter streams would live in the small-sector area
    sectors = -(-size // SECTOR)
    end, free = 0xFFFFFFFE, 0xFFFFFFFF
    chain = [2 + n + 1 for n in range(sectors - 1)] + [end]
    fat = [0xFFFFFFFD, end, *chain]
    assert len(fat) <= SECTOR // 4
    fat += [free] * (SECTOR // 4 - len(fat))

    def entry(title: str, kind: int, child: int, first: int, length: int) -> bytes:
        raw = title.encode("utf-16-le") + b"\0\0"
        head = raw.ljust(64, b"\0") + struct.pack("<HBBIII", len(raw), kind, 1, free, free, child)
        return head + b"\0" * 36 + struct.pack("<IQ", first, length)

    directory = entry("Root Entry", 5, 1, end, 0) + entry(name, 2, free, 2, size) + b"\0" * 256
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 16
    header += struct.pack("<HHHHH6sIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, b"", 0, 1, 1, 0, 4096, end, 0, end, 0, 0)
    header += struct.pack("<I", free) * 108
    data = stream.ljust(sectors * SECTOR, b"\0")
    return header + struct.pack(f"<{len(fat)}I", *fat) + directory + data
