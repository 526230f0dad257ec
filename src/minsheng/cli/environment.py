"""Builds .venv from a hashed lock. Runs on the machine's own python3, so it uses the standard library alone.

usage: environment.py ROOT STAMP. Each lock has a folder of its own and .venv is a link to the one in use: a program that runs
keeps the packages that it began with, until another takes over. The stamp is written before the link: a build that was killed
leaves none and is begun again. Two starts at once wait for each other.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import subprocess
import sys
from pathlib import Path

PIP = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
LOCKED = ["--require-hashes", "--no-deps", "--only-binary", ":all:", "-r"]


def install(python: Path, lock: Path) -> int:
    """Installs exactly what `lock` names; returns pip's exit code."""
    environment = {**os.environ, "PIP_USER": "0", "PIP_REQUIRE_VIRTUALENV": "0", "PYTHONPATH": ""}
    return subprocess.run([str(python), *PIP, *LOCKED, str(lock)], env=environment, check=False).returncode


def complaint() -> str:
    """What this python3 lacks to make an environment, "" when nothing."""
    try:
        import ensurepip  # noqa: F401
        import venv  # noqa: F401
    except ImportError:
        version = f"{sys.version_info[0]}.{sys.version_info[1]}"
        return (
            f"本机的 Python 没有 venv 模块。请安装后重试：apt-get install python3-venv（或 python{version}-venv）\n"
            "minsheng: this Python lacks the venv module. Install the package python3-venv and try again."
        )
    return ""


def build(root: Path, stamp: Path) -> int:
    home = root / f".venv-{stamp.name.rsplit('-', 2)[-2]}"
    print("minsheng: 首次运行或依赖有更新，正在按锁定清单安装运行环境（约一分钟）…", file=sys.stderr, flush=True)
    made = subprocess.run([sys.executable, "-m", "venv", "--clear", str(home)], check=False)
    if made.returncode:
        print(f"minsheng: 无法在 {home} 建立运行环境；请检查磁盘空间和写权限。", file=sys.stderr)
        return 1
    if install(home / "bin" / "python", root / "requirements.lock"):
        print("minsheng: 依赖安装未完成；请检查网络（或 pip 的镜像设置）后重新运行同一命令。", file=sys.stderr)
        return 1
    (home / stamp.name).touch()
    use(root, home)
    return 0


def use(root: Path, home: Path) -> None:
    """.venv leads to `home` from now on; what it led to before stays for the programs that run from it, all older ones go."""
    link, before = root / ".venv", root / ".venv-before"
    last = link.resolve() if link.is_symlink() else before
    if link.is_dir() and not link.is_symlink():
        shutil.rmtree(before, ignore_errors=True)
        link.rename(before)
    new = root / ".venv-link"
    new.unlink(missing_ok=True)
    new.symlink_to(home.name)
    new.replace(link)
    for old in root.glob(".venv-*"):
        if old not in (home, last):
            shutil.rmtree(old, ignore_errors=True)


def main(root: Path, stamp: Path) -> int:
    missing = complaint()
    if missing:
        print(f"minsheng: {missing}", file=sys.stderr)
        return 1
    try:
        guard = open(root / ".venv.lock", "w")
    except OSError as wrong:
        print(f"minsheng: 无法写入 {root}：{wrong.strerror}。请用有写权限的用户运行。", file=sys.stderr)
        return 1
    with contextlib.closing(guard):
        fcntl.flock(guard, fcntl.LOCK_EX)
        if stamp.exists() and (root / ".venv" / "bin" / "python").exists():
            return 0
        return build(root, stamp)


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1]), Path(sys.argv[2])))
