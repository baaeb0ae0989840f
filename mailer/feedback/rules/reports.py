"""What mail systems say themselves in the reports they write, as against what hosts answer in a session.

Sentences for people, each known from the program that writes it; in the order in which they are asked.
"""

from __future__ import annotations

from mailer.feedback.rules.rule import Rule

_EXIM = "Exim specification, routers; transports; bounce messages"
_GOOGLE = "Gmail and Google Groups, delivery reports (support.google.com/mail/answer/7720)"
_EXCHANGE = "Exchange 5.5 to 2019, non-delivery reports (learn.microsoft.com)"
_DOMINO = "HCL Domino, delivery failure reports"
_IMAIL = "Ipswitch IMail, SMTP32 delivery failures"
_CARRIERS = "au/EZweb, KDDI and au one net, error mails (au.com, KDDI)"
_OLD = "OpenSMTPD, Demon, Smail and Sendmail 5 bounce texts"
_LISTS = "Google Groups, Mailman, Majordomo, fml: refused postings"

RULES: tuple[Rule, ...] = (
    Rule(
        "rejected",
        (
            "groups.google.com/support",
            "permission to post",
            "not allowed to post",
            "is not a member of",
            "you are not a member",
            "not member article",
            "not a subscriber",
            "reject mail from",
            "reject spammers",
            "header may cause mail loop",
            "non-members are not allowed",
            "post by non-member",
            "closed list",
            "members-only list",
        ),
        "The group you tried to contact may not exist, or you may not have permission to post messages to the group.",
        _LISTS,
    ),
    Rule(
        "rejected",
        ("address that has been blacklisted", "refuses to accept mail from"),
        "Sorry, you are sending to/from an address that has been blacklisted",
        _EXIM,
    ),
    Rule(
        "systemerror",
        (
            "duplicated message-id",
            "loop back warning",
            "detected a loop condition",
            "several matches found in domino",
            "delivery to pipe forbidden",
            "delivery to file forbidden",
            "proxy for recipient",
            "automatic homedir creator crashed",
            "illegal value in ldap",
            "ldap lookup",
            "ldap server",
            "qmail-forward",
            "authenticated relay",
        ),
        "Several matches found in Domino Directory",
        f"{_DOMINO}; {_EXIM}; qmail-ldap; {_LISTS}",
    ),
    Rule(
        "blocked",
        ("but my name was rejected", "but greeting failed", "(state 13)"),
        "Connected to 192.0.2.25 but my name was rejected.",
        f"qmail-remote(8); {_GOOGLE}",
    ),
    Rule(
        "contenterror",
        ("conversion to internet format failed", 'too many "received" headers', "000502cc", "00050311"),
        "MSEXCH:IMS:POST:HEAD:MAIL 3550 (00050311) Conversion to Internet format failed",
        f"{_EXCHANGE}; {_EXIM}",
    ),
    Rule(
        "syntaxerror",
        ("malformed address:", "angle-brackets nested too deep", "domain missing in source-routed address"),
        "li@post.example: malformed address: ; may not follow li@post.example",
        _EXIM,
    ),
    Rule(
        "filtered",
        ("cannot route mail to user", "ambiguous recipient", "000c0595", "preferences prevent messages"),
        "Cannot route mail to user (li@post.example).",
        f"{_DOMINO}; {_EXCHANGE}",
    ),
    Rule(
        "notaccept",
        (
            "indicated no smtp service",
            "no host found for existing smtp",
        ),
        "an MX or SRV record indicated no SMTP service",
        f"{_EXIM}; RFC 7505 4",
    ),
    Rule(
        "hostunknown",
        (
            "unrouteable address",
            "unrouteable mail domain",
            "unroutable address",
            "unroutable mail domain",
            "because the domain * couldn't be found",
            "domain couldn't be found",
            "dns server returned answer with no data",
            "remote domain doesn",
            "dns lookup failure: host * not found",
            "host is unknown",
            "unknown mail host",
        ),
        "Unrouteable address",
        f"{_EXIM}; {_GOOGLE}; qmail-remote(8)",
    ),
    Rule(
        "suspend",
        (
            "user(s) account is disabled",
            "user(s) account is temporarily limited",
            "user(s) account is temporally limited",
            "account or domain may not exist, they may be blacklisted",
            "address * is unable to receive mail",
        ),
        "The user(s) account is disabled.",
        f"{_CARRIERS}; {_GOOGLE}",
    ),
    Rule(
        "mailboxfull",
        (
            "mailbox was full",
            "user(s) account is temporarily over quota",
            "mailbox is currently full",
            "mailbox exceeds allowed size",
            "their mailbox is full",
            "messages in recipient's mailbox exceeded",
            "exceeding their quota",
            "メールボックスが一杯",
            "メールボックスがいっぱい",
            "メールボックスの容量",
            "casilla de mail agotado",
        ),
        "User mailbox exceeds allowed size: li@post.example",
        f"{_IMAIL}; {_CARRIERS}",
    ),
    Rule(
        "userunknown",
        (
            "address couldn't be found",
            "e-mail address you entered",
            "email address you entered",
            "does not exist at the organization",
            "not listed in public name",
            "not listed in domino directory",
            "not listed in the domino directory",
            "not listed in public * address book",
            "no matches to nameserver query",
            "domino ディレクトリには見つかりません",
            "000c05a6",
            "no user by that name",
            "no one by that name",
            "nobody by that name",
            "address no longer accepts mail",
            "address is no longer in use",
            "invalid final delivery userid",
            "アドレスが見つかりません",
            "宛先が存在しません",
            "宛先不明",
        ),
        "Your message wasn't delivered to li@post.example because the address couldn't be found.",
        f"{_GOOGLE}; {_EXCHANGE}; {_DOMINO}; {_CARRIERS}",
    ),
    Rule(
        "failedstarttls",
        ("not support tls", "not support starttls", "starttls is not supported"),
        "The error that the other server returned was: 500 Remote server does not support TLS",
        _GOOGLE,
    ),
    Rule(
        "filtered",
        (
            "following recipients was rejected by a remote mail server",
            "following recipients did not receive this message",
        ),
        "Each of the following recipients was rejected by a remote mail server.",
        _CARRIERS,
    ),
    Rule(
        "expired",
        (
            "did not accept our requests to connect",
            "envelope expired",
            "has been frozen",
            "was frozen on arrival",
            "could not contact dns servers",
            "not been collected",
            "delivery failed * attempts:",
            "all hosts have been failing for a long time",
            "hosts * have been failing",
            "without success, and has stopped trying",
            "delivery has been given up",
            "delivery timed out",
            "has been undeliverable for",
            "was undeliverable for",
            "couldn't be delivered for",
            "has expired in the queue",
            "expired before it could be delivered",
            "time limit for delivery",
            "maximum time in queue",
            "unsuccessfully for * days",
            "for too long",
        ),
        "all hosts have been failing for a long time and were last tried after this message arrived",
        f"{_EXIM}; {_IMAIL}; {_EXCHANGE}; {_OLD}; {_GOOGLE}",
    ),
    Rule(
        "networkerror",
        (
            "connection to mail exchanger failed",
            "could not initiate smtp conversation",
            "best-preference mx",
            "00120270",
            "network error on destination",
            "host not reachable",
            "socket error",
        ),
        "connection to mail exchanger failed",
        f"{_OLD}; {_GOOGLE}",
    ),
)
