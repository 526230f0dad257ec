"""Catalogues of translations: the plain part of GNU's .po format that ours use (no plurals, no contexts), and the .mo that Django reads.

Written here because a bare machine has no GNU gettext and this is all of it that we need (docs/decisions/languages.md).
"""

from __future__ import annotations

import ast
import re
import struct
from dataclasses import dataclass, field
from pathlib import Path

_MAGIC = 0x950412DE
_LINE = re.compile(r'(?:(msgid|msgstr) )?(".*")$')


@dataclass
class Catalogue:
    """header: the entry with the empty msgid; comments: the lines above it; words: msgid -> msgstr; flags: msgid -> {"fuzzy"}."""

    header: str = ""
    comments: list[str] = field(default_factory=list)
    words: dict[str, str] = field(default_factory=dict)
    flags: dict[str, set[str]] = field(default_factory=dict)


class Unreadable(ValueError):
    """A line that our catalogues do not use."""


def read(text: str) -> Catalogue:
    """Unreadable names the line; an entry that stands twice is one too."""
    made, flags = Catalogue(), set()
    entry: dict[str, str] = {}
    for n, line in enumerate([*text.splitlines(), ""], 1):
        line = line.strip()
        if line.startswith("#"):
            flags |= {f.strip() for f in line[2:].split(",")} if line.startswith("#,") else set()
            if not made.header and not entry:
                made.comments.append(line)
        elif line:
            _take(entry, line, n)
        elif entry:
            _add(made, entry, flags, n)
            entry, flags = {}, set()
    return made


def _take(entry: dict[str, str], line: str, n: int) -> None:
    found = _LINE.fullmatch(line)
    if not found or (found[1] is None and not entry):
        raise Unreadable(f"line {n}: {line}")
    name = found[1] or list(entry)[-1]
    entry[name] = entry.get(name, "") + ast.literal_eval(found[2])


def _add(made: Catalogue, entry: dict[str, str], flags: set[str], n: int) -> None:
    said = entry.get("msgid")
    if said is None or "msgstr" not in entry or said in made.words or (said == "" and made.header):
        raise Unreadable(f"the entry above line {n} is incomplete or stands twice")
    if said == "":
        made.header = entry["msgstr"]
        return
    made.words[said] = entry["msgstr"]
    if flags:
        made.flags[said] = flags


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


def _header(text: str) -> str:
    return 'msgid ""\nmsgstr ""\n' + "\n".join(_quoted(line + "\n") for line in text.splitlines())


def write(made: Catalogue, where: dict[str, list[str]]) -> str:
    """The .po text, entries in the order of `where` (msgid -> places), each under its places."""
    blocks = ["\n".join([*made.comments, _header(made.header)])]
    for said, places in where.items():
        marks = [f"#, {', '.join(sorted(made.flags[said]))}"] if said in made.flags else []
        blocks.append("\n".join([f"#: {' '.join(places)}", *marks, f"msgid {_quoted(said)}", f"msgstr {_quoted(made.words.get(said, ''))}"]))
    return "\n\n".join(blocks) + "\n"


def compiled(made: Catalogue) -> bytes:
    """The .mo: header, two tables of (length, offset) sorted by msgid, the strings. What is not translated is left out."""
    pairs = sorted({"": made.header, **{k: v for k, v in made.words.items() if v and "fuzzy" not in made.flags.get(k, ())}}.items(),
                   key=lambda pair: pair[0].encode())
    keys, values = [k.encode() for k, _ in pairs], [v.encode() for _, v in pairs]
    at = 28 + 16 * len(pairs)
    tables = b""
    for text in (*keys, *values):
        tables += struct.pack("<II", len(text), at)
        at += len(text) + 1
    head = struct.pack("<7I", _MAGIC, 0, len(pairs), 28, 28 + 8 * len(pairs), 0, 28 + 16 * len(pairs))
    return head + tables + b"".join(text + b"\0" for text in (*keys, *values))


def load(file: Path) -> Catalogue:
    return read(file.read_text(encoding="utf-8")) if file.exists() else Catalogue()
