"""Spreadsheets that come in (XLSX), read as a stream in little memory: what the cells hold, and nothing else of the file.

Why not the library that writes them: it breaks on colours and fonts that it does not know, and does not tell a formula without a value
from an empty cell, a rounded number from a whole one, a hidden row from a shown one.
"""

from __future__ import annotations

import posixpath
import re
import tempfile
import zipfile
import zlib
from array import array
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from functools import reduce
from pathlib import Path
from xml.parsers import expat

from minsheng.kit import archives, host
from minsheng.kit.csv_files import BadTable
from minsheng.kit.sheet_values import Number, Unreadable, day, form, holds
from minsheng.kit.tables import unescaped

_BLOCK = 1 << 16
_SMALL, _STRINGS, _SHEET = 32 << 20, 512 << 20, 4 << 30  # bytes, unpacked: of a list of parts, of the texts, of one sheet
_LIGHT, _DENSE = 64 << 20, 400  # beyond this size a part that packs better than this is made to fill a disk, not to hold a table
_PARTS = 10_000
_ROWS, _COLUMNS, _CELL, _TOKEN = 1_048_576, 16_384, 1 << 20, 8 << 20
_ROW, _SHARED, _AT_HAND = 1 << 24, 1 << 24, 8 << 20  # characters of a row, texts that cells share, bytes of them in memory
_AGAIN = "请用表格软件打开、另存为新的 .xlsx 后再导入"
_LOST = "是超过 15 位的数字，末几位已被表格软件舍去；请把这一列设为文本，按原样重填"
_YES = {"1": "TRUE", "0": "FALSE"}  # as the sheet shows them: "1" in a column of words would be another word
_NO_VALUE = "是公式，文件里没有算出的值；请用表格软件打开、重新计算并保存"


@dataclass(frozen=True)
class Part:
    """One sheet. `shown` False: hidden."""

    name: str
    path: str
    shown: bool


@dataclass
class Seen:
    """What one reading of a whole sheet found out. merged: (row, column) of a first cell -> its last row."""

    last: int = 0
    filled: int = 0
    hidden: int = 0
    merged: dict[tuple[int, int], int] = field(default_factory=dict)


@contextmanager
def opened(path: Path) -> Iterator[Book]:
    """The book. BadTable says in a sentence what is wrong with the file, whatever it is."""
    _check_kind(path)
    try:
        with zipfile.ZipFile(path) as archive, tempfile.SpooledTemporaryFile(_AT_HAND) as file:
            yield Book(archive, path.name, file)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, OSError, RuntimeError) as wrong:
        said = f"没有读完：本机{host.FULL[n]}，请找管理员" if (n := getattr(wrong, "errno", 0)) in host.FULL else f"打不开：文件已损坏或不完整，{_AGAIN}"
        raise BadTable(f"{path.name} {said}") from wrong
    except expat.ExpatError as wrong:
        raise BadTable(f"{path.name} 里的内容已损坏，{_AGAIN}") from wrong


def _check_kind(path: Path) -> None:
    with open(path, "rb") as file:
        head, start = file.read(8), file.read(1 << 16)
        file.seek(max(0, path.stat().st_size - (1 << 20)))
        start += file.read()
        parts = archives.parts(file)
    if head.startswith(b"\xd0\xcf\x11\xe0"):
        if "EncryptedPackage".encode("utf-16-le") in start:
            raise BadTable(f"{path.name} 加了密码，请去掉密码、另存为新的 .xlsx 后再导入")
        raise BadTable(f"{path.name} 是旧版 .xls，只是改了扩展名，请用表格软件打开、另存为 .xlsx 后再导入")
    if head[:2] == b"PK" and parts > _PARTS:
        raise BadTable(f"{path.name} 里的部件过多，不像一张表，没有读入")
    if head[:2] != b"PK":
        what = "网页" if re.match(rb"\s*<", head) else "文字"
        raise BadTable(f"{path.name} 的内容是{what}，不是 .xlsx，请用表格软件打开、另存为 .xlsx 后再导入")


class Book:
    """An open file: its sheets, and what their cells refer to."""

    def __init__(self, archive: zipfile.ZipFile, name: str, file: tempfile.SpooledTemporaryFile):
        self.archive, self.name = archive, name
        self.parts = {info.filename.replace("\\", "/").lstrip("/").lower(): info for info in archive.infolist()}
        if any(info.flag_bits & 1 for info in archive.infolist()):
            raise BadTable(f"{name} 加了密码，请去掉密码、另存为新的 .xlsx 后再导入")
        main = next((target for kind, target in self._related("", "_rels/.rels").values() if kind == "officedocument"), "xl/workbook.xml")
        self.first = datetime(1899, 12, 30)  # day 0
        self.sheets = self._sheets(main)
        self.texts = self._texts(file)
        self.forms = self._forms()

    # --- parts ------------------------------------------------------------

    def read(self, path: str, most: int, start: Callable, end: Callable = lambda name: None, text: Callable | None = None) -> Iterator[None]:
        """Parse a part piece by piece; what the handlers gather may be taken between two pieces."""
        info = self.parts.get(path.lower())
        if info is None:
            raise BadTable(f"{self.name} 里缺少 {path}，{_AGAIN}")
        if info.file_size > most or (info.file_size > _LIGHT and info.file_size > _DENSE * max(1, info.compress_size)):
            raise BadTable(f"{self.name} 展开后过大（{info.file_size >> 20:,} MB），不像一张表，没有读入。请分成几个文件")
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.buffer_text = True
        parser.StartElementHandler = lambda name, given: start(name.rpartition(" ")[2], given)
        parser.EndElementHandler = lambda name: end(name.rpartition(" ")[2])
        parser.CharacterDataHandler = text
        parser.StartDoctypeDeclHandler = _refuse
        fed = 0
        with archives.opened(self.archive, info) as stream:
            while block := stream.read(_BLOCK):
                parser.Parse(block)
                fed += len(block)
                if fed - parser.CurrentByteIndex > _TOKEN:
                    raise BadTable(f"{self.name} 里有一处过长，不像一张表，没有读入")
                yield
        parser.Parse(b"", True)
        yield

    def _gathered(self, *given, **handlers) -> None:
        deque(self.read(*given, **handlers), maxlen=0)

    def _related(self, folder: str, path: str) -> dict[str, tuple[str, str]]:
        """id -> (kind, path) of the parts that another part names."""
        found: dict[str, tuple[str, str]] = {}

        def start(name: str, given: dict) -> None:
            if name == "Relationship" and given.get("TargetMode") != "External":
                target = given.get("Target", "").replace("\\", "/")
                where = target.lstrip("/") if target.startswith("/") else posixpath.normpath(posixpath.join(folder, target))
                found[given.get("Id", "")] = (given.get("Type", "").rsplit("/", 1)[-1].lower(), where)

        if path in self.parts:
            self._gathered(path, _SMALL, start)
        return found

    def _sheets(self, main: str) -> list[Part]:
        folder, file = posixpath.split(main)
        self.related = self._related(folder, f"{folder}/_rels/{file}.rels".lower().lstrip("/"))
        found: list[Part] = []

        def start(name: str, given: dict) -> None:
            if name == "workbookPr" and given.get("date1904", "0") in ("1", "true"):
                self.first = datetime(1904, 1, 1)
            if name == "sheet":
                linked = next((value for key, value in given.items() if key.endswith(" id")), "")
                kind, path = self.related.get(linked, ("worksheet", f"xl/worksheets/sheet{len(found) + 1}.xml"))
                if kind == "worksheet":
                    found.append(Part(given.get("name", ""), path, given.get("state", "visible") == "visible"))

        self._gathered(main, _SMALL, start)
        return found

    def _path(self, kind: str, usual: str) -> str:
        path = next((path for found, path in self.related.values() if found == kind), usual)
        return path if path.lower() in self.parts else ""

    def _texts(self, file: tempfile.SpooledTemporaryFile) -> _Shared:
        path = self._path("sharedstrings", "xl/sharedStrings.xml")
        gather, found = _Text(self.name), _Shared(self.name, file)

        def end(name: str) -> None:
            gather.end(name)
            if name == "si":
                found.append(gather.take())

        if path:
            self._gathered(path, _STRINGS, gather.start, end, gather.text)
        return found

    def _forms(self) -> list[str]:
        """How each style shows a number (`sheet_values.form`). Broken styles show nothing."""
        path, codes, found, within = self._path("styles", "xl/styles.xml"), {}, [], []

        def start(name: str, given: dict) -> None:
            within.append(name)
            if name == "numFmt":
                codes[given.get("numFmtId")] = given.get("formatCode", "")
            elif name == "xf" and within[-2:-1] == ["cellXfs"]:
                found.append(given.get("numFmtId", "0"))

        try:
            if path:
                self._gathered(path, _SMALL, start, lambda name: within.pop())
        except expat.ExpatError:
            pass
        return [form(number, codes.get(number)) for number in found]

    def survey(self, part: Part, look: Callable[[list], object] = len) -> Seen:
        """Read the sheet to its end, before anything is done with it. `look` is shown every row."""
        seen = Seen()
        for number, cells, hidden in _Rows(self, part, seen):
            look(cells)
            seen.last = number
            if any(map(holds, cells)):
                seen.filled += 1
                seen.hidden += hidden
        return seen

    def rows(self, part: Part, seen: Seen) -> Iterator[tuple[int, list]]:
        """(number of the row, its cells) of rows that hold anything; "" is an empty cell. Merged downwards, a value means all its rows."""
        fill = _Fill(seen.merged)
        for number, cells, _ in _Rows(self, part, Seen()):
            if any(map(holds, cells)):
                yield number, fill(number, cells)


def _refuse(*_) -> None:
    raise BadTable(f"文件里有不该有的声明，没有读入，{_AGAIN}")


class _Text:
    """Gathers the words of an element, without those that say how a word is read aloud (rPh)."""

    def __init__(self, book: str):
        self.book, self.length, self.open, self.aloud = book, 0, False, 0
        self.words: list[str] = []

    def start(self, name: str, given: dict) -> None:
        self.aloud += name == "rPh"
        self.open = name in ("t", "v") and not self.aloud

    def end(self, name: str) -> None:
        self.aloud -= name == "rPh"
        self.open = False

    def text(self, words: str) -> None:
        if self.open:
            self.words.append(words)
            self.length += len(words)
            if self.length > _CELL:
                raise BadTable(f"{self.book} 有一格超过一百万字，没有读入")

    def take(self) -> str:
        words, self.words, self.length = "".join(self.words), [], 0
        return unescaped(words)


class _Shared:
    """The texts that cells share, beyond the first few megabytes on the disk: a small file may unfold to more of them than memory holds."""

    def __init__(self, book: str, file: tempfile.SpooledTemporaryFile):
        self.book, self.file, self.ends = book, file, array("Q", [0])

    def append(self, text: str) -> None:
        if len(self.ends) > _SHARED:
            raise BadTable(f"{self.book} 里的文字过多，不像一张表，没有读入。请分成几个文件")
        self.ends.append(self.ends[-1] + self.file.write(text.encode("utf-8", "surrogatepass")))

    def __len__(self) -> int:
        return len(self.ends) - 1

    def __getitem__(self, at: int) -> str:
        self.file.seek(self.ends[at])
        return self.file.read(self.ends[at + 1] - self.ends[at]).decode("utf-8", "surrogatepass")


class _Rows:
    """Reads one sheet; iterating gives (number, cells, is it hidden)."""

    def __init__(self, book: Book, part: Part, seen: Seen):
        self.book, self.part, self.seen, self.gather = book, part, seen, _Text(book.name)
        self.done: deque = deque()
        self.number = self.column = self.size = 0
        self.cells: list = []
        self.cell: dict = {}
        self.hidden = self.in_cell = self.valued = self.counted = False

    def __iter__(self) -> Iterator[tuple[int, list, bool]]:
        for _ in self.book.read(self.part.path, _SHEET, self.start, self.end, self.gather.text):
            while self.done:
                yield self.done.popleft()

    def start(self, name: str, given: dict) -> None:
        if name == "row":
            self._row(given)
        elif name == "c":
            self.cell, self.in_cell, self.valued, self.counted = given, True, False, False
        elif name == "f":
            self.counted = True
        elif name in ("v", "is"):
            self.valued = True
        elif name == "mergeCell":
            self._merge(given.get("ref", ""))
        if self.in_cell:
            self.gather.start(name, given)

    def end(self, name: str) -> None:
        self.gather.end(name)
        if name == "c":
            self.in_cell = False
            self._put(self.gather.take())
        elif name == "row":
            self.done.append((self.number, self.cells, self.hidden))

    def _row(self, given: dict) -> None:
        number = _index(given["r"]) if "r" in given else self.number + 1
        if not self.number < number <= _ROWS:
            raise BadTable(f"{self.book.name} 第 {self.number} 行之后的行号乱了，{_AGAIN}")
        self.number, self.cells, self.column, self.size = number, [], 0, 0
        self.hidden = given.get("hidden") in ("1", "true")

    def _put(self, words: str) -> None:
        found = re.match("([A-Za-z]{1,3})[0-9]", self.cell.get("r", ""))
        self.column = _column(found[1]) if found else self.column + 1
        if self.column > _COLUMNS:
            raise BadTable(f"{self.book.name} 第 {self.number} 行的列数过多，{_AGAIN}")
        value = self._value(words)
        if value == "":
            return
        self.cells += [""] * (self.column - len(self.cells))
        self.cells[self.column - 1] = value
        self.size += len(value) if isinstance(value, str) else 1
        if self.size > _ROW:
            raise BadTable(f"{self.book.name} 第 {self.number} 行过长，不像一张表，没有读入")

    def _value(self, words: str) -> object:
        kind = self.cell.get("t", "n")
        if self.counted and not (words or kind == "str" and self.valued):  # a text may come out empty; a number, a date or a yes cannot
            return Unreadable("=…", _NO_VALUE)
        if kind == "e":
            return Unreadable(words, f"是表格的错误值 {words}")
        if kind == "s" and words:
            return self._shared(words)
        if kind == "b":
            return _YES.get(words.strip(), words)
        if kind == "n" and words:
            return self._number(words.strip())
        return words

    def _shared(self, words: str) -> object:
        at = _index(words)
        return self.book.texts[at] if at < len(self.book.texts) else Unreadable("", f"的文字在文件里缺失，{_AGAIN}")

    def _number(self, words: str) -> object:
        at = _index(self.cell.get("s", "0"))
        shown = self.book.forms[at] if at < len(self.book.forms) else ""
        try:
            number = float(words)
            return day(number, self.book.first) if shown == "date" else self._digits(words, number, shown)
        except (ValueError, OverflowError):
            return Unreadable(words, f"“{words[:20]}”不是有效的数字或日期")

    def _digits(self, words: str, number: float, form: str) -> object:
        if not abs(number) < 1e15:
            return Unreadable(words, _LOST if number == number else "不是有效的数字或日期")
        if form == "%":
            return format(number * 100, ".15g") + "%"
        text = str(int(number)) if number.is_integer() else format(number, ".15g")
        made = Number(text.zfill(len(form)) if form[:1] == "0" and text.isdigit() else text)
        made.first, made.hours = self.book.first, form == "time"
        return made

    def _merge(self, reference: str) -> None:
        found = re.fullmatch(r"\$?([A-Z]{1,3})\$?(\d{1,7}):\$?[A-Z]{1,3}\$?(\d{1,7})", reference)
        if found and found[2] != found[3]:
            self.seen.merged[(int(found[2]), _column(found[1]) - 1)] = int(found[3])
            if len(self.seen.merged) > _ROWS:
                raise BadTable(f"{self.book.name} 的合并单元格过多，没有读入")


class _Fill:
    """Cells merged downwards: the value stands in the first of them, and means them all."""

    def __init__(self, merged: dict[tuple[int, int], int]):
        self.merged = merged
        self.running: dict[int, tuple[int, object]] = {}  # column -> (last row, value)

    def __call__(self, number: int, row: list) -> list:
        if not self.merged:
            return row
        for place, value in enumerate(row):
            if (number, place) in self.merged:
                self.running[place] = (self.merged[(number, place)], value)
        for place, (last, value) in self.running.items():
            row += [""] * (place + 1 - len(row))
            if number <= last and row[place] == "":
                row[place] = value
        return row


def _index(written: str) -> int:
    """A place in a list; one that is no number lies beyond all."""
    return int(written) if written.isascii() and written.isdigit() and len(written) < 10 else 1 << 31


def _column(letters: str) -> int:
    return reduce(lambda number, letter: number * 26 + ord(letter) - 64, letters.upper(), 0)
