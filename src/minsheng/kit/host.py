"""What this machine has, and the problem that ends a command with a sentence for its user."""

from __future__ import annotations

import contextlib
import errno
import os
import pwd
import shutil
from pathlib import Path


class Problem(Exception):
    """Something about the machine or the set-up; the text says what to do."""


FULL = {errno.ENOSPC: "磁盘已满", errno.EDQUOT: "磁盘配额已用完", errno.EROFS: "磁盘是只读的", errno.EACCES: "没有权限", errno.EPERM: "没有权限"}
_SAID = {errno.ENOENT: "没有这个文件或文件夹", errno.ENOTDIR: "路径中间有一段不是文件夹", errno.EISDIR: "这是文件夹，不是文件", errno.ELOOP: "链接绕回了自己",
         errno.ENAMETOOLONG: "名字太长", errno.EEXIST: "已有同名的文件", errno.EIO: "读写出错", errno.EINVAL: "不能这样读写", errno.EBADF: "已经关上",
         errno.ENXIO: "没有程序在读这个管道"}
OURS = ("files", "anchors", "tmp", "logs", "figures", "archive", "imports", "pbx", "recordings", "lock", "anchors.log", "owner.pass", "postgres.log")


def in_words(wrong: OSError) -> str:
    """What the system said, for its user."""
    return (FULL | _SAID).get(wrong.errno or 0, wrong.strerror or str(wrong))


def unusable(folder: Path) -> str:
    """Why this data folder cannot be used by this user, as a sentence that says what to do; "" when it can. Writes nothing."""
    owner, me = folder.stat().st_uid, os.geteuid()
    if owner != me:
        name = _name(owner)
        return f"{folder} 属于用户 {name}，现在以 {_name(me)} 运行。请用那个用户运行：sudo -u {name} …；或改属主：chown -R {_name(me)} {folder}"
    if os.statvfs(folder).f_flag & os.ST_RDONLY:
        return f"{folder} 所在的磁盘是只读的。请重新挂成可写（磁盘出错时系统会自己改成只读，先看 dmesg），或用 --data 指定别的目录"
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return f"不能读写 {folder}。请执行：chmod 700 {folder}"
    foreign = [name for name in OURS if (folder / name).exists() and not os.access(folder / name, os.R_OK | os.W_OK)]
    if foreign:
        return f"{folder} 里的 {'、'.join(foreign)} 属于别的用户（可能用 sudo 运行过）。请执行：sudo chown -R {_name(me)} {folder / foreign[0]}"
    return ""


def full(folder: Path, needs_mb: int) -> str:
    """Why nothing can be begun here: the same, tried by writing."""
    probe = folder / ".probe"
    try:
        with open(probe, "wb") as file:
            file.write(bytes(65536))
            file.flush()
            os.fsync(file.fileno())
    except OSError as wrong:
        return f"不能写入 {folder}：{in_words(wrong)}。请腾出空间或改正后再启动"
    finally:
        with contextlib.suppress(OSError):
            probe.unlink(missing_ok=True)
    free = shutil.disk_usage(folder).free >> 20
    return f"{folder} 所在的磁盘只剩 {free} MB，至少要 {needs_mb} MB。请腾出空间后再启动" if free < needs_mb else ""


def _name(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return str(uid)


def memory_bytes() -> int:
    """Memory that this process may use: the machine's, or its container's share."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for file in ("/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"):
        try:
            return min(whole, int(Path(file).read_text()))
        except (OSError, ValueError):
            continue
    return whole


def free_gb(folder: Path) -> float:
    """Free disk below `folder`, in gigabytes."""
    while not folder.exists():
        folder = folder.parent
    return round(shutil.disk_usage(folder).free / 1e9, 1)
