"""What the steps before a unit has the case write: submitting, sending back, dispatching, merging, restricting, taking back."""

from __future__ import annotations

from datetime import datetime

from minsheng.calendar.rules import Limit
from minsheng.cases.effects import case_text, clocks
from minsheng.cases.effects.context import Deed, effect, mark, unmark
from minsheng.cases.effects.tasks import cancel_open, give_task
from minsheng.cases.models import CaseLink, CaseReader
from minsheng.cases.rules import State, TaskKind


@effect("submit", "submit_online", "split_off")
def submit(deed: Deed) -> None:
    deed.case.submitted_at = deed.at
    unmark(deed.case, "asked_more")


@effect("take_over", "hand_draft")
def change_hands(deed: Deed) -> None:
    """Who goes on with the draft; who registered it stays on the case."""
    mark(deed.case, draft_agent=deed.values.get("agent", deed.by.id))


@effect("ask_more")
def ask_more(deed: Deed) -> None:
    """The requester is told what is asked, and may answer as well as the agent (rulings, 32)."""
    mark(deed.case, asked_more=True)


@effect("confirm_decline")
def confirm_decline(deed: Deed) -> None:
    mark(deed.case, decline_ok=True)


@effect("overturn_decline")
def overturn_decline(deed: Deed) -> None:
    deed.case.closed_at, deed.case.submitted_at = None, deed.at


@effect("waive_elements")
def waive_elements(deed: Deed) -> None:
    mark(deed.case, waived=True)


@effect("amend", "revise")
def amend(deed: Deed) -> None:
    deed.row.given["digest"] = case_text.change(deed.case, deed.values)
    deed.case.urgent = deed.values.get("urgent", deed.case.urgent)


@effect("mark_urgent")
def mark_urgent(deed: Deed) -> None:
    """Hour limits of urgent matters run day and night: the clocks that run start over by the urgent row."""
    deed.case.urgent = True
    codes = {State.PENDING_SIGN: ("sign", "contact"), State.IN_PROGRESS: ("contact",)}.get(State(deed.case.state), ())
    for code in codes:
        if code != "contact" or not deed.case.contacted_at:
            clocks.start(deed.case, code, deed.at)


@effect("dispatch", "night_dispatch")
def dispatch(deed: Deed) -> None:
    case = deed.case
    case.lead_id = deed.values["lead"]
    case.dispatched_at = case.dispatched_at or deed.at
    case.signed_at = None
    case.dispatches += 1
    limit = Limit.parse(deed.values["limit"]) if deed.values.get("limit") else None
    clocks.start_handling(case, deed.at, limit)
    for unit in deed.values.get("co_units", []):
        give_task(deed, TaskKind.CO, unit, None)
    if deed.step.name == "night_dispatch":
        mark(case, night=True)


@effect("post_review")
def post_review(deed: Deed) -> None:
    mark(deed.case, night_ok=True)


@effect("merge")
def merge(deed: Deed) -> None:
    """What was merged into this case before goes with it: every merged case points at the one that is handled (rulings, 32)."""
    case, master = deed.case, deed.other(deed.values["master"])
    with_it = [other.id for other in deed.cases.values() if other.master_id == case.id]
    for party in (case, *map(deed.other, with_it)):
        party.master_id = master.id
    mark(master, merged=master.marks.get("merged", 0) + 1 + len(with_it))
    mark(case, before_merge=deed.row.frm, merged=0, brought=with_it)
    CaseLink.objects.create(kind="merge", case_id=case.id, other_id=master.id, at=deed.at)
    for party in (case, master, *map(deed.other, with_it)):
        mark(party, shared=True)
    case_text.meet(case, {party.id: party for party in (case, master, *map(deed.other, with_it))})


@effect("unmerge")
def unmerge(deed: Deed) -> None:
    """It takes back with it what it had brought, unless that was undone meanwhile."""
    case, master = deed.case, deed.other(deed.case.master_id)
    back = [i for i in case.marks.get("brought", []) if i in deed.cases and deed.cases[i].master_id == master.id]
    for party in map(deed.other, back):
        party.master_id = case.id
    mark(master, merged=max(0, master.marks.get("merged", 0) - 1 - len(back)))
    mark(case, merged=len(back))
    CaseLink.objects.filter(kind="merge", case_id=case.id, undone_at=None).update(undone_at=deed.at)
    case.master_id = case.closed_at = None
    unmark(case, "before_merge", "brought")


@effect("restrict")
def restrict(deed: Deed) -> None:
    """Seen by named persons only, with a ground and an expiry; who restricts is one of them (practice, section 2)."""
    deed.case.restricted = True
    until = datetime.fromisoformat(deed.values["until"])
    people = sorted({deed.by.id, *deed.values["readers"]})
    CaseReader.objects.bulk_create(CaseReader(case_id=deed.case.id, person_id=p, until=until, step_id=deed.row.id) for p in people)


@effect("prolong_restriction")
def prolong_restriction(deed: Deed) -> None:
    """The same persons, or those named now, until the new date."""
    until = datetime.fromisoformat(deed.values["until"])
    people = sorted({deed.by.id, *(deed.values.get("readers") or deed.facts.readers)})
    CaseReader.objects.filter(case_id=deed.case.id, until__gt=deed.at).update(until=deed.at)
    CaseReader.objects.bulk_create(CaseReader(case_id=deed.case.id, person_id=p, until=until, step_id=deed.row.id) for p in people)


@effect("unrestrict", "lift_restriction")
def unrestrict(deed: Deed) -> None:
    deed.case.restricted = False
    CaseReader.objects.filter(case_id=deed.case.id, until__gt=deed.at).update(until=deed.at)


@effect("take_back")
def take_back(deed: Deed) -> None:
    """The order is dispatched anew: what the unit had begun ends with it, the handling limit runs on unless it is said otherwise."""
    case = deed.case
    cancel_open(deed)
    case.lead, case.signed_at, case.statutory = None, None, False
    unmark(case, "draft_by", "contact_waived", "field", "photo")
    clocks.drop(case, "sign", *clocks.BESIDE)
    if deed.values.get("restart"):
        clocks.restart_handling(case)
