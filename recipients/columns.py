"""The header of a list of people: which column means what, in one row or two, for one person a row or several.

Owns the words of headers. Must not know what stands in the rows below.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from recipients.people import canonical_role, known_roles

Row = Sequence[str]


class Field(StrEnum):
    INDEX = "序号"
    GROUP = "分组"
    UNIT = "单位"
    NAME = "姓名"
    ROLE = "人员类别"
    TITLE = "职务"
    PHONE = "电话"
    ADDRESS = "邮箱"
    LISTS = "名单"
    NOTE = "备注"


# Of several columns with the same meaning the word that stands first here is taken.
_WORDS: dict[Field, tuple[str, ...]] = {
    Field.INDEX: ("序号", "序", "编号", "行号", "no", "no."),
    Field.GROUP: ("分组", "单位分组", "组别", "单位类别", "单位类型", "单位性质"),
    Field.UNIT: (
        "单位", "单位名称", "工作单位", "所在单位", "所属单位", "单位全称", "成员单位", "责任单位", "报送单位", "填报单位", "单位部门",
        "镇街", "街镇", "镇街名称", "部门单位", "部门", "部门名称", "所在部门", "所属部门", "工作部门", "机构", "机构名称", "科室", "处室",
    ),
    Field.NAME: (
        "姓名", "名字", "人员姓名", "联系人姓名", "联系人", "收件人", "收件人姓名", "接收人", "接收人姓名", "领导姓名", "责任人", "负责人",
        "负责人姓名", "人员", "name",
    ),
    Field.ROLE: ("人员类别", "身份", "角色", "类别", "人员身份", "人员类型", "人员角色", "身份类别"),
    Field.TITLE: ("职务", "现任职务", "职位", "职务职称", "职务岗位", "岗位", "行政职务", "党政职务", "职务名称", "工作岗位"),
    Field.LISTS: ("名单", "所属名单", "分发名单", "发送名单", "发放名单"),
    Field.NOTE: ("备注", "备考", "附注", "说明", "备注说明"),
}  # fmt: skip
_RANK = {word: (field, rank) for field, words in _WORDS.items() for rank, word in enumerate(words)}
_ADDRESS = re.compile(
    r".{0,6}?(?:(?:电子邮箱|电子信箱|电子邮件|邮箱|信箱|邮件|电邮|e-?mail|mail)(?:地址|账号|帐号)?)+[0-9一二三]?"
)
_PHONE = re.compile(r".{0,4}(?:电话|电话号码|手机|手机号|手机号码|移动电话|座机|固话|联系方式|号码)[0-9一二三]?")
_PHONE_PARTS = frozenset({"办公", "办公室", "手机", "座机", "固话", "移动", "单位", "宅电"})
_NOT_ADDRESS = ("是否", "有无")  # questions about the mailbox
_BRACKETED = re.compile(r"[(\[【〔][^)\]】〕]{0,40}[)\]】〕]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_LABEL_CHARACTERS = 40
_ROLE_WORDS = known_roles()
_ROLES = {canonical_role(role) for role in _ROLE_WORDS}


@dataclass(frozen=True, slots=True)
class Block:
    """The columns of one person of a row. ``role`` is the header's word where the header names it."""

    role: str | None
    columns: dict[Field, tuple[int, ...]]

    def first(self, field: Field) -> int | None:
        return next(iter(self.columns.get(field, ())), None)


@dataclass(frozen=True, slots=True)
class Layout:
    """One block for each person of a row; each holds the common columns too. ``height`` counts rows from the found one."""

    blocks: tuple[Block, ...]
    height: int


def label(cell: str) -> str:
    """A header's text without width, case, white space, stars, colons, slashes and remarks in brackets."""
    if len(cell) > _LABEL_CHARACTERS:
        return ""
    text = "".join(_INVISIBLE.sub("", unicodedata.normalize("NFKC", cell)).casefold().split())
    return _BRACKETED.sub("", text).strip("*:：·").replace("/", "").replace("、", "")


def field_of(word: str) -> Field | None:
    """The meaning of a ``label``; None for any other text."""
    if word in _RANK:
        return _RANK[word][0]
    if "@" in word or not word:
        return None
    if _ADDRESS.fullmatch(word) and not word.startswith(_NOT_ADDRESS):
        return Field.ADDRESS
    return Field.PHONE if _PHONE.fullmatch(word) else None


def _split_role(word: str) -> tuple[str | None, Field | None]:
    """«信息员邮箱» -> (信息员, ADDRESS); «主要领导» alone heads a column of names."""
    for role in _ROLE_WORDS:
        if word.startswith(role):
            rest = word[len(role) :]
            field = Field.NAME if not rest else field_of(rest)
            if field is not None:
                return role, field
    return None, field_of(word)


def may_be_header(row: Row) -> bool:
    """A quick look that spares ordinary rows the whole reading: is there a short cell with 邮, 箱 or mail in it?"""
    for cell in row:
        if len(cell) <= _LABEL_CHARACTERS and "@" not in cell:
            plain = cell if cell.isascii() else unicodedata.normalize("NFKC", cell)
            if "邮" in plain or "箱" in plain or "ail" in plain.lower():
                return True
    return False


def find_layout(rows: Sequence[Row], at: int) -> Layout | None:
    """The layout whose header row is ``rows[at]``: an address column and at least one other known column."""
    if not may_be_header(rows[at]):
        return None
    words = [label(cell) for cell in rows[at]]
    parts = [_split_role(word) for word in words]
    fields = [field for _, field in parts]
    if not _is_header(words, parts):
        return None
    height = 1
    if at + 1 < len(rows) and (below := _continuation(words, fields, rows[at + 1])) is not None:
        fields, height = below, 2
    groups: list[str | None] = [role for role, _ in parts]
    if at > 0:
        groups, fields = _with_upper_row(rows[at - 1], words, fields, groups)
    if not any(groups):
        return Layout((Block(None, _gather(words, fields, range(len(fields)))),), height)
    return Layout(_blocks(words, fields, groups), height)


def _is_header(words: list[str], parts: list[tuple[str | None, Field | None]]) -> bool:
    """An address column and another; and either a column of units or names, half of the words known, or all of them.

    That much is asked because people write «单位公共邮箱» in a remark, and a role such as 信息员 stands in every row.
    """
    known = [(word, field) for word, (_, field) in zip(words, parts, strict=True) if field is not None]
    fields = {field for _, field in known}
    if Field.ADDRESS not in fields or len(fields) < 2 or any(sum(map(str.isdigit, word)) > 4 for word in words):
        return False
    filled = sum(map(bool, words))
    bare_roles = {word for word, (role, _) in zip(words, parts, strict=True) if word == role}
    naming = {field for word, field in known if word not in bare_roles} & {Field.UNIT, Field.NAME, Field.INDEX}
    if naming or len(bare_roles) > 1:
        return 2 * len(known) >= filled
    return len(known) == filled and not bare_roles


def _continuation(words: list[str], fields: list[Field | None], below: Row) -> list[Field | None] | None:
    """A second header row under the one that names the address: 联系电话 over 办公 and 手机."""
    lower = [label(cell) for cell in below] + [""] * max(0, len(words) - len(below))
    if not any(lower):
        return None
    merged = list(fields)
    for column, word in enumerate(lower[: len(words)]):
        if not word or word == words[column]:
            continue
        if word in _PHONE_PARTS:
            merged[column] = Field.PHONE
        elif (field := field_of(word)) is not None:
            merged[column] = field
        else:
            return None
    return merged


def _with_upper_row(
    upper: Row, words: list[str], fields: list[Field | None], groups: list[str | None]
) -> tuple[list[str | None], list[Field | None]]:
    """Takes a row of groups (主要领导 | 主管领导 | 信息员) above the header into account, or leaves all as it is."""
    above = [label(cell) for cell in upper] + [""] * max(0, len(words) - len(upper))
    above = above[: len(words)]
    if len({word for word in above if word}) < 2 or any("@" in word or ":" in word for word in above):
        return groups, fields  # a title or a line «填报单位：… 日期：…»
    filled = [
        field_of(word) if not words[column] or word == words[column] else None for column, word in enumerate(above)
    ]
    several = fields.count(Field.ADDRESS) > 1 and fields.count(Field.NAME) > 1
    if not several and not any(filled):
        return groups, fields  # the header is whole without it: the row above belongs to another table
    if not several and not any(canonical_role(word) in _ROLES for word in above):
        return groups, [filled[column] or field for column, field in enumerate(fields)]
    named, current = list(groups), None
    for column, word in enumerate(above):
        if filled[column] is not None:
            current = None
        elif word:
            current = "".join(upper[column].split())
        named[column] = named[column] or current
    return named, [filled[column] or field for column, field in enumerate(fields)]


def _blocks(words: list[str], fields: list[Field | None], groups: list[str | None]) -> tuple[Block, ...]:
    """One block for each group that has an address column; a column without a group belongs to the group at its left
    when that group lacks its meaning, else to all.
    """
    owner: list[str | None] = list(groups)
    order = list(dict.fromkeys(group for group in groups if group))
    current: str | None = None
    for column, field in enumerate(fields):
        if owner[column]:
            current = owner[column]
        elif current and field in {Field.ADDRESS, Field.PHONE, Field.TITLE, Field.NAME}:
            owner[column] = current
    with_address = [g for g in order if any(owner[c] == g and fields[c] is Field.ADDRESS for c in range(len(fields)))]
    common = [c for c in range(len(fields)) if owner[c] not in with_address]
    blocks = []
    for group in with_address:
        own = [c for c in range(len(fields)) if owner[c] == group]
        role = group if len(with_address) > 1 or canonical_role(group) in _ROLES else None
        columns = _gather(words, fields, common) | _gather(words, fields, own)
        blocks.append(Block(role, columns))
    return tuple(blocks) or (Block(None, _gather(words, fields, range(len(fields)))),)


def _gather(words: list[str], fields: list[Field | None], columns: Sequence[int]) -> dict[Field, tuple[int, ...]]:
    """Field -> its columns, the best word first (单位 before 部门), then from the left."""
    found: dict[Field, list[int]] = {}
    for column in columns:
        if (field := fields[column]) is not None:
            found.setdefault(field, []).append(column)
    return {
        field: tuple(sorted(own, key=lambda c: (_RANK.get(words[c], (field, 99))[1], c)))
        for field, own in found.items()
    }
