"""An audience too long for memory: its entries are read from the directory each time somebody goes through them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import AbstractContextManager
from datetime import datetime

from sqlmodel import Session

from recipients import directory
from recipients.audience import Entry


class StoredEntries(Collection[Entry]):
    """``read`` opens a reading session; the moment ``at`` fixes who is meant, however often they are read."""

    def __init__(self, read: Callable[[], AbstractContextManager[Session]], codes: Sequence[str], at: datetime) -> None:
        self._read, self._codes, self._at = read, tuple(codes), at
        self._length: int | None = None

    def __iter__(self) -> Iterator[Entry]:
        with self._read() as session:
            yield from directory.each_entry(session, self._codes, self._at)

    def __len__(self) -> int:
        if self._length is None:
            self._length = sum(1 for _ in self)
        return self._length

    def __contains__(self, entry: object) -> bool:
        return any(entry == each for each in self)
