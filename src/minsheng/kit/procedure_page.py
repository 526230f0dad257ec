"""A page of docs/ from a procedure: its states, then every step with who, from where to where, what it asks and what it needs. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from minsheng.kit.steps import Procedure, Step


def _row(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "／").replace("\n", " ") for cell in cells) + " |"


def section(title: str, states: Iterable[Any], procedure: Procedure, fields: Mapping[str, Any]) -> list[str]:
    """`states`: all of them in their order, with a `label`; the first is the one before there is anything."""
    first, *known = states
    order = {state: n for n, state in enumerate((first, *known))}
    out = [f"## {title}", "", "状态：" + "、".join(f"{s.label}（`{s.value}`）" for s in known), "",
           _row("步骤", "代码", "由谁", "从", "到", "条件", "需要"), _row(*["---"] * 7)]
    for step in procedure:
        frm = "、".join(s.label for s in sorted(step.frm, key=lambda state: order[state]))
        out.append(_row(step.label, f"`{step.name}`", step.by_whom, frm, step.to.label if step.to else "不变", _asks(step), _needs(step, fields)))
    return [*out, ""]


def _asks(step: Step) -> str:
    return "；".join(words_of(guard) for guard in step.guards) or "—"


def words_of(asking: Any) -> str:
    """What a guard asks (`kit.steps.asks`)."""
    return str(asking.asks)


def _needs(step: Step, fields: Mapping[str, Any]) -> str:
    return "、".join(fields[need.rstrip("?")].label + ("（可不填）" if need.endswith("?") else "") for need in step.needs) or "—"
