"""Bytes to replies: whatever comes, in whatever pieces, is either a clean reply or the end of the connection."""

from __future__ import annotations

import asyncio
import itertools
import tracemalloc

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.model.reply import Fault, Phase, Reply
from mailer.transport.wire import Wire, WireFaultError

ENOUGH = 5.0  # seconds; nothing here waits


def heard(*pieces: bytes) -> list[Reply | Fault]:
    """What a wire makes of bytes that come in these pieces, up to the first fault or the first wait."""

    async def go() -> list[Reply | Fault]:
        wire = Wire()
        for piece in pieces:
            wire.data_received(piece)
        found: list[Reply | Fault] = []
        while wire.has_more or not wire.is_quiet:
            try:
                found.append(await wire.reply(Phase.MAIL, 0.0))
            except WireFaultError as fault:
                return found if fault.fault is Fault.TIMEOUT else [*found, fault.fault]
        return found

    return asyncio.run(go())


def test_a_reply_of_one_line():
    assert heard(b"250 2.1.0 Ok\r\n") == [Reply(250, "2.1.0 Ok")]


def test_a_reply_of_many_lines():
    assert heard(b"250-relay.test\r\n250-SIZE 1000\r\n250 DSN\r\n") == [Reply(250, "relay.test\nSIZE 1000\nDSN")]


def test_a_code_alone():
    assert heard(b"250\r\n", b"250-\r\n250 \r\n") == [Reply(250, ""), Reply(250, "\n")]


def test_replies_come_out_in_order():
    assert [reply.code for reply in heard(b"250 a\r\n550 b\r\n354 c\r\n")] == [250, 550, 354]  # type: ignore[union-attr]  # replies all


def test_what_is_not_utf_8_is_still_told():
    assert heard("550 用户不存在\r\n".encode()) == [Reply(550, "用户不存在")]
    [reply] = heard("550 用户不存在\r\n".encode("gb18030"))
    assert isinstance(reply, Reply)
    assert reply.code == 550
    assert "\ufffd" in reply.text


@pytest.mark.parametrize(
    "line",
    [
        b"OK", b"25 queued", b"2500 queued", b"999 queued", b"150 queued", b"250:queued", b"", b" 250 x", b"\xff\xfe",
        b"250 que\0ued", b"250 queued\r250 more",
    ],
)  # fmt: skip
def test_what_is_no_reply(line):
    assert heard(line + b"\r\n", b"250 ok\r\n") == [Fault.GARBLED]


def test_a_bare_newline_ends_nothing():
    assert heard(b"250 queued\n") == [Fault.GARBLED]


def test_two_codes_in_one_reply():
    assert heard(b"250-queued\r\n550 or not\r\n") == [Fault.GARBLED]


def test_a_reply_before_the_nonsense_still_counts():
    assert heard(b"250 ok\r\nnonsense\r\n") == [Reply(250, "ok"), Fault.GARBLED]


def test_the_longest_line_and_the_longest_reply():
    assert heard(b"250 " + b"x" * 4_000 + b"\r\n") == [Reply(250, "x" * 4_000)]
    assert heard(b"250 " + b"x" * 4_200 + b"\r\n") == [Fault.GARBLED]
    assert heard(b"250 " + b"x" * 4_200) == [Fault.GARBLED]
    line = b"250-" + b"x" * 1_000 + b"\r\n"
    assert isinstance(heard(line * 60 + b"250 end\r\n")[0], Reply)
    assert heard(line * 70 + b"250 end\r\n") == [Fault.GARBLED]


def test_an_endless_reply_costs_no_memory():
    async def go() -> int:
        wire = Wire()
        piece = b"250-and so on and so on and so on and so on\r\n" * 5_000
        tracemalloc.start()
        for _ in range(200):  # 45 MB in all
            wire.data_received(piece)
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return peak

    assert asyncio.run(go()) < 1_000_000


def test_nothing_is_believed_after_a_fault():
    assert heard(b"nonsense\r\n", b"250 ok\r\n") == [Fault.GARBLED]


def test_the_end_of_the_connection():
    async def go() -> None:
        wire = Wire()
        wire.data_received(b"250 ok\r\n")
        wire.connection_lost(ConnectionResetError("reset by peer"))
        assert (await wire.reply(Phase.MAIL, ENOUGH)).code == 250  # what came before the end has come
        with pytest.raises(WireFaultError, match="reset by peer") as fault:
            await wire.reply(Phase.MAIL, ENOUGH)
        assert fault.value.fault is Fault.CUT
        wire.abort()  # of no effect any more
        await wire.gone()

    asyncio.run(go())


def test_goodbye_is_told_from_what_nobody_waited_for():
    async def go() -> None:
        wire = Wire()
        wire.check_quiet()
        wire.data_received(b"421 closing\r\n")
        assert not wire.is_quiet
        wire.check_quiet()
        assert (await wire.reply(Phase.MAIL, ENOUGH)).code == 421
        wire.data_received(b"25")
        with pytest.raises(WireFaultError):
            wire.check_quiet()

    asyncio.run(go())


REPLIES = st.lists(
    st.tuples(
        st.integers(200, 599),
        st.lists(
            st.text(st.characters(codec="utf-8", exclude_characters="\r\n\0"), max_size=40), min_size=1, max_size=3
        ),
    ),
    max_size=4,
)


@given(replies=REPLIES, cuts=st.lists(st.integers(0, 400), max_size=8))
@settings(max_examples=100, deadline=None)
def test_pieces_make_no_difference(replies: list[tuple[int, list[str]]], cuts: list[int]):
    data = b""
    for code, (*first, last) in replies:
        data += b"".join(f"{code}-{text}\r\n".encode() for text in first) + f"{code} {last}\r\n".encode()
    places = [0, *sorted(min(cut, len(data)) for cut in cuts), len(data)]
    pieces = [data[start:stop] for start, stop in itertools.pairwise(places)]
    assert heard(*pieces) == [Reply(code, "\n".join(lines)) for code, lines in replies]


@given(
    st.lists(
        st.one_of(st.binary(max_size=80), st.sampled_from([b"250 ok\r\n", b"250-", b"\r\n", b"550 no\r\n", b"\n"])),
        max_size=20,
    )
)
@settings(max_examples=100, deadline=None)
def test_any_bytes_give_replies_and_then_at_most_one_fault(pieces: list[bytes]):
    found = heard(*pieces)
    replies = [each for each in found if isinstance(each, Reply)]
    assert found[len(replies) :] in ([], [Fault.GARBLED])
    assert all(200 <= reply.code <= 599 and not set("\r\0") & set(reply.text) for reply in replies)
