"""The clocks of a case as rows: read once for a step, changed in memory by `rules.clocks`, written back together.

Called inside the door's transaction; what reads (`city_calendar`, `due_by`, `would`) writes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import fields
from datetime import date, datetime
from typing import Any

from django.conf import settings

from minsheng.calendar import queries as calendar
from minsheng.calendar import rules as time_rules
from minsheng.calendar.rules import Limit
from minsheng.cases.models import Case, CaseClock
from minsheng.cases.rules import Ask, Kind, State
from minsheng.cases.rules.clocks import LABELS, ClockRow, Clocks, Terms, fingerprint  # noqa: F401  (asked for at one door)
from minsheng.cases.rules.clocks import replay as _replay
from minsheng.kit.copy_rows import twin
from minsheng.kit.prepared_rows import PreparedRows

_KEPT = tuple(f.name for f in fields(ClockRow))
_COLUMN = {"sign": "sign_due_at", "contact": "contact_due_at", "handle": "handle_due_at"}


def city_calendar() -> time_rules.WorkCalendar:
    return calendar.current(settings.CALENDAR)


def local_day(at: datetime) -> date:
    """The day of the city at that moment."""
    return at.astimezone(city_calendar().zone).date()


def local_minute(at: datetime | None) -> str:
    """As a table that leaves has a moment; "" for none."""
    return f"{at.astimezone(city_calendar().zone):%Y-%m-%d %H:%M}" if at else ""


# --- terms ------------------------------------------------------------


def term(case: Case, code: str, at: datetime) -> calendar.LimitRow:
    """The row of the dated table for a clock that starts now; a matter's own row wins."""
    matter = (case.category.limit_matter or case.category.code) if case.category_id and case.category else ""
    name = Kind(case.kind).limit if code == "handle" else code
    return calendar.limit(name, at=at, urgent=case.urgent, matter=matter)


def limit_for(case: Case, code: str, at: datetime) -> tuple[Limit, str]:
    """(limit, basis) of a clock that starts now."""
    row = term(case, code, at)
    return row.limit, row.basis


def due_by(case: Case, code: str, at: datetime) -> datetime:
    """The due date of a limit of the table, without a clock of its own."""
    return time_rules.end_of(at, limit_for(case, code, at)[0], city_calendar())[0]


def _terms(case: Case) -> Terms:
    return Terms(city_calendar(), lambda code, at: term(case, code, at), Kind(case.kind), case.received_at)


# --- the clocks of one case ------------------------------------------------------------


def of(case: Case) -> Clocks:
    """The case's clocks, read once; a case that is made in this transaction has none yet."""
    kept = case.__dict__.get("clocks_in_hand")
    if kept is None:
        rows = [] if case._state.adding else [pure(row) for row in _ROWS(case.id)]
        kept = case.__dict__["clocks_in_hand"] = Clocks(rows, _terms(case))
        case.__dict__["clocks_before"] = {row.id: row for row in rows}
    return kept


def read(deed: Any) -> None:
    """For a step whose effect looks at them."""
    of(deed.case)


_ROWS = PreparedRows(CaseClock.objects.all, "WHERE case_id = %s ORDER BY id")


def shown(case: Case) -> list[CaseClock]:
    """As they are kept, for a page of the case that also asks what a step `would` do to them."""
    case.__dict__["clocks_shown"] = found = _ROWS(case.id)
    return found


def pure(row: CaseClock) -> ClockRow:
    values: dict[str, Any] = {name: tuple(row.shifts) if name == "shifts" else getattr(row, name) for name in _KEPT}
    return ClockRow(**values)


_ClockRow = twin(CaseClock)


def row_of(case: Case, clock: ClockRow) -> CaseClock:
    return _ClockRow(case_id=case.id, **{name: list(clock.shifts) if name == "shifts" else getattr(clock, name) for name in _KEPT})


def made_of(case: Case, rows: Iterable[CaseClock]) -> Clocks:
    """Clocks that were written down from elsewhere (a history brought in, a bench), to be shown like all others."""
    return Clocks([pure(row) for row in rows], _terms(case))


def in_hand(case: Case) -> bool:
    """Were the clocks read for this step?"""
    return "clocks_in_hand" in case.__dict__


def new_rows(case: Case) -> list[CaseClock]:
    """Rows of a case that is not kept yet, for the statement that makes it."""
    return [row_of(case, clock) for clock in of(case).rows]


def written(case: Case) -> tuple[list[CaseClock], list[CaseClock]]:
    """(new rows, changed rows) for the statement that keeps the step; afterwards they are read anew."""
    if not in_hand(case):
        return [], []
    clocks, before = case.__dict__["clocks_in_hand"], case.__dict__["clocks_before"]
    new = [row_of(case, row) for row in clocks.rows if row.id is None]
    changed = [row_of(case, row) for row in clocks.rows if row.id is not None and row != before[row.id]]
    let_go(case)
    return new, changed


def changed(case: Case) -> dict[int, str]:
    """What the clocks are known by that this step started or changed, by their place among those of the case; nothing is read for it."""
    if not in_hand(case):
        return {}
    rows, before = case.__dict__["clocks_in_hand"].rows, case.__dict__["clocks_before"]
    return {place: fingerprint(row) for place, row in enumerate(rows) if row.id is None or row != before[row.id]}


def let_go(case: Case) -> None:
    for name in ("clocks_in_hand", "clocks_before"):
        case.__dict__.pop(name, None)


def show(case: Case, clocks: Clocks) -> None:
    """The columns that lists, boards and figures read: dates of the clocks, and the one that is watched now with its colours."""
    for code, column in _COLUMN.items():
        if row := clocks.last(code):
            setattr(case, column, row.due_at)
    handle = clocks.last("handle")
    case.stands_since = handle.paused_at if handle else None
    row = clocks.watched(State(case.state))
    case.due_at, case.due_code = (row.due_at, row.code) if row else (None, "")
    case.due_limit = row.limit if row else ""
    case.paused = bool(row and not row.runs)
    warn = row.warns(clocks.terms.cal) if row else None
    case.yellow_at, case.red_at = (warn.yellow_at, warn.red_at) if warn else (None, None)


def settle(case: Case, frm: State, at: datetime, why: str) -> None:
    """After a step: the desk's clock is met, what must stand still stands still, all else runs; the columns say so."""
    clocks, state = of(case), State(case.state)
    clocks.leave(frm, state, at)
    clocks.settle(state, set(case.marks.pending), case.statutory, at, why)
    show(case, clocks)


# --- what steps do ------------------------------------------------------------


def start(case: Case, code: str, at: datetime, limit: Limit | None = None, basis: str = "") -> ClockRow:
    """A new clock; an unmet one of the same code becomes void."""
    return of(case).start(code, at, limit, basis)


def meet(case: Case, code: str, at: datetime) -> None:
    of(case).meet(code, at)


def drop(case: Case, *codes: str) -> None:
    """Clocks that have lost their object: they count for nothing."""
    of(case).drop(*codes)


def extend(case: Case, limit: Limit, why: str) -> None:
    of(case).extend(limit, why)


def extension_limit(case: Case, wanted: str | None, at: datetime) -> tuple[Limit, str]:
    """(limit, basis) that an extension grants: as asked, at most that of the table."""
    most, basis = limit_for(case, "extension", at)
    asked = Limit.parse(wanted) if wanted else most
    return (asked if asked.unit == most.unit and asked.amount <= most.amount else most), basis


def sub_deadline(case: Case, at: datetime) -> datetime | None:
    """A task's date when none is named: by the limit of tasks, two working hours before the lead's own at the latest,
    never before now + 1 working hour."""
    cal = city_calendar()
    usual = due_by(case, "subtask", at)
    if case.handle_due_at is None:
        return usual
    before = time_rules.subtract_working(case.handle_due_at, 2 * 3600, cal)
    least = time_rules.due(at, Limit.parse("1wh"), cal).due
    return min(max(min(usual, before), least), case.handle_due_at)


# --- what a step would do ------------------------------------------------------------


def would(case: Case, change: Callable[[Clocks], object], state: State, at: datetime, without: Iterable[Ask] = ()) -> Clocks:
    """The clocks after a step that is not taken: the same functions as the deed, on a copy. Writes nothing.

    without  requests that the step settles
    """
    known = case.__dict__.get("clocks_shown") or _ROWS(case.id)
    clocks = Clocks([pure(row) for row in known], _terms(case))
    change(clocks)
    clocks.leave(State(case.state), state, at)
    pending = set(case.marks.pending) - set(without)
    clocks.settle(state, pending, case.statutory, at, "")
    return clocks


def replay(row: CaseClock, cal: time_rules.WorkCalendar | None = None) -> tuple[time_rules.Due, datetime]:
    """(the first due date with its trace, the due date after every shift) by today's calendar, or by the one given."""
    return _replay(row, cal or city_calendar())
