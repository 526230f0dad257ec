"""What the centre does on an order that a unit has: reminder, redo, limits computed anew."""

from __future__ import annotations

from minsheng.cases.effects import clocks
from minsheng.cases.effects.context import Deed, effect
from minsheng.cases.effects.marking import mark
from minsheng.cases.effects.requests import rule
from minsheng.cases.models import CaseRound
from minsheng.cases.rules import WITH_UNIT, is_problem
from minsheng.kit.verdict import Refused, no


@effect("remind")
def remind(deed: Deed) -> None:
    """What the centre itself is late with is not counted against the unit."""
    if deed.facts.state in WITH_UNIT:
        deed.case.urges += 1


@effect("recompute", before=(clocks.read,))
def recompute(deed: Deed) -> None:
    changed = clocks.of(deed.case).recompute(deed.values["why"])
    if not changed:
        raise Refused(no("unchanged", "各项期限都没有变化，不需要重算"))
    deed.row.given = {**deed.row.given, "changed": changed}


_OF_A_ROUND = ("lead_id", "contact_due_at", "contacted_at", "contact_typed_at", "contact_waived_at", "contacted", "handle_due_at", "replied_at")


@effect("order_redo", before=(clocks.read,))
def order_redo(deed: Deed) -> None:
    """The round that ends keeps its own dates and results, and its exclusion: what comes later mends nothing of it, nor profits (rulings, 29)."""
    rule(deed)
    case = deed.case
    if case.lead_id:
        deed.new.append(CaseRound(case_id=case.id, n=case.redos, **{name: getattr(case, name) for name in _OF_A_ROUND}))
        clocks.of(case).redo(deed.at)
    else:  # answered on the spot: no unit had it, and one gets it now
        clocks.start(case, "review", deed.at)
        case.submitted_at = deed.at
    case.redos += 1
    case.excluded = False
    case.problem = case.problem or is_problem(case.returns, case.redos)
    case.reached = case.contacted = case.solved = None
    case.satisfaction, case.tries, case.replied_at = "", 0, None
    case.contacted_at = case.contact_typed_at = case.contact_waived_at = None
    mark(case, draft_by=None, contact=False, contact_waived=False, field=False, photo=False, position="", clerks=())
    for party in [other.id for other in deed.cases.values() if other.master_id == case.id]:
        merged = deed.other(party)
        merged.reached = merged.contacted = merged.solved = None
        merged.satisfaction, merged.tries = "", 0
