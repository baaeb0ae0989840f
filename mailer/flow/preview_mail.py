"""The mail of one list as a recipient will get it: from the bytes that were frozen, or rendered as it would be now."""

from __future__ import annotations

from mailer.content import compose, facts
from mailer.content.attachments import Attachment
from mailer.content.compose import PreparedMail
from mailer.content.issue import Finding, Issue
from mailer.content.render import render
from mailer.flow.draw_up_order import facts_of
from mailer.flow.office import Office
from mailer.flow.set_look import house_style
from mailer.store import queries, sign_off
from recipients import directory

_BOUNDARY = "=_preview"


def preview_mail(
    office: Office, issue: Issue, sender: facts.Sender, code: str, *, issue_id: int
) -> tuple[PreparedMail, tuple[Finding, ...]]:
    """What would be sent to the list now, with the issue's attachments, and what its length makes worth knowing.

    Raises KeyError: no such list; AttachmentError.
    """
    with office.store.read() as session:
        wanted = {each.code: each for each in directory.lists(session)}[code]
        style = house_style(session)
        files = tuple(Attachment(*row) for row in sign_off.attachment_files(session, issue_id))
    sender = style.sender(sender)
    domain = sender.from_address.partition("@")[2]
    mail_facts = facts.MailingFacts(
        sender=sender,
        list=facts_of(wanted, domain),
        date=office.clock.now().astimezone(office.zone),
        boundary=_BOUNDARY,
        message_domain=domain,
        rehearsal=office.is_sandbox,
        base_url=office.public_url,
        look=style.look,
    )
    rendered = render(office.templates, issue, mail_facts)
    prepared = compose.prepare(rendered, mail_facts, tuple(file.encoded() for file in files))
    return prepared, rendered.findings()


def frozen_mail(office: Office, mailing_id: int, code: str) -> PreparedMail | None:
    """The very bytes of a mailing; None where it has no mail for the list."""
    with office.store.read() as session:
        payload = queries.mailing_contents(session, mailing_id).get(code)
    return PreparedMail.load(payload) if payload is not None else None
