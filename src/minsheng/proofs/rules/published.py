"""What is published of a day, to the byte: the root, how many leaves, files that were published that day, the digest of the day before. Pure."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

DAY_TYPE = "minsheng day v1"
FIRST = "0" * 64  # instead of the day before the first


@dataclass(frozen=True, slots=True)
class PublishedFile:
    """A file of open data, published on that day."""

    name: str
    sha256: str


@dataclass(frozen=True, slots=True)
class Day:
    day: date
    leaves: int
    root: bytes
    previous: str
    files: tuple[PublishedFile, ...] = ()


def text(one: Day) -> str:
    """The published file: one line of JSON without blanks, keys in the order of the alphabet, and a line break."""
    said = {"day": one.day.isoformat(), "files": [{"name": f.name, "sha256": f.sha256} for f in one.files], "leaves": one.leaves,
            "previous": one.previous, "root": one.root.hex(), "type": DAY_TYPE}
    return json.dumps(said, ensure_ascii=True, sort_keys=True, separators=(",", ":")) + "\n"


def digest(content: str | bytes) -> str:
    return hashlib.sha256(content.encode() if isinstance(content, str) else content).hexdigest()


def file_name(day: date) -> str:
    return f"{day.isoformat()}.json"


def chain_breaks(days: Sequence[tuple[date, str, str]]) -> list[date]:
    """Of (day, what it says of the day before, digest of its own file), by day: those that do not hang on the day before."""
    return [later[0] for earlier, later in zip(days, days[1:], strict=False)
            if (later[0] - earlier[0]).days == 1 and later[1] != earlier[2]]
