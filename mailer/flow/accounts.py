"""Accounts of the people who work with the service: made, given roles, disabled, their passwords and second factors reset.

Whatever changes what an account may do, or how it gets in, ends its sessions. Passwords come as hashes; nothing here can
read one.
"""

from __future__ import annotations

from collections.abc import Iterable

from mailer.flow.log_in import forget_failures, name_key
from mailer.flow.office import Office
from mailer.flow.second_factor import digest_of_recovery_code, make_recovery_codes, make_salt, matching_step
from mailer.model.rights import ApprovalMode, Profile, Role, excluded_together
from mailer.store import accounts, sessions, writes
from mailer.store.accounts import Account

_PROFILE, _APPROVAL = "profile", "approval"
_LONGEST_NAME = 32


class AccountError(ValueError):
    """What was asked for cannot be; the sentence says why and what to do instead."""


def add_account(
    office: Office,
    name: str,
    roles: Iterable[Role],
    password_hash: str,
    *,
    actor: str,
    given: bool = True,
) -> bool:
    """Makes an account; False when the name is taken.

    ``given``: somebody else chose the password. Raises AccountError for an unusable name or roles that exclude one another.
    """
    held = frozenset(roles)
    shown = " ".join(name.split())
    if not shown or len(shown) > _LONGEST_NAME or not shown.isprintable():
        raise AccountError(f"帐户名要有 1 到 {_LONGEST_NAME} 个字。")
    _check_roles(held, house(office)[0])
    with office.store.begin() as session:
        account_id = accounts.add(
            session,
            name=shown,
            name_key=name_key(shown),
            password_hash=password_hash,
            given=given,
            now=office.clock.now(),
        )
        if account_id is None:
            return False
        accounts.set_roles(session, account_id, held)
        office.record(session, actor, "account.added", f"account:{shown}", roles=_labels(held))
    return True


def has_accounts(office: Office) -> bool:
    with office.store.read() as session:
        return accounts.count(session) > 0


def find_account(office: Office, name: str) -> Account:
    """By its name; raises AccountError."""
    with office.store.read() as session:
        found = accounts.by_key(session, name_key(name))
    if found is None:
        raise AccountError(f"没有叫“{name}”的帐户。")
    return found


def change_roles(office: Office, account: Account, roles: Iterable[Role], *, actor: str) -> None:
    """Gives these roles instead; its sessions end. Raises AccountError."""
    held = frozenset(roles)
    _check_roles(held, house(office)[0])
    if held == account.roles:
        return
    with office.store.begin() as session:
        accounts.set_roles(session, account.id, held)
        sessions.end_all_of(session, account.id)
        office.record(
            session,
            actor,
            "account.roles_changed",
            f"account:{account.name}",
            before=_labels(account.roles),
            after=_labels(held),
        )


def disable(office: Office, account: Account, *, actor: str) -> None:
    """Nobody gets in with it any longer; what it did stays under its name."""
    if not account.is_enabled:
        return
    with office.store.begin() as session:
        accounts.change(session, account.id, disabled_at=office.clock.now())
        sessions.end_all_of(session, account.id)
        office.record(session, actor, "account.disabled", f"account:{account.name}")


def enable(office: Office, account: Account, *, actor: str) -> None:
    if account.is_enabled:
        return
    with office.store.begin() as session:
        accounts.change(session, account.id, disabled_at=None)
        office.record(session, actor, "account.enabled", f"account:{account.name}")


def set_password(
    office: Office, account: Account, password_hash: str, *, actor: str, given: bool, keep_session: str = ""
) -> None:
    """A new password; every session but ``keep_session`` (its digest) ends. The second factor stays (ASVS 6.4.3)."""
    with office.store.begin() as session:
        accounts.change(
            session,
            account.id,
            password_hash=password_hash,
            password_given=given,
            password_at=office.clock.now(),
        )
        sessions.end_all_of(session, account.id, but=keep_session)
        forget_failures(session, account.name)
        action = "account.password_reset" if given else "account.password_changed"
        office.record(session, actor, action, f"account:{account.name}")


def offer_totp(office: Office, account: Account) -> str:
    """A fresh salt for a second factor that is not yet proved; nothing is asked for it until it is."""
    salt = make_salt()
    with office.store.begin() as session:
        accounts.change(session, account.id, totp_salt=salt, totp_since=None, totp_step=0)
    return salt


def prove_totp(office: Office, account: Account, code: str, *, actor: str, keep_session: str) -> list[str] | None:
    """Switches the offered second factor on; its recovery codes, shown this once. None: the code is wrong."""
    now = office.clock.now()
    step = matching_step(office, account.totp_salt, code, now) if account.totp_salt else None
    if step is None:
        return None
    codes = make_recovery_codes()
    with office.store.begin() as session:
        accounts.change(session, account.id, totp_since=now, totp_step=step)
        accounts.set_recovery_codes(session, account.id, map(digest_of_recovery_code, codes))
        sessions.end_all_of(session, account.id, but=keep_session)
        office.record(session, actor, "account.totp_on", f"account:{account.name}")
    return codes


def reset_totp(office: Office, account: Account, *, actor: str, keep_session: str = "") -> None:
    """Off; the next login asks for the password alone. Every session but ``keep_session`` ends."""
    with office.store.begin() as session:
        accounts.change(session, account.id, totp_salt=None, totp_since=None, totp_step=0)
        accounts.set_recovery_codes(session, account.id, ())
        sessions.end_all_of(session, account.id, but=keep_session)
        office.record(session, actor, "account.totp_off", f"account:{account.name}")


def renew_recovery_codes(office: Office, account: Account, *, actor: str) -> list[str]:
    """New ones, shown this once; the old ones are of no use any longer."""
    codes = make_recovery_codes()
    with office.store.begin() as session:
        accounts.set_recovery_codes(session, account.id, map(digest_of_recovery_code, codes))
        office.record(session, actor, "account.recovery_codes_made", f"account:{account.name}")
    return codes


def end_sessions(office: Office, account: Account, *, actor: str, keep_session: str = "") -> int:
    """Logs the account out everywhere but in ``keep_session``; how many sessions that were."""
    with office.store.begin() as session:
        ended = sessions.end_all_of(session, account.id, but=keep_session)
        office.record(session, actor, "account.sessions_ended", f"account:{account.name}", sessions=ended)
    return ended


def set_house(office: Office, profile: Profile, approval: ApprovalMode, *, actor: str) -> None:
    """How the house is staffed and how it approves: facts of the house, chosen when it is set up.

    Raises AccountError where an account holds roles that the profile keeps apart.
    """
    before = house(office)
    with office.store.begin() as session:
        for account in accounts.everybody(session):
            _check_roles(frozenset(map(Role, account.roles)), profile, f"帐户 {account.name}：")
        writes.set_fact(session, _PROFILE, str(profile))
        writes.set_fact(session, _APPROVAL, str(approval))
        office.record(
            session,
            actor,
            "house.set",
            "house",
            before="，".join(each.label for each in before),
            after=f"{profile.label}，{approval.label}",
        )


def house(office: Office) -> tuple[Profile, ApprovalMode]:
    """Profile and approval mode; two people and paper where nothing was chosen."""
    with office.store.read() as session:
        profile, approval = writes.fact(session, _PROFILE), writes.fact(session, _APPROVAL)
    return Profile(profile or Profile.TWO), ApprovalMode(approval or ApprovalMode.OFFLINE)


def _labels(roles: Iterable[str]) -> list[str]:
    return [role.label for role in Role if role in set(roles)]


def _check_roles(roles: frozenset[Role], profile: Profile, whose: str = "") -> None:
    if not roles:
        raise AccountError("至少要有一个角色。")
    if held := excluded_together(roles, profile):
        raise AccountError(f"{whose}{'、'.join(role.label for role in held)} 不能由同一个人担任，请分给不同的帐户。")
