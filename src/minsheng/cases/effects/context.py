"""A step being taken on a case, and the table of what steps write beside their own row; the files of this package fill it."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from minsheng.accounts.rules import Actor
from minsheng.cases.effects import case_text
from minsheng.cases.models import Case, CaseFile, CaseStep
from minsheng.cases.rules import CaseFacts
from minsheng.cases.rules.masking import NOBODY, Known
from minsheng.files import queries as files
from minsheng.files.models import StoredFile
from minsheng.kit import engine
from minsheng.kit.verdict import Invalid


@dataclass(frozen=True)
class Created:
    """A new case. `code` is its query code, shown once; another one when `replayed`: the key was used before, this is the case it made."""

    case: Case
    code: str
    replayed: bool = False


@dataclass
class Deed(engine.Deed[Case]):
    """A step being taken on a case.

    asks    who is masked in its words; None: all who ask in the case
    files   those that it names, by id
    people  who is masked in what it changes
    """

    facts: CaseFacts
    asks: Known | None = None
    files: Mapping[int, StoredFile] = field(default_factory=dict)
    people: Known = NOBODY

    @property
    def case(self) -> Case:
        return self.subject

    @property
    def cases(self) -> Mapping[int, Case]:
        """All that the step touches, locked: by id."""
        return self.held


E = TypeVar("E", bound=Callable[["Deed"], object])
EFFECTS: dict[str, Callable[[Deed], object]] = {}
BEFORE: dict[str, tuple[Callable[[Deed], object], ...]] = {}  # what is asked or done in the database first: effects ask nothing
FOLLOWS: dict[str, Callable[[Deed], None]] = {}  # steps that another case hears of: filled by `actions.merged`
REPEATS: dict[str, Callable[[CaseStep], None]] = {}  # what a lost answer told once is told anew: filled by `actions.create`
MAKES: dict[str, Callable[[Deed], list[Created]]] = {}  # steps that make cases: filled by `actions.from_cases`


def effect(*names: str, before: tuple[Callable[[Deed], object], ...] = ()) -> Callable[[E], E]:
    """The effect of these steps. It asks the database nothing; what it needs from there is asked by `before`."""
    def keep(f: E) -> E:
        for name in names:
            EFFECTS[name] = f
            BEFORE[name] = (*BEFORE.get(name, ()), *before)
        return f

    return keep


def files_of(deed: Deed) -> list[int]:
    return [*deed.values.get("files", []), *deed.values.get("document", [])]


def keep_files(deed: Deed, slot: str) -> list[StoredFile]:
    """What the step brought hangs on the case. The door has looked the files up."""
    ids = files_of(deed)
    if not ids:
        return []
    kept = [deed.files[i] for i in ids]
    deed.new += case_text.hang(deed.case.id, kept, step_id=deed.row.id, slot=slot, at=deed.at, people=deed.people)
    return kept


def own_files(ids: Sequence[int], by: Actor, case_id: int) -> list[StoredFile]:
    """The files, in order; Invalid for a strange one."""
    if sentence := strange_files(ids, by, case_id):
        raise Invalid({"files": sentence})
    known = files.many(list(ids)) if ids else {}
    return [known[i] for i in ids]


def strange_files(ids: Sequence[int], by: Actor, case_id: int) -> str:
    """"" when each file was uploaded by the same person and hangs on no other case: an id is not a key to foreign files."""
    if not ids:
        return ""
    known = files.many(list(ids))
    foreign = CaseFile.objects.filter(file__in=ids).exclude(case_id=case_id).exists()
    strange = foreign or any(i not in known or known[i].by_id != by.id or known[i].erased_at for i in ids)
    return "附件不存在或不是您上传的，请重新上传" if strange else ""
