"""Reads of kept bytes. Who may see a file is asked of the case that it hangs on, not here."""

from __future__ import annotations

import hashlib
from typing import BinaryIO

from django.conf import settings

from minsheng.files import keeping
from minsheng.files.models import StoredFile


class Missing(Exception):
    """The bytes are erased, not in the data folder, or no longer what was kept."""


def get(file_id: int) -> StoredFile | None:
    return StoredFile.objects.filter(pk=file_id).first()


def many(file_ids: list[int]) -> dict[int, StoredFile]:
    """id -> file. One statement."""
    return StoredFile.objects.in_bulk(file_ids)


def lies_at(sha256: str) -> str:
    """Where its bytes lie below the data folder."""
    return keeping.path_of(sha256).relative_to(settings.DATA).as_posix()


def open_whole(file: StoredFile) -> BinaryIO:
    """The bytes for streaming, looked at before the first one leaves. Missing when they are gone or not what was kept."""
    path = keeping.path_of(file.sha256)
    if file.erased_at or not path.exists():
        raise Missing("文件已依法删除" if file.erased_at else "文件不在数据目录中，请联系系统管理员从备份中找回，或重新上传")
    content = path.open("rb")
    if hashlib.file_digest(content, "sha256").hexdigest() != file.sha256:
        content.close()
        raise Missing("文件的内容被改动或已损坏，不能打开；请联系系统管理员从备份中找回，或把原文件重新上传一次")
    content.seek(0)
    return content


def open_bytes(file: StoredFile) -> bytes:
    """The bytes. Missing when they are gone or damaged."""
    with open_whole(file) as content:
        return content.read()


def damaged() -> list[tuple[int, str]]:
    """(id, why) of files whose bytes are missing or changed; for `doctor`. Reads all files."""
    found = []
    for file in StoredFile.objects.filter(erased_at=None).iterator(1000):
        if not keeping.is_whole(file.sha256):
            found.append((file.id, "内容被改动" if keeping.path_of(file.sha256).exists() else "缺失"))
    return found
