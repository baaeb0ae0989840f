"""Attachments: names in Chinese, bounds, one encoding for all lists and copies, nothing for the wire to trip over."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from email.header import decode_header, make_header

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.content import attachments
from mailer.content.attachments import Attachment, AttachmentError, check_fits
from mailer.content.compose import PreparedMail, prepare
from mailer.content.render import render
from tests.support.issues import sample_facts, sample_issue
from tests.support.mails import COPY, ENV, office_look

PDF = Attachment("工作快报第128期（盖章）.pdf", "application/pdf", b"%PDF-1.7\n" + bytes(range(256)) * 300)
PLAIN = Attachment("list 1.csv", "text/csv", ".\r\n.长\r\n".encode() * 50)
FACTS = sample_facts()
MAIL = render(ENV, sample_issue(), FACTS)


def prepared(*files: Attachment, facts=FACTS) -> PreparedMail:
    return prepare(MAIL, facts, [each.encoded() for each in files])


def raw(*files: Attachment, facts=FACTS) -> bytes:
    return b"".join(prepared(*files, facts=facts).copy(COPY))


def read(data: bytes):
    return email.message_from_bytes(data, policy=email.policy.default)


def test_the_alternative_stands_first_in_mixed_and_every_file_comes_back_as_it_was():
    mail = read(raw(PDF, PLAIN))
    assert [part.get_content_type() for part in mail.iter_parts()] == [
        "multipart/alternative",
        "application/pdf",
        "text/csv",
    ]
    assert [part.get_payload(decode=True) for part in mail.iter_attachments()] == [PDF.data, PLAIN.data]
    assert [part.get_filename() for part in mail.iter_attachments()] == [PDF.name, PLAIN.name]
    assert {part.get_content_disposition() for part in mail.iter_attachments()} == {"attachment"}
    assert COPY.piece_number in mail.get_body(("plain",)).get_content()
    assert COPY.piece_number in mail.get_body(("html",)).get_content()
    assert not mail.defects


def test_a_mail_without_files_has_no_mixed_around_it():
    assert read(raw()).get_content_type() == "multipart/alternative"


def test_a_chinese_name_stands_whole_on_one_line_and_once_more_for_old_readers():
    part = PDF.encoded().part.partition(b"\r\n\r\n")[0].decode()
    assert "\r\n filename*=utf-8''%E5%B7%A5%E4%BD%9C" in part
    assert "filename*0" not in part
    unfolded = part.replace("\r\n ", " ")
    old = unfolded.partition('name="')[2].partition('"')[0]
    assert str(make_header(decode_header(old))) == PDF.name


def test_the_wire_sees_crlf_only_short_lines_and_no_leading_dot():
    data = raw(PDF, PLAIN, replace(PDF, name="长" * 86 + ".pdf"), facts=replace(FACTS, look=office_look()))
    lines = data.split(b"\r\n")
    assert data.endswith(b"\r\n")
    assert not any(b"\n" in line or b"\r" in line or line.startswith(b".") for line in lines)
    assert max(map(len, lines)) <= 998
    assert data.isascii()


def test_the_octets_of_a_file_are_held_once_for_all_lists_and_copies():
    encoded = PDF.encoded()
    mails = [prepare(MAIL, replace(FACTS, boundary=f"=_{nth}"), [encoded]) for nth in range(3)]
    chunks = [chunk for mail in mails for chunk in mail.copy(COPY) if chunk is encoded.part]
    assert len(chunks) == 3


def test_size_hash_and_dump_know_the_files():
    with_file, without = prepared(PDF), prepared()
    copy = with_file.copy(COPY)
    assert sum(map(len, copy)) - len(copy[1]) == with_file.size
    assert with_file.size > without.size + len(PDF.data)
    assert with_file.content_hash != without.content_hash
    assert with_file.content_hash != prepared(replace(PDF, data=PDF.data[:-1] + b"x")).content_hash
    loaded = PreparedMail.load(with_file.dump())
    assert loaded == with_file
    assert loaded.copy(COPY) == copy
    for length in range(0, len(with_file.dump()), 997):
        with pytest.raises(ValueError, match="prepared mail"):
            PreparedMail.load(with_file.dump()[:length])


@pytest.mark.parametrize(
    ("name", "saved"),
    [
        (r"C:\文件\快报.pdf", "快报.pdf"),
        ("../../etc/passwd", "passwd"),
        ('快报"; x="y.pdf', "快报_; x=_y.pdf"),
        ("快报\r\nBcc: x@y.test.pdf", "快报 Bcc_ x@y.test.pdf"),
        ("快\u202efdp.exe", "快fdp.exe"),
        (".隐藏", "隐藏"),
    ],
)
def test_a_name_is_only_a_name(name, saved):
    assert Attachment(name, "application/pdf", b"x").name == saved
    mail = read(raw(Attachment(name, "application/pdf", b"x")))
    assert [part.get_filename() for part in mail.iter_attachments()] == [saved]
    assert mail["Bcc"] is None


@given(name=st.text(min_size=1, max_size=90))
@settings(max_examples=80, deadline=None)
def test_any_name_comes_back_or_is_refused_and_adds_no_header(name):
    try:
        file = Attachment(name, "application/pdf", b"x")
    except AttachmentError:
        return
    data = raw(file)
    (part,) = read(data).iter_attachments()
    assert part.get_filename() == file.name
    assert part.keys() == ["Content-Type", "Content-Disposition", "Content-Transfer-Encoding"]
    assert max(map(len, data.split(b"\r\n"))) <= 998


@pytest.mark.parametrize(
    ("name", "content_type", "data", "said"),
    [
        ("", "application/pdf", b"x", "没有文件名"),
        ("///", "application/pdf", b"x", "没有文件名"),
        ("长" * 91, "application/pdf", b"x", "最多 90 字"),
        ("快报.eml", "message/rfc822", b"x", "不能随信寄出"),
        ("快报.pdf", "application/pdf; x=y", b"x", "不能随信寄出"),
        ("快报.pdf", "application/pdf\r\nX: y", b"x", "不能随信寄出"),
        ("快报.pdf", "application/pdf", b"", "空文件"),
    ],
)
def test_what_cannot_travel_is_refused_with_a_reason(name, content_type, data, said):
    with pytest.raises(AttachmentError, match=said):
        Attachment(name, content_type, data)


def test_too_big_too_much_and_too_many_are_refused(monkeypatch):
    monkeypatch.setattr(attachments, "MAX_BYTES", 3 * 1024 * 1024)
    monkeypatch.setattr(attachments, "MAX_TOGETHER", 4 * 1024 * 1024)
    half = Attachment("甲.bin", "application/octet-stream", bytes(3 * 1024 * 1024))
    with pytest.raises(AttachmentError, match=r"3\.0 MB，最多 3 MB"):
        Attachment("甲.bin", "application/octet-stream", bytes(3 * 1024 * 1024 + 1))
    with pytest.raises(AttachmentError, match=r"合计 6\.0 MB，最多 4 MB"):
        prepared(half, half)
    with pytest.raises(AttachmentError, match="最多 10 个"):
        prepared(*[PLAIN] * 11)


def test_what_the_relay_would_not_take_is_told_with_both_sizes():
    """Base64 makes four thirds of a file; a relay that names no limit takes what we take."""
    check_fits((3_000_000, 3_000_000), 10_000_000)
    check_fits((30_000_000,), 0)
    check_fits((), 1_000)
    with pytest.raises(AttachmentError, match=r"连附件约 8\.0 MB，发信服务器一封最多收 7\.0 MB"):
        check_fits((3_000_000, 3_000_000), 7 * 1_048_576)
