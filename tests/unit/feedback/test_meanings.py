"""Replies in words that no program is known for: what counts is what they mean, in any language, not how they are put."""

from __future__ import annotations

import pytest

from mailer.feedback.classify import classify
from mailer.feedback.meanings import NEAR, MeaningBook
from mailer.feedback.phrases import prepare
from mailer.feedback.rules import MEANING_RULES, PASSING_RULES, Rule

SAID: dict[str, tuple[str, ...]] = {
    "authfailure": (
        "550 SPF: 192.0.2.1 is not allowed to send for office.example",
        "550 5.7.1 DKIM signature did not verify",
        "554 5.7.5 Permanent error evaluating DMARC policy",
        "550 Mail fails sender-domain alignment",
        "550 发送域SPF记录不匹配",
        "550 SPF验证失败",
        "550 发件人未通过身份验证",
    ),
    "badreputation": (
        "421 4.7.0 Sending host has insufficient trust",
        "550 Sender score too low",
        "550 Domain office.example has poor standing",
        "550 对方服务器拒绝接收，您的IP信誉过低",
    ),
    "blocked": (
        "554 5.7.1 URL in message listed on SURBL",
        "554 5.7.1 Your IP is listed in bl.spamcop.example",
        "553 Mail from 192.0.2.1 not accepted - see https://rbl.example",
        "550 Access from your network is refused",
        "554 No SMTP service for you, IP on local ban list",
        "550 您的服务器IP在RBL中",
        "554 来自该IP的连接被阻止",
    ),
    "contenterror": (
        "554 5.6.0 broken MIME boundary",
        "550 5.6.2 Cannot convert the message body",
    ),
    "failedstarttls": (
        "530 5.7.1 STARTTLS mandatory",
        "451 4.7.5 Certificate of peer could not be validated",
    ),
    "filtered": (
        "550 5.7.1 recipient blocked your address",
        "550 对方不接收来自外网的邮件",
        "550 对方邮箱设置了拒收",
        "550 受信拒否設定",
    ),
    "greylisted": (
        "450 please come back in ten minutes, first time from you",
        "451 4.7.1 Sender/recipient/IP triplet unknown, deferring",
    ),
    "hasmoved": (
        "551 x has moved, try li@z.example",
        "551 5.1.6 mailbox relocated to li@z.example",
    ),
    "hostunknown": (
        "550 5.1.2 There is no domain post.example in the DNS",
        "550 5.4.4 unable to find a mail route to post.example",
        "550 5.1.2 post.example: Non-existent domain",
        "550 no mail host for post.example",
        "550 找不到收件域",
        "550 收件人域名无MX记录",
        "550 域名未注册",
    ),
    "mailboxfull": (
        "452 4.2.2 Delivery deferred, recipient storage nearly exhausted",
        "552 Recipient has reached their storage limit",
        "552 5.7.0 quota: the user has run out of disk space",
        "451 4.2.2 mailbox has no room for this message",
        "552 5.2.2 Mailbox cannot accept message, capacity reached",
        "552 对方信箱容量已用尽",
        "552 邮箱爆满",
        "552 Speicherplatz des Empfängers erschöpft",
        "552 Quota de la boîte dépassé",
        "552 Superada la cuota del buzón",
        "552 Превышена квота почтового ящика",
        "452 受信者のメールボックスが満杯です",
        "550 수신자의 메일함이 가득 찼습니다",
        "552 Postvak is vol",
        "552 邮箱空间不足",
        "552 用户邮箱空间已满，无法接收",
        "452 收件人邮箱容量超限",
        "552 Das Postfach des Empfängers ist voll",
        "552 La boîte de réception du destinataire est pleine",
        "550 La casilla del destinatario está llena",
        "552 Почтовый ящик переполнен",
        "552 メールボックスの容量がいっぱいです",
        "552 메일함 용량 초과",
    ),
    "mesgtoobig": (
        "552 size of message exceeds 20480 KB",
        "523 5.3.4 the message is longer than we allow",
        "552 Mail data too long",
        "552 信件超过最大允许尺寸",
    ),
    "networkerror": (
        "554 5.4.6 Message is looping",
        "554 too many Received headers",
        "421 4.4.2 Connection idle too long",
        "451 4.4.1 no route to mail store",
        "450 收件服务器无响应",
    ),
    "norelaying": (
        "551 We do not relay for post.example",
        "550 relay to li@post.example prohibited by administrator",
    ),
    "notaccept": (
        "521 5.3.2 this machine takes no mail",
        "556 post.example publishes a null MX",
    ),
    "notcompliantrfc": ("550 5.7.1 Missing Date header",),
    "policyviolation": (
        "571 5.7.1 Message refused by our bayesian classifier",
        "550 zip archives with passwords are not accepted here",
        "550 macro-enabled documents are stripped; mail refused",
        "554 拒绝接收可执行附件",
        "554 附件类型被禁止",
    ),
    "rejected": (
        "550 office@office.example may not mail this address",
        "553 5.1.8 domain of your From address has no MX or A",
        "550 5.1.7 The sender is malformed",
        "554 5.7.1 <office@office.example>: Sender access refused",
        "550 5.7.1 This group only takes mail from people in the organisation",
        "550 Not a member; posting refused",
        "553 发件人与登录帐号不一致",
        "550 已被收件人加入黑名单",
        "550 没有权限向该邮件列表发信",
    ),
    "requireptr": (
        "554 5.7.1 The sending host has no reverse mapping",
        "550 Your mail server's IP 192.0.2.1 has no rDNS entry",
        "421 4.7.1 FCrDNS check failed for 192.0.2.1",
        "550 HELO name does not resolve",
    ),
    "securityerror": (
        "530 Authentication needed before sending",
        "535 5.7.3 bad user name or password",
        "550 5.7.1 you must log in first",
        "550 请先登录再发送",
    ),
    "spamdetected": (
        "550 We have flagged this as junk",
        "554 5.7.1 [P4] Message blocked due to spam content in the message.",
        "550 5.7.1 Content classified as bulk by Cloudmark",
        "554 5.7.1 Your message looks like spam",
        "550 This message scored 15.2 points. Congratulations!",
        "550 Go away, spammer: 192.0.2.1 is in my personal DNS blacklist",
        "554 邮件疑似广告被拒",
        "550 您的邮件主题含违禁词",
        "550 Spamverdacht",
        "550 Message refusé: spam",
        "550 Письмо отклонено: спам",
        "550 迷惑メールと判定されました",
        "550 스팸으로 차단되었습니다",
        "554 您的邮件因含有敏感信息被拒绝",
        "554 邮件被反垃圾系统拦截",
    ),
    "speeding": (
        "421 You send too fast, wait 5 minutes",
        "450 4.7.1 Message throttled, come back later",
        "451 Rate of 50 messages/min surpassed",
        "452 4.5.3 Too many recipients",
        "554 hourly sending quota for account office@office.example exhausted",
        "550 You have hit the cap of 500 mails per 24h",
        "450 请降低发送速度",
        "550 发信过于频繁，请稍后再发",
        "550 您今天的发信数量已达上限",
        "550 超过每日发信限额",
    ),
    "suspend": (
        "550 The mail account x was cancelled",
        "550 Subscriber's mailbox has been turned off",
        "550 5.2.1 Mailbox retired",
        "550 Your recipient's account is under administrative lock",
        "550 x has not logged in for a long time and the mailbox has been hibernated",
        "550 用户状态异常，暂停收信",
        "550 对方帐号因长期不用已被停止服务",
        "550 Cuenta deshabilitada",
        "550 Conta bloqueada por inatividade",
        "550 该邮箱已被停用",
        "550 收信人邮箱长期未使用已被回收",
        "550 收件人账号已被注销",
        "550 Compte désactivé",
        "550 Buzón no disponible: cuenta suspendida",
        "550 Ящик заблокирован",
    ),
    "syntaxerror": (
        "555 5.5.4 Unsupported parameter in MAIL FROM",
        "502 5.5.2 no such command",
    ),
    "systemerror": (
        "421 4.3.2 We are down for maintenance",
        "451 LDAP directory not responding",
        "451 4.3.5 misconfigured mail server",
        "451 服务器正忙",
        "550 单位邮箱系统维护中",
        "550 系统繁忙，请稍后再试",
    ),
    "systemfull": (
        "452 4.3.1 Out of spool space",
        "452 4.3.1 Mail store partition is full",
    ),
    "toomanyconn": (
        "421 Exceeded allowed number of sessions per client",
        "421 4.7.0 maximum parallel connections reached",
        "452 同一时间连接过多",
    ),
    "userunknown": (
        "550 5.1.1 <li@post.example> Recipient unknown to this server",
        "550 Sorry, there is nobody here called x",
        "550 li@post.example has no account on this host",
        "553 5.1.3 The recipient's name is not recognized by the directory service",
        "550 The e-mail address was not located in our records",
        "554 5.1.1 No person with that address works here any more",
        "550 5.1.1 Address lookup failure: entry does not exist",
        "550 Unknown addressee x",
        "550 5.1.1 x is not listed in our directory",
        "550 Cannot locate recipient x",
        "553 Invalid RCPT address",
        "550 该收件人不在本系统",
        "550 没有找到收信人",
        "550 收件地址有误，请核实",
        "550 您要发送的帐户尚未开通",
        "550 Empfängeradresse ungültig",
        "550 Cette adresse n'existe plus",
        "550 La dirección de correo no existe",
        "550 Endereço de destino inválido",
        "550 Indirizzo del destinatario inesistente",
        "550 Такой почтовый ящик не зарегистрирован",
        "550 メールアドレスが無効です",
        "550 없는 사용자입니다",
        "550 Geen gebruiker met dit adres",
        "550 Nie ma takiego użytkownika",
        "550 用户不存在",
        "550 收件人邮箱地址不正确",
        "550 收件人已离职，邮箱已删除",
        "550 邮件列表不存在",
        "550 Empfänger nicht gefunden",
        "550 Boîte aux lettres inexistante",
        "550 Destinatário não encontrado",
        "550 Usuário inexistente",
        "550 Пользователь не существует",
        "550 存在しないユーザーです",
        "550 사용자를 찾을 수 없습니다",
    ),
    "virusdetected": (
        "550 Our gateway found W32/Sober in your message",
        "554 5.7.1 Malicious content found",
    ),
}


@pytest.mark.parametrize(
    ("reply", "reason"), [(reply, reason) for reason, replies in SAID.items() for reply in replies]
)
def test_the_meaning_counts(reply: str, reason: str) -> None:
    assert classify(reply, None, None, "", None).reason == reason


@pytest.mark.parametrize("rule", [*MEANING_RULES, *PASSING_RULES], ids=lambda rule: f"{rule.reason}-{rule.phrases[0]}")
def test_a_meaning_shows_itself(rule: Rule) -> None:
    assert MeaningBook((rule,)).find(prepare(rule.example)) is rule
    assert rule.source
    assert all(word == word.lower() for word in (*rule.phrases, *rule.said))


def rule_of(*said: str) -> MeaningBook:
    return MeaningBook((Rule("mailboxfull", ("box", "ip"), "", "a test", said=said),))


def test_what_is_said_must_be_said_of_it() -> None:
    assert rule_of("full").find("the box is full")
    assert rule_of("full").find("full is the box")
    assert not rule_of("full").find("the box is there. the disk is full")
    assert not rule_of("full").find("the box" + " x" * NEAR + " is full")
    assert not rule_of("full").find("the mailbox is full"), "a word begins where letters begin"
    assert not rule_of("full").find("the ips are full"), "a short word stands alone"


def test_marks_on_letters_do_not_matter() -> None:
    rule = Rule("mailboxfull", ("boîte",), "", "a test", said=("dépassé",))
    assert MeaningBook((rule,)).find("la boite est depassee")
    assert MeaningBook((rule,)).find("la boîte est dépassée")
