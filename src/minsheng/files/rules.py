"""Pure: which contents are kept, told by the bytes themselves and not by the name."""

from __future__ import annotations

import io
import re
import zipfile

from django.utils.translation import gettext_noop as mark

from minsheng.kit.translatable import Said

LIMIT = 20 * 1024 * 1024
IMAGES = frozenset({"image/jpeg", "image/png", "image/webp"})
ALLOWED = mark("JPG、PNG、WebP 图片，PDF、Word（docx）、Excel（xlsx），MP3、WAV、M4A 录音，TXT 文本")

_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"%PDF-", "application/pdf"),
    (b"ID3", "audio/mpeg"),
)
_OFFICE = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def sniff(content: bytes) -> str | None:
    """The content's type when it is one that we keep, else None."""
    for magic, mime in _MAGIC:
        if content.startswith(magic):
            return mime
    if content[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(content[8:12])
    if content[4:8] == b"ftyp":
        return "audio/mp4" if content[8:11] in {b"M4A", b"M4B"} else None
    if len(content) > 3 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2:
        return "audio/mpeg"
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    return "text/plain" if _is_text(content) else None


def _office(content: bytes) -> str | None:
    try:
        names = zipfile.ZipFile(io.BytesIO(content)).namelist()
    except zipfile.BadZipFile:
        return None
    if "[Content_Types].xml" not in names or any(n.lower().endswith("vbaproject.bin") for n in names):
        return None
    return next((mime for folder, mime in _OFFICE.items() if any(n.startswith(folder) for n in names)), None)


def _is_text(content: bytes) -> bool:
    if re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", content):  # a program is no text, however short
        return False
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return not re.match(r"\s*<(?:!doctype|html|svg|\?xml|script)", text, re.I)
    return False


def problem(content: bytes) -> str:
    """Why the content is not kept, as a sentence that says what to do; "" when it is fine."""
    if not content:
        return mark("文件是空的，请重新选择")
    if len(content) > LIMIT:
        return Said("文件为 {mb} MB，超过 20 MB，请压缩或拆分后再上传", mb=f"{len(content) / 1048576:.1f}")
    if sniff(content) is None:
        return Said("不支持这种文件。请改用：{allowed}", allowed=ALLOWED)
    return ""


def clean_name(name: str) -> str:
    """The last part of the name without control characters, at most 120 characters."""
    name = re.split(r"[\\/]", name)[-1]
    name = re.sub(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069\"<>|*?]", "", name).strip(" .")
    return name[-120:] or "未命名"
