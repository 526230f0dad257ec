"""How a foreign file's header and words become ours: map.yaml read and checked, and a raw row turned into our cells. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from zoneinfo import ZoneInfo

from minsheng.exchange.rules import BY_CODE, VOCABULARY, header_code
from minsheng.kit.tables import unguard
from minsheng.kit.verdict import Invalid

_KEYS = ("source", "zone", "formats", "columns", "ignore", "compose", "values", "defaults", "create_categories", "create_units")
_HOLE = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True)
class Map:
    """columns: their header -> our columns; compose: our column -> text with {their header}; values: our column -> their word -> ours."""

    source: str = ""
    zone: ZoneInfo | None = None
    formats: tuple[str, ...] = ()
    columns: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    ignore: frozenset[str] = frozenset()
    compose: Mapping[str, str] = field(default_factory=dict)
    values: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    defaults: Mapping[str, str] = field(default_factory=dict)
    create_categories: bool = False
    create_units: bool = False


def read_map(raw: object) -> Map:
    """A map from what YAML gave. Invalid names each place that does not fit."""
    if raw is None:
        return Map()
    if not isinstance(raw, dict):
        raise Invalid({"map": "对照表应是“键: 值”的 YAML"})
    errors = {key: f"对照表中不认识的键“{key}”，可用：{'、'.join(_KEYS)}" for key in raw if key not in _KEYS}
    columns = {str(theirs): _ours(ours, errors) for theirs, ours in _dict(raw, "columns", errors).items()}
    compose = {c: str(t) for c, t in _dict(raw, "compose", errors).items() if _known(c, errors)}
    values = {c: {str(k).strip(): str(v) for k, v in (words or {}).items()} for c, words in _dict(raw, "values", errors).items() if _known(c, errors)}
    defaults = {c: str(v) for c, v in _dict(raw, "defaults", errors).items() if _known(c, errors)}
    for column, words in values.items():
        errors |= _unknown_words(column, words)
    zone = _zone(raw.get("zone"), errors)
    if errors:
        raise Invalid(errors)
    return Map(str(raw.get("source") or "").strip(), zone, tuple(str(f) for f in raw.get("formats") or ()), columns,
               frozenset(str(c) for c in raw.get("ignore") or ()), compose, values, defaults, bool(raw.get("create_categories")),
               bool(raw.get("create_units")))


def _dict(raw: dict, key: str, errors: dict) -> dict:
    found = raw.get(key) or {}
    if not isinstance(found, dict):
        errors[key] = f"对照表的 {key} 应是“键: 值”"
        return {}
    return found


def _known(column: str, errors: dict) -> bool:
    if column not in BY_CODE:
        errors[str(column)] = f"没有“{column}”这一列，可用：{'、'.join(BY_CODE)}"
    return column in BY_CODE


def _ours(ours: object, errors: dict) -> tuple[str, ...]:
    wanted = [str(o) for o in (ours if isinstance(ours, list) else [ours])]
    return tuple(o for o in wanted if _known(o, errors))


def _unknown_words(column: str, words: Mapping[str, str]) -> dict[str, str]:
    known = VOCABULARY.get(BY_CODE[column].kind)
    wrong = [w for w in words.values() if known is not None and w.lower() not in known]
    return {f"values.{column}": f"{BY_CODE[column].name}没有“{'、'.join(wrong)}”"} if wrong else {}


def _zone(name: object, errors: dict) -> ZoneInfo | None:
    try:
        return ZoneInfo(str(name)) if name else None
    except (KeyError, ValueError, OSError):
        errors["zone"] = f"没有时区“{name}”，应如 Asia/Shanghai"
        return None


@dataclass(frozen=True)
class Reader:
    """A header understood: which cell of a row goes where."""

    map: Map
    header: tuple[str, ...]
    places: tuple[tuple[int, str], ...]  # (position in the row, our column)
    unused: tuple[str, ...]

    def cells(self, row: Sequence[object]) -> tuple[dict[str, object], tuple[str, ...]]:
        """(our column -> text or the datetime that a spreadsheet holds, the columns that a default filled), of cells that are tidy."""
        found: dict[str, object] = {}
        for position, column in self.places:
            value = row[position] if position < len(row) else ""
            if value != "" and column not in found:
                found[column] = value
        if self.map.compose:
            found |= self._composed(row)
        for column, words in self.map.values.items():
            if column in found:
                found[column] = words.get(str(found[column]), found[column])
        filled = tuple(column for column in self.map.defaults if column not in found)
        return found | {column: self.map.defaults[column] for column in filled}, filled

    def _composed(self, row: Sequence[object]) -> dict[str, object]:
        by_name = dict(zip(self.header, row, strict=False))
        texts = {column: _HOLE.sub(lambda hole: str(by_name.get(hole[1], "")), pattern).strip() for column, pattern in self.map.compose.items()}
        return {column: text for column, text in texts.items() if text}


_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f]|\r(?=\n)")


def tidy(value: object) -> object:
    """A cell without blanks around it, control characters and the guard against formulas; None is empty; whole floats lose their ".0"."""
    if value.__class__ is not str:
        if value is None:
            return ""
        if not isinstance(value, (str, int, float)):
            return value
        value = str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)
    value = value.strip()
    if value.isalnum():  # most cells: nothing to take away
        return value
    return unguard(_CONTROL.sub("", value).replace("\r", "\n").strip()).strip()


def is_header(cells: Sequence[object], map: Map) -> bool:
    """Does a row name columns? Two that we know are enough; above them there may be a title and a note."""
    names = {str(cell or "").strip().lstrip("\ufeff") for cell in cells}
    return len([n for n in names if n and (n in map.columns or header_code(n))]) >= 2


def understand(header: Sequence[object], map: Map) -> Reader:
    """Match a file's header. Invalid when the map names a column that the file has not, or when nothing can be received."""
    names = tuple(str(h or "").strip().lstrip("\ufeff") for h in header)
    places, unused = [], []
    for position, name in enumerate(names):
        ours = map.columns.get(name) or ((header_code(name),) if header_code(name) and name not in map.ignore else ())
        places += [(position, column) for column in ours]
        if not ours and name and name not in map.ignore and not any(f"{{{name}}}" in pattern for pattern in map.compose.values()):
            unused.append(name)
    _check(names, map, {column for _, column in places})
    return Reader(map, names, tuple(places), tuple(unused))


def _check(names: tuple[str, ...], map: Map, there: set[str]) -> None:
    errors = {}
    holes = {hole for pattern in map.compose.values() for hole in _HOLE.findall(pattern)}
    missing = [theirs for theirs in (*map.columns, *sorted(holes)) if theirs not in names]
    if missing:
        errors["columns"] = f"文件里没有对照表写的列：{'、'.join(dict.fromkeys(missing))}；文件的列是：{'、'.join(names)}"
    given = there | set(map.compose) | set(map.defaults)
    for column, others in (("received_at", ()), ("narrative", ("title",))):
        if not given & {column, *others}:
            errors[column] = f"文件没有“{BY_CODE[column].name}”（{column}）这一列；列名不同的请用 --map 给出对照表"
    if errors:
        raise Invalid(errors)
