"""What the worst file, text and question cost beside an ordinary one of its kind: CPU and memory, as ratios.

    python -m bench.worst_files [--only WORD]

Each is read in a process of its own, which says what it used, images being cleaned included. An ordinary photo, table or text is the
1.0 of its kind; `peak` is memory above that of a process that holds the file and does nothing. No server, no database. Exit 1 when
something is taken that should not be.
"""

from __future__ import annotations

import io
import os
import struct
import sys
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

from minsheng.cli.parser import Parser

HEAD = "external_no,received_at,narrative,requester,phone\n"
ROWS = 20_000


# --- images ------------------------------------------------------------


def photo(width: int, height: int, mode: str = "RGB", kind: str = "JPEG") -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.effect_noise((width, height), 20).resize((width, height)).convert(mode).save(out, kind)
    return out.getvalue()


def webp(width: int, height: int) -> bytes:
    return b"RIFF\x1e\0\0\0WEBPVP8L\x11\0\0\0\x2f" + struct.pack("<I", width - 1 | height - 1 << 14) + bytes(13)


def png(width: int, height: int) -> bytes:
    import zlib

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    body = zlib.compress(bytes(width * 3 + 1) * 64)
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", body) + chunk(b"IEND", b"")


def jpeg(width: int, height: int) -> bytes:
    made = bytearray(photo(16, 16))
    at = made.index(b"\xff\xc0")
    made[at + 5: at + 9] = struct.pack(">HH", height, width)
    return bytes(made)


IMAGES: tuple[tuple[str, Callable[[], bytes], bool], ...] = (
    ("a photo of 12 million points", lambda: photo(4000, 3000), True),
    ("the largest that is taken, 25 million", lambda: photo(5000, 5000), True),
    ("the same in four colours", lambda: photo(5000, 5000, "CMYK"), True),
    ("WebP of 38 bytes that says 16383 x 16383", lambda: webp(16383, 16383), False),
    ("WebP of 38 bytes that says 5000 x 5000", lambda: webp(5000, 5000), False),
    ("PNG that says 30000 x 30000", lambda: png(30000, 30000), False),
    ("PNG that says 5000 x 5000 and ends early", lambda: png(5000, 5000), True),
    ("JPEG that says 60000 x 60000", lambda: jpeg(60000, 60000), False),
    ("JPEG that says 5000 x 5000 and ends early", lambda: jpeg(5000, 5000), True),
    ("GIF that says 65535 x 65535", lambda: b"GIF89a\xff\xff\xff\xff\xf7\0\0" + bytes(25), False),
    ("TIFF that says 65535 x 65535", lambda: b"II*\0\x08\0\0\0\2\0" + struct.pack("<HHII", 256, 3, 1, 65535) * 2, False),
)


# --- other attachments ------------------------------------------------------------


def entries(count: int) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in ("[Content_Types].xml", "word/document.xml", *map(str, range(count))):
            archive.writestr(name, "<Types/>" if name.startswith("[") else "")
    return out.getvalue()


PAPERS: tuple[tuple[str, Callable[[], bytes], bool], ...] = (
    ("a page of text", lambda: "楼道灯不亮。".encode() * 100, True),
    ("20 MB of text", lambda: "楼道灯不亮。".encode() * (20 * 1024 * 1024 // 18), True),
    ("20 MB of blanks", lambda: b" " * (20 << 20), True),
    ("a document with 5,000 parts", lambda: entries(4_998), True), ("one with 60,000", lambda: entries(60_000), False),
    ("a list of parts that unfolds to 200 MB", lambda: typed(" " * (200 << 20)), False),
)


def typed(types: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", types)
        archive.writestr("word/document.xml", "")
    return out.getvalue()


def keep(content: bytes) -> bool:
    from minsheng.files import actions
    from minsheng.kit.verdict import Invalid

    try:
        actions.prepare(content=content, name="附件")
    except Invalid:
        return False
    return True


# --- tables ------------------------------------------------------------


def rows(row: Callable[[int], str] = lambda n: f"N{n},2024-12-20 09:00,小区停水两天，请尽快恢复,赵一,13900000001\n") -> str:
    return HEAD + "".join(row(n) for n in range(ROWS))


def xlsx(sheet: str, strings: str = "") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/workbook.xml", '<workbook><sheets><sheet name="a" sheetId="1"/></sheets></workbook>')
        archive.writestr("xl/worksheets/sheet1.xml", sheet)
        if strings:
            archive.writestr("xl/sharedStrings.xml", strings)
    return out.getvalue()


def cells(n: int, *texts: str) -> str:
    return f'<row r="{n}">' + "".join(f'<c r="{chr(65 + i)}{n}" t="str"><v>{text}</v></c>' for i, text in enumerate(texts)) + "</row>"


def ordinary(n: int) -> str:
    return cells(n, f"N{n}", "2024-12-20 09:00", "小区停水两天，请尽快恢复", "赵一", "13900000001")


def merged(count: int) -> str:
    return "".join(f'<mergeCell ref="A{n}:A{n + 1}"/>' for n in range(2, 2 * count + 2, 2))


ENTITIES = '<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;">]><worksheet>&b;</worksheet>'
NAMES = cells(1, "external_no", "received_at", "narrative", "requester", "phone")


def book(rows_: str, after: str = "") -> bytes:
    return xlsx(f"<worksheet><sheetData>{NAMES}{rows_}</sheetData>{after}</worksheet>")


TEXTS: tuple[tuple[str, Callable[[], bytes], bool], ...] = (
    (f"{ROWS:,} rows", lambda: rows().encode(), True),
    ("as many, a quotation mark open in the first", lambda: rows().replace("小区", '"小区', 1).encode(), False),
    ("as many, the last in GBK", lambda: rows().encode() + "x,2024,停水\n".encode("gbk"), False),
    ("as many in GBK", lambda: rows().encode("gb18030"), True),
    ("one cell of 15 MB", lambda: (HEAD + 'A,2024-12-20,"' + "水" * (5 << 20) + '",,\n').encode(), True),
    ("one line of 40 MB", lambda: b"x" * (40 << 20), False),
    ("40 MB of quotation marks", lambda: HEAD.encode() + b'"' * (40 << 20), False),
    ("40 MB of NUL", lambda: HEAD.encode() + bytes(40 << 20), False),
    ("a million empty rows", lambda: HEAD.encode() + b",,,,\n" * 1_000_000, True),
)
BOOKS: tuple[tuple[str, Callable[[], bytes], bool], ...] = (
    (f"{ROWS:,} rows", lambda: book("".join(map(ordinary, range(2, ROWS + 2)))), True),
    ("200 KB that unfold to 200 MB", lambda: xlsx(" " * (200 << 20)), False),
    ("a cell of 50 MB", lambda: book(cells(2, "x" * (50 << 20))), False),
    ("a tag of 50 MB", lambda: xlsx(f'<worksheet a="{"x" * (50 << 20)}"/>'), False),
    ("a hundred rows of 16,384 cells", lambda: book("".join(f'<row r="{n}">{"<c/>" * 16384}</row>' for n in range(2, 102))), True),
    ("one cell in the last row", lambda: book('<row r="1048576"><c r="XFD1048576"><v>1</v></c></row>'), True),
    ("a hundred thousand merged areas", lambda: book(cells(2, "x"), merged(100_000)), True),
    ("60,000 parts", lambda: entries(60_000), False),
    ("an entity of entities", lambda: xlsx(ENTITIES), False),
)


def read(content: bytes, suffix: str) -> bool:
    from minsheng.exchange import mapping, sheets
    from minsheng.kit.verdict import Invalid

    with tempfile.NamedTemporaryFile(suffix=suffix) as file:
        file.write(content)
        file.flush()
        try:
            with sheets.reading(Path(file.name), lambda row: mapping.names(row, mapping.Map())) as opened:
                for _, row in opened.rows:
                    [mapping.tidy(cell) for cell in row]
        except Invalid:
            return False
    return True


# --- words ------------------------------------------------------------

LONG, TIMES = 8_000, 20  # characters, as often as a process reads them here
PEOPLE = (("王小明", "次仁·卓玛", "Tashi Dorje"), ("+8613900000001", "+868916375472"))
ORDINARY = "您好，我家住在幸福路小区3号楼，楼道的灯坏了三天，物业一直没有来修，晚上老人出门很不方便，请尽快处理。电话13900000001，王小明。"


def words(piece: str, before: str = "", size: int = LONG) -> Callable[[], bytes]:
    return lambda: (before + piece * (size // len(piece) + 1))[:size].encode()


REQUESTS: tuple[tuple[str, Callable[[], bytes], bool], ...] = (
    ("8,000 characters of requests", words(ORDINARY), True), ("8,000 blanks behind a name", words(" ", "你好姓名"), True),
    ("8,000 figures", words("1"), True), ("figures with blanks between", words("1 "), True), ("numbers without end", words("13900000001"), True),
    ("circled figures", words("⑩"), True), ("figures in words", words("一"), True), ("names", words("王小明"), True), ("names with a title", words("王女士"), True),
    ("Tibetan", words("མིང་ལ་"), True), ("traditional characters", words("樓道燈壞"), True), ("marks nobody sees", words("1\u200b"), True),
    ("brackets that open", words("("), True), ("addresses of mail", words("a@b.c@"), True), ("rooms", words("5栋1单元302 "), True),
)
QUESTIONS: tuple[tuple[str, Callable[[], bytes], bool], ...] = (
    ("a question of 200 characters", words("停水路灯小区", size=200), True), ("8,000 characters", words("停水路灯小区"), True),
    ("8,000 different ones", lambda: "".join(map(chr, range(0x4E00, 0x4E00 + LONG))).encode(), True), ("one word of 8,000 letters", words("x"), True),
    ("4,000 words", words("a "), True), ("8,000 signs", words("*"), True), ("Tibetan", words("ཆུ་"), True), ("accents", words("\u0301"), True),
)


def request(content: bytes) -> bool:
    """As it is read when it comes in: for what it says, for what is masked, for the index."""
    from minsheng.cases.rules import danger, masking
    from minsheng.language import rules

    text, people = content.decode(errors="ignore"), masking.Known(*PEOPLE)
    for _ in range(TIMES):
        masked = masking.cover(text, people)
        masking.title(rules.shortened(text, 30), text, masked, people)
        danger.fold(text)
        rules.tokens(text), rules.phones(text)
    return True


def question(content: bytes) -> bool:
    from minsheng.language import rules

    for _ in range(TIMES):
        rules.query_tokens(content.decode(errors="ignore"))
    return True


KINDS = (
    ("Images", IMAGES, keep), ("Other attachments", PAPERS, keep), ("Text tables", TEXTS, lambda content: read(content, ".csv")),
    ("Spreadsheets", BOOKS, lambda content: read(content, ".xlsx")), (f"Requests, {TIMES} times", REQUESTS, request), (f"Questions, {TIMES} times", QUESTIONS, question),
)


# --- measuring ------------------------------------------------------------


def used(content: bytes, deed: Callable[[bytes], bool]) -> tuple[bool, float, float]:
    """(was it taken, CPU seconds, peak MB) of a process that does it alone, those that it starts included."""
    reading, writing = os.pipe()
    child = os.fork()
    if not child:
        try:
            os.write(writing, b"1" if deed(content) else b"0")
        finally:
            os._exit(0)
    os.close(writing)
    with os.fdopen(reading, "rb") as pipe:
        answer = pipe.read()
    usage = os.wait4(child, 0)[2]
    return answer == b"1", usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024


def main(argv: list[str]) -> int:
    parser = Parser(prog="bench.worst_files", description="最坏的文件、文字和提问，比同类平常的多用几倍处理器和内存。")
    parser.add_argument("--only", default="", metavar="WORD", help="只量名字或种类含此词的，和平常的")
    only, wrong = parser.parse_args(argv).only, 0
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"MINSHENG_DATA": folder, "DJANGO_SETTINGS_MODULE": "minsheng.settings"}
        import django

        django.setup()
        for kind, files, deed in KINDS:
            first = None
            print(f"\n{kind:<48}{'size':>12}{'answer':>10}{'CPU s':>9}{'peak MB':>9}{'x CPU':>8}{'x peak':>8}")
            for name, make, expected in files:
                if first is not None and only not in name and only not in kind:
                    continue
                content = make()
                idle, (taken, cpu, peak) = used(content, lambda _: True), used(content, deed)
                mine = (max(cpu - idle[1], 0.001), max(peak - idle[2], 0.1))
                first = first or mine
                wrong += taken != expected
                ratios = f"{mine[0] / first[0]:>8.2f}{mine[1] / first[1]:>8.2f}"
                print(f"{name:<48}{len(content):>12,}{'taken' if taken else 'refused':>10}{mine[0]:>9.2f}{mine[1]:>9.1f}{ratios}"
                      + ("   <- expected otherwise" if taken != expected else ""), flush=True)
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
