"""What a person may do to a mailing under way, and what each act means. Posts only; the flows decide what is possible."""

from __future__ import annotations

from collections.abc import Callable

from starlette.requests import Request
from starlette.responses import Response

from mailer.flow import control_mailing
from mailer.flow.approve_mailing import ApprovalError
from mailer.flow.browse_ledger import read_entries, read_head
from mailer.flow.resend import NobodyToResendError, NotAsItWasError, OtherWorldError, resend
from mailer.model.delivery import DeliveryStatus
from mailer.model.mailing import IllegalMailingTransitionError
from mailer.model.rights import Right
from mailer.store.ledger_reads import Wanted
from mailer.web.console.desk import caller_of
from mailer.web.console.fields import number
from mailer.web.console.ledger_desk import LedgerDesk
from mailer.web.console.ledger_page import served
from mailer.web.console.ways import Form, Way

_IN_DOUBT_SHOWN = 200
_DIGITS = 15


def ways(books: LedgerDesk) -> list[Way]:
    acts = _Acts(books)
    return [
        Way("/mailings/{id}/pause", acts.pause, Right.SEND, "POST"),
        Way("/mailings/{id}/resume", acts.resume, Right.SEND, "POST"),
        Way("/mailings/{id}/cancel", acts.cancel, Right.SEND, "POST"),
        Way("/mailings/{id}/resend", acts.resend, Right.SEND, "POST"),
        Way("/mailings/{id}/in-doubt", acts.in_doubt, Right.VIEW),
        Way("/mailings/{id}/resolve", acts.resolve, Right.SEND, "POST"),
    ]


class _Acts:
    def __init__(self, books: LedgerDesk) -> None:
        self._books, self._office = books, books.office

    def pause(self, request: Request, form: Form) -> Response:
        del form
        said = "已暂停。各发送程序手里的一小批还会发完，其余停在队里；随时可以继续。"
        return self._do(
            request, lambda mailing_id, actor: (control_mailing.pause(self._office, mailing_id, actor), said)[1]
        )

    def resume(self, request: Request, form: Form) -> Response:
        del form
        said = "已继续发送；等人处理的也会再试。"
        return self._do(
            request, lambda mailing_id, actor: (control_mailing.resume(self._office, mailing_id, actor), said)[1]
        )

    def cancel(self, request: Request, form: Form) -> Response:
        del form

        def act(mailing_id: int, actor: str) -> str:
            cancelled = control_mailing.cancel(self._office, mailing_id, actor)
            return f"已取消：{cancelled} 份不再发出。已经发出的收不回来，需要时另发更正或撤回通知。"

        return self._do(request, act)

    def resend(self, request: Request, form: Form) -> Response:
        """A new mailing to those who were missed; on to its own ledger."""
        mailing_id = number(request.path_params["id"])
        try:
            made = resend(self._office, mailing_id, caller_of(request).actor, with_late=form.text("late") == "yes")
        except NobodyToResendError as error:
            left = (
                f"有 {error.unwritable} 个岗位今天仍没有能用的邮箱：请送纸质件，或在名单里补上邮箱。"
                if error.unwritable
                else ""
            )
            return self._back(request, mailing_id, f"没有可以补发的人：都已收到、还在发，或不能用邮件发。{left}")
        except NotAsItWasError:
            return self._back(request, mailing_id, "没有补发：这一期已撤回，或正在更正；更正放行之后再补发。")
        except OtherWorldError:
            return self._back(
                request, mailing_id, "没有补发：演练不能补发成正式邮件，正式批次也不能在演练服务器上补发。"
            )
        except IllegalMailingTransitionError as error:
            return self._back(request, mailing_id, _not_possible(mailing_id, error))
        said = ["补发已放行，这是它的台账。" if made.created else "这一批正在补发，这是它的台账；没有再建一批。"]
        if made.unwritable:
            said.append(f"{made.unwritable} 个岗位没有能用的邮箱，不在内。")
        if made.same_dead_address:
            said.append(f"其中 {made.same_dead_address} 份的地址对方曾说不存在，名单里还没改。")
        return self._books.desk.to(request, f"/mailings/{made.mailing_id}", said="".join(said))

    def in_doubt(self, request: Request) -> Response:
        mailing_id, books = number(request.path_params["id"]), self._books
        wanted = Wanted(status=DeliveryStatus.IN_DOUBT)
        with self._office.store.read() as session:
            head, tallies = read_head(session, mailing_id, self._office.clock.now())
            entries = read_entries(session, mailing_id, wanted, start=0, limit=_IN_DOUBT_SHOWN)
        books.desk.viewed(request, f"mailing:{mailing_id}", "ledger.viewed")
        return books.desk.show(
            request,
            "console/ledger/in_doubt.html",
            area="mailings",
            masthead=head.title,
            head=head,
            entries=entries,
            n=tallies.count(status=DeliveryStatus.IN_DOUBT),
            served=served,
            may_act=caller_of(request).may(Right.SEND),
        )

    def resolve(self, request: Request, form: Form) -> Response:
        """One row (``delivery``) or, without it, all. ``as``: resend or accept."""
        mailing_id, wanted, one = number(request.path_params["id"]), form.text("as"), form.text("delivery")
        if wanted not in {"resend", "accept"} or not _is_id(one):
            return self._back(request, mailing_id, "没有改动：表单不完整，请重新点一次。")
        is_resend = wanted == "resend"
        try:
            n = control_mailing.resolve_in_doubt(
                self._office,
                mailing_id,
                caller_of(request).actor,
                resend=is_resend,
                delivery_id=int(one) if one else None,
            )
        except IllegalMailingTransitionError as error:
            return self._back(request, mailing_id, _not_possible(mailing_id, error))
        if not n:
            return self._back(request, mailing_id, "没有改动：已经有结果了。")
        return self._back(request, mailing_id, f"{n} 份已重新排队发送。" if is_resend else f"{n} 份已视为发出。")

    def _do(self, request: Request, act: Callable[[int, str], str]) -> Response:
        mailing_id = number(request.path_params["id"])
        try:
            said = act(mailing_id, caller_of(request).actor)
        except IllegalMailingTransitionError as error:
            said = _not_possible(mailing_id, error)
        except ApprovalError as error:
            said = f"{error.message}{error.hint}"
        return self._back(request, mailing_id, said)

    def _back(self, request: Request, mailing_id: int, said: str) -> Response:
        return self._books.desk.to(request, f"/mailings/{mailing_id}", said=said)


def _not_possible(mailing_id: int, error: IllegalMailingTransitionError) -> str:
    return f"没有改动：批次 {mailing_id} {error.status.label}，现在做不了这件事。"


def _is_id(text: str) -> bool:
    return not text or (text.isascii() and text.isdigit() and len(text) <= _DIGITS)
