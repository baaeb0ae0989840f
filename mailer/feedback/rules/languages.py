"""The commonest refusals in other languages than English and Chinese, by what they mean."""

from __future__ import annotations

from mailer.feedback.rules.rule import Rule

_WORLD = (
    "replies of national providers in their own language (Orange, Free, GMX, WEB.DE, Terra, UOL, WP.pl, Mail.ru, Nifty)"
)

RULES: tuple[Rule, ...] = (
    Rule(
        "userunknown",
        (
            "utilisateur inconnu",
            "adresse inconnue",
            "destinataire inconnu",
            "destinataire invalide",
            "empfaenger unbekannt",
            "empfänger unbekannt",
            "benutzer unbekannt",
            "unbekannter empf",
            "unbekannter benutzer",
            "usuario desconocido",
            "destinatario desconocido",
            "no existe el usuario",
            "usuario inexistente",
            "utente sconosciuto",
            "utente non valido",
            "utilizador desconhecido",
            "usuario nao existe",
            "odbiorca * nie istnieje",
            "konto nie istnieje",
            "użytkownik nieznany",
            "такого пользователя",
            "пользователь не найден",
            "недоступный получатель",
            "宛先が見つかりません",
            "ユーザーが存在しません",
        ),
        "550 5.1.1 Utilisateur inconnu",
        _WORLD,
    ),
    Rule(
        "mailboxfull",
        (
            "boite pleine",
            "boîte pleine",
            "boite aux lettres pleine",
            "boite du destinataire pleine",
            "quota depasse",
            "postfach ist voll",
            "postfach voll",
            "mailbox voll",
            "zuviele mails",
            "zu viele mails",
            "buzón lleno",
            "buzon lleno",
            "casilla llena",
            "casella piena",
            "caixa postal cheia",
            "skrzynka przepełniona",
            "skrzynka odbiorcy",
            "ящик переполнен",
            "容量を超",
        ),
        "552 Postfach voll",
        _WORLD,
    ),
    Rule(
        "blocked",
        ("ip source bloqu", "adresse ip bloqu", "service refuse", "ip-adresse gesperrt", "ip gesperrt"),
        "550 Adresse IP bloquee, contactez postmaster",
        _WORLD,
    ),
)
