"""Reports of office systems, gateways and carriers: Exchange, Domino, GroupWise, IMail, filters, phones."""

from __future__ import annotations

from tests.unit.feedback.text_samples import LI, QUOTED, WANG, sample

OFFICES = (
    sample(
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
    sample(
        "exchange-2007",
        f"""Delivery has failed to these recipients or distribution lists:

{LI}
The recipient's mailbox is full. Microsoft Exchange will not try to redeliver this message for you.

Diagnostic information for administrators:

Generating server: mail.post.example

{LI}
#552 5.2.2 MAILBOX FULL ##

Original message headers:

{QUOTED}""",
        (LI, "bounce", "mailboxfull"),
        sender="Microsoft Exchange <postmaster@post.example>",
        subject="Undeliverable: bulletin",
    ),
    sample(
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
    sample(
        "notes",
        f"""------- Failure Reasons  --------

User not listed in public Name & Address Book
{LI}


------- Returned Message --------
{QUOTED}""",
        (LI, "bounce", "userunknown"),
        sender="Notes SMTP MTA <MAILER-DAEMON@post.example>",
        subject="Message failed delivery",
    ),
    sample(
        "groupwise",
        f"The message that you sent was undeliverable to the following:\n\t{LI} (user not found)\n\nPossibly truncated original message follows:\n",
        (LI, "bounce", "userunknown"),
        sender="Mailer-Daemon@post.example",
        subject="Message status - undeliverable",
    ),
    sample(
        "imail",
        f"Unknown user: {LI}\n\nRCPT TO generated following response:\n553 5.3.0 <{LI}>... Addressee unknown\n\nOriginal message follows.\n\n{QUOTED}",
        (LI, "bounce", "userunknown"),
        sender="Postmaster <postmaster@post.example>",
        subject="Undeliverable Mail",
    ),
    sample(
        "imail-full",
        f"User mailbox exceeds allowed size: {LI}\n\nOriginal message follows.\n\n{QUOTED}",
        (LI, "bounce", "mailboxfull"),
        sender="Postmaster <postmaster@post.example>",
        subject="Undeliverable Mail",
    ),
    sample(
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
    sample(
        "activehunter",
        f"The original message was received at Mon, 2 Mar 2026 18:00:00 +0800\n\n  ----- The following addresses had permanent fatal errors -----\n\n>>> {LI} <{LI}>\n\n  ----- original message -----\n\n550 sorry, no mailbox here by that name (#5.1.1)\n",
        (LI, "bounce", "userunknown"),
        subject="FAILURE NOTICE :",
    ),
    sample(
        "james",
        f"Hi. This is the James mail server at relay.example.\nI'm afraid I wasn't able to deliver your message to the following addresses.\nThis is a permanent error; I've given up.\n\nMessage details:\n  Subject: bulletin\n  MAIL FROM: bulletin@office.example\n  RCPT TO: {LI}\n  From: bulletin@office.example\n  To: {LI}\n  Size (in bytes): 1024\n\nError message below:\n550 - Requested action not taken: no such user here\n",
        (LI, "bounce", "userunknown"),
        subject="Delivery failure",
    ),
    sample(
        "mailfoundry",
        f"Unable to deliver message to: <{LI}>\nDelivery failed for the following reason:\nServer mx.post.example[192.0.2.25] failed with: 550 <{LI}> No such user here\n\nThis has been a permanent failure.  No further delivery attempts will be made.\n",
        (LI, "bounce", "userunknown"),
        sender="Postmaster <postmaster@relay.example>",
        subject="Message delivery has failed",
    ),
    sample(
        "mcafee",
        f"--- The following addresses had delivery problems ---\n\n<{LI}>   (User unknown {LI})\n\n--------------Returned Mail Header--------\n{QUOTED}",
        (LI, "bounce", "userunknown"),
        sender="mcafee <MAILER-DAEMON@relay.example>",
        subject="Delivery failure",
    ),
    sample(
        "messaging-server",
        f"This report relates to a message you sent with the following header fields:\n\n  Message-id: <x@office.example>\n  Date: Mon, 2 Mar 2026 18:00:00 +0800\n  From: bulletin@office.example\n  To: {LI}\n  Subject: bulletin\n\nYour message cannot be delivered to the following recipients:\n\n  Recipient address: {LI}\n  Reason: Remote SMTP server has rejected address\n  Diagnostic code: smtp;550 5.1.1 <{LI}>... User Unknown\n",
        (LI, "bounce", "userunknown"),
        sender="Internet Mail Delivery <postmaster@relay.example>",
        subject="Delivery Notification: Delivery has failed",
    ),
    sample(
        "m-filter",
        f"以下のメールアドレスへの送信に失敗しました。\n\n-------server message\n550 5.1.1 unknown user <{LI}>\n-------SMTP command\nRCPT TO:<{LI}>\n-------original message\n{QUOTED}",
        (LI, "bounce", "userunknown"),
        sender="Postmaster <postmaster@relay.example>",
        subject="メール送信に失敗しました",
    ),
    sample(
        "kddi",
        f"Your mail sent on: Mon, 2 Mar 2026 18:00:00 +0800\n     Could not be delivered to: <{LI}>\n     As their mailbox is full.\n",
        (LI, "bounce", "mailboxfull"),
        sender="no-reply@carrier.example",
        subject="Mail delivery failed",
    ),
    sample(
        "interscan",
        f"****** Message from InterScan Messaging Security Suite ******\n\nSent <<< RCPT TO:<{LI}>\nReceived >>> 550 5.1.1 <{LI}>... user unknown\n\nUnable to deliver message to <{LI}>.\n\n************************     End of message     **********************\n",
        (LI, "bounce", "userunknown"),
        sender="InterScan MSS <postmaster@relay.example>",
        subject="Mail could not be delivered",
    ),
    sample(
        "smartermail",
        f"Could not deliver message to the following recipient(s):\n\nFailed Recipient: {LI}\nReason: Remote host said: 550 User unknown\n\n   -- The header and top 20 lines of the message follows --\n\n{QUOTED}",
        (LI, "bounce", "userunknown"),
        sender="System Administrator <postmaster@relay.example>",
        subject="Delivery Failure",
    ),
    sample(
        "hmailserver",
        f"Your message did not reach some or all of the intended recipients.\n\n   Sent: Mon, 2 Mar 2026 18:00:00 +0800\n   Subject: bulletin\n\nThe following recipient(s) could not be reached:\n\n{LI}\n   Error Type: SMTP\n   Remote server (192.0.2.25) issued an error.\n   hMailServer sent: RCPT TO:<{LI}>\n   Remote server replied: 550 5.1.1 User unknown\n\nhMailServer\n",
        (LI, "bounce", "userunknown"),
        subject="Message undeliverable: bulletin",
    ),
    sample(
        "mdaemon",
        f"{LI} - no such user here.\n\nThere is no user by that name at this server.\n",
        (LI, "bounce", "userunknown"),
        sender="MDaemon@post.example",
        subject=f"Warning: {LI} - User unknown!",
    ),
    sample(
        "zoho",
        f"This message was created automatically by mail delivery software.\n A message that you sent could not be delivered to one or more of its recipients. This is a permanent error. \n\n{LI} Invalid Address, ERROR_CODE :550, ERROR_CODE :5.1.1 <{LI}>... User Unknown\n",
        (LI, "bounce", "userunknown"),
        subject="Undelivered Mail Returned to Sender",
    ),
    sample(
        "1and1",
        f"This message was created automatically by mail delivery software.\n\nA message that you sent could not be delivered to one or more of\nits recipients. The following addresses failed:\n\n    {LI}\n\nSMTP error from remote server after RCPT command:\nhost mx.post.example[192.0.2.25]:\n5.1.1 <{LI}>... User Unknown\n\n--- The header of the original message is following. ---\n\n{QUOTED}",
        (LI, "bounce", "userunknown"),
        subject="Mail delivery failed: returning message to sender",
    ),
    sample(
        "verizon",
        f"Message could not be delivered to mobile.\nError: No valid recipients for this MM\nSubject: Undeliverable Message\n\nYour original message:\nTo: {LI}\nSubject: bulletin\n",
        (LI, "bounce", "userunknown"),
        sender="post_master@mms.example",
        subject="Undeliverable Message",
    ),
    sample(
        "x1",
        f"The original message was received at Mon, 2 Mar 2026 18:00:00 +0800\nfrom bulletin@office.example\n\n---The following addresses had delivery errors---\n\n{LI} [User unknown]\n\n",
        (LI, "bounce", "userunknown"),
        sender="Mail Deliver System <MAILER-DAEMON@relay.example>",
        subject="Returned Mail",
    ),
    sample(
        "amavis",
        f"Your message to: {LI}\nwas considered unsolicited bulk e-mail (UBE).\n\nSubject: bulletin\n\nDelivery of the email was stopped!\n",
        (LI, "bounce", "spamdetected"),
        sender="Content-filter at post.example <postmaster@post.example>",
        subject="Considered UNSOLICITED BULK EMAIL, apparently from you",
    ),
    sample(
        "successful",
        f"Your message was successfully delivered to the following recipients:\n\n  {LI}\n",
        (LI, "delivered", ""),
        sender="Mail Delivery System <postmaster@post.example>",
        subject="Delivery Status Notification",
    ),
    sample(
        "partly",
        f"   ----- The following addresses had successful delivery notifications -----\n<{WANG}>  (relayed to non-DSN-aware mailer)\n\n   ----- The following addresses had permanent fatal errors -----\n<{LI}>\n    (reason: 550 5.1.1 User unknown)\n",
        (WANG, "delivered", ""),
        (LI, "bounce", "userunknown"),
        subject="Returned mail: see transcript for details",
    ),
    sample(
        "german",
        f"Ihre Nachricht konnte nicht zugestellt werden:\n\n<{LI}>: Benutzer unbekannt\n",
        (LI, "bounce", "userunknown"),
        subject="Unzustellbar: Bulletin",
    ),
    sample(
        "nobody-named",
        f"Your message could not be delivered: mailbox full.\n\n----- Original message -----\n{QUOTED}",
        ("quoted@elsewhere.example", "bounce", "mailboxfull"),
        subject="Undeliverable mail",
    ),
)
