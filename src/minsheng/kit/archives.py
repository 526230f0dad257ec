"""What a stranger's zip costs before it is opened: how many parts its list really has, how a part is packed, and whether it is made to fill a disk."""

from __future__ import annotations

import struct
import zipfile
from typing import IO, BinaryIO

MOST = 0xFFFF
LIGHT, DENSE, HEAVY = 64 << 20, 100, 1 << 30  # unpacked bytes; how often the packed size; unpacked bytes whatever the packed size
_ENTRY, _ENTRY_SIZE = b"PK\x01\x02", 46
_END64, _END64_SIZE = b"PK\x06\x06", 56 + 20  # with the record that says where it lies
_PACKED = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # ISO/IEC 29500-2, annex B: documents know no other


def parts(file: BinaryIO) -> int:
    """How many parts `ZipFile` would make rows of, at most MOST; 0 when the end is not there. Counted in the list itself, which is as long as its
    bytes: the number at the end of the file is only said."""
    try:
        end = zipfile._EndRecData(file)  # type: ignore[attr-defined]  # the same that ZipFile reads by
    except OSError:
        end = None
    if not end:
        return 0
    at = end[9] - end[5] - (_END64_SIZE if end[0] == _END64 else 0)  # place of the end, bytes of the list before it
    file.seek(max(0, at))
    listed, count, at = file.read(max(0, end[5])), 0, 0
    file.seek(0)
    while count < MOST and listed[at: at + 4] == _ENTRY and at + _ENTRY_SIZE <= len(listed):
        at += _ENTRY_SIZE + sum(struct.unpack("<3H", listed[at + 28: at + 34]))
        count += 1
    return count


def opened(archive: zipfile.ZipFile, part: zipfile.ZipInfo) -> IO[bytes]:
    """To be read piece by piece. NotImplementedError for a packing that unpacks all at once, whatever is asked for: 500 bytes become gigabytes."""
    if part.compress_type not in _PACKED:
        raise NotImplementedError("packed in a way that documents do not know")
    return archive.open(part)


def swells(archive: zipfile.ZipFile, size: int) -> int:
    """Unpacked bytes of an archive of `size` bytes that no document has; 0 for an ordinary one. Parts that lie over each other count each."""
    whole = sum(part.file_size for part in archive.infolist())
    return whole if whole > HEAVY or (whole > LIGHT and whole > DENSE * size) else 0
