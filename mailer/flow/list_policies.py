"""Use case: what a list wants of the mails to it: a doubt held or sent again, 签收 asked for, whether people may leave it."""

from __future__ import annotations

from mailer.flow.office import Office
from recipients import directory
from recipients.list_policy import ListPolicy


class NoSuchListError(Exception):
    """There is no list of that code."""


def set_policy(office: Office, code: str, policy: ListPolicy, actor: str, *, is_duty: bool) -> None:
    """From the next mailing on; what is under way keeps what it was prepared with. ``is_duty``: people may not leave by
    themselves. Raises NoSuchListError.
    """
    with office.store.begin() as session:
        before = directory.set_policy(session, code, policy, is_duty=is_duty)
        if before is None:
            raise NoSuchListError(code)
        after = {**policy.as_json(), "is_duty": is_duty}
        if after != before:
            office.record(session, actor, "list.policy_set", f"list:{code}", before=before, after=after)
