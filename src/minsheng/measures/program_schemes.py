"""The schemes of the composite that come with the program: data (`schemes.yaml`)."""

from __future__ import annotations

from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from minsheng.measures.score_rules import Scheme, read_parts

FILE = Path(__file__).resolve().parent / "schemes.yaml"


@cache
def _read() -> dict[str, Any]:
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


def _scheme(row: dict[str, Any]) -> Scheme:
    return Scheme(row["code"], row["name"], row.get("since") or date.max, read_parts(row["parts"]), row["basis"])


@cache
def in_the_program() -> tuple[Scheme, ...]:
    return tuple(_scheme(row) for row in _read()["schemes"])


@cache
def samples() -> tuple[Scheme, ...]:
    """What a centre may begin with; of no day."""
    return tuple(_scheme(row) for row in _read()["samples"])
