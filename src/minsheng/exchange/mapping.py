"""How a foreign file's header and words become ours: map.yaml read and checked, and a raw row turned into our cells. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import partial
from typing import TypeGuard
from zoneinfo import ZoneInfo

from minsheng.exchange.rules import BY_CODE, VOCABULARY, BadCell, header_code, other_name
from minsheng.kit.read_values import BadValue, clean, flag, is_blank
from minsheng.kit.sheet_values import Number, Unreadable
from minsheng.kit.tables import ERRORS, unguard
from minsheng.kit.verdict import Invalid
from minsheng.language.rules import cut, mask

_KEYS = ("source", "zone", "formats", "columns", "ignore", "compose", "values", "defaults", "create_categories", "create_units")
_PLAIN = (str, int, float, date)  # what YAML gives for a word
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
    errors = {_shown(key): f"对照表中不认识的键“{_shown(key)}”，可用：{'、'.join(_KEYS)}" for key in raw if key not in _KEYS}
    columns = {_shown(theirs): _ours(theirs, ours, errors) for theirs, ours in _dict(raw, "columns", errors).items()}
    compose, defaults = (_texts(raw, key, errors) for key in ("compose", "defaults"))
    values = {c: _words(c, words, errors) for c, words in _dict(raw, "values", errors).items() if _known(c, errors)}
    found = Map(_text(raw.get("source"), "source", errors)[:50].strip(), _zone(raw.get("zone"), errors), _several(raw, "formats", errors), columns,
                frozenset(_several(raw, "ignore", errors)), compose, values, defaults, _flag(raw, "create_categories", errors),
                _flag(raw, "create_units", errors))
    if errors:
        raise Invalid(errors)
    return found


def _shown(key: object) -> str:
    return str(key)[:60] if isinstance(key, _PLAIN) else "…"


def _dict(raw: dict, key: str, errors: dict) -> dict:
    found = raw.get(key)
    if found is None:
        return {}
    if not isinstance(found, dict):
        errors[key] = f"对照表的 {key} 应是“键: 值”"
        return {}
    return found


def _text(value: object, where: str, errors: dict) -> str:
    """A word, a number or a day of YAML as text; nothing is "". Lists and what holds half a character are no text."""
    try:
        if value is None or isinstance(value, _PLAIN):
            return clean("" if value is None else str(value))
    except BadValue as wrong:
        errors[where] = f"对照表的 {where}{wrong}"
        return ""
    errors[where] = f"对照表的 {where} 应是一个词，不是列表或“键: 值”"
    return ""


def _several(raw: dict, key: str, errors: dict) -> tuple[str, ...]:
    found = raw.get(key) or []
    return tuple(_text(one, key, errors) for one in (found if isinstance(found, list) else [found]))


def _flag(raw: dict, key: str, errors: dict) -> bool:
    try:
        return flag(raw.get(key) or False)
    except BadValue:
        errors[key] = f"对照表的 {key} 应为 true 或 false"
        return False


def _texts(raw: dict, key: str, errors: dict) -> dict[str, str]:
    found = {c: _text(value, f"{key}.{_shown(c)}", errors) for c, value in _dict(raw, key, errors).items() if _known(c, errors)}
    return {column: value for column, value in found.items() if value}


def _known(column: object, errors: dict) -> TypeGuard[str]:
    known = isinstance(column, str) and column in BY_CODE
    if not known:
        errors[_shown(column)] = f"没有“{_shown(column)}”这一列，可用：{'、'.join(BY_CODE)}"
    return known


def _ours(theirs: object, ours: object, errors: dict) -> tuple[str, ...]:
    if not isinstance(theirs, _PLAIN):
        errors["columns"] = "对照表的 columns 应是“文件的列名: 本系统的列”"
    return tuple(o for o in (ours if isinstance(ours, list) else [ours]) if _known(o, errors))


def _words(column: str, words: object, errors: dict) -> dict[str, str]:
    """Their word -> ours, which has to be one of the vocabulary where the column has one."""
    where = f"values.{column}"
    if not isinstance(words, dict):
        errors[where] = f"对照表的 {where} 应是“来源的词: 本系统的词”"
        return {}
    found = {_shown(k).strip(): _text(v, where, errors) for k, v in words.items()}
    known = VOCABULARY.get(BY_CODE[column].kind)
    if wrong := [w[:20] for w in found.values() if known is not None and w.lower() not in known]:
        errors[where] = f"{BY_CODE[column].name}没有“{'、'.join(wrong[:8])}”"
    return found


def _zone(name: object, errors: dict) -> ZoneInfo | None:
    try:
        return ZoneInfo(str(name)) if name else None
    except (KeyError, ValueError, OSError):
        errors["zone"] = f"没有时区“{_shown(name)}”，应如 Asia/Shanghai"
        return None


@dataclass(frozen=True)
class Reader:
    """A header understood: which cell of a row goes where."""

    map: Map
    header: tuple[str, ...]
    places: tuple[tuple[int, str], ...]  # (position in the row, our column)
    unused: tuple[str, ...]

    def cells(self, row: Sequence[object]) -> tuple[dict[str, object], tuple[str, ...]]:
        """(our column -> its cell, the columns that a default filled), of cells that are tidy. BadCell for one that cannot be read."""
        found = self._placed(row)
        if self.map.compose:
            found |= self._composed(row)
        for column, words in self.map.values.items():
            if column in found:
                found[column] = words.get(str(found[column]), found[column])
        found = {column: value for column, value in found.items() if value not in _NULLS}
        filled = tuple(column for column in self.map.defaults if column not in found)
        return found | {column: self.map.defaults[column] for column in filled}, filled

    def _placed(self, row: Sequence[object]) -> dict[str, object]:
        found: dict[str, object] = {}
        taken: dict[str, int] = {}
        for position, column in self.places:
            value = row[position] if position < len(row) else ""
            if value == "":
                continue
            if column not in found:
                found[column], taken[column] = _as_typed(column, value), position
            elif value != found[column] and self.header[position] == self.header[taken[column]]:
                raise BadCell(column, f"有两列都叫“{self.header[position]}”，这一行里写的不同，不知以哪一列为准")
        return found

    def _composed(self, row: Sequence[object]) -> dict[str, object]:
        by_name = dict(zip(self.header, row, strict=False))
        texts = {column: _HOLE.sub(partial(_filled, column, by_name), pattern).strip() for column, pattern in self.map.compose.items()}
        return {column: text for column, text in texts.items() if text}


def _filled(column: str, by_name: Mapping[str, object], hole: re.Match[str]) -> str:
    return str(_read(column, by_name.get(hole[1], "")))


def _read(column: str, value: object) -> object:
    """The cell of a column that is used; BadCell when nobody knows what it holds."""
    if isinstance(value, Unreadable):
        raise BadCell(column, f"{BY_CODE[column].name}{value.why}")
    return value


def _as_typed(column: str, value: object) -> object:
    """A spreadsheet makes a day of 3-5 and an hour of 9:30: in a column of words nobody knows any more what was typed."""
    value = _read(column, value)
    if BY_CODE[column].kind == "time" or not (isinstance(value, datetime) or isinstance(value, Number) and value.hours):
        return value
    what, written = ("时间", "9:30") if isinstance(value, Number) else (f"日期（{value:%Y-%m-%d}）", "3-5")
    raise BadCell(column, f"{BY_CODE[column].name}这一格是{what}，多半是表格软件把“{written}”这样的字改成的；请把这一列设为文本，按原样重填")


_NULLS = frozenset({"NULL", "null", "(null)", "<null>", "\\N", "None", "NaN", "nan"})  # by which databases and programs write an empty cell
_FAILED = re.compile(r"#{3,}|Err:\d{3}")
_KEPT = re.compile(r'="(.*)"', re.DOTALL)  # ="0891": how programs keep a spreadsheet from taking a text for a number


def tidy(value: object) -> object:
    """A cell without blanks around it, what nobody sees and the guard against formulas; None is empty. What cannot be read says so."""
    if value.__class__ is not str:  # a number, a day, or what says already that it cannot be read
        return "" if value is None else value
    value = value.strip()
    if value.isalnum():  # most cells: nothing to take away
        return value
    if "\x00" in value:
        return Unreadable(value[:20].replace("\x00", ""), "里有空字符，文件可能没有写完或已损坏")
    if kept := _KEPT.fullmatch(value):
        value = kept[1].replace('""', '"').strip()
    if value.upper() in ERRORS or _FAILED.fullmatch(value):
        return Unreadable(value, f"是表格的错误值 {value[:20]}")
    try:
        value = clean(value).strip()
        return "" if is_blank(value) else unguard(value).strip()
    except BadValue as wrong:
        return Unreadable(value.encode("utf-8", "replace").decode(), str(wrong))


def names(cells: Sequence[object], map: Map) -> int:
    """How many different columns does a row name?"""
    return len({n for n in map_names(cells) if n and (n in map.columns or header_code(n) or other_name(n))})


def map_names(cells: Sequence[object]) -> tuple[str, ...]:
    return tuple(str(tidy(cell)) for cell in cells)


def understand(header: Sequence[object], map: Map) -> Reader:
    """Match a file's header. Invalid when the map names a column that the file has not, or when nothing can be received."""
    names = map_names(header)
    holes = {hole for pattern in map.compose.values() for hole in _HOLE.findall(pattern)}
    places, others = [], []
    for position, name in enumerate(names):
        usual = header_code(name) if name not in map.ignore else None
        ours = map.columns.get(name) or ((usual,) if usual else ())
        places += [(position, column) for column in ours]
        if not ours and name and name not in map.ignore and name not in holes:
            others.append((position, name))
    taken, unused = {column for _, column in places} | set(map.compose), []
    for position, name in others:
        column = other_name(name)
        if column and column not in taken:
            places.append((position, column))
            taken.add(column)
        else:
            unused.append(name)
    _check(names, map, {column for _, column in places})
    return Reader(map, names, tuple(places), tuple(unused))


def listed(names: Sequence[str], most: int = 12) -> str:
    """The first few names of columns, shortened and masked: where the row of names is missing, they are somebody's name and number."""
    each = [cut(mask(name), 30) for name in dict.fromkeys(names) if name]
    return "、".join(each[:most]) + (f"…等 {len(each)} 列" if len(each) > most else "")


def _check(names: tuple[str, ...], map: Map, there: set[str]) -> None:
    errors = {}
    holes = {hole for pattern in map.compose.values() for hole in _HOLE.findall(pattern)}
    missing = [theirs for theirs in (*map.columns, *sorted(holes)) if theirs not in names]
    if missing:
        errors["columns"] = f"文件里没有对照表写的列：{listed(missing)}；文件的列是：{listed(names)}"
    given = there | set(map.compose) | set(map.defaults)
    for column, others in (("received_at", ()), ("narrative", ("title",))):
        if not given & {column, *others}:
            errors[column] = f"文件没有“{BY_CODE[column].name}”（{column}）这一列；列名不同的请用 --map 给出对照表"
    if errors:
        raise Invalid(errors)
