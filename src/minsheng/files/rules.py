"""Pure: which contents are kept, told by the bytes themselves and not by the name."""

from __future__ import annotations

import codecs
import io
import re
import unicodedata
import zipfile
import zlib
from contextlib import suppress
from email.errors import MessageError
from email.header import decode_header, make_header

from django.utils.translation import gettext_noop as mark

from minsheng.files import active, pixels
from minsheng.kit import archives
from minsheng.kit.translatable import Said

LIMIT = 20 * 1024 * 1024
MAX_PIXELS = 25_000_000  # of one image: what a telephone takes, and half a gigabyte at most while it is being cleaned
IMAGES = frozenset({"image/jpeg", "image/png", "image/webp"})
ALLOWED = mark("JPG、PNG、WebP 图片，PDF、Word（docx）、Excel（xlsx），MP3、WAV、M4A 录音，TXT 文本")
BROKEN = mark("图片不完整或已经损坏，打不开，请重新拍摄或另存后再上传")
NAMELESS = "未命名"
BUSY = mark("正在处理别的照片，请过一分钟再试，已填的内容都在")

_MAGIC = (
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    *((b"ID3" + bytes([version]), "audio/mpeg") for version in (2, 3, 4)),
)
_OFFICE = {
    "word/": "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
    "xl/": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}
_PARTS = 5_000  # of a document; more is made to keep the reader of the list busy
_UTF16, _UTF32 = (b"\xff\xfe", b"\xfe\xff"), (b"\xff\xfe\x00\x00", b"\x00\x00\xfe\xff")


def sniff(content: bytes) -> str | None:
    """The content's type when it is one that we keep, else None."""
    for magic, mime in _MAGIC:
        if content.startswith(magic):
            return mime
    if _is_pdf(content):
        return "application/pdf"
    if content[:4] == b"RIFF":
        return {b"WEBP": "image/webp", b"WAVE": "audio/wav"}.get(content[8:12])
    if content[4:8] == b"ftyp":
        return "audio/mp4" if content[8:11] in {b"M4A", b"M4B"} or _only_heard(content) else None
    if len(content) > 3 and content[0] == 0xFF and content[1] & 0xE6 == 0xE2:
        return "audio/mpeg"
    if content.startswith(b"PK\x03\x04"):
        return _office(content)
    return "text/plain" if (_unknown(content) == "" or _only_begins_so(content)) and _is_text(content) else None


_TRACK = re.compile(rb"hdlr.{8}(soun|vide)", re.DOTALL)


def _only_heard(content: bytes) -> bool:
    """Telephones record sound into the same box as films (ISO 14496-12, 8.4.3): its tracks say what they are."""
    return content[8:11] in {b"iso", b"mp4"} and {kind[1] for kind in _TRACK.finditer(content)} == {b"soun"}


def _only_begins_so(content: bytes) -> bool:
    """Words that begin with the two letters of a mark, which is told by the bytes behind it: BMW占道, PK台. Of a program's mark only where
    they are not all Latin: MZ路公交."""
    return content[:2] in {b"BM", b"PK"} or content[:2] == b"MZ" and not content.isascii()


def _is_pdf(content: bytes) -> bool:
    """The mark may stand a little further in (ISO 32000, annex H): programs put blanks, a mark of order or a letter's head before it."""
    at = content[:1024].find(b"%PDF-")
    return at == 0 or (at > 0 and _OF_PDF.search(content) is not None)


_OF_PDF = re.compile(rb"(?<!\d)\d{1,10}\s{1,8}\d{1,5}\s{1,8}obj\b|%%EOF")  # how long a figure may be bounds what a page of figures costs


def _office(content: bytes) -> str | None:
    if archives.parts(io.BytesIO(content)) > _PARTS:
        return None
    try:
        names, types = _named_parts(content, active_too=True)
    except (zipfile.BadZipFile, zlib.error, EOFError, RuntimeError, NotImplementedError, ValueError, OSError):
        return None
    if not types or _RUNS.search(types) or any(n.lower().endswith("vbaproject.bin") for n in names):
        return None
    return next((mime for folder, mime in _OFFICE.items() if any(n.startswith(folder) for n in names)), None)


# What a part is, says the list of types and not its name: macros by another name, sheets of macros, books in binary.
_RUNS = re.compile(rb"macroenabled|vbaproject|macrosheet|sheet\.binary", re.I)
_TYPES = 1 << 20  # bytes of that list


class _Swollen(ValueError):
    """It unfolds to what no document holds."""


class _Acts(ValueError):
    """It does something by itself when it is opened."""


def _named_parts(content: bytes, active_too: bool = False) -> tuple[list[str], bytes]:
    """(names of the parts, the list of their types; b"" when there is none or it is too long)."""
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if archives.swells(archive, len(content)):
            raise _Swollen
        names = archive.namelist()
        if "[Content_Types].xml" not in names:
            return names, b""
        with archives.opened(archive, archive.getinfo("[Content_Types].xml")) as file:
            types = file.read(_TYPES + 1)
        if active_too and active.in_office(archive):
            raise _Acts
    return names, types.replace(b"\0", b"") if len(types) <= _TYPES else b""


def _is_text(content: bytes) -> bool:
    """Letters in an encoding that people have here, and no page or program, however short."""
    if content[:2] in _UTF16 and content[:4] not in (b"\xff\xfe\x00\x00",):
        encodings: tuple[str, ...] = ("utf-16",)
    elif re.search(rb"[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f]", content):
        return False
    else:
        encodings = ("utf-8-sig", "gb18030")
    for encoding in encodings:
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        return not re.search("[\x00-\x08\x0e-\x1a\x1c-\x1f\x7f\ufffe\uffff]", text) and not re.match(r"\s*<[a-z!?/]", text, re.I)
    return False


# --- what is not kept, by its name ------------------------------------------------------------

_HEIC = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1")
ARCHIVE, OFFICE, PROGRAM, WEB_PAGE, VIDEO = (
    mark("压缩包"), mark("旧版 Office 文件（doc、xls、ppt）或加了密码的文件"), mark("程序"), mark("网页"), mark("视频"))
_KNOWN = (
    (b"GIF8", "GIF"), (b"BM", "BMP"), (b"II*\x00", "TIFF"), (b"MM\x00*", "TIFF"), (b"8BPS", "Photoshop"), (b"\x00\x00\x01\x00", "ICO"),
    (b"Rar!", ARCHIVE), (b"7z\xbc\xaf", ARCHIVE), (b"\x1f\x8b", ARCHIVE), (b"PK", ARCHIVE), (b"\xd0\xcf\x11\xe0", OFFICE), (b"{\\rtf", "RTF"),
    (b"%!PS", "PostScript"), (b"MZ", PROGRAM), (b"\x7fELF", PROGRAM), (b"#!AMR", "AMR"), (b"OggS", "OGG"), (b"fLaC", "FLAC"),
    (b"\xff\xf1", "AAC"), (b"\xff\xf9", "AAC"), (b"\x1aE\xdf\xa3", VIDEO),
)
MACROS = mark("带宏的 Office 文件")
ACTS = mark("这份文件一打开就会运行脚本、程序或连到别处，没有收。请把它打印成 PDF 或截图后再上传")
CUT = mark("文件不完整或已经损坏，打不开，请重新取得或另存后再上传")
SWOLLEN = mark("文件展开后大得不像一份文档，没有收。请用办公软件打开，另存为新的文件后再上传")
ENCODING = mark("这个文本文件的编码读不出来，请用记事本打开，另存为“UTF-8”编码后再上传")
HEIC = mark("这是苹果手机的 HEIC 照片，这里打不开。请在手机“设置”“相机”“格式”中选“兼容性最佳”后重拍，或截图、另存为 JPG 后再上传")


def _unknown(content: bytes) -> str:
    """What people call a kind of file that is not kept; "" when we do not know it either."""
    head = content[:64].decode("utf-16" if content[:2] in _UTF16 else "latin-1", "ignore").lstrip("\xef\xbb\xbf\ufeff \t\r\n")
    if re.match("<[a-z!?/]", head, re.I):
        return WEB_PAGE
    if content[4:8] == b"ftyp":
        return "AVIF" if content[8:12] in (b"avif", b"avis") else VIDEO
    if content[:4] == b"RIFF":
        return VIDEO if content[8:11] == b"AVI" else ""
    return next((name for magic, name in _KNOWN if content.startswith(magic)), "")


def problem(content: bytes) -> str:
    """Why the content is not kept, as a sentence that says what to do; "" when it is fine. Nothing is unpacked or decoded for it."""
    if not content:
        return mark("文件是空的，请重新选择")
    if len(content) > LIMIT:
        return Said("文件为 {mb} MB，超过 20 MB，请压缩或拆分后再上传", mb=f"{len(content) / 1048576:.1f}")
    mime = sniff(content)
    if mime in IMAGES:
        return _too_large(content, mime)
    if mime == "application/pdf" and active.in_pdf(content):
        return ACTS
    if mime:
        return ""
    name = _document(content)
    if why := _why_not(content, name):
        return why
    if name := name or _unknown(content):
        return Said("这里不收这种文件（{kind}）。请改用：{allowed}", kind=name, allowed=ALLOWED)
    return Said("不支持这种文件。请改用：{allowed}", allowed=ALLOWED)


def _why_not(content: bytes, document: str) -> str:
    """The sentence for a file whose kind is kept, but not as it is."""
    if content[4:8] == b"ftyp" and content[8:12] in _HEIC:
        return HEIC
    if _unclear(content):
        return ENCODING
    return document if document in (CUT, SWOLLEN, ACTS) else CUT if _is_cut(content) else ""


def _unclear(content: bytes) -> bool:
    """Letters of two bytes without a mark of their order, or of a code that nobody here reads."""
    if content[:4] in _UTF32:
        return True
    if _unknown(content) and not _only_begins_so(content):
        return False
    head = content[:_LOOK]
    for order in ("utf-16-le", "utf-16-be"):
        with suppress(UnicodeDecodeError):
            if _WRITING.fullmatch(head.decode(order)):
                return True
    return len(re.findall(rb"[\t\r\n\x20-\x7e]", head)) * 2 > len(head) and not re.search(rb"[\x00-\x08\x0e-\x1f\x7f]", head)


_LOOK = 4000  # bytes, an even number
_WRITING = re.compile("[\t\r\n\x20-\x7e\u0f00-\u0fff\u2010-\u2027\u3000-\u303f\u4e00-\u9fff\uff00-\uffef]+")


_PACKED = (("content.xml", "OpenDocument"), ("ppt/", "PowerPoint"), ("OFD.xml", "OFD"))


def _document(content: bytes) -> str:
    """The word for a packed document that was refused: CUT when it does not open, SWOLLEN when opening it fills a disk, ACTS when it does something
    by itself, "" for any other archive."""
    if not content.startswith(b"PK\x03\x04") or archives.parts(io.BytesIO(content)) > _PARTS:
        return ""
    try:
        names, types = _named_parts(content)
    except _Swollen:
        return SWOLLEN
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError):
        return CUT
    except (RuntimeError, NotImplementedError, ValueError):  # under a password, or packed in a way that we do not know
        return ""
    if _RUNS.search(types) or any(n.lower().endswith("vbaproject.bin") for n in names):
        return MACROS
    if _acts(content):
        return ACTS
    return next((word for start, word in _PACKED if any(n.startswith(start) for n in names)), "")


def _acts(content: bytes) -> bool:
    try:
        _named_parts(content, active_too=True)
    except (_Acts, active.TooMuch):
        return True
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError):
        return False
    return False


def _is_cut(content: bytes) -> bool:
    """Words to the last letter, of which bytes are missing."""
    for encoding in ("utf-16",) if content[:2] in _UTF16 else ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)()
        with suppress(UnicodeDecodeError):
            begins = _WRITING.fullmatch(decoder.decode(content[:_LOOK]))
            if begins and (len(content) <= _LOOK or decoder.decode(content[_LOOK:])) and decoder.getstate()[0]:
                return True
    return False


def _too_large(content: bytes, mime: str) -> str:
    size = pixels.size_of(content, mime)
    if size is None or 0 in size or (mime == "image/jpeg" and pixels.scans_of(content) > pixels.SCANS):
        return BROKEN
    width, height = size
    frames = pixels.frames_of(content, mime)
    if width * height * frames <= MAX_PIXELS:
        return ""
    if frames > 1:
        return Said("这是有 {frames} 幅画面的动图（{width}×{height}），太大了。请截取要紧的画面，存为图片后再上传", frames=f"{frames:,}", width=width, height=height)
    return Said("图片有 {now} 万像素（{width}×{height}），超过 {most} 万像素。请在手机上选小一些的尺寸，或截图后再上传",
                now=f"{width * height // 10_000:,}", width=width, height=height, most=f"{MAX_PIXELS // 10_000:,}")


# What nobody sees, what turns letters round, and what no disk takes.
_NOT_OF_A_NAME = re.compile("[\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u3164\ufe00-\ufe0f"
                            "\ufeff\uffa0\ufff9-\ufffd\ud800-\udfff\U000e0000-\U000e0fff\"<>|*?:]")


def clean_name(name: str) -> str:
    """The last part of the name, in letters, without control characters, at most 120 characters."""
    name = re.split(r"[\\/]", _in_letters(name))[-1]
    stem, dot, ending = _NOT_OF_A_NAME.sub("", name).strip().rpartition(".")
    if dot and not stem.strip(" .") and not name.startswith("."):  # letters that a program has lost, or that nobody sees
        stem = NAMELESS
    cut = f"{stem}{dot}{ending}".strip(" .")[-120:]
    while len(cut.encode()) > _BYTES:
        cut = cut[1:]
    cut = cut.lstrip(" .")
    return f"_{cut}" if _OF_DEVICES.match(cut) else cut or NAMELESS


_BYTES = 240  # with an ending, and what a browser puts behind a second one of the name, a disk takes 255
_OF_DEVICES = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])\s*(?:\.|$)", re.IGNORECASE)


_ESCAPE = re.compile(rb"%([0-9A-Fa-f]{2})")
_TOLD_IN = re.compile(r"^[A-Za-z][\w.-]{2,20}'[A-Za-z-]{0,12}'(?=.*%[0-9A-Fa-f]{2})")  # RFC 2231, section 4: the encoding and the language before the name
_NUMBERED = re.compile(r"&#(?:(\d{2,7})|[xX]([0-9A-Fa-f]{2,6}));|(?:%|\\)u([0-9A-Fa-f]{4})")


def _of_number(code: re.Match) -> str:
    number = int(code[1] or code[2] or code[3], 10 if code[1] else 16)
    return chr(number) if number < 0x110000 and not 0xD7FF < number < 0xE000 else ""
_ESCAPED = re.compile("(?:%[0-9A-Fa-f]{2}){2,}")


def _in_letters(name: str) -> str:
    """A name that its sender wrote as an address, a page, a program or a letter's head does (%E7%8E%B0, &#29616;, \\u73b0, gbk''%CF%D6, =?utf-8?B?…?=):
    whoever looks for a person in it reads letters."""
    name = _TOLD_IN.sub("", name[-2000:])
    name = _NUMBERED.sub(_of_number, name)
    if "=?" in name:
        with suppress(ValueError, LookupError, MessageError):
            name = str(make_header(decode_header(name)))
    for encoding in ("utf-8", "gb18030") if name.isascii() and _ESCAPED.search(name) else ():
        with suppress(UnicodeDecodeError):
            name = _ESCAPE.sub(lambda one: bytes.fromhex(one[1].decode()), name.encode()).decode(encoding)
            break
    return unicodedata.normalize("NFC", name)


# How a file of each kind may end. Whoever opens what was sent opens what it is called: a text called .bat runs, a page called .pdf does not.
_ENDINGS = {
    "image/jpeg": ("jpg", "jpeg", "jpe", "jfif"), "image/png": ("png",), "image/webp": ("webp",), "application/pdf": ("pdf",),
    _OFFICE["word/"]: ("docx",), _OFFICE["xl/"]: ("xlsx",), "audio/mpeg": ("mp3", "mpga"), "audio/wav": ("wav",), "audio/mp4": ("m4a", "m4b", "mp4"),
    "text/plain": ("txt", "text", "log", "md"),
}


def kept_name(name: str, mime: str) -> str:
    """The name with an ending of what the bytes are, which is put behind another one: 升级.bat.txt."""
    name, endings = clean_name(name), _ENDINGS.get(mime, ())
    if not endings or name.rpartition(".")[0] and name.rpartition(".")[2].lower() in endings:
        return name
    return f"{name[:119 - len(endings[0])].rstrip(' .')}.{endings[0]}"
