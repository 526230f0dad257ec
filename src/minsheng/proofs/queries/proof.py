"""The proofs of one case, for its own requester (rulings, 70)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.rules import State
from minsheng.proofs.models import Leaf, Opening
from minsheng.proofs.queries import days
from minsheng.proofs.rules import merkle
from minsheng.proofs.rules.outcome import ENDED
from minsheng.proofs.rules.proof import Proof


@dataclass(frozen=True, slots=True)
class Line:
    """A leaf of the case. `gone`: its salt was lawfully destroyed, and no proof can be given any more. `stands`: the last one."""

    id: int
    day: date
    outcome: dict[str, str]
    gone: bool
    stands: bool


@dataclass(frozen=True, slots=True)
class Counted:
    """`expected`: the day whose tree what has been decided meanwhile will be in; it is published in the night after. None: nothing waits.

    decided  is anything decided at all?
    """

    number: str
    lines: Sequence[Line]
    expected: date | None
    decided: bool


def of_requester(by: Actor) -> Counted:
    """Of the case that the requester opened; Refused("hidden") for anybody else."""
    case = cases.get(by.case_id, by)
    rows = list(Opening.objects.filter(case_id=case.id).select_related("leaf").order_by("-leaf_id"))
    lines = [Line(one.leaf_id, one.leaf.day, one.outcome, not bytes(one.salt), n == 0) for n, one in enumerate(rows)]
    last = days.last()
    decided = State(case.state) in ENDED
    touched = clocks.local_day(case.updated_at)
    return Counted(case.number, lines, touched if decided and (last is None or touched > last.day) else None, decided)


def file_of(by: Actor, leaf_id: int) -> Proof | None:
    """The proof to be kept; None when there is no such leaf of the case, or when it can no longer be given."""
    case = cases.get(by.case_id, by)
    one = Opening.objects.filter(case_id=case.id, leaf_id=leaf_id).select_related("leaf").first()
    if one is None or not bytes(one.salt):
        return None
    hashes = [bytes(found) for found in Leaf.objects.filter(day=one.leaf.day).order_by("index").values_list("hash", flat=True)]
    path = merkle.path_of(hashes, one.leaf.index)
    return Proof(case.number, one.leaf.day, one.outcome, bytes(one.salt), one.leaf.index, len(hashes), tuple(path), merkle.root_of(hashes))
