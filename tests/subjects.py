"""One of each subject of the newer rooms, under way, by steps: for tests that go through all pages, forms and tables."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from minsheng.accounts.rules import Role
from minsheng.bulletins.actions import bulletins
from minsheng.cases.models import Category
from minsheng.cases.rules import State
from minsheng.cli.demo_city import folder
from minsheng.field_work.actions import watches
from minsheng.kit import clock
from minsheng.leader_days import actions as days
from minsheng.leader_days.models import Desk, Report
from minsheng.measures import scheme_actions
from minsheng.oversight.actions import inspections, instructions, ladder, replies, slips, stock_phrases
from minsheng.oversight.models import Finding, Inspection, Slip
from minsheng.proofs.actions import datasets
from minsheng.proofs.rules import open_data
from minsheng.topics.actions import declared
from tests import leader_day
from tests.cast import NOW, SETUP, Cast
from tests.month_end import checking

LATE = NOW + timedelta(days=14)


def of_supervision(cast: Cast, words: str = "供水", typed: str = "") -> dict[str, list[int]]:
    """Slip, finding, inspection, point, topic, watch, all on the water bureau; `words` stand where an office names one, `typed` where
    somebody writes what they saw. Ids by the names that addresses give them."""
    unit, first, group = cast.units["water"].id, cast.actors["supervisor"], cast.actors["outside_group"]
    cast.reply(cast.at_state(State.IN_PROGRESS), "water", handling="联系诉求人9次")
    cast.at_state(State.IN_PROGRESS)
    replies.check()
    ladder.put_in(rows=folder.read("oversight")["ladder"], by=SETUP)
    with clock.fixed(LATE):
        slips.propose()
    scope = {"title": words, "basis": "年度计划", "since": "2025-01-01", "until": "2025-01-02", "unit": unit, "size": 1, "members": [group.id]}
    one = inspections.draft(by=first, given=scope).subject_id
    inspections.take(inspection_id=one, step="approve_inspection", by=cast.actors[_second(cast)])
    inspections.take(inspection_id=one, step="draw_sample", by=first)
    sample = Inspection.objects.get(id=one).sample[0]
    point = inspections.note_point(by=group, given={"inspection": one, "case": sample, "point": typed or words})
    about: dict[str, Any] = {"category": Category.objects.get(code="tap").id, "lead": unit, "name": words, "measures": "检修", "since": "2025-01-02",
                             "until": "2025-02-28"}
    topic = declared.propose(by=cast.actors["coordinator"], given=about)
    watch = watches.begin(by=cast.actors["water"], given={"place": typed[:60] or words, "matter": typed[:60] or "停水", "since": "2025-01-02", "until": "2025-01-10"})
    return {"slip_id": list(Slip.objects.values_list("id", flat=True)), "finding_id": list(Finding.objects.values_list("id", flat=True)),
            "inspection_id": [one], "point_id": [point.subject_id], "topic_id": [topic.subject_id], "watch_id": [watch.subject_id]}


def _second(cast: Cast) -> str:
    name = f"{Role.SUPERVISOR.value}_2"
    return name if name in cast.people else cast.another(Role.SUPERVISOR)


def of_papers(cast: Cast) -> dict[str, list[int]]:
    """A written instruction that a unit acts on, a duty, a list of stock phrases that waits for its signature."""
    first, unit = cast.actors["supervisor"], cast.units["water"].id
    told = instructions.report_matter(by=first, given={"title": "冬季供水", "leader": "分管副市长", "report": "同类诉求增多"}).subject_id
    instructions.take_instruction(instruction_id=told, step="record_instruction", by=cast.actors["coordinator"],
                                  given={"instruction": "抓紧会商", "instructed_on": "2025-01-02"})
    instructions.take_instruction(instruction_id=told, step="assign_instruction", by=first, given={"unit": unit, "due": "2025-01-09"})
    duty = instructions.open_duty(by=first, given={"matter": "供水", "unit": unit, "duty_post": "负责人", "due": "2025-01-10", "measures": "检修"}).subject_id
    said = stock_phrases.draft(by=first, given={"phrases": "高度重视\n第一时间", "since": "2025-01-06", "reason": "试行"}).subject_id
    return {"instruction_id": [told], "duty_id": [duty], "phrases_id": [said]}


def of_leader_days(cast: Cast) -> dict[str, list[int]]:
    """A period with a sign-up, a call, a commitment, a meeting with its agenda, a lead, a drafted report."""
    period, office = leader_day.announced(cast), cast.actors["coordinator"]
    signup = days.sign_up(key="subjects", address="192.0.2.9", period_id=period.id, kind="consult", said="自来水发黄", name="卓玛", phone="13900000001")
    with clock.fixed(leader_day.HELD):
        case = leader_day.call(cast, period)
        promised = leader_day.promise(cast, period, case)
        meeting = days.draft_meeting(by=office, given={"period": period.id, "unit": cast.units["water"].id, "meets_on": "2025-01-06", "venue": "会议室"})
        days.take_meeting_step(meeting_id=meeting.subject_id, step="put_on_agenda", by=office, given={"case": case.id, "reason": "难"})
        lead = days.propose_lead(by=office, given={
            "period": period.id, "case": case.id, "agreed": True, "asked_by": "回访员甲", "asked_at": leader_day.HELD.isoformat(), "call_no": "C1",
            "headline": "停水两天", "lead_text": "停水两天，已抢修"})
        days.draft_report(by=office, given={"period": period.id, "title": "第1期报告", "issuer": "热线中心"})
    return {"period_id": [period.id], "scheme_id": [period.scheme_id], "desk_id": list(Desk.objects.values_list("id", flat=True)), "signup_id": [signup.id],
            "commitment_id": [promised.id], "meeting_id": [meeting.subject_id], "lead_id": [lead.subject_id],
            "report_id": list(Report.objects.values_list("id", flat=True))}


def of_bulletins(cast: Cast) -> dict[str, list[int]]:
    """A day's bulletin that was signed and sent to units, a month's draft."""
    writes, signs = cast.actors["analyst"], cast.actors["supervisor"]
    daily = bulletins.draft(by=writes, given={"kind": "daily", "since": "2025-01-02"}).subject_id
    words = {"title": "热线日报", "issuer": "热线中心", "overview": "供水诉求集中。"}
    for step, by, given in (("amend_bulletin", writes, words), ("submit_bulletin", writes, {}), ("sign_bulletin", signs, {"doc_number": "热线〔2025〕1号"}),
                            ("send_bulletin", writes, {"recipients": "各承办单位", "sent_way": "work", "to_units": True})):
        bulletins.take(bulletin_id=daily, step=step, by=by, given=given)
    monthly = bulletins.draft(by=writes, given={"kind": "monthly", "since": "2025-01-02"}).subject_id
    return {"bulletin_id": [daily, monthly]}


def of_month_end(cast: Cast, words: str = "重复来电") -> dict[str, list[int]]:
    """A period that is checked by the water bureau, with one objection."""
    month = checking(cast)
    return {"assessment_id": [month.id], "objection_id": [month.objection(month.cases[0], reason=words).id]}


def of_open_data(cast: Cast) -> dict[str, list[int]]:
    """The first month, prepared when it is over."""
    for _ in range(open_data.WHOLE):
        cast.create()
    with clock.fixed(NOW + timedelta(days=31)):
        return {"dataset_id": [datasets.prepare(by=cast.actors["analyst"], given={"month": "2025-01"}).subject_id]}


def of_schemes(cast: Cast) -> dict[str, list[int]]:
    """A scheme of the composite that waits for its second person."""
    given = {"name": "试行方案", "slot": "upper", "since": "2025-06-01", "parts": "solve 50\nsatisfaction 50", "basis": "考核办法"}
    return {"scoring_id": [scheme_actions.propose(by=cast.actors["analyst"], given=given).subject_id]}


def of_all(cast: Cast) -> dict[str, list[int]]:
    return of_supervision(cast) | of_papers(cast) | of_leader_days(cast) | of_bulletins(cast) | of_month_end(cast) | of_open_data(cast) | of_schemes(cast)
