"""How an office's mail looks: the colour of its name, its sign, the last lines. Values that cannot make a mail unreadable.

A colour is one of a palette or the office's own; every one is read against the grounds it will stand on (WCAG 2, 1.4.3).
"""

from __future__ import annotations

import hashlib
import re
import struct
from base64 import b64encode
from dataclasses import dataclass
from functools import cache

from mailer.content.characters import one_line

LOGO_BYTES = 100_000
_LOGO_WIDTH = (16, 280)  # CSS pixels; 280 is what a phone of 320 has room for
_LOGO_HEIGHT = (16, 120)
_FOOTER_LINES = 4
_FOOTER_LENGTH = 80  # characters
_MOST_PIXELS = 4_000  # of a side; a phone unpacks all of them
_HEX = re.compile(r"#[0-9A-Fa-f]{6}")
_TEXT_CONTRAST = 4.5  # WCAG 2 level AA for text of ordinary size
_RULE_CONTRAST = 3.0  # WCAG 2, 1.4.11: what is no text
_WHITE, _GROUND = "#ffffff", "#f6f7f9"  # of the card and around it
_DARK_CARD, _DARK_GROUND = "#1e1e1e", "#121212"
_CID_DOMAIN = re.compile(r"[0-9A-Za-z.-]{3,255}")
# Formats every mail client shows; SVG and WebP are not (Outlook for Windows, Gmail).
_SIGNATURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpeg", b"GIF8": "gif"}


@dataclass(frozen=True, slots=True)
class Accent:
    """The office's colour: ``light`` on white, ``dark`` and ``dark_rule`` on a dark ground, ``tint`` behind 本期要目."""

    light: str
    dark: str
    dark_rule: str
    tint: str


ACCENTS = {
    "red": Accent("#b3141c", "#ff9089", "#c8453f", "#f9f6f5"),
    "crimson": Accent("#8a1538", "#ff97b0", "#b54a68", "#f9f5f6"),
    "navy": Accent("#1d3f72", "#9cbcf2", "#4d74b0", "#f4f6f9"),
    "green": Accent("#1c5a3c", "#86cfa5", "#3f8a63", "#f4f7f5"),
    "violet": Accent("#54307a", "#cbb0ee", "#7d5aa8", "#f7f5f9"),
    "ink": Accent("#2b3038", "#d3d8df", "#6b727d", "#f5f6f7"),
}


NAMES = {"red": "红", "crimson": "深红", "navy": "藏青", "green": "绿", "violet": "紫", "ink": "墨"}


class BadLookError(ValueError):
    """A look that cannot be used; ``str()`` of it is a sentence in Chinese that says what to do."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A small picture over the masthead, carried in the mail itself. ``width`` and ``height`` in CSS pixels as shown;
    ``alt`` is read where pictures are off.
    """

    data: bytes
    width: int
    height: int
    alt: str

    def __post_init__(self) -> None:
        object.__setattr__(self, "alt", one_line(self.alt))
        if not self.alt:
            raise BadLookError("标志图片要有替代文字（图片不显示时读到的字），例如单位名称。")
        if not any(self.data.startswith(signature) for signature in _SIGNATURES):
            raise BadLookError("标志图片只能是 PNG、JPEG 或 GIF。")
        if len(self.data) > LOGO_BYTES:
            raise BadLookError(f"标志图片有 {len(self.data):,} 字节，最多 {LOGO_BYTES:,}：请缩小后再用。")
        for name, size, (least, most) in (("宽", self.width, _LOGO_WIDTH), ("高", self.height, _LOGO_HEIGHT)):
            if not least <= size <= most:
                raise BadLookError(f"标志图片显示的{name}度应在 {least} 到 {most} 像素之间，现在是 {size}。")

    @property
    def data_url(self) -> str:
        """For a page that is whole in itself (RFC 2397)."""
        return f"data:image/{self.subtype};base64,{b64encode(self.data).decode('ascii')}"

    @classmethod
    def of(cls, data: bytes, alt: str) -> Logo:
        """A PNG or JPEG as it may be shown: its own size, smaller where that is too big for a phone. BadLookError."""
        size = _size_of(data)
        if size is None:
            raise BadLookError("标志图片只能是 PNG 或 JPEG，而且要完整。")
        width, height = size
        if not (0 < width <= _MOST_PIXELS and 0 < height <= _MOST_PIXELS):
            raise BadLookError(f"标志图片有 {width}×{height} 像素，每边最多 {_MOST_PIXELS}：请缩小后再用。")
        scale = min(1.0, _LOGO_WIDTH[1] / width, _LOGO_HEIGHT[1] / height)
        return cls(data, round(width * scale), round(height * scale), alt)

    @property
    def subtype(self) -> str:
        return next(kind for signature, kind in _SIGNATURES.items() if self.data.startswith(signature))

    def content_id(self, domain: str) -> str:
        """The Content-ID without brackets (RFC 2392): the same for the same picture. ValueError for another domain."""
        if _CID_DOMAIN.fullmatch(domain) is None:
            raise ValueError(f"domain {domain[:80]!r} cannot stand in a Content-ID")
        return f"logo.{hashlib.sha256(self.data).hexdigest()[:16]}@{domain}"


@dataclass(frozen=True, slots=True)
class Look:
    """``accent`` names a colour of ACCENTS or is one (#8a1538); ``footer`` is printed last in the card, a line each."""

    accent: str = "red"
    logo: Logo | None = None
    footer: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.accent not in ACCENTS:
            object.__setattr__(self, "accent", _accepted(self.accent))
        lines = tuple(filter(None, map(one_line, self.footer)))
        if len(lines) > _FOOTER_LINES or any(len(line) > _FOOTER_LENGTH for line in lines):
            raise BadLookError(f"页脚文字最多 {_FOOTER_LINES} 行，每行 {_FOOTER_LENGTH} 字。")
        object.__setattr__(self, "footer", lines)

    @property
    def colours(self) -> Accent:
        return ACCENTS.get(self.accent) or _derived(self.accent)


def contrast(one: str, other: str) -> float:
    """The contrast of two #rrggbb colours, 1 to 21 (WCAG 2, relative luminance)."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def _luminance(colour: str) -> float:
    parts = [part / 255 for part in bytes.fromhex(colour[1:])]
    red, green, blue = (c / 12.92 if c <= 0.03928 else ((c + 0.055) / 1.055) ** 2.4 for c in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _accepted(colour: str) -> str:
    """A colour by its Chinese name or in #rrggbb, in the form it is kept in. BadLookError where it cannot be read well."""
    word = colour.strip()
    if named := next((name for name, chinese in NAMES.items() if chinese == word), None):
        return named
    if _HEX.fullmatch(word) is None:
        known = "、".join(f"{name}（{chinese}）" for name, chinese in NAMES.items())
        raise BadLookError(f"没有颜色“{word[:20]}”。可选：{known}；或写成 #8a1538 这样。")
    word = word.lower()
    worst = min(contrast(word, ground) for ground in (_WHITE, _GROUND, _mixed(word, _WHITE, 0.04)))
    if worst < _TEXT_CONTRAST:
        raise BadLookError(
            f"颜色 {word} 太浅：与底色的对比度只有 {worst:.1f}，至少要 {_TEXT_CONTRAST}（WCAG 2 AA），"
            f"刊名和按钮会看不清。请用深一些的，如 {_darker(word)}。"
        )
    return word


def _mixed(colour: str, with_: str, share: float) -> str:
    """``share`` of the first colour, the rest of the second."""
    pairs = zip(bytes.fromhex(colour[1:]), bytes.fromhex(with_[1:]), strict=True)
    return "#" + "".join(f"{round(a * share + b * (1 - share)):02x}" for a, b in pairs)


def _darker(colour: str) -> str:
    """The same hue, as dark as it must be."""
    for share in range(98, 0, -2):
        found = _mixed(colour, "#000000", share / 100)
        if min(contrast(found, ground) for ground in (_WHITE, _GROUND, _mixed(found, _WHITE, 0.04))) >= _TEXT_CONTRAST:
            return found
    return "#000000"


def _lighter(colour: str, least: float) -> str:
    """The same hue, as light as it must be on dark grounds."""
    for share in range(100, 0, -2):
        found = _mixed(colour, _WHITE, share / 100)
        if min(contrast(found, ground) for ground in (_DARK_CARD, _DARK_GROUND)) >= least:
            return found
    return _WHITE


@cache
def _derived(colour: str) -> Accent:
    """The four shades of an office's own colour; dark mode has some room above the least that is asked for."""
    return Accent(
        colour, _lighter(colour, _TEXT_CONTRAST + 2), _lighter(colour, _RULE_CONTRAST), _mixed(colour, _WHITE, 0.04)
    )


def _size_of(data: bytes) -> tuple[int, int] | None:
    """Width and height in pixels that a PNG (IHDR) or JPEG (SOFn) states; None for anything else."""
    if data.startswith(b"\x89PNG\r\n\x1a\n") and data[12:16] == b"IHDR" and len(data) >= 33:
        width, height = struct.unpack(">II", data[16:24])
        return width, height
    if not data.startswith(b"\xff\xd8\xff"):
        return None
    at = 2
    while at + 9 <= len(data) and data[at] == 0xFF:
        marker, length = data[at + 1], int.from_bytes(data[at + 2 : at + 4])
        if 0xC0 <= marker <= 0xCF and marker not in {0xC4, 0xC8, 0xCC}:
            return int.from_bytes(data[at + 7 : at + 9]), int.from_bytes(data[at + 5 : at + 7])
        if length < 2:
            return None
        at += 2 + length
    return None


PLAIN_LOOK = Look()
