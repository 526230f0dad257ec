"""Who sees a restricted case: first readers from the first second, persons of each unit that handles it, who names whom (rulings, 31)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from functools import partial

from minsheng.accounts import queries as people
from minsheng.accounts.models import actor_of
from minsheng.accounts.rules import Actor, Role
from minsheng.calendar import rules as time_rules
from minsheng.cases import rules
from minsheng.cases.effects import clocks
from minsheng.cases.effects.context import Deed, effect
from minsheng.cases.effects.in_hand import READERS
from minsheng.cases.effects.marking import mark
from minsheng.cases.models import Case, CaseReader, CaseStep
from minsheng.cases.queries.facts import acting_for, facts_of
from minsheng.cases.rules import Ground, State
from minsheng.kit.verdict import Refused, no
from minsheng.messages import actions as messages
from minsheng.org import queries as org

AT_FIRST = timedelta(days=365)  # of a restriction that set itself: while nobody has looked it does not open by itself
CONFIRMED = timedelta(days=30)  # of one that a person confirmed without naming a date
FIRST_READERS = (Role.SHIFT_LEADER, Role.SUPERVISOR, Role.DISPATCHER)  # the first of these that anybody holds


# --- from the first second --------------------------------------------------------


def of_new(case: Case, row: CaseStep, ground: str, by: Actor, at: datetime) -> list[CaseReader]:
    """Rows to insert with a new case: whoever took it down and the shift leaders see it, nobody else; within the hour one of them confirms.

    Where nobody holds any of these roles there is nobody to be told, and the case stays open to all.
    """
    readers = first_readers(case, by) if ground else []
    if not readers:
        return []
    close(case, ground, at)
    row.given = {**row.given, "restricted": ground}
    return _held(case, [CaseReader(case_id=case.id, person_id=p, until=at + AT_FIRST, step_id=row.id) for p in readers])


def like(old: Case, case: Case, row: CaseStep, at: datetime) -> list[CaseReader]:
    """A case made from a restricted one is seen by the same persons, for as long: splitting and re-opening do not lose the mark."""
    there = CaseReader.objects.filter(case_id=old.id, until__gt=at).values_list("person_id", "until")
    return _held(case, [CaseReader(case_id=case.id, person_id=person, until=until, step_id=row.id) for person, until in there])


def _held(case: Case, rows: list[CaseReader]) -> list[CaseReader]:
    READERS.add(case, *rows)
    return rows


def by_itself(deed: Deed, ground: str) -> None:
    """The matter that a step sets, or words that came later, restrict the case: whoever takes the step goes on seeing it, and so do
    the head and the liaison of each unit that has it in hand."""
    if deed.case.restricted or not ground or not (readers := deed.found["first_readers"]):
        return
    close(deed.case, ground, deed.at)
    _be_silent(deed)
    deed.row.given = {**deed.row.given, "restricted": ground}
    admit(deed, readers, deed.at + AT_FIRST)
    for unit in _held_by(deed):
        open_to_unit(deed, unit)
    _share(deed)


def _be_silent(deed: Deed) -> None:
    """What waits to be sent to its requesters speaks of it on a telephone's screen: it is not sent any more."""
    for one in (deed.case, *_merged(deed)):
        deed.then.append(partial(messages.call_back, about=f"case:{one.id}", why="工单已限制知悉", since=one.received_at, by=deed.by, channel="sms"))


def _held_by(deed: Deed) -> list[int]:
    stopped = deed.case.marks.stopped_tasks if deed.row.frm == State.MERGED else ()
    return sorted(filter(None, {deed.case.lead_id, *(task.unit for task in deed.facts.tasks if task.state.is_open or task.id in stopped)}))


# Fields that name a unit which gets the order or a part of it.
_UNITS = ("lead", "co_unit", "co_units", "task_unit")


def read(deed: Deed, ground: str) -> None:
    """Before a step of a case that is restricted, or that its words or matter restrict now (`ground`): who is told of it first."""
    case = deed.case
    if not case.restricted and not ground:
        return
    read_readers(deed)
    if ground and not case.restricted:
        deed.found["first_readers"] = first_readers(case, deed.by)
    named = {unit for name in _UNITS for unit in _several(deed.values.get(name))}
    deed.found["first_of"] = {unit: people.first_of_unit(acting_for(unit)) for unit in {*_held_by(deed), *named}}
    deed.found["units_of"] = people.units_of(deed.facts.restriction.readers)


def read_readers(deed: Deed) -> None:
    for case in (deed.case, *_merged(deed)):
        READERS.of(case)


def read_holders(deed: Deed) -> None:
    """Of which unit everybody is who reads it, or is named now."""
    read_readers(deed)
    deed.found["units_named"] = people.units_of({*deed.facts.restriction.readers, *deed.values.get("readers", ())})


def _several(given: object) -> list[int]:
    return given if isinstance(given, list) else [given] if isinstance(given, int) else []


def close(case: Case, ground: str, at: datetime) -> None:
    """The case is restricted on this ground, and within the hour a person has to confirm it."""
    due = time_rules.due(at, clocks.limit_for(case, "confirm_restriction", at)[0], clocks.city_calendar()).due
    case.restricted = True
    mark(case, ground=Ground(ground).value, unconfirmed=due)


def first_readers(case: Case, by: Actor) -> list[int]:
    """Ids of those who see a new restricted case: whoever brings it and the first role that anybody holds; [] where nobody does."""
    facts = facts_of(case)
    for role in FIRST_READERS:
        found = [p.id for p in people.holders(role) if not rules.of_the_line(facts, a := actor_of(p, frozenset({role}))) and rules.hears(facts, a)]
        if found:
            mine = by.id and not rules.of_the_line(facts, by)
            return sorted({*found, *([by.id] if mine else [])})
    return []


# --- readers ----------------------------------------------------------------------


def admit(deed: Deed, persons: Iterable[int], until: datetime) -> None:
    """Those who are no readers yet."""
    there = {row.person_id for row in READERS.of(deed.case) if row.until >= until}
    rows = [CaseReader(case_id=deed.case.id, person_id=p, until=until, step_id=deed.row.id) for p in sorted(set(persons) - there)]
    deed.new += _held(deed.case, rows)


def end(deed: Deed, persons: Collection[int] | None = None) -> None:
    """These read no more; None: nobody does."""
    for row in READERS.of(deed.case):
        if row.until > deed.at and (persons is None or row.person_id in persons):
            row.until = deed.at
            if row.pk is not None:
                deed.altered.append(row)


def open_to_unit(deed: Deed, unit: int, named: Iterable[int] = ()) -> None:
    """A unit that gets a restricted order, or a part of it, has readers: those named, else its head and its liaison."""
    if not deed.case.restricted:
        return
    admit(deed, list(named) or deed.found["first_of"][unit], _until(deed))


def go_on(deed: Deed) -> None:
    """A case that was restricted while it was merged comes back to the units that had it: somebody of each reads it."""
    for unit in _held_by(deed) if deed.case.restricted else ():
        if not any(deed.found["units_of"].get(row.person_id) in org.tree().subtree(acting_for(unit)) for row in READERS.of(deed.case) if row.until > deed.at):
            open_to_unit(deed, unit)


def close_to_units(deed: Deed, *units: int | None) -> None:
    """Units that have no part in the order any more: whoever reads it for them reads no more, also when they get it again."""
    if not deed.case.restricted:
        return
    gone = {below for unit in filter(None, units) for below in org.tree().subtree(unit)}
    if deed.case.lead_id and deed.case.lead_id not in units:  # the lead may lie below a unit that only took part
        gone -= set(org.tree().subtree(deed.case.lead_id))
    end(deed, [person for person, unit in deed.found["units_of"].items() if unit in gone])


def _until(deed: Deed) -> datetime:
    return max((row.until for row in READERS.of(deed.case) if row.until > deed.at), default=deed.at + AT_FIRST)


@effect("restrict", before=(read_readers,))
def restrict(deed: Deed) -> None:
    """Seen by named persons only, with a ground and an expiry; who restricts is one of them (rulings, 31). An order that none of them can take
    further stands on the shift leader's desk."""
    deed.case.restricted = True
    _be_silent(deed)
    mark(deed.case, ground=deed.case.marks.ground or Ground.OTHER.value)
    admit(deed, {deed.by.id, *deed.values["readers"]}, datetime.fromisoformat(deed.values["until"]))
    _share(deed)


def _holders(deed: Deed, named: Iterable[int]) -> set[int]:
    """An order that a unit has is handled on: of a unit of which nobody is named those go on to read it who do. Of one that has ended nobody
    has anything to do."""
    units, kept = deed.found["units_named"], set[int]()
    for unit in _held_by(deed) if State(deed.case.state).is_open else ():
        own = org.tree().subtree(acting_for(unit))
        if not any(units.get(person) in own for person in named):
            kept.update(p for p in deed.facts.restriction.readers if units.get(p) in own)
    return kept


def _merged(deed: Deed) -> list[Case]:
    """Cases merged into this one, where the step touches them."""
    return [other for other in deed.cases.values() if other.master_id == deed.case.id]


def _share(deed: Deed) -> None:
    """Who is merged into an order speaks of the same matter: their case is shut and opened with it, for the same persons."""
    now = {row.person_id: row.until for row in READERS.of(deed.case) if row.until > deed.at}
    for party in _merged(deed):
        other = deed.other(party.id)
        other.restricted = deed.case.restricted
        mark(other, ground=deed.case.marks.ground, unconfirmed=None)
        for row in READERS.of(other):
            if row.until > deed.at and now.get(row.person_id) != row.until:
                row.until = deed.at
                deed.altered.append(row)
        there = {row.person_id for row in READERS.of(other) if row.until > deed.at}
        deed.new += _held(other, [CaseReader(case_id=other.id, person_id=person, until=until, step_id=deed.row.id)
                                  for person, until in now.items() if person not in there])


@effect("prolong_restriction", before=(read_holders,))
def prolong_restriction(deed: Deed) -> None:
    """The same persons, or those named now, until the new date."""
    _instead(deed, deed.values.get("readers"), datetime.fromisoformat(deed.values["until"]))


@effect("confirm_restriction", before=(read_holders,))
def confirm_restriction(deed: Deed) -> None:
    """A person has looked: it stays restricted, for those named now or for the same."""
    mark(deed.case, unconfirmed=None)
    until = deed.values.get("until")
    _instead(deed, deed.values.get("readers"), datetime.fromisoformat(until) if until else deed.at + CONFIRMED)


def _instead(deed: Deed, named: Collection[int] | None, until: datetime) -> None:
    named = named or deed.facts.restriction.readers
    persons = {deed.by.id, *named, *_holders(deed, named)}
    end(deed)
    admit(deed, persons, until)
    _share(deed)


@effect("name_readers")
def name_readers(deed: Deed) -> None:
    admit(deed, deed.values["readers"], _until(deed))


def first_of_today(deed: Deed) -> None:
    """Looked at again with the case in hand: somebody may have been named meanwhile, and where there is nobody to pass it to, nothing is done."""
    read_readers(deed)
    if people.active_among(list(deed.facts.restriction.readers)):
        raise Refused(no("reader_left", "还有知悉的人在岗"))
    deed.found["first_readers"] = first_readers(deed.case, deed.by)
    if not deed.found["first_readers"]:
        raise Refused(no("no_first_reader", "没有在岗的值班长、督办员、派单员可以接着看"))


@effect("pass_restriction", before=(first_of_today,))
def pass_restriction(deed: Deed) -> None:
    """Whoever read it has left: it is seen again by those who would be the first today, for as long as it was restricted."""
    admit(deed, deed.found["first_readers"], _until(deed))
    _share(deed)


@effect("unrestrict", "lift_restriction", "clear_restriction", before=(read_readers,))
def unrestrict(deed: Deed) -> None:
    deed.case.restricted = False
    mark(deed.case, unconfirmed=None, ground="")
    end(deed)
    _share(deed)
