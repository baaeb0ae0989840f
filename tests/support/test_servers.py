"""The real servers do what the tests that use them believe."""

from __future__ import annotations

import shutil
import signal
import smtplib
import socket
import subprocess
import sys

import psycopg
import pytest
import redis

from tests.support.servers.postfix_server import OFFICE, OFFICE_PASSWORD, STRICT_DOMAIN, PostfixServer
from tests.support.servers.postgres_server import PostgresServer
from tests.support.servers.programs import ServerMissingError, find_program
from tests.support.servers.redis_server import RedisServer
from tests.support.waiting import wait_until

_STARTS_A_SERVER_AND_DIES = """
import os, signal
from tests.support.servers.redis_server import RedisServer
server = RedisServer().__enter__()
print(server.port, server.folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""

LETTER = "From: office@bureau.example\r\nSubject: 71\r\n\r\nbody\r\n"


def test_a_missing_program_is_named():
    with pytest.raises(ServerMissingError, match="no-such-server"):
        find_program("no-such-server")


def test_waiting_names_what_did_not_happen():
    with pytest.raises(AssertionError, match="the tide"):
        wait_until(lambda: False, within=0.05, what="the tide")


@pytest.mark.needs_redis
def test_redis_with_aof_keeps_what_it_acknowledged_through_a_kill(redis_server: RedisServer):
    redis_server.command("SET", "kept", "1")
    redis_server.restart()
    assert redis_server.command("GET", "kept") == "1"
    redis_server.flush_all()
    assert redis_server.command("GET", "kept") is None


@pytest.mark.needs_redis
@pytest.mark.usefixtures("redis_server")  # says so where Redis is missing
def test_redis_without_aof_forgets_at_a_kill_and_frozen_does_not_answer():
    with RedisServer(append_only=False) as server:
        server.command("SET", "kept", "1")
        server.restart()
        assert server.command("GET", "kept") is None
        server.freeze()
        with (
            server.client(timeout=0.2) as client,
            pytest.raises(redis.TimeoutError),
        ):
            client.ping()
        server.thaw()
        assert server.command("PING") is True


@pytest.mark.needs_redis
def test_every_test_gets_redis_running_and_empty(redis_server: RedisServer):
    assert redis_server.command("DBSIZE") == 0


@pytest.mark.needs_redis
@pytest.mark.usefixtures("redis_server")  # says so where Redis is missing
def test_a_server_ends_with_the_process_that_started_it():
    done = subprocess.run(
        [sys.executable, "-c", _STARTS_A_SERVER_AND_DIES], check=False, capture_output=True, text=True
    )
    assert done.returncode == -signal.SIGKILL, done.stderr
    port, folder = done.stdout.split()
    wait_until(lambda: _refuses(int(port)), what="the orphan's end")
    shutil.rmtree(folder)


def _refuses(port: int) -> bool:
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return True
    return False


@pytest.mark.needs_postgres
@pytest.mark.parametrize("mode", ["fast", "immediate"])
def test_postgres_keeps_what_was_committed_through_a_restart(postgres_server: PostgresServer, mode: str):
    name = postgres_server.create_database()
    with postgres_server.connect(name) as connection:
        connection.execute("CREATE TABLE facts (fact text)")
        connection.execute("INSERT INTO facts VALUES ('kept')")
        postgres_server.restart(mode)
        with pytest.raises(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with postgres_server.connect(name) as connection:
        assert connection.execute("SELECT fact FROM facts").fetchall() == [("kept",)]
    postgres_server.drop_database(name)


@pytest.mark.needs_postgres
def test_two_tests_never_share_a_database(postgres_url: str, postgres_server: PostgresServer):
    name = postgres_url.rpartition("/")[2]
    template = postgres_server.create_database()
    with postgres_server.connect(template) as connection:
        connection.execute("CREATE TABLE facts (fact text)")
    copy = postgres_server.create_database(template)
    assert len({name, template, copy}) == 3
    with postgres_server.connect(copy) as connection:
        assert connection.execute("SELECT count(*) FROM facts").fetchone() == (0,)
    with postgres_server.connect(name) as connection, pytest.raises(psycopg.errors.UndefinedTable):
        connection.execute("SELECT count(*) FROM facts")
    for database in (copy, template):
        postgres_server.drop_database(database)


def _submission(server: PostfixServer) -> smtplib.SMTP:
    session = smtplib.SMTP("localhost", server.submission_port, timeout=10)
    session.starttls(context=server.authority.client_context())
    return session


@pytest.mark.needs_postfix
def test_the_hosted_mailbox_wants_encryption_a_login_and_its_own_sender(postfix_relay: PostfixServer):
    with smtplib.SMTP("localhost", postfix_relay.submission_port, timeout=10) as plain:
        plain.ehlo()
        assert not plain.has_extn("auth")
        assert plain.has_extn("starttls")
    with _submission(postfix_relay) as session:
        with pytest.raises(smtplib.SMTPRecipientsRefused):
            session.sendmail(OFFICE, [OFFICE], LETTER)
    with _submission(postfix_relay) as session:
        with pytest.raises(smtplib.SMTPAuthenticationError) as wrong:
            session.login(OFFICE, "wrong")
        assert wrong.value.smtp_code == 535
    with _submission(postfix_relay) as session:
        session.login(OFFICE, OFFICE_PASSWORD)
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            session.sendmail("director@bureau.example", [OFFICE], LETTER)
        assert refused.value.recipients[OFFICE][0] == 553
        session.sendmail(OFFICE, [OFFICE], LETTER)
    [letter] = postfix_relay.mailbox().wait_for(1)
    assert b"Subject: 71" in letter


@pytest.mark.needs_postfix
def test_a_login_can_fail_for_the_moment(postfix_relay: PostfixServer):
    postfix_relay.login_server.temporary_failure = True
    try:
        with _submission(postfix_relay) as session, pytest.raises(smtplib.SMTPAuthenticationError) as later:
            session.login(OFFICE, OFFICE_PASSWORD)
    finally:
        postfix_relay.login_server.temporary_failure = False
    assert later.value.smtp_code == 454


@pytest.mark.needs_postfix
@pytest.mark.parametrize("mechanism", ["PLAIN", "LOGIN"])
def test_implicit_tls_and_both_mechanisms(postfix_relay: PostfixServer, mechanism: str):
    context = postfix_relay.authority.client_context()
    with smtplib.SMTP_SSL("localhost", postfix_relay.smtps_port, timeout=10, context=context) as session:
        session.ehlo()
        session.user, session.password = OFFICE, OFFICE_PASSWORD
        method = session.auth_plain if mechanism == "PLAIN" else session.auth_login
        assert session.auth(mechanism, method)[0] == 235


@pytest.mark.needs_postfix
def test_an_unknown_user_is_accepted_and_comes_back_to_the_envelope_sender(postfix_relay: PostfixServer):
    with smtplib.SMTP("localhost", postfix_relay.port, timeout=10) as session:
        assert session.sendmail("office+b-17@bureau.example", ["nobody@bureau.example"], LETTER) == {}
    [returned] = postfix_relay.mailbox().wait_for(1)
    assert b"Content-Type: multipart/report; report-type=delivery-status" in returned
    assert b"Final-Recipient: rfc822; nobody@bureau.example" in returned
    assert b"Status: 5.1.1" in returned
    assert b"Delivered-To: office+b-17@bureau.example" in returned


@pytest.mark.needs_postfix
def test_a_strict_host_refuses_an_unknown_user_in_the_session(postfix_relay: PostfixServer):
    with smtplib.SMTP("localhost", postfix_relay.port, timeout=10) as session:
        with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
            session.sendmail(OFFICE, [f"nobody@{STRICT_DOMAIN}"], LETTER)
    code, text = refused.value.recipients[f"nobody@{STRICT_DOMAIN}"]
    assert (code, text[:5]) == (550, b"5.1.1")


@pytest.mark.needs_postfix
def test_every_test_gets_postfix_with_empty_boxes(postfix_relay: PostfixServer):
    assert postfix_relay.mailbox().messages() == []
    assert postfix_relay.queue_is_empty()


@pytest.mark.needs_postfix
@pytest.mark.usefixtures("postfix_relay")  # says so where Postfix is missing
def test_nothing_is_left_of_a_killed_postfix():
    with PostfixServer() as server:
        folder = server.folder
        server.kill()
        server.start()
        with smtplib.SMTP("localhost", server.port, timeout=10) as session:
            assert session.noop()[0] == 250
    assert not folder.exists()
