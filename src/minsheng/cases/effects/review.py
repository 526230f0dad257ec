"""What the steps before a unit has the case write: submitting, sending back, dispatching, merging, restricting, taking back."""

from __future__ import annotations

from functools import partial

from minsheng.calendar.rules import Limit
from minsheng.cases.effects import alarm, case_text, clocks, restriction
from minsheng.cases.effects.context import Deed, effect
from minsheng.cases.effects.marking import mark
from minsheng.cases.effects.requester import merges_of, undo_merges
from minsheng.cases.effects.tasks import give_task, resume_tasks, stop_tasks, tasks_of
from minsheng.cases.models import CaseLink
from minsheng.cases.rules import TaskKind
from minsheng.cases.rules.clocks import BESIDE
from minsheng.messages import actions as messages


@effect("submit", "submit_online", "split_off", "hand_over_in_person")
def submit(deed: Deed) -> None:
    deed.case.submitted_at = deed.at
    mark(deed.case, asked_more=False)


@effect("take_over", "hand_draft")
def change_hands(deed: Deed) -> None:
    """Who goes on with the draft; who registered it stays on the case."""
    mark(deed.case, draft_agent=deed.values.get("agent", deed.by.id))


@effect("ask_more")
def ask_more(deed: Deed) -> None:
    """Every requester is told what is asked, and may answer as well as the agent (rulings, 32)."""
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


@effect("amend", before=(case_text.read,))
def amend(deed: Deed) -> None:
    deed.row.given["digest"] = case_text.change(deed)
    deed.case.urgent = deed.values.get("urgent", deed.case.urgent)
    alarm.read_again(deed)


@effect("revise", "triage", before=(case_text.read, clocks.read))
def revise(deed: Deed) -> None:
    deed.row.given["digest"] = case_text.change(deed)
    alarm.settle(deed)


@effect("dispatch", "night_dispatch", before=(clocks.read,))
def dispatch(deed: Deed) -> None:
    case = deed.case
    case.lead_id = deed.values["lead"]
    case.dispatched_at = case.dispatched_at or deed.at
    case.contacted_at = case.contact_typed_at = case.contact_waived_at = None  # each lead contacts
    mark(case, contact=False, contact_waived=False, woken=0, adopted=None)  # nor is a suggestion weighed for the next
    case.signed_at = None
    case.dispatches += 1
    limit = Limit.parse(deed.values["limit"]) if deed.values.get("limit") else None
    clocks.of(case).start_handling(deed.at, limit)
    restriction.open_to_unit(deed, case.lead_id, deed.values.get("readers", ()))
    for unit in deed.values.get("co_units", []):
        give_task(deed, TaskKind.CO, unit, None)
    if case.urgent and deed.facts.marks.missing and not deed.facts.marks.waived:
        mark(case, waived=True)
        deed.row.given = {**deed.row.given, "elements_waived": "urgent"}
    mark(case, sent_by=deed.by.id, sent_at=deed.at)
    if deed.step.name == "night_dispatch":
        mark(case, night=True)


def call_back_messages(deed: Deed) -> None:
    """What has left the house already is counted, the rest leaves no more."""
    case, told = deed.case, ("dispatched", "urgent_duty", "unsigned")
    deed.found["told"] = messages.call_back(about=f"case:{case.id}", why="派单已撤回", since=case.marks.sent_at or deed.at, by=deed.by,
                                            template__in=told)


@effect("undispatch", before=(clocks.read, call_back_messages))
def undispatch(deed: Deed) -> None:
    """As if it had not been sent, but for the record: what has left the house already is noted."""
    case = deed.case
    stop_tasks(deed)
    restriction.close_to_units(deed, case.lead_id)
    deed.row.given["told"] = deed.found["told"]
    case.lead, case.signed_at, case.dispatches = None, None, max(0, case.dispatches - 1)
    clocks.drop(case, "sign", *(() if case.dispatches else ("contact", "handle")))
    if not case.dispatches:
        case.dispatched_at = case.sign_due_at = case.contact_due_at = case.handle_due_at = None
    mark(case, sent_by=0, sent_at=None)


@effect("post_review")
def post_review(deed: Deed) -> None:
    mark(deed.case, night_ok=True)


@effect("merge", before=(alarm.clocks_of_order,))
def merge(deed: Deed) -> None:
    """What was merged into this case before goes with it: every merged case points at the one that is handled (rulings, 32)."""
    case, master = deed.case, deed.other(deed.values["master"])
    with_it = [other.id for other in deed.cases.values() if other.master_id == case.id]
    for party in (case, *map(deed.other, with_it)):
        party.master_id = master.id
    mark(master, merged=master.marks.merged + 1 + len(with_it))
    mark(case, before_merge=deed.facts.state, merged=0, brought=tuple(with_it))
    deed.new.append(CaseLink(kind="merge", case_id=case.id, other_id=master.id, at=deed.at))
    for party in (case, master, *map(deed.other, with_it)):
        mark(party, shared=True)
    alarm.go_with(deed, master)
    deed.then.append(partial(case_text.meet, case.id))


def _goes_back(deed: Deed) -> list[int]:
    """What it had brought, unless that was undone meanwhile."""
    case = deed.case
    return [i for i in case.marks.brought if i in deed.cases and deed.cases[i].master_id == case.master_id]


def words_go_back(deed: Deed) -> None:
    order = deed.held[deed.case.master_id or 0]
    deed.found["parted"] = case_text.leave_order(order, [deed.case.id, *_goes_back(deed)])


@effect("unmerge", before=(merges_of, tasks_of, words_go_back))
def unmerge(deed: Deed) -> None:
    """It takes back with it what it had brought, and what was said there. What was answered there was about the order's unit: each
    of them is called back for their own (rulings, 9 and 29)."""
    case, master, back = deed.case, deed.other(deed.case.master_id), _goes_back(deed)
    deed.row.given = {**deed.row.given, **deed.found["parted"]}
    for party in map(deed.other, back):
        party.master_id = case.id
    for party in (case, *map(deed.other, back)):
        party.reached = party.contacted = party.solved = None
        party.satisfaction, party.tries = "", 0
    mark(master, merged=max(0, master.marks.merged - 1 - len(back)))
    mark(case, merged=len(back), before_merge=None, brought=())
    undo_merges(deed)
    case.master_id = case.closed_at = None
    restriction.go_on(deed)
    resume_tasks(deed)


@effect("take_back", before=(clocks.read,))
def take_back(deed: Deed) -> None:
    """The order is dispatched anew: what the unit had begun ends with it, the handling limit runs on unless it is said otherwise."""
    case = deed.case
    stop_tasks(deed)
    restriction.close_to_units(deed, case.lead_id)
    case.lead, case.signed_at, case.statutory = None, None, False
    mark(case, draft_by=None, contact_waived=False, field=False, photo=False, position="")
    clocks.drop(case, "sign", *BESIDE)
    if deed.values.get("restart"):
        clocks.drop(case, "handle", "contact")
