"""Rows that were here before: is it the same said in another file, or has it changed? Compared with what an export would write today."""

from __future__ import annotations

from collections.abc import Sequence

from minsheng.cases.actions import import_history
from minsheng.cases.rules.source_row import Brought, differences
from minsheng.exchange import queries
from minsheng.exchange.row_reader import Converter
from minsheng.exchange.rules import BY_CODE

TWICE = "同一外部编号在文件里出现两次，内容不同"
_NAMES = {"kind": "type"}  # a field of a row whose column is called otherwise


def judge(changed: Sequence[tuple[Brought, int]], convert: Converter, own: str) -> list[str]:
    """For each row "" when it says what is here already, else a sentence that names what differs. A fixed number of statements for all."""
    missing = [(row.source, row.key) for row, case_id in changed if not case_id]  # twice in one batch: the first has just come in
    found = import_history.known(missing, own) if missing else {}
    ids = [case_id or found.get((row.source, row.key), (0, b""))[0] for row, case_id in changed]
    kept = {case_id: convert.brought(cells) for case_id, cells in queries.kept(sorted(set(ids) - {0})).items()}
    return [_sentence(row, kept.get(id_)) if id_ else TWICE for (row, _), id_ in zip(changed, ids, strict=True)]


def _sentence(row: Brought, kept: Brought | None) -> str:
    """`kept` None: of an erased case nothing can be told any more, and nothing comes back; it is here."""
    if kept is None:
        return ""
    columns = [BY_CODE[_NAMES.get(name, name)].name for name in differences(row, kept)]
    return f"同一外部编号已经有了，这些内容与现有的不同：{'、'.join(columns)}；历史不能改写，请在工单中更正" if columns else ""
