"""What follows a reply: call-backs and redo; what requesters add, urge and rate; what the clock and the law do."""

from __future__ import annotations

from minsheng.cases.effects import case_text, clocks
from minsheng.cases.effects.context import Deed, effect, keep_files, mark, unmark
from minsheng.cases.effects.requests import rule
from minsheng.cases.rules import WITH_UNIT, Outcome, Satisfaction, is_problem
from minsheng.kit.verdict import Refused, no


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
    """What the centre itself is late with is not counted against the unit."""
    if deed.step.name != "remind" or deed.facts.state in WITH_UNIT:
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


@effect("erase_again")
def erase_again(deed: Deed) -> None:
    """A restored backup brought back what two persons had erased after it was made."""
    case_text.erase(deed.case, deed.by)
