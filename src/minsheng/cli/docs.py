"""`./minsheng docs`: write the generated pages of docs/ anew. Needs no database."""

from __future__ import annotations

import argparse
from pathlib import Path

HELP = "重新生成 docs/ 里由程序读出的页面"
hidden = True
DOCS = Path(__file__).resolve().parents[3] / "docs"


def add(parser: argparse.ArgumentParser) -> None:
    parser.description = HELP


def pages() -> dict[str, str]:
    """File name -> text, as the code says now."""
    from minsheng.cases import manual
    from minsheng.measures import rules as measures

    return {"procedure.md": manual.procedure(), "permissions.md": manual.permissions(), "measures.md": measures.as_markdown()}


def run(args: argparse.Namespace) -> int:
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")
        print(f"docs/{name}")
    return 0
