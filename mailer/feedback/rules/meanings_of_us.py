"""Meanings in many languages: of what a host speaks and what it says of it, where its wording is not a known one.

Each rule stands for a way of saying that every language has; the words are those of mail systems' own texts as their
makers translate them (Exchange, Postfix, Coremail, Gmail, Yandex, Nifty, Naver) and of RFC 3463's and RFC 5321's terms.
The order is that of ``NARROW_RULES``: what is charged to us comes before what is charged to the recipient.

Here: the message, its sender, the lines and the limits.
"""

from __future__ import annotations

from datetime import timedelta

from mailer.feedback.rules.rule import Rule, words
from mailer.model.verdict import Hint

_TEXTS = "RFC 3463 in the words of many hosts; non-delivery texts as mail systems translate them"
_HOUR = Hint(after=timedelta(hours=1))
_TOMORROW = Hint(tomorrow=True)

_SENDER = words(
    "sender|mail from|mailfrom|from address|from domain|originator|sending domain|envelope from|发件人|发信人|"
    "发件地址|发信地址|发件邮箱|寄件者|寄件人|差出人|送信者|absender|expediteur|emetteur|remitente|remetente|mittente|"
    "afzender|nadawc|отправител|발신자|gonderen"
)
_IP = words(
    "ip|ips|ip address|client host|sending host|sending server|your network|发信服务器|发送服务器|адрес ip|ip-адрес|"
    "ip-adresse"
)
_MAIL = words(
    "message|mail|e-mail|email|attachment|content|size|data|邮件|信件|附件|郵件|来信|nachricht|taille|tamano|tamanho|"
    "dimensione|mensaje|mensagem|messaggio|размер|письм|сообщени|メール|メッセージ|サイズ|메일|크기"
)

RULES: tuple[Rule, ...] = (
    Rule(
        "greylisted",
        words("tempgrey|greylist|graylist|灰名单|延迟接收|first time sender"),
        "451 4.7.1 延迟接收，请稍后重新投递",
        "RFC 6647; Coremail and others' words for it",
    ),
    Rule(
        "policyviolation",
        words(
            "attachment|archive|macro|file|extension|附件|文件|anhang|piece jointe|adjunto|anexo|allegato|вложени|添付"
        ),
        "550 Your message was rejected because it contains a potentially dangerous attachment",
        _TEXTS,
        said=words(
            "not allowed|prohibit|forbid|block|dangerous|banned|not permitted|disallow|reject|not accepted|stripped|"
            "refus|禁止|不允许|危险|拒|拦截|verboten|interdit|no permitid|запрещ"
        ),
    ),
    Rule(
        "securityerror",
        words(
            "login|log in|logon|auth|password|credential|client was not authenticated|登录|登陆|认证|授权码|密码|登入"
        ),
        "454 4.7.0 Too many login attempts, please wait",
        f"RFC 4954 6; {_TEXTS}",
        said=words(
            "fail|required|invalid|incorrect|denied|not accepted|too many|unsuccessful|wrong|error|失败|错误|请先|"
            "需要|不正确|失敗"
        ),
    ),
    Rule(
        "failedstarttls",
        words("tls|ssl|starttls|encryption|encrypted|certificate|加密"),
        "550 5.7.10 Encryption is required here",
        f"RFC 3207 4, RFC 8689; {_TEXTS}",
        said=words("required|must|wasn't|not supported|fail|handshake|untrusted|needed|需要|必须|失败"),
    ),
    Rule(
        "authfailure",
        words("alignment|not aligned|spf|dkim|dmarc|arc-seal|sender id check|发件人身份|域名身份|身份验证|身份认证"),
        "550 发件人未通过身份验证",
        f"RFC 7208, RFC 6376, RFC 7489; {_TEXTS}",
    ),
    Rule(
        "requireptr",
        words(
            "ptr|reverse lookup|reverse resolution|reverse mapping|reverse entry|reverse name|helo name|helo host|"
            "反向解析|反向域名|反解|逆引き"
        ),
        "550 发信IP没有反向解析记录",
        f"RFC 7372 3.3; {_TEXTS}",
    ),
    Rule(
        "norelaying",
        words("relay|openrelay|中继|代转发|转发邮件"),
        "550 服务器不允许中继",
        f"RFC 5321 3.6.2; {_TEXTS}",
        said=words("not|denied|denies|refus|prohibit|forbid|cannot|check|不允许|拒绝|禁止|未授权"),
    ),
    Rule(
        "toomanyconn",
        words("connection|session|thread|连接|连接数|接続|verbindung|connexion"),
        "421 #4.4.5 Too many TLS sessions at this time",
        _TEXTS,
        said=words(
            "too many|limit|maximum|exceed|allowed number|concurrent|simultaneous|过多|上限|超过|太多|多すぎ|zu viele|"
            "trop de"
        ),
        hint=_HOUR,
    ),
    Rule(
        "speeding",
        words("24h|24 h|today|daily|per day|a day|each day|今天|今日|当天|当日|每日|每天|日发"),
        "550 您今天的发信数量已达上限",
        _TEXTS,
        said=words("limit|quota|exceed|too many|maximum|cap of|上限|限额|超过|超出|超限|限制|过多"),
        hint=_TOMORROW,
    ),
    Rule(
        "speeding",
        words(
            "how many messages|too often|frequen|per hour|per minute|an hour|hourly|sending rate|rate of|"
            "too many messages|too many mails|too many emails|so many|频繁|频率|每小时|每分钟|发送速度|发信速度|"
            "发信数|发信量|发送数量|太快|过快|单位时间"
        ),
        "421 Please try again. We have limits for how many messages can be sent",
        _TEXTS,
        hint=_HOUR,
    ),
    Rule(
        "badreputation",
        words(
            "reputation|insufficient trust|poor standing|not trusted|untrusted sender|信誉|信用度|信用等级|"
            "namespace mining"
        ),
        "550 您的IP信誉过低",
        f"RFC 7070; {_TEXTS}",
    ),
    Rule(
        "blocked",
        _IP,
        "550 sender IP is on our deny list",
        _TEXTS,
        said=words(
            "block|deny|denied|banned|listed|not allowed|reject|dynamic|refus|ban|local ban|black|forbid|check error|"
            "阻止|拒绝|黑名单|封|禁止|限制|拦截|gesperrt|bloqu|заблокирован|bloccat"
        ),
    ),
    Rule(
        "blocked",
        words("your access|your connection|your server|submitting host"),
        "550 #5.7.1 Your access to submit messages to this e-mail system has been rejected.",
        _TEXTS,
        said=words("reject|denied|refus|block"),
    ),
    Rule(
        "greylisted",
        words("triplet|first time from you"),
        "451 4.7.1 Sender/recipient/IP triplet unknown, deferring",
        "RFC 6647 2.2",
    ),
    Rule(
        "rejected",
        _SENDER,
        "550 您的发件地址不被接受",
        f"RFC 3463 X.1.7, X.1.8; {_TEXTS}",
        said=words(
            "reject|denied|not allowed|not permitted|not authorized|not authorised|block|black|invalid|refus|unknown|"
            "verif|not exist|not accepted|notingroup|missing|denies|deny|unvalid|拒|黑名单|不允许|未授权|无效|不存在|"
            "权限|不接受|不被|限制|不一致|不符|不匹配|gesperrt|abgelehnt|rechaza|recusad|rifiutat|отклон|запрещ"
        ),
    ),
    Rule(
        "rejected",
        words(
            "may not mail|may not send|may not post|not a member|posting refused|only takes|only accepts|members only|"
            "权限|not authorized to|not allowed to post|only members|only internal|internal senders|from outside|"
            "外部邮件|外部发件|外来邮件"
        ),
        "550 没有权限向该邮件列表发信",
        _TEXTS,
    ),
    Rule(
        "virusdetected",
        words("trojan|infected|malicious|worm|w32|w97m|木马|病毒|ウイルス|вирус|바이러스"),
        "554 附件带有木马",
        _TEXTS,
    ),
    Rule(
        "mesgtoobig",
        _MAIL,
        "552 Die Nachricht ist zu groß",
        f"RFC 1870 6; {_TEXTS}",
        said=words(
            "too large|too big|too long|oversize|过大|太大|超大|过长|大小超|大小限制|超过大小|超出大小|zu gross|"
            "trop volumineux|trop grand|trop gros|demasiado grande|muito grande|troppo grande|слишком больш|превышает|"
            "大きすぎ|너무 큽"
        ),
    ),
    Rule(
        "spamdetected",
        words(
            "junk|unsolicited|suspicious|as bulk|垃圾|敏感|违禁|疑似广告|违规|不良信息|不合规|广告邮件|反垃圾|スパム|"
            "迷惑メール|스팸|спам|correo no deseado|indesirable|unerwunscht"
        ),
        "554 邮件被反垃圾系统拦截",
        _TEXTS,
    ),
    Rule(
        "spamdetected",
        words("content|内容|正文|主题|标题|inhalt|contenu|contenido|conteudo|содержан|本文"),
        "550 邮件内容被对方拦截",
        _TEXTS,
        said=words("reject|denied|block|not acceptable|拒|拦截|过滤|屏蔽|非法|abgelehnt|rechaza|отклон"),
    ),
    Rule(
        "notcompliantrfc",
        words("header|message-id|message id|rfc|rfc5322|rfc5321|rfc2822|信头|邮件头"),
        "550 Messages without To: header are rejected",
        f"RFC 5322 3.6; {_TEXTS}",
        said=words(
            "missing|invalid|malformed|duplicate|complian|without|conform|no |not |broken|bad|缺少|不符合|错误|格式"
        ),
    ),
    Rule(
        "syntaxerror",
        words("命令|指令|befehl|commande|comando|команд"),
        "500 无法识别的命令",
        f"RFC 5321 4.2.4; {_TEXTS}",
        said=words("错误|无法识别|不支持|unbekannt|inconnu|desconocid|sconosciut|неизвест"),
    ),
    Rule(
        "systemerror",
        words("points back to|mx list|loop to myself"),
        "554 5.0.0 MX list for post.example points back to mx.office.example",
        "Sendmail, configuration errors of the reporting host",
    ),
)
