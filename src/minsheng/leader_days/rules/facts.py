"""What the guards may know of a scheme, a period, a commitment. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from minsheng.leader_days.rules.states import CommitmentState, PeriodState, SchemeState


@dataclass(frozen=True, slots=True)
class SchemeFacts:
    state: SchemeState
    drafters: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class DeskFacts:
    id: int
    unit: int
    leader: int
    starts: datetime
    ends: datetime

    def meets(self, other: DeskFacts) -> bool:
        """Are both at one time?"""
        return self.starts < other.ends and other.starts < self.ends


@dataclass(frozen=True, slots=True)
class PeriodFacts:
    id: int
    state: PeriodState
    at: datetime
    drafters: tuple[int, ...] = ()
    desks: tuple[DeskFacts, ...] = ()
    scheme_issued: bool = False
    waiting: int = 0  # commitments without an end
    meetings: int = 0  # meetings whose rulings are not carried out
    signups: int = 0  # topics handed in that nobody has answered, rung or passed on
    talking: bool = False  # a call is being taken at one of its desks
    absent: frozenset[int] = frozenset()  # desks to come whose leader has left, or is no leader any more

    @property
    def starts(self) -> datetime | None:
        return min((desk.starts for desk in self.desks), default=None)

    @property
    def takes_calls(self) -> bool:
        """It was announced, its first desk has begun, and nobody has summed it up yet."""
        return self.state in {PeriodState.ANNOUNCED, PeriodState.HELD} and self.starts is not None and self.starts <= self.at


@dataclass(frozen=True, slots=True)
class CommitmentFacts:
    """period, desk: as they are when it is made. `owner_path`: the ids from the root to its unit; `owner_line`: that unit as one that is
    complained of: itself, what it was and has become, what lies below (rulings, 30)."""

    id: int
    state: CommitmentState
    today: date
    period: PeriodFacts
    desk: DeskFacts | None = None
    owner: int = 0
    owner_path: tuple[int, ...] = ()
    owner_line: frozenset[int] = frozenset()
    due: date | None = None
    done_on: date | None = None
    waiting: str = ""  # what was asked and is not ruled: extension, withdrawal
    asked_by: int = 0
    asked_day_works: bool = True  # is the date that was asked for a working day, as the calendar stands now?
    drafted_by: int = 0  # of the public part that waits for its signature
    case_closed_to_public: bool = False  # restricted, or secrecy was asked
    stage: str = ""  # of its reminders, that it has come to today (`rules.reminding`), and the last that was said of the date that holds
    told: str = ""
