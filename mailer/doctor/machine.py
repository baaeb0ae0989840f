"""The machine itself: the data folder and its rights, the disk under it, the clock, fonts for printed sheets."""

from __future__ import annotations

import ctypes
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from mailer.doctor.finding import Finding, bad, fine, note
from mailer.settings import Settings

_DISK, _RIGHTS, _CLOCK, _FONTS = "磁盘", "文件权限", "时钟", "字体"
_LEAST, _LITTLE = 256 * 2**20, 2 * 2**30  # bytes free: journals need some, a database with attachments more
#: file systems over a network, where flock proves nothing (or only to this machine)
_REMOTE: Final = {
    "nfs",
    "nfs4",
    "cifs",
    "smb3",
    "smbfs",
    "9p",
    "ceph",
    "glusterfs",
    "fuse.sshfs",
    "fuse.glusterfs",
    "afs",
}
_TIME_ERROR = 5  # adjtimex(2): the clock is not synchronised
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", "~/.fonts", "~/.local/share/fonts")
_CHINESE = (
    "notosanscjk",
    "notoserifcjk",
    "sourcehan",
    "wqy",
    "simsun",
    "simhei",
    "fangsong",
    "simfang",
    "droidsansfallback",
)


def look(settings: Settings) -> Iterator[Finding]:
    folder = settings.data_dir
    if folder.is_dir():
        yield rights(folder)
        yield disk(folder, Path("/proc/self/mountinfo"))
    yield clock(clock_state())
    yield fonts([Path(each).expanduser() for each in _FONT_FOLDERS])


def rights(folder: Path) -> Finding:
    """The data folder is ours alone and can be written to; so are the secret, the keys and the database."""
    if not os.access(folder, os.W_OK | os.X_OK):
        return bad(_RIGHTS, f"当前用户写不了 {folder}", f"chown -R 运行本程序的用户 {folder}")
    wanted = [folder / "secret.key", folder / "mailer.db", *(folder / "dkim").glob("*.pem")]
    open_to_others = [
        path for path in (folder, *wanted) if path.exists() and path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)
    ]
    if open_to_others:
        return bad(
            _RIGHTS,
            f"别的用户也能读写 {'、'.join(str(path) for path in open_to_others)}",
            f"chmod -R go= {folder}",
        )
    foreign = [path for path in wanted if path.exists() and not os.access(path, os.R_OK | os.W_OK)]
    if foreign:
        return bad(_RIGHTS, f"当前用户读写不了 {foreign[0]}", f"chown -R 运行本程序的用户 {folder}")
    return fine(_RIGHTS, f"{folder} 只有本用户可读写")


def disk(folder: Path, mounts: Path) -> Finding:
    """Room for journals, and a local file system. ``mounts``: /proc/self/mountinfo, or a file like it."""
    kind = _kind_of(folder.resolve(), mounts)
    if kind in _REMOTE:
        return bad(
            _DISK,
            f"{folder} 在网络文件系统（{kind}）上，发送日志的锁在那里不可靠",
            "把数据文件夹放到本机磁盘（MAILER_DATA_DIR）。",
        )
    free = shutil.disk_usage(folder).free
    words = f"{folder} 所在磁盘还剩 {free / 2**30:.1f} GB"
    if free < _LEAST:
        return bad(_DISK, words, "先腾出空间：空间不够时发送会停下。")
    return note(_DISK, words, "空间不多了，请留意。") if free < _LITTLE else fine(_DISK, words)


def _kind_of(folder: Path, mounts: Path) -> str:
    """The type of the file system a folder lies on (proc(5): mount point is field 5, the type stands behind « - »)."""
    best, kind = "", ""
    try:
        lines = mounts.read_text("utf-8", "replace").splitlines()
    except OSError:
        return ""
    for line in lines:
        mount, _, rest = line.partition(" - ")
        point = mount.split()[4].replace("\\040", " ")
        if (folder == Path(point) or Path(point) in folder.parents) and len(point) >= len(best):
            best, kind = point, rest.split()[0]
    return kind


def clock_state() -> int | None:
    """What the kernel says of its clock (adjtimex(2)); None where it cannot be asked."""
    try:
        libc = ctypes.CDLL(None, use_errno=True)
        state: int = libc.adjtimex(ctypes.create_string_buffer(512))  # struct timex, mode 0: only reads
    except (OSError, AttributeError):
        return None
    return state if state >= 0 else None


def clock(state: int | None) -> Finding:
    if state == _TIME_ERROR:
        return note(
            _CLOCK,
            "系统说时钟没有对时",
            "装上并启用对时服务，例如 apt-get install systemd-timesyncd。容器里以宿主机为准。",
        )
    return fine(_CLOCK, "已对时" if state is not None else "系统没有说是否对时")


def fonts(folders: list[Path]) -> Finding:
    """Chinese letters for printed sheets; mails and pages use the reader's own."""
    for folder in folders:
        for _, _, names in os.walk(folder):
            if any(name.lower().replace("-", "").startswith(_CHINESE) for name in names):
                return fine(_FONTS, "有中文字体")
    return note(_FONTS, "没有中文字体：打印的台账会缺字", "apt-get install fonts-noto-cjk")
