"""The two files of a version, to the byte: CSV and JSON, the same rows. Pure; docs/open-data.md explains each column."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from minsheng.kit.tables import csv_lines
from minsheng.proofs.rules.open_data import COLUMNS, DIMENSIONS, OTHER, Row

TYPE = "minsheng open data v1"
_OTHERS = {"category": "其他分类", "district": "其他区县", "channel": "其他渠道"}
_ALL = {"category": "全部分类", "district": "全部区县", "channel": "全部渠道"}
HEAD = ("month", *(name for one in DIMENSIONS for name in (one, f"{one}_name")), *COLUMNS)


def name_of(month: date, version: int, kind: str) -> str:
    return f"minsheng-{month:%Y-%m}-v{version}.{kind}"


def label(dimension: str, key: str, names: Mapping[str, Mapping[str, str]]) -> str:
    if key in (OTHER, ""):
        return _OTHERS[dimension] if key else _ALL[dimension]
    return names[dimension].get(key, key)


def lines(month: date, rows: Sequence[Row], names: Mapping[str, Mapping[str, str]]) -> list[list[Any]]:
    """As columns of HEAD; None: not published."""
    return [[f"{month:%Y-%m}", *(text for one, key in zip(DIMENSIONS, row.keys, strict=True) for text in (key, label(one, key, names))),
             *(row.counts[name] for name in COLUMNS)] for row in rows]


def csv_text(found: Sequence[Sequence[Any]]) -> str:
    return "".join(csv_lines(HEAD, (["" if cell is None else cell for cell in line] for line in found), mark="", end="\n"))


def json_text(month: date, version: int, cutoff: str, found: Sequence[Sequence[Any]]) -> str:
    said = {"type": TYPE, "month": f"{month:%Y-%m}", "version": version, "cutoff": cutoff,
            "rows": [dict(zip(HEAD, line, strict=True)) for line in found]}
    return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


def rows_in(text: str) -> list[Row]:
    """The rows of a JSON file that we wrote."""
    return [Row((one["category"], one["district"], one["channel"]), {name: one[name] for name in COLUMNS}) for one in json.loads(text)["rows"]]
