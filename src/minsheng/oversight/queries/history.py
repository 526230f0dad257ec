"""What was done to a subject of this room, as its page shows it."""

from __future__ import annotations

from collections.abc import Container, Mapping
from typing import Any

from minsheng.kit.step_fields import Field
from minsheng.kit.steps import Procedure


def of(rows: Any, words: Any, subject_id: int, procedure: Procedure, fields: Mapping[str, Field], without: Container[str] = ()) -> list[dict]:
    """Who took which step when, with the words of it, the newest first; `without` these. Two statements."""
    said = {row.step_id: row.words for row in words.objects.filter(subject_id=subject_id)}
    found = []
    for row in rows.objects.filter(subject_id=subject_id).order_by("-seq"):
        if row.step in without:
            continue
        step, spoken = procedure.get(row.step), said.get(row.id, {})
        official = {n: v for n, v in row.given.items() if n in fields and fields[n].is_words}
        text = "\n".join(f"{fields[n].label}：{v}" for n, v in (official | spoken).items() if n in fields)
        found.append({"at": row.at, "title": step.label if step else row.step, "who": row.by_name, "text": text})
    return found
