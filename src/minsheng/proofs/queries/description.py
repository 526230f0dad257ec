"""How to check a proof, to the byte, as everybody can read it: on the portal, and as docs/transparency.md. No statement."""

from __future__ import annotations

from functools import cache
from pathlib import Path

from minsheng.measures.sets import SETS
from minsheng.proofs.rules.outcome import COUNTED

_TEXT = Path(__file__).resolve().parents[1] / "description.md"


@cache
def text() -> str:
    rows = [f"| `{code}` | {SETS[code].label} |" for code in COUNTED]
    return _TEXT.read_text(encoding="utf-8").replace("{sets}", "\n".join(["| 名字 | 是什么 |", "| --- | --- |", *rows]))
