"""Encryption on an open wire, before the greeting or after STARTTLS. Knows contexts and pins, no SMTP."""

from __future__ import annotations

import asyncio
import hashlib
import ssl
from typing import Any

from mailer.model.reply import Fault
from mailer.transport.wire import Wire, WireFaultError


class CertificateError(WireFaultError):
    """They speak TLS, but not as whom we want to speak to."""

    def __init__(self, note: str) -> None:
        super().__init__(Fault.TLS, note)


class _BelowTls(asyncio.BufferedProtocol):
    """Between the socket and the TLS layer; hands everything on and tells the wire what has not left the socket.

    The TLS layer takes a whole message at once, so from above it would look sent while most of it is still ours, and a
    connection cut in the middle of a body would count as cut after its dot.
    """

    def __init__(self, layer: Any, wire: Wire) -> None:
        self._layer, self._wire = layer, wire  # asyncio's and uvloop's layers share these methods and no type

    def get_buffer(self, sizehint: int) -> bytearray:
        buffer: bytearray = self._layer.get_buffer(sizehint)
        return buffer

    def buffer_updated(self, nbytes: int) -> None:
        self._layer.buffer_updated(nbytes)

    def eof_received(self) -> bool | None:
        self._wire.eof_received()
        keeps_open: bool | None = self._layer.eof_received()
        return keeps_open

    def connection_lost(self, exc: Exception | None) -> None:
        self._layer.connection_lost(exc)

    def pause_writing(self) -> None:
        self._wire.pause_below()
        self._layer.pause_writing()

    def resume_writing(self) -> None:
        self._wire.resume_below()
        self._layer.resume_writing()  # may write more, and pause again
        self._wire.wake()


async def encrypt(wire: Wire, context: ssl.SSLContext, *, host: str, pin: str, within: float) -> None:
    """Shakes hands and puts the wire on top of the encrypted transport. Raises WireFaultError, CertificateError.

    ``host`` is the name the certificate has to bear; ``pin`` the sha256 it must have instead, in hex, or ''.
    """
    if not wire.is_quiet:
        # a greeting that came before our hello was read in the clear; waiting for the host to answer it would be in vain
        raise WireFaultError(Fault.TLS, "the host speaks without encryption")
    socket_transport = wire.transport
    try:
        encrypted = await asyncio.get_running_loop().start_tls(
            socket_transport, wire, context, server_hostname=host, ssl_handshake_timeout=within
        )
    except ssl.SSLCertVerificationError as error:
        raise CertificateError(error.verify_message) from error
    except ssl.SSLError as error:
        raise WireFaultError(Fault.TLS, error.reason or str(error)) from error
    except (TimeoutError, ConnectionAbortedError) as error:  # the latter is how both loops report their own time limit
        raise WireFaultError(Fault.TIMEOUT, f"TLS: {within:g} s") from error
    except OSError as error:
        raise WireFaultError(Fault.CUT, f"TLS: {error}") from error
    if encrypted is None:
        raise WireFaultError(Fault.CUT, "TLS: connection closed")
    socket_transport.set_protocol(_BelowTls(socket_transport.get_protocol(), wire))
    wire.rewire(encrypted)
    if pin and hashlib.sha256(encrypted.get_extra_info("ssl_object").getpeercert(binary_form=True)).hexdigest() != pin:
        raise CertificateError("the certificate is not the pinned one")
