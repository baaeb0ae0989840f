"""Meanings in many languages, as in ``meanings_of_us``: here the recipient's mailbox, address and host, and what passes."""

from __future__ import annotations

from mailer.feedback.rules.rule import Rule, words

_TEXTS = "RFC 3463 in the words of many hosts; non-delivery texts as mail systems translate them"

_MAILBOX = words(
    "mailbox|mail box|inbox|maildir|quota|storage|disk|account|user|recipient|邮箱|信箱|收件箱|邮件箱|容量|空间|配额|"
    "郵箱|空間|postfach|speicher|boite|espace|buzon|casilla|cuota|caixa|cota|casella|cassetta|postvak|skrzynk|ящик|"
    "квот|メールボックス|受信箱|메일함|편지함|사서함|용량|kutusu"
)
_HOLDER = words(
    "mailbox|mail box|account|user|address|recipient|邮箱|信箱|帐号|账号|账户|帐户|用户|收件人|收信人|郵箱|帳號|konto|"
    "postfach|benutzer|empfanger|compte|boite|destinataire|cuenta|buzon|usuario|conta|caixa|destinatario|casella|"
    "cassetta|skrzynk|ящик|учетная запись|учётная запись|аккаунт|アカウント|ユーザー|メールボックス|계정|사용자|hesap|"
    "hesab"
)
_WHO = (
    *_HOLDER,
    *words(
        "mail drop|maildrop|destin|local part|邮箱名|alias|email|e-mail|person|mailing list|distribution list|userid|"
        "username|recipients|rcpt|收件|地址|邮件列表|邮件组|收件者|使用者|utilisateur|direccion|correo|endereco|"
        "utente|indirizzo|ontvanger|gebruiker|adres|odbiorc|uzytkownik|konta|получател|пользовател|адрес|宛先|"
        "アドレス|受信者|수신자|주소|alici|kullanici"
    ),
)
_MISSING = words(
    "not found|no such|not exist|nonexist|non-exist|does not exist|does not have|does not resolve|doesn't exist|"
    "don't exist|unknown|invalid|not valid|not known|no longer|cannot be found|can't be found|couldn't be found|"
    "could not be found|unable to find|unable to locate|could not find|couldn't find|can't find|weren't able to find|"
    "not recognized|not recognised|incorrect|unresolvable|verification failed|validation failed|deleted|removed|"
    "misspelled|not defined|not listed|left the company|doesn't handle|does not handle|errat|erron|falsch|not located|"
    "cannot locate|can't locate|not in our|lookup failure|no account|not on this|not here|不存在|未找到|找不到|没找到|"
    "没有找到|未开通|尚未开通|不在本|查无|查無|不是本|不是有效|非本系统|无此|没有此|没有这个|无效|不正确|有误|错误|离职|已删除|已被删除|"
    "nicht gefunden|existiert nicht|nicht existi|unbekannt|ungultig|nicht vorhanden|inconnu|introuvable|inexistant|"
    "n'existe|no existe|desconocid|no encontrad|no se encontro|no se encuentra|inexistente|nao existe|nao encontrad|"
    "nao foi encontrad|desconhecid|sconosciut|non esist|inesistente|non trovat|onbekend|bestaat niet|niet gevonden|"
    "geen|kein|nie istnieje|nie ma|nieznan|nie znalezion|не существует|не найден|неизвест|недействител|не зарегистрирован|"
    "無効|存在しない|存在しません|見つかりません|見つからない|不明|존재하지|찾을 수 없|없는|bulunamad|mevcut degil"
)

RULES: tuple[Rule, ...] = (
    Rule(
        "userunknown",
        words("nobody|no one|no person"),
        "550 Sorry, there is nobody here called li",
        _TEXTS,
        said=words("here|called|by that|that name|address"),
    ),
    Rule(
        "mailboxfull",
        _MAILBOX,
        "550 La casilla del destinatario está llena",
        f"RFC 3463 X.2.2; {_TEXTS}",
        said=words(
            "full|over|exceed|used up|exhaust|no space|not enough|insufficient|out of|满|滿|不足|超限|超出|超过|不够|"
            "用完|耗尽|上限|voll|uberfullt|uberschritten|plein|saturee|depasse|llena|lleno|excedid|cheia|cheio|piena|"
            "pieno|superat|vol|przepeln|pelna|переполнен|полон|превышен|いっぱい|一杯|満杯|超過|초과|가득|dolu"
        ),
    ),
    Rule(
        "networkerror",
        words("连接|接続|соединени"),
        "554 对方服务器连接被拒绝",
        f"RFC 3463 X.4.2; {_TEXTS}",
        said=words("拒绝|失败|中断|超时|断开|拒否|отказ"),
    ),
    Rule(
        "filtered",
        words("sieve|recipient|user|收件人|收信人|对方|接收方|受信|получател|destinataire|empfanger|destinatario|수신"),
        "550 受信拒否設定",
        _TEXTS,
        said=words(
            "filter|doesn't accept|does not accept|doesn't want|sieve|拒收|拒绝|不接收|不接受|屏蔽|拒否|refuses your|"
            "lehnt|rechaza|отказ|거부"
        ),
    ),
    Rule(
        "suspend",
        _HOLDER,
        "550 Ящик заблокирован",
        f"RFC 3463 X.2.1; {_TEXTS}",
        said=words(
            "disable|suspend|frozen|lock|block|deactivat|dormant|closed|cancelled|canceled|turned off|retired|expired|"
            "not active|not activated|terminated|not allowed to receive|unable to receive|abandoned|hibernat|停用|"
            "停止|禁用|冻结|锁定|注销|休眠|过期|到期|欠费|未激活|未启用|长期未|回收|关闭|暂停|异常|被封|停權|gesperrt|"
            "deaktiviert|inaktiv|desactive|bloque|desactivad|deshabilitad|inactiv|inativ|desativad|sospes|disattivat|"
            "disabilitat|zablokowan|nieaktywn|заблокирован|отключен|неактив|無効|휴면|정지|askiya|devre disi"
        ),
    ),
    Rule(
        "hostunknown",
        words("domain|host|mx|dns|收件域|域名|主机|主機|网域|網域|dominio|domein|domena|домен|ドメイン|도메인"),
        "550 域名未注册",
        f"RFC 3463 X.1.2; {_TEXTS}",
        said=(*_MISSING, "nxdomain", "无mx", "没有mx", "未注册", "无法解析", "解析失败", "过期"),
    ),
    Rule(
        "userunknown",
        _WHO,
        "550 Boîte aux lettres inexistante",
        f"RFC 3463 X.1.1; {_TEXTS}",
        said=_MISSING,
    ),
)

PASSING: tuple[Rule, ...] = (
    Rule(
        "expired",
        words("message expired|重试次数|多次重试|超过投递期限|投递超时|期限切れ|в течение"),
        "550 5.4.316 Message expired",
        f"RFC 3463 X.4.7; {_TEXTS}",
    ),
    Rule(
        "networkerror",
        words(
            "无响应|没有响应|timeout|timed out|connection reset|网络|超时|无法访问|连接不上|タイムアウト|"
            "zeituberschreitung"
        ),
        "450 对方服务器网络异常，响应超时",
        f"RFC 3463 X.4.1, X.4.2; {_TEXTS}",
    ),
    Rule(
        "systemerror",
        words(
            "temporarily|unavailable|later|busy|overload|稍后|稍後|繁忙|系统错误|内部错误|系统故障|系统异常|维护|"
            "maintenance|服务不可用|暂时|spater|plus tard|mas tarde|mais tarde|piu tardi|позже|混雑|나중에"
        ),
        "550 系统繁忙，请重新投递",
        f"RFC 3463 X.3.2; {_TEXTS}",
    ),
)
"""Troubles that pass; said beside nearly everything else, so asked late."""
