"""Reads of kept bytes. Who may see a file is asked of the case that it hangs on, not here."""

from __future__ import annotations

import hashlib
from pathlib import Path

from minsheng.files import keeping
from minsheng.files.models import StoredFile


class Missing(Exception):
    """The bytes are erased or not in the data folder."""


def get(file_id: int) -> StoredFile | None:
    return StoredFile.objects.filter(pk=file_id).first()


def many(file_ids: list[int]) -> dict[int, StoredFile]:
    """id -> file. One statement."""
    return StoredFile.objects.in_bulk(file_ids)


def path_of(file: StoredFile) -> Path:
    """Where the bytes lie, for streaming. Missing when they are gone."""
    path = keeping.path_of(file.sha256)
    if file.erased_at or not path.exists():
        raise Missing("文件已依法删除" if file.erased_at else "文件不在数据目录中，请联系系统管理员")
    return path


def open_bytes(file: StoredFile) -> bytes:
    """The bytes. Missing when they are gone."""
    return path_of(file).read_bytes()


def damaged() -> list[tuple[int, str]]:
    """(id, why) of files whose bytes are missing or changed; for `doctor`. Reads all files."""
    found = []
    for file in StoredFile.objects.filter(erased_at=None).iterator(1000):
        path = keeping.path_of(file.sha256)
        if not path.exists():
            found.append((file.id, "缺失"))
        elif hashlib.sha256(path.read_bytes()).hexdigest() != file.sha256:
            found.append((file.id, "内容被改动"))
    return found
