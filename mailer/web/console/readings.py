"""Spreadsheets that were read already: the steps of one import read its files once, and one at a time."""

from __future__ import annotations

import threading
from collections import OrderedDict

from mailer.flow import import_draft
from mailer.flow.import_draft import Draft
from mailer.flow.office import Office
from mailer.flow.ports import Apart
from mailer.flow.review_import import Reading, read_apart

_KEPT = 4


class Readings:
    """By the digest of the files, so that a file taken out or put in is another reading."""

    def __init__(self, office: Office, apart: Apart) -> None:
        self._office, self._apart = office, apart
        self._kept: OrderedDict[str, Reading] = OrderedDict()
        self._lock = threading.Lock()

    def of(self, draft: Draft) -> Reading:
        key = f"{draft.digest}:{draft.source}"  # places name the files
        with self._lock:
            if key not in self._kept:
                self._kept[key] = read_apart(import_draft.contents(self._office, draft), self._apart)
                while len(self._kept) > _KEPT:
                    self._kept.popitem(last=False)
            self._kept.move_to_end(key)
            return self._kept[key]
