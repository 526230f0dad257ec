"""A file comes in under whatever name its program wrote, in whatever code; a part whose name cannot be read is never dropped without a word."""

import io

import pytest
from django.http import HttpResponse
from django.test import RequestFactory
from tests.cast import build

from minsheng.accounts import actions as accounts
from minsheng.accounts.rules import SCOPES
from minsheng.kit.clean_requests import CleanRequests

CONTENT = "停水三天，现场情况。\r\n-- x\r\n\r\n-".encode()
NAMES = {
    "UTF-8": ('filename="情况说明.txt"'.encode(), "情况说明.txt"),
    "GBK": ('filename="情况说明.txt"'.encode("gbk"), "情况说明.txt"),
    "GBK with a rare character": ('filename="王㛃.txt"'.encode("gb18030"), "王㛃.txt"),
    "neither": (b'filename="\xff\xfe\xff.txt"', "\ufffd\ufffd\ufffd.txt"),
    "percent, of a code that there is not": (b"filename*=no-such''%E7%8E%B0%E5%9C%BA.txt", "现场.txt"),
    "percent, of a code of no letters": (b"filename*=zlib''%E7%8E%B0.txt", "现.txt"), "percent, of undefined": (b"filename*=undefined''%E7%8E%B0.txt", "现.txt"),
    "percent, of a name": (b"filename*=idna''%E7%8E%B0.txt", "现.txt"),
    "percent, of GBK": (b"filename*=gbk''%CF%D6%B3%A1.txt", "现场.txt"),
    "both ways": (b"filename=\"?.txt\"; filename*=UTF-8''%E7%8E%B0%E5%9C%BA.txt", "现场.txt"),
    "three hundred characters": (f'filename="{"情" * 300}.txt"'.encode(), "情" * 96 + ".txt"),
    "both ways, very long": ((f'filename="{"情" * 300}.txt"; filename*=utf-8\'\'' + "%E6%83%85" * 400 + ".txt").encode(), "情" * 96 + ".txt"),
    "a quotation mark within": (b'filename="a\\"b.txt"', 'a"b.txt'),
    "Windows' own": ('filename="C:\\桌面\\说明.txt"'.encode("gbk"), "说明.txt"),
}


def body(name: bytes, content: bytes = CONTENT, field: bytes = b"file") -> bytes:
    return (b'--x\r\nContent-Disposition: form-data; name="words"\r\n\r\n\xe6\xb0\xb4\r\n'
            b'--x\r\nContent-Disposition: form-data; name="' + field + b'"; ' + name + b"\r\nContent-Type: text/plain\r\n\r\n" + content + b"\r\n--x--\r\n")


class Dripping(io.BytesIO):
    """A body that comes a few bytes at a time."""

    def read(self, size=-1):
        return super().read(min(7, size) if size > 0 else 7)


@pytest.mark.parametrize("way", NAMES)
@pytest.mark.parametrize("stream", [io.BytesIO, Dripping])
def test_a_file_is_there_by_its_name_whatever_code_that_is_in(way, stream):
    sent, meant = NAMES[way]
    request = RequestFactory().generic("POST", "/", body(sent), content_type="multipart/form-data; boundary=x")
    request._stream = stream(body(sent))
    seen = {}

    def page(request):
        seen.update(words=request.POST["words"], name=request.FILES["file"].name, content=request.FILES["file"].read())
        return HttpResponse()

    CleanRequests(page)(request)
    assert seen == {"words": "水", "name": meant, "content": CONTENT}


@pytest.mark.django_db
def test_a_program_s_file_under_a_name_in_gbk_is_kept_and_one_that_is_not_there_is_said_to_be_missing(client):
    cast = build()
    secret = accounts.make_token(person=cast.people["dispatcher"], name="程序", scopes=SCOPES, by=accounts.COMMAND_LINE, setup=True)[1]
    head = {"Authorization": f"Bearer {secret}"}
    path, kind = f"/api/v1/cases/{cast.create().number}/files", "multipart/form-data; boundary=x"
    kept = client.generic("POST", path, body(NAMES["GBK"][0]), content_type=kind, headers=head)
    assert kept.status_code == 201 and kept.json()["name"] == "情况说明.txt", kept.content.decode()
    none = client.generic("POST", path, body(NAMES["GBK"][0], field=b"other"), content_type=kind, headers=head)
    assert none.status_code == 422 and "没有收到文件" in none.json()["error"]["reason"]
