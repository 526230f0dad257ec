"""Text tables that come in: the encoding of the whole file, its separator, its rows. Read right, or refused with the row.

Nothing is guessed: a file that is UTF-8 here and GBK there, ends inside a character or leaves a quotation mark open is refused.
Rows are counted as a spreadsheet counts them, so that a row of a report is found there: a quoted line's end begins no row.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import BinaryIO

LOOK = 10  # rows in which the names of the columns are looked for
LONGEST = 16 * 1024 * 1024  # bytes of a line, characters of a cell
NAMED = {"utf-8-sig": "UTF-8", "utf-16": "UTF-16", "gb18030": "GB18030（GBK）"}
MARKS = {",": "逗号", "\t": "制表符", ";": "分号", "；": "全角分号", "|": "竖线"}
_OTHERS = {b"PK\3\4": "压缩包或 .xlsx", b"\x1f\x8b": "压缩包", b"\xd0\xcf\x11\xe0": "旧版 .xls", b"%PDF": " PDF", b"Rar!": "压缩包", b"7z\xbc\xaf": "压缩包"}
_AGAIN = "请另存为“CSV UTF-8”后再导入"
_CUT = "文件在第 {row} 行的一个字中间断了，没有读入。请重新取得完整的文件"
_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+")
# Letters of two bytes in UTF-8 that stand in no text here: all but those of Europe and their signs.
_STRANGE = re.compile("[\u0180-\u0390\u03ca-\u040f\u0450-\u07ff]")
_WEIGHTLESS = re.compile("[\x00-\x7f\u200b-\u206f\ufeff]")  # of no language: marks that nobody sees are in every file
# Of four bytes in GB18030, which no other text has by chance: Tibetan, and the rare characters of names.
_OF_NAMES = re.compile("[\u0f00-\u0fff\u3400-\u4dbf\U00020000-\U0003fffd]")
_LIKELY = 0.6  # of its characters belong to the everyday set, if a text really is GBK
csv.field_size_limit(LONGEST)


class BadTable(ValueError):
    """The file cannot be read as a table; the text says where and what to do."""


# --- encoding ------------------------------------------------------------


def encoding_of(file: BinaryIO) -> str:
    """utf-8-sig, utf-16 or gb18030, of the whole file. BadTable names the row of what does not fit."""
    file.seek(0)
    head = file.read(4)
    if head in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE):
        raise BadTable(f"这是 UTF-32 编码的文件，{_AGAIN}")
    if other := next((what for start, what in _OTHERS.items() if head.startswith(start)), ""):
        raise BadTable(f"文件的内容是{other}，不是文字，只是改了扩展名。请改回原来的扩展名；压缩包请先解开")
    if head[:2] in (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE):
        return _whole(file, "utf-16")
    file.seek(0)
    seen = _Seen()
    for line in _lines(file):
        seen.look(line)
    return seen.decide(file, marked=head[:3] == codecs.BOM_UTF8)


def _lines(file: BinaryIO) -> Iterator[bytes]:
    """Raw lines; in UTF-8 and GB18030 a line's end is no part of any character."""
    number = 0
    while line := file.readline(LONGEST + 1):
        number += 1
        if len(line) > LONGEST:
            raise BadTable(f"文件的第 {number} 行超过 {LONGEST >> 20} MB，不像一张表，请检查后再导入")
        yield line


def _whole(file: BinaryIO, encoding: str) -> str:
    """The encoding, when every byte of the file is of it."""
    file.seek(0)
    decoder, before = codecs.getincrementaldecoder(encoding)(), 1
    while block := file.read(1 << 20):
        try:
            before += decoder.decode(block).count("\n")
        except UnicodeDecodeError as wrong:
            row = before + wrong.object[: wrong.start].decode(encoding, "ignore").count("\n")
            raise BadTable(f"文件约第 {row} 行有坏字节（按 {NAMED[encoding]}），没有读入。{_AGAIN}") from wrong
    try:
        decoder.decode(b"", final=True)
    except UnicodeDecodeError as wrong:
        raise BadTable(f"文件在约第 {before} 行的一个字中间断了，没有读入。请重新取得完整的文件") from wrong
    return encoding


@dataclass
class _Seen:
    """What the lines of a file without a mark of UTF-16 are, each looked at by itself. Numbers are of lines, 0 for none."""

    number: int = 0
    utf8: int = 0  # the first line that is UTF-8 and nothing else
    either: int = 0  # the first that may be UTF-8 of strange letters or GBK of everyday ones
    both: int = 0  # the first that may be UTF-8 or GBK, of everyday characters either way
    other: int = 0  # the first that is not UTF-8
    not_gb: int = 0  # the first that is not GB18030
    wide: int = 0  # how many lines hold NUL: letters of two bytes without a mark
    last: bytes = b""
    characters: int = 0
    everyday: int = 0

    def look(self, line: bytes) -> None:
        self.number += 1
        self.last = line
        self.wide += b"\0" in line
        if line.isascii():
            return
        try:
            text = line.decode("utf-8")
        except UnicodeDecodeError:
            self.other = self.other or self.number
            self._weigh(line)
            return
        narrow = max(line) < 0xE0
        if self.utf8 and not narrow:
            return
        everyday, characters = self._weigh(line)
        if everyday < characters or characters < 0:
            self.utf8 = self.utf8 or (0 if narrow else self.number)
        elif not narrow:
            self.both = self.both or self.number
        elif _STRANGE.search(text):
            self.either = self.either or self.number

    def _weigh(self, line: bytes) -> tuple[int, int]:
        """As GB18030: is it, and of which characters."""
        everyday, characters = _everyday(line)
        if characters < 0:
            self.not_gb = self.not_gb or self.number
        else:
            self.everyday, self.characters = self.everyday + everyday, self.characters + characters
        return everyday, characters

    def decide(self, file: BinaryIO, marked: bool) -> str:
        if self.wide * 2 > self.number > 0:
            raise BadTable(f"文件里有大量空字符，像是没有标记的 UTF-16，{_AGAIN}")
        if not self.other and (marked or not self.either):
            return "utf-8-sig"
        if self.utf8 or (marked and self.other):
            raise BadTable(self._mixed(file, marked))
        if not self.other or (self.both and not self.not_gb):
            raise BadTable(f"第 {row_of(file, self.both if self.other else self.either)} 行分不清是 UTF-8 还是 GBK，{_AGAIN}")
        if self.other == self.number and not self.not_gb and _is_cut(self.last):  # UTF-8 that ends within a character, or all of GBK
            raise BadTable(f"第 {row_of(file, self.other)} 行分不清是 UTF-8 还是 GBK，{_AGAIN}")
        if self.not_gb or self.everyday < _LIKELY * self.characters:
            row = row_of(file, self.not_gb or self.other)
            if self.not_gb == self.number and self.everyday >= _LIKELY * self.characters and _is_cut(self.last, "gb18030"):
                raise BadTable(_CUT.format(row=row))
            raise BadTable(f"第 {row} 行有坏字节，既不是 UTF-8 也不是 GBK，没有读入。{_AGAIN}")
        return "gb18030"

    def _mixed(self, file: BinaryIO, marked: bool) -> str:
        wrong = self.other or self.either
        row = row_of(file, wrong)
        if wrong == self.number and _is_cut(self.last):
            return _CUT.format(row=row)
        everyday, characters = _everyday(line_of(file, wrong))
        if characters > 0 and everyday >= _LIKELY * characters:
            where = "文件标明是 UTF-8" if marked else f"第 {row_of(file, self.utf8)} 行是 UTF-8"
            return f"{where}，第 {row} 行却是 GBK，两种编码混在一个文件里，没有读入。{_AGAIN}"
        return f"第 {row} 行有坏字节（按 UTF-8），没有读入。{_AGAIN}"


def _everyday(line: bytes) -> tuple[int, int]:
    """(characters of the everyday set, characters beyond ASCII) of a line read as GB18030; (0, -1) when it is not."""
    try:
        text = line.decode("gb18030")
    except UnicodeDecodeError:
        return 0, -1
    beyond = _WEIGHTLESS.sub("", text)
    return len(beyond.encode("gb2312", "ignore")) // 2 + len(_OF_NAMES.findall(beyond)), len(beyond)


def _is_cut(line: bytes, encoding: str = "utf-8") -> bool:
    """Of the encoding to the last character, of which bytes are missing."""
    decoder = codecs.getincrementaldecoder(encoding)()
    try:
        decoder.decode(line)
    except UnicodeDecodeError:
        return False
    return bool(decoder.getstate()[0])


def line_of(file: BinaryIO, number: int) -> bytes:
    file.seek(0)
    return next(islice(_lines(file), number - 1, None))


def row_of(file: BinaryIO, number: int) -> int:
    """The row of a spreadsheet in which the line stands. Commas and quotation marks are the same bytes in all our encodings."""
    file.seek(0)
    rows = 0
    try:
        for rows, _ in enumerate(csv.reader(_parts(islice(_lines(file), number))), 1):  # noqa: B007
            pass
    except csv.Error:
        rows += 1
    return rows


def _parts(lines: Iterable[bytes]) -> Iterator[str]:
    """Lines as text that keeps their structure, ended by whatever ends lines."""
    for line in lines:
        yield from _LINE.findall(line.decode("latin-1"))


# --- separator and rows ------------------------------------------------------------


@dataclass(frozen=True)
class Table:
    """How a file is to be read. `skipped`: lines before its rows; `rows`: the number of the last, blank ones counted."""

    encoding: str
    separator: str
    skipped: int
    rows: int
    ends: bool  # with a line's end: a file that was cut off has none

    @property
    def about(self) -> str:
        return f"{NAMED[self.encoding]} 编码，以{MARKS.get(self.separator, self.separator)}分隔"


def survey(file: BinaryIO, is_header: Callable[[Sequence[str]], bool], look: Callable[[list[str]], object] = len) -> Table:
    """Read the whole file once, before anything is done with it. BadTable when any of it cannot be read. `look` is shown every row."""
    encoding = encoding_of(file)
    told = re.fullmatch(r"sep=(.)\s*", _text(file, encoding).readline(64))  # by which spreadsheets tell each other the separator
    separator = told[1] if told else _separator(file, encoding, is_header)
    table = Table(encoding, separator, int(bool(told)), 0, _ends(file, encoding))
    last = table.skipped
    for last, row in records(file, table):  # noqa: B007
        look(row)
    return replace(table, rows=last)


def _ends(file: BinaryIO, encoding: str) -> bool:
    size = file.seek(0, io.SEEK_END)
    file.seek(max(0, size - 2))
    tail = file.read()
    return not size or bool(set(tail if encoding == "utf-16" else tail[-1:]) & set(b"\r\n"))


def _text(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """The file as text from its beginning; it stays open when the text is gone."""
    file.seek(0)
    return _Text(file, encoding=encoding, newline="")


class _Text(io.TextIOWrapper):
    def __del__(self):
        try:
            self.detach()
        except ValueError:
            pass


def _separator(file: BinaryIO, encoding: str, is_header: Callable[[Sequence[str]], bool]) -> str:
    """The one by which a row becomes the names of columns; else the one that is most often in the first row."""
    first = list(islice(_text(file, encoding), LOOK * 5))
    for mark in MARKS:
        rows = islice(csv.reader(first, delimiter=mark), LOOK)
        if any(is_header(row) for row in rows):
            return mark
    return max(MARKS, key=(first[0] if first else "").count)


def records(file: BinaryIO, table: Table) -> Iterator[tuple[int, list[str]]]:
    """(number of the row, its cells), blank rows too. BadTable where a quotation mark opens and does not close as it should."""
    lines: Iterable[str] = _text(file, table.encoding)
    for _ in range(table.skipped):
        next(iter(lines))
    counted, number = _Counted(lines), table.skipped
    rows = csv.reader(counted, delimiter=table.separator, strict=True)
    while True:
        counted.size = 0
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as wrong:
            raise BadTable(_said(number + 1, str(wrong))) from wrong
        except UnicodeError as wrong:  # somebody writes to the file while it is read
            raise BadTable(f"第 {number + 1} 行起无法读取，文件可能正在被改动。{_AGAIN}") from wrong
        except _TooLong as wrong:
            raise BadTable(f"第 {number + 1} 行共超过 {LONGEST >> 20} MB，多半是引号没有配对，没有读入。请检查引号") from wrong
        number += 1
        yield number, row


class _TooLong(Exception):
    pass


class _Counted:
    """Lines, until those of one row are too many: cells in quotation marks may go on over any number of them."""

    def __init__(self, lines: Iterable[str]):
        self.lines, self.size = iter(lines), 0

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = next(self.lines)
        self.size += len(line)
        if self.size > 2 * LONGEST:
            raise _TooLong
        return line


def _said(number: int, wrong: str) -> str:
    if "unexpected end" in wrong:
        return f"第 {number} 行有一个引号没有配对，后面的行都会被它包进去，没有读入。请补上或删去这个引号"
    if "field larger" in wrong:
        return f"第 {number} 行有一格超过 {LONGEST >> 20} MB，多半是引号没有配对，没有读入。请检查引号"
    return f"第 {number} 行的引号没有写对，分不清格子到哪里结束，没有读入。格子里的引号请写成两个，外面再加一对"
