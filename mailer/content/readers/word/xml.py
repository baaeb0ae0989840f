"""The XML of a Word part: parsed without anything that reaches out or grows, and the few questions put to an element.

Word writes one vocabulary under two sets of namespaces (ISO/IEC 29500 transitional and strict), and WPS mixes both with
its own. So elements and attributes are known here by their local names.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator
from typing import Final

from lxml import etree

from mailer.content.issue import NotAnIssueError

DEEPEST: Final = 120
Element = etree._Element  # lxml gives its element no public name

_DECLARATIONS: Final = (b"<!DOCTYPE", b"<!ENTITY")


def parse(data: bytes, name: str) -> Element:
    """The root of a part. Raises NotAnIssueError: ``dtd``, ``too_deep``, ``damaged``."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16-le"), (codecs.BOM_UTF16_BE, "utf-16-be")):
        if data.startswith(mark):
            data = data[len(mark) :].decode(encoding, "replace").encode("utf-8", "replace")
    if any(word in data for word in _DECLARATIONS):
        raise NotAnIssueError(
            "dtd", f"文件的 {name} 里有文档类型声明（DTD）或实体，Word 从不这样写，不予读取。", _SAVE_AGAIN
        )
    # the encoding is given, so that a declaration cannot smuggle the two words above past the search
    parser = etree.XMLParser(
        encoding="utf-8",
        resolve_entities=False,
        load_dtd=False,
        no_network=True,
        dtd_validation=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        root = etree.fromstring(data, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        if "depth" in str(error):
            raise _too_deep(name) from error
        raise NotAnIssueError("damaged", f"文件已损坏：{name} 读不下去。", _SAVE_AGAIN) from error
    _refuse_depth(root, name)
    return root


_SAVE_AGAIN: Final = "请在 Word 或 WPS 里打开，确认内容完整后“另存为”新的 .docx 再交；仍不行请另存为纯文本（.txt）。"


def _too_deep(name: str) -> NotAnIssueError:
    return NotAnIssueError("too_deep", f"文件的 {name} 一层套一层，超过 {DEEPEST} 层，不像一份文稿。", _SAVE_AGAIN)


def _refuse_depth(root: Element, name: str) -> None:
    depth = 0
    for event, _ in etree.iterwalk(root, events=("start", "end")):
        depth += 1 if event == "start" else -1
        if depth > DEEPEST:
            raise _too_deep(name)


def local(element: Element) -> str:
    """The name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def attribute(element: Element | None, name: str) -> str | None:
    """An attribute by its local name, whatever its namespace."""
    if element is None:
        return None
    for key, value in element.attrib.items():
        if str(key).rpartition("}")[2] == name:
            return str(value)
    return None


def child(element: Element | None, *names: str) -> Element | None:
    """The descendant reached by these names, one level each; None if a step is missing."""
    for name in names:
        if element is None:
            return None
        element = next((one for one in element if local(one) == name), None)
    return element


def children(element: Element, name: str) -> Iterator[Element]:
    return (one for one in element if local(one) == name)


def value_of(element: Element | None, *names: str) -> str | None:
    """The ``val`` of the descendant reached by these names."""
    return attribute(child(element, *names), "val")


def is_on(element: Element | None) -> bool:
    """Whether an on/off property (w:b, w:vanish) is there and not switched off (ISO/IEC 29500-1 22.9.2.7)."""
    return element is not None and attribute(element, "val") not in {"0", "false", "off", "none"}
