"""Builds .venv from a hashed lock. Runs on the machine's own python3, so it uses the standard library alone.

usage: environment.py ROOT STAMP. Each lock has a folder of its own and .venv is a link to the one in use: a program that runs
keeps the packages that it began with, until another takes over. The stamp is written before the link: a build that was killed
leaves none and is begun again. Two starts at once wait for each other. A link that leads out of ROOT was laid by somebody: it is used
as it is or named, never laid anew.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

PIP = ["-m", "pip", "install", "--quiet", "--no-input", "--disable-pip-version-check", "--progress-bar", "off"]
HAS = "import importlib.metadata as m; print(*(f'{d.name}=={d.version}' for d in m.distributions()), sep='\\n')"
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


def elsewhere(root: Path) -> Path | None:
    """Where .venv leads, when that is an environment which was not made here."""
    home = (root / ".venv").resolve()
    return home if (root / ".venv").is_symlink() and home.parent != root.resolve() and (home / "bin" / "python").exists() else None


def lacking(home: Path, lock: Path) -> list[str]:
    """What the lock names and the environment does not have, as name==version."""
    said = subprocess.run([str(home / "bin" / "python"), "-I", "-c", HAS], capture_output=True, text=True, check=False).stdout
    has = {_plain(line) for line in said.splitlines()}
    wanted = [line.split()[0] for line in lock.read_text(encoding="utf-8").splitlines() if re.match(r"[A-Za-z0-9]", line)]
    return [one for one in wanted if _plain(one) not in has]


def _plain(one: str) -> str:
    return re.sub(r"[-_.]+", "-", one.partition("==")[0]).lower() + "==" + one.partition("==")[2]


def borrowed(root: Path, home: Path) -> int:
    """An environment of somebody else's is used when it has what the lock names."""
    gone = lacking(home, root / "requirements.lock")
    if gone:
        print(f"minsheng: .venv 是指向 {home} 的链接，不是在这里装的，没有动它；它缺 {'、'.join(gone[:5])}{' 等' if len(gone) > 5 else ''}。"
              f"请在那里装齐，或删掉链接 {root / '.venv'} 再运行同一命令，就在这里另装一份。", file=sys.stderr)
    return 1 if gone else 0


def main(root: Path, stamp: Path) -> int:
    if (home := elsewhere(root)) is not None:
        return borrowed(root, home)
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
