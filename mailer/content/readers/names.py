"""Credit lines: 编　辑：李　禾　审核：吴小满, one or several on a line, names spaced out or not.

Owns the words for the tasks in an editorial office and the splitting of names.
"""

from __future__ import annotations

import re
from typing import Final

from mailer.content.readers.emphasis import BLANKS
from mailer.content.readers.lexicon import despaced
from mailer.content.readers.words import words

_TASKS: Final = words("""
    校审 审读 审编 编排 总校 编稿 责任编辑 执行编辑 值班编辑 本期编辑 本期责编 本期校对 本期审核 文字编辑 图文编辑 美术编辑
    编辑 责编 主编 副主编 执行主编 总编辑 总编 副总编 编审 编校 责任校对 校对 校稿 审校
    校核 审核 初审 复审 终审 复核 审阅 审定 审签 核签 核稿 核发 审稿 审批 签发人 签发
    签批 批准 拟稿 撰稿 撰写 供稿 采编 采写 组稿 统稿 整理 排版 制版 版式 制作 美编
    设计 摄影 供图 录入 打字 核对 监印 编务 一审 二审 三审 审改 审发 值班员 值班人员 值班长
    值班领导 带班领导 带班 打印 印制 监制 策划 总策划 值班 值班主任 负责人 本期值班 责任人 联系人
    联络人 通讯员 记者 信息员 翻译 文字 图片
    """)
_S: Final = r"[ \u3000\u00a0\t]{0,6}"
_TASK: Final = "(?:本期)?(?:" + "|".join(_S.join(task) for task in sorted(_TASKS, key=len, reverse=True)) + ")"
_TASK_RE: Final = re.compile(
    r"(?:^|(?<=[ \u3000\u00a0\t；;，,、|｜/）)(（【\[]))(?P<label>"
    f"(?:{_TASK}){_S}(?:[、/／和与兼及]{_S}(?:{_TASK}){_S}){{0,3}}"
    r")(?:[:：]|[／/丨|｜](?=[^a-zA-Z0-9]))"
)
_SPACED_TASK_RE: Final = re.compile(
    r"(?:^|(?<=[ \u3000\t]))(?P<label>" + _TASK + r")[ \u3000\t]{1,8}(?=[\u4e00-\u9fff])"
)
_OTHER_LABEL_RE: Final = re.compile(
    r"(?:^|(?<=[ \u3000\t｜|；;，,、/]))(?:电|传|手|邮|地|网|联|投|E|e|报|送|发|主|抄|印|（共|\(共|共)[^：:，。]{0,8}[:：]|[（(]?共?印[0-9０-９]"
)
_NAME_RE: Final = re.compile(r"[\u3400-\u9fff〇·•\U00020000-\U0003ffff]{1,20}(?:[（(][^（）()]{1,20}[)）])?")
_MOST_NAMES: Final = 12


class Credits(dict[str, str]):
    """Label -> the names as printed; ``rest`` is what of the line is no credit."""

    rest: str = ""


def credits_in(text: str) -> Credits:
    """The credits of a line; empty if the line does not begin with one."""
    body = text.strip(BLANKS + "（）()【】[]")
    found = Credits()
    found.rest = text
    marks = list(_TASK_RE.finditer(body))
    if not marks or marks[0].start() > 0:
        marks = [] if marks or re.search(r"[：:。，]", body) else list(_SPACED_TASK_RE.finditer(body))
        if not marks or marks[0].start() > 0:
            return found
    other = _OTHER_LABEL_RE.search(body, marks[0].end())
    while other and any(mark.start() <= other.start() < mark.end() for mark in marks):
        other = _OTHER_LABEL_RE.search(body, other.end())
    end = other.start() if other else len(body)
    marks = [mark for mark in marks if mark.start() < end]
    for mark, after in zip(marks, [*marks[1:], None], strict=True):
        names = body[mark.end() : after.start() if after else end].strip(BLANKS + "；;，,、|｜/")
        if names.endswith(("）", ")")) and not any(sign in names for sign in "（("):
            names = names[:-1].rstrip(BLANKS)  # the bracket around all credits
        if not _are_names(names):
            found.clear()
            return found  # no credits at all, and every word of the line is still its rest
        label = despaced(mark["label"])
        found[label] = "、".join(filter(None, [found.get(label, ""), names]))
    found.rest = body[end:].strip(BLANKS)
    return found


def _are_names(text: str) -> bool:
    names = names_of(text)
    return len(names) <= _MOST_NAMES and all(_NAME_RE.fullmatch(name) for name in names)


def names_of(text: str) -> tuple[str, ...]:
    """The names of a list divided by 、 ， or spaces; a name spaced out (李　禾) is one."""
    names: list[str] = []
    # where two widths of space occur (姜 河　李 木子) the wider one divides
    wider = "|[ ]{2,}|[\u3000\t]+" if re.search(r"\S \S", text) else ""
    for chunk in re.split(r"[、，,；;/／|｜]" + wider, text):
        single = ""
        for piece in chunk.split():
            bare = piece.strip(BLANKS + "。.")
            if not bare:
                continue
            if len(bare) == 1:
                single += bare
                if len(single) >= 3:
                    names.append(single)
                    single = ""
            else:
                names += [single, bare] if len(single) > 1 else [single + bare]
                single = ""
        if len(single) >= 2:
            names.append(single)
        elif single and names and len(names[-1]) == 1:
            names[-1] += single
        elif single:
            names.append(single)
    return tuple(names)
