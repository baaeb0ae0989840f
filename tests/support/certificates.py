"""A certificate authority of the tests' own and the certificates it, or nobody, stands behind. Made with openssl."""

from __future__ import annotations

import ssl
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.servers.programs import find_program


@dataclass(frozen=True, slots=True)
class Certificate:
    """PEM files."""

    certificate: Path
    key: Path

    def server_context(self) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.certificate, self.key)
        return context


class Authority:
    """Files in ``folder``, which stays the caller's; ``file`` is what a client is given to trust."""

    def __init__(self, folder: Path) -> None:
        self._openssl = find_program("openssl")
        self._folder = folder
        self._own = self._self_signed("authority", "Tests' authority", "CA:TRUE")
        # openssl ca keeps books; only it can give a certificate any dates.
        (folder / "index.txt").touch()
        (folder / "openssl.cnf").write_text(
            "[ca]\ndefault_ca = own\n"
            f"[own]\ndatabase = {folder}/index.txt\nnew_certs_dir = {folder}\nrand_serial = yes\ndefault_md = sha256\n"
            f"policy = any\nunique_subject = no\ncertificate = {self._own.certificate}\nprivate_key = {self._own.key}\n"
            "[any]\ncommonName = supplied\n",
            encoding="utf-8",
        )

    @property
    def file(self) -> Path:
        return self._own.certificate

    def client_context(self) -> ssl.SSLContext:
        """Verifies chain and name, trusting this authority only."""
        return ssl.create_default_context(cafile=str(self.file))

    def issue(self, name: str, *, host: str = "localhost", expired: bool = False) -> Certificate:
        """A certificate for ``host`` and 127.0.0.1; for another host than localhost, for that name alone."""
        made = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        names = f"DNS:{host}, IP:127.0.0.1" if host == "localhost" else f"DNS:{host}"
        extensions = self._folder / f"{name}.ext"
        extensions.write_text(f"subjectAltName = {names}\nbasicConstraints = CA:FALSE\n", encoding="utf-8")
        request = self._folder / f"{name}.csr"
        self._run(
            "req",
            "-new",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-subj",
            f"/CN={host}",
            "-keyout",
            str(made.key),
            "-out",
            str(request),
        )
        dates = ["20200101000000Z", "20200201000000Z"] if expired else ["20200101000000Z", "21000101000000Z"]
        self._run(
            *("ca", "-batch", "-notext", "-config", str(self._folder / "openssl.cnf"), "-extfile", str(extensions)),
            *("-startdate", dates[0], "-enddate", dates[1], "-in", str(request), "-out", str(made.certificate)),
        )
        return made

    def self_signed(self, name: str) -> Certificate:
        """For localhost, and nobody stands behind it."""
        return self._self_signed(name, "localhost", "CA:FALSE")

    def _self_signed(self, name: str, subject: str, constraints: str) -> Certificate:
        made = Certificate(self._folder / f"{name}.pem", self._folder / f"{name}.key")
        self._run(
            *("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "3650", "-subj", f"/CN={subject}"),
            *(
                "-addext",
                f"basicConstraints=critical,{constraints}",
                "-addext",
                "subjectAltName=DNS:localhost,IP:127.0.0.1",
            ),
            *("-keyout", str(made.key), "-out", str(made.certificate)),
        )
        return made

    def _run(self, *words: str) -> None:
        subprocess.run([self._openssl, *words], check=True, capture_output=True, cwd=self._folder)
