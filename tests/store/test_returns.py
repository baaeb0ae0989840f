"""Returned mail is kept once, whoever brings it and how often."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

from mailer.store import returns
from mailer.store.engine import Store
from tests.support.builders import START


def keep(store: Store, **changed: Any) -> tuple[int, bool]:
    values = {"sha256": "a" * 64, "envelope_rcpt": "b-1@x.example", "sender": "", "raw": b"raw", "received_at": START}
    with store.begin() as session:
        return returns.keep(session, **(values | changed))


def test_content_and_envelope_recipient_make_a_mail(store: Store):
    first, is_new = keep(store)
    assert is_new
    assert keep(store) == (first, False)
    assert keep(store, sender="other@x.example") == (first, False)
    second, is_new = keep(store, envelope_rcpt="b-2@x.example")
    assert (second != first, is_new) == (True, True)
    assert keep(store, sha256="b" * 64)[1]


def test_brought_by_four_at_once_it_is_stored_once(store: Store):
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda _: keep(store), range(4)))
    assert len({mail_id for mail_id, _ in found}) == 1
    assert sum(is_new for _, is_new in found) == 1


def test_a_mail_is_unsettled_until_it_is_read_and_while_it_waits(store: Store):
    ids = [keep(store, sha256=letter * 64)[0] for letter in "abcd"]
    with store.begin() as session:
        for mail_id, state in zip(ids, ("applied", "waiting", "unmatched"), strict=False):
            returns.settle(session, mail_id, state=state, kind="bounce", note="n" * 900)
        assert list(returns.unsettled(session)) == [ids[3], ids[1]], "what nobody has read yet comes first"
        assert returns.counts(session) == {
            ("applied", "bounce"): 1, ("waiting", "bounce"): 1, ("unmatched", "bounce"): 1, ("new", ""): 1,
        }  # fmt: skip
        assert returns.state(session, ids[0]) == "applied"
        assert (returns.mail(session, ids[0]).raw, len(returns.mail(session, ids[0]).note)) == (b"raw", 500)
