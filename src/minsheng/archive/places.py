"""Where the archive lies, what is in it, and whether it is what its manifests say. Writes nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from django.conf import settings

from minsheng.archive import rules
from minsheng.archive.rules import Broken, File, Manifest
from minsheng.cases.queries import lists
from minsheng.kit.host import Problem, in_words

_known: dict[tuple, str] = {}  # (file as it lies on the disk) -> its digest: a file that was touched is read again


@dataclass(frozen=True, slots=True)
class Archive:
    folder: Path
    manifests: tuple[Manifest, ...]

    @property
    def last(self) -> Manifest | None:
        return self.manifests[-1] if self.manifests else None

    @property
    def files(self) -> list[File]:
        return rules.files_of(self.manifests)

    @property
    def paths(self) -> list[str]:
        return [str(self.folder / file.name) for file in self.files]

    @property
    def months(self) -> list[str]:
        return sorted({file.month for file in self.files})

    @property
    def until(self) -> datetime | None:
        """The last moment of which it knows."""
        return start_of(self.last.closed) - timedelta(microseconds=1) if self.last else None


def folder() -> Path:
    return Path(settings.ARCHIVE) if settings.ARCHIVE else settings.DATA / "archive"


def start_of(month: str) -> datetime:
    """A month's first moment in the city."""
    return lists.day_start(rules.first_day(month))


def opened(check: bool = True) -> Archive:
    """The archive as it lies there; Problem where a manifest or a file is not what it was written as. `check`: every file is read."""
    with _said():
        where = folder()
        manifests = rules.chain([(file.name, file.read_bytes()) for file in sorted(where.glob("*.json"))])
        found = Archive(where, tuple(manifests))
        for file in found.files if check else ():
            if why := fault(where / file.name, file):
                raise rules.wrong_file(file, why)
        return found


def ready() -> Archive:
    """The same, with something in it."""
    found = opened()
    if not found.last:
        raise Problem("还没有归档。一个月过完后运行 ./minsheng archive make")
    return found


@contextmanager
def _said() -> Iterator[None]:
    try:
        yield
    except Broken as wrong:
        raise Problem(str(wrong)) from None
    except OSError as wrong:
        raise Problem(f"不能读归档 {wrong.filename or folder()}：{in_words(wrong)}") from wrong


def fault(path: Path, file: File) -> str:
    """What is wrong with a file, in words; "" for nothing."""
    if not path.is_file():
        return "缺失"
    if path.stat().st_size != file.bytes:
        return "的长短与清单不符"
    return "" if digest_of(path) == file.sha256 else "的内容与清单不符，被改动过或损坏"


def digest_of(path: Path) -> str:
    """Read once as long as nobody touches it: the time of its last change of any kind (ctime) is set by the system alone."""
    told = path.stat()
    key = (str(path), told.st_dev, told.st_ino, told.st_size, told.st_mtime_ns, told.st_ctime_ns)
    if key not in _known:
        with open(path, "rb") as file:
            _known[key] = hashlib.file_digest(file, "sha256").hexdigest()
    return _known[key]


def strays(archive: Archive) -> list[str]:
    """Files in the folder that no manifest names: of a making that was broken off, or laid there by somebody."""
    named = {file.name for file in archive.files} | {one.name for one in archive.manifests} | {".lock"}
    return sorted(path.name for path in archive.folder.glob("*") if path.name not in named) if archive.folder.is_dir() else []
