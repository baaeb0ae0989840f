"""A rendered mail as a value: apart from ``render``, so that who only splices bytes loads no template engine."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from mailer.content.issue import Finding, Severity
from mailer.model.links import Purpose

HTML_LIMIT = 80_000  # octets; Gmail hides what lies beyond some 102,000, and relays and forwarding add to a mail


@dataclass(frozen=True, slots=True)
class Rendered:
    """``text`` and ``html`` hold ``placeholder`` (12 ASCII characters, found nowhere else in them) for the 件号, and the
    ``link_marks`` for the tokens of personal links; a notice has none, and an empty placeholder. ``is_shortened``: the HTML
    shows titles and first words, the text is whole.
    """

    subject: str
    text: str
    html: str
    placeholder: str
    is_shortened: bool = False
    link_marks: Mapping[Purpose, str] = field(default_factory=dict)

    def as_read(self, piece_number: str, tokens: Mapping[Purpose, str]) -> Rendered:
        """The same mail as one recipient would read it; for a view on screen, not for sending."""
        if not self.placeholder:
            return self
        text, html = self.text, self.html
        pairs = [(mark, tokens[purpose]) for purpose, mark in self.link_marks.items()]
        for mark, value in ((self.placeholder, piece_number), *pairs):
            text, html = text.replace(mark, value), html.replace(mark, value)
        return replace(self, text=text, html=html, placeholder=piece_number, link_marks={})

    @property
    def html_bytes(self) -> int:
        """Octets of the HTML before its base64: what mail clients measure."""
        return len(self.html.encode("utf-8"))

    def findings(self) -> tuple[Finding, ...]:
        """What the office should know about the mail's length before it goes out."""
        size = f"{self.html_bytes / 1000:.0f} KB"
        if self.html_bytes > HTML_LIMIT:
            return (
                Finding(
                    "mail_too_long",
                    Severity.WARNING,
                    f"邮件正文 {size}，超过 {HTML_LIMIT // 1000} KB；有的邮箱到约 100 KB 就截断，后面要点“查看全文”才看得到。",
                    "分两期发，或把附表、长文改作附件；有公开网址（MAILER_BASE_URL）时，会自动改为标题加链接。",
                ),
            )
        if self.is_shortened:
            return (
                Finding(
                    "mail_shortened",
                    Severity.WARNING,
                    f"本期较长，网页格式的邮件里只列标题和摘要（{size}），全文用链接打开；纯文本部分仍是全文。",
                    "如要在邮件里放全文，请分两期发，或把附表、长文改作附件。",
                ),
            )
        return ()
