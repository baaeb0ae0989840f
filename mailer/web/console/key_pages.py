"""Keys of programs, for the security administrator: made with scopes, shown once, revoked."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailer.flow.api_keys import ApiKeyError, add_key, revoke_key
from mailer.model.api_scope import Scope, scopes_of
from mailer.model.rights import Right
from mailer.store import api_keys
from mailer.web.console.caller import caller_of
from mailer.web.console.desk import Desk
from mailer.web.console.fields import number
from mailer.web.console.ways import Way
from mailer.web.forms import Form


def ways(desk: Desk) -> list[Way]:
    keys = _Keys(desk)
    return [
        Way("/accounts/keys", keys.every, Right.SECURITY),
        Way("/accounts/keys", keys.add, Right.SECURITY, method="POST", reauth=True),
        Way("/accounts/keys/{id}/revoke", keys.revoke, Right.SECURITY, method="POST", reauth=True),
    ]


class _Keys:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    def every(self, request: Request) -> Response:
        return self._page(request)

    def add(self, request: Request, form: Form) -> Response:
        """The key stands on the answer itself and nowhere else: this page is not to be asked for again."""
        name, chosen = form.text("name"), [word for word in form.all("scope") if word in set(Scope)]
        try:
            key = add_key(self._office, name, [Scope(word) for word in chosen], actor=caller_of(request).actor)
        except ApiKeyError as error:
            return self._page(request, name=name, chosen=chosen, wrong=str(error), status=422)
        return self._desk.show(request, "console/api_key.html", area="accounts", name=" ".join(name.split()), key=key)

    def revoke(self, request: Request, form: Form) -> Response:
        del form
        key_id = number(request.path_params["id"])
        with self._office.store.read() as session:
            row = api_keys.one(session, key_id)
        if row is None:
            raise HTTPException(404)
        revoke_key(self._office, key_id, actor=caller_of(request).actor)
        return self._desk.to(request, "/accounts/keys", said=f"密钥“{row.name}”已撤销，马上失效。")

    def _page(
        self, request: Request, *, name: str = "", chosen: list[str] | None = None, wrong: str = "", status: int = 200
    ) -> Response:
        with self._office.store.read() as session:
            rows = api_keys.every(session)
        return self._desk.show(
            request,
            "console/api_keys.html",
            area="accounts",
            status=status,
            keys=[(row, [scope.label for scope in Scope if scope in scopes_of(row.scopes)]) for row in rows],
            scopes=[(str(scope), scope.label, str(scope)) for scope in Scope],
            name=name,
            chosen=chosen or [],
            wrong=wrong,
        )
