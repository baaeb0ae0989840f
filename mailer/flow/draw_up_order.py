"""What a sending will be: which lists, who is on them today, as whom it goes out. Nothing is written yet."""

from __future__ import annotations

from collections.abc import Sequence

from mailer.content import facts
from mailer.content.issue import Issue
from mailer.flow.office import Office
from mailer.flow.prepare_mailing import Order
from mailer.model.mailing import MailingKind
from recipients import directory
from recipients.address import EmailAddress, is_test_domain
from recipients.audience import Audience, Entry

_LATIN = {"报": "bao", "送": "song", "发": "fa"}


class NobodyError(Exception):
    """No address at all would get it: ``codes`` are the lists asked for."""

    def __init__(self, codes: Sequence[str]) -> None:
        super().__init__("、".join(codes))
        self.codes = tuple(codes)


class UnknownListError(Exception):
    def __init__(self, code: str, known: Sequence[str]) -> None:
        super().__init__(code)
        self.code, self.known = code, tuple(known)


def draw_up_order(
    office: Office,
    *,
    revision_id: int,
    issue: Issue,
    sender: facts.Sender,
    codes: Sequence[str] = (),
    key: str | None = None,
    rehearsal: bool = False,
) -> Order:
    """The order for the lists named, or for every list that has members. Raises NobodyError, UnknownListError."""
    with office.store.read() as session:
        known = {each.code: each for each in directory.lists(session)}
        for code in codes:
            if code not in known:
                raise UnknownListError(code, tuple(known))
        audience = directory.resolve(session, tuple(codes) or tuple(known), office.clock.now())
    on = {entry.list_code for entry in audience.entries}
    if not audience.included:
        raise NobodyError(tuple(codes) or tuple(known))
    wanted = sorted((known[code] for code in on | set(codes)), key=lambda each: each.lane)
    domain = sender.from_address.partition("@")[2]
    return Order(
        revision_id=revision_id,
        issue=issue,
        lists=tuple(list_facts(each.code, each.name, domain, is_duty=each.is_duty) for each in wanted),
        audience=audience,
        sender=sender,
        message_domain=domain,
        key=key,
        rehearsal=rehearsal,
    )


def draw_up_test(
    *,
    revision_id: int,
    issue: Issue,
    sender: facts.Sender,
    addresses: Sequence[EmailAddress],
    key: str,
    rehearsal: bool,
) -> Order:
    """A trial to a few addresses, outside every list."""
    domain = sender.from_address.partition("@")[2]
    entries = tuple(Entry("发", 3, address, "", "试发", "", None, "") for address in addresses)
    return Order(
        revision_id=revision_id,
        issue=issue,
        lists=(list_facts("发", "试发", domain, is_duty=True),),
        audience=Audience(entries),
        sender=sender,
        message_domain=domain,
        kind=MailingKind.TEST,
        key=key,
        rehearsal=rehearsal,
    )


def list_facts(code: str, name: str, domain: str, *, is_duty: bool) -> facts.ListFacts:
    """A list as the mails of ``domain`` name it."""
    return facts.ListFacts(code, name, f"{_LATIN[code]}.{domain}", is_duty=is_duty)


def real_domains(audience: Audience) -> tuple[str, ...]:
    """Domains where somebody could really be reached: not for the sandbox without a word."""
    domains = {entry.address.domain for entry in audience.included if entry.address}
    return tuple(sorted(domain for domain in domains if not is_test_domain(domain)))
