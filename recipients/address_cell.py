"""The text of one address cell -> addresses, harmless repairs and what could not be used.

Owns what people write into such cells: several addresses, full-width letters, labels, remarks, names. Repairs only
what can be read in one way; everything else is reported. Must not know rows, people or files.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum

from recipients.address import AddressError, AddressProblem, EmailAddress

CELL_CHARACTERS = 4000  # a cell with more is no list of addresses


class Repair(StrEnum):
    """What was put right without a doubt; the value is the warning's code."""

    FULL_WIDTH = "full_width"
    IDEOGRAPHIC_DOT = "ideographic_dot"
    ZERO_WIDTH = "zero_width"
    SPACES = "spaces"
    LABEL = "label"
    ANGLE_BRACKETS = "angle_brackets"
    REMARK = "remark"
    CLOSING = "closing_mark"
    QUOTES = "quotes"
    FORMULA = "formula"

    @property
    def chinese(self) -> str:
        return _REPAIRED[self]


_REPAIRED = {
    Repair.FULL_WIDTH: "全角字符已改成半角",
    Repair.IDEOGRAPHIC_DOT: "域名里的句号“。”已改成点",
    Repair.ZERO_WIDTH: "去掉了看不见的字符",
    Repair.SPACES: "去掉了多余的空格",
    Repair.LABEL: "去掉了“邮箱：”一类的字样",
    Repair.ANGLE_BRACKETS: "取了尖括号里的地址",
    Repair.REMARK: "去掉了地址以外的说明文字",
    Repair.CLOSING: "去掉了末尾的标点",
    Repair.QUOTES: "去掉了引号",
    Repair.FORMULA: "取了超链接公式里的地址",
}


@dataclass(frozen=True, slots=True)
class UnusableText:
    text: str
    problem: AddressProblem
    message: str


@dataclass(frozen=True, slots=True)
class AddressCell:
    """``addresses`` in the order of the cell, repetitions kept; ``unusable`` is empty where every part was understood.

    A cell without any address and without text has one ``unusable`` of problem NO_EMAIL.
    """

    addresses: tuple[EmailAddress, ...]
    repairs: tuple[Repair, ...]
    unusable: tuple[UnusableText, ...]


_CLEAN = re.compile(r"[A-Za-z0-9][\w.+-]{0,63}@[A-Za-z0-9.-]{1,190}[A-Za-z]", re.ASCII)
_INVISIBLE = dict.fromkeys(
    [0x00AD, 0x180E, *range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x2065), 0xFEFF]
)
_HALF = {0xFF01 + n: 0x21 + n for n in range(94)} | {0xFE6B: "@"}
_DOTS = str.maketrans({"。": ".", "｡": "."})
_BLANKS = re.compile(r"\s+")
_SEPARATORS = re.compile(r"[;,、/|]|或者?|(?<=[a-z0-9A-Z])(?:和|及|与|以及)(?=[a-z0-9A-Z])")
_HARD = ";,、/|"
_OPENING = {"(": ")", "[": "]", "{": "}", "【": "】", "〔": "〕", "「": "」", "《": "》"}
_QUOTES = "\"'“”‘’`*★※"
_CLOSINGS = "!?~》"
_WEB = re.compile(r"<br ?/?>|&nbsp;|https?://[^ ;,]*", re.IGNORECASE)  # left over from a page
_HYPERLINK = re.compile(r'^=\s*HYPERLINK\s*\(\s*"([^"]*)"\s*(?:[,;]\s*"([^"]*)"\s*)?\)\s*$', re.IGNORECASE)
_ASCII_LABELS = frozenset({"mailto", "email", "e-mail", "mail", "qq", "oa", "vpn"})
_NUMBERED = re.compile(r"^(?:[①-⑳⑴-⑽]|\d{1,2}[)）])")
_DOTTED_NUMBER = re.compile(r"(?<![^ ;,、/|])(\d{1,2})\. ?(?=[^ ;,、/|@]+ ?@)")  # 1.a@… 2.b@…
_FRAGMENT = re.compile(r"[A-Za-z][\w.+-]*", re.ASCII)  # of an address that a blank has broken
_PREFIX = re.compile(r"^[^\x00-\x7f]{0,6}(?:邮箱|信箱|邮件)(?:地址)?(?:为|是)?(?=[A-Za-z0-9])")
_COUNTED = re.compile(r"\d{1,2}")  # 1、a@… 2、b@…
_TELEPHONE = re.compile(r"[^@a-zA-Z]{0,12}\+?\d[\d-]{6,19}")
_OTHER_NUMBER = re.compile(r"(?:微信|wechat|qq|电话|手机|传真|座机|tel)[^:]{0,4}:.")
_LABEL_ENDS = ("邮箱", "信箱", "邮件", "邮箱地址", "mail地址", "mail")
_BROKEN = "地址里有空格，前后的英文可能也是它的一部分"
_NO = ("无", "没有", "没", "未", "暂无", "暂未", "暂缺", "尚无", "尚未", "目前无", "暂时无", "暂时没有")
_WHAT = ("", "邮箱", "电子邮箱", "信箱", "电子信箱", "邮件", "邮箱地址", "提供", "填", "填写", "报", "上报", "报送", "开通", "注册", "申请", "知", "定", "email")  # fmt: skip
_NO_ADDRESS = frozenset(a + b for a in _NO for b in _WHAT) | {
    "空", "空缺", "略", "缺", "不详", "待定", "待补", "待补充", "待报", "待提供", "待填", "待开通", "开通中", "申请中", "正在申请", "办理中", "正在办理", "否", "不知道", "不提供", "不用邮箱", "不使用邮箱",
    "n/a", "#n/a", "na", "none", "null", "nil", "nan", "no", "x", "xx", "xxx", "0", "〇",
}  # fmt: skip


def read_cell(text: str) -> AddressCell:
    """Never raises. Between addresses: ; 、 , / | blank, line break, 或 (full-width forms too)."""
    if _CLEAN.fullmatch(text):  # nine of ten cells, spared the search for everything else
        with suppress(AddressError):
            return AddressCell((EmailAddress.parse(text),), (), ())
    if len(text) > CELL_CHARACTERS:
        unusable = UnusableText(text[:40] + "…", AddressProblem.BAD_EMAIL, "单元格文字太长，不像邮箱地址")
        return AddressCell((), (), (unusable,))
    repairs: dict[Repair, None] = {}
    plain = _to_half_width(text, repairs)
    if _is_no_address(plain):
        return AddressCell((), (), (UnusableText(text.strip(), AddressProblem.NO_EMAIL, "没有填写邮箱"),))
    plain = _out_of_brackets(_out_of_angles(plain, repairs), repairs)
    addresses: list[EmailAddress] = []
    unusable_texts: list[UnusableText] = []
    beside: list[UnusableText] = []  # what is a remark beside an address, and a mistake alone
    says_none = False
    for part in _SEPARATORS.split(_join_around_dots(_without_numbers(plain, repairs), repairs)):
        words, broken = _whole(part.split(" "))
        unusable_texts += [UnusableText(text, AddressProblem.BAD_EMAIL, _BROKEN) for text in broken]
        for token in words:
            if "@" not in token and _OTHER_NUMBER.match(token.casefold()):
                repairs[Repair.REMARK] = None
                continue
            bare = _strip_token(token, repairs)
            if not bare or _is_no_address(bare):
                says_none = says_none or bool(bare)
                continue
            if not any((ch.isascii() and ch.isalnum()) or ch in "@#" for ch in bare) or _is_label_alone(bare):
                repairs[Repair.REMARK] = None  # a word such as 办公室 or the person's name beside the address
                continue
            try:
                addresses.append(EmailAddress.parse(bare))
            except AddressError as error:
                is_beside = _COUNTED.fullmatch(bare) or _TELEPHONE.fullmatch(bare)
                (beside if is_beside else unusable_texts).append(UnusableText(bare, error.problem, error.message))
    if beside and addresses:
        repairs[Repair.REMARK] = None
    else:
        unusable_texts += beside
    if not addresses and not unusable_texts:
        problem = AddressProblem.NO_EMAIL if says_none else AddressProblem.BAD_EMAIL
        message = "没有填写邮箱" if says_none else "有文字，但不是邮箱地址"
        unusable_texts.append(UnusableText(text.strip(), problem, message))
    return AddressCell(tuple(addresses), tuple(repairs), tuple(unusable_texts))


def _whole(words: Sequence[str]) -> tuple[list[str], list[str]]:
    """The words, and those put together again where only a blank parts an address from a Latin word: «zheng hao@x.example».

    Such an address may be another person's; nobody can tell, so it is refused.
    """
    doubtful = {
        n
        for n, word in enumerate(words)
        if "@" in word
        for beside in (n - 1, n + 1)
        if 0 <= beside < len(words) and _is_fragment(words[beside])
    }
    whole = [
        w for n, w in enumerate(words) if n not in doubtful and not ({n - 1, n + 1} & doubtful and _is_fragment(w))
    ]
    broken = []
    for n in sorted(doubtful):
        first, last = n - (n > 0 and _is_fragment(words[n - 1])), n + 1
        broken.append(" ".join(words[first : last + (last < len(words) and _is_fragment(words[last]))]))
    return whole, broken


def _is_fragment(word: str) -> bool:
    return _FRAGMENT.fullmatch(word) is not None and not _is_label_alone(word) and not _is_no_address(word)


def _is_label_alone(word: str) -> bool:
    """Email, QQ邮箱, OA without a colon, a word of its own."""
    label = word.casefold()
    return label in _ASCII_LABELS or (label.endswith(_LABEL_ENDS) and "@" not in label)


def _without_numbers(text: str, repairs: dict[Repair, None]) -> str:
    """«1.a@… 2.b@…» -> «a@… b@…»: the numbers count from one, so they are none of the addresses' own."""
    found = [int(number) for number in _DOTTED_NUMBER.findall(text)]
    if found and found == list(range(1, len(found) + 1)) and len(found) == text.count("@") and len(found) > 1:
        repairs[Repair.REMARK] = None
        return _DOTTED_NUMBER.sub("", text)
    return text


def _is_no_address(text: str) -> bool:
    """Empty, punctuation only, or one of the words for «none», in brackets or not."""
    word = "".join(ch for ch in text.casefold() if not ch.isspace()).strip("()[]【】。.")
    return word in _NO_ADDRESS or not any(ch.isalnum() for ch in word)


def _to_half_width(text: str, repairs: dict[Repair, None]) -> str:
    link = _HYPERLINK.match(text.strip()) if text.lstrip().startswith("=") else None
    if link:
        repairs[Repair.FORMULA] = None
        shown = link.group(2) or ""
        text = shown if "@" in shown or "＠" in shown else link.group(1)
    seen = text.translate(_INVISIBLE)
    if seen != text:
        repairs[Repair.ZERO_WIDTH] = None
    half = seen.translate(_HALF)
    if any(old != new and (new.isalnum() or new in "@._-+") for old, new in zip(seen, half, strict=True)):
        repairs[Repair.FULL_WIDTH] = None
    return _BLANKS.sub(" ", _WEB.sub(" ", half)).strip()


def _out_of_angles(text: str, repairs: dict[Repair, None]) -> str:
    """``姓名 <address>`` -> the address alone, kept apart from its neighbours. An unclosed ``<`` stays and is refused."""
    parts: list[str] = []
    rest = text
    while "<" in rest:
        before, _, tail = rest.partition("<")
        inner, closing, after = tail.partition(">")
        if not closing:
            break
        start = max(before.rfind(mark) for mark in _HARD) + 1
        name = before[start:]
        parts += [before if "@" in name else before[:start], ";", inner, ";"]
        repairs[Repair.ANGLE_BRACKETS] = None
        rest = after
    return "".join([*parts, rest])


def _out_of_brackets(text: str, repairs: dict[Repair, None]) -> str:
    """Drops remarks in brackets; brackets that hold an address become separators. One pass, any nesting."""
    out: list[str] = []
    stack: list[tuple[str, int]] = []  # the closing bracket waited for, where its content starts in ``out``

    def settle(start: int) -> None:
        if any("@" in piece for piece in out[start:]):
            out.insert(start, ";")
            out.append(";")
        else:
            del out[start:]
            out.append(" ")
            repairs[Repair.REMARK] = None

    for ch in text:
        if ch in _OPENING:
            stack.append((_OPENING[ch], len(out)))
        elif stack and ch == stack[-1][0]:
            settle(stack.pop()[1])
        else:
            out.append(ch)
    while stack:
        settle(stack.pop()[1])
    return _BLANKS.sub(" ", "".join(out)).strip()


def _join_around_dots(text: str, repairs: dict[Repair, None]) -> str:
    """Takes blanks away around @ and around dots, but not where a dot only closes the address before the blank."""
    joined = text.replace(" @", "@").replace("@ ", "@")
    words = joined.split(" ")
    out = [words[0]]
    for word in words[1:]:
        before, after = out[-1], word
        left = re.split(r"[;,、/|]", before)[-1]
        right = re.split(r"[;,、/|]", after)[0]
        if before.endswith((".", "。", "｡")):
            closes = "@" in left and "@" in right
            other_script = bool(right) and not right[0].isascii() and left[:-1][-1:].isascii()
            together = bool(right) and not closes and not other_script and not _TELEPHONE.fullmatch(right)
        else:
            together = right.startswith((".", "。", "｡")) and bool(left) and len(right) > 1
            together = together or right in {".", "。", "｡"}
        if together:
            out[-1] = before + after
        else:
            out.append(after)
    result = " ".join(out)
    if result != text:
        repairs[Repair.SPACES] = None
    return result


def _is_label(text: str) -> bool:
    """邮箱, QQ邮箱, 邮箱2, Email, a person's name: what stands before a colon."""
    word = text.casefold().strip("0123456789")
    return word in _ASCII_LABELS or word.endswith(_LABEL_ENDS) or not any(ch.isascii() for ch in word)


def _strip_token(token: str, repairs: dict[Repair, None]) -> str:
    bare = token.strip(_QUOTES)
    if bare != token:
        repairs[Repair.QUOTES] = None
    if numbered := _NUMBERED.match(bare):
        repairs[Repair.REMARK] = None
        bare = bare[numbered.end() :]
    if prefix := _PREFIX.match(bare):
        repairs[Repair.LABEL] = None
        bare = bare[prefix.end() :]
    label, colon, tail = bare.rpartition(":")
    if colon and "@" not in label and _is_label(label):
        repairs[Repair.LABEL] = None
        bare = tail.partition("?")[0] if label.casefold() == "mailto" else tail
    local, at, domain = bare.rpartition("@")
    dotted = domain.translate(_DOTS)
    open_end = dotted.rstrip("." + _CLOSINGS)
    if open_end != dotted:
        repairs[Repair.CLOSING] = None
    if open_end != domain.rstrip("。｡." + _CLOSINGS):
        repairs[Repair.IDEOGRAPHIC_DOT] = None
    return f"{local}{at}{open_end}"
