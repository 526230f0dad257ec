"""What the page of a subject on `kit.stepped` shows: the subject, the steps of its reader, what was done to it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from minsheng.kit.step_fields import Field
from minsheng.kit.steps import Procedure, Step, verdict
from minsheng.kit.templatetags.show import day
from minsheng.kit.verdict import Verdict

_TOLD = {"text", "long", "day"}  # kinds of fields that a line of the history shows


@dataclass(frozen=True)
class SubjectPage:
    """`files`: what hangs on it (`files.step_files.Hung`); `more`: what its own template shows beside."""

    subject: Any
    steps: list[tuple[Step, Verdict]]
    history: list[dict]
    more: dict[str, Any] = field(default_factory=dict)
    files: list[Any] = field(default_factory=list)


def steps(procedure: Procedure, known: Any, by: Any) -> list[tuple[Step, Verdict]]:
    """Those of the reader's roles where the subject stands, each with what bars it."""
    return [(step, verdict(step, known, by)) for step in procedure if step.fits(by) and known.state in step.frm]


def history(rows: Any, words: Any, subject_id: int, procedure: Procedure, fields: Mapping[str, Field], without: Container[str] = (),
            shut: bool = False, names: Mapping[str, Mapping[str, str]] | None = None) -> list[dict]:
    """Who took which step when, with its words and dates, the newest first; `without` these steps, `shut`: without erasable words.
    `names`: of fields that hold a code of the city's data, what each code is called.

    Two statements, one when it is shut or the subject has none that may be erased (`words` None).
    """
    said = {} if shut or words is None else {row.step_id: row.words for row in words.objects.filter(subject_id=subject_id)}
    found = []
    for row in rows.objects.filter(subject_id=subject_id).order_by("-seq"):
        if row.step in without:
            continue
        step, told = procedure.get(row.step), row.given | said.get(row.id, {})
        shown = [n for n in (step.fields if step else told) if n in told and n in fields and fields[n].kind in _TOLD]
        found.append({"at": row.at, "title": step.label if step else row.step, "who": row.by_name,
                      "text": "\n".join(f"{fields[n].label}：{_said(fields[n], (names or {}).get(n, {}).get(str(told[n]), told[n]))}" for n in shown)})
    return found


def _said(of: Field, value: Any) -> str:
    """A date as every page says it."""
    try:
        return day(date.fromisoformat(value)) if of.kind == "day" else str(value)
    except (TypeError, ValueError):
        return str(value)
