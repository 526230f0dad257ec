"""What requesters do to their case, by page and by phone: add, urge, rate, ask secrecy, withdraw; and how a merged one reaches the order."""

from __future__ import annotations

from minsheng.cases.effects import case_text, codes
from minsheng.cases.effects.context import Deed, effect, keep_files
from minsheng.cases.effects.marking import mark
from minsheng.cases.models import CaseFile, CaseLink, CaseStep
from minsheng.cases.rules import State


@effect("urge", "phone_urge")
def urge(deed: Deed) -> None:
    deed.case.urges += 1


@effect("add_facts", "correct", "phone_add", "phone_correct")
def add(deed: Deed) -> None:
    """What the hotline asked for puts the case back into the pile."""
    keep_files(deed, "requester")
    word = "更正" if "correct" in deed.step.name else "补充"
    deed.row.given["digest"] = case_text.append(deed.case, deed.values.get("addition", ""), deed.at, word)
    if deed.row.to != deed.row.frm:
        deed.case.submitted_at = deed.at
        mark(deed.case, asked_more=False)


@effect("rate", "phone_rate")
def rate(deed: Deed) -> None:
    """A rating stands beside the call-back and never replaces it."""
    mark(deed.case, rated=deed.values["satisfaction"])


@effect("ask_secrecy", "phone_secrecy")
def secrecy(deed: Deed) -> None:
    deed.case.secrecy = deed.case.sealed = True


@effect("withdraw", "phone_withdraw")
def withdraw(deed: Deed) -> None:
    """One's own part: a merged case leaves its order; the order's own case stays for the others merged into it (rulings, 32)."""
    case, frm = deed.case, deed.facts.state
    if frm == State.MERGED:
        order = deed.other(case.master_id)
        mark(order, merged=max(0, order.marks.merged - 1))
        CaseLink.objects.filter(kind="merge", case_id=case.id, undone_at=None).update(undone_at=deed.at)
        case.master_id, case.closed_at = None, deed.at
    elif deed.row.to == frm:
        mark(case, left=True)


@effect("answer_callback")
def answer_callback(deed: Deed) -> None:
    """The three questions, answered on the page by who cannot be rung."""
    case, given = deed.case, deed.values
    case.reached = True
    case.contacted, case.solved = given.get("contacted", case.contacted), given.get("solved", case.solved)
    case.satisfaction = given.get("satisfaction", case.satisfaction)
    if deed.facts.state != State.MERGED:  # of a merged case the order's history says it
        deed.row.given = {**deed.row.given, "party": case.id, "outcome": "answered", "round": case.redos}


@effect("from_merged")
def from_merged(deed: Deed) -> None:
    """The order hears what was said: the words stand under its own, the files hang on it, an urge counts."""
    case, given = deed.case, deed.values
    if "urge" in given["said"]:
        case.urges += 1
    if "outcome" in deed.row.given:
        deed.row.given = {**deed.row.given, "round": case.redos}
    if given["said"] in {"add_facts", "correct", "phone_add", "phone_correct"}:
        deed.row.given = {**deed.row.given, "digest": case_text.append(case, given.get("addition", ""), deed.at, case_text.OF_MERGED)}
        _share_files(deed)


def _share_files(deed: Deed) -> None:
    step = CaseStep.objects.filter(case_id=deed.values["party"], id__gte=deed.values["party"], step=deed.values["said"]).latest("seq")
    brought = [row.file for row in CaseFile.objects.filter(step_id=step.id, file__erased_at=None).select_related("file").order_by("id")]
    people = case_text.people_of(deed.case)
    deed.row.given = {**deed.row.given, **({"files": [file.id for file in brought]} if brought else {})}
    deed.new += case_text.hang(deed.case.id, brought, step_id=deed.row.id, slot="requester", at=deed.at, people=people)


@effect("new_code", "renew_code")
def new_code(deed: Deed) -> None:
    """Another query code; the old one opens nothing any more. It is shown once, to whoever took the step."""
    deed.row.code = codes.give(deed.case)
