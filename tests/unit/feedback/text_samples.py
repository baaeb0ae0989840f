"""Reports written for people only, one invented mail for each program's form: who is named, what became of him, why."""

from __future__ import annotations

from typing import NamedTuple

_QUOTED = "Received: from relay.office.example by mx.relay.example; Mon, 2 Mar 2026 18:00:00 +0800\nFrom: bulletin@office.example\nTo: quoted@elsewhere.example\nSubject: hello\n"


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


def _sample(name: str, body: str, *told: tuple[str, str, str], headers: tuple[str, ...] = (), **named: str) -> Sample:
    return Sample(name, mail(body, *headers, **named), told)


LI, WANG = "li@post.example", "wang@post.example"

SAMPLES = (
    _sample(
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
{_QUOTED}""",
        (LI, "bounce", "userunknown"),
        (WANG, "bounce", "mailboxfull"),
    ),
    _sample(
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

{_QUOTED}""",
        (LI, "bounce", "userunknown"),
        (WANG, "bounce", "mailboxfull"),
        subject="Mail delivery failed: returning message to sender",
    ),
    _sample(
        "exim-header",
        f"The following address(es) failed:\n\n  {LI}\n    Unrouteable address\n",
        (LI, "bounce", "hostunknown"),
        headers=(f"X-Failed-Recipients: {LI}", "Auto-Submitted: auto-replied"),
        subject="Mail delivery failed",
    ),
    _sample(
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
    _sample(
        "gmail-delay",
        f"""This is an automatically generated Delivery Status Notification

THIS IS A WARNING MESSAGE ONLY.

YOU DO NOT NEED TO RESEND YOUR MESSAGE.

Delivery to the following recipient has been delayed:

     {LI}

Message will be retried for 2 more day(s)

   ----- Message header follows -----
{_QUOTED}""",
        (LI, "delayed", "expired"),
        subject="Delivery Status Notification (Delay)",
    ),
    _sample(
        "gmail",
        f"""Delivery to the following recipient failed permanently:

     {LI}

Technical details of permanent failure:
Google tried to deliver your message, but it was rejected by the recipient domain. The error that the other server
returned was: 550 550 5.1.1 <{LI}>: Recipient address rejected: User unknown (state 14).

----- Original message -----

{_QUOTED}""",
        (LI, "bounce", "userunknown"),
        headers=(f"X-Failed-Recipients: {LI}",),
        subject="Delivery Status Notification (Failure)",
    ),
    _sample(
        "sendmail-5",
        f"""   ----- Transcript of session follows -----
While talking to mx.post.example:
>>> RCPT To:<{LI}>
<<< 550 {LI}... User unknown
550 <{LI}>... User unknown

   ----- Unsent message follows -----
{_QUOTED}""",
        (LI, "bounce", "userunknown"),
        subject="Returned mail: User unknown",
    ),
    _sample(
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
    _sample(
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
    _sample(
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
    _sample(
        "exchange-5.5",
        f"""Your message

  To:      {LI}
  Subject: bulletin
  Sent:    Mon, 2 Mar 2026 18:00:00 +0800

did not reach the following recipient(s):

{LI} on Mon, 2 Mar 2026 18:00:05 +0800
    The recipient name is not recognized
        The MTS-ID of the original message is: c=cn;a= ;p=post;l=MAIL-260302
    MSEXCH:IMS:POST:HEAD:MAIL 0 (000C05A6) Unknown Recipient
""",
        (LI, "bounce", "userunknown"),
        sender="System Administrator <postmaster@post.example>",
        subject="Undeliverable: bulletin",
    ),
    _sample(
        "exchange-2007",
        f"""Delivery has failed to these recipients or distribution lists:

{LI}
The recipient's mailbox is full. Microsoft Exchange will not try to redeliver this message for you.

Diagnostic information for administrators:

Generating server: mail.post.example

{LI}
#552 5.2.2 MAILBOX FULL ##

Original message headers:

{_QUOTED}""",
        (LI, "bounce", "mailboxfull"),
        sender="Microsoft Exchange <postmaster@post.example>",
        subject="Undeliverable: bulletin",
    ),
    _sample(
        "domino",
        f"""Your message

  Subject: bulletin

was not delivered to:

  {LI}

because:

  User li (li@post.example) not listed in Domino Directory
""",
        (LI, "bounce", "userunknown"),
        sender="postmaster@post.example",
        subject="DELIVERY FAILURE: User li (li@post.example) not listed in Domino Directory",
    ),
    _sample(
        "notes",
        f"""------- Failure Reasons  --------

User not listed in public Name & Address Book
{LI}


------- Returned Message --------
{_QUOTED}""",
        (LI, "bounce", "userunknown"),
        sender="Notes SMTP MTA <MAILER-DAEMON@post.example>",
        subject="Message failed delivery",
    ),
    _sample(
        "groupwise",
        f"The message that you sent was undeliverable to the following:\n\t{LI} (user not found)\n\nPossibly truncated original message follows:\n",
        (LI, "bounce", "userunknown"),
        sender="Mailer-Daemon@post.example",
        subject="Message status - undeliverable",
    ),
    _sample(
        "imail",
        f"Unknown user: {LI}\n\nRCPT TO generated following response:\n553 5.3.0 <{LI}>... Addressee unknown\n\nOriginal message follows.\n\n{_QUOTED}",
        (LI, "bounce", "userunknown"),
        sender="Postmaster <postmaster@post.example>",
        subject="Undeliverable Mail",
    ),
    _sample(
        "imail-full",
        f"User mailbox exceeds allowed size: {LI}\n\nOriginal message follows.\n\n{_QUOTED}",
        (LI, "bounce", "mailboxfull"),
        sender="Postmaster <postmaster@post.example>",
        subject="Undeliverable Mail",
    ),
    _sample(
        "mailmarshal",
        f"""Your message:
   From:    bulletin@office.example
   Subject: bulletin

Could not be delivered because of

550 5.1.1 User unknown

The following recipients were affected:
    {LI}

Additional Information
""",
        (LI, "bounce", "userunknown"),
        sender="MailMarshal <postmaster@post.example>",
        subject="Undeliverable: bulletin",
    ),
    _sample(
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
    _sample(
        "yahoo",
        f"Message from post.example.\nUnable to deliver message to the following address(es).\n\n<{LI}>:\nThis user doesn't have a post.example account ({LI}) [0]\n\n--- Original message follows.\n\n{_QUOTED}",
        (LI, "bounce", "userunknown"),
        sender="MAILER-DAEMON@post.example",
        subject="Delivery failure",
    ),
    _sample(
        "yahoo-2014",
        f"Sorry, we were unable to deliver your message to the following address.\n\n<{LI}>:\nRemote host said:\n552 1 Requested mail action aborted, mailbox not found\n[RCPT_TO]\n\n--- Below this line is a copy of the message.\n\n{_QUOTED}",
        (LI, "bounce", "userunknown"),
        subject="Failure Notice",
    ),
    _sample(
        "aol",
        f"The original message was received at Mon, 2 Mar 2026 18:00:00 +0800\n\n   ----- The following addresses had permanent fatal errors -----\n<{LI}>\n\n   ----- Transcript of session follows -----\n... while talking to mx.post.example.:\n>>> RCPT To:<{LI}>\n<<< 550 MAILBOX NOT FOUND\n550 <{LI}>... User unknown\n",
        (LI, "bounce", "userunknown"),
        sender="Mail Delivery Subsystem <MAILER-DAEMON@aol.example>",
        subject="Mail Delivery Problem",
    ),
    _sample(
        "mail.ru",
        f"Это письмо создано автоматически сервером, отвечать на него не нужно.\n\nК сожалению, Ваше письмо не может быть доставлено одному или нескольким получателям:\n\n**********************\n\n  {LI}\n    SMTP error from remote mail server after RCPT TO:<{LI}>:\n    550 Message was not accepted -- invalid mailbox.  Local mailbox {LI} is unavailable: user not found\n",
        (LI, "bounce", "userunknown"),
        headers=(f"X-Failed-Recipients: {LI}",),
        sender="mailer-daemon@corp.post.example",
        subject="Ваше сообщение не доставлено. Mail failure.",
    ),
    _sample(
        "dragonfly",
        f"This is the DragonFly Mail Agent v0.13 at relay.example.\n\nThere was an error delivering your mail to <{LI}>.\n\nmx.post.example [192.0.2.25] did not like our RCPT TO:\n550 5.1.1 <{LI}>: Recipient address rejected: User unknown\n\nMessage headers follow.\n\n{_QUOTED}",
        (LI, "bounce", "userunknown"),
        sender="MAILER-DAEMON <>",
        subject="Mail delivery failed",
    ),
    _sample(
        "opensmtpd",
        f"    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this e-mail.\n\n    An error has occurred while attempting to deliver a message for\n    the following list of recipients:\n\n{LI}: 550 5.1.1 <{LI}>... User Unknown\n\n    Below is a copy of the original message:\n\n{_QUOTED}",
        (LI, "bounce", "userunknown"),
        sender="Mailer Daemon <MAILER-DAEMON@relay.example>",
        subject="Delivery status notification: error",
    ),
    _sample(
        "opensmtpd-warning",
        f"    Hi!\n\n    This is the MAILER-DAEMON, please DO NOT REPLY to this email.\n\n    A message is delayed for more than 4 hours for the following\n    list of recipients:\n\n{LI}: Network error on destination MXs\n\n    Please note that this is only a temporary failure report.\n    The message is kept in the queue for up to 4 days.\n    You DO NOT NEED to re-send the message to these recipients.\n",
        (LI, "delayed", "networkerror"),
        sender="Mailer Daemon <MAILER-DAEMON@relay.example>",
        subject="Delivery status notification: warning",
    ),
    _sample(
        "activehunter",
        f"The original message was received at Mon, 2 Mar 2026 18:00:00 +0800\n\n  ----- The following addresses had permanent fatal errors -----\n\n>>> {LI} <{LI}>\n\n  ----- original message -----\n\n550 sorry, no mailbox here by that name (#5.1.1)\n",
        (LI, "bounce", "userunknown"),
        subject="FAILURE NOTICE :",
    ),
    _sample(
        "james",
        f"Hi. This is the James mail server at relay.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up.\n\nMessage details:\n  Subject: bulletin\n  MAIL FROM: bulletin@office.example\n  RCPT TO: {LI}\n  From: bulletin@office.example\n  To: {LI}\n  Size (in bytes): 1024\n\nError message below:\n550 - Requested action not taken: no such user here\n",
        (LI, "bounce", "userunknown"),
        subject="Delivery failure",
    ),
    _sample(
        "mailfoundry",
        f"Unable to deliver message to: <{LI}>\nDelivery failed for the following reason:\nServer mx.post.example[192.0.2.25] failed with: 550 <{LI}> No such user here\n\nThis has been a permanent failure.  No further delivery attempts will be made.\n",
        (LI, "bounce", "userunknown"),
        sender="Postmaster <postmaster@relay.example>",
        subject="Message delivery has failed",
    ),
    _sample(
        "mcafee",
        f"--- The following addresses had delivery problems ---\n\n<{LI}>   (User unknown {LI})\n\n--------------Returned Mail Header--------\n{_QUOTED}",
        (LI, "bounce", "userunknown"),
        sender="mcafee <MAILER-DAEMON@relay.example>",
        subject="Delivery failure",
    ),
    _sample(
        "messaging-server",
        f"This report relates to a message you sent with the following header fields:\n\n  Message-id: <x@office.example>\n  Date: Mon, 2 Mar 2026 18:00:00 +0800\n  From: bulletin@office.example\n  To: {LI}\n  Subject: bulletin\n\nYour message cannot be delivered to the following recipients:\n\n  Recipient address: {LI}\n  Reason: Remote SMTP server has rejected address\n  Diagnostic code: smtp;550 5.1.1 <{LI}>... User Unknown\n",
        (LI, "bounce", "userunknown"),
        sender="Internet Mail Delivery <postmaster@relay.example>",
        subject="Delivery Notification: Delivery has failed",
    ),
    _sample(
        "m-filter",
        f"以下のメールアドレスへの送信に失敗しました。\n\n-------server message\n550 5.1.1 unknown user <{LI}>\n-------SMTP command\nRCPT TO:<{LI}>\n-------original message\n{_QUOTED}",
        (LI, "bounce", "userunknown"),
        sender="Postmaster <postmaster@relay.example>",
        subject="メール送信に失敗しました",
    ),
    _sample(
        "kddi",
        f"Your mail sent on: Mon, 2 Mar 2026 18:00:00 +0800\n     Could not be delivered to: <{LI}>\n     As their mailbox is full.\n",
        (LI, "bounce", "mailboxfull"),
        sender="no-reply@carrier.example",
        subject="Mail delivery failed",
    ),
    _sample(
        "interscan",
        f"****** Message from InterScan Messaging Security Suite ******\n\nSent <<< RCPT TO:<{LI}>\nReceived >>> 550 5.1.1 <{LI}>... user unknown\n\nUnable to deliver message to <{LI}>.\n\n************************     End of message     **********************\n",
        (LI, "bounce", "userunknown"),
        sender="InterScan MSS <postmaster@relay.example>",
        subject="Mail could not be delivered",
    ),
    _sample(
        "smartermail",
        f"Could not deliver message to the following recipient(s):\n\nFailed Recipient: {LI}\nReason: Remote host said: 550 User unknown\n\n   -- The header and top 20 lines of the message follows --\n\n{_QUOTED}",
        (LI, "bounce", "userunknown"),
        sender="System Administrator <postmaster@relay.example>",
        subject="Delivery Failure",
    ),
    _sample(
        "hmailserver",
        f"Your message did not reach some or all of the intended recipients.\n\n   Sent: Mon, 2 Mar 2026 18:00:00 +0800\n   Subject: bulletin\n\nThe following recipient(s) could not be reached:\n\n{LI}\n   Error Type: SMTP\n   Remote server (192.0.2.25) issued an error.\n   hMailServer sent: RCPT TO:<{LI}>\n   Remote server replied: 550 5.1.1 User unknown\n\nhMailServer\n",
        (LI, "bounce", "userunknown"),
        subject="Message undeliverable: bulletin",
    ),
    _sample(
        "mdaemon",
        f"{LI} - no such user here.\n\nThere is no user by that name at this server.\n",
        (LI, "bounce", "userunknown"),
        sender="MDaemon@post.example",
        subject=f"Warning: {LI} - User unknown!",
    ),
    _sample(
        "zoho",
        f"This message was created automatically by mail delivery software.\n A message that you sent could not be delivered to one or more of its recipients. This is a permanent error. \n\n{LI} Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 <{LI}>... User Unknown\n",
        (LI, "bounce", "userunknown"),
        subject="Undelivered Mail Returned to Sender",
    ),
    _sample(
        "1and1",
        f"This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of\nits recipients. The following addresses failed:\n\n    {LI}\n\nSMTP error from remote server after RCPT command:\nhost mx.post.example[192.0.2.25]:\n5.1.1 <{LI}>... User Unknown\n\n--- The header of the original message is following. ---\n\n{_QUOTED}",
        (LI, "bounce", "userunknown"),
        subject="Mail delivery failed: returning message to sender",
    ),
    _sample(
        "verizon",
        f"Message could not be delivered to mobile.\nError: No valid recipients for this MM\nSubject: Undeliverable Message\n\nYour original message:\nTo: {LI}\nSubject: bulletin\n",
        (LI, "bounce", "userunknown"),
        sender="post_master@mms.example",
        subject="Undeliverable Message",
    ),
    _sample(
        "x1",
        f"The original message was received at Mon, 2 Mar 2026 18:00:00 +0800\nfrom bulletin@office.example\n\n---The following addresses had delivery errors---\n\n{LI} [User unknown]\n\n",
        (LI, "bounce", "userunknown"),
        sender="Mail Deliver System <MAILER-DAEMON@relay.example>",
        subject="Returned Mail",
    ),
    _sample(
        "smail",
        f"|------------------------- Message log follows: -------------------------|\n no valid recipients were found for this message\n|------------------------- Failed addresses follow: ---------------------|\n <{LI}> ... unknown host\n|------------------------- Message text follows: ------------------------|\n{_QUOTED}",
        (LI, "bounce", "hostunknown"),
        subject="mail failed, returning to sender",
    ),
    _sample(
        "amavis",
        f"Your message to: {LI}\nwas considered unsolicited bulk e-mail (UBE).\n\nSubject: bulletin\n\nDelivery of the email was stopped!\n",
        (LI, "bounce", "spamdetected"),
        sender="Content-filter at post.example <postmaster@post.example>",
        subject="Considered UNSOLICITED BULK EMAIL, apparently from you",
    ),
    _sample(
        "successful",
        f"Your message was successfully delivered to the following recipients:\n\n  {LI}\n",
        (LI, "delivered", ""),
        sender="Mail Delivery System <postmaster@post.example>",
        subject="Delivery Status Notification",
    ),
    _sample(
        "partly",
        f"   ----- The following addresses had successful delivery notifications -----\n<{WANG}>  (relayed to non-DSN-aware mailer)\n\n   ----- The following addresses had permanent fatal errors -----\n<{LI}>\n    (reason: 550 5.1.1 User unknown)\n",
        (WANG, "delivered", ""),
        (LI, "bounce", "userunknown"),
        subject="Returned mail: see transcript for details",
    ),
    _sample(
        "qq",
        f"很抱歉，您发送的邮件被退回，以下是该邮件的相关信息：\n被退回邮件主题：工作快报\n时间：2026-03-02 18:00:00\n无法发送到{LI}\n退信原因收件人邮箱不存在。\nhost mx.post.example[192.0.2.25] said: 550 Mailbox not found\n解决方案请联系您的收件人，重新核实邮箱地址。\n",
        (LI, "bounce", "userunknown"),
        sender="PostMaster <PostMaster@qq.example>",
        subject="系统退信",
    ),
    _sample(
        "coremail-text",
        f"抱歉，您的邮件被退回来了……\n\n原邮件信息：\n时　间 2026-03-02 18:00:00\n主　题 工作快报\n收件人：{LI}\n\n退信原因：收件人的邮箱已满，暂时无法接收邮件。\n英文说明：552 Quota exceeded\n",
        (LI, "bounce", "mailboxfull"),
        sender="Postmaster@post.example",
        subject="系统退信/Systems bounce",
    ),
    _sample(
        "netease",
        f"您的邮件被退回来了，原因如下：\n收件人邮件地址（{LI}）不存在，邮件无法送达。\nSMTP error, RCPT TO: Host post.example(192.0.2.25) said: 550 User not found\n",
        (LI, "bounce", "userunknown"),
        sender="Postmaster <postmaster@relay.example>",
        subject="系统退信",
    ),
    _sample(
        "sina",
        f"您好！\n您发往 {LI} 的邮件投递失败，被系统退回。\n失败原因：对方邮箱空间已满。\n",
        (LI, "bounce", "mailboxfull"),
        sender="新浪邮箱 <mailer-daemon@relay.example>",
        subject="邮件投递失败通知",
    ),
    _sample(
        "aliyun",
        f"您的邮件无法投递到以下收件人：\n\n{LI}\n\n原因：550 RCPT TO ERROR: user not exist\n\n----- 邮件原文 -----\n{_QUOTED}",
        (LI, "bounce", "userunknown"),
        sender="MAILER-DAEMON <postmaster@relay.example>",
        subject="退信通知",
    ),
    _sample(
        "chinese-delay",
        f"您发送给 {LI} 的邮件暂时无法投递，系统将会重试 72 小时。\n原因：连接超时\n",
        (LI, "delayed", "networkerror"),
        sender="Postmaster <postmaster@relay.example>",
        subject="投递延迟通知",
    ),
    _sample(
        "german",
        f"Ihre Nachricht konnte nicht zugestellt werden:\n\n<{LI}>: Benutzer unbekannt\n",
        (LI, "bounce", "userunknown"),
        subject="Unzustellbar: Bulletin",
    ),
    _sample(
        "nobody-named",
        f"Your message could not be delivered: mailbox full.\n\n----- Original message -----\n{_QUOTED}",
        ("quoted@elsewhere.example", "bounce", "mailboxfull"),
        subject="Undeliverable mail",
    ),
)
