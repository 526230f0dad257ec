"""What steps of slips and findings write beside their own row. Nothing is in the database yet."""

from __future__ import annotations

from datetime import date

from minsheng.kit.engine import Deed
from minsheng.oversight.models import Finding, Slip


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
