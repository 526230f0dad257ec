"""Files that come with the steps of a subject on `kit.stepped`: looked at and cleaned before anything is locked, kept with the step or not
at all, sealed in its row by number and digest. They hang on nothing else: who sees the subject sees them, and they go with its words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from minsheng.files import actions, queries
from minsheng.files.models import StoredFile
from minsheng.kit import clock
from minsheng.kit.engine import Deed
from minsheng.kit.stepped import SteppedKind
from minsheng.kit.stepped_rows import Stepped
from minsheng.kit.steps import Step, verdict
from minsheng.kit.uploads import Upload, has_uploads
from minsheng.kit.verdict import Invalid, Refused, no

FIELD, KIND = "files", "step"
S = TypeVar("S", bound=Stepped)


@dataclass
class _Brought:
    """`kept`: digests of what was written to the disk since."""

    prepared: dict[Upload, actions.Prepared] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)


class WithFiles(SteppedKind[S]):
    """A kind whose steps may name the field `files` (`kit.step_fields`, of kind "files")."""

    def shown_name(self, subject: S, name: str) -> str:
        """What a file is called for all who may see it."""
        return name

    def bring(self, id_: int, step: Step, by: Any, given: dict[str, Any]) -> _Brought:
        """Looked at only for who may take the step; why others may not is said where the subject is held."""
        brought, given_files = _Brought(), given.get(FIELD)
        if FIELD in step.fields and has_uploads(given_files) and self._may(id_, step, by):
            brought.prepared = {one: _prepared(one) for one in given_files or () if isinstance(one, Upload)}
        return brought

    def _may(self, id_: int, step: Step, by: Any) -> bool:
        subject = self.model._default_manager.filter(id=id_).first()
        if subject is None:
            return False
        self.attach([subject])
        facts = self.facts(subject, clock.now())
        return bool(self.sees(facts, by)) and bool(verdict(step, facts, by))

    def receive(self, deed: Deed[S]) -> None:
        """Uploads become rows; what was written to the disk is noted, so that a refusal further on takes it away again."""
        for one in deed.values.get(FIELD, ()):
            self._keep(deed, one)
        if FIELD in deed.values:
            deed.values[FIELD] = deed.found.pop(FIELD)

    def _keep(self, deed: Deed[S], one: Upload) -> None:
        prepared = deed.brought.prepared.get(one) or _prepared(one)
        deed.brought.kept.append(prepared.sha256)
        row = actions.keep(prepared=prepared, by=deed.by, kind=KIND)
        if (shown := self.shown_name(deed.subject, row.name)) != row.name:
            row.name = shown
            row.save(update_fields=["name"])
        deed.found.setdefault(FIELD, []).append([row.id, row.sha256])

    def drop(self, brought: _Brought) -> None:
        actions.drop_unkept(brought.kept)

    def broken_beside(self, subject: S, rows: Iterable[Any]) -> Iterator[str]:
        sealed = {id_: sha256 for row in rows for id_, sha256 in row.given.get(FIELD, ())}
        known = queries.many(list(sealed)) if sealed else {}
        for id_, sha256 in sealed.items():
            if id_ not in known or known[id_].sha256 != sha256:
                yield f"附件 {id_} 不是步骤中所封存的"
            elif (known[id_].erased_at is not None) != self.is_erased(subject):
                yield f"附件 {id_} 已删除而没有依法删除的记录" if known[id_].erased_at else f"附件 {id_} 应已依法删除"


def _prepared(one: Upload) -> actions.Prepared:
    try:
        return actions.prepare(content=one.content, name=one.name)
    except Invalid as wrong:
        raise Invalid({FIELD: f"“{one.name[:40]}”：{wrong.errors['file']}"}) from wrong


@dataclass(frozen=True, slots=True)
class Hung:
    """A file as the page of its subject shows it; erased ones are not shown."""

    file: StoredFile
    at: datetime
    step: str

    @property
    def name(self) -> str:
        """Masked when it was kept (`WithFiles.shown_name`)."""
        return self.file.name


def hung(rows: Any, subject_id: int) -> list[Hung]:
    """Of the subject whose steps lie in the model `rows`, in the order of its steps. At most two statements."""
    sealed = [(id_, row.at, row.step) for row in rows.objects.filter(subject_id=subject_id, given__has_key=FIELD).order_by("seq")
              for id_, _ in row.given[FIELD]]
    known = queries.many([id_ for id_, _, _ in sealed]) if sealed else {}
    return [Hung(known[id_], at, step) for id_, at, step in sealed if id_ in known and known[id_].erased_at is None]


def opened(rows: Any, subject_id: int, file_id: int) -> tuple[StoredFile, Any]:
    """(row, open bytes). Whether the reader may see the subject was asked before. Refused: the subject has no such file, or it is damaged."""
    found = next((one.file for one in hung(rows, subject_id) if one.file.id == file_id), None)
    if found is None:
        raise Refused(no("hidden", "没有这个附件，或已依法删除"))
    try:
        return found, queries.open_whole(found)
    except queries.Missing as gone:
        raise Refused(no("missing", str(gone))) from gone


def take_away(rows: Any, subject_ids: Iterable[int], by: Any) -> None:
    """A lawful erasure: bytes and names of what hangs on these subjects. The digests stay in their histories."""
    given: Iterable[Mapping[str, Any]] = rows.objects.filter(subject_id__in=list(subject_ids), given__has_key=FIELD).values_list("given", flat=True)
    for file in queries.many([id_ for one in given for id_, _ in one[FIELD]]).values():
        if file.erased_at is None:
            actions.erase(file=file, by=by)
