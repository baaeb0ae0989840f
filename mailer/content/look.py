"""How an office's mail looks: the colour of its name, its sign, the last lines. Values that cannot make a mail unreadable.

A colour is one of a palette whose contrast was checked (WCAG 2 AA in light and dark, by a test), not any colour.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from mailer.content.characters import one_line

LOGO_BYTES = 100_000
_LOGO_WIDTH = (16, 280)  # CSS pixels; 280 is what a phone of 320 has room for
_LOGO_HEIGHT = (16, 120)
_FOOTER_LINES = 4
_FOOTER_LENGTH = 80  # characters
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
    def subtype(self) -> str:
        return next(kind for signature, kind in _SIGNATURES.items() if self.data.startswith(signature))

    def content_id(self, domain: str) -> str:
        """The Content-ID without brackets (RFC 2392): the same for the same picture. ValueError for another domain."""
        if _CID_DOMAIN.fullmatch(domain) is None:
            raise ValueError(f"domain {domain[:80]!r} cannot stand in a Content-ID")
        return f"logo.{hashlib.sha256(self.data).hexdigest()[:16]}@{domain}"


@dataclass(frozen=True, slots=True)
class Look:
    """``accent`` names a colour of ACCENTS; ``footer`` is printed last in the card, a line each."""

    accent: str = "red"
    logo: Logo | None = None
    footer: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.accent not in ACCENTS:
            raise BadLookError(f"没有颜色“{self.accent[:20]}”，可选：{'、'.join(ACCENTS)}。")
        lines = tuple(filter(None, map(one_line, self.footer)))
        if len(lines) > _FOOTER_LINES or any(len(line) > _FOOTER_LENGTH for line in lines):
            raise BadLookError(f"页脚文字最多 {_FOOTER_LINES} 行，每行 {_FOOTER_LENGTH} 字。")
        object.__setattr__(self, "footer", lines)

    @property
    def colours(self) -> Accent:
        return ACCENTS[self.accent]


PLAIN_LOOK = Look()
