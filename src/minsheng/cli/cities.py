"""The cities of a province on one machine: the settings of each stand in a file of its own, MINSHENG_CITIES/NAME.env.

`./minsheng --city NAME …` takes them on before anything reads a setting, in place of all that the shell had set: nothing of one city reaches
another. As root it then becomes the user whom the city's data belong to. `--city all` asks each in turn, in a process of its own.
"""

from __future__ import annotations

import os
import pwd
import re
import subprocess
import sys
from pathlib import Path

from minsheng.cli import Stop, ready
from minsheng.kit.host import in_words

ALL = "all"
NAME = re.compile(r"[a-z][a-z0-9]{0,19}")
END = ".env"
NOT_FOR_ALL = {"serve", "web", "worker", "demo", "test", "province", "restore"}  # of one city each, or of none
_OF_A_CITY = ("MINSHENG_", "DATABASE_", "PG")  # what the shell may have set for another
_STAYS = {"MINSHENG_CITIES", "MINSHENG_PYTHON"}
_LINE = re.compile(r"([A-Z][A-Z0-9_]*)=(.*)")


def folder() -> Path:
    return Path(os.environ.get("MINSHENG_CITIES") or "/etc/minsheng").resolve()


def file_of(name: str) -> Path:
    return folder() / f"{name}{END}"


def names() -> list[str]:
    """Of all cities whose settings stand here, in the order of the alphabet."""
    try:
        return sorted(file.name.removesuffix(END) for file in folder().iterdir() if file.name.endswith(END) and NAME.fullmatch(file.name.removesuffix(END)))
    except FileNotFoundError:
        return []
    except PermissionError:
        raise Stop(f"不能列出 {folder()}：请用 root 运行") from None


def read(name: str) -> dict[str, str]:
    """The settings of a city. Stop when there are none, when others could read them, or when they are those of another."""
    file = file_of(name)
    if not NAME.fullmatch(name) or not file.is_file():
        raise Stop(f"没有“{name}”这座城市（{folder()} 里没有它的 .env）。查看：./minsheng province list")
    if file.stat().st_mode & 0o077:
        raise Stop(f"{file} 别人读得到，里面有密钥。请执行：chmod 600 {file}")
    try:
        found = _settings(file, file.read_text(encoding="utf-8"))
    except PermissionError:
        raise Stop(f"读不到 {file}：请用 root 或这座城市的用户运行") from None
    if found.get("MINSHENG_CITY") != name:
        raise Stop(f"{file} 是“{found.get('MINSHENG_CITY', '')}”的设置，不是“{name}”的：一座城市不能有两个名字。新的城市用 ./minsheng province add")
    return found


def _settings(file: Path, text: str) -> dict[str, str]:
    """As systemd reads them: NAME=value, in quotes or not; lines that begin with # or ; say nothing."""
    found: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        line = line.strip()
        if not line or line[0] in "#;":
            continue
        fits = _LINE.fullmatch(line)
        if fits is None:
            raise Stop(f"{file} 第 {number} 行不是“名称=值”")
        value = fits[2].strip()
        found[fits[1]] = value[1:-1] if len(value) > 1 and value[0] == value[-1] and value[0] in "'\"" else value
    return found


def enter_file(given: str) -> None:
    """`--env FILE`: the settings of the one hotline of this machine, in the file that systemd reads; from here on this process is of it."""
    file = Path(given).resolve()
    try:
        if file.stat().st_mode & 0o007:
            raise Stop(f"{file} 谁都读得到，里面有密钥。请执行：chmod 600 {file}")
        _enter(_settings(file, file.read_text(encoding="utf-8")))
    except PermissionError:
        raise Stop(f"读不到 {file}：请用 root 或运行民声的那个用户运行") from None
    except (OSError, ValueError) as wrong:
        raise Stop(f"读不出 {file}（--env）：{in_words(wrong) if isinstance(wrong, OSError) else '不是 UTF-8 的文字'}") from None


def enter(name: str) -> None:
    """From here on this process is of that city."""
    _enter(read(name))


def _enter(settings: dict[str, str]) -> None:
    for key in [key for key in os.environ if key.startswith(_OF_A_CITY) and key not in _STAYS]:
        del os.environ[key]
    os.environ.update(settings)
    _become_owner_of(Path(settings.get("MINSHENG_DATA") or ready.ROOT / "var"))


def _become_owner_of(data: Path) -> None:
    if os.geteuid() != 0 or not data.exists() or (whose := data.stat()).st_uid == 0:
        return
    try:
        user = pwd.getpwuid(whose.st_uid)
    except KeyError:
        raise Stop(f"{data} 属于用户 {whose.st_uid}，本机没有这个用户。请改属主后重试") from None
    _furnish()
    os.initgroups(user.pw_name, user.pw_gid)
    os.setgid(user.pw_gid)
    os.setuid(user.pw_uid)
    os.environ |= {"HOME": user.pw_dir, "USER": user.pw_name, "LOGNAME": user.pw_name}


def _furnish() -> None:
    """A program in a new folder, which the city's user may not write to: what it fetches and compiles once is there before. `serve` says what is lacking."""
    import compileall

    from minsheng.kit import assets

    if not assets.stamp(ready.ROOT).exists() and assets.install(ready.ROOT):
        compileall.compile_dir(ready.ROOT / "src", quiet=2)


def each(words: list[str]) -> int:
    """The same command for every city, one after the other; {city} in it is the city's name. What fails for one is done for the others."""
    if not words or words[0] in NOT_FOR_ALL:
        raise Stop("--city all 后面写要为每座城市做的命令，例如 ./minsheng --city all doctor；启动、恢复要一座一座来")
    if not (known := names()):
        raise Stop(f"{folder()} 里还没有城市。增加：./minsheng province add")
    failed = []
    for name in known:
        print(f"== {name}", flush=True)
        if subprocess.run([sys.executable, "-m", "minsheng.cli", "--city", name, *(word.replace("{city}", name) for word in words)], check=False).returncode:
            failed.append(name)
    print(f"== {len(known)} 座城市都做了" if not failed else f"== {len(known)} 座城市里有 {len(failed)} 座没有做成：{'、'.join(failed)}，原因见上", flush=True)
    return 1 if failed else 0


def of_others(data: Path) -> list[Path]:
    """What a program that works on `data` must not be able to open where all cities share one user: settings and data of the others."""
    try:
        known = names()
    except Stop:
        return []  # it cannot even list them
    found = [folder()] if folder().is_dir() else []
    for name in known:
        try:
            place = Path(read(name).get("MINSHENG_DATA", "")).resolve()
        except Stop:
            continue  # another user's
        found += [place] if place != data.resolve() else []
    return found
