"""All the words of a DOCX: the head of its pages, paragraphs, tables, in that order but for tables, which stand where they are."""

from __future__ import annotations

import io
import re
import zipfile


def docx_words(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as parts:
        names = sorted((name for name in parts.namelist() if re.fullmatch(r"word/(header\d*|document)\.xml", name)), key=lambda name: "document" in name)
        return "\n".join(_words(parts.read(name).decode()) for name in names)


def _words(xml: str) -> str:
    return "\n".join("".join(re.findall(r"<w:t(?: [^>]*)?>([^<]*)</w:t>", one)) for one in xml.split("</w:p>")).strip()
