"""What of leader days, supervision, topics and field work has its steps in the API: each by the doors of its page, with the rights of the token's
person."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.field_work.actions import watches
from minsheng.field_work.queries import watches as watch_pages
from minsheng.files.step_files import FIELD, WithFiles
from minsheng.kit.stepped import SteppedKind
from minsheng.kit.subject_page import SubjectPage
from minsheng.leader_days import actions
from minsheng.leader_days.actions import kinds
from minsheng.leader_days.actions.media import LEADS
from minsheng.leader_days.actions.meetings import MEETINGS
from minsheng.leader_days.actions.report_kind import REPORTS
from minsheng.leader_days.queries import media, meetings, pages, reports
from minsheng.leader_days.rules.procedures import MAKES
from minsheng.oversight.actions import inspections, instructions, replies, slips, stock_phrases
from minsheng.oversight.actions import kinds as of_supervision
from minsheng.oversight.queries import inspections as inspection_pages
from minsheng.oversight.queries import instructions as task_pages
from minsheng.oversight.queries import replies as finding_pages
from minsheng.oversight.queries import slips as slip_pages
from minsheng.oversight.queries import stock_phrases as phrase_pages
from minsheng.topics.actions import declared
from minsheng.topics.queries import declared as topic_pages


@dataclass(frozen=True, slots=True)
class Subject:
    """`take`: (id, **step); `make`: step -> the door by which it makes one, none where the clock alone does."""

    label: str
    kind: SteppedKind[Any]
    open_page: Callable[[int, Actor], SubjectPage]
    take: Callable[..., Any]
    make: Mapping[str, Callable[..., Any]] = field(default_factory=dict)

    @property
    def takes_files(self) -> bool:
        return isinstance(self.kind, WithFiles)

    @property
    def made_with_files(self) -> bool:
        return self.takes_files and any(FIELD in self.kind.procedure[step].fields for step in self.make)


def _door(take: Callable[..., Any], name: str) -> Callable[..., Any]:
    """The door, which names its subject in its own word."""
    return lambda id_, **step: take(**{name: id_}, **step)


SUBJECTS = {
    "schemes": Subject("方案", kinds.SCHEMES, pages.scheme, _door(actions.take_scheme_step, "scheme_id"), {"draft_scheme": actions.draft_scheme}),
    "periods": Subject("期", kinds.PERIODS, pages.period, _door(actions.take_period_step, "period_id"), {"draft_period": actions.draft_period}),
    "commitments": Subject("承诺", kinds.COMMITMENTS, pages.commitment, _door(actions.take_commitment_step, "commitment_id"),
                           {step: partial(actions.commit, step=step) for step in sorted(MAKES)}),
    "meetings": Subject("协调会", MEETINGS, meetings.page, _door(actions.take_meeting_step, "meeting_id"), {"draft_meeting": actions.draft_meeting}),
    "leads": Subject("媒体线索", LEADS, media.page, _door(actions.take_lead_step, "lead_id"), {"propose_lead": actions.propose_lead}),
    "reports": Subject("接听日报告", REPORTS, reports.open_page, _door(actions.take_report_step, "report_id"), {"draft_report": actions.draft_report}),
    "slips": Subject("督办文书", of_supervision.SLIPS, slip_pages.page, _door(slips.take, "slip_id"), {"draft_slip": slips.draft}),
    "findings": Subject("核查发现", of_supervision.FINDINGS, finding_pages.page, _door(replies.judge, "finding_id")),
    "inspections": Subject("专项督查", inspections.INSPECTIONS, inspection_pages.page, _door(inspections.take, "inspection_id"),
                           {"draft_inspection": inspections.draft}),
    "points": Subject("督查问题", inspections.POINTS, inspection_pages.point, _door(inspections.take_point, "point_id"),
                      {"note_point": inspections.note_point}),
    "instructions": Subject("领导批示", instructions.INSTRUCTIONS, task_pages.instruction, _door(instructions.take_instruction, "instruction_id"),
                            {"report_matter": instructions.report_matter}),
    "duties": Subject("责任落实", instructions.DUTIES, task_pages.duty, _door(instructions.take_duty, "duty_id"), {"open_duty": instructions.open_duty}),
    "phrases": Subject("常用语清单", stock_phrases.PHRASES, phrase_pages.page, _door(stock_phrases.take, "phrases_id"),
                       {"draft_phrases": stock_phrases.draft}),
    "topics": Subject("重点议题", declared.TOPICS, topic_pages.page, _door(declared.take, "topic_id"), {"propose_topic": declared.propose}),
    "watches": Subject("蹲点", watches.WATCHES, watch_pages.page, _door(watches.take, "watch_id"), {"open_watch": watches.begin}),
}
