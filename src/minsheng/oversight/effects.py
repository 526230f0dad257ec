"""What steps of this room write beside their own row. Nothing is in the database yet."""

from __future__ import annotations

from datetime import date

from minsheng.kit.engine import Deed
from minsheng.oversight.models import Duty, Finding, Inspection, Instruction, Point, Slip
from minsheng.oversight.rules import inspections


def propose(deed: Deed[Slip]) -> None:
    slip, given = deed.subject, deed.values
    slip.kind, slip.unit_id, slip.rung = given["kind"], given["unit"], given["rung"]
    slip.cases, slip.slips = sorted(given.get("cases", [])), sorted(given.get("slips", []))


def draft(deed: Deed[Slip]) -> None:
    propose(deed)
    write(deed)


def write(deed: Deed[Slip]) -> None:
    slip = deed.subject
    slip.demand, slip.answer_due = deed.values["demand"], date.fromisoformat(deed.values["answer_due"])
    if deed.by.id not in slip.drafters:
        slip.drafters = [*slip.drafters, deed.by.id]


def sign(deed: Deed[Slip]) -> None:
    deed.subject.signed_at, deed.subject.signed_by = deed.at, deed.by.name


def recall(deed: Deed[Slip]) -> None:
    deed.subject.signed_at, deed.subject.signed_by = None, ""


def issue(deed: Deed[Slip]) -> None:
    deed.subject.doc_number, deed.subject.issued_at = deed.values["doc_number"], deed.at


def answer(deed: Deed[Slip]) -> None:
    deed.subject.answer, deed.subject.answered_at = deed.values["answer"], deed.at


def return_answer(deed: Deed[Slip]) -> None:
    deed.subject.answer_due = date.fromisoformat(deed.values["new_due"])


def end(deed: Deed[Slip]) -> None:
    deed.subject.ended_at, deed.subject.ended_by = deed.at, deed.by.name
    if "finding" in deed.values:
        deed.subject.finding = deed.values["finding"]


SLIP = {"propose_slip": propose, "draft_slip": draft, "take_up_slip": write, "amend_slip": write, "sign_slip": sign, "recall_slip": recall,
        "issue_slip": issue, "answer_slip": answer, "return_answer": return_answer,
        **dict.fromkeys(("accept_answer", "drop_slip", "withdraw_slip"), end)}


# --- findings ----------------------------------------------------------------------------


def note(deed: Deed[Finding]) -> None:
    one, given = deed.subject, deed.values
    one.check_code, one.case_id, one.reply_step, one.unit_id = given["check"], given["case"], given["reply"], given["unit"]
    one.other_case, one.evidence = given.get("other", 0), given["evidence"]


def judge(deed: Deed[Finding]) -> None:
    deed.subject.judged_at, deed.subject.judged_by, deed.subject.reason = deed.at, deed.by.name, deed.values["reason"]


FINDING = {"note_finding": note, **dict.fromkeys(("finding_holds", "finding_falls", "reopen_finding"), judge)}


# --- inspections ---------------------------------------------------------------------------


def scope(deed: Deed[Inspection]) -> None:
    one, given = deed.subject, deed.values
    one.title, one.basis, one.size, one.members = given["title"], given["basis"], given["size"], sorted(given["members"])
    one.since, one.until = date.fromisoformat(given["since"]), date.fromisoformat(given["until"])
    one.unit_id, one.category_id = given.get("unit"), given.get("category", 0)
    if deed.by.id not in one.drafters:
        one.drafters = [*one.drafters, deed.by.id]


def approve(deed: Deed[Inspection]) -> None:
    deed.subject.approved_by = deed.by.name


def draw(deed: Deed[Inspection]) -> None:
    """`found`: the seed and the list that it is drawn from. Earlier draws stay in the history."""
    one, pool = deed.subject, deed.found["pool"]
    one.seed, one.drawn_at, one.pool, one.pool_size = deed.found["seed"], deed.at, pool, len(pool)
    one.pool_digest, one.sample, one.looked = inspections.digest(pool), inspections.drawn(one.seed, pool, one.size), []


def look(deed: Deed[Inspection]) -> None:
    deed.subject.looked = [*deed.subject.looked, deed.values["case"]]


def close(deed: Deed[Inspection]) -> None:
    deed.subject.summary, deed.subject.ended_at = deed.values["summary"], deed.at


INSPECTION = {**dict.fromkeys(("draft_inspection", "amend_inspection"), scope), "approve_inspection": approve,
              **dict.fromkeys(("draw_sample", "redraw_sample"), draw), "look_at_case": look, "close_inspection": close}


def note_point(deed: Deed[Point]) -> None:
    """Unit, inspection and case stand on it already."""
    deed.subject.point = deed.values["point"]


def send_point(deed: Deed[Point]) -> None:
    deed.subject.due = date.fromisoformat(deed.values["due"])


def correct_point(deed: Deed[Point]) -> None:
    deed.subject.correction = deed.values["correction"]


def end_point(deed: Deed[Point]) -> None:
    deed.subject.ended_at = deed.at


POINT = {"note_point": note_point, "send_point": send_point, "correct_point": correct_point, **dict.fromkeys(("accept_point", "drop_point"), end_point)}


# --- instructions and duties ------------------------------------------------------------------


def report_matter(deed: Deed[Instruction]) -> None:
    one, given = deed.subject, deed.values
    one.title, one.report, one.leader, one.cases = given["title"], given["report"], given["leader"], sorted(given.get("cases", []))


def record_instruction(deed: Deed[Instruction]) -> None:
    deed.subject.instruction, deed.subject.instructed_on = deed.values["instruction"], date.fromisoformat(deed.values["instructed_on"])


def assign(deed: Deed[Instruction]) -> None:
    deed.subject.unit_id, deed.subject.due = deed.values["unit"], date.fromisoformat(deed.values["due"])


def feed_back(deed: Deed[Instruction] | Deed[Duty]) -> None:
    deed.subject.feedback = deed.values["feedback"]


def over(deed: Deed[Instruction]) -> None:
    deed.subject.ended_at = deed.at


INSTRUCTION = {"report_matter": report_matter, "record_instruction": record_instruction, "assign_instruction": assign, "feed_back": feed_back,
               **dict.fromkeys(("note_no_instruction", "report_back"), over)}


def open_duty(deed: Deed[Duty]) -> None:
    one, given = deed.subject, deed.values
    one.matter, one.duty_post, one.measures, one.cases = given["matter"], given["duty_post"], given["measures"], sorted(given.get("cases", []))
    one.unit_id, one.due = given["unit"], date.fromisoformat(given["due"])


def ask_tolerance(deed: Deed[Duty]) -> None:
    deed.subject.waiting, deed.subject.asked_by, deed.subject.ground = True, deed.by.id, deed.values["ground"]


def refuse_tolerance(deed: Deed[Duty]) -> None:
    deed.subject.waiting, deed.subject.asked_by, deed.subject.ground = False, 0, ""


def settle(deed: Deed[Duty]) -> None:
    """`ground` stays where tolerance was granted: it says on what."""
    one, given = deed.subject, deed.values
    one.finding, one.organ, one.waiting = given.get("finding", one.finding), given.get("organ", one.organ), False
    one.ended_at, one.ended_by = deed.at, deed.by.name


DUTY = {"open_duty": open_duty, "report_duty": feed_back, "ask_tolerance": ask_tolerance, "refuse_tolerance": refuse_tolerance,
        **dict.fromkeys(("settle_duty", "grant_tolerance", "pass_lead"), settle)}
