"""Steps of what leader days and supervision are made of, by programs: schemes, periods with their desks and notices, commitments, meetings, media
leads, reports, slips. The doors are those of the pages, the rights those of the token's person; a key makes a step once.

What makes a subject is posted to its list, every other step to the subject itself.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

from ninja import Header, Router, Status

from minsheng.accounts.rules import Actor
from minsheng.api import day_schemas, schemas
from minsheng.api.door import Bearer, one_key
from minsheng.kit.read_values import id_or_none
from minsheng.kit.step_fields import Field
from minsheng.kit.steps import Procedure
from minsheng.kit.subject_page import SubjectPage
from minsheng.kit.verdict import Refused, no
from minsheng.leader_days import actions
from minsheng.leader_days.queries import media, meetings, pages, reports
from minsheng.leader_days.rules import fields, procedures
from minsheng.leader_days.rules.media import LEAD
from minsheng.leader_days.rules.meetings import MEETING
from minsheng.leader_days.rules.reports import REPORT
from minsheng.oversight.actions import slips
from minsheng.oversight.queries import slips as slip_pages
from minsheng.oversight.rules import fields as of_supervision
from minsheng.oversight.rules.procedures import SLIP

router = Router()
_READ, _WRITE = "days.read", "days.write"
_WRONG: dict[Any, Any] = {frozenset({400, 401, 403, 404, 409, 422}): schemas.Problem}


@dataclass(frozen=True, slots=True)
class Subject:
    """`make`: step -> the door by which it makes one; `take`: (id, **step)."""

    label: str
    procedure: Procedure
    fields: Mapping[str, Field]
    open_page: Callable[[int, Actor], SubjectPage]
    make: Mapping[str, Callable[..., Any]]
    take: Callable[..., Any]


_FIELDS = fields.FIELDS
SUBJECTS = {
    "schemes": Subject("方案", procedures.SCHEME, _FIELDS, pages.scheme, {"draft_scheme": actions.draft_scheme},
                       lambda id_, **step: actions.take_scheme_step(scheme_id=id_, **step)),
    "periods": Subject("期", procedures.PERIOD, _FIELDS, pages.period, {"draft_period": actions.draft_period},
                       lambda id_, **step: actions.take_period_step(period_id=id_, **step)),
    "commitments": Subject("承诺", procedures.COMMITMENT, _FIELDS, pages.commitment,
                           {step: partial(actions.commit, step=step) for step in sorted(procedures.MAKES)},
                           lambda id_, **step: actions.take_commitment_step(commitment_id=id_, **step)),
    "meetings": Subject("协调会", MEETING, _FIELDS, meetings.page, {"draft_meeting": actions.draft_meeting},
                        lambda id_, **step: actions.take_meeting_step(meeting_id=id_, **step)),
    "leads": Subject("媒体线索", LEAD, _FIELDS, media.page, {"propose_lead": actions.propose_lead},
                     lambda id_, **step: actions.take_lead_step(lead_id=id_, **step)),
    "reports": Subject("接听日报告", REPORT, _FIELDS, reports.open_page, {"draft_report": actions.draft_report},
                       lambda id_, **step: actions.take_report_step(report_id=id_, **step)),
    "slips": Subject("督办文书", SLIP, of_supervision.FIELDS, slip_pages.page, {"draft_slip": slips.draft},
                     lambda id_, **step: slips.take(slip_id=id_, **step)),
}


def _answer(one: Subject, row: Any) -> Status:
    """201 when it was taken; 200 with the step taken before when the key was used with the same content."""
    states = type(next(iter(one.procedure[row.step].frm)))
    told = {"id": str(row.id), "subject": str(row.subject_id), "step": row.step, "seq": row.seq, "state": row.to, "state_label": states(row.to).label,
            "at": row.at}
    return Status(200 if row.replayed else 201, told)


def _bar(one: Subject, page: SubjectPage) -> dict[str, Any]:
    steps = [{"step": step.name, "label": step.label, "open": bool(may), "code": may.code, "reason": may.reason,
              "needs": [_field(one, name) for name in step.needs]} for step, may in page.steps]
    timeline = [{"at": line["at"], "label": line["title"], "by": line["who"], "text": line["text"]} for line in page.history]
    return {"id": str(page.subject.id), "state": page.subject.state, "state_label": page.subject.get_state_display(), "steps": steps, "timeline": timeline}


def _field(one: Subject, need: str) -> dict[str, Any]:
    f = one.fields[need.rstrip("?")]
    return {"name": f.name, "label": f.label, "kind": f.kind, "required": not need.endswith("?"), "choices": [list(each) for each in f.choices],
            "help": f.help}


def _routes(name: str, one: Subject) -> None:
    """The three addresses of a subject."""

    @router.post(f"/{name}/steps", auth=Bearer(_WRITE), response={201: day_schemas.SubjectStep, 200: day_schemas.SubjectStep, **_WRONG},
                 operation_id=f"make_{name}", summary=f"{one.label}：新建（{'、'.join(one.procedure[step].label for step in one.make)}）")
    def make(request: Any, given: schemas.StepIn, idempotency_key: Header[str] = ""):
        if given.step not in one.make:
            raise Refused(no("no_step", f"{one.label}不能以“{given.step}”新建，可用：{'、'.join(one.make)}", "step"))
        key = one_key(given.idempotency_key, idempotency_key)
        return _answer(one, one.make[given.step](by=request.actor, given=given.given, key=key))

    @router.get(f"/{name}/{{subject_id}}/steps", auth=Bearer(_READ, _WRITE), response={200: day_schemas.SubjectSteps, **_WRONG},
                operation_id=f"read_{name}_steps", summary=f"{one.label}：可办与不可办的步骤（含理由、所需内容），办理经过")
    def read(request: Any, subject_id: str):
        return _bar(one, one.open_page(id_or_none(subject_id), request.actor))

    @router.post(f"/{name}/{{subject_id}}/steps", auth=Bearer(_WRITE),
                 response={201: day_schemas.SubjectStep, 200: day_schemas.SubjectStep, **_WRONG}, operation_id=f"take_{name}_step",
                 summary=f"{one.label}：办理一个步骤")
    def take(request: Any, subject_id: str, given: schemas.StepIn, idempotency_key: Header[str] = ""):
        key = one_key(given.idempotency_key, idempotency_key)
        return _answer(one, one.take(id_or_none(subject_id), step=given.step, by=request.actor, given=given.given, key=key))


for _name, _one in SUBJECTS.items():
    _routes(_name, _one)
