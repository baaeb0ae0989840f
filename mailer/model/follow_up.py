"""What the office does about an issue that is out already: it corrects it, or takes it back. Pure words.

A follow-up is one act: what still waits is stopped, and, once nothing is on the wire, who holds an older revision is told,
and (a correction) who holds none gets the new one.
"""

from __future__ import annotations

from enum import StrEnum


class FollowUpKind(StrEnum):
    CORRECTION = "correction"
    RECALL = "recall"

    @property
    def label(self) -> str:
        return {FollowUpKind.CORRECTION: "更正", FollowUpKind.RECALL: "撤回"}[self]


class FollowUpState(StrEnum):
    STOPPING = "stopping"  # what was granted to a worker is still on its way
    PREPARED = "prepared"  # who gets what is frozen; goes out once somebody answers for it
    RELEASED = "released"
    GIVEN_UP = "given_up"

    @property
    def label(self) -> str:
        return _LABELS[self]

    @property
    def is_open(self) -> bool:
        return self in OPEN


_LABELS = {
    FollowUpState.STOPPING: "正在停下",
    FollowUpState.PREPARED: "已备好，待核签",
    FollowUpState.RELEASED: "已放行",
    FollowUpState.GIVEN_UP: "已放弃",
}
OPEN = (FollowUpState.STOPPING, FollowUpState.PREPARED)
