"""From the bytes of a handed-in file to an Issue.

Owns the list of formats and the limits. Pure: bytes come in, nothing is read from disk.
"""

from __future__ import annotations

from typing import Final

from mailer.content.issue import Issue, NotAnIssueError, Place
from mailer.content.readers.assemble import understand
from mailer.content.readers.decoding import decode
from mailer.content.readers.lines import MAX_LINE_CHARACTERS, read_lines

MAX_BYTES: Final = 20 * 1024 * 1024
FORMATS: Final = (".md", ".markdown", ".txt", ".docx")

_ADVICE: Final = {
    ".docm": ("带宏的 Word 文件（.docm）", "请在 Word 或 WPS 里“另存为”不带宏的 Word 文档（.docx），或纯文本（.txt）。"),
    ".doc": ("旧版 Word 文件（.doc）", "请在 Word 或 WPS 里“另存为”Word 文档（.docx），或纯文本（.txt，编码选 UTF-8）。"),
    ".wps": ("WPS 文字文件（.wps）", "请在 WPS 里“另存为”Word 文档（.docx），或纯文本（.txt，编码选 UTF-8）。"),
    ".pdf": ("PDF 文件", "PDF 里没有段落，请使用排版之前的 Word 原稿（.docx），或另存为纯文本（.txt）、Markdown（.md）。"),
}  # fmt: skip


def read_issue(data: bytes, filename: str) -> Issue:
    """Reads one issue. ``filename`` tells the format by its ending; a name without ending is read as plain text.

    Raises NotAnIssueError, never anything else: unsupported_format, too_large, not_text, empty, line_too_long,
    too_many_lines, too_many_items, no_masthead; for Word also not_word, damaged, encrypted, zip_bomb, too_many_entries,
    too_deep, dtd, external.
    """
    ending = _ending(filename)
    if ending and ending not in FORMATS:
        name, hint = _ADVICE.get(
            ending,
            (f"“{ending}”文件", "请另存为 Word 文档（.docx）、纯文本（.txt，编码选 UTF-8）或 Markdown（.md）后再试。"),
        )
        raise NotAnIssueError("unsupported_format", f"目前不能读取{name}。", hint)
    if len(data) > MAX_BYTES:
        raise NotAnIssueError(
            "too_large",
            f"文件有 {len(data) / 1048576:.1f} MB，超过 {MAX_BYTES // 1048576} MB 的上限。",
            "一期简报的文字不会这么大，请确认选对了文件。",
        )
    if ending == ".docx":
        if not data:
            raise NotAnIssueError("empty", "文件是空的。", "请确认选对了文件，并且文件已经保存。")
        from mailer.content.readers.word import read_word  # noqa: PLC0415 - text files need no XML library

        return read_word(data)
    text = decode(data)
    _refuse_long_lines(text)
    lines, aside = read_lines(text, markdown=ending in {".md", ".markdown"})
    return understand(lines, aside)


def _ending(filename: str) -> str:
    name = filename.replace("\\", "/").rsplit("/", 1)[-1]
    return "." + name.rsplit(".", 1)[-1].lower() if "." in name.strip(".") else ""


def _refuse_long_lines(text: str) -> None:
    for number, line in enumerate(text.split("\n"), 1):
        if len(line) > MAX_LINE_CHARACTERS:
            raise NotAnIssueError(
                "line_too_long",
                f"第 {number} 行有 {len(line):,} 个字，超过 {MAX_LINE_CHARACTERS:,} 字的上限，不像一段正文。",
                "请确认文件分了段落，或另存为纯文本后再试。",
                Place(number),
            )
