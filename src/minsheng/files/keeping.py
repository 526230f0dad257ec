"""The folder of bytes: DATA/files/aa/bb/sha256, written whole or not at all, on the disk before anybody is told."""

from __future__ import annotations

import io
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

from django.conf import settings
from PIL import Image, ImageOps

from minsheng.kit import clock

FORMATS = {"image/jpeg": "JPEG", "image/png": "PNG", "image/webp": "WEBP"}
MAX_PIXELS = 80_000_000


def path_of(sha256: str) -> Path:
    return settings.DATA / "files" / sha256[:2] / sha256[2:4] / sha256


def keep(sha256: str, content: bytes) -> None:
    """Write the bytes with fsync of file and folder; a name that exists already holds the same bytes."""
    path = path_of(sha256)
    if path.exists() and path.stat().st_size == len(content):
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=".new")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(temporary, path)
    except BaseException:
        Path(temporary).unlink(missing_ok=True)
        raise
    for folder in (path.parent, path.parent.parent, path.parent.parent.parent):
        _sync(folder)


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def forget(sha256: str) -> None:
    path_of(sha256).unlink(missing_ok=True)


def without_place(content: bytes, mime: str) -> bytes:
    """The image turned upright, without EXIF: no place, no device, no owner. ValueError when it is no image or too large."""
    try:
        with Image.open(io.BytesIO(content), formats=[FORMATS[mime]]) as image:
            if image.width * image.height > MAX_PIXELS:
                raise ValueError("too many pixels")
            upright = ImageOps.exif_transpose(image)
            out = io.BytesIO()
            clean = upright.convert("RGB") if mime == "image/jpeg" else upright
            clean.info = {}
            clean.save(out, FORMATS[mime], exif=b"", **({"quality": 88} if mime != "image/png" else {}))
            return out.getvalue()
    except (OSError, SyntaxError, Image.DecompressionBombError) as wrong:
        raise ValueError(str(wrong)) from wrong


def lying(older_than_s: float) -> Iterator[tuple[str, Path]]:
    """(digest, path) of kept bytes, and ("", path) of bytes that were never finished, last touched longer ago than that."""
    limit = clock.machine_now().timestamp() - older_than_s
    for path in (settings.DATA / "files").glob("??/??/*"):
        with suppress(FileNotFoundError):
            if path.is_file() and path.stat().st_mtime < limit:
                yield (path.name if re.fullmatch(r"[0-9a-f]{64}", path.name) else ""), path
