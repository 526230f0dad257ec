"""Kept bytes: told by what they are and not by their name, without the place a photo was taken at, handed only to whom they concern."""

from __future__ import annotations

import hashlib
import io
import os
import queue
import struct
import threading
import tracemalloc
import zipfile
from datetime import timedelta

import pytest
from django.conf import settings
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.cast import NOW, PNG

from minsheng.accounts.rules import Actor
from minsheng.cases.actions.sweeping import sweep_files
from minsheng.cases.models import CaseFile
from minsheng.files import actions, keeping, queries, rules
from minsheng.kit import clock
from minsheng.kit.one_at_a_time import one_at_a_time
from minsheng.kit.verdict import Invalid

pytestmark = pytest.mark.one_server

BY = Actor(7, "甲", frozenset())


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(settings, "DATA", tmp_path)
    return tmp_path


def image(kind: str = "JPEG", **more) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (8, 4), (200, 10, 10)).save(out, kind, **more)
    return out.getvalue()


def photo_with_place() -> bytes:
    exif = Image.Exif()
    exif[0x010F], exif[0x0110], exif[0x013B] = "Maker", "Telephone of Tsering", "Tsering"
    exif[0x8825] = {1: "N", 2: (29.0, 39.0, 0.0), 3: "E", 4: (91.0, 7.0, 0.0)}
    exif[0x0112] = 6  # lies on its side
    return image(exif=exif, comment=b"lat 29.65 lon 91.12")


def office(*names: str, types: str | bytes = "x") -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        file.writestr("[Content_Types].xml", types)
        for name in names:
            file.writestr(name, "x")
    return out.getvalue()


KEPT = {"image/jpeg": image(), "image/png": image("PNG"), "image/webp": image("WEBP"), "application/pdf": b"%PDF-1.7\n", "audio/mpeg": b"ID3\x04rest",
        "audio/wav": b"RIFF\0\0\0\0WAVEfmt ", "audio/mp4": b"\0\0\0\x20ftypM4A \0", "text/plain": "楼道灯不亮。".encode("gb18030"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": office("word/document.xml"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": office("xl/workbook.xml")}
PAPER = b"%PDF-1.4\n1 0 obj\n<<>>\nendobj\ntrailer\n%%EOF\n"
# Other beginnings and encodings of what is kept.
ALSO = [
    ("application/pdf", b"\n" + PAPER), ("application/pdf", b"\xef\xbb\xbf" + PAPER),
    ("application/pdf", b"HTTP/1.1 200 OK\r\n\r\n" + PAPER), ("application/pdf", b"\0" * 40 + PAPER),
    ("text/plain", "楼道灯不亮。".encode("utf-16")),
    ("text/plain", b"\xfe\xff" + "ཆུ་མེད། 停水".encode("utf-16-be")),
    ("text/plain", "停水".encode("utf-8-sig")), ("text/plain", "停水\r\n\t两天\f".encode()),
    ("text/plain", b"see %PDF- in the manual"), ("text/plain", "<停水>两天".encode()),
    ("audio/mpeg", b"\xff\xfb\x90\x64rest"), ("audio/mp4", b"\0\0\0\x1cftypM4B \0"),
]
# What people send that is not kept -> the word by which they know it.
NAMED = {
    "HEIC": b"\0\0\0\x24ftypheic\0\0\0\0", "HEIC 照片": b"\0\0\0\x18ftypmif1\0\0\0\0",
    "AVIF": b"\0\0\0\x1cftypavif", "视频": b"\0\0\0\x20ftypisom", "GIF": b"GIF89a\xff\xff\xff\xff\0\0\0",
    "BMP": b"BM\0\0\0\0", "TIFF": b"II*\x00\x08\0\0\0", "压缩包": b"Rar!\x1a\x07\0",
    "旧版 Office": bytes.fromhex("d0cf11e0a1b11ae1"), "RTF": b"{\\rtf1 hello}", "AMR": b"#!AMR\n\x3c",
    "程序": b"MZ\x90\0\3", "网页": b"\xef\xbb\xbf  <!-- x --><html>", "AAC": b"\xff\xf1\x50\x80",
}
REFUSED = {"empty": b"", "program": b"MZ\x90\0\3", "elf": b"\x7fELF\2\1",
           "page": b"<!DOCTYPE html><script>alert(1)</script>", "page behind blanks": b" \n<HTML>",
           "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
           "script": b"<script>alert(1)</script>", "xml": b"<?xml version='1.0'?><a/>",
           "gif": b"GIF89a\1\0", "archive": office("readme.txt"),
           "macros": office("word/document.xml", "word/vbaProject.bin"), "film": b"\0\0\0\x20ftypisom",
           "torn archive": b"PK\x03\x04rest", "binary": b"text\0text", "page with a mark": b"\xef\xbb\xbf<html>",
           "broken image": b"\x89PNG\r\n\x1a\nrest",
           "page in wide letters": "<html><script>".encode("utf-16"),
           "control in wide letters": "a\x01b".encode("utf-16"), "half a wide letter": b"\xff\xfea\0b",
           "four bytes a letter": "停水".encode("utf-32"), "an archive of a strange version": b"PK\x03\x04\xff\xff" + b"\0" * 60}


@pytest.mark.parametrize("words", ["BMW车乱停，占了消防通道", "PK台噪音大", "MZ-1路公交不停", "ID3号楼停水"])
@pytest.mark.parametrize("encoding", ["utf-8", "gb18030"])
def test_words_that_begin_like_a_mark_are_words(words, encoding):
    assert rules.problem(words.encode(encoding)) == "" and rules.sniff(words.encode(encoding)) == "text/plain"


@pytest.mark.parametrize(("kind", "names"), [
    ("application/vnd.ms-word.document.macroEnabled.main+xml", ("word/document.xml", "word/a.bin")),
    ("application/vnd.ms-office.vbaProject", ("word/document.xml", "word/a.bin")), ("application/vnd.ms-excel.macrosheet+xml", ("xl/workbook.xml", "xl/b.xml")),
    ("application/vnd.ms-excel.sheet.binary.macroEnabled.main", ("xl/workbook.bin",)), ("macroEnabled".encode("utf-16"), ("xl/workbook.xml",)),
])
def test_a_document_with_macros_is_known_by_what_its_parts_are_and_not_by_their_names(kind, names):
    said = rules.problem(office(*names, types=kind))
    assert "带宏" in said and "docx" in said


def test_a_list_of_parts_that_unfolds_beyond_all_is_not_read():
    assert "压缩包" in rules.problem(office("xl/workbook.xml", types="<Types/>" + " " * 3_000_000))


@pytest.mark.parametrize(("text", "encoding"), [("停水两天 3号楼\r\n请处理", "utf-16-le"), ("water 停水\n", "utf-16-be"), ("hello world\n", "utf-16-le"),
                                                ("Café près d'ici, très mal éclairé", "latin-1")])
def test_a_text_in_letters_that_nobody_can_tell_is_told_so(text, encoding):
    assert rules.problem(text.encode(encoding)) == rules.ENCODING


CUT_SHORT = {"UTF-8": "停水两天，请处理".encode()[:-1], "GBK": "停水两天，请处理".encode("gbk")[:-1], "UTF-16": "停水两天，请尽快处理一下供水的事".encode("utf-16")[:-1],
             "docx": b"PK\x03\x04" + bytes(40)}


@pytest.mark.parametrize("what", CUT_SHORT)
def test_a_file_that_was_cut_off_is_told_so_and_not_called_another_kind(what):
    assert rules.problem(CUT_SHORT[what]) == rules.CUT


def packed(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name in names:
            archive.writestr(name, "<x/>")
    return out.getvalue()


@pytest.mark.parametrize(("content", "word"), [
    (packed("mimetype", "content.xml"), "OpenDocument"), (packed("[Content_Types].xml", "ppt/presentation.xml"), "PowerPoint"), (packed("OFD.xml"), "OFD"),
    (packed("a.txt"), rules.ARCHIVE), ("<p>停水</p>".encode(), rules.WEB_PAGE), ("<svg></svg>".encode("utf-16"), rules.WEB_PAGE)])
def test_what_is_not_kept_is_called_what_it_is_and_not_what_it_is_packed_in(content, word):
    assert f"（{word}）" in str(rules.problem(content))


def test_letters_of_four_bytes_are_letters_that_are_saved_anew():
    assert rules.problem("停水".encode("utf-32")) == rules.ENCODING


def folded(part: str, size: int, piece: bytes = b" ", packing: int = zipfile.ZIP_DEFLATED) -> bytes:
    """A document one part of which unfolds to `size` bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", packing) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        with archive.open(part, "w") as file:
            for _ in range(size // (len(piece) << 16)):
                file.write(piece * (1 << 16))
    return out.getvalue()


@pytest.mark.parametrize("content", [
    folded("word/document.xml", 200 << 20), folded("xl/worksheets/sheet1.xml", 70 << 20, b"<row/>"), folded("xl/sharedStrings.xml", 70 << 20, packing=zipfile.ZIP_BZIP2),
    folded("content.xml", 100 << 20)])
def test_a_document_that_unfolds_to_what_fills_a_disk_is_refused_and_not_unfolded(content):
    tracemalloc.start()
    said = rules.problem(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert said == rules.SWOLLEN and rules.sniff(content) is None and peak < 1 << 20


def test_an_ordinary_table_that_packs_well_is_kept():
    rows = b"".join(b'<row r="%d"><c r="A%d"><v>%d</v></c></row>' % (n, n, n * 7919 % 9973) for n in range(1, 3000))
    assert rules.problem(folded("xl/worksheets/sheet1.xml", 60 << 20, rows[:1024])) == ""
    assert rules.sniff(folded("word/document.xml", 1 << 20)) is not None


@pytest.mark.parametrize("content", [bytes(range(256)) * 4, bytes(100), b"\x02#!SILK_V3", b"\0\0\0\x0cjP  \r\n\x87\n"])
def test_what_is_no_text_is_not_told_to_be_one(content):
    assert rules.problem(content) != rules.ENCODING


def test_of_a_large_file_that_is_not_kept_only_the_beginning_is_read_as_letters():
    """Five megabytes were decoded twice to say that they are no text."""
    content = b"PK" + b"\x01\x02" * (4 << 20)
    tracemalloc.start()
    rules.problem(content)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 1 << 20


@pytest.mark.parametrize("mime", KEPT)
def test_what_is_kept_is_told_by_its_bytes(db, mime):
    row = actions.store(content=KEPT[mime], name="何物.exe", by=BY)
    assert row.mime == mime and queries.open_bytes(row) and row.sha256 == hashlib.sha256(queries.open_bytes(row)).hexdigest()


@pytest.mark.parametrize(("mime", "content"), ALSO)
def test_what_begins_otherwise_or_is_written_otherwise_is_kept_as_what_it_is(mime, content):
    assert rules.sniff(content) == mime and rules.problem(content) == ""


@pytest.mark.parametrize("word", NAMED)
def test_what_is_not_kept_is_called_by_its_name(word):
    assert word in rules.problem(NAMED[word]) and rules.problem(NAMED[word]).count("请") >= 1


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_kept_says_what_to_do(db, folder, what):
    with pytest.raises(Invalid) as wrong:
        actions.store(content=REFUSED[what], name="现场.jpg", by=BY)
    assert set(wrong.value.errors) == {"file"} and "请" in wrong.value.errors["file"]
    assert not (folder / "files").exists()


def test_a_file_beyond_20_megabytes_is_refused_and_one_of_20_is_not():
    assert "20 MB" in rules.problem(b"%PDF-" + bytes(rules.LIMIT)) and rules.problem(b"%PDF-" + bytes(rules.LIMIT - 5)) == ""


# Images of a few bytes that say they are enormous, and images whose size is said in several places.
BOMBS = {
    "webp": b"RIFF\x1e\0\0\0WEBPVP8L\x11\0\0\0\x2f" + (16382 | 16382 << 14).to_bytes(4, "little") + bytes(13),
    "webp canvas": b"RIFF\x16\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + (16382).to_bytes(3, "little") * 2,
    "webp lossy": b"RIFF\x1e\0\0\0WEBPVP8 \x12\0\0\0\x30\1\0\x9d\1\x2a" + (16383).to_bytes(2, "little") * 2 + bytes(8),
    "webp small canvas": b"RIFF\x40\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\7\0\0" * 2 + b"VP8L\x11\0\0\0\x2f" + (16382 | 16382 << 14).to_bytes(4, "little") + bytes(13),
    "png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (30000).to_bytes(4, "big") * 2 + b"\x08\2\0\0\0" + bytes(4),
    "jpeg": b"\xff\xd8\xff\xe0\0\x04ab\xff\xc2\0\x11\x08" + (60000).to_bytes(2, "big") * 2 + b"\3\1\x22\0\2\x11\1\3\x11\1\xff\xda",
    "jpeg twice": b"\xff\xd8\xff\xc0\0\x0b\x08\0\x08\0\x08\1\1\x11\0\xff\xc0\0\x0b\x08" + (60000).to_bytes(2, "big") * 2 + b"\1\1\x11\0\xff\xda",
}


@pytest.mark.parametrize("name", BOMBS)
def test_an_image_that_would_fill_the_memory_is_refused_by_its_first_bytes(folder, name):
    with pytest.raises(Invalid) as wrong:
        actions.prepare(content=BOMBS[name], name="大.jpg")
    assert "超过 2,500 万像素" in wrong.value.errors["file"] and not (folder / "tmp" / "image.lock").exists(), "nothing was decoded"


@pytest.mark.parametrize("name", BOMBS)
@pytest.mark.parametrize("left", range(12, 40, 3))
def test_a_head_that_ends_too_early_is_a_broken_image(folder, name, left):
    content = BOMBS[name][:left]
    with pytest.raises(Invalid):
        actions.prepare(content=content, name="短.jpg")
    assert not (folder / "tmp" / "image.lock").exists() or rules.sniff(content) in rules.IMAGES


def test_a_large_photo_is_told_its_size_and_the_size_that_is_taken():
    said = rules.problem(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + (8000).to_bytes(4, "big") + (6000).to_bytes(4, "big") + b"\x08\2\0\0\0")
    assert said == "图片有 4,800 万像素（8000×6000），超过 2,500 万像素。请在手机上选小一些的尺寸，或截图后再上传"


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_an_image_cut_in_the_middle_is_refused_with_the_true_reason(kind):
    whole = image(kind) if kind != "WEBP" else image(kind, lossless=True)
    with pytest.raises(Invalid) as wrong:
        actions.prepare(content=whole[: len(whole) * 2 // 3], name="半.jpg")
    assert wrong.value.errors["file"] == rules.BROKEN


# The entries of an EXIF block that programs write wrongly: (tag, kind, count, value), sixteen bytes of room for values after them.
ODD_EXIF = {
    "a fraction over nought": (0x011A, 5, 1, 38), "a signed fraction of -1/-1": (0x011A, 10, 1, 38),
    "a value that lies outside": (0x011A, 5, 1, 9999), "a kind that does not exist": (0x011A, 99, 1, 0),
    "a count beyond all": (0x011A, 2, 0xFFFFFFF0, 38),
    "a text where a number should be": (0x0112, 2, 4, 0x41414141), "no such turn": (0x0112, 3, 1, 77),
    "turns, in the plural": (0x0112, 3, 2, 0x00060006),
    "a place that is none": (0x8825, 4, 1, 12), "a block of its own that ends in itself": (0x8769, 4, 1, 8),
    "a comment in no letters": (0x9286, 7, 4, 0xFFFFFFFF),
    "several where one is": (0x9101, 7, 5, 38),
}


def with_exif(tag: int, kind: int, count: int, value: int) -> bytes:
    block = b"Exif\0\0II*\0\x08\0\0\0\2\0" + struct.pack("<HHII", 0x0112, 3, 1,
                                                         6) + struct.pack("<HHII", tag, kind, count, value) + b"\0" * 4 + b"\xff" * 8 + b"\0" * 8
    whole = image()
    return whole[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + whole[2:]


@pytest.mark.parametrize("what", ODD_EXIF)
def test_an_odd_value_in_exif_is_no_reason_to_refuse_a_photo(what):
    ready = actions.prepare(content=with_exif(*ODD_EXIF[what]), name="现场.jpg")
    assert not Image.open(io.BytesIO(ready.content)).getexif()


@pytest.mark.parametrize("block",
                         [b"Exif\0\0Exif\0\0II*\0\x08\0\0\0\0\0", b"Exif\0\0", b"Exif\0\0XX*\0",
                          b"Exif\0\0II*\0\xff\xff\xff\xff",
                          b"http://ns.adobe.com/xap/1.0/\0<x:xmpmeta tiff:Orientation=\"6\">"])
def test_a_block_of_exif_that_is_none_is_no_reason_either(block):
    whole = image()
    content = whole[:2] + b"\xff\xe1" + struct.pack(">H", len(block) + 2) + block + whole[2:]
    assert Image.open(io.BytesIO(actions.prepare(content=content, name="现场.jpg").content)).size in {(8, 4), (4, 8)}


def test_one_image_at_a_time_is_cleaned_and_who_waits_too_long_is_told(folder, monkeypatch):
    monkeypatch.setattr(keeping, "WAIT_S", 0.1)
    with one_at_a_time("image", 0, keeping.Busy()), pytest.raises(Invalid) as wrong:
        actions.prepare(content=image(), name="二.jpg")
    assert wrong.value.errors["file"] == rules.BUSY
    assert actions.prepare(content=image(), name="二.jpg").mime == "image/jpeg"


def test_pictures_hold_half_of_the_threads_that_answer_pages_and_no_more(folder):
    """Whatever they cost: four wait for their turn, the fifth is told at once; those that waited are cleaned."""
    told: queue.Queue = queue.Queue()

    def bring() -> None:
        try:
            told.put(keeping.repainted(image(), "image/jpeg"))
        except keeping.Busy:
            told.put(None)

    senders = [threading.Thread(target=bring) for _ in range(5)]
    try:
        with one_at_a_time("image", 0, keeping.Busy()):
            for one in senders:
                one.start()
            assert told.get(timeout=20) is None and told.empty()
        assert all(told.get(timeout=60) for _ in range(4))
    finally:
        for one in senders:
            one.join()
    assert keeping.repainted(image(), "image/jpeg"), "the places are free again"


def test_an_image_that_wants_more_than_any_photo_ends_its_own_process_alone(monkeypatch):
    """Sixteen times the points that are taken, as if the count before had been deceived."""
    out = io.BytesIO()
    Image.new("RGB", (20000, 20000)).save(out, "PNG")
    with pytest.raises(ValueError, match="ended with"):
        keeping.repainted(out.getvalue(), "image/png")


def test_a_transparent_picture_stays_transparent():
    out = io.BytesIO()
    Image.new("P", (4, 4), 0).save(out, "PNG", transparency=0)
    kept = Image.open(io.BytesIO(actions.prepare(content=out.getvalue(), name="章.png").content))
    assert kept.convert("RGBA").getpixel((0, 0))[3] == 0


def moving(kind: str, size: tuple[int, int] = (8, 6), frames: int = 5) -> bytes:
    exif, out = Image.Exif(), io.BytesIO()
    exif[0x013B] = "Tsering"
    pictures = [Image.new("RGB", size, (40 * n % 256, n, 200)) for n in range(frames)]
    pictures[0].save(out, kind, save_all=True, append_images=pictures[1:], duration=[100 + 10 * n for n in range(frames)], loop=0, exif=exif, lossless=True)
    return out.getvalue()


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_moving_picture_keeps_all_that_it_shows_and_loses_its_owner(kind):
    assert b"Tsering" in moving(kind)
    kept = actions.prepare(content=moving(kind), name="动图").content
    seen = Image.open(io.BytesIO(kept))
    shown = []
    for n in range(seen.n_frames):
        seen.seek(n)
        shown.append((seen.convert("RGB").getpixel((3, 3))[0] // 36, seen.info["duration"]))
    assert b"Tsering" not in kept and shown == [(40 * n // 36, 100 + 10 * n) for n in range(5)]


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_a_moving_picture_is_weighed_with_all_it_shows_and_told_so(folder, kind):
    content = moving(kind, size=(3000, 1000), frames=9)
    with pytest.raises(Invalid) as wrong:
        actions.prepare(content=content, name="动图")
    assert "9 幅画面的动图（3000×1000）" in wrong.value.errors["file"] and not (folder / "tmp" / "image.lock").exists()
    assert actions.prepare(content=moving(kind, size=(3000, 1000), frames=8), name="动图").mime == rules.sniff(content)


def test_a_picture_of_more_parts_than_any_has_is_broken():
    assert rules.problem(b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\7\0\0" * 2 + b"ALPH\0\0\0\0" * 30_000) == rules.BROKEN


def test_a_photo_loses_place_owner_and_comment_and_stands_upright(db):
    raw = photo_with_place()
    assert b"Tsering" in raw and Image.open(io.BytesIO(raw)).getexif().get_ifd(0x8825)
    kept = queries.open_bytes(actions.store(content=raw, name="现场.jpg", by=BY))
    seen = Image.open(io.BytesIO(kept))
    assert not seen.getexif() and b"Tsering" not in kept and b"29.65" not in kept and seen.size == (4, 8)


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_other_images_lose_them_too(db, kind):
    exif = Image.Exif()
    exif[0x013B] = "Tsering"
    raw = image(kind, exif=exif)
    assert b"Tsering" in raw and b"Tsering" not in queries.open_bytes(actions.store(content=raw, name="a", by=BY))


@pytest.mark.parametrize(("given", "kept"), [
    ("../../etc/passwd", "passwd"), ("C:\\Users\\a\\现场.jpg", "现场.jpg"),
    ("现场\n\r照片.jpg", "现场照片.jpg"), ("a\u202egpj.exe", "agpj.exe"), ('a"b<c>.txt', "abc.txt"),
    ("", "未命名"), ("...", "未命名"), ("/", "未命名"), ("x" * 300 + ".pdf", "x" * 116 + ".pdf"), ("\0\0", "未命名"),
    # as programs write letters: addresses, heads of letters, letters apart from their marks, letters that were lost on the way
    ("%E5%BC%A0%E4%B8%89%E7%9A%84%E8%AF%B4%E6%98%8E.jpg", "张三的说明.jpg"), ("%CF%D6%B3%A1.jpg", "现场.jpg"), ("a%0D%0Ab.txt", "ab.txt"),
    ("=?utf-8?B?5byg5LiJLmpwZw==?=", "张三.jpg"), ("=?gb2312?Q?=CF=D6=B3=A1=2Ejpg?=", "现场.jpg"), ("=?x-none?B?5byg?=", "=x-noneB5byg="), ("=?utf-8?B?!!?=.txt", None),
    ("cafe\u0301.txt", "caf\u00e9.txt"), ("\ufffd\ufffd\ufffd.jpg", "未命名.jpg"), ("涨价100%.txt", "涨价100%.txt"), ("100%25.txt", "100%25.txt"), ("%FF%FE.txt", "%FF%FE.txt"),
    ("扎西\U0001f468\u200d\U0001f469.png", "扎西\U0001f468\U0001f469.png"), ("照片\u061cgpj.exe", "照片gpj.exe"), ("照\u2060片\u00ad.jpg", "照片.jpg"),
    ("\U000e0041.jpg", "未命名.jpg"), ("照片.jpg\u3000", "照片.jpg"), ("照片.jpg:藏", "照片.jpg藏"),
])
def test_a_name_is_a_name_and_no_way_to_anywhere(given, kept):
    assert rules.clean_name(given) == kept if kept else rules.clean_name(given)


@pytest.mark.parametrize(("given", "content", "kept"), [
    ("升级.bat", b"del /q *", "升级.bat.txt"), ("说明.vbs", "请双击".encode(), "说明.vbs.txt"), ("a.HTML", b"%PDF-1.4 <html><script>x()</script>\n%%EOF", "a.HTML.pdf"),
    ("票据.exe", b"MZ" + b" " * 60 + b"%PDF-1.4\n1 0 obj\n%%EOF", "票据.exe.pdf"), ("快捷方式.url", b"[InternetShortcut]", "快捷方式.url.txt"), ("照片", PNG, "照片.png"),
    ("照片.heic", PNG, "照片.heic.png"), (".png", PNG, "png.png"), ("照片.PNG", PNG, "照片.PNG"), ("表.csv", b"=cmd|' /C calc'!A0", "表.csv.txt"),
    ("记录.txt", b"ok", "记录.txt"), ("x" * 300 + ".exe", b"ok", "x" * 116 + ".txt"),
])
def test_what_is_kept_is_called_what_it_is(db, given, content, kept):
    """Anybody may send a text; called .bat it would run for the clerk who opens it."""
    assert actions.store(content=content, name=given, by=BY).name == kept and len(kept) <= 120


@given(st.text(max_size=200))
def test_no_name_whatever_keeps_a_path_a_control_or_a_turn_of_direction(text):
    name = rules.clean_name(text)
    assert 0 < len(name) <= 120 and not set(name) & set('/\\"<>|*?\r\n\0\u202e\u2066') and name.strip(" .") == name


def test_bytes_lie_under_their_hash_inside_the_data_folder_whatever_the_name(db, folder):
    row = actions.store(content=b"%PDF-1", name="../../../x.pdf", by=BY)
    path = keeping.path_of(row.sha256)
    assert path.is_relative_to(folder / "files") and path.name == row.sha256 and not list(path.parent.glob(".new*"))
    assert path.stat().st_mode & 0o077 == 0


def test_two_uploads_of_the_same_bytes_share_them_and_the_last_erasure_takes_them(db, django_capture_on_commit_callbacks):
    one, two = (actions.store(content=b"%PDF-1", name=name, by=BY) for name in ("一.pdf", "二.pdf"))
    with django_capture_on_commit_callbacks(execute=True):
        actions.erase(file=one, by=BY)
    assert queries.open_bytes(two) == b"%PDF-1"
    with pytest.raises(queries.Missing, match="依法删除"):
        queries.open_bytes(one)
    with django_capture_on_commit_callbacks(execute=True):
        actions.erase(file=two, by=BY)
    assert not keeping.path_of(one.sha256).exists()


def test_damaged_bytes_are_not_served_and_heal_when_the_good_ones_are_sent_again(db):
    row = actions.store(content=b"%PDF-good", name="a.pdf", by=BY)
    keeping.path_of(row.sha256).write_bytes(b"%PDF-g00d")
    with pytest.raises(queries.Missing, match="损坏"):
        queries.open_bytes(row)
    again = actions.store(content=b"%PDF-good", name="b.pdf", by=BY)
    assert queries.open_bytes(row) == queries.open_bytes(again) == b"%PDF-good" and queries.damaged() == []


def test_bytes_that_are_wanted_again_are_not_swept_for_having_lain_long(db):
    row = actions.store(content=b"%PDF-kept", name="a.pdf", by=BY)
    os.utime(keeping.path_of(row.sha256), (1, 1))
    keeping.keep(row.sha256, b"%PDF-kept")
    assert not list(keeping.lying(3600))


def test_doctor_names_bytes_that_are_missing_or_changed(db):
    one, two, three = (actions.store(content=b"%PDF-" + bytes([n]), name="a.pdf", by=BY) for n in (1, 2, 3))
    keeping.path_of(one.sha256).unlink()
    keeping.path_of(two.sha256).write_bytes(b"%PDF-another")
    assert queries.damaged() == [(one.id, "缺失"), (two.id, "内容被改动")] and three


def test_a_file_that_hangs_on_no_case_is_erased_after_a_day(cast, django_capture_on_commit_callbacks):
    loose = actions.store(content=b"%PDF-loose", name="王小明的身份证.pdf", by=cast.actors["agent"])
    case = cast.create(files=(actions.store(content=PNG, name="现场.png", by=cast.actors["agent"]).id,))
    used = CaseFile.objects.get(case_id=case.id).file
    assert sweep_files() == 0, "it may still be named in a step"
    with clock.fixed(NOW + timedelta(days=2)), django_capture_on_commit_callbacks(execute=True):
        assert sweep_files() == 1
    loose.refresh_from_db()
    assert loose.erased_at and "王小明" not in loose.name and not keeping.path_of(loose.sha256).exists() and queries.open_bytes(used)


# --- who may have them ------------------------------------------------------------


def get(cast, who: str, case, file_id: int):
    answer = cast.client(who).get(reverse("case-file", args=[case.id, file_id]))
    if answer.streaming:
        answer.read = answer.getvalue()  # to the end, so that the file is closed
    return answer


def test_a_requesters_file_goes_to_whom_it_concerns_and_to_nobody_else(cast):
    photo = actions.store(content=PNG, name="我家门口.png", by=cast.actors["agent"])
    case = cast.create(files=(photo.id,))
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    seen = {who: get(cast, who, case,
                     photo.id).status_code for who in ("agent", "dispatcher", "water", "roads", "town", "analyst", "system_admin", "media")}
    assert {who for who, status in seen.items() if status == 200} == {"agent", "dispatcher", "water"}, seen


def test_a_download_says_what_it_is_and_lets_no_browser_guess(cast):
    paper = actions.store(content=b"hello, this is text", name='说明"书.txt', by=cast.actors["agent"])
    photo = actions.store(content=PNG, name="现场.png", by=cast.actors["agent"])
    case = cast.create(files=(paper.id, photo.id))
    text, picture = get(cast, "dispatcher", case, paper.id), get(cast, "dispatcher", case, photo.id)
    for answer in (text, picture):
        assert answer["X-Content-Type-Options"] == "nosniff" and "no-store" in answer["Cache-Control"] and answer["Content-Security-Policy"].startswith("sandbox")
    assert text["Content-Type"].startswith("text/plain") and text["Content-Disposition"].startswith("attachment")
    assert picture["Content-Type"] == "image/png" and "\n" not in picture["Content-Disposition"]


def test_a_damaged_attachment_is_a_sentence_and_no_page_breaks(cast):
    photo = actions.store(content=PNG, name="现场.png", by=cast.actors["agent"])
    case = cast.create(files=(photo.id,))
    path = keeping.path_of(photo.sha256)
    whole = path.read_bytes()
    for harm in (lambda: path.write_bytes(whole[:-1]), path.unlink):
        harm()
        answer = get(cast, "dispatcher", case, photo.id)
        assert answer.status_code == 409 and "系统管理员" in answer.content.decode()
    assert cast.client("dispatcher").get(f"/desk/case/{case.id}").status_code == 200
    actions.store(content=PNG, name="又一次.png", by=cast.actors["agent"])
    assert get(cast, "dispatcher", case, photo.id).read == whole


def test_a_file_of_another_case_is_not_reached_through_ones_own(cast):
    mine, other = cast.create(), cast.create(files=(actions.store(content=PNG, name="a.png", by=cast.actors["agent"]).id,))
    file_id = CaseFile.objects.get(case_id=other.id).file_id
    assert get(cast, "agent", mine, file_id).status_code == 404 and get(cast, "agent", other, file_id).status_code == 200
