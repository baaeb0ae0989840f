"""A .docx as a package of parts: opened within bounds, every part that would come from elsewhere refused by name.

Owns the zip and the relationships. Knows nothing of what a part says. Nothing is ever fetched or unpacked to a disk.
"""

from __future__ import annotations

import io
import posixpath
import zipfile
import zlib
from dataclasses import dataclass
from typing import Final
from urllib.parse import unquote

from mailer.content.issue import NotAnIssueError
from mailer.content.readers.word.xml import Element, attribute, children, parse

MAX_ENTRIES: Final = 2_000
MAX_UNPACKED: Final = 200 * 1024 * 1024
MAX_RATIO: Final = 100
MAX_XML: Final = 24 * 1024 * 1024
_SMALL: Final = 1024 * 1024  # below this no ratio does harm, and empty styles do pack well

_OLE: Final = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_RTF: Final = b"{\\rtf"
_SAVE_AS: Final = "请在 Word 或 WPS 里打开，“另存为”Word 文档（.docx）或纯文本（.txt，编码选 UTF-8）后再交。"
_READ_ONLY_TYPES: Final = frozenset({"hyperlink"})  # their words stand in the text; the address is only an address


@dataclass(frozen=True, slots=True)
class Relation:
    """``kind``: the last word of the relationship's type; ``target``: a part's name, or an address if ``external``."""

    kind: str
    target: str
    external: bool


class Package:
    """The parts of one file.

    Raises NotAnIssueError: ``encrypted``, ``unsupported_format``, ``damaged``, ``too_many_entries``, ``zip_bomb``,
    ``external``, ``not_word``, and what ``xml.parse`` raises.
    """

    def __init__(self, data: bytes) -> None:
        _refuse_other_formats(data)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(data))
            entries = self._zip.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError, EOFError) as error:
            raise _damaged("压缩包打不开") from error
        _refuse_bombs(entries, len(data))
        self._entries = {_plain(entry.filename): entry for entry in reversed(entries) if not entry.is_dir()}
        self._relations: dict[str, dict[str, Relation]] = {}
        for name in self._entries:
            if name.endswith(".rels"):
                self._relations[_owner_of(name)] = self._read_relations(name)
        self.main = self._find_main()

    def part(self, name: str) -> Element | None:
        """The root of a part; None if the package has no such part."""
        entry = self._entries.get(name.lower())
        return parse(self._read(entry), name) if entry is not None else None

    def size_of(self, name: str) -> int:
        entry = self._entries.get(name.lower())
        return entry.file_size if entry is not None else 0

    def relation(self, owner: str, relation_id: str | None) -> Relation | None:
        return self._relations.get(owner.lower(), {}).get(relation_id or "")

    def related(self, kind: str) -> Element | None:
        """The root of the main part's one relative of a kind: styles, numbering, comments, footnotes."""
        for relation in self._relations.get(self.main.lower(), {}).values():
            if relation.kind == kind and not relation.external:
                return self.part(relation.target)
        return None

    def _find_main(self) -> str:
        for relation in self._relations.get("", {}).values():
            if relation.kind == "officeDocument" and relation.target.lower() in self._entries:
                return relation.target
        if "word/document.xml" in self._entries:
            return "word/document.xml"
        raise NotAnIssueError("not_word", "文件是一个压缩包，但里面没有 Word 文稿。", _SAVE_AS)

    def _read_relations(self, name: str) -> dict[str, Relation]:
        found: dict[str, Relation] = {}
        owner = _owner_of(name)
        for one in children(parse(self._read(self._entries[name]), name), "Relationship"):
            kind = (attribute(one, "Type") or "").rpartition("/")[2]
            target = attribute(one, "Target") or ""
            external = (attribute(one, "TargetMode") or "").lower() == "external"
            if external:
                _refuse_external(kind, target)
            else:
                target = _resolve(owner, target)
            found[attribute(one, "Id") or ""] = Relation(kind, target, external)
        return found

    def _read(self, entry: zipfile.ZipInfo) -> bytes:
        if entry.flag_bits & 1:
            raise NotAnIssueError("encrypted", "文件加了密码。", "请在 Word 或 WPS 里去掉打开密码后再交。")
        if entry.file_size > MAX_XML:
            raise NotAnIssueError(
                "too_large",
                f"文件里的 {entry.filename[:80]} 有 {entry.file_size / 1048576:.0f} MB，超过 {MAX_XML // 1048576} MB 的上限。",
                "一期简报的文字不会这么大，请确认选对了文件。",
            )
        try:
            return self._zip.read(entry)
        except (
            zipfile.BadZipFile,
            zlib.error,
            NotImplementedError,
            RuntimeError,
            EOFError,
            OSError,
            ValueError,
        ) as error:
            raise _damaged(f"{entry.filename[:80]} 解不开") from error


def _refuse_other_formats(data: bytes) -> None:
    if data.startswith(_OLE):
        if "EncryptedPackage".encode("utf-16-le") in data:
            raise NotAnIssueError("encrypted", "Word 文件加了打开密码。", "请在 Word 或 WPS 里去掉密码后再交。")
        raise NotAnIssueError("unsupported_format", "文件名是 .docx，内容却是旧版 Word（.doc）或 WPS 格式。", _SAVE_AS)
    if not data.startswith(b"PK"):
        name = "RTF 格式" if data.startswith(_RTF) else "别的格式"
        raise NotAnIssueError("not_word", f"文件名是 .docx，内容却是{name}。", _SAVE_AS)


def _refuse_bombs(entries: list[zipfile.ZipInfo], packed: int) -> None:
    if len(entries) > MAX_ENTRIES:
        raise NotAnIssueError(
            "too_many_entries", f"Word 文件里有 {len(entries):,} 个部件，超过 {MAX_ENTRIES:,} 个的上限。", _SAVE_AS
        )
    unpacked = sum(entry.file_size for entry in entries)
    swollen = [
        entry for entry in entries if entry.file_size > _SMALL and entry.file_size > MAX_RATIO * entry.compress_size
    ]
    if unpacked > MAX_UNPACKED or swollen or (unpacked > _SMALL and unpacked > MAX_RATIO * packed):
        raise NotAnIssueError(
            "zip_bomb",
            f"Word 文件解开后有 {unpacked / 1048576:,.0f} MB（上限 {MAX_UNPACKED // 1048576} MB、{MAX_RATIO} 倍），像是恶意文件。",
            "请不要打开它；向交稿人核实来源后，重新保存一份再交。",
        )


def _refuse_external(kind: str, target: str) -> None:
    """Hyperlinks are words; a template on a disk of the writer's own machine says nothing. All else would be fetched."""
    local_template = kind == "attachedTemplate" and not target.lower().startswith(
        ("http", "ftp", "\\\\", "file://///", "//")
    )
    if kind in _READ_ONLY_TYPES or local_template:
        return
    what = {"image": "图片", "attachedTemplate": "模板", "oleObject": "嵌入对象", "subDocument": "子文档"}.get(
        kind, "内容"
    )
    raise NotAnIssueError(
        "external",
        f"Word 文件引用了文件以外的{what}：{target[:120]}",
        f"请在 Word 或 WPS 里把这处{what}改为嵌入文件（图片：剪切后“选择性粘贴”为图片）或删除，再交。",
    )


def _damaged(what: str) -> NotAnIssueError:
    return NotAnIssueError("damaged", f"Word 文件已损坏：{what}。", _SAVE_AS)


def _plain(name: str) -> str:
    """Part names compare without case (ECMA-376-2 6.2.2.3); some writers use the other slash."""
    return name.replace("\\", "/").lstrip("/").lower()


def _owner_of(rels: str) -> str:
    """word/_rels/document.xml.rels belongs to word/document.xml; _rels/.rels to the package, here ""."""
    folder, name = posixpath.split(rels)
    return posixpath.join(posixpath.dirname(folder), name.removesuffix(".rels"))


def _resolve(owner: str, target: str) -> str:
    target = unquote(target.replace("\\", "/"))
    if target.startswith("/"):
        return posixpath.normpath(target).lstrip("/")
    return posixpath.normpath(posixpath.join(posixpath.dirname(owner), target)).lstrip("/")
