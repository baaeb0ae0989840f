"""Large providers outside China: their own codes, and words that mean something else with them than elsewhere.

``scope`` holds the domains their mail hosts are named in; a rule without a scope carries the provider's own mark in
its phrases.
"""

from __future__ import annotations

from datetime import timedelta

from mailer.feedback.rules.rule import Rule
from mailer.model.verdict import Hint, Owner

_GOOGLE = "Google Workspace, Gmail SMTP errors and codes (support.google.com/a/answer/3726730)"
_MICROSOFT = "Microsoft, Email non-delivery reports in Exchange Online (learn.microsoft.com)"
_OUTLOOK_COM = "Outlook.com Postmaster, Troubleshooting (sendersupport.olc.protection.outlook.com)"
_YAHOO = "Yahoo Sender Hub, SMTP error codes (senders.yahooinc.com/smtp-error-codes)"
_ORANGE = "Orange Postmaster, OFR and LPN codes (postmaster.orange.fr)"
_DOCOMO = "NTT docomo: a mail the user filters is answered 'Unknown user' after the data (imode mail white papers)"
_GODADDY = "GoDaddy, IB error codes (godaddy.com/help, email bounce errors)"
_GMX = "GMX/mail.com Postmaster, error messages (postmaster.gmx.com)"
_APPLE = "Apple, Postmaster information for iCloud Mail (support.apple.com/102322)"
_ZOHO = "Zoho Mail, SMTP error codes (zoho.com/mail/help)"
_SYMANTEC = "Symantec Email Security.cloud, SMTP bounces (messagelabs.com)"
_MIMECAST = "Mimecast, SMTP error codes (community.mimecast.com)"
_FACEBOOK = "Facebook Postmaster, response codes (postmaster.facebook.com/response_codes)"
_SPAMHAUS = "Receivers quote the lookup page of the list that named our IP"

_TOMORROW = Hint(tomorrow=True)
_HOUR = Hint(after=timedelta(hours=1))

RULES: tuple[Rule, ...] = (
    # Google
    Rule(
        "speeding",
        ("daily user sending limit", "daily user sending quota", "daily smtp relay limit", "daily sending limit"),
        "550 5.4.5 Daily user sending limit exceeded. https://support.google.com/mail/answer/22839",
        _GOOGLE,
        hint=_TOMORROW,
    ),
    Rule(
        "speeding",
        ("receiving mail too quickly", "receiving mail at a rate that", "peak smtp relay limit"),
        "450 4.2.1 The user you are trying to contact is receiving mail too quickly.",
        _GOOGLE,
        hint=_HOUR,
    ),
    Rule(
        "badreputation",
        ("low reputation of the sending", "very low reputation"),
        "550 5.7.1 Our system has detected that this message is likely suspicious due to the very low reputation of "
        "the sending IP address.",
        _GOOGLE,
    ),
    Rule(
        "speeding",
        ("unusual rate of unsolicited mail", "unusual rate of email", "unusual rate of mail"),
        "421 4.7.28 Our system has detected an unusual rate of unsolicited mail originating from your IP address.",
        _GOOGLE,
        hint=_HOUR,
    ),
    Rule(
        "policyviolation",
        ("because its content presents a potential", "security issue * 'https://support.google"),
        "552 5.7.0 This message was blocked because its content presents a potential security issue.",
        _GOOGLE,
    ),
    Rule(
        "networkerror",
        ("timed out]",),
        "[post.example 192.0.2.25: timed out]",
        "Gmail, delivery reports (support.google.com/mail/answer/7720)",
    ),
    # Microsoft
    Rule(
        "speeding",
        ("submissionquotaexceeded", "reached your daily limit", "exceeded * daily recipient", "recipient rate limit"),
        "550 5.1.90 Your message can't be sent because you've reached your daily limit for message recipients",
        _MICROSOFT,
        hint=_TOMORROW,
    ),
    Rule(
        "badreputation",
        ("rate limited due to ip reputation",),
        "451 4.7.650 The mail server [192.0.2.25] has been temporarily rate limited due to IP reputation.",
        _OUTLOOK_COM,
    ),
    Rule(
        "blocked",
        ("banned sending ip", "part of their network is on our block list", "sender.office.com", "delist.protection"),
        "550 5.7.606 Access denied, banned sending IP [198.51.100.22].",
        _MICROSOFT,
    ),
    Rule(
        "suspend",
        ("organizationfromentityisblocked", "tenant has exceeded threshold", "account has been blocked from sending"),
        "550 5.7.705 Access denied, tenant has exceeded threshold",
        _MICROSOFT,
        owner=Owner.SENDER,
    ),
    Rule(
        "mesgtoobig",
        ("resolver.rst.recipsizelimit", "resolver.rst.sendsizelimit"),
        "550 5.2.3 RESOLVER.RST.RecipSizeLimit; message too large",
        _MICROSOFT,
    ),
    Rule(
        "securityerror",
        ("resolver.rst.authrequired", "resolver.rst.notauthorized", "resolver.rst.restricted", "resolver.rst.sender"),
        "550 5.7.1 RESOLVER.RST.AuthRequired; authentication required",
        _MICROSOFT,
    ),
    Rule(
        "userunknown",
        ("resolver.adr", "recipientnotfound"),
        "550 5.1.1 RESOLVER.ADR.ExRecipNotFound; not found",
        _MICROSOFT,
    ),
    Rule(
        "userunknown",
        ("5.4.1 recipient address rejected: access denied",),
        "550 5.4.1 Recipient address rejected: Access denied. [BN1NAM02FT0.test]",
        _MICROSOFT + ": directory based edge blocking",
    ),
    Rule(
        "mailboxfull",
        ("storeexceptions * quotaexceeded", "quotaexceededexception", "stordrv * quota"),
        "554 5.2.2 mailbox full; STOREDRV.Deliver.Exception:QuotaExceededException",
        _MICROSOFT,
    ),
    Rule(
        "suspend",
        ("accountdisabledexception", "mapiexceptionaccountdisabled"),
        "554 5.2.0 STOREDRV.Deliver.Exception:AccountDisabledException; Failed to process message",
        _MICROSOFT,
    ),
    Rule(
        "hostunknown",
        ("because the domain is not reachable", "domainnotexist", "ns.record does not exist"),
        "554 The mail could not be delivered to the recipient because the domain is not reachable.",
        _OUTLOOK_COM,
    ),
    # Yahoo, AOL, Verizon
    Rule(
        "badreputation",
        ("temporarily deferred due to unexpected volume", "temporarily deferred due to user complaints", "[tss"),
        "421 4.7.0 [TSS04] Messages from 192.0.2.25 temporarily deferred due to unexpected volume or user complaints",
        _YAHOO,
    ),
    Rule(
        "blocked",
        ("[ts01]", "[ts02]", "[ts03]", "[bl2", "(rtr:", "(dyn:", "(cnnct:", "all messages from * will be permanently"),
        "553 5.7.2 [TS03] All messages from 192.0.2.25 will be permanently deferred",
        _YAHOO,
    ),
    Rule(
        "suspend",
        ("disabled or discontinued",),
        "554 delivery error: dd This account has been disabled or discontinued [#102].",
        _YAHOO,
    ),
    Rule(
        "userunknown",
        ("user doesn't have a * account", "user doesn't have an * account"),
        "554 delivery error: dd This user doesn't have a post.example account (li@post.example) [0]",
        _YAHOO,
    ),
    # Japanese and French carriers
    Rule(
        "filtered",
        ("unknown user", "user unknown"),
        "550 Unknown user li@post.example",
        _DOCOMO,
        scope=("docomo.ne.jp",),
    ),
    Rule(
        "blocked",
        ("ofr006", "ofr007", "ofr999", "lpn001", "lpn007", "ofr005", "ofr_506", "lpnaaa"),
        "550 mwinf5c04 ME Adresse IP source bloquee pour incident de spam. OFR006_102",
        _ORANGE,
    ),
    Rule(
        "userunknown",
        ("ofr_416", "lpn416", "ofr416"),
        "550 5.1.1 Adresse d au moins un destinataire invalide. OFR_416",
        _ORANGE,
    ),
    Rule("mailboxfull", ("ofr_417", "lpn417", "ofr417"), "552 5.1.1 Boite du destinataire pleine. OFR_417", _ORANGE),
    Rule(
        "speeding",
        ("ofr004", "ofr109", "lpn109"),
        "421 mwinf5c04 ME Trop de connexions. OFR004_104",
        _ORANGE,
        hint=_HOUR,
    ),
    # hosts whose words or numbers are their own
    Rule(
        "speeding",
        ("has sent to too many recipients", "ib607", "ib705", "ib605", "ib105"),
        "550 5.1.1 <li@post.example> - 203.0.113.222 has sent to too many recipients this hour. IB607",
        _GODADDY,
        hint=_HOUR,
    ),
    Rule("blocked", ("ib103", "ib104", "ib108", "ib212", "ib007"), "554 Connection refused. IB103", _GODADDY),
    Rule("requireptr", ("bad dns ptr",), "554-No SMTP service 554-Bad DNS PTR resource record.", _GMX),
    Rule(
        "policyviolation",
        ("local policy violation", "[hm08]", "[cs01]"),
        "554 5.7.1 [CS01] Message rejected due to local policy.",
        _APPLE,
    ),
    Rule(
        "rejected",
        ("541 5.4.1 mail rejected by destination domain",),
        "541 5.4.1 Mail rejected by destination domain",
        _ZOHO,
    ),
    Rule("policyviolation", ("email policy violation detected",), "554 5.7.7 Email policy violation detected", _ZOHO),
    Rule(
        "filtered",
        ("no such user", "invalid recipient"),
        "550 li@post.example... No such user",
        _SYMANTEC + ": its address check stands before the host that knows",
        scope=("messagelabs.com",),
        hard=False,
    ),
    Rule(
        "securityerror",
        ("turn on smtp authentication", "smtp authentication in your mail client"),
        "550-Please turn on SMTP Authentication in your mail client.",
        _SYMANTEC,
    ),
    Rule("userunknown", ("rcp-p1", "int-p1", "int-p3", "int-p4"), "550 5.1.1 RCP-P1 no such user", _FACEBOOK),
    Rule("filtered", ("rcp-p2", "rcp-p3"), "550 5.1.1 RCP-P2 Recipient's preferences prevent delivery", _FACEBOOK),
    Rule("mesgtoobig", ("msg-p1", "int-p2"), "552 5.3.4 MSG-P1 too large", _FACEBOOK),
    Rule("suspend", ("rcp-t4",), "450 4.2.1 RCP-T4 address is currently deactivated", _FACEBOOK),
    Rule("rejected", ("envelope blocked",), "550 Administrative prohibition - envelope blocked", _MIMECAST),
    Rule("policyviolation", ("host network not allowed",), "554 Host network not allowed", _MIMECAST),
    Rule(
        "blocked",
        (
            "spamhaus",
            "spamcop",
            "barracudacentral",
            "sorbs.net",
            "uceprotect",
            "abuseat",
            "dnsbl",
            "rbldns",
            "/rbl/",
            "csi.cloudmark.com",
        ),
        "554 5.7.1 Service unavailable; Client host [192.0.2.7] blocked using zen.spamhaus.org",
        _SPAMHAUS,
    ),
)
