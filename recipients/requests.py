"""ChangeRequest: what a recipient wishes about their mail, and who decides it.

Owns the kinds of wish and the one policy: on a duty list the office decides; where people may leave, they do it themselves.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from recipients.audience import DistributionList
from recipients.list_policy import OPEN
from recipients.suppression import ALL_LISTS


class RequestKind(StrEnum):
    LEAVE = "leave"
    HAND_OVER = "hand_over"
    NEW_ADDRESS = "new_address"
    PAUSE = "pause"
    JOIN = "join"

    @property
    def chinese(self) -> str:
        return _CHINESE[self]


_CHINESE = {
    RequestKind.LEAVE: "不再接收",
    RequestKind.HAND_OVER: "移交接任人",
    RequestKind.NEW_ADDRESS: "更换邮箱",
    RequestKind.PAUSE: "暂停接收",
    RequestKind.JOIN: "加入名单",
}


class RequestState(StrEnum):
    OPEN = "open"
    GRANTED = "granted"
    REFUSED = "refused"


class RequestError(ValueError):
    """A wish that says too little; the message is a Chinese sentence."""


@dataclass(frozen=True, slots=True)
class ChangeRequest:
    """``scope``: a list code or ALL_LISTS. ``value``: the new address (NEW_ADDRESS, HAND_OVER), the address as it was written
    (JOIN); ``name``: the successor's, or who asks to join.

    ``until``: the end of a pause, aware. Raises RequestError when the kind's own part is missing.
    """

    kind: RequestKind
    address_key: str
    scope: str = ALL_LISTS
    value: str = ""
    name: str = ""
    reason: str = ""
    until: datetime | None = None
    state: RequestState = RequestState.OPEN
    id: int | None = None

    def __post_init__(self) -> None:
        if self.kind is RequestKind.PAUSE and self.until is None:
            raise RequestError("暂停要写明到哪一天为止。")
        if self.kind is RequestKind.NEW_ADDRESS and not self.value:
            raise RequestError("更换邮箱要写明新邮箱。")
        if self.kind is RequestKind.HAND_OVER and not self.name:
            raise RequestError("移交要写明接任人的姓名。")
        if self.kind is RequestKind.JOIN and not (self.scope and self.value and self.name):
            raise RequestError("加入名单要写明哪个名单、姓名和邮箱。")

    @property
    def told(self) -> str:
        """The wish in one line, for a task's title."""
        parts = {
            RequestKind.LEAVE: "",
            RequestKind.HAND_OVER: f"：{self.name} {self.value}".rstrip(),
            RequestKind.NEW_ADDRESS: f"：{self.value}",
            RequestKind.PAUSE: f"，到 {self.until:%Y-%m-%d}" if self.until else "",
            RequestKind.JOIN: f"：{self.name}",
        }
        where = f"（{self.scope}）" if self.scope else ""
        return f"{self.address_key} 要求{self.kind.chinese}{where}{parts[self.kind]}"


def needs_office(request: ChangeRequest, lists: Iterable[DistributionList]) -> bool:
    """Whether a person of the office decides. ``lists``: those the address is on; JOIN: all there are.

    Leaving and pausing are one's own affair on lists that people may leave, joining on open ones; who holds a post, and by
    which address, is the office's to enter everywhere.
    """
    if request.kind is RequestKind.JOIN:
        return not any(each.code == request.scope and each.joining == OPEN for each in lists)
    if request.kind in {RequestKind.HAND_OVER, RequestKind.NEW_ADDRESS}:
        return True
    return any(each.is_duty for each in lists if request.scope in {ALL_LISTS, each.code})
