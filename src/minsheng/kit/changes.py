"""What a step left different, as JSON holds it. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def delta(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """What is different afterwards; None: gone."""
    names = [n for n in (*after, *before) if before.get(n) != after.get(n)]
    return {n: after.get(n) for n in dict.fromkeys(names)}
