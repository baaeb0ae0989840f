"""Bytes of a text file to text: which encoding, which line ends, and whether it is text at all.

Knows nothing of bulletins. Refuses with NotAnIssueError; a wrong guess is worse than a question to the office.
"""

from __future__ import annotations

import codecs
from typing import Final

from mailer.content.issue import NotAnIssueError

_MARKED: Final = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_SIGNATURES: Final = (
    b"%PDF-",
    b"PK\x03\x04",
    b"\xd0\xcf\x11\xe0",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!",
    b"\x1f\x8b",
)
# control characters that have no place in a text; tab, line ends, vertical tab and form feed have
_CONTROLS: Final = frozenset(chr(code) for code in range(32) if code not in {9, 10, 11, 12, 13, 0x1A}) | {"\x7f"}
_LINE_ENDS: Final = str.maketrans(
    {"\r": "\n", "\x0b": "\n", "\x85": "\n", "\u2028": "\n", "\u2029": "\n", "\x1a": None}
)


def decode(data: bytes) -> str:
    """The text of the file with a line feed as its only line end.

    Reads UTF-8 with or without a byte order mark, UTF-16 with one, and GB18030 (so also GBK and GB2312).
    Raises NotAnIssueError ``not_text``.
    """
    if data.startswith(_SIGNATURES):
        raise _not_text("文件内容是压缩包、图片或其他程序的格式，不是文字。")
    text = _decode(data)
    if not _CONTROLS.isdisjoint(text[:65536]) or "\0" in text:
        raise _not_text("文件里有文字中不会出现的控制字符。")
    return text.replace("\r\n", "\n").translate(_LINE_ENDS)


def _decode(data: bytes) -> str:
    for mark, name in _MARKED:
        if data.startswith(mark):
            try:
                return data[len(mark) :].decode(name)
            except UnicodeDecodeError as error:
                raise _not_text(
                    f"文件开头标明是 {name.upper()} 编码，内容却不是（第 {error.start} 字节处）。"
                ) from error
    for name in ("utf-8", "gb18030"):
        try:
            return data.decode(name)
        except UnicodeDecodeError:
            continue
    raise _not_text("既不是 UTF-8，也不是 GB18030（GBK）编码的文字。")


def _not_text(why: str) -> NotAnIssueError:
    return NotAnIssueError("not_text", f"读不出文字：{why}", "请在编辑软件里另存为“纯文本（UTF-8）”后再试。")
