"""What a case is to the procedure: the facts that guards and checks read. Frozen, pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from minsheng.cases.rules.callback import Party
from minsheng.cases.rules.marks import Marks
from minsheng.cases.rules.states import Ask, Kind, State, TaskKind, TaskState

MAX_EXTENSIONS = 2  # rulings, 3
EVIDENCE = (("answer", "答复及其依据"), ("field", "到场记录"), ("photo", "到场记录和照片"),
            ("position", "到场记录、照片和位置"), ("none", "不要求"))  # of a matter (rulings, 12)
FIELD_EVIDENCE, PHOTO_EVIDENCE = frozenset({"field", "photo", "position"}), frozenset({"photo", "position"})
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
class Lead:
    """The unit that has the order, how it came there, and whether it is late."""

    unit: int = 0
    holder: int = 0  # the unit whose people act: the lead, or the unit that it was merged into
    path: tuple[int, ...] = ()  # from the root to it
    bound: frozenset[int] = frozenset()  # units that a ruling names: they may not return
    released: frozenset[int] = frozenset()  # units whose return was upheld: not to be sent there again
    sent_by: int = 0  # who dispatched it, the last time, and when
    sent_at: datetime | None = None
    is_late_to_sign: bool = False
    is_overdue: bool = False
    body: tuple[int, ...] = ()  # of a section: it, and the unit that it is a section of


@dataclass(frozen=True, slots=True)
class Reply:
    """What the unit has done towards its reply in this round."""

    contacted: bool = False
    contact_waived: bool = False
    field_record: bool = False
    photo: bool = False
    position: str = ""  # how it fits (`places.Fit`); "": the visit was written down without one
    by: int | None = None  # who drafted it; None: nobody yet

    @property
    def is_drafted(self) -> bool:
        return self.by is not None


@dataclass(frozen=True, slots=True)
class CallBack:
    """Whom to call back, and who calls."""

    parties: tuple[Party, ...] = ()  # the case's own requester first; at call-back only
    clerks: frozenset[int] = frozenset()  # whom the system handed this round's call-back to
    mine: Party | None = None  # the call-back of the case's own requester, wherever it is handled
    rated: str = ""  # what the requester said on the net


@dataclass(frozen=True, slots=True)
class Requests:
    """What waits for a ruling, and who asked (0: unknown)."""

    pending: Mapping[Ask, int] = field(default_factory=dict)
    proposed_path: tuple[int, ...] = ()  # of the unit that a return proposes
    extensions: int = 0  # granted so far


@dataclass(frozen=True, slots=True)
class Restriction:
    """Is the case restricted, and who reads it (rulings, 31)?"""

    on: bool = False
    readers: frozenset[int] = frozenset()
    unconfirmed: bool = False  # it restricted itself; a shift leader has still to confirm


@dataclass(frozen=True, slots=True)
class Complaint:
    """The unit complained of (rulings, 30)."""

    unit: int = 0
    line: frozenset[int] = frozenset()  # every unit that it is, was or has become, with all below
    about_hotline: bool = False  # the centre lies in that line
    outside_panel: int = 0  # the unit that hears complaints about the hotline; 0: none is named


@dataclass(frozen=True, slots=True)
class Merge:
    """The case among those handled together."""

    master: int = 0
    order_state: State | None = None  # of the order that is handled, when this case is merged into it
    before: State | None = None  # where the case stood when it was merged
    count: int = 0  # cases merged into this one
    left: bool = False  # the case's own requester has withdrawn; others merged into it stay


@dataclass(frozen=True, slots=True)
class AtDesk:
    """Of leader days: the desk where the call was taken, and the leader whose desk it was. 0: none."""

    id: int = 0
    leader: int = 0


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """All that guards may know of a case. Units, people and cases by id."""

    id: int
    state: State
    kind: Kind = Kind.OTHER
    lead: Lead = Lead()
    reply: Reply = Reply()
    callback: CallBack = CallBack()
    requests: Requests = Requests()
    restriction: Restriction = Restriction()
    complaint: Complaint = Complaint()
    merge: Merge = Merge()
    desk: AtDesk = AtDesk()
    urgent: bool = False
    alarm: bool = False  # words of danger came after the case was made, and nobody has looked yet
    sealed: bool = False
    agent: int = 0
    asked_more: bool = False  # sent back, it or the order that it is merged into, and its requesters are asked for more
    category: str = ""
    no_push_down: bool = False
    evidence: str = "answer"
    received_at: datetime | None = None
    submitted_at: datetime | None = None  # the last time
    is_office_time: bool = True
    returns: int = 0
    redos: int = 0
    statutory: bool = False
    excluded: bool = False
    imported: bool = False
    erased: bool = False
    marks: Marks = Marks()  # what other steps left for it, as it lies in the row
    did: Mapping[str, frozenset[int]] = field(default_factory=dict)  # a step that is judged later -> who has taken it here
    tasks: tuple[TaskFacts, ...] = ()
    task: TaskFacts | None = None  # the one that a step on a task is about
    now: datetime | None = None

    def doers(self, step: str) -> frozenset[int]:
        """Who has taken that step on this case, whatever their role was then."""
        waiting = {by for ask, by in self.requests.pending.items() if step == f"ask_{ask.value}" and by}
        return self.did.get(step, frozenset()) | waiting


def is_problem(returns: int, redos: int) -> bool:
    """疑难工单: three upheld returns or three redos (rulings, 7)."""
    return returns >= PROBLEM_AT or redos >= PROBLEM_AT
