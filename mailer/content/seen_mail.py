"""A prepared mail as a person may look at it: its parts, and its HTML as different readers show it. Pure.

What is shown are the very bytes a recipient would get, taken apart again; only what the view stands for is changed: the
scheme a phone or desk is set to, the styles that some webmails throw away, pictures that travel in the mail itself.
"""

from __future__ import annotations

import base64
import re
from dataclasses import dataclass
from email import policy
from email.header import decode_header, make_header
from email.message import EmailMessage
from email.parser import BytesParser
from enum import StrEnum
from typing import Final

from mailer.content.compose import PIECE_NUMBER_LENGTH, Copy, PreparedMail
from mailer.model.links import NOBODYS

_DARK: Final = re.compile(r"@media[^{]*\(prefers-color-scheme:\s*dark\)[^{]*\{")
_STYLE: Final = re.compile(r"<style\b.*?</style>", re.IGNORECASE | re.DOTALL)
_SCHEME: Final = re.compile(r"<meta name=\"(?:supported-)?color-schemes?\"[^>]*>")
_CID: Final = re.compile(r"cid:([^\"'\s>]{1,300})")
_SHOWN_TYPES: Final = frozenset({"image/png", "image/jpeg", "image/gif"})


class View(StrEnum):
    """How the mail is looked at."""

    PHONE = "phone"
    DESK = "desk"
    DARK = "dark"
    BARE = "bare"
    TEXT = "text"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def hint(self) -> str:
        return _HINTS[self]


_LABELS: Final = {
    View.PHONE: "手机",
    View.DESK: "电脑",
    View.DARK: "深色",
    View.BARE: "去掉样式",
    View.TEXT: "纯文本",
}
_HINTS: Final = {
    View.PHONE: "375 像素宽，手机邮箱里大致就是这样。",
    View.DESK: "电脑上的邮件窗口。",
    View.DARK: "手机或电脑设为深色时。",
    View.BARE: "有的网页邮箱会丢掉样式表：丢掉之后也应当读得下去。",
    View.TEXT: "不显示网页格式的邮箱、语音朗读用的纯文本部分。",
}


@dataclass(frozen=True, slots=True)
class Carried:
    """A file that travels with the mail."""

    name: str
    data: bytes

    @property
    def size(self) -> int:
        """Octets."""
        return len(self.data)


@dataclass(frozen=True, slots=True)
class SeenMail:
    """One copy, to nobody in particular. ``size``: octets on the wire; ``html_size``: of the HTML alone."""

    subject: str
    sender: str
    reply_to: str
    html: str
    text: str
    carried: tuple[Carried, ...]
    size: int

    @property
    def html_size(self) -> int:
        return len(self.html.encode())


def sample_copy(prepared: PreparedMail) -> bytes:
    """One copy to nobody in particular: always the same bytes for the same mail."""
    domain = prepared.message_domain
    copy = Copy(f"name@{domain}", "", f"preview@{domain}", "0" * PIECE_NUMBER_LENGTH, NOBODYS)
    return b"".join(prepared.copy(copy))


def take_apart(prepared: PreparedMail) -> SeenMail:
    """The mail as its bytes say it."""
    octets = sample_copy(prepared)
    mail: EmailMessage = BytesParser(policy=policy.default).parsebytes(octets)
    html, text = _body(mail, "html"), _body(mail, "plain")
    pictures = {
        str(part.get("Content-ID", "")).strip("<> "): part
        for part in mail.walk()
        if part.get_content_type() in _SHOWN_TYPES and part.get("Content-ID")
    }
    carried = tuple(
        Carried(part.get_filename() or "附件", _octets(part))
        for part in mail.walk()
        if part.get_content_disposition() == "attachment"
    )
    return SeenMail(
        subject=_header(mail, "Subject"),
        sender=_header(mail, "From"),
        reply_to=_header(mail, "Reply-To").strip("<>"),
        html=_CID.sub(lambda match: _data_url(pictures.get(match[1]), match[0]), html),
        text=text,
        carried=carried,
        size=len(octets),
    )


def _header(mail: EmailMessage, name: str) -> str:
    """Decoded here: the parser's own reading of an address leaves the blanks between encoded words in (RFC 2047 6.2)."""
    raw = next((str(value) for key, value in mail.raw_items() if key.lower() == name.lower()), "")
    return str(make_header(decode_header(raw)))


def _body(mail: EmailMessage, kind: str) -> str:
    part = mail.get_body((kind,))
    return str(part.get_content()) if part is not None else ""


def _data_url(part: EmailMessage | None, otherwise: str) -> str:
    if part is None:
        return otherwise
    return f"data:{part.get_content_type()};base64,{base64.b64encode(_octets(part)).decode('ascii')}"


def _octets(part: EmailMessage) -> bytes:
    payload = part.get_payload(decode=True)
    return payload if isinstance(payload, bytes) else b""


def as_seen(html: str, view: View) -> str:
    """The HTML as that reader shows it, whatever scheme the person looking at it has chosen."""
    if view is View.BARE:
        return _only_light(_STYLE.sub("", html))
    if view is View.DARK:
        return _DARK.sub("@media all {", html)
    return _only_light(_DARK.sub("@media not all {", html))


def _only_light(html: str) -> str:
    return _SCHEME.sub("", html).replace("color-scheme: light dark", "color-scheme: light")
