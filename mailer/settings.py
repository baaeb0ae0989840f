"""The settings: every key, its default, its meaning, and how a value is read. Values only; nothing is opened here.

Sources, the first wins: environment MAILER_<KEY>; MAILER_<KEY>_FILE naming a file that holds the value (secrets);
``mailer.toml`` beside the data folder. A wrong value is told with its key and the remedy, never guessed.
"""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_DURATION = re.compile(r"(\d{1,9})(ms|s|m|h|d)")
_UNITS = {"ms": 0.001, "s": 1, "m": 60, "h": 3_600, "d": 86_400}
_SECRET_BYTES = 16
#: RFC 6761, 6762, 8375; the rest is what offices and routers call their own networks
_PRIVATE = (".localhost", ".local", ".internal", ".intranet", ".lan", ".home.arpa", ".localdomain", ".corp", ".invalid")


class SettingError(ValueError):
    """A value that cannot be used: which key, what is wrong, what to do (in Chinese)."""

    def __init__(self, key: str, message: str, hint: str) -> None:
        super().__init__(f"设置 {key} {message}")
        self.key, self.message, self.hint = key, f"设置 {key} {message}", hint


def _duration(text: str) -> timedelta:
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError("不是时长|写成 90s、5m、2h 这样：数字加单位 ms、s、m、h、d。")
    return timedelta(seconds=int(match[1]) * _UNITS[match[2]])


def _count(text: str) -> int:
    if not text.strip().isdecimal():
        raise ValueError("不是非负整数|例如 2；0 表示不限。")
    return int(text)


def _switch(text: str) -> bool:
    words = {
        "1": True,
        "true": True,
        "yes": True,
        "on": True,
        "": False,
        "0": False,
        "false": False,
        "no": False,
        "off": False,
    }
    try:
        return words[text.strip().lower()]
    except KeyError:
        raise ValueError("不是开关|写 yes 或 no。") from None


def _one_of(*words: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text not in words:
            raise ValueError(f"的值 {text!r} 不在可选范围内|可选：{'、'.join(words)}。")
        return text

    return read


def _zone(text: str) -> ZoneInfo:
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"的值 {text!r} 不是时区名|例如 Asia/Shanghai。") from None


def _listen(text: str) -> tuple[str, int] | None:
    if not text:
        return None
    host, _, port = text.rpartition(":")
    if not host or not port.isdecimal() or int(port) > 65_535:
        raise ValueError("不是“主机:端口”|例如 127.0.0.1:8025。")
    return host.strip("[]"), int(port)


def _relay_url(text: str) -> str:
    if not text:
        return text
    try:
        parts = urlsplit(text)
        usable = parts.scheme in {"smtp", "smtps", "smtp+starttls"} and parts.hostname and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is none
        usable = False
    if not usable:
        raise ValueError(
            "不是发信服务器地址|例如 smtps://smtp.example.com:465、smtp+starttls://mail.example.com:587、smtp://127.0.0.1:25。"
        )
    if parts.username or parts.password:
        raise ValueError("里带了用户名或密码|请分别写在 MAILER_RELAY_USER 和 MAILER_RELAY_PASSWORD。")
    return text


def _intake_url(text: str) -> str:
    if not text:
        return text
    try:
        parts = urlsplit(text)
        usable = parts.scheme == "imaps" and parts.hostname and parts.port != 0
    except ValueError:  # brackets that do not close, a port that is none
        usable = False
    if not usable:
        raise ValueError("不是收信邮箱的地址|例如 imaps://imap.example.com:993；收信只走加密连接。")
    if parts.username or parts.password:
        raise ValueError("里带了用户名或密码|请分别写在 MAILER_INTAKE_USER 和 MAILER_INTAKE_PASSWORD。")
    return text


def _networks(text: str) -> tuple[str, ...]:
    named = tuple(each.strip() for each in text.split(",") if each.strip())
    for each in named:
        try:
            ip_network(each)
        except ValueError:
            raise ValueError(
                f"里的 {each!r} 不是 IP 地址或网段|例如 127.0.0.1 或 10.0.0.0/8，几个用逗号隔开。"
            ) from None
    return named


def _origin(text: str) -> str:
    url = text.strip().rstrip("/")
    try:
        parts = urlsplit(url)
        usable = not url or (parts.scheme == "https" and parts.hostname and not parts.path and not parts.query)
    except ValueError:  # brackets that do not close, a port that is none
        usable = False
    if not usable:
        raise ValueError("不是 https 网址|例如 https://bulletin.office.example，后面不带路径。")
    return url


def is_public(host: str) -> bool:
    """Whether a host's name or address can be meant for everybody; what resolves to where is not asked."""
    try:
        return ip_address(host).is_global
    except ValueError:
        return "." in host and not host.lower().rstrip(".").endswith(_PRIVATE)


def _folder(text: str) -> str:
    name = text.strip()
    if name.upper() == "INBOX" or any(letter < " " for letter in name):
        raise ValueError("不能是收件箱，也不能含控制字符|写一个文件夹名，例如 退信。")
    return name


def _secret(text: str) -> str:
    if text and len(text.encode()) < _SECRET_BYTES:
        raise ValueError(f"太短|至少 {_SECRET_BYTES} 个字节；可用 openssl rand -hex 32 生成。")
    return text


def _text(text: str) -> str:
    return text.strip()


def _setting(read: Callable[[str], Any], default: str, help_text: str, *, secret: bool = False) -> Any:
    return field(metadata={"read": read, "default": default, "help": help_text, "secret": secret})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    data_dir: Path = _setting(
        lambda text: Path(text or "./data").expanduser(), "./data", "数据文件夹：数据库、发送日志、密钥"
    )
    database_url: str = _setting(
        _text, "", "数据库；空为数据文件夹里的 SQLite。PostgreSQL 写 postgresql+psycopg://用户@主机/库名", secret=True
    )
    broker_url: str = _setting(
        _text, "", "消息中间件 redis://主机:6379/0；空为在本进程内发送。只与 PostgreSQL 同用", secret=True
    )
    secret_key: str = _setting(
        _secret, "", "签名用的密钥；空为数据文件夹里自动生成的那个。换钥时新旧用逗号隔开，新的在前", secret=True
    )
    base_url: str = _setting(_origin, "", "收件人能访问的 https 网址；空，或是内网地址，则邮件里没有任何网页链接")
    links_for: timedelta = _setting(
        _duration, "365d", "邮件里的网页版、签收、调整接收人链接多久后失效；退订链接一直有效"
    )
    from_: str = _setting(_text, "", "发件人：某某办公室 <bulletin@example.com>")
    reply_to: str = _setting(_text, "", "回信地址；空为期刊上印的邮箱，再空为发件地址")
    alert_to: str = _setting(_text, "", "出了事告诉谁，几个地址用逗号隔开")
    alert_queue_age: timedelta = _setting(_duration, "15m", "到了时间的邮件没有发送程序来发，过多久告诉 ALERT_TO")
    alert_intake_silent: timedelta = _setting(_duration, "30m", "收退信的邮箱读不了，过多久告诉 ALERT_TO")
    audit_to: str = _setting(_text, "", "审计员的邮箱：每天收到审计链的存证，几个地址用逗号隔开")
    timezone: ZoneInfo = _setting(_zone, "Asia/Shanghai", "显示时间用的时区")
    relay_url: str = _setting(
        _relay_url, "", "发信服务器：smtp:// smtps:// smtp+starttls://主机:端口；空为内置演练服务器"
    )
    relay_user: str = _setting(_text, "", "发信服务器的登录名")
    relay_password: str = _setting(lambda text: text, "", "发信服务器的密码或授权码", secret=True)
    relay_ca: str = _setting(_text, "", "自建证书的根证书文件；或 sha256:指纹；或 plain:主机名（该主机不加密，慎用）")
    relay_connections: int = _setting(_count, "0", "同时几条连接；0 为自动：有登录名 2 条，没有 10 条")
    dkim_selector: str = _setting(_text, "", "DKIM 选择器；空为不签名（多数发信服务器会代签）。密钥：mailer dkim new")
    dkim_domain: str = _setting(_text, "", "DKIM 签名的域名；空为发件地址的域名")
    dkim_key: str = _setting(lambda text: text, "", "DKIM 私钥（PEM）；空为数据文件夹里 dkim/选择器.pem", secret=True)
    return_path: str = _setting(
        _one_of("auto", "verp", "plus", "fixed"), "auto", "退信地址的写法；auto：有登录名用 fixed，没有用 verp"
    )
    bounce_domain: str = _setting(_text, "", "verp 退信地址的域名；空为发件地址的域名")
    in_doubt: str = _setting(
        _one_of("hold", "resend"), "hold", "结果不明的邮件：hold 留给人决定，resend 自动再发（可能重复）"
    )
    hold: timedelta = _setting(_duration, "60s", "在网页上按“发送”之后等多久才开始发，其间可以撤销；0s 不等")
    lease: timedelta = _setting(_duration, "120s", "发送进程一次领取邮件的有效时间")
    retry_first: timedelta = _setting(_duration, "5m", "第一次重试等多久")
    retry_max: timedelta = _setting(_duration, "2h", "两次重试最多隔多久")
    retry_give_up: timedelta = _setting(_duration, "72h", "多久还没发出就放弃")
    smtp_timeout_connect: timedelta = _setting(_duration, "30s", "等待：连接")
    smtp_timeout_helo: timedelta = _setting(_duration, "60s", "等待：问候、加密、登录")
    smtp_timeout_mail: timedelta = _setting(_duration, "300s", "等待：MAIL FROM 的答复")
    smtp_timeout_rcpt: timedelta = _setting(_duration, "300s", "等待：RCPT TO 的答复")
    smtp_timeout_data: timedelta = _setting(_duration, "120s", "等待：DATA 的答复")
    smtp_timeout_body: timedelta = _setting(_duration, "180s", "等待：正文送出")
    smtp_timeout_dot: timedelta = _setting(_duration, "600s", "等待：正文之后的答复，不宜改短")
    pace_per_minute: int | None = _setting(
        lambda text: _count(text) if text else None, "", "每分钟最多几封；空为自动：有登录名 30，没有不限；0 不限"
    )
    pace_per_hour: int = _setting(_count, "0", "每小时最多几封；0 不限")
    pace_per_day: int = _setting(_count, "0", "每天最多几封；0 不限")
    pace_domain_per_minute: int = _setting(_count, "0", "每个收件域名每分钟最多几封；0 不限")
    pace_connections_per_domain: int = _setting(_count, "0", "同时发往一个收件域名的邮件数；0 不限")
    pace_messages_per_connection: int = _setting(_count, "0", "一条连接发几封后换新；0 不限")
    intake_url: str = _setting(_intake_url, "", "收退信的邮箱 imaps://主机:993")
    intake_user: str = _setting(_text, "", "收退信邮箱的登录名；空为 RELAY_USER")
    intake_password: str = _setting(lambda text: text, "", "收退信邮箱的密码或授权码；空为 RELAY_PASSWORD", secret=True)
    intake_ca: str = _setting(_text, "", "收退信邮箱的根证书文件或 sha256:指纹；空为 RELAY_CA")
    intake_dedicated: bool = _setting(_switch, "no", "收退信的邮箱是否专用；yes：收下的邮件随即从邮箱里删除")
    intake_move_to: str = _setting(
        _folder, "", "收下的退信移到收信邮箱的哪个文件夹（只移带本系统记号的；没有就新建）；空为不移动"
    )
    retention_returns: timedelta = _setting(_duration, "90d", "退信原件留多久")
    lmtp_listen: tuple[str, int] | None = _setting(_listen, "", "以 LMTP 收退信的监听地址")
    console_listen: tuple[str, int] | None = _setting(_listen, "127.0.0.1:8025", "台账网页的监听地址")
    console_url: str = _setting(_origin, "", "同事打开台账网页用的 https 网址，由前面的 TLS 代理提供；空则只在本机用")
    trusted_proxies: tuple[str, ...] = _setting(
        _networks, "", "台账网页、收件人网页前面的 TLS 代理的地址或网段，逗号隔开；只有它们说的来源地址和 https 才算数"
    )
    metrics_token: str = _setting(
        _secret, "", "从别的机器读 /metrics 时要出示的口令（Authorization: Bearer …）；空为只许本机读", secret=True
    )
    webhook_networks: tuple[str, ...] = _setting(
        _networks, "", "回调可以发到哪些内网地址或网段，逗号隔开；空为只发到公网的 https 地址"
    )
    public_listen: tuple[str, int] | None = _setting(_listen, "", "收件人网页的监听地址；空为不开")

    @property
    def public_url(self) -> str:
        """BASE_URL where recipients anywhere can reach it, else '': only then a mail carries web links."""
        return self.base_url if is_public(urlsplit(self.base_url).hostname or "") else ""

    @property
    def is_hosted(self) -> bool:
        """A relay with a login: somebody else's mailbox with somebody else's limits."""
        return bool(self.relay_user)

    @property
    def is_sandbox(self) -> bool:
        return not self.relay_url

    @property
    def connections(self) -> int:
        return self.relay_connections or (2 if self.is_hosted else 10)

    @property
    def per_minute(self) -> int:
        if self.pace_per_minute is not None:
            return self.pace_per_minute
        return 30 if self.is_hosted else 0

    @property
    def return_path_mode(self) -> str:
        if self.return_path != "auto":
            return self.return_path
        return "fixed" if self.is_hosted else "verp"


@dataclass(frozen=True, slots=True)
class Key:
    """One key as the documentation shows it."""

    name: str
    default: str
    help: str
    secret: bool


def keys() -> tuple[Key, ...]:
    """Every key there is."""
    return tuple(
        Key(_env_name(each.name), each.metadata["default"], each.metadata["help"], each.metadata["secret"])
        for each in fields(Settings)
    )


def _env_name(name: str) -> str:
    return "MAILER_" + name.rstrip("_").upper()


def load(environ: Mapping[str, str] | None = None, **overrides: str) -> Settings:
    """Reads all settings; raises SettingError. ``overrides`` (by field name) win over everything: the demo's own."""
    environ = os.environ if environ is None else environ
    given = {each.name: _given(environ, _env_name(each.name)) for each in fields(Settings)}
    data_dir = overrides.get("data_dir") or given["data_dir"] or "./data"
    stored = {} if overrides else _toml(Path(data_dir).expanduser().parent / "mailer.toml")
    values: dict[str, Any] = {}
    for each in fields(Settings):
        candidates = (
            overrides.get(each.name),
            given[each.name] if not overrides else None,
            stored.get(each.name.rstrip("_")),
        )
        # an empty value is no value: compose files write ${X:-} for what is not set
        text = next((text for text in candidates if text is not None), "") or each.metadata["default"]
        try:
            values[each.name] = each.metadata["read"](text)
        except ValueError as error:
            message, _, hint = str(error).partition("|")
            raise SettingError(_env_name(each.name), message, hint) from None
    settings = Settings(**values)
    _check_together(settings)
    return settings


def where_set(settings: Settings, environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Of every key that is set: where, as somebody would look for it: the variable's name, or the file's. By env name."""
    environ = os.environ if environ is None else environ
    file = settings.data_dir.parent / "mailer.toml"
    stored = _toml(file)
    found = {}
    for each in fields(Settings):
        name = _env_name(each.name)
        if environ.get(name):
            found[name] = f"环境变量 {name}"
        elif f"{name}_FILE" in environ and name not in environ:
            found[name] = f"{name}_FILE 指向的文件"
        elif stored.get(each.name.rstrip("_")):
            found[name] = f"{file} 的 {each.name.rstrip('_')}"
    return found


def _given(environ: Mapping[str, str], name: str) -> str | None:
    if name in environ:
        return environ[name]
    path = environ.get(f"{name}_FILE")
    if path is None:
        return None
    try:
        return Path(path).read_text(encoding="utf-8").rstrip("\r\n")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingError(f"{name}_FILE", f"指向的文件读不了：{error}", "检查路径和权限。") from error


def _toml(path: Path) -> dict[str, str]:
    try:
        data = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingError(str(path), f"读不了：{error}", "改正这一行，或删去这个文件。") from error
    known = {each.name.rstrip("_") for each in fields(Settings)}
    for name in data:
        if name not in known:
            raise SettingError(str(path), f"里有不认识的键 {name}", "键名是去掉 MAILER_ 的小写，例如 relay_url。")
    return {name: ("yes" if value else "no") if isinstance(value, bool) else str(value) for name, value in data.items()}


def _check_together(settings: Settings) -> None:
    if settings.broker_url and not settings.database_url.startswith("postgresql"):
        raise SettingError(
            "MAILER_BROKER_URL", "要和 PostgreSQL 一起用", "设置 MAILER_DATABASE_URL，或去掉 MAILER_BROKER_URL。"
        )
    if settings.lease < timedelta(seconds=15):
        raise SettingError("MAILER_LEASE", "太短", "至少 15s；默认 120s。")
