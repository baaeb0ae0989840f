"""Files that came when nobody could take them: the session was over, or the password was asked for once more. They wait in
memory, for the account they came from and nobody else, until their form is sent again; a restart or half an hour ends it.
"""

from __future__ import annotations

import secrets
import threading
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from mailer.web.forms import Upload

#: The field in which a form brings the files' token along.
HELD: Final = "held_files"
_FOR: Final = timedelta(minutes=30)
_TOGETHER: Final = 128_000_000  # bytes of everybody's; the oldest give way

Uploads = tuple[tuple[str, Upload], ...]


@dataclass(frozen=True, slots=True)
class _Parcel:
    account_id: int
    uploads: Uploads
    at: datetime

    @property
    def size(self) -> int:
        return sum(len(each.data) for _, each in self.uploads)


@dataclass
class Held:
    """Of one process; at most one form's files of each account."""

    _parcels: dict[str, _Parcel] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def keep(self, account_id: int, uploads: Uploads, now: datetime) -> str:
        """The token to ask for them with."""
        token = secrets.token_urlsafe(32)
        with self._lock:
            self._clear(now, but=account_id)
            self._parcels[token] = _Parcel(account_id, uploads, now)
            while len(self._parcels) > 1 and sum(each.size for each in self._parcels.values()) > _TOGETHER:
                del self._parcels[next(iter(self._parcels))]
        return token

    def take(self, token: str, account_id: int | None, now: datetime) -> Uploads | None:
        """The files, once; None when they are no longer here, or another account's."""
        with self._lock:
            self._clear(now)
            found = self._parcels.get(token)
            if found is None or found.account_id != account_id:
                return None
            del self._parcels[token]
            return found.uploads

    def _clear(self, now: datetime, *, but: int | None = None) -> None:
        """What has waited long enough, and what a newer form of account ``but`` takes the place of."""
        kept = {
            token: each for token, each in self._parcels.items() if now - each.at <= _FOR and each.account_id != but
        }
        self._parcels = kept
