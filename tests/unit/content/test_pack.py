"""A pack is the same whenever it is made, and nothing in it can change, go or come unnoticed."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.content.pack import MANIFEST, SUMS, NotAPackError, check, pack

AT = datetime(2026, 11, 23, 17, 42, 10, tzinfo=UTC)
FILES = {"b/邮件-发.eml": b"From: a\r\n", "a.txt": b"x" * 5000, "empty": b""}


def repacked(data: bytes, **changes: bytes | None) -> bytes:
    """The same zip with entries replaced, added or (None) left out."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w") as new:
        for name in old.namelist():
            octets = changes.pop(name, old.read(name))
            if octets is not None:
                new.writestr(name, octets)
        for name, octets in changes.items():
            assert octets is not None
            new.writestr(name, octets)
    return out.getvalue()


def test_two_builds_are_byte_equal_in_whatever_order_the_files_come():
    first, second = pack(FILES, AT), pack(dict(reversed(FILES.items())), AT)
    assert first == second
    checked = check(first.data)
    assert (checked.faults, checked.digest, checked.files) == ((), first.digest, len(FILES) + 2)
    with zipfile.ZipFile(io.BytesIO(first.data)) as archive:
        assert {entry.date_time for entry in archive.infolist()} == {(2026, 11, 23, 17, 42, 10)}
        assert archive.read("b/邮件-发.eml") == FILES["b/邮件-发.eml"]


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"a.txt": b"y" * 5000}, "a.txt：与清单不符"),
        ({"a.txt": b"x" * 5001}, "a.txt：与清单不符"),
        ({"a.txt": None}, "a.txt：清单里有，包里没有"),
        ({"more.txt": b"1"}, "more.txt：清单里没有"),
        ({MANIFEST: b'{"files": []}'}, f"{MANIFEST}：与清单不符"),
        ({MANIFEST: b"["}, f"{MANIFEST}：与清单不符"),
        ({SUMS: b""}, "a.txt：清单里没有"),
    ],
)
def test_whatever_is_done_to_it_is_told(changes: dict[str, bytes | None], told: str):
    faults = check(repacked(pack(FILES, AT).data, **changes)).faults
    assert any(told in fault for fault in faults), faults


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_no_flipped_bit_of_the_contents_passes(data: st.DataObject):
    packed = pack(FILES, AT)
    at = data.draw(st.integers(0, len(packed.data) - 1))
    broken = bytearray(packed.data)
    broken[at] ^= 1 << data.draw(st.integers(0, 7))
    try:
        checked = check(bytes(broken))
    except NotAPackError:
        return
    if not checked.faults:  # a flip in what no file is: a date, an attribute; the files themselves are what they were
        with zipfile.ZipFile(io.BytesIO(bytes(broken))) as archive:
            assert {name: archive.read(name) for name in FILES} == FILES
        assert checked.digest == packed.digest


@pytest.mark.parametrize("data", [b"", b"PK", b"no zip at all" * 100, pack(FILES, AT).data[:-30]])
def test_what_is_no_pack_is_refused(data: bytes):
    with pytest.raises(NotAPackError):
        check(data)


def test_another_zip_is_refused():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a", b"1")
    with pytest.raises(NotAPackError, match="不是本系统的归档包"):
        check(out.getvalue())


def test_a_bomb_is_not_unpacked():
    packed = pack(FILES, AT).data
    at = packed.rindex(b"PK\x01\x02")  # the central directory's last entry says how big its file is
    bomb = packed[: at + 24] + (3 * 1024**3).to_bytes(4, "little") + packed[at + 28 :]
    with pytest.raises(NotAPackError, match="太大"):
        check(bomb)
