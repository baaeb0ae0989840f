"""A private Dovecot: IMAP over TLS in front of Maildirs that somebody else (a test, or Postfix) fills.

What Dovecot itself has to remember (UIDs, indexes) lies apart from the mails, so that a Maildir shows every change that
a reader makes to it. Needs root, as Dovecot's logins do. Touches nothing of the system's own Dovecot.
"""

from __future__ import annotations

import os
import shutil
import socket
import ssl
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.certificates import Authority
from tests.support.servers.programs import Program, ServerMissingError, find_program, free_port, private_folder
from tests.support.waiting import wait_until

_NOBODY = 65534
PASSWORD = 'a code of 授权 "quoted"'
JUNK = "Junk"
JUNK_BY_NAME = "垃圾邮件"
_JUNK_BY_NAME_UTF7 = "&V4NXPpCuTvY-"  # RFC 3501 5.1.3

_SPARE = 60

_CONFIG = """\
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
protocols = imap
listen = 127.0.0.1
ssl = required
ssl_cert = <{certificate}
ssl_key = <{key}
disable_plaintext_auth = yes
auth_mechanisms = plain login
default_vsz_limit = 512M
passdb {{
  driver = passwd-file
  args = scheme=PLAIN username_format=%u {folder}/users
}}
userdb {{
  driver = passwd-file
  args = username_format=%u {folder}/users
}}
first_valid_uid = 1
mail_location = maildir:~/:INDEX={folder}/index/%u:CONTROL={folder}/index/%u
maildir_stat_dirs = yes
mailbox_idle_check_interval = 1s
namespace inbox {{
  inbox = yes
  separator = /
  mailbox {junk} {{
    special_use = \\Junk
  }}
}}
service imap-login {{
  inet_listener imap {{
    port = 0
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  client_limit = 2000
}}
"""


class DovecotServer:
    """``users``: login -> (password, Maildir folder, made if it is not there). Runs from ``__enter__`` to ``__exit__``."""

    def __init__(self, users: Mapping[str, tuple[str, Path]] | None = None) -> None:
        self._dovecot = find_program("dovecot")
        if not any(Path(place).exists() for place in ("/usr/lib/dovecot/imap", "/usr/libexec/dovecot/imap")):
            raise ServerMissingError("dovecot-imapd is not installed")
        if os.geteuid() != 0:
            raise ServerMissingError("Dovecot can only be started by root")
        self._users = dict(users or {})
        self._taken = 0
        self.port = free_port()
        self.folder = private_folder("dovecot")
        self._program: Program | None = None
        self.authority: Authority

    @property
    def url(self) -> str:
        return f"imaps://localhost:{self.port}"

    def maildir(self, login: str, folder: str = "INBOX") -> Path:
        root = self._users[login][1]
        return {"INBOX": root, JUNK: root / f".{JUNK}", JUNK_BY_NAME: root / f".{_JUNK_BY_NAME_UTF7}"}[folder]

    def deliver(self, login: str, raw: bytes, name: str, folder: str = "INBOX") -> None:
        """Puts a mail into a Maildir as a delivery agent does: written elsewhere, then moved in whole."""
        place = self.maildir(login, folder)
        path = place / "tmp" / name
        path.write_bytes(raw)
        os.chown(path, _NOBODY, _NOBODY)
        path.rename(place / "new" / name)

    def snapshot(self, login: str) -> dict[str, bytes]:
        """Every file of a mailbox by its path, whose name holds the flags, with its content."""
        root = self._users[login][1]
        return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}

    def _write_files(self) -> None:
        (self.folder / "tls").mkdir()
        self.authority = Authority(self.folder / "tls")
        certificate = self.authority.issue("imap")
        index = self.folder / "index"
        index.mkdir()
        os.chown(index, _NOBODY, _NOBODY)
        (self.folder / "mail").mkdir()
        # made beforehand: Dovecot reads the file again when its time of change is another second
        for number in range(_SPARE):
            self._users[f"spare{number}@office.example"] = (PASSWORD, self.folder / "mail" / str(number))
        lines = []
        for login, (password, folder) in self._users.items():
            lines.append(f"{login}:{password}:{_NOBODY}:{_NOBODY}::{folder}\n")
            self._make_folders(login)
        (self.folder / "users").write_text("".join(lines), encoding="utf-8")
        config = _CONFIG.format(
            folder=self.folder, certificate=certificate.certificate, key=certificate.key, junk=JUNK, port=self.port
        )
        (self.folder / "dovecot.conf").write_text(config, encoding="utf-8")

    def take(self) -> str:
        """An empty mailbox that nobody else gets; its login. The password is ``PASSWORD``."""
        self._taken += 1
        return f"spare{self._taken - 1}@office.example"

    def renumber(self, login: str) -> None:
        """Forgets every UID of a mailbox, so that its folders get another UIDVALIDITY.

        Dovecot takes the second of the clock for one, so a folder made anew within the same second would keep it.
        """
        index = self.folder / "index" / login
        last = max(int(path.stat().st_mtime) for path in (index, *index.rglob("*")))
        wait_until(lambda: int(time.time()) > last, within=5, what="the clock's next second")
        shutil.rmtree(index)

    def _make_folders(self, login: str) -> None:
        for folder in ("INBOX", JUNK, JUNK_BY_NAME):
            for part in ("", "cur", "new", "tmp"):
                path = self.maildir(login, folder) / part
                path.mkdir(parents=True, exist_ok=True)
                os.chown(path, _NOBODY, _NOBODY)

    def start(self) -> None:
        command = [self._dovecot, "-F", "-c", str(self.folder / "dovecot.conf")]
        self._program = Program(command, self.folder / "output", self._greets)

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as probe:
                context = self.authority.client_context()
                with context.wrap_socket(probe, server_hostname="localhost") as encrypted:
                    return encrypted.recv(4) == b"* OK"
        except (OSError, ssl.SSLError):
            return False

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()

    def kill(self) -> None:
        """kill -9 of the master and all its children."""
        if self._program is not None:
            self._program.kill()

    def __enter__(self) -> Self:
        try:
            self._write_files()
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)
