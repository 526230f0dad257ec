"""重新生成 docs/ 里由程序读出的页面（开发用，不需要数据库）。"""

from __future__ import annotations

import argparse
from pathlib import Path

hidden = True
DOCS = Path(__file__).resolve().parents[3] / "docs"
BEGIN, END = "<!-- 由程序生成 -->", "<!-- 生成到此 -->"


def add(parser: argparse.ArgumentParser) -> None:
    """No options."""


def pages() -> dict[str, str]:
    """File name -> text, as the code says now."""
    from minsheng.accounts.rules import Role
    from minsheng.bulletins.rules import generated_docs as bulletins
    from minsheng.cases.rules import generated_docs
    from minsheng.field_work.rules import generated_docs as field_work
    from minsheng.leader_days.rules import generated_docs as leader_days
    from minsheng.measures import rules as measures
    from minsheng.month_end.rules import generated_docs as month_end
    from minsheng.oversight.rules import generated_docs as oversight
    from minsheng.proofs.queries import description
    from minsheng.proofs.rules import generated_docs as proofs
    from minsheng.topics.rules import generated_docs as topics

    return {"bulletins-procedure.md": bulletins.page(), "exchange.md": _exchange(), "field-work-procedure.md": field_work.page(),
            "leader-days-procedure.md": leader_days.page(), "matters.md": _matters(), "measures.md": measures.as_markdown(),
            "month-end-procedure.md": month_end.page(), "open-data-procedure.md": proofs.page(),
            "oversight-procedure.md": oversight.page(), "topics-procedure.md": topics.page(),
            "permissions.md": generated_docs.permissions(), "procedure.md": generated_docs.procedure(), "roles.md": generated_docs.roles(),
            "supervisors.md": _supervisors(generated_docs.rulings_of(Role.SUPERVISOR)), "transparency.md": description.text()}


def _supervisors(table: str) -> str:
    """A page that people write, with the table of what each ruling causes between its two marks."""
    before, _, rest = (DOCS / "supervisors.md").read_text(encoding="utf-8").partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def _exchange() -> str:
    """How to bring files in and take them away, the published columns and their words."""
    from minsheng.exchange import generated_docs

    return generated_docs.page()


def _matters() -> str:
    """What each matter of the demo city asks for before dispatch and before a reply."""
    from minsheng.cases.rules import generated_docs
    from minsheng.cli import city_files

    return generated_docs.matters(city_files.read(DOCS.parent / "demo", "categories"))


def run(args: argparse.Namespace) -> int:
    for name, text in pages().items():
        (DOCS / name).write_text(text, encoding="utf-8")
        print(f"docs/{name}")
    return 0
