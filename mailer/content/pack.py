"""A folder of files as one zip that is the same whenever it is made, with the sha256 and size of each; and the check of it.

Pure: the files and the one moment they all carry come as arguments. ``SHA256SUMS`` is what the program sha256sum reads,
``manifest.json`` the same with sizes.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

SUMS: Final = "SHA256SUMS"
MANIFEST: Final = "manifest.json"
_MOST_FILES: Final = 10_000
_MOST_OCTETS: Final = 2 * 1024**3  # unpacked, all together
_PIECE: Final = 1024 * 1024
_MODE: Final = 0o100644 << 16  # a plain file, whoever unpacks it
_UNIX: Final = 3
#: What zipfile raises for bytes that are no zip, or no more: damaged, cut, marked as encrypted or packed in another way.
_UNREADABLE: Final = (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, OverflowError)


@dataclass(frozen=True, slots=True)
class Packed:
    """``digest``: sha256 of SHA256SUMS; who keeps it elsewhere can tell later whether the pack is still that one."""

    data: bytes
    digest: str


@dataclass(frozen=True, slots=True)
class Checked:
    """``faults``: what does not hold, a Chinese sentence each, none when all is well; ``digest`` as in ``Packed``."""

    files: int
    octets: int
    digest: str
    faults: tuple[str, ...]


class NotAPackError(ValueError):
    """Not such a zip at all; ``str()`` of it is a Chinese sentence."""


def manifest_of(files: Mapping[str, bytes]) -> bytes:
    """``files``: path (with /) -> octets. In the order of their paths."""
    listed = [
        {"path": path, "size": len(files[path]), "sha256": hashlib.sha256(files[path]).hexdigest()}
        for path in sorted(files)
    ]
    return json.dumps({"version": 1, "files": listed}, ensure_ascii=False, indent=1).encode("utf-8") + b"\n"


def pack(files: Mapping[str, bytes], at: datetime) -> Packed:
    """``at``: the wall clock every entry shows (zip knows no zone, and no year before 1980)."""
    whole = {**files, MANIFEST: manifest_of(files)}
    sums = "".join(f"{hashlib.sha256(whole[path]).hexdigest()}  {path}\n" for path in sorted(whole)).encode("utf-8")
    whole[SUMS] = sums
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for path in sorted(whole):
            entry = zipfile.ZipInfo(path, at.timetuple()[:6])
            entry.create_system, entry.external_attr = _UNIX, _MODE
            archive.writestr(entry, whole[path], zipfile.ZIP_DEFLATED, 9)
    return Packed(out.getvalue(), hashlib.sha256(sums).hexdigest())


def check(data: bytes) -> Checked:
    """Every file against both lists. Foreign bytes: nothing is unpacked to disk, sizes are bounded. Raises NotAPackError."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            return _check(archive)
    except NotAPackError:
        raise
    except (*_UNREADABLE, OSError, ValueError) as error:
        raise NotAPackError("这不是一个完整的归档包：文件读不出来，可能没有下载完，或被改动过。") from error


def _check(archive: zipfile.ZipFile) -> Checked:
    entries = {entry.filename: entry for entry in archive.infolist()}
    octets = sum(entry.file_size for entry in entries.values())
    if SUMS not in entries or MANIFEST not in entries:
        raise NotAPackError(f"这不是本系统的归档包：里面没有 {SUMS} 或 {MANIFEST}。")
    if len(archive.infolist()) > _MOST_FILES or octets > _MOST_OCTETS:
        raise NotAPackError("这个压缩包太大，不像是归档包，没有展开。")
    if any(entry.compress_type not in {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED} for entry in entries.values()):
        raise NotAPackError("这不是本系统的归档包：压缩方法不同，没有展开。")
    faults: list[str] = []
    if len(entries) != len(archive.infolist()):
        faults.append("有两个文件同名。")
    found: dict[str, tuple[str, int]] = {}
    for path, entry in entries.items():
        try:
            found[path] = _read(archive, entry)
        except _UNREADABLE:
            faults.append(f"{path}：内容损坏。")
    if SUMS in found:
        faults += _against(_sums(_text(archive, SUMS)), {path: digest for path, (digest, _) in found.items()}, {SUMS})
    if MANIFEST in found:
        faults += _against(_listed(_text(archive, MANIFEST)), found, {SUMS, MANIFEST})
    return Checked(len(entries), octets, found.get(SUMS, ("", 0))[0], tuple(dict.fromkeys(faults)))


def _read(archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> tuple[str, int]:
    digest, size = hashlib.sha256(), 0
    with archive.open(entry) as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
            size += len(piece)
    return digest.hexdigest(), size


def _text(archive: zipfile.ZipFile, path: str) -> str:
    return archive.read(path).decode("utf-8", "replace")


def _sums(text: str) -> dict[str, str]:
    lines = (line.partition("  ") for line in text.splitlines())
    return {path: digest for digest, _, path in lines}


def _listed(text: str) -> dict[str, tuple[str, int]]:
    try:
        return {each["path"]: (each["sha256"], each["size"]) for each in json.loads(text)["files"]}
    except (ValueError, KeyError, TypeError, RecursionError):
        return {}


def _against(listed: Mapping[str, object], found: Mapping[str, object], apart: set[str]) -> list[str]:
    missing = [f"{path}：清单里有，包里没有。" for path in listed if path not in found]
    extra = [f"{path}：清单里没有这个文件。" for path in found if path not in listed and path not in apart]
    changed = [
        f"{path}：与清单不符，内容被改动过。" for path in listed if path in found and listed[path] != found[path]
    ]
    return missing + extra + changed
