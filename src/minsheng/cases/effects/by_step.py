"""What a step writes on the case beside its own row. One function a step, looked up by name; the door calls it.

Effects read `deed.values`, set columns and marks of `deed.case`, and write rows of this room only.
"""

from __future__ import annotations

from datetime import datetime

from minsheng.calendar.rules import Limit
from minsheng.cases.effects import case_text, clocks
from minsheng.cases.effects.context import EFFECTS, Deed, effect, keep_files, mark, unmark
from minsheng.cases.effects.tasks import cancel_open, give_task
from minsheng.cases.models import CaseAsk, CaseLink, CaseReader
from minsheng.cases.rules import Ask, Outcome, Satisfaction, State, TaskKind, is_problem
from minsheng.kit.verdict import Refused, no

# --- ask and rule ------------------------------------------------------------

_ASKS = {
    "ask_return": Ask.RETURN, "ask_extension": Ask.EXTENSION, "ask_parking": Ask.PARKING, "ask_termination": Ask.TERMINATION,
    "ask_final": Ask.FINAL, "ask_statutory": Ask.STATUTORY, "ask_exclusion": Ask.EXCLUSION, "ask_consult": Ask.CONSULT,
    "ask_redo": Ask.REDO, "ask_erasure": Ask.ERASURE,
}
RULES = {
    "uphold_return": (Ask.RETURN, True), "reject_return": (Ask.RETURN, False), "grant_extension": (Ask.EXTENSION, True),
    "refuse_extension": (Ask.EXTENSION, False), "grant_parking": (Ask.PARKING, True), "refuse_parking": (Ask.PARKING, False),
    "grant_termination": (Ask.TERMINATION, True), "refuse_termination": (Ask.TERMINATION, False), "grant_final": (Ask.FINAL, True),
    "refuse_final": (Ask.FINAL, False), "grant_statutory": (Ask.STATUTORY, True), "refuse_statutory": (Ask.STATUTORY, False),
    "grant_exclusion": (Ask.EXCLUSION, True), "refuse_exclusion": (Ask.EXCLUSION, False), "rule_consult": (Ask.CONSULT, True),
    "order_redo": (Ask.REDO, True), "refuse_redo": (Ask.REDO, False), "erase": (Ask.ERASURE, True),
}


_RULED_WITHIN = {Ask.RETURN: "rule_return", Ask.REDO: "redo_review"}  # rows of the table of limits; all others: rule


def ask(deed: Deed) -> None:
    kind = _ASKS[deed.step.name]
    due_at = clocks.due_by(deed.case, _RULED_WITHIN.get(kind, "rule"), deed.at)
    CaseAsk.objects.create(case_id=deed.case.id, ask=kind, asked_at=deed.at, asked_by=deed.by.id, asked_unit=deed.by.unit, due_at=due_at,
                           given={k: v for k, v in deed.values.items() if not isinstance(v, str) or len(v) < 60}, step_id=deed.row.id)
    mark(deed.case, pending={**deed.case.marks.get("pending", {}), kind.value: deed.by.id})
    if kind == Ask.RETURN:
        mark(deed.case, proposed=deed.values.get("proposed_unit"))


def rule(deed: Deed) -> CaseAsk:
    """Settle the waiting request; its own effect follows."""
    kind, granted = RULES[deed.step.name]
    waiting = CaseAsk.objects.select_for_update().get(case_id=deed.case.id, ask=kind, ruled_at=None)
    waiting.ruled_at, waiting.ruled_by, waiting.granted, waiting.ruling_step_id = deed.at, deed.by.id, granted, deed.row.id
    waiting.save(update_fields=["ruled_at", "ruled_by", "granted", "ruling_step_id"])
    mark(deed.case, pending={a: by for a, by in deed.case.marks.get("pending", {}).items() if a != kind.value})
    return waiting


def lapse(deed: Deed) -> None:
    """What still waits for a ruling when the case ends is settled without one; exclusion and erasure are asked of ended cases."""
    waiting = set(deed.case.marks.get("pending", {})) - {Ask.EXCLUSION.value, Ask.ERASURE.value}
    if State(deed.row.to).is_open or not waiting:
        return
    rows = CaseAsk.objects.filter(case_id=deed.case.id, ask__in=waiting, ruled_at=None)
    rows.update(ruled_at=deed.at, ruled_by=0, ruling_step_id=deed.row.id)
    mark(deed.case, pending={a: by for a, by in deed.case.marks["pending"].items() if a not in waiting})


for _name in _ASKS:
    EFFECTS[_name] = ask
for _name in RULES:
    EFFECTS[_name] = rule


@effect("uphold_return")
def uphold_return(deed: Deed) -> None:
    rule(deed)
    case = deed.case
    mark(case, released=[*case.marks.get("released", []), case.lead_id])
    unmark(case, "proposed")
    case.returns += 1
    case.problem = case.problem or is_problem(case.returns, case.redos)
    case.lead = None
    if deed.values.get("restart"):
        clocks.restart_handling(case)


@effect("reject_return")
def reject_return(deed: Deed) -> None:
    rule(deed)
    mark(deed.case, bound=[*deed.case.marks.get("bound", []), deed.case.lead_id])
    unmark(deed.case, "proposed")


@effect("rule_consult")
def rule_consult(deed: Deed) -> None:
    """A duty finding binds the named unit (rulings, 7) and is offered to the dispatcher first."""
    rule(deed)
    mark(deed.case, bound=[*deed.case.marks.get("bound", []), deed.values["lead"]], found_lead=deed.values["lead"])


@effect("grant_extension")
def grant_extension(deed: Deed) -> None:
    asked = rule(deed)
    clocks.extend(deed.case, *clocks.extension_limit(deed.case, asked.given.get("limit"), deed.at))
    deed.case.extensions += 1


@effect("grant_statutory")
def grant_statutory(deed: Deed) -> None:
    """The handling limit stands still on proof; the procedure has its own, and an interim reply falls due (practice, 1.11)."""
    asked = rule(deed)
    case, procedure = deed.case, deed.case.category.statutory if deed.case.category else {}
    case.statutory = True
    clocks.start(case, "interim", deed.at)
    if procedure.get("finish") and procedure.get("code") == asked.given.get("statute"):
        clocks.start(case, "statutory", deed.at, Limit.parse(procedure["finish"]), procedure.get("basis", ""))


@effect("leave_statutory")
def leave_statutory(deed: Deed) -> None:
    deed.case.statutory = False
    for code in clocks.BESIDE:
        clocks.meet(deed.case, code, deed.at)


@effect("interim_reply")
def interim_reply(deed: Deed) -> None:
    clocks.meet(deed.case, "interim", deed.at)


@effect("grant_exclusion")
def grant_exclusion(deed: Deed) -> None:
    rule(deed)
    deed.case.excluded = True


@effect("order_redo")
def order_redo(deed: Deed) -> None:
    rule(deed)
    case = deed.case
    case.redos += 1
    case.problem = case.problem or is_problem(case.returns, case.redos)
    case.reached = case.contacted = case.solved = None
    case.satisfaction, case.tries, case.replied_at = "", 0, None
    unmark(case, "draft_by", "contact", "contact_waived", "field", "photo", "outcome", "unhappy")
    for party in [other.id for other in deed.cases.values() if other.master_id == case.id]:
        merged = deed.other(party)
        merged.reached = merged.contacted = merged.solved = None
        merged.satisfaction = ""


@effect("erase")
def erase(deed: Deed) -> None:
    rule(deed)
    case_text.erase(deed.case, deed.by)


# --- intake and review ------------------------------------------------------------


@effect("submit", "submit_online", "split_off")
def submit(deed: Deed) -> None:
    deed.case.submitted_at = deed.at


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


@effect("name_complained")
def name_complained(deed: Deed) -> None:
    deed.case.complained_unit_id, deed.case.sealed = deed.values["proposed_unit"], True


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


# --- the unit ------------------------------------------------------------


@effect("sign")
def sign(deed: Deed) -> None:
    deed.case.signed_at = deed.at
    clocks.meet(deed.case, "sign", deed.at)


@effect("contact", "desk_contact")
def contact(deed: Deed) -> None:
    mark(deed.case, contact=True)
    if deed.case.contacted_at is None:
        deed.case.contacted_at = datetime.fromisoformat(deed.values["contact_at"])
        clocks.meet(deed.case, "contact", deed.case.contacted_at)


@effect("waive_contact")
def waive_contact(deed: Deed) -> None:
    mark(deed.case, contact_waived=True)
    clocks.meet(deed.case, "contact", deed.at)


@effect("field_record")
def field_record(deed: Deed) -> None:
    kept = keep_files(deed, "proof")
    mark(deed.case, field=True, photo=deed.case.marks.get("photo", False) or any(f.file.mime.startswith("image/") for f in kept))


@effect("draft_reply")
def draft_reply(deed: Deed) -> None:
    keep_files(deed, "proof")
    mark(deed.case, draft_by=deed.by.id, claimed_solved=deed.values["claimed_solved"], draft_step=deed.row.id)


@effect("reject_draft")
def reject_draft(deed: Deed) -> None:
    unmark(deed.case, "draft_by")


@effect("reply")
def reply(deed: Deed) -> None:
    deed.case.replied_at = deed.at


@effect("reject_reply")
def reject_reply(deed: Deed) -> None:
    deed.case.replied_at = None
    unmark(deed.case, "draft_by")


@effect("ask_final", "ask_statutory", "ask_exclusion", "ask_termination")
def ask_with_document(deed: Deed) -> None:
    ask(deed)
    keep_files(deed, "document")


# --- after ------------------------------------------------------------


@effect("record_callback")
def record_callback(deed: Deed) -> None:
    """Answers of the case's own requester stand on the case; those of merged ones on their own case, which stays merged."""
    given, case = deed.values, deed.case
    about = case if given["party"] == case.id else deed.other(given["party"])
    outcome = Outcome(given["outcome"])
    if outcome in {Outcome.NOT_REACHED, Outcome.RELATIVE}:
        case.tries += 1
    mark(case, unhappy=_unhappy(deed))
    if outcome in _SETTLES or "outcome" not in case.marks:
        mark(case, outcome=outcome.value)
    about.reached = about.reached or outcome == Outcome.ANSWERED
    for name in ("contacted", "solved"):
        if name in given:
            setattr(about, name, given[name])
    about.satisfaction = given.get("satisfaction", about.satisfaction)


_SETTLES = {Outcome.ANSWERED, Outcome.REFUSED, Outcome.WRONG_NUMBER}  # a call after which this requester is not rung again


def _unhappy(deed: Deed) -> list[int]:
    """Cases whose requester said “not solved” or was not satisfied at the last call that was answered: a person reviews before closing."""
    given, before = deed.values, set(deed.case.marks.get("unhappy", ()))
    level = given.get("satisfaction")
    if given.get("solved") is False or (level and not Satisfaction(level).counts):
        return sorted(before | {given["party"]})
    return sorted(before - {given["party"]} if given["outcome"] == Outcome.ANSWERED else before)


@effect("urge", "phone_urge", "remind")
def urge(deed: Deed) -> None:
    deed.case.urges += 1


@effect("add_facts", "correct", "phone_add", "phone_correct")
def add(deed: Deed) -> None:
    keep_files(deed, "requester")
    word = "更正" if "correct" in deed.step.name else "补充"
    deed.row.given["digest"] = case_text.append(deed.case, deed.values.get("addition", ""), deed.at, word)


@effect("rate")
def rate(deed: Deed) -> None:
    """A rating on the net stands beside the call-back and never replaces it."""
    mark(deed.case, rated=deed.values["satisfaction"])


@effect("ask_secrecy", "phone_secrecy")
def secrecy(deed: Deed) -> None:
    deed.case.secrecy = deed.case.sealed = True


@effect("recompute")
def recompute(deed: Deed) -> None:
    changed = clocks.recompute(deed.case, deed.values["why"])
    if not changed:
        raise Refused(no("unchanged", "各项期限都没有变化，不需要重算"))
    deed.row.given = {**deed.row.given, "changed": changed}
