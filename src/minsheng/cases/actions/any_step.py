"""Any step by its name, for callers that do not know which ones make cases or bring files: the API and the step bar.

The door itself stays `actions.take_step`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.cases import actions, queries
from minsheng.cases.models import CaseStep
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.files import actions as files
from minsheng.files.models import StoredFile
from minsheng.kit.verdict import Invalid


@dataclass(frozen=True)
class Taken:
    """The step, the cases that it made (split, reopen), the files that came with it."""

    step: CaseStep
    made: tuple[actions.Created, ...] = ()
    files: tuple[StoredFile, ...] = ()


@transaction.atomic
def take(*, case_id: int, step: str, by: Actor, given: Mapping | None = None, uploads: Iterable[tuple[str, bytes]] = ()) -> Taken:
    """Take `step`; `uploads` are (name, content), kept and named in the field of files that the step has, all in one transaction."""
    values = dict(given or {})
    kept = keep(case_id=case_id, by=by, uploads=uploads)
    if kept:
        name = _field_for_files(step)
        before = values.get(name) or []
        values[name] = [*(before if isinstance(before, list) else [before]), *(f.id for f in kept)]
    if step == "split":
        made = _split(case_id, by, values)
    elif step == "reopen":
        made = (actions.reopen_linked(case_id=case_id, by=by, **_of_reopening(values)),)
    else:
        return Taken(actions.take_step(case_id=case_id, step=step, by=by, given=values), (), kept)
    row = CaseStep.objects.filter(case_id=case_id, id__gte=case_id, step=step).latest("seq")
    return Taken(row, made, kept)


@transaction.atomic
def keep(*, case_id: int, by: Actor, uploads: Iterable[tuple[str, bytes]]) -> tuple[StoredFile, ...]:
    """Bytes for a case that `by` may see; a step of the same person then takes them by id."""
    uploads = list(uploads)
    if uploads:
        queries.get(case_id, by)
    return tuple(files.store(content=content, name=name, by=by) for name, content in uploads)


def _field_for_files(step: str) -> str:
    row = PROCEDURE.get(step)
    name = next((n for n in row.fields if n in {"files", "document"}), "") if row else ""
    if not name:
        raise Invalid({"file": "本步骤不附文件"})
    return name


def _split(case_id: int, by: Actor, values: dict) -> tuple[actions.Created, ...]:
    if unknown := sorted(set(values) - {"parts", "reason"}):
        raise Invalid({n: f"本步骤不需要“{n}”" for n in unknown})
    parts = values.get("parts") if isinstance(values.get("parts"), list) else []
    cases = actions.split_case(case_id=case_id, by=by, parts=parts, reason=str(values.get("reason") or ""))
    return tuple(actions.Created(case, "") for case in cases)


def _of_reopening(values: dict) -> dict:
    """reason, and the new fact: narrative; title, kind, category, place where they differ from the old case."""
    allowed = {"reason", "narrative", "title", "kind", "category", "place"}
    if unknown := sorted(set(values) - allowed):
        raise Invalid({n: f"本步骤不需要“{n}”" for n in unknown})
    if not str(values.get("narrative") or "").strip():
        raise Invalid({"narrative": "请写明新的情况"})
    return {"reason": str(values.get("reason") or ""), **{n: str(v) for n, v in values.items() if n != "reason"}}


@transaction.atomic
def draft_and_sign(*, case_id: int, by: Actor, given: Mapping) -> CaseStep:
    """A small unit whose handler is also its head: draft and signature in one go, or neither. Both stand in the history."""
    actions.take_step(case_id=case_id, step="draft_reply", by=by, given=given)
    return actions.take_step(case_id=case_id, step="reply", by=by)
