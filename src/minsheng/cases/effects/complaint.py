"""A unit complained of: nobody of its line has, sees or hears of the case (rulings, 30)."""

from __future__ import annotations

from minsheng.accounts.rules import Actor
from minsheng.cases import rules
from minsheng.cases.effects.context import Deed, effect
from minsheng.cases.effects.marking import mark
from minsheng.cases.effects.requests import asks_of, settle_unruled
from minsheng.cases.effects.review import take_back
from minsheng.cases.effects.tasks import end_tasks, open_tasks, tasks_of
from minsheng.cases.models import Case
from minsheng.cases.queries.facts import facts_of, line_of
from minsheng.cases.rules import Ask, checks
from minsheng.kit.verdict import Invalid
from minsheng.org import queries as org


def name(case: Case, unit_id: int) -> None:
    """The unit and what lies below it now. One named before stays shut out, too: a second naming opens the case to nobody."""
    case.complained_unit_id, case.sealed = unit_id, True
    case.complained_line = sorted({*(case.complained_line or ()), *org.tree().subtree(unit_id)})


def take_down(case: Case, unit_id: int | None, by: Actor, then: str | None, after: Case | None = None) -> None:
    """On a new case; `after`: the one that it goes on from, whose line stays shut out. Invalid for a unit that cannot be named, and for
    whoever is of its line and would do more than hand it on."""
    if after and after.complained_line:
        case.complained_line = sorted({*after.complained_line, *(case.complained_line or ())})
    if not unit_id:
        return
    if problem := checks.complained_problem(org.tree(), unit_id):
        raise Invalid({"complained_unit": problem})
    name(case, unit_id)
    if then != "submit" and rules.of_the_line(facts_of(case), by):
        raise Invalid({"complained_unit": "反映的是您所在的单位：请直接提交派单，由别的单位办理；登记后您看不到这件诉求"})


@effect("name_complained", before=(tasks_of,))
def name_complained(deed: Deed) -> None:
    """Tasks that the line holds end with it, and a duty finding for a unit of it counts no longer. Who is merged into the order speaks of
    the same matter: the unit is kept from their case as well."""
    name(deed.case, deed.values["complained_unit"])
    for party in [other.id for other in deed.cases.values() if other.master_id == deed.case.id]:
        name(deed.other(party), deed.values["complained_unit"])
    _take_away(deed)
    if deed.case.marks.found_lead in _line(deed.case):
        mark(deed.case, found_lead=None)


@effect("unname_complained")
def unname_complained(deed: Deed) -> None:
    deed.case.complained_unit_id = deed.case.complained_line = None
    deed.case.sealed = deed.case.secrecy


@effect("leave_line", before=(asks_of,))
def leave_line(deed: Deed) -> None:
    """The order goes back to the pile; what the unit had asked for is settled without a ruling."""
    case = deed.case
    waiting = set(case.marks.pending) - {Ask.ERASURE}
    settle_unruled(deed, waiting)
    mark(case, proposed=None)
    take_back(deed)


@effect("end_line_tasks", before=(tasks_of,))
def end_line_tasks(deed: Deed) -> None:
    _take_away(deed)


def _line(case: Case) -> frozenset[int]:
    return line_of(org.tree(), case.complained_unit_id, case.complained_line)


def _take_away(deed: Deed) -> None:
    line = _line(deed.case)
    end_tasks(deed, [task for task in open_tasks(deed) if task.unit_id in line])
