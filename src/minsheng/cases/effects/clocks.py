"""The clocks of a case: started, paused, moved, met and replayed. Called inside the door's transaction only.

Day 0 is the dispatch step for sign, contact and handling, receipt for consultations (rulings, 1).
"""

from __future__ import annotations

from datetime import datetime

from django.conf import settings

from minsheng.calendar import queries as calendar
from minsheng.calendar import rules as time_rules
from minsheng.calendar.rules import Limit
from minsheng.cases.models import Case, CaseClock
from minsheng.cases.rules import Kind, State

# Which clock is the one that somebody watches in a state; the case's `due_at` is its due date.
OF_STATE = {
    State.PENDING_REVIEW: "review", State.PENDING_SIGN: "sign", State.RETURN_REVIEW: "rule_return", State.IN_PROGRESS: "handle",
    State.PARKED: "park_review", State.PENDING_CHECK: "check", State.PENDING_CALLBACK: "callback",
}
BESIDE = ("statutory", "interim")  # clocks of a statutory procedure: they run while that of handling stands still
_COLUMN = {"sign": "sign_due_at", "contact": "contact_due_at", "handle": "handle_due_at"}
LABELS = {
    "review": "审核派单", "sign": "签收", "contact": "联系诉求人", "handle": "办理", "rule_return": "退单裁定", "check": "办结审核",
    "callback": "回访", "park_review": "挂账复核", "statutory": "法定程序", "interim": "阶段性答复",
}


def city_calendar() -> time_rules.WorkCalendar:
    return calendar.current(settings.CALENDAR)


def limit_for(case: Case, code: str, at: datetime) -> tuple[Limit, str]:
    """(limit, basis) of a clock that starts now, from the dated table; a matter's own limit wins."""
    matter = (case.category.limit_matter or case.category.code) if case.category_id and case.category else ""
    name = Kind(case.kind).limit if code == "handle" else code
    row = calendar.limit(name, at=at, urgent=case.urgent, matter=matter)
    return row.limit, row.basis


def start(case: Case, code: str, at: datetime, limit: Limit | None = None, basis: str = "") -> CaseClock:
    """A new clock; an unmet one of the same code becomes void."""
    CaseClock.objects.filter(case_id=case.id, code=code, met_at=None, void=False).update(void=True)
    return _insert(case, code, at, limit, basis)


def _insert(case: Case, code: str, at: datetime, limit: Limit | None = None, basis: str = "") -> CaseClock:
    clock = made(case, code, at, limit, basis)
    clock.save(force_insert=True)
    return clock


def made(case: Case, code: str, at: datetime, limit: Limit | None = None, basis: str = "") -> CaseClock:
    """A clock that is not saved yet, its due date shown on the case: for a case that is made in this transaction."""
    if limit is None:
        limit, basis = limit_for(case, code, at)
    due = time_rules.due(at, limit, city_calendar())
    clock = CaseClock(case_id=case.id, code=code, started_at=at, limit=str(limit), basis=basis[:200], due_at=due.due,
                      provisional=due.provisional)
    _show(case, clock)
    return clock


def _show(case: Case, clock: CaseClock) -> None:
    if clock.code in _COLUMN:
        setattr(case, _COLUMN[clock.code], clock.due_at)
    if OF_STATE.get(State(case.state)) == clock.code:
        case.due_at = clock.due_at


def _running(case: Case, *codes: str) -> list[CaseClock]:
    rows = CaseClock.objects.filter(case_id=case.id, void=False)
    if codes:
        rows = rows.filter(code__in=codes)
    return list(rows.order_by("id"))


def _read(case: Case, *codes: str) -> list[CaseClock]:
    """As `_running`, for reads: a page that has prefetched the case's clocks asks no more."""
    rows = (clock for clock in case.clocks.all() if not clock.void and (not codes or clock.code in codes))
    return sorted(rows, key=lambda clock: clock.id)


def start_handling(case: Case, at: datetime, limit: Limit | None = None) -> None:
    """The dispatch step: sign anew; contact and handling only the first time or after a ruling that restarts them."""
    start(case, "sign", at)
    have = {c.code for c in _running(case, "contact", "handle")}
    if "contact" not in have:
        _insert(case, "contact", at)
    if "handle" not in have or limit is not None:
        start(case, "handle", _day_zero(case, at), limit, "派单时另定" if limit else "")


def _day_zero(case: Case, at: datetime) -> datetime:
    """Where handling counts from: receipt for consultations, else the dispatch; another limit at a re-route moves no start (rulings, 1)."""
    if case.kind == Kind.CONSULT:
        return case.received_at
    runs = [clock.started_at for clock in _running(case, "handle") if clock.met_at is None]
    return runs[-1] if runs else at


def restart_handling(case: Case) -> None:
    """The ruling on a return says that the handling limit starts anew with the next dispatch."""
    CaseClock.objects.filter(case_id=case.id, code__in=["handle", "contact"], met_at=None).update(void=True)


def drop(case: Case, *codes: str) -> None:
    """Clocks that have lost their object: they count for nothing."""
    CaseClock.objects.filter(case_id=case.id, code__in=codes, met_at=None, void=False).update(void=True)


def due_by(case: Case, code: str, at: datetime) -> datetime:
    """The due date of a limit of the table, without a clock of its own."""
    return time_rules.due(at, limit_for(case, code, at)[0], city_calendar()).due


def redo(case: Case, at: datetime) -> None:
    """Half of the original limit, rounded up to a whole unit (rulings, 1)."""
    limit = _first_limit(case, at)
    start(case, "handle", at, limit.half(), f"重办：原时限 {limit} 的一半")


def _first_limit(case: Case, at: datetime) -> Limit:
    first_clock = CaseClock.objects.filter(case_id=case.id, code="handle").order_by("id").first()
    return Limit.parse(first_clock.limit) if first_clock else limit_for(case, "handle", at)[0]


def would_redo(case: Case, at: datetime) -> tuple[datetime, Limit]:
    """(due date, limit) of a redo that is ordered now. Writes nothing."""
    half = _first_limit(case, at).half()
    return time_rules.due(at, half, city_calendar()).due, half


def meet(case: Case, code: str, at: datetime) -> None:
    CaseClock.objects.filter(case_id=case.id, code=code, met_at=None, void=False).update(met_at=at, paused_at=None)


def pause(case: Case, at: datetime, leave: tuple[str, ...] = ()) -> None:
    """Every clock that runs stands still, those named in `leave` excepted."""
    rows = CaseClock.objects.filter(case_id=case.id, met_at=None, void=False, paused_at=None)
    rows.exclude(code__in=leave).update(paused_at=at)
    case.paused = True


def resume(case: Case, at: datetime, why: str, reopen: bool = False) -> None:
    """Paused clocks move by the paused working time. `reopen`: the last handling clock, met by a reply that was rejected, runs again."""
    rows = _running(case)
    handling = next((clock for clock in reversed(rows) if clock.code == "handle"), None)
    for clock in rows:
        since = clock.paused_at or (clock.met_at if reopen and clock is handling else None)
        if since is None:
            continue
        _shift(clock, {"kind": "pause", "from": since.isoformat(), "to": at.isoformat(), "why": why})
        clock.paused_at = clock.met_at = None
        clock.save(update_fields=["due_at", "paused_at", "met_at", "shifts"])
        _show(case, clock)
    case.paused = False


def extend(case: Case, limit: Limit, why: str) -> datetime:
    """An extension adds to the old due date (rulings, 1)."""
    clock = _running(case, "handle")[-1]
    _shift(clock, {"kind": "extend", "limit": str(limit), "why": why})
    clock.save(update_fields=["due_at", "shifts"])
    _show(case, clock)
    return clock.due_at


def extension_limit(case: Case, wanted: str | None, at: datetime) -> tuple[Limit, str]:
    """(limit, basis) that an extension grants: as asked, at most that of the table."""
    most, basis = limit_for(case, "extension", at)
    asked = Limit.parse(wanted) if wanted else most
    return (asked if asked.unit == most.unit and asked.amount <= most.amount else most), basis


def would_extend(case: Case, limit: Limit) -> datetime | None:
    """The due date of handling after an extension. Writes nothing; None: nothing runs."""
    runs = _read(case, "handle")
    return time_rules.extend(runs[-1].due_at, limit, city_calendar()) if runs else None


def would_resume(case: Case, code: str, at: datetime) -> datetime | None:
    """The due date of a paused clock if it ran again from now on. Writes nothing."""
    runs = _read(case, code)
    if not runs or not runs[-1].paused_at:
        return runs[-1].due_at if runs else None
    pause = {"kind": "pause", "from": runs[-1].paused_at.isoformat(), "to": at.isoformat()}
    return _moved(runs[-1].due_at, pause, Limit.parse(runs[-1].limit), city_calendar())


def _shift(clock: CaseClock, shift: dict) -> None:
    clock.due_at = _moved(clock.due_at, shift, Limit.parse(clock.limit), city_calendar())
    clock.shifts = [*clock.shifts, {**shift, "due": clock.due_at.isoformat()}]


def _moved(due_at: datetime, shift: dict, limit: Limit, cal) -> datetime:
    if shift["kind"] == "pause":
        return time_rules.shift(due_at, datetime.fromisoformat(shift["from"]), datetime.fromisoformat(shift["to"]), limit, cal)
    if shift["kind"] == "extend":
        return time_rules.extend(due_at, Limit.parse(shift["limit"]), cal)
    return due_at


def replay(clock: CaseClock, cal: time_rules.WorkCalendar | None = None) -> tuple[time_rules.Due, datetime]:
    """(the first due date with its trace, the due date after every shift) by today's calendar, or by the one given."""
    cal, limit = cal or city_calendar(), Limit.parse(clock.limit)
    base = time_rules.due(clock.started_at, limit, cal)
    due_at = base.due
    for shift in clock.shifts:
        due_at = _moved(due_at, shift, limit, cal)
    return base, due_at


def recompute(case: Case, why: str) -> list[dict]:
    """After a holiday announced late: every clock that runs is replayed. Returns what changed, for the step's record."""
    changed = []
    for clock in _running(case):
        if clock.met_at:
            continue
        base, due_at = replay(clock)
        if due_at == clock.due_at and base.provisional == clock.provisional:
            continue
        if due_at != clock.due_at:
            changed.append({"clock": clock.code, "before": clock.due_at.isoformat(), "after": due_at.isoformat()})
        clock.due_at, clock.provisional = due_at, base.provisional
        clock.shifts = [*clock.shifts, {"kind": "holiday", "due": due_at.isoformat(), "why": why}]
        clock.save(update_fields=["due_at", "provisional", "shifts"])
        _show(case, clock)
    return changed


def show_current(case: Case) -> None:
    """After a change of state: `due_at` is that of the clock watched there, or nothing."""
    code = OF_STATE.get(State(case.state))
    if code in _COLUMN:
        case.due_at = getattr(case, _COLUMN[code])
    elif code is None:
        case.due_at = None
    else:
        clock = _running(case, code)[-1:]
        case.due_at = clock[0].due_at if clock else None


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
