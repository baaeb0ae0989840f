"""Clients for the tests of the misbehaving relay: smtplib where a whole session will do, bare sockets where bytes matter."""

from __future__ import annotations

import smtplib
import socket
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support.fault_smtp.program import FaultProgram
from tests.support.fault_smtp.server import FaultServer

LETTER = "Message-ID: <17@bureau.example>\r\nTo: a@unit.example\r\nSubject: 71\r\n\r\nbody\r\n"


@contextmanager
def session(server: FaultServer | FaultProgram) -> Iterator[smtplib.SMTP]:
    client = smtplib.SMTP("127.0.0.1", server.port, timeout=5)
    try:
        yield client
    finally:
        client.close()


def send(server: FaultServer | FaultProgram, *recipients: str) -> dict[str, tuple[int, bytes]]:
    with session(server) as client:
        refused: dict[str, tuple[int, bytes]] = client.sendmail(
            "office@bureau.example", recipients or ("a@unit.example",), LETTER
        )
        client.quit()
        return refused


@contextmanager
def raw(server: FaultServer, *greeting: bytes) -> Iterator[socket.socket]:
    """A connection past its greeting and EHLO."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=5) as connection:
        read_reply(connection)
        connection.sendall(b"EHLO me.example\r\n")
        read_reply(connection)
        for command in greeting:
            connection.sendall(command)
            read_reply(connection)
        yield connection


def read_reply(connection: socket.socket) -> bytes:
    data = b""
    while not (data.endswith(b"\r\n") and data.splitlines()[-1][3:4] == b" "):
        piece = connection.recv(65536)
        if not piece:
            break
        data += piece
    return data
