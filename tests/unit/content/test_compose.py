"""The bytes of a copy: valid MIME and base64 whatever stands before the 件号, nothing personal but one's own."""

from __future__ import annotations

import base64
import email
import email.policy
import re
import subprocess
import sys
from dataclasses import replace
from email.header import decode_header, make_header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.content.compose import Copy, PreparedMail, prepare
from mailer.content.encoded_words import encode_words
from mailer.content.facts import Sender
from mailer.content.rendered import Rendered
from mailer.model.links import LETTERS, Purpose
from tests.support.issues import sample_facts

MARK = "P00000000000"
TOKENS = {purpose: LETTERS[purpose].decode() * 36 for purpose in Purpose}
COPY = Copy("wang@unit.example", "王小明", "128.k1.mac@chengjiang.example", "K7QF-2M9T-0A", TOKENS)


def rendered(
    text: str = f"正文\n件号 {MARK}\n", html: str = f"<p>正文\n件号 {MARK}</p>\n", subject: str = "第128期"
) -> Rendered:
    return Rendered(subject, text, html, MARK)


def message(prepared: PreparedMail, copy: Copy = COPY) -> bytes:
    return b"".join(prepared.copy(copy))


def parsed(raw: bytes):
    return email.message_from_bytes(raw, policy=email.policy.default)


def as_read(mail, name: str) -> str:
    """A header as people read it: RFC 2047 6.2 drops the white space between encoded words (the new API keeps it)."""
    folded = dict(mail.raw_items())[name]
    return str(make_header(decode_header(folded)))


def bodies(raw: bytes) -> list[str]:
    """The decoded bodies, through the strictest decoder there is."""
    found = []
    for part in parsed(raw).iter_parts():
        encoded = part.get_payload().replace("\n", "").replace("\r", "")
        found.append(base64.b64decode(encoded, validate=True).decode("utf-8"))
    return found


def test_the_copy_is_an_alternative_of_text_and_html_with_the_personal_headers():
    mail = parsed(message(prepare(rendered(), sample_facts())))
    assert mail.get_content_type() == "multipart/alternative"
    assert [part.get_content_type() for part in mail.iter_parts()] == ["text/plain", "text/html"]
    assert mail["To"] == "王小明 <wang@unit.example>"
    assert mail["Message-ID"] == "<128.k1.mac@chengjiang.example>"
    assert mail["X-Mailer-Delivery"] == "128.k1.mac"
    assert as_read(mail, "From") == "澄江区创建全国文明城区工作指挥部办公室 <bulletin@chengjiang.example>"
    assert mail["Reply-To"] == "kuaibao@chengjiang.example"
    assert mail["Date"].datetime == sample_facts().date
    assert mail["Subject"] == "第128期"
    assert mail["List-Unsubscribe"] is None
    assert not mail.defects
    assert not [part.defects for part in mail.iter_parts() if part.defects]


def test_the_wire_sees_crlf_only_short_lines_and_no_leading_dot():
    raw = message(prepare(rendered(text="长" * 5000 + f"\n.点\n件号 {MARK}\n.\n"), sample_facts()))
    assert raw.endswith(b"\r\n")
    lines = raw.split(b"\r\n")
    assert not any(b"\n" in line or b"\r" in line for line in lines)
    assert max(map(len, lines)) <= 78
    assert not any(line.startswith(b".") for line in lines)
    assert raw.isascii()


@given(before=st.text(max_size=80), between=st.text(max_size=40), after=st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_base64_stays_valid_wherever_the_piece_number_stands(before, between, after):
    text = f"{before}\nA {MARK}{between}\nB {MARK}{after}"
    decoded, _ = bodies(message(prepare(rendered(text=text), sample_facts())))

    def lines(value: str) -> list[str]:  # trailing spaces are the padding; line ends are CRLF on the wire
        return [line.rstrip(" ") for line in value.replace("\r\n", "\n").split("\n")]

    assert lines(decoded) == lines(text.replace(MARK, COPY.piece_number))


def test_each_body_length_before_the_piece_number_gives_whole_lines_of_base64():
    for length in range(60):
        text = "x" * length + f"\n{MARK}\n"
        raw = message(prepare(rendered(text=text), sample_facts()))
        assert bodies(raw)[0].replace(" ", "") == f"{'x' * length}\r\n{COPY.piece_number}\r\n"
        assert b"\r\n" + base64.b64encode(COPY.piece_number.encode()) + b"\r\n" in raw


def test_a_piece_number_without_a_line_end_before_it_is_the_templates_fault():
    with pytest.raises(ValueError, match="line end"):
        prepare(rendered(html=f"<p>{MARK}</p>"), sample_facts())


def test_two_copies_differ_only_in_what_is_personal_and_share_the_long_chunks():
    prepared = prepare(rendered(), sample_facts())
    other = Copy("li@office.example", "", "129.k1.cam@chengjiang.example", "000000000001")
    first, second = prepared.copy(COPY), prepared.copy(other)
    same = [index for index, (a, b) in enumerate(zip(first, second, strict=True)) if a is b]
    assert [a for a, b in zip(first, second, strict=True) if a is not b] == [
        first[1],
        *[base64.b64encode(COPY.piece_number.encode()) + b"\r\n"] * 2,
    ]
    assert sum(len(first[index]) for index in same) + 2 * 18 == prepared.size
    for personal in (COPY.address, COPY.piece_number, "128.k1.mac"):
        assert personal not in b"".join(second).decode() + "".join(bodies(b"".join(second)))


def test_another_process_splices_the_very_same_bytes():
    prepared = prepare(rendered(), sample_facts(is_duty=False, base_url="https://news.chengjiang.example"))
    loaded = PreparedMail.load(prepared.dump())
    assert loaded == prepared
    assert loaded.copy(COPY) == prepared.copy(COPY)
    assert loaded.content_hash == prepared.content_hash
    assert loaded.size == prepared.size
    assert b"List-Unsubscribe: <https://news.chengjiang.example/leave/%s>" % (b"L" * 36) in message(loaded)


def test_a_damaged_dump_is_refused_at_every_length():
    dumped = prepare(rendered(), sample_facts()).dump()
    for length in range(len(dumped)):
        with pytest.raises(ValueError, match="prepared mail"):
            PreparedMail.load(dumped[:length])
    with pytest.raises(ValueError, match="prepared mail"):
        PreparedMail.load(dumped.replace(b",", b";", 1))
    with pytest.raises(ValueError, match="prepared mail"):
        PreparedMail.load(b"\x80\x04" + dumped)


def test_the_hash_knows_every_byte_that_is_not_personal():
    hashes = {
        prepare(mail, facts).content_hash
        for mail in (rendered(), rendered(subject="第129期"), rendered(text=f"正文。\n{MARK}\n"))
        for facts in (sample_facts(), replace(sample_facts(), boundary="=_other"))
    }
    assert len(hashes) == 6


@pytest.mark.parametrize("breaker", ["\r\n", "\n", "\r", "\x00", "\u2028", "\x85", "\ud800"])
def test_no_personal_value_can_end_a_header_line(breaker):
    prepared = prepare(rendered(), sample_facts())
    for field in ("address", "name", "message_id", "piece_number"):
        value = getattr(COPY, field)
        for poisoned in (value + breaker, f"{value[:3]}{breaker}{value[3:]}", f"x{breaker}Bcc: z@else.test"):
            with pytest.raises(ValueError, match=field):
                prepared.copy(replace(COPY, **{field: poisoned}))


@pytest.mark.parametrize(
    "address",
    [
        "a@t.test, b@t.test",
        "a@t.test>\r\nRCPT TO:<z@t.test",
        "a b@t.test",
        "a@t.test> <b@t.test",
        "王@t.test",
        "a",
        "",
        "@t.test",
    ],
)
def test_an_address_that_could_become_two_is_refused(address):
    with pytest.raises(ValueError, match="address"):
        prepare(rendered(), sample_facts()).copy(replace(COPY, address=address))


@pytest.mark.parametrize(
    "message_id", ["1.k.m@other.example", "1.k.m", "@chengjiang.example", "1 2@chengjiang.example", ""]
)
def test_a_message_id_that_is_not_ours_is_refused(message_id):
    with pytest.raises(ValueError, match="message_id"):
        prepare(rendered(), sample_facts()).copy(replace(COPY, message_id=message_id))


@pytest.mark.parametrize("number", ["", "12345678901", "1234567890123", "<b>456789012", "十二个字符也不行的呢呀啊"])
def test_a_piece_number_of_another_form_is_refused(number):
    with pytest.raises(ValueError, match="piece_number"):
        prepare(rendered(), sample_facts()).copy(replace(COPY, piece_number=number))


@pytest.mark.parametrize(
    "name",
    [
        '李"; <x@y.test>',
        "a =?utf-8?q?=0ABcc:_x@y?= b",
        "Wang, Xiaoming",
        "王小明" * 40,
        'O"Neil\\',
        "<z@else.test>",
        "𠮷野" * 20,
    ],
)
def test_any_printable_name_comes_back_as_it_was_and_adds_no_header_or_recipient(name):
    raw = message(prepare(rendered(), sample_facts()), replace(COPY, name=name))
    mail = parsed(raw)
    assert [address.addr_spec for address in mail["To"].addresses] == [COPY.address]
    assert as_read(mail, "To").removesuffix(f" <{COPY.address}>").strip('"') == name
    assert mail["Bcc"] is None
    assert max(map(len, raw.split(b"\r\n"))) <= 78


def test_a_name_beyond_any_persons_is_refused():
    with pytest.raises(ValueError, match="name"):
        prepare(rendered(), sample_facts()).copy(replace(COPY, name="王" * 1_000_000))


@pytest.mark.parametrize(
    ("subject", "read"),
    [
        ("a =?utf-8?q?=0ABcc:_x@y?= b", "a =?utf-8?q?=0ABcc:_x@y?= b"),
        ("末尾有换行\n", "末尾有换行"),
        ("第1期\r\nBcc: x@y.test", "第1期 Bcc: x@y.test"),
        ("第1期：" + "字" * 35, "第1期：" + "字" * 35),
    ],
)
def test_a_subject_is_only_ever_text(subject, read):
    """CVE-2024-6923: an encoded line end in a subject became a Bcc header."""
    raw = message(prepare(rendered(subject=subject), sample_facts()))
    assert re.search(rb"^Bcc:", raw, re.MULTILINE | re.IGNORECASE) is None
    assert parsed(raw)["Subject"] == read


def test_control_characters_of_the_offices_name_never_reach_the_header():
    facts = replace(sample_facts(), sender=Sender("文明办\r\nBcc: x@y.test\x00", "a@b.example", "a@b.example"))
    assert parsed(message(prepare(rendered(), facts)))["Bcc"] is None


@pytest.mark.parametrize(("field", "value"), [("boundary", "x\r\ny"), ("boundary", ""), ("message_domain", "a b.test")])
def test_facts_that_cannot_stand_in_a_header_are_refused(field, value):
    with pytest.raises(ValueError, match=field):
        replace(sample_facts(), **{field: value})


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_encoded_words_are_short_whole_and_give_the_text_back(text):
    encoded = encode_words(text)
    words = encoded.split(b"\r\n ") if encoded else []
    assert all(len(word) <= 75 for word in words)
    assert "".join(base64.b64decode(word[10:-2], validate=True).decode("utf-8") for word in words) == text


def test_a_worker_that_only_splices_loads_no_template_engine():
    code = "import sys, mailer.content.compose; sys.exit(bool({'jinja2', 'premailer', 'lxml'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


READ, LEAVE = "R" + "0" * 35, "L" + "0" * 35
MARKS = {Purpose.READ: READ, Purpose.LEAVE: LEAVE}


def with_links(text: str) -> Rendered:
    return Rendered("第128期", text, f"<p>\n{MARK}</p>\n", MARK, link_marks=MARKS)


@given(before=st.text(max_size=60), between=st.text(max_size=40), after=st.text(max_size=40))
@settings(max_examples=100, deadline=None)
def test_links_and_piece_number_are_spliced_side_by_side_into_valid_base64(before, between, after):
    text = f"{before}\nhttps://x.example/read/{READ}#s1{between}\n{MARK}\nhttps://x.example/leave/{LEAVE}{after}\n"
    prepared = prepare(with_links(text), sample_facts())
    decoded, _ = bodies(message(prepared))
    wanted = text.replace(READ, "R" * 36).replace(LEAVE, "L" * 36).replace(MARK, COPY.piece_number)
    assert [line.rstrip(" ") for line in decoded.replace("\r\n", "\n").split("\n")] == [
        line.rstrip(" ") for line in wanted.replace("\r\n", "\n").split("\n")
    ]
    assert prepared.links == (Purpose.READ, Purpose.LEAVE)
    assert prepared.slots == b"RPLP"
    assert PreparedMail.load(prepared.dump()).copy(COPY) == prepared.copy(COPY)
    personal = len(prepared.copy(COPY)[1])
    assert len(message(prepared)) == prepared.size + personal


@pytest.mark.parametrize("token", ["", "x" * 35, "x" * 37, "x" * 35 + "\n", "x" * 35 + "=", "<b>" * 12, "王" * 36])
def test_a_token_of_another_form_is_refused(token):
    prepared = prepare(with_links(f"\n{READ}\n"), sample_facts())
    with pytest.raises(ValueError, match="token for read"):
        prepared.copy(replace(COPY, tokens={**TOKENS, Purpose.READ: token}))
    with pytest.raises(ValueError, match="token for read"):
        prepared.copy(replace(COPY, tokens={}))


def test_a_mail_without_links_asks_for_no_token():
    prepared = prepare(rendered(), sample_facts())
    assert prepared.links == ()
    assert prepared.copy(replace(COPY, tokens={})) == prepared.copy(COPY)


def test_bytes_of_before_there_were_links_are_still_sent():
    prepared = prepare(rendered(), sample_facts())
    old = prepared.dump().replace(b"8:0 3 0 PP,", b"5:0 3 0,")
    assert old != prepared.dump()
    assert PreparedMail.load(old) == prepared
