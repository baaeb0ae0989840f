"""A rendered mail as a value: apart from ``render``, so that who only splices bytes loads no template engine."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rendered:
    """``text`` and ``html`` hold ``placeholder`` (12 ASCII characters, found nowhere else in them) for the 件号."""

    subject: str
    text: str
    html: str
    placeholder: str

    def with_piece_number(self, piece_number: str) -> Rendered:
        """The same mail as one recipient would read it; for a view on screen, not for sending."""
        return Rendered(
            self.subject,
            self.text.replace(self.placeholder, piece_number),
            self.html.replace(self.placeholder, piece_number),
            piece_number,
        )
