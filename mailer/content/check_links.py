"""Pre-flight of links and pictures: a reader outside the office's network must not be sent nowhere."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from mailer.content.findings import sample, warn
from mailer.content.issue import Finding, Issue, Place

_LINK_RE: Final = re.compile(r"(?<!!)\[([^\[\]\n]{1,200})\]\(([^()\n]{0,600})\)")
_BARE_RE: Final = re.compile(
    r"(?:https?|ftp|htpps?|htp|file):/{0,3}[^\s，。；、）】》”（“《\]\[()<>]{0,300}", re.IGNORECASE
)
_PICTURE_RE: Final = re.compile(r"!\[[^\[\]\n]{0,200}\]\(([^()\s]{0,600})")
_KEPT_LINK_RE: Final = re.compile(r"（([^（）]{1,300})）$")
_GOOD_RE: Final = re.compile(r"https?://(?P<host>[^/:?#@\s]{1,253})(?::[0-9]{1,5})?(?:[/?#]\S*)?", re.IGNORECASE)
_HOST_RE: Final = re.compile(r"(?:[\w-]{1,63}\.)+[\w-]{2,63}")
_INNER_RE: Final = re.compile(r"localhost$|127\.|10\.|192\.168\.|172\.(?:1[6-9]|2[0-9]|3[01])\.|169\.254\.|[^.]+$")
_ADDRESSES: Final = ("mailto:", "tel:")


def check_links(issue: Issue) -> Iterator[Finding]:
    for item in issue.items:
        spans = [(match[2].strip().split(" ")[0], match.span()) for match in _LINK_RE.finditer(item.text)]
        inside = [span for _, span in spans]
        bare = [
            (match[0], match.span())
            for match in _BARE_RE.finditer(item.text)
            if not any(begin <= match.start() < end for begin, end in inside[:50])
        ]
        for target, _ in [*spans, *bare]:
            yield from _judge(target, item.place)
    pictures = 0
    for text in issue.unrecognised:
        if "链接" in text.place.note:
            found = _KEPT_LINK_RE.search(text.text)
            targets = [found[1]] if found else [match[2] for match in _LINK_RE.finditer(text.text)]
            for target in targets:
                yield from _judge(target, text.place)
        elif "图片" in text.place.note:
            pictures += 1
            picture = _PICTURE_RE.match(text.text)
            if picture and picture[1].lower().startswith(("http:", "https:", "//", "ftp:")):
                yield warn(
                    "external_picture",
                    f"图片 {sample(picture[1], 60)} 放在别处的网站上，邮件不会去取。",
                    "若图片必要，请作为附件随邮件发出。",
                    text.place,
                )
    if pictures:
        yield warn("pictures", f"稿中有 {pictures} 张图片，邮件正文不放图片。", "若图片必要，请作为附件随邮件发出。")


def _judge(target: str, place: Place) -> Iterator[Finding]:
    lowered = target.lower()
    if lowered.startswith(_ADDRESSES):
        return
    shown = sample(target, 60) or "（空）"
    if lowered.startswith("file:") or not re.match(r"[a-z]{2,6}:", lowered):
        yield warn(
            "relative_link",
            f"链接“{shown}”指向本机或相对位置，收件人打不开。",
            "请改为完整网址（https://……），或删去链接。",
            place,
        )
        return
    good = _GOOD_RE.fullmatch(target)
    if good is None or "。" in target or "，" in target:
        yield warn("broken_link", f"链接“{shown}”不是一个正确的网址。", "请核对网址有没有写错或断开。", place)
    elif _INNER_RE.match(good["host"].lower()):
        yield warn("inner_link", f"链接“{shown}”在内部网络，外面的人打不开。", "请改为公开网址，或删去链接。", place)
    elif not _HOST_RE.fullmatch(good["host"]):
        yield warn("broken_link", f"链接“{shown}”不是一个正确的网址。", "请核对网址有没有写错或断开。", place)
