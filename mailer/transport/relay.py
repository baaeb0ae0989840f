"""The way to the relay: connects, verifies, encrypts, logs in, and hands out sessions. Retries nothing by itself.

Every failure is a RelayError with a sentence for the office; ``needs_person`` where another try would do harm.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from mailer.flow.ports import RelayError
from mailer.model.reply import Fault, Outcome, Phase, Reply
from mailer.transport.smtp import Extensions, SmtpSession, Timeouts
from mailer.transport.tls import CertificateError, encrypt
from mailer.transport.wire import Wire, WireFaultError

SANDBOX = "sandbox"


@dataclass(frozen=True, slots=True)
class RelayAddress:
    """Where and how. ``tls``: 'none', 'starttls' or 'implicit'."""

    host: str
    port: int
    tls: str = "none"
    user: str = ""
    password: str = field(default="", repr=False)
    context: ssl.SSLContext | None = None
    pin: str = ""  # sha256 of the certificate, hex: taken instead of a chain of trust

    @property
    def fingerprint(self) -> str:
        """Names this relay and login without telling them: workers that share a queue must share it."""
        return hashlib.sha256(f"{self.tls}://{self.user}@{self.host}:{self.port}".encode()).hexdigest()[:16]


class SmtpRelay:
    """The configured relay: opens sessions. ``one_at_a_time``: logins queue up, as hosted mailboxes want.

    ``wants_reports``: somebody reads returned mail, so success and delay may be reported too (RFC 3461).
    """

    def __init__(
        self, address: RelayAddress, *, connections: int, messages_per_connection: int, timeouts: Timeouts,
        helo_name: str, now: Callable[[], datetime], pipelined: bool, one_at_a_time: bool, wants_reports: bool = False,
        is_sandbox: bool = False,
    ) -> None:  # fmt: skip
        self.address, self.connections = address, connections
        self.messages_per_connection = messages_per_connection
        self._timeouts, self._helo, self._now = timeouts, helo_name, now
        self._pipelined, self._wants_reports = pipelined, wants_reports
        self._turn = asyncio.Semaphore(1 if one_at_a_time else max(connections, 1))
        self.is_sandbox = is_sandbox
        self.fingerprint = SANDBOX if is_sandbox else address.fingerprint

    async def connect(self) -> SmtpSession:
        async with self._turn:
            return await self._connect()

    def _failure(
        self, phase: Phase, reply: Reply | None, fault: WireFaultError | None, message: str, hint: str, *,
        needs_person: bool = False,
    ) -> RelayError:  # fmt: skip
        where = f"{self.address.host}:{self.address.port}"
        outcome = Outcome(phase, reply, fault.fault if fault else None, where, self._now(), fault.note if fault else "")
        return RelayError(outcome, needs_person=needs_person, message=f"{message}（{where}）", hint=hint)

    async def _connect(self) -> SmtpSession:
        wire: Wire | None = None
        phase = Phase.CONNECT
        try:
            wire = await self._open()
            if self.address.tls == "implicit":
                await self._encrypt(wire)
            phase = Phase.GREETING
            greeting = await wire.reply(phase, self._timeouts.helo)
            if greeting.code != 220:
                raise self._failure(
                    phase,
                    greeting,
                    None,
                    f"发信服务器现在不接待：{greeting}",
                    "稍后再试；一直如此请联系邮件系统管理员。",
                )
            phase = Phase.EHLO
            offered = await self._ehlo(wire)
            if self.address.tls == "starttls":
                phase = Phase.STARTTLS
                offered = await self._starttls(wire, offered)
            if self.address.user:
                phase = Phase.AUTH
                await self._login(wire, offered)
            wire.check_quiet()
        except WireFaultError as fault:
            if wire is not None:
                await wire.gone()
            raise self._unreachable(phase, fault) from fault
        except RelayError:
            if wire is not None:
                await wire.gone()
            raise
        except asyncio.CancelledError:
            if wire is not None:
                wire.abort()
            raise
        return SmtpSession(
            wire, self.address.host, offered, self._timeouts, self._now, pipelined=self._pipelined,
            wants_reports=self._wants_reports,
        )  # fmt: skip

    def _unreachable(self, phase: Phase, fault: WireFaultError) -> RelayError:
        if isinstance(fault, CertificateError):
            return self._failure(
                phase, None, fault, f"发信服务器的加密证书通不过核对：{fault.note}",
                "确认 MAILER_RELAY_URL 里的主机名与证书一致；单位自建的证书用 MAILER_RELAY_CA 指明根证书文件。",
                needs_person=True,
            )  # fmt: skip
        if fault.fault is Fault.TLS:
            return self._failure(
                phase, None, fault, f"与发信服务器的加密没有谈成：{fault.note}",
                "端口和加密方式要对得上：465 用 smtps://，587 用 smtp+starttls://。", needs_person=True,
            )  # fmt: skip
        words = {
            Fault.REFUSED: "连不上发信服务器",
            Fault.TIMEOUT: "发信服务器迟迟没有应答",
            Fault.CUT: "发信服务器断开了连接",
            Fault.GARBLED: "对方的应答不像邮件服务器",
        }
        hint = "检查 MAILER_RELAY_URL 的主机、端口和加密方式（465 用 smtps://，587 用 smtp+starttls://），以及网络和防火墙。"
        return self._failure(phase, None, fault, f"{words[fault.fault]}：{fault.note}", hint)

    async def _open(self) -> Wire:
        address, within = self.address, self._timeouts.connect
        try:
            async with asyncio.timeout(within):
                _, wire = await asyncio.get_running_loop().create_connection(Wire, address.host, address.port)
        except TimeoutError as error:
            raise WireFaultError(Fault.TIMEOUT, f"{within:g} s") from error
        except OSError as error:
            raise WireFaultError(Fault.REFUSED, error.strerror or str(error)) from error
        return wire

    async def _encrypt(self, wire: Wire) -> None:
        address = self.address
        if address.context is None:
            raise ValueError("TLS needs a context")
        await encrypt(wire, address.context, host=address.host, pin=address.pin, within=self._timeouts.helo)

    async def _ehlo(self, wire: Wire) -> Extensions:
        wire.check_quiet()
        wire.send(f"EHLO {self._helo}\r\n".encode("ascii"))
        reply = await wire.reply(Phase.EHLO, self._timeouts.helo)
        if reply.is_positive:
            return Extensions.parse(reply.text)
        if reply.code < 500 or self.address.tls == "starttls" or self.address.user:
            raise self._failure(Phase.EHLO, reply, None, f"发信服务器不接受问候：{reply}", "请联系邮件系统管理员。")
        wire.send(f"HELO {self._helo}\r\n".encode("ascii"))
        reply = await wire.reply(Phase.EHLO, self._timeouts.helo)
        if not reply.is_positive:
            raise self._failure(Phase.EHLO, reply, None, f"发信服务器不接受问候：{reply}", "请联系邮件系统管理员。")
        return Extensions()

    async def _starttls(self, wire: Wire, offered: Extensions) -> Extensions:
        if not offered.starttls:
            raise self._failure(
                Phase.STARTTLS, None, WireFaultError(Fault.TLS, "STARTTLS is not offered"),
                "发信服务器没有提供加密（STARTTLS），没有发送任何内容",
                "换用 smtps:// 端口 465，或请邮件系统管理员检查；中途可能有设备剥掉了加密。", needs_person=True,
            )  # fmt: skip
        wire.send(b"STARTTLS\r\n")
        reply = await wire.reply(Phase.STARTTLS, self._timeouts.helo)
        if reply.code != 220:
            raise self._failure(
                Phase.STARTTLS, reply, None, f"发信服务器拒绝加密：{reply}", "请联系邮件系统管理员。", needs_person=True
            )
        if not wire.is_quiet:
            # bytes that came in the clear behind the 220 would be taken for encrypted ones
            raise WireFaultError(Fault.TLS, "bytes behind the answer to STARTTLS")
        await self._encrypt(wire)
        return await self._ehlo(wire)

    async def _login(self, wire: Wire, offered: Extensions) -> None:
        """PLAIN, else LOGIN (RFC 4616). The first 535 asks a person: repeating it locks mailboxes."""
        user, password = self.address.user, self.address.password
        if "PLAIN" in offered.auth:
            secret = base64.b64encode(f"\0{user}\0{password}".encode())
            wire.send(b"AUTH PLAIN " + secret + b"\r\n")
            reply = await wire.reply(Phase.AUTH, self._timeouts.helo)
        elif "LOGIN" in offered.auth:
            wire.send(b"AUTH LOGIN\r\n")
            reply = await wire.reply(Phase.AUTH, self._timeouts.helo)
            for word in (user, password):
                if reply.code == 334:
                    wire.send(base64.b64encode(word.encode()) + b"\r\n")
                    reply = await wire.reply(Phase.AUTH, self._timeouts.helo)
        else:
            raise self._failure(
                Phase.AUTH, None, None, "发信服务器不提供登录（AUTH PLAIN/LOGIN）",
                "去掉 MAILER_RELAY_USER，或换用要求登录的端口（587、465）。", needs_person=True,
            )  # fmt: skip
        if reply.code != 235:
            refused = reply.code >= 500
            raise self._failure(
                Phase.AUTH, reply, None, f"发信服务器不接受用户名或密码：{reply}" if refused else f"暂时登录不了：{reply}",
                "核对 MAILER_RELAY_USER 和 MAILER_RELAY_PASSWORD；QQ、163 等邮箱这里填的是“授权码”，不是网页密码。",
                needs_person=refused,
            )  # fmt: skip
