"""Contact lines: addresses by their @, telephone and fax numbers by the word before them."""

from __future__ import annotations

import re
from typing import Final

from mailer.content.issue import Contact
from mailer.content.readers.emphasis import BLANKS
from mailer.content.readers.lexicon import despaced
from mailer.content.readers.numerals import find_dates, fold
from mailer.content.readers.words import words

_S: Final = r"[ \u3000\t]{0,6}"
_LABELS: Final = {
    "phone": words("""
    联系电话 办公电话 咨询电话 投稿电话 值班电话 服务电话 热线电话 监督电话 座机 电话 手机
    热线 联系方式 Tel TEL tel
    """),
    "fax": words("传真电话 传真 Fax FAX fax"),
    "email": words("""
    电子邮箱 电子邮件 电子信箱 投稿邮箱 联系邮箱 工作邮箱 信息报送邮箱 邮箱地址 邮箱 信箱
    E-mail E-Mail Email EMAIL email e-mail 投稿地址 来稿请发至
    来稿请寄 投稿 来稿 邮件
    """),
    "other": words("""
    邮政编码 邮编 地址 通信地址 通讯地址 办公地址 网址 网站 微信公众号 微信 公众号 微博
    QQ群 QQ
    """),
}
_KIND: Final = {word: kind for kind, words in _LABELS.items() for word in words}
_LABEL_RE: Final = re.compile(
    "(?P<label>"
    + "|".join(_S.join(re.escape(sign) for sign in word) for word in sorted(_KIND, key=len, reverse=True))
    + ")"
    rf"(?:{_S}[(（/／及和、]{_S}(?P<second>传{_S}真|电{_S}话){_S}[)）]?)?{_S}(?P<colon>[:：]?)"
)
_EMAIL_RE: Final = re.compile(
    r"[A-Za-z0-9_][A-Za-z0-9._%+-]{0,63}@[A-Za-z0-9\u4e00-\u9fff-]{1,63}(?:\.[A-Za-z0-9\u4e00-\u9fff-]{1,63}){1,6}"
)
_NUMBER_RE: Final = re.compile(
    r"\+?[(（]?\+?[0-9][0-9()（） \u3000+*-]{4,26}[0-9](?: ?(?:转|-|—) ?[0-9]{1,6})?|(?<![0-9])[0-9]{3,6}(?![0-9])"
)
_NAMED_RE: Final = re.compile(
    r"[(\[]?[^:,。;0-9]{2,24}[ ,](?:联系)?(?:电话|传真)(?:/传真)?[: ]{1,3}\+?[0-9(][0-9()+ 、/-]{5,40}[)\]]?"
)
_LINK_RE: Final = re.compile(r"\(mailto:[^()\s]{0,200}\)")
_DASHES: Final = str.maketrans(dict.fromkeys("－—–―‐‑", "-"))
_FILLING: Final = BLANKS + "，,；;、。.|｜（）()【】[]<>＜＞/／:：或和及"


def is_contact(text: str) -> bool:
    """Whether a line is about how to reach the office: an address, or a number with its word before it."""
    folded = fold(text)
    if "@" in folded and _EMAIL_RE.search(folded):
        return "。" not in text.rstrip("。" + BLANKS) or bool(_LABEL_RE.match(text.strip(_FILLING)))
    label = _LABEL_RE.match(text.strip(_FILLING))
    if label is None and _NAMED_RE.fullmatch(folded.strip()):  # （宣传部理论科 电话：8123 4567）
        return True
    if label is None:
        bare = despaced(folded.translate(_DASHES))
        alone = 7 <= len(bare) <= 20 and re.fullmatch(r"\+?[(]?[0-9][0-9()+-]+[0-9]", bare) is not None and "-" in bare
        return alone and not find_dates(bare)
    rest = text.strip(_FILLING)[label.end() :].strip(BLANKS)
    if label["colon"]:
        return _KIND[despaced(label["label"])] == "other" or not rest or re.search(r"[0-9０-９@]", rest) is not None
    return re.match(r"[(（+0-9０-９]", rest) is not None and len(rest) <= 60


class Collector:
    """Gathers addresses and numbers over the lines of a foot, each once, in their order."""

    def __init__(self) -> None:
        self._found: dict[str, list[str]] = {"email": [], "phone": [], "fax": []}
        self._last = "phone"

    def read(self, text: str) -> str:
        """Takes what it knows out of a line; returns the rest (an address in the street, a person)."""
        text = _LINK_RE.sub("", text)
        folded = fold(text).translate(_DASHES)
        rest: list[str] = []
        spots = list(_LABEL_RE.finditer(folded))
        begins = [0, *(spot.start() for spot in spots)]
        for nth, begin in enumerate(begins):
            end = begins[nth + 1] if nth + 1 < len(begins) else len(folded)
            spot = spots[nth - 1] if nth else None
            rest.append(self._piece(folded[begin:end], text[begin:end], spot))
        return "　".join(piece for piece in rest if piece)

    def _piece(self, folded: str, text: str, spot: re.Match[str] | None) -> str:
        body_at = spot.end() - spot.start() if spot else 0
        kind = _KIND[despaced(spot["label"])] if spot else self._last
        emails = list(_EMAIL_RE.finditer(folded, body_at))
        for email in emails:
            self._add("email", email[0])
        left = folded
        for email in emails:
            left = left[: email.start()] + " " * len(email[0]) + left[email.end() :]
        if kind == "other":
            return text.strip(_FILLING)
        numbers = [] if kind == "email" else list(_NUMBER_RE.finditer(left, body_at))
        for number in numbers:
            for one in _apart(number[0]):
                self._add(kind, one)
                if spot and spot["second"]:
                    self._add("fax" if kind == "phone" else "phone", one)
        if kind != "email":
            self._last = kind
        spans = [(0, body_at), *(match.span() for match in (*emails, *numbers))]
        leftover = "".join(sign for at, sign in enumerate(text) if not any(start <= at < end for start, end in spans))
        return leftover.strip(_FILLING)

    def _add(self, kind: str, value: str) -> None:
        if value not in self._found[kind]:
            self._found[kind].append(value)

    def result(self) -> Contact:
        return Contact(*(tuple(self._found[kind]) for kind in ("email", "phone", "fax")))


def _apart(number: str) -> list[str]:
    """Two whole numbers divided by a space only; the space inside 010-5555 0123 divides nothing."""
    pieces = number.split()
    whole = len(pieces) > 1 and all(len(re.sub(r"[^0-9]", "", piece)) >= 7 for piece in pieces)
    return pieces if whole else [number.strip()]
