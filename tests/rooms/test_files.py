"""Kept bytes: told by what they are and not by their name, without the place a photo was taken at, handed only to whom they concern."""

from __future__ import annotations

import hashlib
import io
import zipfile

import pytest
from django.conf import settings
from django.urls import reverse
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from tests.cast import NOW, PNG, build

from minsheng.accounts.rules import Actor
from minsheng.cases.models import CaseFile
from minsheng.files import actions, keeping, queries, rules
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid

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


def office(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in ("[Content_Types].xml", *names):
            file.writestr(name, "x")
    return out.getvalue()


KEPT = {"image/jpeg": image(), "image/png": image("PNG"), "image/webp": image("WEBP"), "application/pdf": b"%PDF-1.7\n", "audio/mpeg": b"ID3\x04rest",
        "audio/wav": b"RIFF\0\0\0\0WAVEfmt ", "audio/mp4": b"\0\0\0\x20ftypM4A \0", "text/plain": "楼道灯不亮。".encode("gb18030"),
        "application/vnd.openxmlformats-officedocument.wordprocessingml.document": office("word/document.xml"),
        "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": office("xl/workbook.xml")}
REFUSED = {"empty": b"", "program": b"MZ\x90\0\3", "elf": b"\x7fELF\2\1", "page": b"<!DOCTYPE html><script>alert(1)</script>", "page behind blanks": b" \n<HTML>",
           "svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>", "script": b"<script>alert(1)</script>", "xml": b"<?xml version='1.0'?><a/>",
           "gif": b"GIF89a\1\0", "archive": office("readme.txt"), "macros": office("word/document.xml", "word/vbaProject.bin"), "film": b"\0\0\0\x20ftypisom",
           "torn archive": b"PK\x03\x04rest", "binary": b"text\0text", "page with a mark": b"\xef\xbb\xbf<html>", "broken image": b"\x89PNG\r\n\x1a\nrest"}


@pytest.mark.parametrize("mime", KEPT)
def test_what_is_kept_is_told_by_its_bytes(db, mime):
    row = actions.store(content=KEPT[mime], name="何物.exe", by=BY)
    assert row.mime == mime and queries.open_bytes(row) and row.sha256 == hashlib.sha256(queries.open_bytes(row)).hexdigest()


@pytest.mark.parametrize("what", REFUSED)
def test_what_is_not_kept_says_what_to_do(db, folder, what):
    with pytest.raises(Invalid) as wrong:
        actions.store(content=REFUSED[what], name="现场.jpg", by=BY)
    assert set(wrong.value.errors) == {"file"} and "请" in wrong.value.errors["file"]
    assert not (folder / "files").exists()


def test_a_file_beyond_20_megabytes_is_refused_and_one_of_20_is_not():
    assert "20 MB" in rules.problem(b"%PDF-" + bytes(rules.LIMIT)) and rules.problem(b"%PDF-" + bytes(rules.LIMIT - 5)) == ""


def test_an_image_that_would_fill_the_memory_is_refused(db):
    """A few kilobytes that say they are 20000 x 20000 points."""
    out = io.BytesIO()
    Image.new("1", (20000, 20000)).save(out, "PNG")
    assert len(out.getvalue()) < 1_000_000
    with pytest.raises(Invalid) as wrong:
        actions.store(content=out.getvalue(), name="大.png", by=BY)
    assert "尺寸过大" in wrong.value.errors["file"]


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
    ("../../etc/passwd", "passwd"), ("C:\\Users\\a\\现场.jpg", "现场.jpg"), ("现场\n\r照片.jpg", "现场照片.jpg"), ("a\u202egpj.exe", "agpj.exe"), ('a"b<c>.txt', "abc.txt"),
    ("", "未命名"), ("...", "未命名"), ("/", "未命名"), ("x" * 300 + ".pdf", "x" * 116 + ".pdf"), ("\0\0", "未命名"),
])
def test_a_name_is_a_name_and_no_way_to_anywhere(given, kept):
    assert rules.clean_name(given) == kept


@given(st.text(max_size=200))
def test_no_name_whatever_keeps_a_path_a_control_or_a_turn_of_direction(text):
    name = rules.clean_name(text)
    assert 0 < len(name) <= 120 and not set(name) & set('/\\"<>|*?\r\n\0\u202e\u2066') and name.strip(" .") == name


def test_bytes_lie_under_their_hash_inside_the_data_folder_whatever_the_name(db, folder):
    row = actions.store(content=b"%PDF-1", name="../../../x.pdf", by=BY)
    path = queries.path_of(row)
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


def test_doctor_names_bytes_that_are_missing_or_changed(db):
    one, two, three = (actions.store(content=b"%PDF-" + bytes([n]), name="a.pdf", by=BY) for n in (1, 2, 3))
    queries.path_of(one).unlink()
    queries.path_of(two).write_bytes(b"%PDF-another")
    assert queries.damaged() == [(one.id, "缺失"), (two.id, "内容被改动")] and three


# --- who may have them ------------------------------------------------------------


@pytest.fixture
def cast(db):
    with clock.fixed(NOW):
        yield build()


def get(cast, who: str, case, file_id: int):
    answer = cast.client(who).get(reverse("case-file", args=[case.id, file_id]))
    if answer.streaming:
        answer.read = answer.getvalue()  # to the end, so that the file is closed
    return answer


def test_a_requesters_file_goes_to_whom_it_concerns_and_to_nobody_else(cast):
    photo = actions.store(content=PNG, name="我家门口.png", by=cast.actors["agent"])
    case = cast.create(files=(photo.id,))
    case = cast.take(case, "dispatch", "dispatcher", lead=cast.units["water"].id)
    seen = {who: get(cast, who, case, photo.id).status_code for who in ("agent", "dispatcher", "water", "roads", "town", "analyst", "system_admin", "media")}
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


def test_a_file_of_another_case_is_not_reached_through_ones_own(cast):
    mine, other = cast.create(), cast.create(files=(actions.store(content=PNG, name="a.png", by=cast.actors["agent"]).id,))
    file_id = CaseFile.objects.get(case_id=other.id).file_id
    assert get(cast, "agent", mine, file_id).status_code == 404 and get(cast, "agent", other, file_id).status_code == 200
