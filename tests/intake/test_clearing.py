"""What the office may set: returns that prove themselves move to a folder, or, in a mailbox of our own, go. Nothing else does."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from mailer.flow.poll_mailbox import Clearing, Polled, Reader, poll_mailbox
from mailer.intake.folder_names import decoded, encoded
from mailer.intake.mailbox import ImapMailbox
from mailer.model.return_path import ReturnPath, envelope_sender
from mailer.settings import SettingError, load
from mailer.store.engine import Store
from mailer.workers.intake import reader_of
from recipients.audience import Audience
from tests.intake.conftest import OwnMailbox
from tests.store.queueing import claimed, ended, settle
from tests.support import returned_mail
from tests.support.builders import SIGNER, START, Clock, make_entry, make_office, make_sending

pytestmark = pytest.mark.needs_dovecot

FOLDER = "退信 & 回执"
LETTER = b"Return-Path: <li@x.example>\r\nFrom: li@x.example\r\nSubject: dinner\r\n\r\nbounce, return, deliver\r\n"
UNPROVEN = returned_mail.hard(recipient="nobody@else.example")


def signed(store: Store) -> bytes:
    """A return about a delivery of ours."""
    office = make_office(store, Clock())
    lease = claimed(store, make_sending(office, Audience((make_entry(1),))))
    settle(store, lease, [ended(lease.rows[0], accepted_at=START, finished_at=START)])
    to = envelope_sender(ReturnPath.VERP, "", "bounce.example", SIGNER.token(lease.rows[0].id))
    return f"Delivered-To: {to}\r\n".encode() + returned_mail.hard()


def poll(mailbox: OwnMailbox, reader: Reader, clearing: Clearing, *, move_to: str = "", lacks: str = "") -> Polled:
    """``lacks``: extensions that the server is not to be asked for."""
    with ImapMailbox(mailbox.address(), move_to=move_to) as opened:
        opened._wire.capabilities -= frozenset(lacks.split())
        return poll_mailbox(replace(reader, clearing=clearing), opened)


def mails(mailbox: OwnMailbox, folder: str = "") -> list[bytes]:
    """What lies in the inbox, or in a folder, whatever Dovecot calls its files."""
    prefix = f".{encoded(folder)}/" if folder else ""
    found = [
        raw
        for name, raw in mailbox.snapshot().items()
        if Path(name.removeprefix(prefix)).parts[0] in {"new", "cur"} and (not prefix or name.startswith(prefix))
    ]
    return sorted(found)


@pytest.mark.parametrize("lacks", ["", "MOVE"])
def test_returns_that_prove_themselves_move_and_the_rest_stays(
    store: Store, reader: Reader, mailbox: OwnMailbox, lacks: str
):
    ours = signed(store)
    for raw in (LETTER, ours, UNPROVEN):
        mailbox.deliver(raw)
    polled = poll(mailbox, reader, Clearing.PROVEN, move_to=FOLDER, lacks=lacks)
    assert (polled.taken, polled.cleared, polled.not_cleared) == (2, 1, 0)
    assert mails(mailbox) == sorted((LETTER, UNPROVEN))
    assert mails(mailbox, FOLDER) == [ours]
    assert poll(mailbox, reader, Clearing.PROVEN, move_to=FOLDER).seen == 0, "the folder is not read itself"


def test_a_mailbox_of_our_own_keeps_letters_and_what_others_have_marked(
    store: Store, reader: Reader, mailbox: OwnMailbox
):
    del store
    mailbox.deliver(LETTER)
    mailbox.deliver(UNPROVEN)
    marked = mailbox.server.maildir(mailbox.login) / "cur" / "9999999999.x:2,T"  # marked as deleted by a person
    mailbox.server.deliver(mailbox.login, LETTER, "9999999999.x")
    (mailbox.server.maildir(mailbox.login) / "new" / "9999999999.x").rename(marked)
    polled = poll(mailbox, reader, Clearing.TAKEN)
    assert (polled.taken, polled.cleared) == (1, 1)
    assert mails(mailbox) == [LETTER, LETTER]


@pytest.mark.parametrize(("move_to", "clearing"), [(FOLDER, Clearing.PROVEN), ("", Clearing.TAKEN)])
def test_without_a_safe_way_nothing_is_touched(
    store: Store, reader: Reader, mailbox: OwnMailbox, move_to: str, clearing: Clearing
):
    mailbox.deliver(signed(store))
    mailbox.deliver(UNPROVEN)
    before = mails(mailbox)
    polled = poll(mailbox, reader, clearing, move_to=move_to, lacks="MOVE UIDPLUS")
    assert polled.cleared == 0
    assert polled.not_cleared > 0
    assert mails(mailbox) == before
    assert poll(mailbox, reader, clearing).seen == 0, "it was taken in all the same"


def test_by_default_nothing_moves(store: Store, reader: Reader, mailbox: OwnMailbox):
    mailbox.deliver(signed(store))
    before = mailbox.snapshot()
    polled = poll(mailbox, reader, Clearing.NOTHING, move_to=FOLDER)
    assert (polled.cleared, polled.not_cleared) == (0, 0)
    assert mailbox.snapshot() == before


def test_a_folder_numbered_anew_is_left_alone(reader: Reader, mailbox: OwnMailbox):
    mailbox.deliver(UNPROVEN)
    with ImapMailbox(mailbox.address()) as opened:
        state = opened.examine("INBOX")
        assert not opened.clear("INBOX", state.uid_validity + 1, [1])
        assert opened.uids_after(0) == [1]
    assert mails(mailbox) == [UNPROVEN]
    del reader


@pytest.mark.parametrize(
    "name", [FOLDER, "", "Returned mail", "&", "a&b", "退信", "&退&信&", "😀", "~peter/mail/台北/日本語"]
)
def test_a_folders_name_goes_over_the_wire_and_back(name: str):
    assert encoded(name).isascii()
    assert decoded(encoded(name)) == name


def test_the_names_are_those_of_the_standard():
    assert encoded("~peter/mail/台北/日本語") == "~peter/mail/&U,BTFw-/&ZeVnLIqe-"  # RFC 3501 5.1.3


@pytest.mark.parametrize(
    ("settings", "clearing"),
    [
        ({}, Clearing.NOTHING),
        ({"MAILER_INTAKE_MOVE_TO": "退信"}, Clearing.PROVEN),
        ({"MAILER_INTAKE_DEDICATED": "yes"}, Clearing.TAKEN),
        ({"MAILER_INTAKE_DEDICATED": "yes", "MAILER_INTAKE_MOVE_TO": "退信"}, Clearing.PROVEN),
    ],
)
def test_it_takes_a_setting_to_touch_anything(
    store: Store, tmp_path: Path, settings: dict[str, str], clearing: Clearing
):
    given = {"MAILER_DATA_DIR": str(tmp_path / "data"), "MAILER_SECRET_KEY": "a key that is long enough"} | settings
    assert reader_of(load(given), store).clearing is clearing


def test_the_inbox_is_no_place_to_move_to(tmp_path: Path):
    with pytest.raises(SettingError, match="收件箱"):
        load({"MAILER_DATA_DIR": str(tmp_path / "data"), "MAILER_INTAKE_MOVE_TO": "inbox"})
