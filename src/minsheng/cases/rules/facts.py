"""What a case is to the procedure: the facts that guards and checks read. Frozen, pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from minsheng.cases.rules.callback import Party
from minsheng.cases.rules.states import Ask, Kind, State, TaskKind, TaskState

MAX_EXTENSIONS = 2  # rulings, 3
EVIDENCE = (("answer", "答复及其依据"), ("field", "到场记录"), ("photo", "到场记录和照片"), ("none", "不要求"))  # of a matter (rulings, 12)
PROBLEM_AT = 3  # upheld returns or redos (rulings, 7)


@dataclass(frozen=True, slots=True)
class TaskFacts:
    id: int
    kind: TaskKind
    unit: int
    unit_path: tuple[int, ...]
    state: TaskState
    given_by_unit: int


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """All that guards may know of a case. Unit ids; `lead_path` from the root to the lead."""

    id: int
    state: State
    kind: Kind = Kind.OTHER
    urgent: bool = False
    sealed: bool = False
    restricted: bool = False
    readers: frozenset[int] = frozenset()
    unconfirmed: bool = False  # restricted by itself; a shift leader has still to confirm (rulings, 31)
    alarm: bool = False  # words of danger came after the case was made, and nobody has looked yet
    agent: int = 0
    category: str = ""
    no_push_down: bool = False
    evidence: str = "answer"
    missing_elements: tuple[str, ...] = ()
    elements_waived: bool = False
    lead: int = 0
    holder: int = 0  # the unit whose people act: the lead, or the unit that the lead was merged into
    lead_path: tuple[int, ...] = ()
    complained: int = 0
    line: frozenset[int] = frozenset()  # every unit that the one complained of is, was or has become, with all below (rulings, 30)
    about_hotline: bool = False  # the centre lies in that line
    outside_panel: int = 0  # the unit that hears complaints about the hotline; 0: none is named
    received_at: datetime | None = None
    bound: frozenset[int] = frozenset()  # units that a ruling names: they may not return
    released: frozenset[int] = frozenset()  # units whose return was upheld: not to be sent there again
    pending: frozenset[Ask] = frozenset()
    asked_by: tuple[tuple[Ask, int], ...] = ()
    proposed_unit_path: tuple[int, ...] = ()
    is_late_to_sign: bool = False
    is_overdue: bool = False
    is_office_time: bool = True
    extensions: int = 0
    returns: int = 0
    redos: int = 0
    has_contact: bool = False
    contact_waived: bool = False
    has_field_record: bool = False
    has_photo: bool = False
    has_article: bool = False
    has_draft_reply: bool = False
    drafted_by: int = 0
    statutory: bool = False
    excluded: bool = False
    decline_confirmed: bool = False
    night_dispatched: bool = False
    night_reviewed: bool = False
    parties: tuple[Party, ...] = ()  # whom to call back, the case's own requester first; at call-back only
    clerks: frozenset[int] = frozenset()  # whom the system handed this round's call-back to
    imported: bool = False
    master: int = 0
    order_state: State | None = None  # of the order that is handled, when this case is merged into it
    merged_count: int = 0
    left: bool = False  # the case's own requester has withdrawn; others merged into it stay
    asked_more: bool = False  # sent back, and the requester is asked for more
    my_party: Party | None = None  # the call-back of the case's own requester, wherever it is handled
    erased: bool = False
    before_merge: State | None = None
    did: Mapping[str, frozenset[int]] = field(default_factory=dict)  # a step that is judged later -> who has taken it here
    tasks: tuple[TaskFacts, ...] = ()
    task: TaskFacts | None = None  # the one that a step on a task is about
    now: datetime | None = None
    submitted_at: datetime | None = None  # the last time
    rated: str = ""  # what the requester said on the net
    sent_by: int = 0  # who dispatched it, the last time, and when
    sent_at: datetime | None = None
    given: dict[str, Any] = field(default_factory=dict)

    def doers(self, step: str) -> frozenset[int]:
        """Who has taken that step on this case, whatever their role was then."""
        waiting = {by for ask, by in self.asked_by if step == f"ask_{ask.value}" and by}
        return self.did.get(step, frozenset()) | waiting


def is_problem(returns: int, redos: int) -> bool:
    """疑难工单: three upheld returns or three redos (rulings, 7)."""
    return returns >= PROBLEM_AT or redos >= PROBLEM_AT
