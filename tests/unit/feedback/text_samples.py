"""Reports written for people only, one invented mail for each program's form: who is named, what became of him, why.

Here: the form of a sample, and the programs of Unix hosts and free mail providers.
"""

from __future__ import annotations

from typing import NamedTuple

QUOTED = "Received: from relay.office.example by mx.relay.example; Mon, 2 Mar 2026 18:00:00 +0800\nFrom: bulletin@office.example\nTo: quoted@elsewhere.example\nSubject: hello\n"


class Sample(NamedTuple):
    """``told``: (address, kind, reason) of each recipient."""

    name: str
    mail: bytes
    told: tuple[tuple[str, str, str], ...]


def mail(
    body: str, *headers: str, sender: str = "MAILER-DAEMON@relay.example", subject: str = "failure notice"
) -> bytes:
    lines = ("Return-Path: <>", f"From: {sender}", "To: bulletin@office.example", f"Subject: {subject}", *headers)
    kind = (
        ""
        if any(line.lower().startswith("content-type") for line in headers)
        else "Content-Type: text/plain; charset=utf-8\n"
    )
    return ("\n".join(lines) + f"\n{kind}\n{body}").encode()


def sample(name: str, body: str, *told: tuple[str, str, str], headers: tuple[str, ...] = (), **named: str) -> Sample:
    return Sample(name, mail(body, *headers, **named), told)


LI, WANG = "li@post.example", "wang@post.example"

UNIX = (
    sample(
        "qmail",
        f"""Hi. This is the qmail-send program at relay.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{LI}>:
192.0.2.25 does not like recipient.
Remote host said: 550 5.1.1 <{LI}>: User unknown
Giving up on 192.0.2.25.

<{WANG}>:
192.0.2.25 does not like recipient.
Remote host said: 552 5.2.2 mailbox full
Giving up on 192.0.2.25.

--- Below this line is a copy of the message.

Return-Path: <bulletin@office.example>
{QUOTED}""",
        (LI, "bounce", "userunknown"),
        (WANG, "bounce", "mailboxfull"),
    ),
    sample(
        "exim",
        f"""This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {LI}
    SMTP error from remote mail server after RCPT TO:<{LI}>:
    host mx.post.example [192.0.2.25]: 550 No such user here
  {WANG}
    mailbox is full: retry timeout exceeded

------ This is a copy of the message, including all the headers. ------

{QUOTED}""",
        (LI, "bounce", "userunknown"),
        (WANG, "bounce", "mailboxfull"),
        subject="Mail delivery failed: returning message to sender",
    ),
    sample(
        "exim-header",
        f"The following address(es) failed:\n\n  {LI}\n    Unrouteable address\n",
        (LI, "bounce", "hostunknown"),
        headers=(f"X-Failed-Recipients: {LI}", "Auto-Submitted: auto-replied"),
        subject="Mail delivery failed",
    ),
    sample(
        "exim-delay",
        f"""This message was created automatically by mail delivery software.
A message that you sent has not yet been delivered to one or more of its
recipients after more than 24 hours on the queue on relay.example.

The address to which the message has not yet been delivered is:

  {LI}
    Delay reason: connection timed out

No action is required on your part. Delivery attempts will continue for
some time. Eventually the mail delivery software will give up,
and when that happens, the message will be returned to you.
""",
        (LI, "delayed", "expired"),
        subject="Warning: message 1abCDe-0001 delayed 24 hours",
    ),
    sample(
        "gmail-delay",
        f"""This is an automatically generated Delivery Status Notification

THIS IS A WARNING MESSAGE ONLY.

YOU DO NOT NEED TO RESEND YOUR MESSAGE.

Delivery to the following recipient has been delayed:

     {LI}

Message will be retried for 2 more day(s)

   ----- Message header follows -----
{QUOTED}""",
        (LI, "delayed", "expired"),
        subject="Delivery Status Notification (Delay)",
    ),
    sample(
        "gmail",
        f"""Delivery to the following recipient failed permanently:

     {LI}

Technical details of permanent failure:
Google tried to deliver your message, but it was rejected by the recipient domain. The error that the other server
returned was: 550 550 5.1.1 <{LI}>: Recipient address rejected: User unknown (state 14).

----- Original message -----

{QUOTED}""",
        (LI, "bounce", "userunknown"),
        headers=(f"X-Failed-Recipients: {LI}",),
        subject="Delivery Status Notification (Failure)",
    ),
    sample(
        "sendmail-5",
        f"""   ----- Transcript of session follows -----
While talking to mx.post.example:
>>> RCPT To:<{LI}>
<<< 550 {LI}... User unknown
550 <{LI}>... User unknown

   ----- Unsent message follows -----
{QUOTED}""",
        (LI, "bounce", "userunknown"),
        subject="Returned mail: User unknown",
    ),
    sample(
        "sendmail-8-warning",
        f"""    **********************************************
    **      THIS IS A WARNING MESSAGE ONLY      **
    **  YOU DO NOT NEED TO RESEND YOUR MESSAGE  **
    **********************************************

The original message was received at Mon, 2 Mar 2026 18:00:00 +0800
from office.example [192.0.2.7]

   ----- Transcript of session follows -----
<{LI}>... Deferred: Connection timed out with mx.post.example.
Warning: message still undelivered after 4 hours
Will keep trying until message is 5 days old
""",
        (LI, "delayed", "expired"),
        subject="Warning: could not send message for past 4 hours",
    ),
    sample(
        "postfix-old",
        f"""This is the Postfix program at host relay.example.

I'm sorry to have to inform you that the message returned
below could not be delivered to one or more destinations.

For further assistance, please send mail to <postmaster@relay.example>

                        The Postfix program

<{LI}>: host mx.post.example[192.0.2.25] said: 552 5.2.2
    <{LI}>: mailbox is full (in reply to RCPT TO command)
""",
        (LI, "bounce", "mailboxfull"),
        subject="Undelivered Mail Returned to Sender",
    ),
    sample(
        "postfix-delay",
        f"""This is the mail system at host relay.example.

####################################################################
# THIS IS A WARNING ONLY.  YOU DO NOT NEED TO RESEND YOUR MESSAGE. #
####################################################################

Your message could not be delivered for more than 4 hour(s).
It will be retried until it is 3 day(s) old.

                   The mail system

<{LI}>: connect to mx.post.example[192.0.2.25]:25: Connection timed out
""",
        (LI, "delayed", "expired"),
        subject="Delayed Mail (still being retried)",
    ),
    sample(
        "courier",
        f"""This is a delivery status notification from mx.relay.example,
running the Courier mail server, version 0.65.2.

The original message was received on Mon, 2 Mar 2026 18:00:00 +0800

                           UNDELIVERABLE MAIL

Your message to the following recipients cannot be delivered:

<{LI}>:
    mx.post.example [192.0.2.25]:
>>> RCPT TO:<{LI}>
<<< 550 5.1.1 <{LI}>... User Unknown

If your message was also sent to additional recipients, their delivery
status is not included in this report.
""",
        (LI, "bounce", "userunknown"),
        sender="Courier mail server at relay.example <@relay.example>",
        subject="NOTICE: mail delivery status.",
    ),
    sample(
        "yahoo",
        f"Message from post.example.\nUnable to deliver message to the following address(es).\n\n<{LI}>:\nThis user doesn't have a post.example account ({LI}) [0]\n\n--- Original message follows.\n\n{QUOTED}",
        (LI, "bounce", "userunknown"),
        sender="MAILER-DAEMON@post.example",
        subject="Delivery failure",
    ),
    sample(
        "yahoo-2014",
        f"Sorry, we were unable to deliver your message to the following address.\n\n<{LI}>:\nRemote host said:\n552 1 Requested mail action aborted, mailbox not found\n[RCPT_TO]\n\n--- Below this line is a copy of the message.\n\n{QUOTED}",
        (LI, "bounce", "userunknown"),
        subject="Failure Notice",
    ),
    sample(
        "aol",
        f"The original message was received at Mon, 2 Mar 2026 18:00:00 +0800\n\n   ----- The following addresses had permanent fatal errors -----\n<{LI}>\n\n   ----- Transcript of session follows -----\n... while talking to mx.post.example.:\n>>> RCPT To:<{LI}>\n<<< 550 MAILBOX NOT FOUND\n550 <{LI}>... User unknown\n",
        (LI, "bounce", "userunknown"),
        sender="Mail Delivery Subsystem <MAILER-DAEMON@aol.example>",
        subject="Mail Delivery Problem",
    ),
    sample(
        "mail.ru",
        f"Это письмо создано автоматически сервером, отвечать на него не нужно.\n\nК сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям:\n\n**********************\n\n  {LI}\n    SMTP error from remote mail server after RCPT TO:<{LI}>:\n    550 Message was not accepted -- invalid mailbox.  Local mailbox {LI} is unavailable: user not found\n",
        (LI, "bounce", "userunknown"),
        headers=(f"X-Failed-Recipients: {LI}",),
        sender="mailer-daemon@corp.post.example",
        subject="Ваше сообщение не доставлено. Mail failure.",
    ),
    sample(
        "dragonfly",
        f"This is the DragonFly Mail Agent v0.13 at relay.example.\n\nThere was an error delivering your mail to <{LI}>.\n\nmx.post.example [192.0.2.25] did not like our RCPT TO:\n550 5.1.1 <{LI}>: Recipient address rejected: User unknown\n\nMessage headers follow.\n\n{QUOTED}",
        (LI, "bounce", "userunknown"),
        sender="MAILER-DAEMON <>",
        subject="Mail delivery failed",
    ),
    sample(
        "opensmtpd",
        f"    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this e-mail.\n\n    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\n{LI}: 550 5.1.1 <{LI}>... User Unknown\n\n    Below is a copy of the original message:\n\n{QUOTED}",
        (LI, "bounce", "userunknown"),
        sender="Mailer Daemon <MAILER-DAEMON@relay.example>",
        subject="Delivery status notification: error",
    ),
    sample(
        "opensmtpd-warning",
        f"    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n    A message is delayed for more than 4 hours for the following\n    list of recipients:\n\n{LI}: Network error on destination MXs\n\n    Please note that this is only a temporary failure report.\n    The message is kept in the queue for up to 4 days.\n    You DO NOT NEED to re-send the message to these recipients.\n",
        (LI, "delayed", "networkerror"),
        sender="Mailer Daemon <MAILER-DAEMON@relay.example>",
        subject="Delivery status notification: warning",
    ),
    sample(
        "smail",
        f"|------------------------- Message log follows: -------------------------|\n no valid recipients were found for this message\n|------------------------- Failed addresses follow: ---------------------|\n <{LI}> ... unknown host\n|------------------------- Message text follows: ------------------------|\n{QUOTED}",
        (LI, "bounce", "hostunknown"),
        subject="mail failed, returning to sender",
    ),
)
