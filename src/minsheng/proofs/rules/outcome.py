"""What became of a case as far as it was known at a moment, in the codes of a leaf, and in which sets of the measures it is counted. Pure.

Whoever counts otherwise changes the measures; a test holds that the sets here are those behind the published figures.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from minsheng.cases.rules import Satisfaction, State
from minsheng.measures.leads_of_case import Former

NONE = "none"
ENDED = frozenset(s for s in State if not s.is_open and s is not State.START)  # decided: what became of it can be said
_ORDER_DONE = frozenset({State.CLOSED, State.TERMINATED, State.FINAL_REPLIED})
_DONE = _ORDER_DONE | {State.DIRECT_ANSWERED}
_NOT_ACCEPTED = frozenset({State.DECLINED, State.TRANSFERRED, State.SPLIT})
_NO_ORDER = frozenset({State.MERGED, State.WITHDRAWN})
COUNTED = ("answered_online", "answered_satisfaction", "answered_solved", "closed", "completed", "contact_confirmed", "contact_due", "declined",
           "handle_due", "handled_in_time", "received", "satisfied", "solved", "to_complete", "transferred")  # all sets that a leaf may name
_ASKED = frozenset({"record_callback", "answer_callback", "from_merged"})


@dataclass(frozen=True, slots=True)
class Taken:
    """One step as far as an outcome needs it. `known`: when we were told."""

    case_id: int
    step: str
    to: str
    known: datetime
    given: Any = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Round:
    """A round of handling: its limits and what was met of them."""

    lead: int | None = None
    contact_due: datetime | None = None
    contacted_at: datetime | None = None
    typed_at: datetime | None = None
    waived_at: datetime | None = None
    handle_due: datetime | None = None
    replied_at: datetime | None = None
    contacted: bool | None = None  # as the requester said
    excluded: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """A case at a moment. `own`: its steps; `heard`: what was said for its requester on orders that it is merged into.

    rounds   in order; the last is the one in hand
    former   leads that it was taken from
    answers  brought in with a case from elsewhere: (solved, satisfaction)
    """

    case_id: int
    own: Sequence[Taken]
    heard: Sequence[Taken] = ()
    rounds: Sequence[Round] = ()
    former: Sequence[Former] = ()
    undated: bool = False
    answers: tuple[bool | None, str] | None = None


def state_of(known: Known) -> State:
    return State(known.own[-1].to) if known.own else State.START


def outcome(known: Known) -> dict[str, str] | None:
    """The codes of a leaf; None while nothing is decided. What was decided and is open again: its state is `open`."""
    state = state_of(known)
    if not any(State(one.to) in ENDED for one in known.own):
        return None
    heard = _by_round(known)
    answers = list(heard.values()) or ([known.answers] if known.answers is not None else [])
    ended = next((one.known for one in reversed(known.own) if State(one.to) in ENDED), None) if state in ENDED else None
    rounds = _rounds(known, state, ended)
    return {
        "state": state.value if state in ENDED else "open",
        "solved": _row(_yes(solved) for solved, _ in answers),
        "satisfied": _row(_satisfied(said) for _, said in answers),
        "contacted": _row(_contacted(one) for one in rounds),
        "on_time": _row(_on_time(one, state, ended, n == len(rounds) - 1) for n, one in enumerate(rounds)),
        "counted": _listed(_counted(known, state, ended, _that_count(known, heard), rounds)),
    }


def _row(words: Iterable[str]) -> str:
    """A word a round."""
    return ",".join(words) or NONE


def _listed(counts: Counter[str]) -> str:
    return ",".join(code if n == 1 else f"{code}*{n}" for code, n in sorted(counts.items()) if n) or NONE


def _yes(said: bool | None) -> str:
    return NONE if said is None else "yes" if said else "no"


def _satisfied(said: str) -> str:
    return NONE if not said else "yes" if _is_satisfied(said) else "no"


def _is_satisfied(said: str) -> bool:
    return said in {s.value for s in Satisfaction} and Satisfaction(said).counts


# --- answers, round by round ------------------------------------------------------------


def _calls(known: Known) -> list[Taken]:
    """Calls and answers of this requester: on the own case, and on orders that it is or was merged into."""
    rows = [one for one in (*known.own, *known.heard) if one.step in _ASKED and (one.step == "record_callback" or one.given.get("outcome"))]
    return sorted((one for one in rows if one.given.get("party", one.case_id) == known.case_id), key=lambda one: one.known)


Said = tuple[bool | None, str]


def _by_round(known: Known) -> dict[tuple[int, int], Said]:
    """(solved, satisfaction) of each round in which the requester was called, the last answer of each: by order and round."""
    found: dict[tuple[int, int], Said] = {}
    for one in _calls(known):
        key = (one.case_id, int(one.given.get("round") or 0))
        solved, said = found.get(key, (None, ""))
        found[key] = (one.given["solved"] if isinstance(one.given.get("solved"), bool) else solved, one.given.get("satisfaction") or said)
    return found


def excluded_rounds(own: Iterable[Taken]) -> set[int]:
    """An exclusion counts for the round that it was granted in (rulings, 29)."""
    found, n = set(), 0
    for one in own:
        n += one.step == "order_redo"
        if one.step == "grant_exclusion":
            found.add(n)
    return found


def _that_count(known: Known, heard: Mapping[tuple[int, int], Said]) -> list[Said]:
    out = excluded_rounds(known.own)
    if not heard and known.answers is not None:
        return [] if out else [known.answers]
    return [said for (_, n), said in heard.items() if n not in out]


# --- limits, round by round ------------------------------------------------------------


def _rounds(known: Known, state: State, ended: datetime | None) -> list[Round]:
    """Those that a unit had; of a merged case the order counts, of one that is open again its last round is not over."""
    if state is State.MERGED or known.undated:
        return []
    last = len(known.rounds) - 1
    return [one for n, one in enumerate(known.rounds) if one.lead is not None and (n < last or ended)]


def _done(one: Round, state: State, ended: datetime | None, last: bool) -> datetime | None:
    return one.replied_at or (ended if last and state in _ORDER_DONE else None)


def _owed(due: datetime | None, met: datetime | None, state: State, ended: datetime | None, last: bool) -> bool:
    """Was there a limit that was met, or will be past unmet? What had time left when the requester withdrew is owed no more."""
    if due is None or (last and state is State.WITHDRAWN and ended is not None and due >= ended):
        return False
    return met is not None or ended is not None


def _on_time(one: Round, state: State, ended: datetime | None, last: bool) -> str:
    done = _done(one, state, ended, last)
    if one.handle_due is None or not _owed(one.handle_due, done, state, ended, last):
        return NONE
    return _yes(done is not None and done <= one.handle_due)


def _contacted(one: Round) -> str:
    """As the requester said; `unit`: by the record of the unit alone."""
    if one.contacted is not None:
        return _yes(one.contacted)
    return "unit" if one.contacted_at else NONE


def _responded(one: Round, state: State, ended: datetime | None, last: bool) -> str:
    """In time and not denied, by the rules of the official rate: yes, no, or none where no contact was owed."""
    first = min((at for at in (one.contacted_at, one.waived_at) if at), default=None)
    waived = one.waived_at is not None and one.contact_due is not None and one.waived_at <= one.contact_due
    if one.contact_due is None or waived or not _owed(one.contact_due, first, state, ended, last):
        return NONE
    claimed = one.contacted_at is not None and one.contacted_at <= one.contact_due
    in_time = claimed and ((one.typed_at or one.contacted_at) <= one.contact_due or one.contacted is True)  # type: ignore[operator]
    return _yes(in_time and one.contacted is not False)


# --- sets of the measures ------------------------------------------------------------


def _counted(known: Known, state: State, ended: datetime | None, answers: list[Said], rounds: list[Round]) -> Counter[str]:
    if known.undated:
        return Counter()
    found = Counter(_of_order(state, known))
    found["answered_solved"] = sum(solved is not None for solved, _ in answers)
    found["solved"] = sum(solved is True for solved, _ in answers)
    found["answered_satisfaction"] = sum(bool(said) for _, said in answers)
    found["satisfied"] = sum(_is_satisfied(said) for _, said in answers)
    for n, one in enumerate(rounds):
        last = n == len(rounds) - 1
        if one.excluded:
            continue
        for code, said in (("handle", _on_time(one, state, ended, last)), ("contact", _responded(one, state, ended, last))):
            found[f"{code}_due"] += said != NONE
            found[_KEPT[code]] += said == "yes"
    for code, said in _of_former(known, state, ended):
        found[f"{code}_due"] += 1
        found[_KEPT[code]] += said == "yes"
    return found


_KEPT = {"handle": "handled_in_time", "contact": "contact_confirmed"}


def _of_former(known: Known, state: State, ended: datetime | None) -> Iterator[tuple[str, str]]:
    """(limit, was it kept) of what leads owed that have the case no more."""
    for one in known.former if state is not State.MERGED else ():
        after = known.rounds[one.n] if one.n < len(known.rounds) else Round()
        next_due = after.handle_due if after.lead is not None else None
        for limit, due, said in one.owed(next_due.astimezone(UTC).isoformat() if next_due else None):
            at = datetime.fromisoformat(due)
            left = state is State.WITHDRAWN and ended is not None and at >= ended
            if limit in _KEPT and not left and not one.of.get("excluded") and not _by(said.get("waived_at"), at):
                yield limit, _yes(_by(said["met_at"], at) and _by(said.get("typed_at") or said["met_at"], at))


def _by(written: str | None, due: datetime) -> bool:
    return bool(written) and datetime.fromisoformat(str(written)) <= due


def _is_excluded(known: Known) -> bool:
    """Is the round in hand?"""
    return sum(one.step == "order_redo" for one in known.own) in excluded_rounds(known.own)


def _of_order(state: State, known: Known) -> list[str]:
    if state in (State.DECLINED, State.TRANSFERRED):
        return [state.value]
    found = [] if state in _NOT_ACCEPTED else ["received"]
    if state is State.DIRECT_ANSWERED:
        found.append("answered_online")
    if state in _ORDER_DONE:
        found.append("closed")
    if state not in _NOT_ACCEPTED | _NO_ORDER and not _is_excluded(known):
        found += ["to_complete"] + (["completed"] if state in _DONE else [])
    return found
