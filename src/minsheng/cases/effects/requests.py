"""Asking and ruling: what waits on a case for somebody's decision, and what each decision causes."""

from __future__ import annotations

from collections.abc import Collection

from minsheng.calendar.rules import Limit
from minsheng.cases.effects import clocks, restriction
from minsheng.cases.effects.context import BEFORE, EFFECTS, Deed, effect, keep_files
from minsheng.cases.effects.in_hand import WAITING
from minsheng.cases.effects.marking import mark
from minsheng.cases.effects.tasks import stop_tasks
from minsheng.cases.models import CaseAsk
from minsheng.cases.rules import State, fields, is_problem
from minsheng.cases.rules.clocks import BESIDE
from minsheng.cases.rules.procedure import REQUESTS

_ASKS = {request.asking.name: request for request in REQUESTS.values()}
# step -> what it rules on, does it grant
RULES = {step.name: (kind, n == 0) for kind, request in REQUESTS.items() for n, (step, _) in enumerate(request.rulings)}


def ask(deed: Deed) -> None:
    request = _ASKS[deed.step.name]
    kind, due_at = request.ask, clocks.due_by(deed.case, request.within, deed.at)
    deed.new.append(CaseAsk(case_id=deed.case.id, ask=kind, asked_at=deed.at, asked_by=deed.by.id, asked_unit=deed.by.unit, due_at=due_at,
                            given={k: v for k, v in deed.values.items() if not fields.FIELDS[k].is_words}, step_id=deed.row.id))
    deed.row.given = {**deed.row.given, "dues": [due_at.isoformat()]}
    mark(deed.case, pending={**deed.case.marks.pending, kind: deed.by.id})
    keep_files(deed, "document")


def rule(deed: Deed) -> CaseAsk:
    """Settle the waiting request; its own effect follows."""
    kind, granted = RULES[deed.step.name]
    waiting, = (one for one in WAITING.of(deed.case) if one.ask == kind.value)
    waiting.ruled_at, waiting.ruled_by, waiting.granted, waiting.ruling_step_id = deed.at, deed.by.id, granted, deed.row.id
    deed.altered.append(waiting)
    mark(deed.case, pending={a: by for a, by in deed.case.marks.pending.items() if a != kind})
    return waiting


def asks_of(deed: Deed) -> None:
    """For a step whose effect looks at what waits."""
    WAITING.of(deed.case)


def settle_unruled(deed: Deed, kinds: Collection[str]) -> None:
    """These requests end without a ruling."""
    for one in WAITING.of(deed.case) if kinds else ():
        if one.ask in kinds and one.ruled_at is None:
            one.ruled_at, one.ruled_by, one.ruling_step_id = deed.at, 0, deed.row.id
            deed.altered.append(one)
    mark(deed.case, pending={a: by for a, by in deed.case.marks.pending.items() if a not in kinds})


def lapse(deed: Deed) -> None:
    """What waits for a ruling that nobody can give where the case now stands is settled without one."""
    if deed.row.to == deed.row.frm:
        return
    if not State(deed.row.to).is_open:
        stop_tasks(deed)
    if waiting := {a for a in deed.case.marks.pending if State(deed.row.to) not in REQUESTS[a].waits_in}:
        settle_unruled(deed, waiting)


for _name in _ASKS:
    EFFECTS[_name] = ask
for _name in RULES:
    EFFECTS[_name], BEFORE[_name] = rule, (asks_of,)


@effect("ask_return")
def ask_return(deed: Deed) -> None:
    ask(deed)
    mark(deed.case, proposed=deed.values.get("proposed_unit"))


@effect("uphold_return", before=(clocks.read,))
def uphold_return(deed: Deed) -> None:
    """The dispatch has ended, and with it what it gave to co-units: the next one names its own."""
    rule(deed)
    stop_tasks(deed)
    case = deed.case
    restriction.close_to_units(deed, case.lead_id)
    mark(case, released=(*case.marks.released, deed.facts.lead.unit), proposed=None)
    case.returns += 1
    case.problem = case.problem or is_problem(case.returns, case.redos)
    case.lead = None
    if deed.values.get("restart"):
        clocks.drop(case, "handle", "contact")


@effect("reject_return")
def reject_return(deed: Deed) -> None:
    rule(deed)
    mark(deed.case, bound=(*deed.case.marks.bound, deed.facts.lead.unit), proposed=None)


@effect("rule_consult")
def rule_consult(deed: Deed) -> None:
    """A duty finding binds the named unit, one whose return was upheld before included (rulings, 7); it is offered first."""
    rule(deed)
    lead, marks = deed.values["lead"], deed.case.marks
    mark(deed.case, bound=(*marks.bound, lead), released=tuple(u for u in marks.released if u != lead), found_lead=lead)


@effect("settle_duty")
def settle_duty(deed: Deed) -> None:
    """The same by a meeting, without a request: the unit has the order to its end; of an order to be sent it is offered first."""
    lead, marks = deed.values["lead"], deed.case.marks
    mark(deed.case, bound=tuple(dict.fromkeys((*marks.bound, lead))), released=tuple(u for u in marks.released if u != lead),
         found_lead=lead if deed.case.state == State.PENDING_REVIEW else marks.found_lead)


@effect("grant_extension", before=(clocks.read,))
def grant_extension(deed: Deed) -> None:
    asked = rule(deed)
    clocks.extend(deed.case, *clocks.extension_limit(deed.case, asked.given.get("limit"), deed.at))
    deed.case.extensions += 1


@effect("grant_statutory", before=(clocks.read,))
def grant_statutory(deed: Deed) -> None:
    """The handling limit stands still on proof; the procedure has its own, and an interim reply falls due (rulings, 40)."""
    asked = rule(deed)
    case, procedure = deed.case, deed.case.category.statutory if deed.case.category else {}
    case.statutory = True
    clocks.start(case, "interim", deed.at)
    if procedure.get("finish") and procedure.get("code") == asked.given.get("statute"):
        clocks.start(case, "statutory", deed.at, Limit.parse(procedure["finish"]), procedure.get("basis", ""))


@effect("leave_statutory", before=(clocks.read,))
def leave_statutory(deed: Deed) -> None:
    deed.case.statutory = False
    keep_files(deed, "document")
    for code in BESIDE:
        clocks.meet(deed.case, code, deed.at)


@effect("interim_reply", before=(clocks.read,))
def interim_reply(deed: Deed) -> None:
    clocks.meet(deed.case, "interim", deed.at)


@effect("grant_termination", "grant_final", before=(clocks.read,))
def handled(deed: Deed) -> None:
    rule(deed)
    clocks.meet(deed.case, "handle", deed.at)


@effect("grant_exclusion")
def grant_exclusion(deed: Deed) -> None:
    rule(deed)
    deed.case.excluded = True
