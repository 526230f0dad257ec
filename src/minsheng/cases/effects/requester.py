"""What requesters do to their case, by page and by phone: add, urge, rate, ask secrecy, withdraw; and how a merged one reaches the order."""

from __future__ import annotations

from datetime import datetime, time

from minsheng.cases.effects import case_text, clocks, codes
from minsheng.cases.effects.context import Deed, effect, keep_files
from minsheng.cases.effects.in_hand import LINKS
from minsheng.cases.effects.marking import mark
from minsheng.cases.models import CaseFile, CaseStep
from minsheng.cases.rules import State

URGES = ("urge", "phone_urge")
ADDS = frozenset({"add_facts", "correct", "phone_add", "phone_correct"})  # words that stand under the first ones


def urged_today(deed: Deed) -> None:
    """Has this requester urged on this day already? On the order of a merged case, what it was told for them."""
    zone = clocks.city_calendar().zone
    since = datetime.combine(clocks.local_day(deed.at), time.min, zone)
    steps = CaseStep.objects.filter(case_id=deed.case.id, id__gte=deed.case.id, at__gte=since)
    if deed.step.name == "from_merged":
        steps = steps.filter(step="from_merged", given__party=deed.values["party"], given__said__in=URGES)
    else:
        steps = steps.filter(step__in=URGES)
    deed.found["urged_today"] = steps.exists()


@effect(*URGES, before=(urged_today,))
def urge(deed: Deed) -> None:
    """Each stands in the history; of one requester one a day is counted (rulings, 38)."""
    deed.case.urges += not deed.found["urged_today"]


@effect(*sorted(ADDS), before=(case_text.read,))
def add(deed: Deed) -> None:
    """What the hotline asked for puts the case back into the pile."""
    keep_files(deed, "requester")
    word = "更正" if "correct" in deed.step.name else "补充"
    deed.row.given["digest"] = case_text.append(deed, deed.values.get("addition", ""), word)
    _answered(deed)


def _answered(deed: Deed) -> None:
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


def merges_of(deed: Deed) -> None:
    """For a step that may undo one."""
    LINKS.of(deed.case)


def undo_merges(deed: Deed) -> None:
    for link in LINKS.of(deed.case):
        link.undone_at = deed.at
        deed.altered.append(link)


@effect("withdraw", "phone_withdraw", before=(merges_of,))
def withdraw(deed: Deed) -> None:
    """One's own part: a merged case leaves its order; the order's own case stays for the others merged into it (rulings, 32)."""
    case, frm = deed.case, deed.facts.state
    if frm == State.MERGED:
        order = deed.other(case.master_id)
        mark(order, merged=max(0, order.marks.merged - 1))
        undo_merges(deed)
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


def said_there(deed: Deed) -> None:
    """What the requester said, as it was said, and what they sent with it."""
    if deed.values["said"] in URGES:
        urged_today(deed)
    party, said = deed.values["party"], deed.values["said"]
    deed.found["said"] = case_text.said_with(said, party)
    case_text.read(deed)
    if said in ADDS:
        step = CaseStep.objects.filter(case_id=party, id__gte=party, step=said).latest("seq")
        rows = CaseFile.objects.filter(step_id=step.id, file__erased_at=None).select_related("file").order_by("id")
        deed.found["files"] = [row.file for row in rows]


@effect("from_merged", before=(said_there,))
def from_merged(deed: Deed) -> None:
    """The order hears what was said: the words stand under its own, the files hang on it, an urge counts."""
    case, given = deed.case, deed.values
    if given["said"] in URGES:
        case.urges += not deed.found["urged_today"]
    if "outcome" in deed.row.given:
        deed.row.given = {**deed.row.given, "round": case.redos}
    if given["said"] in ADDS:
        deed.row.given = {**deed.row.given, "digest": case_text.append(deed, given.get("addition", ""), case_text.OF_MERGED)}
        _share_files(deed)
    _answered(deed)


def _share_files(deed: Deed) -> None:
    brought = deed.found["files"]
    deed.row.given = {**deed.row.given, **({"files": [file.id for file in brought]} if brought else {})}
    deed.new += case_text.hang(deed.case.id, brought, step_id=deed.row.id, slot="requester", at=deed.at, people=deed.people)


@effect("new_code", "renew_code")
def new_code(deed: Deed) -> None:
    """Another query code; the old one opens nothing any more. It is shown once, to whoever took the step."""
    deed.row.code = codes.give(deed.case)
