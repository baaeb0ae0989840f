"""What runs beside us: the database and its schema, the broker, the processes that should be at work, the mailbox."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, cast

from redis import Redis
from redis.exceptions import RedisError
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError, OperationalError

from mailer import wiring
from mailer.doctor.finding import Finding, bad, fine, note
from mailer.flow import intake_trouble, relay_trouble
from mailer.settings import Settings
from mailer.store import home_reads, metric_reads, schema, writes
from mailer.store.engine import Store
from mailer.transport.clock import SystemClock

_DATABASE, _BROKER, _PROCESSES, _RETURNS = "数据库", "消息中间件", "发送程序", "退信"
_SEEN_WITHIN = timedelta(minutes=2)
_REMEMBERED_FOR = timedelta(days=2)
_READ_WITHIN = timedelta(minutes=15)
_OLDEST_POSTGRES = 150_000  # server_version_num
_SKEW = 5.0  # seconds between our clock and the database's


def look(settings: Settings) -> Iterator[Finding]:
    database = look_at_database(settings)
    yield database
    if settings.broker_url:
        yield broker(settings.broker_url)
    if database.state != "bad":
        store = Store(wiring.database_url(settings))
        try:
            yield processes(settings, store)
            if settings.intake_url or settings.lmtp_listen:
                yield returns(settings, store)
            elif not settings.is_sandbox:
                yield note(
                    _RETURNS, "没有设置从哪里收退信：退回的信不会进台账", "设 MAILER_INTAKE_URL 或 MAILER_LMTP_LISTEN。"
                )
        finally:
            store.close()


def look_at_database(settings: Settings) -> Finding:
    if not settings.database_url and not (settings.data_dir / "mailer.db").exists():
        return bad(_DATABASE, f"{settings.data_dir} 还没有初始化", "mailer init")
    store = Store(wiring.database_url(settings))
    try:
        at = schema.current(store)
        if at is None:
            return bad(_DATABASE, "还没有初始化", "mailer init")
        if at != schema.newest():
            return bad(_DATABASE, f"结构是 {at}，程序需要 {schema.newest()}", "先备份，再运行 mailer migrate")
        return fine(_DATABASE, f"SQLite，结构 {at}") if store.is_sqlite else _postgres(store, at)
    except OperationalError as error:
        return bad(_DATABASE, f"连不上：{error.orig}", "检查 MAILER_DATABASE_URL 和数据库服务")
    except DBAPIError as error:
        return bad(_DATABASE, f"不让查：{error.orig}", "检查数据库用户的权限")
    finally:
        store.close()


def _postgres(store: Store, at: str) -> Finding:
    with store.engine.connect() as connection:
        version = int(connection.execute(text("SHOW server_version_num")).scalar_one())
        durable = {
            name: connection.execute(text(f"SHOW {name}")).scalar_one() for name in ("fsync", "synchronous_commit")
        }
        its_now = connection.execute(text("SELECT clock_timestamp()")).scalar_one()
    skew = abs((SystemClock().now() - its_now).total_seconds())
    if version < _OLDEST_POSTGRES:
        return bad(_DATABASE, f"PostgreSQL {version // 10_000} 太旧", "升级到 15 或更新的版本")
    if "off" in durable.values():
        off = next(name for name, value in durable.items() if value == "off")
        return bad(_DATABASE, f"PostgreSQL 的 {off} 关着：断电会丢已记下的结果", f"在 postgresql.conf 里设 {off} = on")
    if skew > _SKEW:
        return bad(_DATABASE, f"数据库的时钟与本机差 {skew:.0f} 秒", "两台机器都要对时")
    return fine(_DATABASE, f"PostgreSQL {version // 10_000}，结构 {at}")


def broker(url: str) -> Finding:
    """Redis answers, throws nothing away and takes writes."""
    try:
        with Redis.from_url(url, socket_connect_timeout=3, socket_timeout=3) as redis:
            info = cast("dict[str, Any]", redis.info())
            policy = str(info.get("maxmemory_policy", ""))
    except (RedisError, OSError, ValueError) as error:
        return bad(_BROKER, f"连不上：{error}", "检查 MAILER_BROKER_URL 和 Redis。没有它发送照常进行，只是慢几秒。")
    if policy and policy != "noeviction":
        return bad(_BROKER, f"Redis 的 maxmemory-policy 是 {policy}，内存不够时会丢东西", "改成 noeviction")
    if info.get("role") == "slave":
        return bad(_BROKER, "这个 Redis 是只读的副本", "MAILER_BROKER_URL 要写主库")
    return fine(_BROKER, f"Redis {info.get('redis_version', '')}")


def processes(settings: Settings, store: Store) -> Finding:
    """Somebody sends, the clock runs, nobody hangs, the relay is there."""
    now = SystemClock().now()
    with store.read() as session:
        rows = metric_reads.workers(session, now - _SEEN_WITHIN, now - _REMEMBERED_FOR)
        trouble = writes.fact(session, relay_trouble.FACT)
    alive = {row.role: int(row.alive) for row in rows}
    silent = sum(int(row.silent) for row in rows)
    if trouble:
        return bad(_PROCESSES, f"发信服务器用不了：{trouble}", "mailer doctor --relay")
    if settings.broker_url:
        if not alive.get("worker"):
            return bad(_PROCESSES, "没有 mailer worker 在运行：没有人发信", "启动 mailer worker")
        if not alive.get("beat"):
            return bad(_PROCESSES, "没有 mailer beat 在运行：晨报、告警不会发出", "启动 mailer beat")
    elif not alive.get("embedded"):
        return note(_PROCESSES, "现在没有 mailer serve 在运行", "要它一直运行，请交给 systemd（deploy/systemd/）。")
    words = "、".join(f"{role} {n} 个" for role, n in sorted(alive.items()) if n)
    if silent:
        return note(_PROCESSES, f"{words}；{silent} 个没有告别就不见了", "看那台机器上的日志；它重新启动后会自己理清。")
    return fine(_PROCESSES, words)


def returns(settings: Settings, store: Store) -> Finding:
    with store.read() as session:
        trouble, read_at = writes.fact(session, intake_trouble.FACT), home_reads.mailbox_read_at(session)
    if settings.lmtp_listen:
        host, port = settings.lmtp_listen
        try:
            socket.create_connection((host, port), 3).close()
        except OSError as error:
            return note(
                _RETURNS, f"LMTP 的 {host}:{port} 没有程序在听：{error.strerror}", "启动 mailer serve 或 mailer intake"
            )
    if not settings.intake_url:
        return fine(_RETURNS, "LMTP 在听")
    if trouble:
        return bad(_RETURNS, "收退信的邮箱读不了", "mailer bounces poll，看它说什么")
    if read_at is None or SystemClock().now() - read_at > _READ_WITHIN:
        return note(
            _RETURNS, "收退信的邮箱最近没有读过", "启动 mailer serve 或 mailer intake；或 mailer bounces poll 读一次"
        )
    return fine(_RETURNS, f"邮箱最近读于 {read_at.astimezone(settings.timezone):%m-%d %H:%M}")
