"""How many parts a zip says it has, read from its last bytes: a list of a hundred thousand is not built to find out."""

from __future__ import annotations

import struct
from typing import BinaryIO

_END = b"PK\x05\x06"
_TAIL = 22 + 0xFFFF  # the end's record and the longest comment behind it


def parts(file: BinaryIO) -> int:
    """The number, 0xFFFF for that many and more; 0 when the end is not there."""
    size = file.seek(0, 2)
    file.seek(max(0, size - _TAIL))
    tail = file.read()
    at = tail.rfind(_END)
    file.seek(0)
    return struct.unpack("<H", tail[at + 10: at + 12])[0] if 0 <= at <= len(tail) - 22 else 0
