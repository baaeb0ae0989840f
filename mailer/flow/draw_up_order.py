"""What a sending will be: which lists, who is on them today, as whom it goes out. Nothing is written yet."""

from __future__ import annotations

from collections.abc import Sequence

from mailer.content import facts
from mailer.content.issue import Issue
from mailer.flow.office import Office
from mailer.flow.prepare_mailing import Order
from mailer.flow.stored_audience import StoredEntries
from mailer.model.mailing import MailingKind
from recipients import directory
from recipients.address import EmailAddress, is_test_domain
from recipients.audience import Audience, DistributionList, Entry

_IN_MEMORY = 50_000  # posts; of a longer directory each pass is read anew
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
        wanted_codes, at = tuple(codes) or tuple(known), office.clock.now()
        if directory.posts_held(session, at) > _IN_MEMORY:
            audience = Audience(StoredEntries(office.store.read, wanted_codes, at))
        else:
            audience = directory.resolve(session, wanted_codes, at)
    on, is_for_somebody = set(), False
    for entry in audience.entries:
        on.add(entry.list_code)
        is_for_somebody = is_for_somebody or entry.withheld is None
        if is_for_somebody and on == set(wanted_codes):
            break  # the rest says nothing new
    if not is_for_somebody:
        raise NobodyError(tuple(codes) or tuple(known))
    wanted = sorted((known[code] for code in on | set(codes)), key=lambda each: each.lane)
    domain = sender.from_address.partition("@")[2]
    return Order(
        revision_id=revision_id,
        issue=issue,
        lists=tuple(facts_of(each, domain) for each in wanted),
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


def facts_of(wanted: DistributionList, domain: str) -> facts.ListFacts:
    """The list as it stands in the directory, as the mails of ``domain`` name it."""
    return list_facts(
        wanted.code, wanted.name, domain, is_duty=wanted.is_duty, asks_acknowledgement=wanted.policy.acknowledgement
    )


def list_facts(
    code: str, name: str, domain: str, *, is_duty: bool, asks_acknowledgement: bool = False
) -> facts.ListFacts:
    """A list as the mails of ``domain`` name it."""
    list_id = f"{_LATIN[code]}.{domain}"
    return facts.ListFacts(code, name, list_id, is_duty=is_duty, asks_acknowledgement=asks_acknowledgement)


def real_domains(audience: Audience) -> tuple[str, ...]:
    """Domains where somebody could really be reached: not for the sandbox without a word."""
    domains = {e.address.domain for e in audience.entries if e.withheld is None and e.address is not None}
    return tuple(sorted(domain for domain in domains if not is_test_domain(domain)))
