"""Everybody's own account: the password, the second factor and its recovery codes, where one is logged in."""

from __future__ import annotations

import segno
from starlette.requests import Request
from starlette.responses import Response

from mailer.flow import accounts as flow
from mailer.flow.passwords import WeakPasswordError, accepted
from mailer.flow.second_factor import address_of, secret_of
from mailer.flow.sessions import open_sessions
from mailer.store import accounts
from mailer.store.accounts import Account
from mailer.web.console.caller import caller_of, session_of
from mailer.web.console.desk import Desk
from mailer.web.console.ways import Open, Way
from mailer.web.forms import Form


def ways(desk: Desk) -> list[Way]:
    mine = _Mine(desk)

    def post(path: str, endpoint: object, *, reauth: bool = True) -> Way:
        return Way(path, endpoint, Open.ACCOUNT, method="POST", reauth=reauth)  # type: ignore[arg-type]  # bound methods below

    return [
        Way("/account", mine.page, Open.ACCOUNT),
        post("/account/password", mine.change_password),
        post("/account/totp", mine.offer_totp),
        post("/account/totp/on", mine.prove_totp),
        post("/account/totp/off", mine.totp_off),
        post("/account/recovery-codes", mine.renew_codes),
        post("/account/sessions/end", mine.end_others, reauth=False),
    ]


class _Mine:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    def page(self, request: Request) -> Response:
        return self._page(request)

    def change_password(self, request: Request, form: Form) -> Response:
        account = self._account(request)
        new = form.exact("password")
        if new != form.exact("password_repeat"):
            return self._page(request, wrong={"password_repeat": "两次输入的不一样。"}, status=422)
        try:
            new = accepted(new, account.name)
        except WeakPasswordError as error:
            return self._page(request, wrong={"password": str(error)}, status=422)
        flow.set_password(
            self._office,
            account,
            self._desk.passwords.hash(new),
            actor=caller_of(request).actor,
            given=False,
            keep_session=session_of(request).digest,
        )
        return self._desk.to(request, "/account", said="密码已换。其他地方的登录都已退出。")

    def offer_totp(self, request: Request, form: Form) -> Response:
        del form
        account = self._account(request)
        if account.has_totp:
            return self._desk.to(request, "/account", said="动态码已经启用。要换手机，请先关掉，再重新启用。")
        return self._offer(request, flow.offer_totp(self._office, account))

    def prove_totp(self, request: Request, form: Form) -> Response:
        account = self._account(request)
        if account.has_totp or account.totp_salt is None:
            return self._desk.to(request, "/account")
        codes = flow.prove_totp(
            self._office,
            account,
            form.text("code"),
            actor=caller_of(request).actor,
            keep_session=session_of(request).digest,
        )
        if codes is None:
            return self._offer(
                request, account.totp_salt, wrong="动态码不对。请核对手机的时间，等下一个六位数字再输一次。"
            )
        return self._desk.show(request, "console/recovery_codes.html", codes=codes, is_new=True)

    def totp_off(self, request: Request, form: Form) -> Response:
        del form
        flow.reset_totp(
            self._office,
            self._account(request),
            actor=caller_of(request).actor,
            keep_session=session_of(request).digest,
        )
        return self._desk.to(request, "/account", said="动态码已关掉。下次只凭密码登录。")

    def renew_codes(self, request: Request, form: Form) -> Response:
        del form
        account = self._account(request)
        if not account.has_totp:
            return self._desk.to(request, "/account")
        codes = flow.renew_recovery_codes(self._office, account, actor=caller_of(request).actor)
        return self._desk.show(request, "console/recovery_codes.html", codes=codes, is_new=False)

    def end_others(self, request: Request, form: Form) -> Response:
        del form
        ended = flow.end_sessions(
            self._office,
            self._account(request),
            actor=caller_of(request).actor,
            keep_session=session_of(request).digest,
        )
        return self._desk.to(request, "/account", said=f"已退出其他 {ended} 处登录。")

    def _page(self, request: Request, *, wrong: dict[str, str] | None = None, status: int = 200) -> Response:
        account = self._account(request)
        with self._office.store.read() as session:
            left = accounts.recovery_codes_left(session, account.id)
        return self._desk.show(
            request,
            "console/account.html",
            status=status,
            area="account",
            account=account,
            codes_left=left,
            sessions=open_sessions(self._office, account.id),
            this=session_of(request).digest,
            wrong=wrong or {},
        )

    def _offer(self, request: Request, salt: str, *, wrong: str = "") -> Response:
        """The secret as a picture for the phone's camera and as text; drawn here, no other host is asked."""
        secret = secret_of(self._office, salt)
        address = address_of(self._office, salt, caller_of(request).name, "工作快报")
        return self._desk.show(
            request,
            "console/totp.html",
            status=422 if wrong else 200,
            area="account",
            picture=segno.make(address, error="m").svg_data_uri(scale=5, border=3, light="#ffffff"),
            secret=" ".join(secret[at : at + 4] for at in range(0, len(secret), 4)),
            address=address,
            wrong=wrong,
        )

    def _account(self, request: Request) -> Account:
        account_id = session_of(request).account_id
        assert account_id is not None  # Open.ACCOUNT
        with self._office.store.read() as session:
            found = accounts.by_id(session, account_id)
        assert found is not None  # its session would be gone with it
        return found
