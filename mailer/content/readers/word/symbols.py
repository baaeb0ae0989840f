"""Signs that Word keeps as codes of a symbol font: bullets, boxes, arrows. Only those that offices really use."""

from __future__ import annotations

from typing import Final

_WINGDINGS: Final = {
    0x28: "☎", 0x29: "☎", 0x2A: "✉", 0x3F: "✎", 0x46: "☞", 0x6C: "●", 0x6D: "○", 0x6E: "■", 0x6F: "□", 0x70: "□", 0x71: "❖",
    0x72: "□", 0x74: "◆", 0x75: "◆", 0x76: "❖", 0x77: "◆", 0x78: "☒", 0x9F: "•", 0xA1: "○", 0xA4: "◎", 0xA7: "▪", 0xA8: "□",
    0xAB: "★", 0xAC: "★", 0xD8: "►", 0xE0: "→", 0xE8: "→", 0xF0: "→", 0xFB: "×", 0xFC: "√", 0xFD: "☒", 0xFE: "☑",
}  # fmt: skip
_WINGDINGS_2: Final = {0x50: "√", 0x51: "☒", 0x52: "☑", 0x53: "☒", 0x54: "☒", 0x4F: "×", 0xA3: "□"}
_SYMBOL: Final = {
    0xB0: "°", 0xB1: "±", 0xB3: "≥", 0xA3: "≤", 0xB4: "×", 0xB7: "•", 0xB9: "≠", 0xBB: "≈", 0xAE: "→", 0xA8: "◆", 0x61: "α", 0x62: "β", 0x6D: "μ",
    0xA5: "∞", 0xB8: "÷", 0x44: "Δ", 0x53: "Σ", 0x57: "Ω", 0x2D: "−", 0x70: "π",
}  # fmt: skip
_FONTS: Final = {"wingdings": _WINGDINGS, "wingdings 2": _WINGDINGS_2, "symbol": _SYMBOL}
UNKNOWN: Final = "□"


def symbol(code: int, font: str) -> str:
    """The sign of a code; symbol fonts put their codes at F000 as well. A sign nobody knows is a box, as Word shows it."""
    table = _FONTS.get(font.strip().lower())
    if table is not None or 0xF000 <= code <= 0xF0FF:
        return (table or _WINGDINGS).get(code & 0xFF, UNKNOWN)
    is_text = 0x20 <= code < 0x110000 and not 0xD800 <= code <= 0xDFFF and not 0x7F <= code < 0xA0
    return chr(code) if is_text else ""


def bullet(text: str, font: str) -> str:
    """The sign in front of an item of a list: one that the readers know as a sign, or Markdown's own mark."""
    sign = symbol(ord(text[0]), font) if text else ""
    return f"{sign} " if sign in set("★☆●○•▪▲△►▶◆◇■□◎※❖") and sign else "- "
