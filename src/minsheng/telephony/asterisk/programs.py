"""Where Asterisk's programs are: the machine's own, or Debian's, unpacked below DATA/pbx-programs and started through their own ld.so.

Fetched with apt's own tools into a private root: the machine's sources, lists and packages stay as they are, nothing is installed, and
signatures are checked. The address of the mirror is the one that the machine's apt already uses.
"""

from __future__ import annotations

import json
import os
import platform
import re
import shutil
import subprocess
import tomllib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from minsheng.kit.embedded_postgres import clear
from minsheng.kit.host import Problem

MAJORS = (18, 20, 22)
SUITE = "sid"  # of Debian, the only one that has a maintained Asterisk
HERE = Path(__file__).parent
PLACES = ("/usr/lib/*/asterisk/modules", "/usr/lib64/asterisk/modules", "/usr/lib/asterisk/modules", "/usr/local/lib/asterisk/modules")
BY_HAND = "也可以自己装好 Asterisk 18、20 或 22（Ubuntu：apt install asterisk），再运行 ./minsheng pbx start"


@dataclass(frozen=True)
class Programs:
    """An Asterisk that can be started. `loader` is the ld.so and its folder of libraries, () for one that the machine has itself."""

    binary: Path
    modules: Path
    data: Path  # astdatadir, for what Asterisk documents itself with
    version: str
    root: Path | None = None

    @property
    def major(self) -> int:
        return int(self.version.split(".")[0])

    def command(self, root: str = "") -> list[str]:
        """`root`: how the process that is started names the folder of the unpacked programs."""
        if self.root is None:
            return [str(self.binary)]
        named = Path(root or self.root)
        loader, libraries = _loader(self.root)
        return [str(named / loader), "--library-path", str(named / libraries), str(named / self.binary.relative_to(self.root))]


def _loader(root: Path) -> tuple[Path, Path]:
    """The ld.so of an unpacked root and its folder of libraries, relative to it."""
    found = sorted(root.glob("usr/lib*/ld-linux*.so.*")) + sorted(root.glob("usr/lib/*-linux-*/ld-linux*.so.*"))
    libraries = sorted(root.glob("usr/lib/*-linux-*"))
    if not found or not libraries:
        raise Problem(f"{root} 里的 Asterisk 不完整。请重新运行 ./minsheng pbx fetch --again")
    return found[0].relative_to(root), libraries[0].relative_to(root)


def own() -> Programs | None:
    """The machine's own Asterisk, when it is one that we know."""
    found = shutil.which("asterisk", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin:/usr/local/sbin")
    modules = [folder for place in PLACES for folder in sorted(Path("/").glob(place.lstrip("/"))) if any(folder.glob("app_queue.so"))]
    if found is None or not modules:
        return None
    version = _version([found])
    return Programs(Path(found), modules[0], Path("/usr/share/asterisk"), version) if _known(version) else None


def fetched(root: Path) -> Programs | None:
    """What was unpacked here, when it is whole."""
    mark = root / "fetched.json"
    if not mark.exists():
        return None
    modules = next(iter(sorted(root.glob("usr/lib/*-linux-*/asterisk/modules"))), None)
    if modules is None:
        return None
    version = json.loads(mark.read_text(encoding="utf-8"))["version"]
    return Programs(root / "usr/sbin/asterisk", modules, root / "usr/share/asterisk", version, root)


def found(root: Path) -> Programs | None:
    return own() or fetched(root)


def _version(command: list[str]) -> str:
    try:
        said = subprocess.run([*command, "-V"], capture_output=True, text=True, check=False, timeout=20).stdout
    except (OSError, subprocess.TimeoutExpired):
        return ""
    number = re.search(r"Asterisk (?:certified/)?(\d+\.\d+(?:\.\d+)?)", said)
    return number.group(1) if number else ""


def _known(version: str) -> bool:
    return bool(version) and int(version.split(".")[0]) in MAJORS


# -- fetching ---------------------------------------------------------------------------------------------------------------------


def mirror() -> str:
    """The address of the Debian mirror in apt's own configuration."""
    if shutil.which("apt-get") is None or shutil.which("dpkg-deb") is None:
        raise Problem(f"这台机器没有 apt，取不到 Asterisk。{BY_HAND}")
    said = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI)|$(LABEL)", "Created-By: Packages"],
                          capture_output=True, text=True, check=False).stdout
    rows = [line.rsplit("|", 1) for line in said.splitlines() if "|" in line]
    known = sorted({address for address, label in rows if label == "Debian"})
    guessed = sorted({address for address, label in rows if label.startswith("$(") and address.rstrip("/").endswith("/debian")})
    if not known + guessed:
        raise Problem(f"这台机器的 apt 没有配置 Debian 的软件源，取不到 Asterisk。{BY_HAND}")
    return (known + guessed)[0]


class Apt:
    """A private root of apt: one source, no installed packages, the machine's way to the network."""

    KEYRINGS = ("/usr/share/keyrings/debian-archive-keyring.gpg", "/usr/share/keyrings/debian-archive-keyring.pgp")
    INHERITED = re.compile(r"Acquire::(http|https|ftp|Retries|ForceIPv)", re.I)

    def __init__(self, folder: Path, address: str):
        self.folder = folder
        for name in ("etc/preferences.d", "etc/apt.conf.d", "lists/partial", "archives/partial", "deb"):
            (folder / name).mkdir(parents=True, exist_ok=True)
        (folder / "status").touch()
        signed = next((f"signed-by={ring} " for ring in self.KEYRINGS if Path(ring).exists()), "")
        # That the list is older than its own date of expiry is no attack here: the mirror of a closed network stands still.
        (folder / "sources.list").write_text(f"deb [{signed}check-valid-until=no] {address} {SUITE} main\n", encoding="utf-8")
        (folder / "apt.conf").write_text("\n".join([*self._lines(), *self._inherited()]) + "\n", encoding="utf-8")

    def _lines(self) -> list[str]:
        at = self.folder
        return [f'Dir::Etc "{at}/etc";', f'Dir::Etc::sourcelist "{at}/sources.list";', 'Dir::Etc::sourceparts "-";',
                'Dir::Etc::trustedparts "/etc/apt/trusted.gpg.d";', 'Dir::Etc::netrc "/etc/apt/auth.conf";',
                'Dir::Etc::netrcparts "/etc/apt/auth.conf.d";', f'Dir::State "{at}";', f'Dir::State::lists "{at}/lists";',
                f'Dir::State::status "{at}/status";', f'Dir::Cache "{at}";', f'Dir::Cache::archives "{at}/archives";',
                'Acquire::Languages "none";', 'APT::Install-Recommends "false";', 'APT::Sandbox::User "";', 'Acquire::Retries "3";']

    def _inherited(self) -> list[str]:
        said = subprocess.run(["apt-config", "dump", "Acquire"], capture_output=True, text=True, check=False).stdout
        return [line for line in said.splitlines() if self.INHERITED.match(line)]

    def run(self, *words: str) -> str:
        environment = {**os.environ, "APT_CONFIG": str(self.folder / "apt.conf"), "LC_ALL": "C"}
        done = subprocess.run(["apt-get", "-qq", *words], cwd=self.folder / "deb", env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            said = " ".join((done.stderr or done.stdout).split())[-400:]
            raise Problem(f"从软件源取 Asterisk 没有成功：{said}\n请检查网络和 apt 的代理设置后再运行 ./minsheng pbx fetch。{BY_HAND}")
        return done.stdout

    def closure(self, wanted: list[str]) -> list[tuple[str, int]]:
        """All packages that these stand on, with their bytes."""
        rows = [line.split() for line in self.run("-y", "--print-uris", "install", *wanted).splitlines() if line.startswith("'")]
        return [(row[1].split("_")[0], int(row[2])) for row in rows]


def fetch(root: Path, say: Callable[[str], None]) -> Programs:
    """Debian's Asterisk into `root`, whole or not at all."""
    half = root.with_name(root.name + ".half")
    clear(half)
    half.mkdir(mode=0o755, parents=True)
    lists = tomllib.loads((HERE / "packages.toml").read_text(encoding="utf-8"))
    say("正在读取软件源的清单…")
    apt = Apt(half / "apt", mirror())
    apt.run("update")
    closure = apt.closure(lists["programs"])
    stems = (*lists["programs"], *lists["libraries"])
    _unpack(apt, half / "root", [one for one in closure if one[0].startswith(stems)], say)
    if lacking := missing_libraries(half / "root"):
        say(f"还缺 {'、'.join(lacking[:3])}，改取全部依赖…")
        _unpack(apt, half / "root", closure, say)
    programs = _whole(half / "root")
    for file in programs.modules.glob("*.so"):  # what is not here cannot be loaded by anybody: no shell, no script, no other table
        if file.stem not in wanted_modules():
            file.unlink()
    clear(root)
    (half / "root").rename(root)
    clear(half)
    found_now = fetched(root)
    assert found_now is not None
    say(f"Asterisk {programs.version} 已放在 {root}")
    return found_now


def _unpack(apt: Apt, root: Path, packages: list[tuple[str, int]], say: Callable[[str], None]) -> None:
    there = {file.name.split("_")[0] for file in (apt.folder / "deb").glob("*.deb")}
    new = [one for one in packages if one[0] not in there]
    say(f"正在下载 {len(new)} 个软件包（{sum(size for _, size in new) / 1e6:.0f} MB）…")
    apt.run("download", *[name for name, _ in new])
    names = {name for name, _ in new}
    files = [file for file in sorted((apt.folder / "deb").glob("*.deb")) if file.name.split("_")[0] in names]
    say("正在解开…")
    root.mkdir(exist_ok=True)
    for file in files:
        done = subprocess.run(["dpkg-deb", "-x", str(file), str(root)], capture_output=True, text=True, check=False)
        if done.returncode:
            raise Problem(f"解不开 {file.name}：{done.stderr.strip()[-200:]}。请看磁盘是否已满，再运行 ./minsheng pbx fetch")


def missing_libraries(root: Path) -> list[str]:
    """Shared libraries that the program and the modules which we load ask for and the unpacked root does not have."""
    loader, libraries = _loader(root)
    modules = next(iter(sorted(root.glob("usr/lib/*-linux-*/asterisk/modules"))))
    files = [root / "usr/sbin/asterisk", *(modules / f"{name}.so" for name in wanted_modules() if (modules / f"{name}.so").exists())]
    command = [str(root / loader), "--library-path", str(root / libraries), "--list"]
    lacking: set[str] = set()
    for file in files:
        said = subprocess.run([*command, str(file)], capture_output=True, text=True, check=False)
        lacking |= set(re.findall(r"^\s*(\S+) => not found", said.stdout, re.M))
        lacking |= set(re.findall(r"loading shared libraries: (\S+?):", said.stderr))
    return sorted(lacking)


def _whole(root: Path) -> Programs:
    loader, libraries = _loader(root)
    version = _version([str(root / loader), "--library-path", str(root / libraries), str(root / "usr/sbin/asterisk")])
    if not _known(version):
        raise Problem(f"软件源给出的 Asterisk（{version or '没有回答版本'}）不是 {'、'.join(map(str, MAJORS))} 版。{BY_HAND}")
    (root / "fetched.json").write_text(json.dumps({"version": version, "machine": platform.machine()}), encoding="utf-8")
    programs = fetched(root)
    assert programs is not None
    return programs


def wanted_modules() -> list[str]:
    """Names in the order in which they are loaded."""
    lines = (HERE / "modules.txt").read_text(encoding="utf-8").splitlines()
    return [word for line in lines for word in line.split("#")[0].split()]


def present(names: Iterable[str], folder: Path) -> tuple[list[str], list[str]]:
    """Of these modules: what the folder holds, and what it lacks."""
    here = [name for name in names if (folder / f"{name}.so").exists()]
    return here, [name for name in names if name not in here]
