"""Rows that were here before: is it the same said in another file, or has it changed? Compared with what an export would write today."""

from __future__ import annotations

from collections.abc import Sequence

from minsheng.cases.actions import import_history
from minsheng.cases.rules.source_row import Brought, differences, unlike
from minsheng.exchange import queries
from minsheng.exchange.row_reader import Converter
from minsheng.exchange.rules import BY_CODE

_NAMES = {"kind": "type"}  # a field of a row whose column is called otherwise


def judge(changed: Sequence[tuple[Brought, int]], convert: Converter, own: str) -> list[str]:
    """For each row "" when it says what is here already, else a sentence that names what differs. A fixed number of statements for all."""
    missing = [(row.source, row.key) for row, case_id in changed if not case_id]  # twice in one batch: the first has just come in
    found = import_history.known(missing, own) if missing else {}
    ids = [case_id or found.get((row.source, row.key), (0, b""))[0] for row, case_id in changed]
    kept = {case_id: convert.brought(cells) for case_id, cells in queries.kept(sorted(set(ids) - {0})).items()}
    # Of an erased case nothing can be told any more, and nothing comes back; it is here.
    return [_sentence(differences(row, kept[id_])) if id_ in kept else "" for (row, _), id_ in zip(changed, ids, strict=True)]


def in_trial(row: Brought, before: bytes) -> str:
    """What `judge` would say of a row whose key an earlier row of the same file has; `before`: the prints of that row."""
    return _sentence(unlike(row, before))


def _sentence(unlike_in: Sequence[str]) -> str:
    columns = [BY_CODE[_NAMES.get(name, name)].name for name in unlike_in]
    return f"同一外部编号已经有了，这些内容与现有的不同：{'、'.join(columns)}；历史不能改写，请在工单中更正" if columns else ""
