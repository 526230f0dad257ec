"""Files on their way in: a form's parts with their names, whatever program sent them."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import unquote

from django.core.files.uploadhandler import FileUploadHandler
from django.http.multipartparser import MultiPartParser


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form or a call and is not kept yet."""

    name: str
    content: bytes


def is_upload(value: object) -> bool:
    return isinstance(value, Upload)


def has_uploads(value: object) -> bool:
    return isinstance(value, list | tuple) and any(is_upload(one) for one in value)


def takes_files(shut: Callable | None = None):
    """A view whose forms bring files, so that its bodies may be long. `shut(request, **kwargs)` is asked before one is read: the answer to
    whoever may not send it, None to who may. Who may see the page at all (`@needs`) is asked in any case."""

    def mark(view):
        view.takes_files = shut or (lambda request, **kwargs: None)
        return view

    return mark


# --- names of parts ------------------------------------------------------------

_HEAD = 16 * 1024  # bytes of a part's head; a longer one is handed on as it is
_LONGEST = 100  # characters of a file's name that are read: the last, with its ending
_NAME = re.compile(r'(filename=")((?:[^"\\\r\n]|\\.)*)')
_TOLD = re.compile(r";\s*filename\*=([\w.:-]*)'[^'\r\n;]*'([^;\r\n]*)")


class NamesInAnyCode(FileUploadHandler):
    """Before the framework reads a form: the heads of its parts in UTF-8.

    It drops a part whose head it cannot read without a word, and a file whose name an old program wrote in GBK is one.
    """

    def handle_raw_input(self, input_data, META, content_length, boundary, encoding=None):
        others = [handler for handler in self.request.upload_handlers if handler is not self]
        return MultiPartParser(META, _Blocks(input_data, b"--" + boundary + b"\r\n"), others, encoding).parse()

    def receive_data_chunk(self, raw_data, start):
        return raw_data

    def file_complete(self, file_size):
        return None


class _Blocks:
    """What a parser reads instead of the body, piece by piece."""

    def __init__(self, body, mark: bytes):
        self.body, self.pieces, self.size = body, self._readable(mark), 1 << 16

    def read(self, size: int) -> bytes:
        self.size = size
        return next((piece for piece in self.pieces if piece), b"")

    def _readable(self, mark: bytes) -> Iterator[bytes]:
        held = b""
        while block := self.body.read(self.size):
            held += block
            while (at := held.find(mark)) >= 0 and ((end := held.find(b"\r\n\r\n", at)) >= 0 or len(held) - at > _HEAD):
                end = end if 0 <= end - at <= _HEAD else at + len(mark)
                yield held[:at] + _head(held[at:end])
                held = held[end:]
            if at < 0:  # a mark may begin at the end of a block
                yield held[: 1 - len(mark)]
                held = held[1 - len(mark):]
        yield held


def _head(raw: bytes) -> bytes:
    for encoding in ("utf-8", "gb18030"):
        try:
            text = raw.decode(encoding)
            break
        except UnicodeDecodeError:
            continue
    else:
        text = raw.decode("utf-8", "replace")
    return _named(text).encode()


def _named(head: str) -> str:
    """One name, in letters, of a bearable length: what stands as filename* (RFC 8187) is meant where both are there."""
    told, plain = _TOLD.search(head), _NAME.search(head)
    if told:
        name = _unquoted(told[2], told[1])
        head = _TOLD.sub("" if plain else '; filename=""', head, count=1)
    elif plain and len(plain[2]) > _LONGEST:
        name = plain[2]
    else:
        return head
    kept = re.sub(r'[\\"\r\n]', "", name)[-_LONGEST:]
    return _NAME.sub(lambda one: one[1] + kept, head, count=1)


def _unquoted(name: str, encoding: str) -> str:
    try:
        return unquote(name, encoding=encoding, errors="replace")
    except (LookupError, ValueError):  # none that there is, or none of letters (zlib)
        return unquote(name, errors="replace")
