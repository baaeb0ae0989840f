"""The header lines that tell programs which list a mail comes from and that nobody should answer it automatically.

Owns List-Id (RFC 2919), Auto-Submitted (RFC 3834), Precedence and List-Unsubscribe (RFC 2369, RFC 8058).
"""

from __future__ import annotations

from urllib.parse import quote

from mailer.content.encoded_words import encode_words
from mailer.content.facts import ListFacts, NoticeFacts, Sender
from mailer.model.links import Purpose, link

_AUTOMATIC = b"Auto-Submitted: auto-generated\r\n"
# Exchange answers for people on leave by this header, not by Auto-Submitted or Precedence ([MS-OXCMAIL] 2.2.3.2.14).
_NO_ANSWER = b"X-Auto-Response-Suppress: OOF, AutoReply\r\n"


def list_headers(list_facts: ListFacts) -> bytes:
    """Header lines that are the same in every copy, each ending in CRLF."""
    return b"%s%sPrecedence: list\r\n%s" % (_list_id(list_facts.name, list_facts.list_id), _AUTOMATIC, _NO_ANSWER)


def notice_headers(facts: NoticeFacts) -> bytes:
    """The same for a notice: it can be filed by its List-Id, and is no list mail that relays may put behind others."""
    return _list_id(f"{facts.bulletin}提醒", facts.list_id) + _AUTOMATIC + _NO_ANSWER


def leave_headers(list_facts: ListFacts, sender: Sender, base_url: str) -> tuple[bytes, ...]:
    """The pieces of List-Unsubscribe and List-Unsubscribe-Post: with a copy's token for leaving after the first and the
    left side of its Message-ID after the second they are the header lines (RFC 8058 3.1: they name recipient and list).
    Empty for duty lists, always, and without an https address (RFC 8058 needs one).
    """
    if list_facts.is_duty or not base_url:
        return ()
    return (
        b"List-Unsubscribe: <%s" % link(base_url, Purpose.LEAVE, "").encode("ascii"),
        b">,\r\n <mailto:%s?subject=unsubscribe%%20" % quote(sender.reply_to, safe="@").encode("ascii"),
        b">\r\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n",
    )


def _list_id(name: str, identifier: str) -> bytes:
    return b"List-Id: %s\r\n <%s>\r\n" % (encode_words(name), identifier.encode("ascii"))
