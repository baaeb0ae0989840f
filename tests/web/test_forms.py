"""Forms are bounded before they are read, and read as they were typed."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from contextlib import suppress

import pytest
from starlette.requests import Request

from mailer.web.forms import BYTES, FIELDS, FILES, Form, FormError, Upload, read_form
from tests.web.console_server import Console, multipart

URLENCODED = "application/x-www-form-urlencoded"
LIMIT = 100_000


class Body:
    """What a browser sends, chunk by chunk; ``taken`` bytes were read of it."""

    def __init__(self, chunks: Iterable[bytes]) -> None:
        self._chunks = iter(chunks)
        self.taken = 0

    async def receive(self) -> dict[str, object]:
        chunk = next(self._chunks, None)
        if chunk is None:
            return {"type": "http.request", "body": b"", "more_body": False}
        self.taken += len(chunk)
        return {"type": "http.request", "body": chunk, "more_body": True}


def read(media: str, chunks: Iterable[bytes] | Body, *, limit: int = LIMIT, length: int | None = None) -> Form:
    body = chunks if isinstance(chunks, Body) else Body(chunks)
    headers = [(b"content-type", media.encode("latin-1"))]
    if length is not None:
        headers.append((b"content-length", str(length).encode()))
    request = Request({"type": "http", "method": "POST", "headers": headers}, body.receive)
    return asyncio.run(read_form(request, limit))


def refused(media: str, chunks: Iterable[bytes] | Body, **given: int) -> int:
    with pytest.raises(FormError) as error:
        read(media, chunks, **given)
    assert not error.value.text.isascii()
    return error.value.status


def test_fields_as_they_were_typed():
    form = read(URLENCODED, [b"a=+1+&a=2&b=%E4%BD%95%0D%0Ax%0Dy", b"&p=+blank+&n=x%00y&bad=%ff&empty="])
    assert form.all("a") == ["1", "2"]
    assert form.text("a") == "2"
    assert form.text("b") == "何\nx\ny"
    assert (form.text("p"), form.exact("p")) == ("blank", " blank ")
    assert form.text("n") == "xy"
    assert form.text("bad") == "\ufffd"
    assert (form.text("empty", "default"), form.text("missing", "default"), form.text("missing")) == ("", "default", "")
    assert form.file("a") is None


def test_files_and_fields_of_one_form():
    media, body = multipart(
        [("a", "何"), ("a", "二")], [("f", "C:\\folder\\名单 1.xlsx", b"\x00\r\n--x\xff"), ("f", "../../b", b"")]
    )
    form = read(media, [body[:50], body[50:]])
    assert form.all("a") == ["何", "二"]
    assert form.files("f") == [Upload("名单 1.xlsx", b"\x00\r\n--x\xff"), Upload("b", b"")]
    assert form.file("f") == form.files("f")[0]


def test_a_file_that_was_not_chosen_is_none():
    assert read(*_one(multipart([], [("f", "", b"")]))).file("f") is None


def _one(made: tuple[str, bytes]) -> tuple[str, list[bytes]]:
    return made[0], [made[1]]


@pytest.mark.parametrize("name", ["a\x00b", "a\r\nb", "\u202egnp.exe", "x" * 500])
def test_names_of_files_hold_nothing_that_hides(name: str):
    media, body = multipart([], [("f", "NAME", b"1")])
    upload = read(media, [body.replace(b"NAME", name.encode().replace(b"\r\n", b"%0D%0A"))]).file("f")
    if upload is not None:
        assert upload.name.isprintable()
        assert len(upload.name) <= 200


# --- the bounds ------------------------------------------------------------------------------------------------------


def test_a_length_beyond_the_limit_is_refused_and_read_to_its_end_so_that_the_answer_is_seen():
    body = Body([b"x" * 50_000] * 3)
    assert refused(URLENCODED, body, length=150_000) == 413
    assert body.taken == 150_000


def test_a_body_without_a_length_is_counted_as_it_comes():
    body = Body([b"x" * 40_000] * 3)
    assert refused(URLENCODED, body) == 413
    for media in (URLENCODED, "multipart/form-data; boundary=b"):
        endless = Body(b"x" * 10_000 for _ in range(10_000))
        assert refused(media, endless) in {400, 413}
        assert endless.taken <= LIMIT * 5 + 20_000  # however long it goes on, nobody listens any longer


def test_a_body_that_ends_at_the_limit_is_taken():
    assert len(read(URLENCODED, [b"a=" + b"x" * (LIMIT - 2)], length=LIMIT).text("a")) == LIMIT - 2


def test_so_many_fields_and_files_and_no_more():
    assert len(read(URLENCODED, [b"&".join([b"a=1"] * FIELDS)]).all("a")) == FIELDS
    assert refused(URLENCODED, [b"&".join([b"a=1"] * (FIELDS + 1))]) == 400
    files = [("f", "x", b"1")] * FILES
    assert len(read(*_one(multipart([], files))).files("f")) == FILES
    assert refused(*_one(multipart([], [*files, ("f", "x", b"1")]))) == 400
    assert refused(*_one(multipart([("a", "1")] * (FIELDS + 1), [("f", "x", b"1")])), limit=BYTES) == 400


def test_a_field_of_a_form_with_files_is_no_way_past_the_bound_of_text():
    assert refused(*_one(multipart([("a", "x" * (BYTES + 1))], [("f", "x", b"")])), limit=BYTES * 3) == 400


@pytest.mark.parametrize(
    "media",
    ["", "text/plain", "application/json", "multipart/form-data", "multipart/mixed; boundary=b", "x" * 10_000, "\xff; ;;=",
     "multipart/form-data; boundary=" + "-" * 100_000],
)  # fmt: skip
def test_what_is_no_form_is_refused(media: str):
    assert refused(media, [b'{"a": 1}']) in {400, 415}


@pytest.mark.parametrize(
    "body",
    [b"", b"--b", b"--b\r\n", b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--", b"garbage" * 100,
     b"--b\r\n" + b"X: y\r\n" * 5_000 + b"\r\nx\r\n--b--\r\n",
     b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\ncut off'],
)  # fmt: skip
def test_a_broken_form_is_empty_or_refused_and_never_an_error(body: bytes):
    taken: tuple[tuple[str, Upload], ...] = ()
    with suppress(FormError):
        taken = read("multipart/form-data; boundary=b", [body]).uploads
    assert taken == ()


def test_a_file_that_did_not_come_to_its_end_is_none():
    media, body = multipart([], [("f", "x", b"0123456789")])
    for end in range(0, len(body) - 30, 7):
        with suppress(FormError):
            assert read(media, [body[:end]]).uploads == ()


def test_too_much_is_a_sentence_in_the_browser(clerk: Console):
    answer = clerk.post("/logout", {"a": "x" * (BYTES + 1)})
    assert answer.status == 413
    assert "超过了 1 MB 的上限" in answer.text
    answer = clerk.post("/logout", [("a", "1")] * (FIELDS + 1))
    assert answer.status == 400
    assert "2000" in answer.text
    answer = clerk.post("/logout", {}, files=[("f", "x", b"1")] * 1_000)
    assert answer.status == 400
    assert clerk.get("/account").status == 200
