"""``mailer backup``: everything an installation cannot get back otherwise, in one file; and back again."""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import socket
import tarfile
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlalchemy.exc import DBAPIError

from mailer import wiring
from mailer.cli import opening
from mailer.cli.actions import add_actions
from mailer.cli.output import CommandError, Exit, Output
from mailer.flow.after_restore import begin_anew
from mailer.settings import Settings
from mailer.store import schema, snapshot
from mailer.store.engine import Store
from mailer.workers.dispatcher_lock import DispatcherLock

_MANIFEST = "manifest.json"
_DATABASE = "database"
_FORMAT = 1
_MANIFEST_LIMIT = 1_000_000  # octets
_KEYS = ("secret.key", "dkim")  # what else of the data folder is kept; journals belong to living processes only


def add_arguments(parser: argparse.ArgumentParser) -> None:
    actions = add_actions(parser, {"create": "备份到一个文件", "restore": "从备份恢复"})
    create, restore = actions["create"], actions["restore"]
    create.add_argument("--out", metavar="文件", type=Path, help="写到哪里；默认当前文件夹，按时间取名")
    restore.add_argument("file", metavar="文件", type=Path, help="备份文件")
    restore.add_argument("--yes", action="store_true", help="现有的数据库换成备份里的（旧的另存，不删）")


def run(args: argparse.Namespace, out: Output) -> int:
    settings = opening.settings()
    return _create(args, settings, out) if args.action == "create" else _restore(args, settings, out)


# --- create -----------------------------------------------------------------------------------------------------------


def _create(args: argparse.Namespace, settings: Settings, out: Output) -> int:
    store = opening.store(settings)
    office = opening.office(settings, store)
    now = datetime.now(UTC)
    target: Path = args.out or Path(f"mailer-backup-{now.astimezone(settings.timezone):%Y%m%d-%H%M%S}.tar.gz")
    if target.exists():
        raise CommandError("exists", f"{target} 已经有了。", "换一个文件名。", Exit.USAGE)
    with store.begin() as session:  # before the snapshot, so that the backup knows of itself
        office.record(session, opening.actor(), "backup.created", "database", file=target.name)
    try:
        with tempfile.TemporaryDirectory(prefix=".backup-", dir=target.absolute().parent) as folder:
            taken = Path(folder) / _DATABASE
            snapshot.take(store, taken)
            files = {_DATABASE: taken} | _kept(settings)
            manifest = {
                "format": _FORMAT,
                "taken_at": now.isoformat(),
                "host": socket.gethostname(),
                "database": snapshot.kind_of(store.url),
                "schema": schema.current(store),
                "sha256": {name: _sha256(path) for name, path in files.items()},
            }
            archive = Path(folder) / "archive"
            _write(archive, manifest, files)
            archive.rename(target)
    except snapshot.SnapshotError as error:
        raise CommandError("backup_failed", f"备份没有做成：{error}", "处理好再试；原有数据没有变动。") from error
    except OSError as error:
        raise CommandError("cannot_write", f"写不进 {target}：{error.strerror}", "换一个能写、够大的地方。") from error
    size = target.stat().st_size
    out.line(f"已备份到 {target}（{size / 1_048_576:.1f} MB，只有本用户可读）。里面有密钥和个人信息，请另机保存。")
    out.object({"event": "result", "file": str(target), "bytes": size, "taken_at": now})
    return int(Exit.DONE)


def _kept(settings: Settings) -> dict[str, Path]:
    found: dict[str, Path] = {}
    for name in _KEYS:
        path = settings.data_dir / name
        found |= {f"{name}/{each.name}": each for each in path.iterdir()} if path.is_dir() else {}
        found |= {name: path} if path.is_file() else {}
    return found


def _write(archive: Path, manifest: dict[str, Any], files: dict[str, Path]) -> None:
    listing = archive.with_name(_MANIFEST)
    listing.write_text(json.dumps(manifest, ensure_ascii=False, indent=1), encoding="utf-8")
    with (
        os.fdopen(os.open(archive, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file,
        tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar,
    ):
        for name, path in {_MANIFEST: listing, **files}.items():
            tar.add(path, name, recursive=False, filter=_anonymous)
        file.flush()


def _anonymous(info: tarfile.TarInfo) -> tarfile.TarInfo:
    info.uid = info.gid = 0
    info.uname = info.gname = ""
    return info


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


# --- restore ----------------------------------------------------------------------------------------------------------


def _restore(args: argparse.Namespace, settings: Settings, out: Output) -> int:
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    lock = DispatcherLock(settings.data_dir)
    if not lock.take("restore"):
        raise CommandError("in_use", "发送程序正在运行。", "先停掉 mailer serve / send，再恢复。")
    try:
        with tempfile.TemporaryDirectory(prefix=".restore-", dir=settings.data_dir) as folder:
            manifest = _read(args.file, Path(folder))
            kept = _put_back(settings, manifest, Path(folder), replace=args.yes)
        store = wiring.initialise(settings)  # an older backup is brought to this program's schema
        taken_at = datetime.fromisoformat(manifest["taken_at"])
        stopped = begin_anew(opening.office(settings, store), opening.actor(), taken_at=taken_at)
    except snapshot.SnapshotError as error:
        raise CommandError("restore_failed", f"恢复没有做成：{error}", "处理好再试。") from error
    except DBAPIError as error:
        raise CommandError(
            "no_database", f"数据库出错：{error.orig}", "检查 MAILER_DATABASE_URL 和数据库服务。"
        ) from error
    finally:
        lock.release()
    when = f"{taken_at.astimezone(settings.timezone):%Y-%m-%d %H:%M}"
    out.line(f"已恢复到 {when} 的备份。那以后的事这里都不知道（操作记录里记有这一段空白）。")
    if kept:
        out.line(f"原来的数据库另存在 {kept}。")
    if stopped:
        out.line(f"有 {stopped} 个批次没有自动接着发，请逐个核对：mailer mailings list")
    out.object({"event": "result", "taken_at": taken_at, "stopped": stopped, "kept": str(kept) if kept else None})
    return int(Exit.DONE)


def _read(file: Path, folder: Path) -> dict[str, Any]:
    """Unpacks what the manifest names, after looking at every name and hash. Raises CommandError."""
    broken = CommandError("bad_backup", f"{file} 不是完整的备份文件。", "换一个备份；现有数据没有变动。")
    try:
        with tarfile.open(file, "r:gz") as tar:
            listing = tar.extractfile(_MANIFEST)
            manifest = json.loads(listing.read(_MANIFEST_LIMIT)) if listing else {}
            wanted = (manifest["format"], datetime.fromisoformat(manifest["taken_at"]).tzinfo is None)
            if wanted != (_FORMAT, False) or not {"database", "schema"} <= manifest.keys():
                raise broken
            for name in manifest["sha256"]:
                if not _is_ours(name):
                    raise broken
                tar.extract(name, folder, filter="data")
    except FileNotFoundError as error:
        raise CommandError("file_missing", f"没有这个文件：{file}", "请检查文件名。", Exit.USAGE) from error
    except (OSError, tarfile.TarError, KeyError, TypeError, ValueError, EOFError) as error:
        raise broken from error
    if any(_sha256(folder / name) != wanted for name, wanted in manifest["sha256"].items()):
        raise broken
    newest = schema.newest()
    if str(manifest["schema"]) > newest:
        raise CommandError(
            "newer_schema", f"备份的数据库结构是 {manifest['schema']}，这个程序只到 {newest}。", "先升级程序再恢复。"
        )
    return dict(manifest)


def _is_ours(name: str) -> bool:
    return name in {_DATABASE, "secret.key"} or (name.startswith("dkim/") and name.count("/") == 1 and ".." not in name)


def _put_back(settings: Settings, manifest: dict[str, Any], folder: Path, *, replace: bool) -> Path | None:
    url = wiring.database_url(settings)
    if snapshot.kind_of(url) != manifest["database"]:
        raise CommandError(
            "other_database",
            f"备份来自 {manifest['database']}，现在设置的是 {snapshot.kind_of(url)}。",
            "把 MAILER_DATABASE_URL 改成同一种数据库再恢复。",
            Exit.USAGE,
        )
    database = settings.data_dir / "mailer.db"
    is_free = not database.exists() if not settings.database_url else snapshot.is_empty(Store(url))
    if not is_free and not replace:
        raise CommandError("needs_yes", "这里已经有数据库，没有动它。", "确定要换成备份里的请加 --yes。", Exit.USAGE)
    kept: Path | None = None
    if settings.database_url:
        snapshot.put_back_postgres(url, folder / _DATABASE)
    else:
        kept = snapshot.put_back_sqlite(folder / _DATABASE, database)
    for name in manifest["sha256"]:
        if name != _DATABASE:
            target = settings.data_dir / name
            target.parent.mkdir(mode=0o700, exist_ok=True)
            if target.exists() and target.read_bytes() != (folder / name).read_bytes():
                target.rename(snapshot.free_name(target))
            (folder / name).replace(target)
            target.chmod(0o600)
    return kept
