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
from minsheng.files import queries as known
from minsheng.files.models import StoredFile
from minsheng.kit.uploads import Upload
from minsheng.kit.verdict import Invalid


@dataclass(frozen=True)
class Taken:
    """The step, the cases that it made (split, reopen), the files that came with it."""

    step: CaseStep
    made: tuple[actions.Created, ...] = ()
    files: tuple[StoredFile, ...] = ()


def take(*, case_id: int, step: str, by: Actor, given: Mapping | None = None, uploads: Iterable[tuple[str, bytes]] = (), key: str = "") -> Taken:
    """Take `step`; `uploads` are (name, content), kept in the field of files that the step has, all in one transaction."""
    values, came = dict(given or {}), [Upload(name, content) for name, content in uploads]
    if came:
        name = _field_for_files(step)
        before = values.get(name) or []
        values[name] = [*(before if isinstance(before, list) else [before]), *came]
    row = actions.take_step(case_id=case_id, step=step, by=by, given=values, key=key)
    ids = row.given.get(name, [])[-len(came):] if came else []
    kept = known.many(ids)
    return Taken(row, row.made, tuple(kept[i] for i in ids if i in kept))


def keep(*, case_id: int, by: Actor, uploads: Iterable[tuple[str, bytes]]) -> tuple[StoredFile, ...]:
    """Bytes for a case that `by` may see; a step of the same person then takes them by id, within a day (`sweeping`)."""
    uploads = list(uploads)
    if uploads:
        queries.get(case_id, by)
    prepared = [files.prepare(content=content, name=name) for name, content in uploads]
    with transaction.atomic():
        return tuple(files.keep(prepared=one, by=by) for one in prepared)


def _field_for_files(step: str) -> str:
    row = PROCEDURE.get(step)
    name = next((n for n in row.fields if n in {"files", "document"}), "") if row else ""
    if not name:
        raise Invalid({"file": "本步骤不附文件"})
    return name


@transaction.atomic
def amend_and_submit(*, case_id: int, by: Actor, given: Mapping, key: str = "") -> CaseStep:
    """What came back to its agent goes out again in one press: amended and submitted, or neither. Both stand in the history."""
    actions.take_step(case_id=case_id, step="amend", by=by, given=given, key=key and f"{key}:amend")
    return actions.take_step(case_id=case_id, step="submit", by=by, key=key and f"{key}:submit")


@transaction.atomic
def draft_and_sign(*, case_id: int, by: Actor, given: Mapping, key: str = "") -> CaseStep:
    """A small unit whose handler is also its head: draft and signature in one go, or neither. Both stand in the history."""
    actions.take_step(case_id=case_id, step="draft_reply", by=by, given=given, key=key and f"{key}:draft")
    return actions.take_step(case_id=case_id, step="reply", by=by, key=key and f"{key}:sign")
