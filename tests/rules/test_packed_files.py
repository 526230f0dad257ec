"""A stranger's zip is looked at for what it costs before it is opened: how many parts it really has, and how each is packed."""

from __future__ import annotations

import bz2
import io
import lzma
import struct
import tracemalloc
import zipfile
import zlib

import pytest
from PIL import Image
from tests.rules.test_mask_patterns import growth

from minsheng.files import pixels, rules
from minsheng.kit import archives, xlsx_files
from minsheng.kit.csv_files import BadTable

pytestmark = pytest.mark.uncounted

TYPES = b"[Content_Types].xml"
SIZE = 64 << 20


def packed(*parts: tuple[bytes, int, bytes, int], said: int | None = None, end: bytes = b"") -> bytes:
    """A zip of (name, way of packing, bytes as they lie, size unpacked), written by hand; `said`: how many it says there are."""
    out, listed = io.BytesIO(), b""
    for name, way, raw, size in parts:
        at = out.tell()
        fields = struct.pack("<HHHHIIIHH", 0, way, 0, 0, 0, len(raw), size, len(name), 0)
        out.write(b"PK\x03\x04" + struct.pack("<H", 63) + fields + name + raw)
        listed += b"PK\x01\x02" + struct.pack("<HH", 63, 63) + fields + struct.pack("<HHHII", 0, 0, 0, 0, at) + name
    count = len(parts) if said is None else said
    return out.getvalue() + listed + (end or struct.pack("<4sHHHHIIH", b"PK\x05\x06", 0, 0, count, count, len(listed), out.tell(), 0))


def deflated(text: bytes) -> bytes:
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    return packer.compress(text) + packer.flush()


BOMBS = {
    "bzip2": (12, bz2.compress(bytes(SIZE))), "LZMA": (14, struct.pack("<BBH", 9, 4, 5) + lzma.compress(bytes(SIZE), lzma.FORMAT_ALONE)[:5] +
              lzma.compress(bytes(SIZE), lzma.FORMAT_ALONE)[13:]), "deflate": (8, deflated(bytes(SIZE))),
    "LZMA that wants four gigabytes": (14, struct.pack("<BBHBI", 9, 4, 5, 0x5D, 0xFFFFFFFF) + bytes(100)),
    "LZMA that is none": (14, struct.pack("<BBH", 9, 4, 5) + b"\xff" * 60), "LZMA without its head": (14, b"\x09"), "unknown": (97, b"x"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_a_few_hundred_bytes_are_not_unpacked_to_be_looked_at(name):
    way, raw = BOMBS[name]
    content = packed((TYPES, way, raw, SIZE), (b"word/document.xml", 0, b"<a/>", 4))
    tracemalloc.start()
    try:
        assert rules.problem(content) and rules.sniff(content) is None
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("name", BOMBS)
def test_a_sheet_that_is_packed_so_is_refused_in_a_sentence(name, tmp_path):
    way, raw = BOMBS[name]
    path = tmp_path / "a.xlsx"
    path.write_bytes(packed((TYPES, 0, b"<a/>", 4), (b"xl/workbook.xml", way, raw, SIZE)))
    tracemalloc.start()
    try:
        with pytest.raises(BadTable), xlsx_files.opened(path):
            pass
        assert tracemalloc.get_traced_memory()[1] < 8 << 20
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("said", [0, 1, 3, 0xFFFF])
@pytest.mark.parametrize("real", [1, 40, 6000])
def test_parts_are_counted_and_not_believed(said, real):
    content = packed(*[(b"word/a", 0, b"", 0)] * real, said=said)
    with zipfile.ZipFile(io.BytesIO(content)) as opened:
        assert archives.parts(io.BytesIO(content)) == len(opened.infolist()) == real


def test_the_end_is_the_one_that_the_reader_takes():
    """Its mark once more inside the last record: whoever looks for the last mark finds no end, and the reader reads six thousand parts."""
    many = packed(*[(b"a", 0, b"", 0)] * 6000)
    at = len(many) - 22
    tricked = many[:at + 16] + b"PK\x05\x06" + many[at + 20:]
    assert archives.parts(io.BytesIO(tricked)) == 6000 and rules.sniff(tricked) is None


@pytest.mark.parametrize(("before", "pump"), [
    (b" %PDF-", b"1"), (b" %PDF-", b"1 "), (b" %PDF-1", b" "), (b" %PDF-1 ", b"1"), (b" %PDF-1 0 ", b"ob"), (b" %PDF-", b"%%EO"), (b" ", b"%PDF-"),
    (b"\xff\xd8\xff", b"\xff"), (b"\xff\xd8\xff", b"\xff\xd0"), (b"\xff\xd8\xff", b"\xff\xe0\x00\x02"), (b"RIFF0000WEBP", b"ANMF\0\0\0\0"),
    (b"", b"BM"), (b"", b" "), (b"", b"\x81"), (b"", b"<"), (b"PK\x03\x04", b"PK\x05\x06"), (b"PK\x03\x04", b"PK\x01\x02"), (b"", b"\xff\xfe"),
])
def test_a_file_takes_twice_the_time_for_twice_the_bytes(before, pump):
    def look(text: str) -> None:
        rules.problem(before + pump * (len(text) * 4 // len(pump)))

    assert any(growth(look, "", "x") < 20 for _ in range(3))


def test_a_picture_of_a_million_parts_is_none():
    parts = b"\xff\xe0\x00\x02" * 30_000
    head = b"\xff\xc0\x00\x0b\x08\x00\x10\x00\x10\x01\x01\x11\x00"
    assert rules.problem(b"\xff\xd8" + parts + head + b"\xff\xda") == rules.BROKEN
    assert rules.problem(b"\xff\xd8" + parts[:4000] + head + b"\xff\xda") == ""


def in_steps(times: int, between: bytes = b"") -> bytes:
    """A JPEG that comes in steps, its last one `times` more."""
    out = io.BytesIO()
    Image.new("RGB", (64, 64), (120, 130, 140)).save(out, "JPEG", progressive=True)
    whole = out.getvalue()
    return whole[:-2] + (between + whole[whole.rindex(b"\xff\xc4"):-2]) * times + b"\xff\xd9"


@pytest.mark.parametrize("between", [b"", b"\xff\xfe\x00\x04\xff\xd9", b"\xff\xff\xff", b"\xff\xfe\x00\x02" * 300])
def test_a_picture_that_goes_over_its_points_without_end_is_none(between):
    """A remark between two steps may hold what ends a picture, and does not end it."""
    assert rules.problem(in_steps(4000 if not between else 150, between)) == rules.BROKEN


@pytest.mark.parametrize("behind", [b"", b"\xff\xda" * 5000])
def test_a_picture_that_comes_in_steps_is_kept_also_with_a_film_behind_it(behind):
    """Telephones put a film behind the end of a photo."""
    assert rules.problem(in_steps(0) + behind) == "" and 1 < pixels.scans_of(in_steps(0)) < 20
    plain = io.BytesIO()
    Image.effect_noise((200, 200), 60).save(plain, "JPEG", quality=95, restart_marker_blocks=1)
    assert pixels.scans_of(plain.getvalue()) == 1


@pytest.mark.parametrize("body", [b"1 0 obj", b"\r\n12 0 obj <</Type/Catalog>>", b"%%EOF", b"10 \r\n 0  obj"])
def test_a_page_with_a_letters_head_before_its_mark_is_kept(body):
    assert rules.sniff(b"From: a@b.c\r\n\r\n%PDF-1.4\n" + body) == "application/pdf"


def test_ordinary_documents_are_kept_with_or_without_a_comment_and_in_the_longer_form():
    for way in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", way) as made:
            made.writestr(TYPES.decode(), "<Types/>")
            made.writestr("word/document.xml", "<a/>")
            made.comment = b"made by a telephone"
        assert rules.problem(out.getvalue()) == "" and archives.parts(out) == 2
    assert archives.parts(io.BytesIO(b"")) == archives.parts(io.BytesIO(b"PK\x03\x04" + bytes(50))) == 0
