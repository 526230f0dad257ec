"""What a step is given, read: each field by the reader of its kind, every fault a sentence beside its field. Pure.

A room declares its fields once; its steps name them in `needs` ("reason", "limit?": may be left out).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from minsheng.kit import read_times, read_values
from minsheng.kit.read_values import BadValue
from minsheng.kit.uploads import Upload, is_upload
from minsheng.kit.verdict import Invalid

Reader = Callable[[Any, Any], Any]  # (field, what came) -> the value as JSON keeps it
MOST_FILES = 5  # with one step


@dataclass(frozen=True, slots=True)
class Field:
    """`kind`: text, long, choice, bool, number, day, moment, id (of a row; the room looks it up), files (that come
    with the step: `files.step_files`).

    official  words that an office publishes: they stay in the history as they are, so they take no number of a person. All other words may be a person's, and lie in an
              erasable row beside it
    """

    name: str
    label: str
    kind: str
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    longest: int = 1000
    official: bool = False

    @property
    def is_words(self) -> bool:
        return self.kind in {"text", "long"}

    @property
    def is_erasable(self) -> bool:
        return self.is_words and not self.official


def _files(f: Any, raw: Any) -> list[Upload]:
    given = list(raw) if isinstance(raw, list | tuple) else [raw]
    if not all(is_upload(one) for one in given):
        raise BadValue("须随本步骤一起上传，请重新选择文件")
    if len(given) > MOST_FILES:
        raise BadValue(f"一次最多 {MOST_FILES} 个，请挑最能说明情况的")
    return given


def _words(f: Any, raw: Any) -> str:
    found = read_values.text(raw, f.longest, lines=f.kind == "long")
    return read_values.for_good(found) if f.official else found


READERS: dict[str, Reader] = {
    "text": _words,
    "long": _words,
    "choice": lambda f, raw: read_values.choice(raw, f.choices),
    "bool": lambda f, raw: read_values.flag(raw),
    "number": lambda f, raw: read_values.number(raw),
    "id": lambda f, raw: read_values.record_id(raw),
    "ids": lambda f, raw: read_values.record_ids(raw),
    "day": lambda f, raw: read_times.day(raw).isoformat(),
    "moment": lambda f, raw: read_times.moment(raw).isoformat(),
    "files": _files,
}


def table(*fields: Field) -> dict[str, Field]:
    return {one.name: one for one in fields}


def read(fields: Mapping[str, Any], readers: Mapping[str, Reader], needs: tuple[str, ...],
         given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """(values, errors) of what a step was given. Unknown names are errors: nothing typed is dropped in silence."""
    known = {n.rstrip("?") for n in needs}
    errors = {_shown(n): f"本步骤不需要“{fields[n].label if n in fields else _shown(n)}”" for n in given if n not in known}
    values: dict[str, Any] = {}
    for need in needs:
        name = need.rstrip("?")
        value, wrong = _read_one(fields[name], readers, given.get(name))
        errors |= wrong
        if value is None and not wrong and not need.endswith("?"):
            errors[name] = f"请{'选择' if fields[name].kind in {'choice', 'bool'} else '填写'}{fields[name].label}"
        elif value is not None:
            values[name] = value
    return values, errors


def _shown(name: Any) -> str:
    return "".join(c for c in str(name)[:40] if c.isprintable())


def _read_one(f: Any, readers: Mapping[str, Reader], raw: Any) -> tuple[Any, dict[str, str]]:
    """(value, {}), (None, {}) for nothing given, or (None, what is wrong by place)."""
    if read_values.is_nothing(raw):
        return None, {}
    try:
        value = readers[f.kind](f, raw)
        return (None if value == [] else value), {}  # nothing but commas names nobody
    except BadValue as wrong:
        return None, {f.name: f"{f.label}{wrong}"}
    except Invalid as wrong:
        return None, {f"{f.name}.{at}": said for at, said in wrong.errors.items()}
