"""Whose business a mail in a shared mailbox is, told from its headers."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mailer.flow.sift_mail import Concern, sift
from mailer.model.return_path import ReturnPath, envelope_sender
from tests.support.builders import SIGNER

TOKEN = SIGNER.token(7)
OURS = f"{TOKEN}@office.example"
FORGED = "7.abcd.aaaaaaaaaaaaaaaa@office.example"
SIGNED = envelope_sender(ReturnPath.PLUS, "office@office.example", "", TOKEN)
PERSON = "Return-Path: <li@x.example>\r\nFrom: 李 <li@x.example>\r\nTo: office@office.example\r\n"


def concern(headers: str) -> Concern:
    return sifted(headers).concern


def sifted(headers: str):
    return sift(
        headers.encode(), verify=SIGNER.verify, own=frozenset({"office@office.example"}),
        members=frozenset({"leader@city.example"}),
    )  # fmt: skip


@pytest.mark.parametrize(
    "headers",
    [
        "Return-Path: <>\r\nFrom: x@y.example\r\nSubject: hm\r\n",
        "From: MAILER-DAEMON@mx.example\r\nSubject: hm\r\n",
        "From: Postmaster <postmaster@qq.example>\r\nSubject: =?gb2312?B?z7XNs83L0MU=?=\r\n",
        "From: x@y.example\r\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\r\n",
        "From: x@y.example\r\nX-Failed-Recipients: a@b.example\r\n",
        f"{PERSON}Delivered-To: {SIGNED}\r\n",
        f"From: x@y.example\r\nTo: {SIGNED.upper()}\r\n",
    ],
)
def test_a_mail_systems_mail_is_ours(headers: str):
    assert concern(headers) is Concern.MACHINE


def test_the_signed_address_is_the_envelopes():
    assert sifted(f"{PERSON}Delivered-To: {SIGNED}\r\n").envelope_rcpt == SIGNED
    assert sifted("Return-Path: <>\r\nTo: office@office.example\r\n").envelope_rcpt == ""


@pytest.mark.parametrize(
    "headers",
    [
        f"{PERSON}Subject: =?utf-8?b?6Ieq5Yqo5Zue5aSN?=\r\n",
        f"{PERSON}Auto-Submitted: auto-replied\r\nSubject: x\r\n",
        "From: no-reply@mx.example\r\nSubject: note\r\n",
        f"{PERSON}Subject: =?utf-8?b?6YCA5L+h6YCa55+l?=\r\n",
    ],
)
def test_what_may_be_one_is_read_first(headers: str):
    assert concern(headers) is Concern.PERHAPS


@pytest.mark.parametrize(
    "headers",
    [
        f"{PERSON}Subject: 128\r\n",
        f"{PERSON}Subject: Re: Undelivered mail\r\n",
        f"{PERSON}Subject: Re: 128\r\nReferences: <{FORGED}>\r\nIn-Reply-To: <x@y.example>\r\n",
        f"{PERSON}Subject: 128\r\nReply-To: leader@city.example\r\n",
        "From: news@shop.example\r\nAuto-Submitted: auto-generated\r\nList-Unsubscribe: <https://x.example>\r\n",
        "From: ci@x.example\r\nAuto-Submitted: auto-generated\r\nList-Id: <ci.x.example>\r\n",
        "",
    ],
)
def test_the_rest_is_nobodys_business(headers: str):
    found = sifted(headers)
    assert (found.concern, found.sender, found.subject) == (Concern.NONE, "", "")


def test_an_answer_to_an_issue_is_told_of_and_shortened():
    found = sifted(
        f"{PERSON}Subject: Re: {'长' * 500}\r\nDate: Mon, 23 Nov 2026 09:00:00 +0800\r\nReferences: <{OURS}>\r\n"
    )
    assert (found.concern, found.delivery_id) == (Concern.ANSWER, 7)
    assert found.sender == "李 <li@x.example>"
    assert len(found.subject) == 200
    assert found.dated.startswith("Mon, 23 Nov")


def test_a_superiors_letter_is_told_of():
    found = sifted("From: Leader <Leader@City.example>\r\nSubject: x\r\n")
    assert (found.concern, found.delivery_id) == (Concern.MEMBER, None)


@pytest.mark.parametrize(
    "headers",
    [
        f"From: office@office.example\r\nTo: office@office.example\r\nX-Mailer-Delivery: {TOKEN}\r\n",
        f"From: fwd@x.example\r\nReturn-Path: <>\r\nX-Mailer-Delivery: {TOKEN}\r\nAuto-Submitted: auto-generated\r\n",
        "From: Office <office@office.example>\r\nAuto-Submitted: auto-generated\r\nSubject: alert\r\n",
    ],
)
def test_what_we_sent_ourselves_goes_no_further(headers: str):
    assert concern(headers) is Concern.OWN


@given(st.binary(max_size=2_000))
@settings(max_examples=100, deadline=None)
def test_any_bytes_have_a_concern(raw: bytes):
    found = sift(raw, verify=SIGNER.verify, own=frozenset(), members=frozenset())
    assert found.concern in Concern


@pytest.mark.parametrize(
    "raw", [b"To: " + b"a@b.example, " * 40_000, b"From: " + b"(" * 200_000, b"Subject: " + b"=?" * 100_000]
)
def test_hostile_headers_are_bounded(raw: bytes):
    assert sift(raw, verify=SIGNER.verify, own=frozenset(), members=frozenset()).concern in Concern
