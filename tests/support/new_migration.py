"""`make migration MESSAGE=...`: the next migration file, from what the tables in the code have and the tree has not.

Both rooms' tables are read here, because the store itself imports nothing of recipients. Read the file before it is committed.
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from sqlmodel import SQLModel

import recipients.tables  # its tables join the common metadata
from mailer.store import migrate, tables
from mailer.store.engine import Store, sqlite_url


def main(message: str) -> None:
    assert recipients.tables
    assert tables
    with tempfile.TemporaryDirectory() as folder:
        store = Store(sqlite_url(Path(folder)))
        migrate.upgrade(store)
        migrate.write_revision(store, SQLModel.metadata, message)
        store.close()


if __name__ == "__main__":
    main(" ".join(sys.argv[1:]) or sys.exit("a message, please"))
