"""What DNS says of the sender's domain: SPF (RFC 7208), DKIM (RFC 6376), DMARC (RFC 7489), where returns go, our address.

The resolver is given; a name server that is silent is told as such and fails nothing.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator
from typing import Protocol
from urllib.parse import urlsplit

import dns.exception
import dns.rdatatype
import dns.resolver

from mailer import wiring
from mailer.doctor.finding import Finding, bad, fine, note
from mailer.settings import SettingError, Settings
from mailer.transport.clock import SystemClock
from mailer.transport.configured import dkim_of

_SPF, _DKIM, _DMARC, _BOUNCES, _ADDRESS = "SPF", "DKIM", "DMARC", "退信域名", "公开网址"
_WITHIN = 3.0  # seconds for one question


class SilentError(Exception):
    """No name server answered."""


class Ask(Protocol):
    """Name and record type -> the records as text, () where there is none. Raises SilentError."""

    def __call__(self, name: str, kind: str) -> tuple[str, ...]: ...


def asking(resolver: dns.resolver.Resolver) -> Ask:
    """Questions to these name servers; TXT records joined as they are meant (RFC 7208 3.3)."""

    def ask(name: str, kind: str) -> tuple[str, ...]:
        try:
            answer = resolver.resolve(name, kind, lifetime=_WITHIN, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            return ()
        except (dns.exception.DNSException, OSError) as error:
            raise SilentError(str(error)) from error
        if kind == "TXT":
            return tuple(b"".join(record.strings).decode("utf-8", "replace") for record in answer)
        return tuple(record.to_text() for record in answer)

    return ask


def system_resolver() -> Ask:
    try:
        return asking(dns.resolver.Resolver())
    except dns.resolver.NoResolverConfiguration:
        resolver = dns.resolver.Resolver(configure=False)
        return asking(resolver)


def look(settings: Settings, ask: Ask) -> Iterator[Finding]:
    """Nothing in a rehearsal: nobody out there asks for us then."""
    if settings.is_sandbox or "@" not in settings.from_:
        return
    domain = wiring.sender_domain(settings)
    for check in (_spf, _dkim, _dmarc):
        yield _told(check, settings, domain, ask)
    if settings.return_path_mode == "verp":
        yield _told(_bounces, settings, domain, ask)
    if settings.base_url:
        yield _told(_address, settings, domain, ask)


class _Check(Protocol):
    def __call__(self, settings: Settings, domain: str, ask: Ask) -> Finding: ...


def _told(check: _Check, settings: Settings, domain: str, ask: Ask) -> Finding:
    try:
        return check(settings, domain, ask)
    except SilentError:
        return note(
            "DNS",
            f"查不到 {domain} 的记录：域名服务器没有应答",
            "检查本机的 /etc/resolv.conf；内网不通外网时可以不管。",
        )


def _spf(settings: Settings, domain: str, ask: Ask) -> Finding:
    del settings
    found = [record for record in ask(domain, "TXT") if record.lower().split(" ")[0] == "v=spf1"]
    if not found:
        return note(
            _SPF,
            f"{domain} 没有 SPF 记录",
            f"请管域名的人加一条 TXT：v=spf1 ip4:发信服务器的地址 -all（主机名 {domain}）",
        )
    if len(found) > 1:
        return bad(_SPF, f"{domain} 有 {len(found)} 条 SPF 记录，等于一条都没有（RFC 7208 4.5）", "合并成一条")
    if found[0].lower().split()[-1] in {"+all", "all", "?all"}:
        return note(_SPF, f"“{found[0]}” 谁都放行", "末尾改成 -all 或 ~all")
    return fine(_SPF, found[0])


def _dkim(settings: Settings, domain: str, ask: Ask) -> Finding:
    if not settings.dkim_selector:
        return fine(_DKIM, "本程序不签名（多数发信服务器代签）")
    name = f"{settings.dkim_selector}._domainkey.{settings.dkim_domain or domain}"
    try:
        wanted = dkim_of(settings, domain, SystemClock().now).record
    except SettingError as error:
        return bad(_DKIM, error.message, error.hint)
    published = {_key_of(record) for record in ask(name, "TXT")}
    if _key_of(wanted) in published:
        return fine(_DKIM, f"{name} 与密钥相符")
    how = f"mailer dkim record {settings.dkim_selector} 会印出要登记的内容"
    if published:
        return bad(_DKIM, f"{name} 登记的不是正在用的密钥，签名会被判为假", how)
    return bad(_DKIM, f"没有登记 {name}，签名无从核对", how)


def _key_of(record: str) -> str:
    """The p= of a DKIM record, without the blanks that some panels put in."""
    tags = (tag.partition("=") for tag in record.split(";"))
    return next(("".join(value.split()) for name, _, value in tags if name.strip() == "p"), "")


def _dmarc(settings: Settings, domain: str, ask: Ask) -> Finding:
    del settings
    labels = domain.split(".")
    for name in dict.fromkeys((domain, ".".join(labels[-2:]), ".".join(labels[-3:]))):
        found = [record for record in ask(f"_dmarc.{name}", "TXT") if record.lower().startswith("v=dmarc1")]
        if found:
            return fine(_DMARC, f"{name}：{found[0]}")
    return note(
        _DMARC, f"{domain} 没有 DMARC 记录", f"请管域名的人加一条 TXT：v=DMARC1; p=none（主机名 _dmarc.{domain}）"
    )


def _bounces(settings: Settings, domain: str, ask: Ask) -> Finding:
    """Returns go to the bounce domain: somebody must take them there (RFC 5321 5.1)."""
    where = settings.bounce_domain or domain
    if ask(where, "MX") or ask(where, "A") or ask(where, "AAAA"):
        return fine(_BOUNCES, f"{where} 收信")
    return bad(
        _BOUNCES, f"{where} 没有 MX 记录，退信回不来", "登记 MX 记录，或改 MAILER_BOUNCE_DOMAIN、MAILER_RETURN_PATH"
    )


def _address(settings: Settings, domain: str, ask: Ask) -> Finding:
    del domain
    host = urlsplit(settings.base_url).hostname or ""
    addresses = [*ask(host, "A"), *ask(host, "AAAA")]
    if not addresses:
        return bad(_ADDRESS, f"{host} 查不到地址，收件人打不开邮件里的链接", "登记 DNS 记录，或不设 MAILER_BASE_URL")
    if not settings.public_listen:
        return note(_ADDRESS, f"{host} 有地址，但收件人网页没有打开", "设 MAILER_PUBLIC_LISTEN，由 TLS 代理转过来")
    if any(ipaddress.ip_address(each).is_private for each in addresses):
        return note(_ADDRESS, f"{host} 是内网地址（{addresses[0]}）：外单位的收件人打不开", "只在内网发可以不管")
    return fine(_ADDRESS, f"{host}（{addresses[0]}）")
