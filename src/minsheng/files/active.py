"""Pure: documents that do something by themselves when they are opened: run a script or a program, fetch a template, call another machine.

Links that a reader has to press and pictures are none; nor is a file that an electronic invoice carries with it.
"""

from __future__ import annotations

import re
import zipfile
import zlib

from minsheng.kit import archives

_LISTS, _LIST = 8 << 20, 1 << 20  # bytes of lists of relations, of one of them
_EMBEDDED = 32 << 20
# What a document fetches without being asked (ECMA-376, part 1, relationship types).
_FETCHED = re.compile(r'(?is)<[^<>]*type="[^"]*/(?:attachedtemplate|oleobject|subdocument|frame|control|afchunk)"[^<>]*>')
_EXTERNAL = re.compile(r'(?i)targetmode="external"')
_PACKAGE = "\x01Ole10Native".encode("utf-16-le")  # a file of any kind, packed into a document
_EXCHANGE = re.compile(rb"<w:instrText[^<>]{0,200}>[^<]{0,200}\bDDE|<ddeLink|w:instr=\"[^\"]{0,200}\bDDE", re.IGNORECASE)
_TALKS = ("word/document.xml", "xl/externallinks/externallink")


def in_office(archive: zipfile.ZipFile) -> bool:
    """Of a packed document whose parts were counted and weighed before."""
    left = {"lists": _LISTS, "embedded": _EMBEDDED}
    for info in archive.infolist():
        name = info.filename.replace("\\", "/").lower()
        if "/activex/" in name:
            return True
        if name.endswith(".rels") and _fetches(_read(archive, info, left, "lists", _LIST)):
            return True
        if "/embeddings/" in name and name.endswith(".bin") and _PACKAGE in _read(archive, info, left, "embedded", _EMBEDDED):
            return True
        if name.startswith(_TALKS) and name.endswith(".xml") and _EXCHANGE.search(_read(archive, info, left, "embedded", _EMBEDDED)):
            return True
    return False


class TooMuch(ValueError):
    """More than any document has of it."""


def _read(archive: zipfile.ZipFile, info: zipfile.ZipInfo, left: dict[str, int], what: str, most: int) -> bytes:
    with archives.opened(archive, info) as file:
        content = file.read(most + 1)
    left[what] -= len(content)
    if len(content) > most or left[what] < 0:
        raise TooMuch
    return content.replace(b"\0", b"") if what == "lists" else content


def _fetches(relations: bytes) -> bool:
    text = relations.decode("utf-8", errors="ignore").replace("'", '"')
    return any(_EXTERNAL.search(one[0]) for one in _FETCHED.finditer(text))


# --- PDF ------------------------------------------------------------

_RUNS = re.compile(rb"/(?:JavaScript|Launch)(?![A-Za-z0-9#])")
_CODED = re.compile(rb"/[A-Za-z]{0,12}#[0-9A-Fa-f]{2}[A-Za-z0-9#]{0,40}")
_CODE = re.compile(rb"#([0-9A-Fa-f]{2})")
_STREAM = re.compile(rb"stream\r?\n")
_UNPACKED, _WINDOW = 64 << 20, 1 << 20  # bytes of objects that are packed together; of one packing
_HEAD = 500  # bytes before a stream, in which it says what it is


def in_pdf(content: bytes) -> bool:
    """An action names its kind. Objects may be packed into streams, where their names do not stand in clear (ISO 32000, 7.5.7 and 12.6)."""
    if _acts(content):
        return True
    left = _UNPACKED
    for stream in _STREAM.finditer(content):
        head = content[max(0, stream.start() - _HEAD): stream.start()]
        if b"ObjStm" in head or b"#" in head and b"ObjStm" in _plain(head):
            unpacked, read = _unpacked(memoryview(content)[stream.end(): stream.end() + _WINDOW])
            left -= max(len(unpacked), read)
            if left < 0 or _acts(unpacked):  # more than any has of them, to hide one behind
                return True
    return False


def _plain(names: bytes) -> bytes:
    return _CODE.sub(lambda code: bytes([int(code[1], 16)]), names)


def _unpacked(content: memoryview) -> tuple[bytes, int]:
    """(objects, how many bytes of `content` they took)."""
    packed = zlib.decompressobj()
    try:
        return packed.decompress(content, 8 * _WINDOW), len(content) - len(packed.unused_data) - len(packed.unconsumed_tail)
    except zlib.error:
        return b"", 8 * _HEAD


def _acts(part: bytes) -> bool:
    return _RUNS.search(part) is not None or b"#" in part and any(_RUNS.match(_plain(name[0])) for name in _CODED.finditer(part))
