"""What a walk over leader days, supervision, field work and topics may step on: each subject with its doors and its pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.urls import reverse

from minsheng.field_work.actions import watches
from minsheng.kit.stepped import SteppedKind
from minsheng.leader_days import actions as days
from minsheng.leader_days.actions import kinds as of_days
from minsheng.leader_days.actions.media import LEADS
from minsheng.leader_days.actions.meetings import MEETINGS
from minsheng.leader_days.actions.report_kind import REPORTS
from minsheng.leader_days.actions.signups import SIGNUPS
from minsheng.oversight.actions import inspections, instructions, kinds, replies, slips, stock_phrases
from minsheng.topics.actions import declared

Given = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Walked:
    """take: the door of a step; makes: of the steps that make one; page: the address of its page, `page`-step takes; new: of the empty form,
    by what is given; filled: what the address of the form says already; signs: who takes such a step took none of `drafts` on it."""

    kind: SteppedKind[Any]
    page: str
    take: Callable[..., Any]
    makes: Mapping[str, Callable[..., Any]] = field(default_factory=dict)
    new: Callable[[Given], str] = lambda given: ""
    filled: tuple[str, ...] = ()
    drafts: tuple[str, ...] = ()
    signs: tuple[str, ...] = ()


def _take(door: Callable[..., Any], name: str) -> Callable[..., Any]:
    return lambda id_, **step: door(**{name: id_}, **step)


def _plain(name: str) -> Callable[[Given], str]:
    return lambda given: reverse(name)


def _of_period(name: str) -> Callable[[Given], str]:
    return lambda given: reverse(name, args=[given["period"]])


_COMMITS = {step: partial(days.commit, step=step) for step in ("commit", "type_commitment", "record_commitment")}
SUBJECTS: dict[str, Walked] = {
    "schemes": Walked(of_days.SCHEMES, "scheme", _take(days.take_scheme_step, "scheme_id"), {"draft_scheme": days.draft_scheme}, _plain("scheme-new"),
                      (), ("draft_scheme", "amend_scheme"), ("issue_scheme",)),
    "periods": Walked(of_days.PERIODS, "period", _take(days.take_period_step, "period_id"), {"draft_period": days.draft_period}, _plain("period-new"),
                      (), ("draft_period", "amend_period", "add_desk", "remove_desk"), ("announce", "cancel_period")),
    "commitments": Walked(of_days.COMMITMENTS, "commitment", _take(days.take_commitment_step, "commitment_id"), _COMMITS, _of_period("commitment-new"),
                          ("period",), ("draft_public",), ("sign_public",)),
    "meetings": Walked(MEETINGS, "meeting", _take(days.take_meeting_step, "meeting_id"), {"draft_meeting": days.draft_meeting}, _of_period("meeting-new"),
                       ("period",), ("write_minutes", "rule_item"), ("sign_minutes",)),
    "leads": Walked(LEADS, "lead", _take(days.take_lead_step, "lead_id"), {"propose_lead": days.propose_lead}, _of_period("lead-new"),
                    ("period",), ("propose_lead",), ("approve_lead",)),
    "reports": Walked(REPORTS, "day-report", _take(days.take_report_step, "report_id"), {"draft_report": days.draft_report}, lambda given: "",
                      (), ("draft_report", "amend_report", "recount_report"), ("sign_report",)),
    "signups": Walked(SIGNUPS, "signup", _take(days.take_signup_step, "signup_id")),
    "slips": Walked(kinds.SLIPS, "slip", _take(slips.take, "slip_id"), {"draft_slip": slips.draft}, _plain("slip-new"),
                    (), ("draft_slip", "take_up_slip", "amend_slip"), ("sign_slip", "withdraw_slip")),
    "findings": Walked(kinds.FINDINGS, "finding", _take(replies.judge, "finding_id")),
    "inspections": Walked(inspections.INSPECTIONS, "inspection", _take(inspections.take, "inspection_id"), {"draft_inspection": inspections.draft},
                          _plain("inspection-new"), (), ("draft_inspection", "amend_inspection"), ("approve_inspection",)),
    "points": Walked(inspections.POINTS, "point", _take(inspections.take_point, "point_id"), {"note_point": inspections.note_point},
                     lambda given: reverse("point-new", args=[given["inspection"], given["case"]]), ("inspection", "case")),
    "instructions": Walked(instructions.INSTRUCTIONS, "instruction", _take(instructions.take_instruction, "instruction_id"),
                           {"report_matter": instructions.report_matter}, _plain("instruction-new")),
    "duties": Walked(instructions.DUTIES, "duty", _take(instructions.take_duty, "duty_id"), {"open_duty": instructions.open_duty}, _plain("duty-new")),
    "phrases": Walked(stock_phrases.PHRASES, "phrases", _take(stock_phrases.take, "phrases_id"), {"draft_phrases": stock_phrases.draft},
                      _plain("phrases-new"), (), ("draft_phrases", "amend_phrases"), ("sign_phrases",)),
    "topics": Walked(declared.TOPICS, "topic", _take(declared.take, "topic_id"), {"propose_topic": declared.propose}, _plain("topic-new"),
                     (), ("propose_topic", "amend_topic", "change_measures"), ("declare_topic", "drop_topic", "end_topic")),
    "watches": Walked(watches.WATCHES, "watch", _take(watches.take, "watch_id"), {"open_watch": watches.begin}, _plain("watch-new")),
}
