"""重新生成 docs/ 里由程序读出的页面（开发用，不需要数据库）。"""

from __future__ import annotations

import argparse
from pathlib import Path

hidden = True
DOCS = Path(__file__).resolve().parents[3] / "docs"


def add(parser: argparse.ArgumentParser) -> None:
    """No options."""


def pages() -> dict[str, str]:
    """File name -> text, as the code says now."""
    from minsheng.cases import manual
    from minsheng.measures import rules as measures

    return {"exchange.md": _exchange(), "procedure.md": manual.procedure(), "permissions.md": manual.permissions(), "measures.md": measures.as_markdown()}


def _exchange() -> str:
    """The published columns of import and export with their words."""
    from minsheng.exchange import rules

    out = ["# 导入与导出", "", "本页由 `src/minsheng/exchange/rules.py` 生成（`./minsheng docs`）。对照表的例子见 [examples/maps](examples/maps/)。", "",
           "`./minsheng import FILE.csv|.xlsx [--map map.yaml] [--dry-run]` · `./minsheng export --out FILE [--full --by USER --reason TEXT]`", "",
           "## 列", "", "| 代码 | 名称 | 说明 |", "| --- | --- | --- |"]
    out += [f"| `{c.code}` | {c.name} | {c.help or '—'} |" for c in rules.COLUMNS]
    for kind, words in rules.VOCABULARY.items():
        out += ["", f"## 用词：`{kind}`", "", "、".join(str(w) for w in words)]
    return "\n".join([*out, ""])


def run(args: argparse.Namespace) -> int:
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")
        print(f"docs/{name}")
    return 0
