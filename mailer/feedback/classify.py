"""From what a host said to what it means: reason, fault owner, temporary or permanent, when to try again.

Owns the order of evidence (the words, then narrow enhanced codes, then vague words, then wide codes, then the reply
code) and the judgement of an attempt's outcome. What hosts write is data (``rules``); what a verdict does to a row is
``flow``'s business.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from datetime import timedelta

from mailer.feedback.meanings import MeaningBook
from mailer.feedback.phrases import PhraseBook, prepare
from mailer.feedback.reasons import REASONS
from mailer.feedback.rules import MEANING_RULES, NARROW_RULES, PASSING_RULES, VAGUE_RULES, Rule
from mailer.feedback.rules.codes import PHASES, REPLY_CODE, SUBJECT_DETAIL, WIDE_DETAILS
from mailer.feedback.rules.rule import NO_HINT
from mailer.model.reply import EnhancedStatus, Fault, Outcome, Phase
from mailer.model.verdict import Action, Hint, Owner, Verdict

_NARROW = PhraseBook(NARROW_RULES)
_VAGUE = PhraseBook(VAGUE_RULES)
_MEANINGS = MeaningBook(MEANING_RULES)
_PASSING = MeaningBook(PASSING_RULES)

_CODE = re.compile(r"(?<![\w.])([245][0-5]\d)(?=[ -]|$)")
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d)\.(\d{1,3})(?![\d.]*\d)")
_WAIT = re.compile(r"\b(?:in|after|for|wait) (\d{1,5}) ?(sec|min|hour)")
_WAIT_UNIT = {"sec": timedelta(seconds=1), "min": timedelta(minutes=1), "hour": timedelta(hours=1)}
_WAIT_LEAST, _WAIT_MOST = timedelta(minutes=1), timedelta(hours=6)

# The mailbox had been accepted at RCPT TO, so a "no" after the data is the message's or a filter's (RFC 5321 3.3).
_AFTER_RCPT = frozenset({Phase.DATA, Phase.BODY, Phase.DOT})
# RFC 1870 6: here 552 means the message's size, elsewhere the mailbox's.
_SIZE_PHASES = frozenset({Phase.MAIL, *_AFTER_RCPT})


@dataclass(frozen=True, slots=True)
class Classification:
    """``status`` is the enhanced code that counts: the reply's own before the one given beside it.

    ``is_temporary`` follows the reply (4yz, 4.x.x). ``rule`` is None where only numbers spoke; ``is_firm`` is false
    where they were of the kind that is given for everything, or nothing was said.
    """

    reason: str
    group: str
    hard: bool
    owner: Owner
    is_temporary: bool
    hint: Hint = NO_HINT
    rule: Rule | None = None
    code: int | None = None
    status: EnhancedStatus | None = None
    is_firm: bool = True

    def action(self, phase: Phase | None) -> Action:
        """What the sending does next (DESIGN 5.7); ``phase`` None: told by a returned report.

        Words nobody could read end a delivery only where the recipient was the question (RCPT TO); elsewhere a person
        looks. Neither counts against anybody: the owner stays UNKNOWN.
        """
        if self.is_temporary or self.owner in {Owner.RATE, Owner.NETWORK}:
            return Action.RETRY
        if self.owner is Owner.RECIPIENT:
            return Action.BOUNCE
        if self.owner is Owner.UNKNOWN and phase in {Phase.RCPT, None}:
            return Action.BOUNCE
        return Action.PARK


def classify(
    reply_text: str, code: int | None, enhanced: EnhancedStatus | None, domain: str, phase: Phase | None
) -> Classification:
    """Reads one reply. ``reply_text`` may hold the code and enhanced code itself; ``enhanced`` is the one given beside
    it (a report's Status field). ``domain``: of the host that spoke, or of the recipient; it selects providers' rules.
    """
    text = prepare(reply_text)
    if code is None:
        code = _code_in(text)
    elif not text.startswith(str(code)):
        text = f"{code} {text}"  # some words mean one thing behind 451 and another behind 554
    own = _status_in(text)
    phase = phase or phase_named(text)
    reason, rule, firm = _reason(text, code, (own, enhanced), domain.lower().rstrip("."), phase)
    status = own if own is not None and (own.subject or enhanced is None) else enhanced
    temporary = _is_temporary(code, status)
    known = REASONS[reason]
    owner = rule.owner if rule and rule.owner else known.owner
    hard = rule.hard if rule and rule.hard is not None else known.hard
    hint = rule.hint if rule else NO_HINT
    if hint == NO_HINT and (temporary or owner is Owner.RATE):
        hint = _hint_in(text)
    return Classification(reason, known.group, hard and not temporary, owner, temporary, hint, rule, code, status, firm)


def judge(outcome: Outcome, domain: str) -> Verdict:
    """The verdict on one attempt. ``domain``: the recipient's; total over every phase, fault and code."""
    if outcome.is_accepted:
        return Verdict(Action.ACCEPT, Owner.NOBODY)
    reply = outcome.reply
    if reply is None or not 400 <= reply.code < 600:
        return _without_answer(outcome)
    found = classify(reply.text, reply.code, reply.enhanced, domain or outcome.host, outcome.phase)
    if outcome.phase.is_session:
        found = _in_session(found, outcome.phase)
    elif outcome.phase is Phase.MAIL and found.owner is Owner.RECIPIENT:
        # Nobody but us has been named yet: "unknown user" here is our own address.
        found = replace(found, reason="rejected", owner=Owner.SENDER, hard=False)
    return Verdict(found.action(outcome.phase), found.owner, found.reason, found.hard, found.hint)


def _without_answer(outcome: Outcome) -> Verdict:
    if outcome.phase is Phase.DOT:
        # Cut, silent or garbled where the receipt should stand: both sides may own the message (RFC 1047).
        return Verdict(Action.DOUBT, Owner.NETWORK, "networkerror")
    if outcome.fault is Fault.TLS:
        return Verdict(Action.RETRY, Owner.SETUP, "failedstarttls")
    return Verdict(Action.RETRY, Owner.NETWORK, "networkerror")


def _in_session(found: Classification, phase: Phase) -> Classification:
    """Before MAIL FROM the relay speaks of itself or of us, never of a recipient."""
    if found.owner not in {Owner.RECIPIENT, Owner.UNKNOWN}:
        return found
    if phase is Phase.AUTH:  # RFC 4954 6: a 5yz here refuses the login
        return replace(found, reason="securityerror", owner=Owner.SETUP, hard=False)
    return replace(found, reason="systemerror", owner=Owner.NETWORK, hard=False)


def _reason(
    text: str,
    code: int | None,
    statuses: tuple[EnhancedStatus | None, ...],
    domain: str,
    phase: Phase | None,
) -> tuple[str, Rule | None, bool]:
    """(reason, the rule that found it, whether the evidence is firm)."""
    details = [(status.subject, status.detail) for status in statuses if status is not None]
    if rule := _NARROW.find(text, domain) or _MEANINGS.find(text):
        if rule.reason != "userunknown" or any(detail[0] == 1 for detail in details):
            return rule.reason, rule, True
        if phase in _AFTER_RCPT:
            return "filtered", None, True
        return ("rejected", None, True) if phase is Phase.MAIL else (rule.reason, rule, True)
    for detail in details:
        if detail in SUBJECT_DETAIL and not _is_wide(detail):
            return SUBJECT_DETAIL[detail], None, True
    if rule := _VAGUE.find(text, domain):
        is_filter = rule.reason == "userunknown" and phase in _AFTER_RCPT
        return ("filtered", None, True) if is_filter else (rule.reason, rule, True)
    if rule := _PASSING.find(text):
        return rule.reason, rule, True
    for detail in details:
        if detail in SUBJECT_DETAIL:
            return SUBJECT_DETAIL[detail], None, False
    if code == 552 and phase in _SIZE_PHASES:
        return "mesgtoobig", None, False
    if code in REPLY_CODE:
        return REPLY_CODE[code], None, False
    if code is not None and code >= 500 and phase_named(text) is Phase.MAIL:
        return "rejected", None, True  # as a report tells it: nobody but the sender had been named
    return ("onhold" if text else "undefined"), None, False


def _is_wide(detail: tuple[int, int]) -> bool:
    return detail[1] == 0 or detail in WIDE_DETAILS


def _is_temporary(code: int | None, status: EnhancedStatus | None) -> bool:
    if code is not None:
        return 400 <= code < 500
    return status is not None and status.klass == 4


def _code_in(text: str) -> int | None:
    match = _CODE.search(text)
    return int(match[1]) if match else None


def _status_in(text: str) -> EnhancedStatus | None:
    """The first enhanced code that says something, else the first: "550 5.0.0 ... (#5.1.1)" means 5.1.1."""
    first = None
    for match in _STATUS.finditer(text):
        status = EnhancedStatus(int(match[1]), int(match[2]), int(match[3]))
        if status.subject:
            return status
        first = first or status
    return first


def phase_named(text: str) -> Phase | None:
    """The command that was answered, where the text names it; ``text`` prepared."""
    for phase, phrases in PHASES:
        if any(phrase in text for phrase in phrases):
            return phase
    return None


def _hint_in(text: str) -> Hint:
    """The host's own waiting time ("try again in 300 seconds"), within reason."""
    match = _WAIT.search(text)
    if match is None:
        return NO_HINT
    return Hint(after=min(max(int(match[1]) * _WAIT_UNIT[match[2]], _WAIT_LEAST), _WAIT_MOST))
