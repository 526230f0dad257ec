"""What a form that edits showed when it was opened: only what its writer changed is written, and nobody's change is put back unseen."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from minsheng.kit.read_values import as_clean
from minsheng.kit.verdict import Refused, no

NAME = "seen"


def mark(values: Mapping[str, Any]) -> str:
    """For the hidden field: a digest of what stands in each field."""
    return json.dumps({name: _digest(value) for name, value in values.items()}, separators=(",", ":"))


def changed(post: Mapping[str, Any], posted: Mapping[str, Any], now: Mapping[str, Any], labels: Mapping[str, str], by: str = "") -> set[str]:
    """The fields that the writer changed. `posted` and `now`: what the form brought and what the record holds, field by field.

    Refused when somebody else changed one of them, too, to something else; `by` says who. A form without a mark changed all.
    """
    seen = _seen(post.get(NAME, ""))
    mine = {name for name, value in posted.items() if _digest(value) != seen.get(name)}
    both = [name for name in mine if name in seen and _digest(now.get(name)) not in (seen[name], _digest(posted[name]))]
    if both:
        told = "；".join(f"“{labels.get(name, name)}”现在是“{_shown(now.get(name))}”" for name in both)
        raise Refused(no("changed", f"您打开这一页之后{by or '别人'}改过同一处：{told}。您填写的都在，核对后再提交一次就按您的写", both[0]))
    return mine


def _seen(text: Any) -> dict[str, str]:
    try:
        found = json.loads(text)
    except (ValueError, TypeError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(_plain(value), ensure_ascii=True, sort_keys=True).encode()).hexdigest()[:12]


def _plain(value: Any) -> Any:
    """As a form sends it: texts trimmed, nothing as an empty text."""
    if isinstance(value, Mapping):
        return {str(key): _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, bool) else as_clean("" if value is None else str(value)).strip()


def _shown(value: Any) -> str:
    text = "、".join(map(str, value)) if isinstance(value, list | tuple) else str("" if value is None else value)
    return text[:60] + ("…" if len(text) > 60 else "") or "（空）"
