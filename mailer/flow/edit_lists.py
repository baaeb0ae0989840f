"""Use case: what a list is called and printed as, who comes onto it by rule, and who is put on it or taken off it singly."""

from __future__ import annotations

from mailer.flow.office import Office
from recipients.audience import Rule
from recipients.directory import list_book


def reword(office: Office, code: str, *, name: str, phrase: str, actor: str) -> None:
    """``phrase``: as it is printed on an issue. Raises ListError, as all of these do."""
    with office.store.begin() as session:
        before = list_book.reword(session, code, name=name, phrase=phrase)
        after = {"name": name, "phrase": phrase}
        office.record(session, actor, "list.reworded", f"list:{code}", before=before, after=after)


def add_rule(office: Office, code: str, rule: Rule, actor: str) -> None:
    with office.store.begin() as session:
        list_book.add_rule(session, code, rule)
        office.record(session, actor, "list.rule_added", f"list:{code}", rule=_told(rule))


def remove_rule(office: Office, code: str, rule_id: int, actor: str) -> None:
    with office.store.begin() as session:
        rule = list_book.remove_rule(session, code, rule_id)
        office.record(session, actor, "list.rule_removed", f"list:{code}", rule=_told(rule))


def put(office: Office, code: str, holder_id: int, actor: str, *, is_plus: bool) -> None:
    """On the list, or off it, whatever the rules say."""
    with office.store.begin() as session:
        list_book.put(session, code, holder_id, office.clock.now(), actor, is_plus=is_plus)
        action = "list.member_added" if is_plus else "list.member_excluded"
        office.record(session, actor, action, f"list:{code}", holder=holder_id)


def leave_to_rules(office: Office, code: str, holder_id: int, actor: str) -> bool:
    """Whether the list named the holder singly."""
    with office.store.begin() as session:
        done = list_book.leave_to_rules(session, code, holder_id, office.clock.now())
        if done:
            office.record(session, actor, "list.member_left_to_rules", f"list:{code}", holder=holder_id)
        return done


def _told(rule: Rule) -> str:
    return f"{'' if rule.plus else '除去'}{rule.chinese}"
