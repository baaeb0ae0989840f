"""The accounts of everybody, for the security administrator: made, given roles, disabled, reset."""

from __future__ import annotations

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from mailer.flow import accounts as flow
from mailer.flow.passwords import make_up
from mailer.flow.sessions import open_sessions
from mailer.model.rights import RIGHTS, Right, Role
from mailer.store import accounts
from mailer.store.accounts import Account
from mailer.web.console.caller import caller_of
from mailer.web.console.desk import Desk
from mailer.web.console.ways import Way
from mailer.web.forms import Form

_DIGITS = 9  # of an account's number
_CAN = {
    Right.EDIT: "收稿、改稿、准备、试发",
    Right.SEND: "发送、暂停、取消、补发",
    Right.APPROVE: "核签",
    Right.LISTS: "管单位、人员、名单、停发",
    Right.TASKS: "办退信和待办",
    Right.SYSTEM: "看设置、试发信通道",
    Right.SECURITY: "管帐户",
    Right.AUDIT: "查审计",
    Right.VIEW: "看期刊、台账、名单",
}


def ways(desk: Desk) -> list[Way]:
    staff = _Staff(desk)
    changes = {
        "roles": staff.change_roles,
        "password": staff.reset_password,
        "totp": staff.reset_totp,
        "disable": staff.disable,
        "enable": staff.enable,
        "sessions": staff.end_sessions,
    }
    return [
        Way("/accounts", staff.everybody, Right.SECURITY),
        Way("/accounts", staff.add, Right.SECURITY, method="POST", reauth=True),
        Way("/accounts/{id}", staff.one, Right.SECURITY),
        *(
            Way(f"/accounts/{{id}}/{name}", change, Right.SECURITY, method="POST", reauth=True)
            for name, change in changes.items()
        ),
    ]


class _Staff:
    def __init__(self, desk: Desk) -> None:
        self._desk, self._office = desk, desk.office

    def everybody(self, request: Request) -> Response:
        return self._everybody(request)

    def add(self, request: Request, form: Form) -> Response:
        name, password = form.text("name"), make_up()
        try:
            made = flow.add_account(
                self._office,
                name,
                _roles(form),
                self._desk.passwords.hash(password),
                actor=caller_of(request).actor,
            )
        except flow.AccountError as error:
            return self._everybody(request, form, wrong=str(error))
        if not made:
            return self._everybody(request, form, wrong=f"已有叫“{name}”的帐户，请换一个名字，如在姓名后加科室。")
        return self._password(request, name, password, is_new=True)

    def one(self, request: Request) -> Response:
        return self._one(request, self._account(request))

    def change_roles(self, request: Request, form: Form) -> Response:
        account = self._account(request)
        try:
            flow.change_roles(self._office, account, _roles(form), actor=caller_of(request).actor)
        except flow.AccountError as error:
            return self._one(request, account, chosen=form.all("role"), wrong=str(error))
        return self._back(request, account, f"{account.name} 的角色已换，要重新登录才生效。")

    def reset_password(self, request: Request, form: Form) -> Response:
        del form
        account, password = self._account(request), make_up()
        flow.set_password(
            self._office,
            account,
            self._desk.passwords.hash(password),
            actor=caller_of(request).actor,
            given=True,
        )
        return self._password(request, account.name, password, is_new=False)

    def reset_totp(self, request: Request, form: Form) -> Response:
        del form
        account = self._account(request)
        flow.reset_totp(self._office, account, actor=caller_of(request).actor)
        return self._back(request, account, f"{account.name} 的动态码已关掉，下次只凭密码登录。")

    def disable(self, request: Request, form: Form) -> Response:
        del form
        account = self._account(request)
        if f"account:{account.name}" == caller_of(request).actor:
            return self._one(request, account, wrong="不能停用自己的帐户；请另一位安全管理员来办。")
        flow.disable(self._office, account, actor=caller_of(request).actor)
        return self._back(request, account, f"{account.name} 已停用，登录都已退出。")

    def enable(self, request: Request, form: Form) -> Response:
        del form
        account = self._account(request)
        flow.enable(self._office, account, actor=caller_of(request).actor)
        return self._back(request, account, f"{account.name} 已恢复。")

    def end_sessions(self, request: Request, form: Form) -> Response:
        del form
        account = self._account(request)
        ended = flow.end_sessions(self._office, account, actor=caller_of(request).actor)
        return self._back(request, account, f"{account.name} 的 {ended} 处登录已退出。")

    def _back(self, request: Request, account: Account, said: str) -> Response:
        if f"account:{account.name}" == caller_of(request).actor:
            return self._desk.to(request, "/accounts")  # the session that could say it may be gone
        return self._desk.to(request, f"/accounts/{account.id}", said=said)

    def _everybody(self, request: Request, form: Form | None = None, *, wrong: str = "") -> Response:
        with self._office.store.read() as session:
            found = accounts.everybody(session)
        profile, approval = flow.house(self._office)
        return self._desk.show(
            request,
            "console/accounts.html",
            area="accounts",
            status=422 if wrong else 200,
            accounts=[(each, _labels(each)) for each in found],
            profile=profile,
            approval=approval,
            roles=_CHOICES,
            name=form.text("name") if form else "",
            chosen=form.all("role") if form else [],
            wrong=wrong,
        )

    def _one(self, request: Request, account: Account, *, chosen: list[str] | None = None, wrong: str = "") -> Response:
        return self._desk.show(
            request,
            "console/account_of.html",
            area="accounts",
            status=422 if wrong else 200,
            account=account,
            labels=_labels(account),
            sessions=open_sessions(self._office, account.id),
            roles=_CHOICES,
            chosen=account.roles if chosen is None else chosen,
            wrong=wrong,
        )

    def _password(self, request: Request, name: str, password: str, *, is_new: bool) -> Response:
        """Shown on the answer itself: a password is kept nowhere, so this page cannot be had again."""
        return self._desk.show(
            request, "console/account_password.html", area="accounts", name=name, password=password, is_new=is_new
        )

    def _account(self, request: Request) -> Account:
        text = request.path_params["id"]
        found = None
        if text.isascii() and text.isdigit() and len(text) <= _DIGITS:
            with self._office.store.read() as session:
                found = accounts.by_id(session, int(text))
        if found is None:
            raise HTTPException(404)
        return found


def _can(role: Role) -> str:
    """What a role is for, without what nearly everybody may."""
    return "；".join(_CAN[right] for right in Right if right in RIGHTS[role] and right is not Right.VIEW)


_CHOICES = [(str(role), role.label, _can(role)) for role in Role]


def _roles(form: Form) -> list[Role]:
    return [role for role in Role if str(role) in form.all("role")]


def _labels(account: Account) -> str:
    return "、".join(role.label for role in Role if role in account.roles)
