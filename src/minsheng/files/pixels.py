"""Pure: how many points an image says it has, read from its first bytes. Nothing is decoded, so a lie of 38 bytes costs nothing."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator


def size_of(content: bytes, mime: str) -> tuple[int, int] | None:
    """(width, height) of a JPEG, PNG or WebP; None when its head is not whole. Where several are said, the largest."""
    try:
        return {"image/png": _png, "image/webp": _webp, "image/jpeg": _jpeg}[mime](content)
    except (struct.error, IndexError):
        return None


def frames_of(content: bytes, mime: str) -> int:
    """How many pictures a moving image says it has; 1 for one that stands still."""
    if mime == "image/png":
        at = content[:_AHEAD].find(b"acTL")
        return max(1, int.from_bytes(content[at + 4: at + 8], "big")) if at > 0 else 1
    return max(1, sum(1 for name, _ in _chunks(content) if name == b"ANMF")) if mime == "image/webp" else 1


_CHUNKS = 20_000  # parts of a picture: no camera and no program writes so many
_AHEAD = 1 << 16  # bytes: what a moving PNG says of itself stands before its first picture


_MARK = re.compile(rb"\xff[^\x00\x01\xd0-\xd7\xff]")  # within the points no other follows 0xFF


def scans_of(content: bytes) -> int:
    """How many times a JPEG goes over its points, `SCANS` + 1 for more: each costs the time of a picture and may take sixty bytes."""
    at, parts, found = 2, 0, 0
    while found <= SCANS and (mark := _MARK.search(content, at)):
        parts, kind, at = parts + 1, content[mark.start() + 1], mark.end()
        if kind == 0xD9:
            break
        if parts > _CHUNKS:
            return SCANS + 1
        found += kind == 0xDA
        at += max(int.from_bytes(content[at: at + 2], "big"), 2)
    return found


SCANS = 100  # what cameras and programs write in steps has a dozen


def _png(content: bytes) -> tuple[int, int] | None:
    return struct.unpack(">II", content[16:24]) if content[12:16] == b"IHDR" else None


def _webp(content: bytes) -> tuple[int, int] | None:
    """All sizes that the container and its frames name: one may say less than the other."""
    readers = {b"VP8X": _canvas, b"VP8 ": _lossy, b"VP8L": _lossless, b"ANMF": _frame}
    found = [readers[name](body) for name, body in _chunks(content) if name in readers]
    return max(found, key=lambda size: size[0] * size[1], default=None)


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """(name, its first bytes) of the parts of a WebP. IndexError when they are more than any picture has."""
    at, count = 12, 0
    while at + 8 <= len(content):
        count += 1
        if count > _CHUNKS:
            raise IndexError
        name, length = content[at: at + 4], struct.unpack("<I", content[at + 4: at + 8])[0]
        yield name, content[at + 8: at + 8 + 32]
        at += 8 + length + length % 2


def _canvas(body: bytes) -> tuple[int, int]:
    return _three(body[4:7]) + 1, _three(body[7:10]) + 1


def _frame(body: bytes) -> tuple[int, int]:
    return _three(body[6:9]) + 1, _three(body[9:12]) + 1


def _lossy(body: bytes) -> tuple[int, int]:
    width, height = struct.unpack("<HH", body[6:10])
    return width & 0x3FFF, height & 0x3FFF


def _lossless(body: bytes) -> tuple[int, int]:
    bits = struct.unpack("<I", body[1:5])[0]
    return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1


def _three(part: bytes) -> int:
    if len(part) < 3:
        raise IndexError
    return int.from_bytes(part, "little")


_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}
_BARE = frozenset({0x01, *range(0xD0, 0xD9)})  # markers without a length


def _jpeg(content: bytes) -> tuple[int, int] | None:
    found, at, count = None, 2, 0
    while at + 4 <= len(content):
        count += 1
        if count > _CHUNKS:
            raise IndexError
        if content[at] != 0xFF:
            return found
        kind = content[at + 1]
        if kind == 0xFF:
            at += 1
        elif kind in _BARE:
            at += 2
        elif kind in (0xDA, 0xD9):  # the points themselves begin
            return found
        else:
            length = struct.unpack(">H", content[at + 2: at + 4])[0]
            if kind in _FRAMES:
                height, width = struct.unpack(">HH", content[at + 5: at + 9])
                found = max(found or (0, 0), (width, height), key=lambda size: size[0] * size[1])
            at += 2 + max(length, 2)
    return found
