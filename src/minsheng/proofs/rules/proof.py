"""A proof as it is handed to a requester, and its check against what was published. Pure: the standard library, no database, no settings.

docs/transparency.md says the same to the byte, so that anybody can write another check.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from minsheng.proofs.rules import leaf, merkle, published

TYPE = "minsheng proof v1"
LARGEST = 1 << 20  # bytes of a proof or a published day
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_CODES = re.compile(r"[a-z0-9_,*]{1,400}", re.ASCII)
_NUMBER = re.compile(r"[0-9A-Za-z_-]{1,40}", re.ASCII)
_DAY_FILE = re.compile(r"\d{4}-\d{2}-\d{2}\.json", re.ASCII)
_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_KEYS = {"type", "number", "day", "outcome", "salt", "index", "leaves", "path", "root"}
_DAY_KEYS = {"type", "day", "leaves", "root", "previous", "files"}


class Wrong(ValueError):
    """Which part does not hold, in a sentence."""


@dataclass(frozen=True, slots=True)
class Proof:
    number: str
    day: date
    outcome: Mapping[str, str]
    salt: bytes
    index: int
    leaves: int
    path: tuple[bytes, ...]
    root: bytes

    def as_text(self) -> str:
        said = {"type": TYPE, "number": self.number, "day": self.day.isoformat(), "outcome": {name: self.outcome[name] for name in leaf.FIELDS},
                "salt": self.salt.hex(), "index": self.index, "leaves": self.leaves, "path": [one.hex() for one in self.path],
                "root": self.root.hex()}
        return json.dumps(said, ensure_ascii=False, indent=1) + "\n"


# --- reading what somebody gave ------------------------------------------------------------


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise Wrong("同一个键写了两次")
    return found


def _object(content: bytes, what: str) -> dict[str, Any]:
    if len(content) > LARGEST:
        raise Wrong(f"{what}超过 1 MB，不是本系统的文件")
    try:
        found = json.loads(content.decode("utf-8"), object_pairs_hook=_once, parse_constant=_no_constant)
    except Wrong as wrong:
        raise Wrong(f"{what}：{wrong}") from None
    except (ValueError, RecursionError):
        raise Wrong(f"{what}不是 JSON 文件，或已损坏") from None
    if not isinstance(found, dict):
        raise Wrong(f"{what}不是 JSON 对象")
    return found


def _no_constant(name: str) -> None:
    raise ValueError(name)


def _keys(found: Mapping[str, Any], wanted: set[str], what: str) -> None:
    if set(found) != wanted:
        lacking, more = sorted(wanted - set(found)), sorted(set(found) - wanted)
        raise Wrong(f"{what}" + (f"缺少 {lacking[0]}" if lacking else f"多出 {more[0][:40]}"))


def _text(found: Mapping[str, Any], name: str, shape: re.Pattern[str], what: str) -> str:
    value = found[name]
    if not isinstance(value, str) or not shape.fullmatch(value):
        raise Wrong(f"{what}的 {name} 写法不对")
    return value


def _hash(value: Any, name: str) -> bytes:
    if not isinstance(value, str) or not _HEX.fullmatch(value):
        raise Wrong(f"{name} 应为 64 位十六进制小写")
    return bytes.fromhex(value)


def _number(found: Mapping[str, Any], name: str, what: str) -> int:
    value = found[name]
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value < 2**40:
        raise Wrong(f"{what}的 {name} 应为整数")
    return value


def _day(found: Mapping[str, Any], what: str) -> date:
    try:
        return date.fromisoformat(_text(found, "day", _DAY, what))
    except ValueError:
        raise Wrong(f"{what}的 day 不是日期") from None


def read(content: bytes) -> Proof:
    what = "证明"
    found = _object(content, what)
    if found.get("type") != TYPE:
        raise Wrong(f"不是证明文件：type 应为 {TYPE}")
    _keys(found, _KEYS, what)
    outcome = found["outcome"]
    if not isinstance(outcome, dict):
        raise Wrong("证明的 outcome 写法不对")
    _keys(outcome, set(leaf.FIELDS), "证明的 outcome ")
    codes = {name: _text(outcome, name, _CODES, "证明的 outcome") for name in leaf.FIELDS}
    path = found["path"]
    if not isinstance(path, list) or len(path) > 40:
        raise Wrong("证明的 path 写法不对")
    return Proof(_text(found, "number", _NUMBER, what), _day(found, what), codes, _hash(found["salt"], "salt"), _number(found, "index", what),
                 _number(found, "leaves", what), tuple(_hash(one, "path") for one in path), _hash(found["root"], "root"))


@dataclass(frozen=True, slots=True)
class PublishedDay:
    """As a file says it. `digest`: of its bytes."""

    day: date
    leaves: int
    root: bytes
    previous: str
    digest: str
    files: Mapping[str, str] = field(default_factory=dict)


def is_day(content: bytes, name: str) -> bool:
    """By its name, its beginning or its end: also one that is cut off is a day that has to be read, not another file."""
    return bool(_DAY_FILE.fullmatch(name)) or content.startswith(b'{"day":"') or f'"type":"{published.DAY_TYPE}"'.encode() in content[:LARGEST]


def is_proof(content: bytes) -> bool:
    return f'"{TYPE}"'.encode() in content[:LARGEST]


def read_day(content: bytes, name: str) -> PublishedDay:
    what = f"公布文件 {name} "
    found = _object(content, what)
    if found.get("type") != published.DAY_TYPE:
        raise Wrong(f"{what}不是每日公布的文件")
    _keys(found, _DAY_KEYS, what)
    files = found["files"]
    if not isinstance(files, list) or not all(isinstance(f, dict) and set(f) == {"name", "sha256"} and isinstance(f["name"], str) for f in files):
        raise Wrong(f"{what}的 files 写法不对")
    digests = {f["name"]: _hash(f["sha256"], f"{what}的 files ").hex() for f in files}
    one = PublishedDay(_day(found, what), _number(found, "leaves", what), _hash(found["root"], f"{what}的 root"),
                       _hash(found["previous"], f"{what}的 previous").hex(), published.digest(content), digests)
    again = published.text(published.Day(one.day, one.leaves, one.root, one.previous, tuple(
        published.PublishedFile(f["name"], f["sha256"]) for f in files)))
    if again.encode() != content:
        raise Wrong(f"{what}的写法与公布的格式不符，被改动过")
    return one


# --- the check ------------------------------------------------------------


def check(one: Proof, days: Sequence[PublishedDay]) -> None:
    """Wrong says which part failed; returns when the proof holds."""
    there = next((day for day in days if day.day == one.day), None)
    if there is None:
        raise Wrong(f"没有给出 {one.day} 的公布文件，无从核对")
    if one.leaves != there.leaves:
        raise Wrong(f"证明写的件数 {one.leaves} 与公布的 {there.leaves} 不符")
    if one.root != there.root:
        raise Wrong(f"证明的根与 {one.day} 公布的根不符")
    found = merkle.root_by_path(leaf.hash_of(one.number, one.day, one.outcome, one.salt), one.index, one.leaves, one.path)
    if found is None:
        raise Wrong("证明的路径与位置、件数不符")
    if found != there.root:
        raise Wrong("由编号、结果、随机数和路径算不出公布的根：其中至少一项被改动，或不属于这一天")


def broken(days: Sequence[PublishedDay], files: Mapping[str, str]) -> Iterator[str]:
    """What does not fit among published files. `files`: name -> digest of other files that are there."""
    in_order = sorted(days, key=lambda one: one.day)
    for day in published.chain_breaks([(one.day, one.previous, one.digest) for one in in_order]):
        yield f"{day} 的公布文件与前一天的不衔接：其中一份被改动过"
    for one in in_order:
        for name, digest in one.files.items():
            if name in files and files[name] != digest:
                yield f"{name} 与 {one.day} 公布的摘要不符：文件被改动过"


def gaps(days: Sequence[PublishedDay]) -> list[tuple[date, date]]:
    """(first, last) of the days that were not given between those that were: nothing can be said of them."""
    there = sorted(one.day for one in days)
    return [(before + timedelta(days=1), after - timedelta(days=1)) for before, after in zip(there, there[1:], strict=False) if (after - before).days > 1]


def chain_in_words(days: Sequence[PublishedDay], files: Mapping[str, str]) -> str:
    """What is proven of published days by themselves, and what of the other files is not: no day that was given names them."""
    named = {name for one in days for name in one.files}
    unnamed = sorted(set(files) - named)
    more = f"；没有核对 {'、'.join(unnamed[:5])}{'等' if len(unnamed) > 5 else ''}：给出的各天都没有写着" if unnamed else ""
    return _chained(days) + more


def _chained(days: Sequence[PublishedDay]) -> str:
    missing = [f"{first}" if first == last else f"{first} 至 {last}" for first, last in gaps(days)]
    if not missing:
        return f"公布的 {len(days)} 天彼此衔接，没有被改动"
    more = f"等 {len(missing)} 处" if len(missing) > 5 else ""
    return f"给出的 {len(days)} 天，相邻的都衔接；没有给出 {'、'.join(missing[:5])}{more}，缺处前后无从衔接"


_STATES = {"closed": "已办结", "direct_answered": "当场答复", "declined": "不予受理", "transferred": "已转接专门渠道", "merged": "已并单", "split": "已拆分",
           "terminated": "已终止", "final_replied": "最终答复", "withdrawn": "已撤诉", "open": "重新办理中"}
_WORDS = {"yes": "是", "no": "否", "unit": "只有单位记录", "none": "没有"}
_ASKED = {"solved": "已解决", "satisfied": "满意", "contacted": "联系过", "on_time": "按时"}


def in_words(one: Proof) -> str:
    """What is proven, in a sentence."""
    answers = "，".join(f"{label}：{_rounds(one.outcome[name])}" for name, label in _ASKED.items())
    return (f"编号 {one.number} 的诉求计在 {one.day} 公布的 {one.leaves} 件结果里：{_STATES.get(one.outcome['state'], one.outcome['state'])}；{answers}。"
            f"计入：{one.outcome['counted']}")


def _rounds(said: str) -> str:
    return "、".join(_WORDS.get(word, word) for word in said.split(","))
