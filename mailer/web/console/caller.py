"""Who asks: the person behind a request, as pages and flows are told."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.requests import Request

from mailer.flow.office import Office
from mailer.flow.sessions import find_session
from mailer.model.rights import Right, Role, rights_of
from mailer.store.sessions import OpenSession


@dataclass(frozen=True, slots=True)
class Caller:
    """``actor``: how the audit names the person, «account:<name>» or «cli:<user>»; ``name``: how the page does."""

    actor: str
    name: str
    roles: frozenset[Role]
    rights: frozenset[Right]
    csrf: str
    has_account: bool

    @property
    def role_words(self) -> str:
        return "、".join(role.label for role in Role if role in self.roles)

    def may(self, right: Right) -> bool:
        return right in self.rights


def caller_behind(found: OpenSession) -> Caller:
    """Without an account, by the printed link, somebody may look and do nothing."""
    if found.account_id is None:
        return Caller(found.actor, "", frozenset(), frozenset({Right.VIEW}), found.csrf, has_account=False)
    roles = frozenset(Role(role) for role in found.roles)
    return Caller(found.actor, found.name, roles, rights_of(roles), found.csrf, has_account=True)


def caller_of(request: Request) -> Caller:
    """The caller of a request that came through a Way which asks for a right."""
    caller: Caller = request.state.caller
    return caller


def session_of(request: Request) -> OpenSession:
    """The open session behind such a request."""
    found: OpenSession = request.state.session
    return found


def find_caller(office: Office, request: Request, session_id: str, *, is_person: bool = True) -> None:
    """Finds the session of this id and puts it on the request: ``state.session`` and ``state.caller``, or None.

    One that still wants its second factor is ``state.half`` and gives no right.
    """
    found = find_session(office, session_id, is_person=is_person)
    request.state.half = found if found and found.wants_code else None
    request.state.session = found if found and not found.wants_code else None
    request.state.caller = caller_behind(found) if found and not found.wants_code else None
