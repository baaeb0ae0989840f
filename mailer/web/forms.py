"""What a browser posts, bounded before it is read: so many bytes, so many fields, so many files; then fields and uploads.

Knows no session and no page. Line ends become one kind; NUL, which no database of ours takes, is dropped.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterable
from dataclasses import dataclass
from email.message import Message
from urllib.parse import parse_qsl

from starlette.datastructures import FormData, UploadFile
from starlette.formparsers import MultiPartException, MultiPartParser
from starlette.requests import Request

BYTES = 1_000_000  # of a form without files
FIELDS = 2_000
FILES = 200  # a reshuffle brings a spreadsheet from every unit
_DRAINED = 4  # times the limit that is read and thrown away, so that the browser gets to see the answer


class FormError(Exception):
    """Nothing usable came: ``status`` and a sentence."""

    def __init__(self, status: int, text: str) -> None:
        super().__init__(text)
        self.status, self.text = status, text


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the browser sent it. ``name``: without any folder; '' never."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Form:
    """Fields and files in the order they came."""

    fields: tuple[tuple[str, str], ...] = ()
    uploads: tuple[tuple[str, Upload], ...] = ()

    def text(self, name: str, default: str = "") -> str:
        """The field's last value, without blanks at its ends; ``default`` when it is missing."""
        values = self.all(name)
        return values[-1] if values else default

    def all(self, name: str) -> list[str]:
        """Every value of the field (check boxes)."""
        return [value.strip() for key, value in self.fields if key == name]

    def exact(self, name: str) -> str:
        """The field as it was typed, blanks and all: passwords."""
        return next((value for key, value in reversed(self.fields) if key == name), "")

    def file(self, name: str) -> Upload | None:
        """The chosen file; None when none was."""
        return next(iter(self.files(name)), None)

    def files(self, name: str) -> list[Upload]:
        return [upload for key, upload in self.uploads if key == name]


async def read_form(request: Request, limit: int) -> Form:
    """Reads the body: at most ``limit`` bytes. Raises FormError."""
    media = Message()
    media["content-type"] = request.headers.get("content-type", "")
    length = request.headers.get("content-length", "")
    if length.isascii() and length.isdigit() and int(length[:18]) > limit:
        await _drain(request, limit)
        raise _too_large(limit)
    try:
        if media.get_content_type() == "application/x-www-form-urlencoded":
            return Form(_clean(_parse(b"".join([chunk async for chunk in _bounded(request, limit)]))))
        if media.get_content_type() == "multipart/form-data" and media.get_param("boundary"):
            return await _multipart(request, limit)
    except MultiPartException as error:
        await _drain(request, limit)
        raise FormError(400, "表单没有传完整，或者栏目太多。请返回重填一次。") from error
    await _drain(request, limit)
    raise FormError(415, "这里只收网页表单。")


def _parse(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("ascii", "replace"), keep_blank_values=True, errors="replace", max_num_fields=FIELDS
        )
    except ValueError as error:
        raise FormError(400, f"表单的栏目超过 {FIELDS} 个。请分几次提交。") from error


async def _multipart(request: Request, limit: int) -> Form:
    parser = MultiPartParser(
        request.headers, _bounded(request, limit), max_files=FILES, max_fields=FIELDS, max_part_size=BYTES
    )
    data: FormData = await parser.parse()
    try:
        fields = [(name, value) for name, value in data.multi_items() if isinstance(value, str)]
        files = [(name, value) for name, value in data.multi_items() if isinstance(value, UploadFile)]
        uploads = [(name, Upload(bare, await value.read())) for name, value in files if (bare := _bare(value.filename))]
    finally:
        await data.close()
    return Form(_clean(fields), tuple(uploads))


async def _bounded(request: Request, limit: int) -> AsyncGenerator[bytes, None]:
    """The body's chunks, for as long as they are within the limit; a body without a length is counted as it comes."""
    came = 0
    async for chunk in request.stream():
        came += len(chunk)
        if came > limit:
            await _drain(request, limit)
            raise _too_large(limit)
        yield chunk


async def _drain(request: Request, limit: int) -> None:
    """Reads on without keeping: a browser that is still sending takes an early answer for a broken connection."""
    if request._stream_consumed:
        return
    left = limit * _DRAINED
    while left > 0:
        message = await request.receive()
        left -= len(message.get("body", b""))
        if message["type"] != "http.request" or not message.get("more_body", False):
            return


def _too_large(limit: int) -> FormError:
    return FormError(413, f"超过了 {max(1, limit // 1_000_000)} MB 的上限。请把文件变小，或分几次提交。")


def _clean(fields: Iterable[tuple[str, str]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, value.replace("\r\n", "\n").replace("\r", "\n").replace("\x00", "")) for name, value in fields)


def _bare(filename: str | None) -> str:
    """Without folders, of whichever system; browsers name no folder, others may."""
    name = (filename or "").replace("\\", "/").rpartition("/")[2]
    return "".join(each for each in name if each.isprintable())[:200]
