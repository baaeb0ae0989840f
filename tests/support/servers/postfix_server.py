"""A private Postfix: the relay an office has, and the hosts beyond it.

Three doors on loopback: ``port`` (an own relay: no login, STARTTLS offered), ``submission_port`` (a hosted mailbox: STARTTLS,
then AUTH, then MAIL FROM must be the login) and ``smtps_port`` (the same behind implicit TLS). Mail for ``domains`` ends in
Maildirs; a user nobody knows is accepted first and returned later by a real DSN to the envelope sender.
Needs root, as Postfix does. Touches nothing of the system's own Postfix.
"""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.support.certificates import Authority
from tests.support.servers.maildir import Maildir
from tests.support.servers.programs import Program, ServerMissingError, find_program, free_port, private_folder
from tests.support.servers.sasl import LoginServer

OFFICE = "office@bureau.example"
OFFICE_PASSWORD = "correct horse"

# What an unknown user of this domain meets: 550 at RCPT instead of a later return.
STRICT_DOMAIN = "strict.example"

_NOBODY = 65534

_SERVICES = """\
{own_door} inet n - n - - smtpd
{submission_door} inet n - n - - smtpd
  -o {{smtpd_client_restrictions = permit_sasl_authenticated, reject}}
  -o {{smtpd_sender_restrictions = reject_sender_login_mismatch}}
  -o smtpd_sasl_auth_enable=yes
  -o mynetworks=
{smtps_door} inet n - n - - smtpd
  -o {{smtpd_client_restrictions = permit_sasl_authenticated, reject}}
  -o {{smtpd_sender_restrictions = reject_sender_login_mismatch}}
  -o smtpd_sasl_auth_enable=yes
  -o smtpd_tls_wrappermode=yes
  -o mynetworks=
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
relay unix - - n - - smtp
lmtp unix - - n - - lmtp
showq unix n - n - - showq
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
"""


class PostfixServer:
    """``users``: address -> Maildir name; ``@domain`` takes all of a domain. ``logins``: login -> password.

    ``next_hops``: domain -> loopback port of a host that answers for it, so that its refusals come back as DSNs.
    ``lmtp_hops``: domain -> loopback port of an LMTP server that takes its mail.
    ``settings``: more of main.cf, for instance ``{"maximal_queue_lifetime": "20s"}``.
    """

    def __init__(
        self,
        users: Mapping[str, str] | None = None,
        logins: Mapping[str, str] | None = None,
        next_hops: Mapping[str, int] | None = None,
        settings: Mapping[str, str] | None = None,
        lmtp_hops: Mapping[str, int] | None = None,
    ) -> None:
        self._postfix = find_program("postfix")
        self._master = find_program("master", "/usr/lib/postfix/sbin", "/usr/libexec/postfix")
        self._postqueue, self._postsuper = find_program("postqueue"), find_program("postsuper")
        if os.geteuid() != 0:
            raise ServerMissingError("Postfix can only be started by root")
        self._users = dict(users or {OFFICE: "office"})
        self._logins = dict(logins or {OFFICE: OFFICE_PASSWORD})
        self._next_hops, self._settings = dict(next_hops or {}), dict(settings or {})
        self._lmtp_hops = dict(lmtp_hops or {})
        self.port, self.submission_port, self.smtps_port = free_port(), free_port(), free_port()
        self.folder = private_folder("postfix")
        self._program: Program | None = None
        self.authority: Authority
        self.login_server: LoginServer

    def mailbox(self, name: str = "office") -> Maildir:
        return Maildir(self.folder / "mail" / name)

    def log_text(self) -> str:
        log = self.folder / "maillog"
        return log.read_text("utf-8", "replace") if log.exists() else ""

    def flush(self) -> None:
        """Tries everything that waits in the queue now."""
        self._command(self._postqueue, "-f")

    def queue_is_empty(self) -> bool:
        return "Mail queue is empty" in self._command(self._postqueue, "-p")

    def clear(self) -> None:
        """Empties the queue and every mailbox."""
        self._command(self._postsuper, "-d", "ALL")
        for name in set(self._users.values()):
            self.mailbox(name).clear()

    def _command(self, program: str, *words: str) -> str:
        done = subprocess.run([program, "-c", str(self._config), *words], check=True, capture_output=True, text=True)
        return done.stdout

    @property
    def _config(self) -> Path:
        return self.folder / "config"

    def _write_files(self) -> None:
        for name in ("config", "queue", "data", "mail", "tls"):
            (self.folder / name).mkdir()
        shutil.chown(self.folder / "data", "postfix")
        os.chown(self.folder / "mail", _NOBODY, _NOBODY)
        self.authority = Authority(self.folder / "tls")
        certificate = self.authority.issue("relay")
        domains = {address.rpartition("@")[2] for address in self._users} | {STRICT_DOMAIN}
        settings = {
            "compatibility_level": "3.6",
            "queue_directory": f"{self.folder}/queue",
            "data_directory": f"{self.folder}/data",
            "maillog_file": f"{self.folder}/maillog",
            "maillog_file_prefixes": "/tmp",
            "myhostname": "relay.bureau.example",
            "mydestination": "",
            "inet_interfaces": "127.0.0.1",
            "inet_protocols": "ipv4",
            "mynetworks": "127.0.0.0/8",
            "disable_dns_lookups": "yes",
            "smtp_host_lookup": "native",
            "alias_maps": "",
            "local_recipient_maps": "",
            "recipient_delimiter": "+",
            "virtual_mailbox_domains": " ".join(sorted(domains)),
            "virtual_mailbox_base": f"{self.folder}/mail",
            "virtual_mailbox_maps": _table({address: f"{name}/" for address, name in self._users.items()}),
            "virtual_uid_maps": f"static:{_NOBODY}",
            "virtual_gid_maps": f"static:{_NOBODY}",
            "transport_maps": _table(
                {domain: f"smtp:[127.0.0.1]:{port}" for domain, port in self._next_hops.items()}
                | {domain: f"lmtp:inet:127.0.0.1:{port}" for domain, port in self._lmtp_hops.items()}
            ),
            "default_transport": "error:5.1.2 no such domain in this test",
            # Only a strict domain says at RCPT that it knows nobody of that name.
            "smtpd_reject_unlisted_recipient": "no",
            "smtpd_recipient_restrictions": "check_recipient_access "
            + _table({STRICT_DOMAIN: "reject_unlisted_recipient"})
            + ", permit_mynetworks, permit_sasl_authenticated, reject_unauth_destination",
            "smtpd_sasl_type": "dovecot",
            "smtpd_sasl_path": f"{self.folder}/logins",
            "smtpd_sasl_security_options": "noanonymous",
            "smtpd_sender_login_maps": _table({login: login for login in self._logins}),
            "smtpd_tls_security_level": "may",
            "smtpd_tls_auth_only": "yes",
            "smtpd_tls_cert_file": str(certificate.certificate),
            "smtpd_tls_key_file": str(certificate.key),
            "smtpd_client_connection_count_limit": "0",
            "smtpd_error_sleep_time": "0",
            # A return is tried again at once rather than after minutes.
            "minimal_backoff_time": "2s",
            "maximal_backoff_time": "4s",
            "queue_run_delay": "2s",
        } | self._settings
        text = "".join(f"{key} = {value}\n" for key, value in settings.items())
        (self._config / "main.cf").write_text(text, encoding="utf-8")
        doors = {"own_door": self.port, "submission_door": self.submission_port, "smtps_door": self.smtps_port}
        services = _SERVICES.format(**{name: f"127.0.0.1:{port}" for name, port in doors.items()})
        (self._config / "master.cf").write_text(services, encoding="utf-8")

    def start(self) -> None:
        # "postfix start" would put the master beyond our reach; "check" makes the queue's folders, then it is our child.
        self._command(self._postfix, "check")
        self._program = Program([self._master, "-c", str(self._config), "-s"], self.folder / "output", self._greets)

    def _greets(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=2) as probe:
                return probe.recv(4) == b"220 "
        except OSError:
            return False

    def ensure_running(self) -> None:
        if not self._greets():
            self.stop()
            self.start()

    def stop(self) -> None:
        if self._program is not None:
            self._program.stop()

    def kill(self) -> None:
        """kill -9 of the master and all its daemons."""
        if self._program is not None:
            self._program.kill()

    def __enter__(self) -> Self:
        try:
            self._write_files()
            self.login_server = LoginServer(self.folder / "logins", self._logins)
        except BaseException:
            shutil.rmtree(self.folder, ignore_errors=True)
            raise
        try:
            self.start()
        except BaseException:
            self.__exit__(None, None, None)
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()
        self.login_server.close()
        shutil.rmtree(self.folder, ignore_errors=True)


def _table(entries: Mapping[str, str]) -> str:
    """A Postfix lookup table written into main.cf itself."""
    return "inline:{ " + " ".join(f"{{ {key} = {value} }}" for key, value in entries.items()) + " }" if entries else ""
