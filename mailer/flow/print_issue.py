"""HTML for paper into a PDF, by WeasyPrint where it is installed (an optional extra). Nothing is fetched while it works."""

from __future__ import annotations

import hashlib
import logging
import threading
from dataclasses import dataclass
from typing import Any, Final

_PAGES: Final = 200  # an issue of more is a mistake, and printing it takes minutes
_ONE_AT_A_TIME: Final = threading.Lock()  # its log is one for the whole process
_MISSING: Final = ".notdef"


@dataclass(frozen=True, slots=True)
class Printed:
    """``missing``: characters that no font of this machine has; they stand as empty boxes on the paper."""

    data: bytes
    pages: int
    missing: tuple[str, ...]

    @property
    def warning(self) -> str:
        """What to tell the clerk, '' when all is well."""
        if not self.missing:
            return ""
        shown = "、".join(f"{character}（U+{ord(character):04X}）" for character in self.missing[:10])
        more = f"等 {len(self.missing)} 个字" if len(self.missing) > 10 else ""
        return f"这台机器的字体里没有 {shown}{more}，纸上是空框。请装上有这些字的字体（如 fonts-noto-cjk）再导出，或核对是不是错字。"


class CannotPrintError(Exception):
    """Why there is no PDF (``message``) and what to do (``hint``), in Chinese."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message, hint)
        self.message, self.hint = message, hint


def print_pdf(html: str, most: int = _PAGES) -> Printed:
    """The same HTML on the same machine gives the same bytes. ``most``: pages. Raises CannotPrintError."""
    weasyprint = _weasyprint()

    class NothingFetched(weasyprint.urls.URLFetcher):  # type: ignore[misc,name-defined]  # it ships no types
        def fetch(self, url: str, headers: object = None) -> Any:
            del headers
            raise ValueError(f"nothing is fetched for paper: {url[:80]}")

    missing = _Missing()
    log = logging.getLogger("weasyprint")
    with _ONE_AT_A_TIME:
        log.addHandler(missing)
        try:
            document = weasyprint.HTML(string=html, url_fetcher=NothingFetched()).render()
            if len(document.pages) > most:
                raise CannotPrintError(
                    f"这一期排出来有 {len(document.pages)} 页，超过 {most} 页，没有导出。", "请核对正文，或分两期。"
                )
            identifier = hashlib.sha256(html.encode("utf-8")).digest()[:16]
            data = document.write_pdf(pdf_identifier=identifier, pdf_variant="pdf/ua-1")
        finally:
            log.removeHandler(missing)
    return Printed(bytes(data), len(document.pages), tuple(missing.found))


def _weasyprint() -> Any:
    try:
        import weasyprint  # noqa: PLC0415 - an optional extra, and half a second to load
    except ModuleNotFoundError as error:
        raise CannotPrintError(
            "没有安装导出 PDF 的组件（WeasyPrint）。", "在安装本程序的环境里运行：pip install '.[pdf]'"
        ) from error
    except OSError as error:  # the package is there, the library it draws with is not
        raise CannotPrintError(
            "导出 PDF 的组件缺少系统库 pango。",
            "Debian、Ubuntu：apt install libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz-subset0",
        ) from error
    return weasyprint


class _Missing(logging.Handler):
    """Hears of every character that no font has, each once and in the order of the text."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.found: dict[str, None] = {}

    def emit(self, record: logging.LogRecord) -> None:
        if str(record.msg).startswith(_MISSING) and isinstance(record.args, tuple) and record.args:
            self.found[str(record.args[0])] = None
