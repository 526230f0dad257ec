"""Spark's packages, in a folder of their own: half a gigabyte that only those fetch who count on a cluster. Files and pip; no database."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path

from minsheng.kit.host import Problem, in_words

LOCK = Path(__file__).resolve().parents[3] / "requirements-spark.lock"
NEEDS_GB = 1.2
JAVA = "Spark 要用 Java 17 或更新的：apt-get install default-jre-headless"
_KEPT = ("pyspark/", "deps/jars/", "deps/bin/", "deps/sbin/")  # of the source archive; what it has more are examples


def folder(data: Path) -> Path:
    return Path(os.environ.get("MINSHENG_SPARK_PROGRAMS") or data / "spark-programs")


def found(where: Path) -> Path | None:
    """The packages of this program's lock, fetched whole; None."""
    home = where / sha256(LOCK.read_bytes()).hexdigest()[:12]
    return home if (home / "whole").exists() else None


def ready(where: Path) -> Path:
    home = found(where)
    if home is None:
        raise Problem("本机还没有 Spark 的程序包：先运行 ./minsheng archive fetch-spark（约 460 MB）")
    if not java():
        raise Problem(JAVA)
    return home


def java() -> str:
    home = os.environ.get("JAVA_HOME", "")
    return next((one for one in (f"{home}/bin/java", shutil.which("java") or "") if one and os.access(one, os.X_OK)), "")


def fetch(where: Path, say: Callable[[str], object]) -> Path:
    """By pip and the hashes of the lock, unpacked and not built: what is named in it and nothing else."""
    if home := found(where):
        return home
    home = where / sha256(LOCK.read_bytes()).hexdigest()[:12]
    try:
        where.mkdir(mode=0o700, parents=True, exist_ok=True)
        if shutil.disk_usage(where).free < NEEDS_GB * 1e9:
            raise Problem(f"{where} 所在的磁盘不够 {NEEDS_GB} GB，请腾出空间")
        with tempfile.TemporaryDirectory(dir=where, prefix=".new") as passing:
            say("正在取 Spark 的程序包（约 460 MB）…")
            _download(Path(passing) / "fetched")
            say("正在展开…")
            _unpack(Path(passing) / "fetched", Path(passing) / "home")
            (Path(passing) / "home" / "whole").touch()
            shutil.rmtree(home, ignore_errors=True)
            (Path(passing) / "home").rename(home)
    except OSError as wrong:
        raise Problem(f"没有取成 Spark 的程序包：{in_words(wrong)}（{wrong.filename or where}）") from wrong
    return home


def _download(to: Path) -> None:
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-input", "--disable-pip-version-check", "--progress-bar", "off", "--no-cache-dir",
               "--no-deps", "--require-hashes", "-r", str(LOCK), "-d", str(to)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, env={**os.environ, "PYTHONPATH": ""})
    if done.returncode:
        raise Problem(f"没有取成 Spark 的程序包，请检查网络（或 pip 的镜像设置）后再运行：\n{done.stderr.strip()[-500:]}")


def _unpack(fetched: Path, home: Path) -> None:
    home.mkdir()
    for wheel in fetched.glob("*.whl"):
        with zipfile.ZipFile(wheel) as packed:
            packed.extractall(home)
    for source in fetched.glob("*.tar.gz"):
        with tarfile.open(source) as packed:
            for member in packed:
                name = member.name.partition("/")[2]
                if member.isfile() and name.startswith(_KEPT) and ".." not in name:
                    _put(packed, member, home / name.replace("deps/", "pyspark/", 1))


def _put(packed: tarfile.TarFile, member: tarfile.TarInfo, to: Path) -> None:
    """Its bytes, and whether it is a program; by hand, for an older Python 3.11 knows no safe way."""
    content = packed.extractfile(member)
    assert content is not None
    to.parent.mkdir(parents=True, exist_ok=True)
    with content, open(to, "wb") as file:
        shutil.copyfileobj(content, file, 1 << 20)
    to.chmod(0o755 if member.mode & 0o100 else 0o644)
