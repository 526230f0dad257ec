"""One reader for each kind of value that comes from outside: what it returns can be kept, counted and shown anywhere.

A reader takes what came (a form's text, a JSON value, a cell, an option) and returns the value or raises BadValue. Its sentence
says what should stand there and reads on behind a label: "次序" + "应为 1 至 99 的整数". Times are read by `read_times`; ids are
looked up by the room that owns them. `Fields` reads a whole form and gathers the sentences.
"""

from __future__ import annotations

import json
import math
import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from minsheng.kit.verdict import Invalid

BIGGEST = 2**63 - 1  # what a column of ids holds
DEEPEST = 12  # of lists and objects in each other


class BadValue(ValueError):
    """A value that is not taken; the text says what to write instead, to follow the name of what was asked for."""

    @property
    def alone(self) -> str:
        """The text where no name stands before it."""
        return str(self).removeprefix("中的").removeprefix("的")


# --- text ------------------------------------------------------------

_HALF = re.compile("[\ud800-\udfff]")  # one half of a character: no encoding can write it
_BREAKS = re.compile("\r\n|[\r\x0b\x0c\x85\u2028\u2029]")
# Nobody sees them and programs trip over them: controls, what turns the direction of writing, marks of byte order.
_UNSEEN = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb\ufffe\uffff]")
_EMPTY = re.compile("[\\s\x00-\x1f\x7f-\x9f\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e\u2060-\u206f\u2800"
                    "\u3164\ufe00-\ufe0f\ufeff\uffa0\ufff9-\ufffb\ufffe\uffff]*")


def clean(text: str) -> str:
    """The text as it can be kept: one kind of line break, nothing unseen. BadValue for half a character."""
    if _HALF.search(text):
        raise BadValue("有无法识别的字符，请删去后重新输入")
    return _UNSEEN.sub("", _BREAKS.sub("\n", text))


def as_clean(text: str) -> str:
    """As `clean`, for what must never fail: half a character becomes the mark for one that cannot be read."""
    return _UNSEEN.sub("", _BREAKS.sub("\n", _HALF.sub("\ufffd", text)))


def is_blank(text: str) -> bool:
    """Nothing to see: spaces of every kind and characters without width."""
    return _EMPTY.fullmatch(text) is not None


def text(raw: object, longest: int = 4000, lines: bool = True) -> str:
    """Words, trimmed; "" for nothing to see. `lines` False: on one line."""
    if not isinstance(raw, str):
        raise BadValue("应为文字")
    found = clean(raw).strip()
    if is_blank(found):
        return ""
    if not lines:
        found = " ".join(found.split())
    if len(found) > longest:
        raise BadValue(f"最多 {longest} 字，现有 {len(found)} 字")
    return found


_OF_A_PERSON = re.compile(r"(?<![\dA-Za-z/=_-])(?:1[3-9]\d[\s-]?\d{4}[\s-]?\d{4}|[1-9]\d{5}(?:19|20)\d{9}[\dXx])(?!\d)")


def for_good(text: str) -> str:
    """Words that stay in the history and cannot be erased: BadValue where a mobile number or an identity number stands in them."""
    if _OF_A_PERSON.search(fold(text)):
        raise BadValue("里有手机号或证件号：这里的字长期保存、删不掉，请去掉")
    return text


def line(raw: object, longest: int = 200) -> str:
    """Words on one line: a name, a title, a code."""
    return text(raw, longest, lines=False)


def nested(raw: Any, where: str = "", deep: int = 0, reader: Callable = clean) -> Any:
    """A JSON value with every text in it clean, keys too. Invalid names the place of what cannot be taken, e.g. elements.time."""
    if isinstance(raw, str):
        return _at(where, reader, raw)
    if isinstance(raw, bool) or raw is None:
        return raw
    if isinstance(raw, int | float):
        return _at(where, finite, raw)
    if deep >= DEEPEST:
        raise Invalid({where or "body": "层数太多"})
    if isinstance(raw, Mapping):
        return {_at(where, reader, str(k)): nested(v, f"{where}.{_shown(k)}" if where else _shown(k), deep + 1, reader) for k, v in raw.items()}
    if isinstance(raw, list | tuple):
        return [nested(v, f"{where}.{n}" if where else str(n), deep + 1, reader) for n, v in enumerate(raw)]
    raise Invalid({where or "body": "应为文字、数字、列表或对象"})


def _at(where: str, reader: Callable, raw: object) -> Any:
    try:
        return reader(raw)
    except BadValue as wrong:
        raise Invalid({where or "body": str(wrong)}) from wrong


def _shown(key: object) -> str:
    return _UNSEEN.sub("", _HALF.sub("?", str(key)))[:40]


def whole(text: str) -> str:
    """The text as it came; BadValue when a character of it is only half there."""
    clean(text)
    return text


def from_json(content: bytes | str) -> Any:
    """What JSON says. BadValue for what is no JSON; Invalid, with the place, for half a character or a number without end at any depth,
    and for a name that stands twice in one object: which of the two is meant nobody knows.

    The readers of the fields drop what nobody sees: a key that holds it is another key and is refused.
    """
    try:
        return nested(json.loads(content, object_pairs_hook=_once), reader=whole)
    except (ValueError, RecursionError) as wrong:
        raise BadValue("不是有效的 JSON（UTF-8 编码）") from wrong


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) < len(pairs):
        seen: set[str] = set()
        twice = next(name for name, _ in pairs if name in seen or seen.add(name))  # type: ignore[func-returns-value]
        raise Invalid({_shown(twice) or "body": "写了不止一次，只能写一次"})
    return made


# --- numbers ------------------------------------------------------------

_WHOLE = re.compile(r"[+-]?[0-9]{1,20}")
_SIGNS = str.maketrans("\uff0b\u2212\uff0d\uff1a\uff0e\uff0f\uff0c\u2236\u2010\u2011\u2012\u2013\u2014", "+--:./,:-----")


def fold(text: str) -> str:
    """Every kind of decimal digit as 0-9, every kind of space as one blank, full-width signs as plain ones, without marks that nobody sees.
    ² and ① stay what they are."""
    if text.isascii():
        return text.strip()
    plain = (c if c < "\x7f" else " " if c.isspace() else str(unicodedata.decimal(c, c)) for c in text.translate(_SIGNS)
             if unicodedata.category(c) != "Cf")
    return "".join(plain).strip()


def finite(raw: object) -> int | float:
    """A number as a number: neither NaN nor without end, and not beyond what columns hold."""
    if isinstance(raw, bool) or not isinstance(raw, int | float) or not math.isfinite(raw) or abs(raw) > BIGGEST:
        raise BadValue("应为数字，且不能过大")
    return raw


def number(raw: object, least: int = 0, most: int = BIGGEST) -> int:
    """A whole number within bounds, from an int or from its digits in any script."""
    wanted = f"应为 {least} 至 {most} 的整数" if most < BIGGEST else "应为整数" if least < 0 else f"应为不小于 {least} 的整数"
    if isinstance(raw, str):
        written = fold(raw[:80])
        raw = int(written) if _WHOLE.fullmatch(written) and len(raw) <= 80 else None
    if isinstance(raw, bool) or not isinstance(raw, int) or not least <= raw <= most:
        raise BadValue(wanted)
    return raw


def record_id(raw: object) -> int:
    """The number that names a row. Whether there is such a row is asked by whoever reads it."""
    try:
        return number(raw, 1)
    except BadValue:
        raise BadValue("应为编号") from None


def id_or_none(raw: object) -> int:
    """As `record_id`, 0 for whatever names nothing: for a link or a button that somebody wrote by hand."""
    try:
        return record_id(raw)
    except BadValue:
        return 0


def record_ids(raw: object, most: int = 50) -> list[int]:
    """Several of them, from a list or with commas between; each once."""
    if isinstance(raw, str):
        parts: Iterable = [part for part in fold(raw[: most * 24]).replace("、", ",").split(",") if part.strip()]
    else:
        parts = raw if isinstance(raw, list | tuple) else [raw]
    found = list(dict.fromkeys(record_id(part) for part in parts))
    if len(found) > most or (isinstance(raw, str) and len(raw) > most * 24):
        raise BadValue(f"一次最多 {most} 个")
    return found


# --- choices ------------------------------------------------------------

_YES = frozenset({"true", "1", "on", "yes", "是"})
_NO = frozenset({"false", "0", "off", "no", "否"})


def flag(raw: object) -> bool:
    word = str(raw).strip().lower() if isinstance(raw, str | bool) else str(raw) if raw in (0, 1) and isinstance(raw, int) else ""
    if word not in _YES | _NO:
        raise BadValue("请选择“是”或“否”")
    return word in _YES


def choice(raw: object, choices: Mapping[str, str] | Iterable[tuple[str, str]]) -> str:
    """One of the codes; the sentence names them all with their words."""
    known = dict(choices)
    code = raw.strip() if isinstance(raw, str) else None
    if code not in known:
        raise BadValue("须为：" + "、".join(f"{c}（{w}）" if w and w != c else c for c, w in known.items()))
    return code


# --- whole forms ------------------------------------------------------------


def is_nothing(raw: object) -> bool:
    """Not given at all: None, "", words without anything to see, a list that holds nothing else."""
    if isinstance(raw, list):
        return all(isinstance(one, str) and is_blank(one) for one in raw)
    return raw is None or (isinstance(raw, str) and is_blank(raw))


class Fields:
    """Reads the fields of one form, query or call. `errors` holds a sentence for each that cannot be taken; `done` raises them."""

    def __init__(self, given: Mapping[str, Any]):
        self.given = given
        self.errors: dict[str, str] = {}

    def read(self, name: str, reader: Callable[..., Any], *more: Any, label: str = "", default: Any = None, must: bool = False, **named: Any) -> Any:
        """The field's value by that reader; `default` when it is not given or not taken. `must`: it has to be given."""
        raw = self.given.get(name)
        if is_nothing(raw):
            if must:
                self.errors[name] = f"请填写{label or name}"
            return default
        try:
            return reader(raw, *more, **named)
        except BadValue as wrong:
            self.errors[name] = f"{label}{wrong}" if label else wrong.alone
        except Invalid as wrong:
            self.errors |= {f"{name}.{at}" if at != name else name: said for at, said in wrong.errors.items()}
        return default

    def wrong(self, name: str, sentence: str) -> None:
        self.errors.setdefault(name, sentence)

    def done(self) -> None:
        if self.errors:
            raise Invalid(self.errors)
