"""A person's letter to the office that answers what our mails offer: 签收, 调整接收人, 退订, each with a 件号; or 收到 in short.

Only the writer's own words count; what is quoted below them is ours. Whether the writer is who they say is not decided here.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from enum import StrEnum

from mailer.feedback import bounds, mime
from mailer.feedback.quoted import lines_of

VerifyPiece = Callable[[str], int | None]
_PARTS = 20  # of a mail that are looked at for its text
_SHORT = 40  # characters of an answer that says nothing else


class Act(StrEnum):
    SIGN = "sign"
    CHANGE = "change"
    LEAVE = "leave"


_SUBJECTS = ((Act.SIGN, "签收"), (Act.CHANGE, "调整接收人"), (Act.LEAVE, "退订"))
_RECEIVED = re.compile(
    r"(各位)?(领导|老师|同志)?(您好|你好)?(均|都|本期)?已?(收到|收悉|知悉|阅|阅知|阅悉|签收)了?(谢谢|多谢|感谢|辛苦了?|祝好)*"
)
_QUOTE = re.compile(
    r"\s*(>|-{2,}\s*(原始|转发|回复|original|forwarded)|_{10,}|(发件人|发送时间|寄件者|from|sent)\s*[:：]|on\b.{4,120}\bwrote\s*[:：]|.{0,80}(写道|寫道)\s*[:：])",
    re.IGNORECASE,
)
_SIGNATURE = re.compile(r"\s*(--\s*$|—{2,}\s*$|(发自|来自|sent from)\s*(我的|my)|从\s*.{1,20}\s*发送)", re.IGNORECASE)
_ADDRESS = re.compile(r"[0-9A-Za-z._%+-]{1,64}@[0-9A-Za-z.-]{1,200}\.[A-Za-z]{2,20}")
_NAME = re.compile(
    r"(?:接任人?|接收人|新负责人|联系人|姓名|改由|改发给|请发给)\s*(?:是|为|[:：])?\s*([\u3400-\u9fff·]{2,8})"
)
_NO_NAMES = ("接收人", "调整", "变动", "邮箱", "同志", "更换")


@dataclass(frozen=True, slots=True)
class Wish:
    """What the subject says, and the delivery its 件号 stands for."""

    act: Act
    delivery_id: int


def wish_of(subject: str, verify_piece: VerifyPiece) -> Wish | None:
    """None where the subject is no answer to what our mails offer, or its 件号 is none of ours."""
    words = unicodedata.normalize("NFKC", subject)
    if "件号" not in words:
        return None
    act = next((act for act, word in _SUBJECTS if word in words), None)
    delivery_id = verify_piece(words.rpartition("件号")[2])
    return Wish(act, delivery_id) if act is not None and delivery_id is not None else None


def text_of(raw: bytes) -> str:
    """The plain words of a letter; '' where there are none to be had. Bounded, never raises."""
    data = bounds.prefix(raw)
    if bounds.refusal(data):
        return ""
    waiting: list[Message] = [mime.parse(data)]
    found = ""
    for _ in range(_PARTS):
        if not waiting:
            break
        part = waiting.pop(0)
        if mime.content_type(part).startswith("multipart/"):
            waiting = [*mime.children(part), *waiting]
        elif mime.content_type(part) == "text/plain":
            return mime.text_of(part)
        elif mime.content_type(part) == "text/html":
            found = found or mime.text_of(part)
    return found


def own_words(text: str) -> str:
    """What the writer wrote, above what is quoted and the signature of their program."""
    kept = []
    for line in lines_of(text.replace("\r", "")):
        if _QUOTE.match(line) or _SIGNATURE.match(line):
            break
        kept.append(line.strip())
    return "\n".join(line for line in kept if line)


def says_received(text: str) -> bool:
    """收到, 已阅, 收悉 ... and nothing else but courtesy."""
    words = own_words(text)
    if not words or len(words) > _SHORT:
        return False
    first = "".join(each for each in unicodedata.normalize("NFKC", words.split("\n")[0]) if each.isalnum())
    return _RECEIVED.fullmatch(first) is not None


def named_in(text: str) -> tuple[tuple[str, ...], str]:
    """(addresses, a new name or '') that the writer's own words name; the addresses as they are written."""
    words = unicodedata.normalize("NFKC", own_words(text))
    addresses = tuple(dict.fromkeys(match[0].rstrip(".-") for match in _ADDRESS.finditer(words)))
    name = next((each[1] for each in _NAME.finditer(words) if not each[1].startswith(_NO_NAMES)), "")
    return addresses, name
