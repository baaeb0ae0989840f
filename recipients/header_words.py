"""What one cell of a header says: which column it heads, and for which role.

Owns the words of headers. Must not know rows, sheets or what stands below a header.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

from recipients.people import known_roles


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
    CARE_OF = "代收人"
    ESSENTIAL = "必达"
    NOTE = "备注"


# Of several columns with the same meaning the word that stands first here is taken.
_WORDS: dict[Field, tuple[str, ...]] = {
    Field.INDEX: ("序号", "序", "编号", "行号", "no", "index"),
    Field.GROUP: ("分组", "单位分组", "组别", "单位类别", "单位类型", "单位性质"),
    Field.UNIT: (
        "单位", "单位名称", "工作单位", "所在单位", "所属单位", "单位全称", "单位简称", "成员单位", "责任单位", "报送单位", "填报单位",
        "参加单位", "接收单位", "收文单位", "单位部门", "单位科室", "单位及部门", "镇街", "街镇", "镇街名称", "街道乡镇", "乡镇街道", "街道", "部门单位",
        "部门", "部门名称", "所在部门", "所属部门", "工作部门", "机构", "机构名称", "科室", "处室", "乡镇", "镇", "镇乡", "村居", "名称", "unit", "department", "dept", "organization",
        "organisation",
    ),
    Field.NAME: (
        "姓名", "名字", "人员姓名", "联系人姓名", "收件人姓名", "接收人姓名", "负责人姓名", "责任人姓名", "同志姓名", "name", "fullname", "联系人", "联系人员",
        "收件人", "接收人", "领导姓名", "责任人", "负责人", "人员", "使用人", "邮箱使用人", "邮箱管理员", "邮箱负责人", "姓名职务",
    ),
    Field.ROLE: ("人员类别", "身份", "角色", "类别", "人员身份", "人员类型", "人员角色", "身份类别", "角色类别", "role"),
    Field.TITLE: (
        "职务", "现任职务", "职位", "职务职称", "职务岗位", "岗位", "行政职务", "党政职务", "职务名称", "工作岗位", "职务职级", "职级", "职称", "title",
        "position",
    ),
    Field.LISTS: ("名单", "所属名单", "分发名单", "发送名单", "发放名单"),
    Field.CARE_OF: ("代收人", "代收人姓名", "邮箱代收人", "代收"),
    Field.ESSENTIAL: ("必达", "必达人员", "必须送达", "重点保障"),
    Field.NOTE: ("备注", "备考", "附注", "说明", "备注说明", "其他", "note", "notes", "remark", "remarks"),
}  # fmt: skip
_RANK = {word: (field, rank) for field, words in _WORDS.items() for rank, word in enumerate(words)}
PLAIN_NAMES = frozenset(["姓名", "名字", "人员姓名", "同志姓名", "name", "fullname", "人员", "使用人", "姓名职务"])
_MAILBOX = (
    "(?:电子邮箱|电子信箱|电子邮件|邮箱|信箱|邮件|电邮|email|mail)(?:地址|账号|帐号|账户|号码|名称|名|号|address)?"
)
_ADDRESS = re.compile(rf"(?P<whose>.{{0,14}}?)(?:{_MAILBOX})+(?:\d{{1,2}}|[一二三])?")
_PHONE = re.compile(
    r"(?P<whose>.{0,8}?)(?:电话|手机|移动电话|座机|固话|联系方式|传真|tel|phone|mobile)(?:号码|号|及传真|传真)?(?:\d{1,2}|[一二三])?"
)
_PHONE_PARTS = frozenset(
    {"办公", "办公室", "手机", "座机", "固话", "移动", "单位", "宅电", "内线", "外线", "区号", "短号", "传真"}
)
_UNIT = re.compile(r".{1,6}(?:单位|部门)(?:名称)?")  # 区直单位, 所在单位及部门
_HOW_MANY = re.compile(r"(?:至少|各|限)?[\d一二两三]{1,2}[名人位个](?:以上)?")
_NOT_ADDRESS = (
    "是否", "有无", "无", "没有", "暂无", "未", "尚未", "原", "旧", "曾用", "停用", "已停用", "作废", "变更前", "调整前", "更换前", "修改前",
)  # fmt: skip  # questions about the mailbox, and one that is not used any more
_OWN = (*PLAIN_NAMES, *_WORDS[Field.TITLE])  # what may stand behind «whose»: 书记姓名, 书记职务
_BRACKETED = re.compile(r"[(\[{【〔<《][^()\[\]{}【】〔〕<>《》]{0,200}[)\]}】〕>》]")
_INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
_LATIN = re.compile("[a-z]+")
_NUMBER = re.compile(r"\d{1,2}(?=\D)")
_ORDINAL = "一二三四五"
_COUNTED = re.compile(rf"(?:\d|[{_ORDINAL}ab])(?:号)?")
LABEL_CHARACTERS = 24  # of a word that may stand at the left of its value
_CHARACTERS = 200  # of a header's cell with all its remarks
_WORD_CHARACTERS = 40
ROLE_WORDS = known_roles()


@dataclass(frozen=True, slots=True)
class HeaderCell:
    """``word``: the text without width, case, white space, marks and remarks in brackets; empty where it heads nothing.

    ``role`` where the cell names one of the known roles; ``whose``: what stands before 姓名, 邮箱, 电话, 职务 in one cell.
    """

    word: str
    text: str = ""
    field: Field | None = None
    role: str | None = None
    whose: str = ""

    @property
    def is_bare_role(self) -> bool:
        return self.role is not None and self.word == self.role


NOTHING = HeaderCell("")


def rank(word: str, field: Field) -> int:
    """Smaller is the better word for the field; words built from parts come last."""
    known = _RANK.get(word)
    return known[1] if known is not None and known[0] is field else 99


def read(cell: str) -> HeaderCell:
    """Any cell; one that is plainly no header (too long, an address, a line with a colon and a value) gives NOTHING."""
    if not cell or len(cell) > _CHARACTERS:
        return NOTHING
    plain = "".join(_INVISIBLE.sub("", unicodedata.normalize("NFKC", cell)).casefold().split())
    outer = _BRACKETED.sub("", plain)
    inner = "".join(ch for part in _BRACKETED.findall(plain) for ch in part if ch.isalnum())
    word = "".join(ch for ch in outer if ch.isalnum())
    if not word or "@" in outer or len(word) > _WORD_CHARACTERS or ":" in outer.rstrip(":"):
        return NOTHING
    word = _without_decoration(word)
    text = "".join(cell.split()).strip("*＊★▲:：")
    if "填" in inner or _HOW_MANY.fullmatch(inner):  # （必填）, （2名）: about the filling in, not about the role
        text = _BRACKETED.sub("", unicodedata.normalize("NFKC", text))
    field, role, whose = _meaning(word)
    if field in {None, Field.PHONE} and role is None and _field(inner)[0] is Field.ADDRESS:
        field = Field.ADDRESS  # 联系方式（邮箱）
    if role is None and field is not None and inner in ROLE_WORDS:
        role = whose = inner  # 邮箱（信息员）
    return HeaderCell(word, text, field, role, whose)


def _without_decoration(word: str) -> str:
    """«单位unit» and «1单位» are 单位."""
    for bare in (_LATIN.sub("", word), _NUMBER.sub("", word, count=1) if _NUMBER.match(word) else word):
        told = bare in _RANK or bare in ROLE_WORDS
        if bare != word and (told or (_field(word)[0] is None and _field(bare)[0] is not None)):
            return bare
    return word


def is_phone_part(word: str) -> bool:
    """A word that stands only under 联系电话: 办公, 手机."""
    return word in _PHONE_PARTS


def _meaning(word: str) -> tuple[Field | None, str | None, str]:
    """«信息员邮箱» -> (ADDRESS, 信息员, 信息员); «主要领导» alone heads a column of names; so does 第一联络员, 联络员2."""
    first = 2 if word[:1] == "第" and word[1:2] in _ORDINAL else 0
    for role in ROLE_WORDS:
        if word.startswith(role, first):
            end = first + len(role)
            if counted := _COUNTED.match(word, end):
                end = counted.end()
            rest = word[end:].lstrip("的")
            field = Field.NAME if not rest else _field(rest)[0]
            if field is not None:
                return field, word[:end], word[:end]
    field, whose = _field(word)
    return field, None, whose


def _field(word: str) -> tuple[Field | None, str]:
    """The field and «whose» it is."""
    if word in _RANK:
        return _RANK[word][0], ""
    if (match := _ADDRESS.fullmatch(word)) and not word.startswith(_NOT_ADDRESS):
        return Field.ADDRESS, match["whose"]
    if match := _PHONE.fullmatch(word):
        return Field.PHONE, match["whose"]
    if _UNIT.fullmatch(word):
        return Field.UNIT, ""
    for own in _OWN:
        if word.endswith(own) and 0 < len(word) - len(own) <= 8 and own not in {"人员", "使用人", "职级", "岗位"}:
            field = _RANK[own][0] if own in _RANK else Field.NAME
            return field, word[: -len(own)]
    return None, ""


def may_head_addresses(cell: str) -> bool:
    """A quick look that spares ordinary cells the whole reading: 邮, 箱 or mail outside an address."""
    if len(cell) > _CHARACTERS:
        return False
    plain = cell if cell.isascii() else unicodedata.normalize("NFKC", cell)
    return "邮" in plain or "箱" in plain or ("ail" in plain.lower() and "@" not in plain)
