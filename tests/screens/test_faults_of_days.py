"""What does not hold is refused by page and by API with the same clear sentence, and leaves nothing half done: leader days, supervision, field work,
topics, one line a fault."""

import json
from datetime import timedelta
from functools import cache

import pytest
from django.urls import reverse
from tests import leader_day, subjects
from tests.cast import NOW, build
from tests.screens.test_api import Program
from tests.verification.day_walk_checks import Standing
from tests.verification.day_ways import SUBJECTS

from minsheng.accounts import actions as accounts
from minsheng.accounts.models import actor_of
from minsheng.accounts.queries import roles_of
from minsheng.accounts.rules import Role
from minsheng.api.day_steps import SUBJECTS as BY_API
from minsheng.cases.models import Category
from minsheng.kit import clock
from minsheng.leader_days import actions as days
from minsheng.leader_days.models import Commitment, Desk, Period, Scheme
from minsheng.oversight.actions import instructions
from minsheng.oversight.models import Inspection, Slip
from minsheng.topics.actions import declared

pytestmark = pytest.mark.django_db
AT = leader_day.HELD + timedelta(minutes=20)  # Friday, 3 January 2025, 10:50
SLIP = {"kind": "order", "rung": "order_late", "demand": "限期恢复供水", "answer_due": "2025-01-24"}
WATCH = {"place": "东门市场", "matter": "占道", "since": "2025-01-03", "until": "2025-01-10"}
LOOK = {"title": "供水督查", "basis": "年度计划", "since": "2025-01-01", "until": "2025-01-02", "size": "1"}


class City:
    """One of everything, and a second of what a fault needs."""

    def __init__(self, cast):
        self.cast = cast
        self.client, self.program = cache(cast.client), cache(lambda who: Program(cast, who))
        found = subjects.of_leader_days(cast) | subjects.of_supervision(cast) | subjects.of_papers(cast)
        self.id = {name.removesuffix("_id"): ids[0] for name, ids in found.items() if ids}
        self.period = Period.objects.get(id=self.id["period"])
        self.empty = leader_day.draft(cast, self.period.scheme, 2, NOW + timedelta(days=4))
        leader_day.step(cast, self.empty.id, "remove_desk", desk=Desk.objects.get(period=self.empty).id)
        self.coming = leader_day.draft(cast, self.period.scheme, 3, NOW + timedelta(days=5))
        self.draft = Scheme.objects.get(id=days.draft_scheme(by=cast.actors["coordinator"], given=self.scheme()).subject_id)
        self.one = Commitment.objects.get(id=self.id["commitment"])
        self.case = self.one.case_id
        drafter = cast.people[cast.another(Role.COORDINATOR)]
        self.own = Scheme.objects.get(id=days.draft_scheme(by=cast.actors["coordinator_2"], given=self.scheme(name="自拟的")).subject_id)
        with clock.fixed(AT):
            self.report = days.draft_report(by=cast.actors["coordinator_2"], given={"year": 2025, "title": "年度报告", "issuer": "热线中心"}).subject_id
        self.category = Category.objects.get(code="tap").id
        self.told = instructions.report_matter(by=cast.actors["supervisor"], given={"title": "供水", "leader": "副市长", "report": "增多"}).subject_id
        about = {"category": self.category, "lead": cast.units["water"].id, "district": cast.units["county"].id, "name": "另一题", "measures": "检修",
                 "since": "2025-01-03", "until": "2025-02-28"}
        self.proposed = declared.propose(by=cast.actors["coordinator_2"], given=about).subject_id
        accounts.revoke_role(person=drafter, role=Role.COORDINATOR, by=accounts.COMMAND_LINE, setup=True)  # who drafted yesterday supervises today
        accounts.grant_role(person=drafter, role=Role.SUPERVISOR, by=accounts.COMMAND_LINE, setup=True)
        cast.actors["coordinator_2"] = actor_of(drafter, roles_of(drafter.id))
        self.unit = {code: unit.id for code, unit in cast.units.items()}
        self.leader = cast.people["leader"].id

    def scheme(self, **more):
        return {"name": "方案二", "year": "2025", "aim": "听民声", "topics": "供水", "units": [str(self.cast.units["water"].id)], "since": "2025-01-01",
                "until": "2025-12-31"} | more

    def desk(self, begins="2025-01-07T10:00+08:00", ends="2025-01-07T12:00+08:00", **more):
        return {"unit": str(self.unit["water"]), "leader": str(self.leader), "starts": begins, "ends": ends} | more

    def promise(self, **more):
        return {"period": str(self.period.id), "case": str(self.case), "desk": str(self.id["desk"]), "what": "换管", "owner_unit": str(self.unit["water"]),
                "owner": "科长", "due": "2025-01-10"} | more

    def lead(self, **more):
        return {"period": str(self.period.id), "case": str(self.case), "agreed": True, "asked_by": "回访员甲", "asked_at": leader_day.HELD.isoformat(),
                "call_no": "C1", "headline": "停水", "lead_text": "停水两天"} | more

    def meeting(self, **more):
        return {"period": str(self.period.id), "unit": str(self.unit["water"]), "meets_on": "2025-01-06", "venue": "三楼"} | more


# (what is wrong, subject, step, who, row or None, given, what the answer says); rows and givens are asked of the city.
FAULTS = [
    ("period without desk", "periods", "announce", "supervisor", lambda c: c.empty.id, lambda c: {}, "还没有接听席"),
    ("desks of one leader overlap", "periods", "add_desk", "coordinator", lambda c: c.empty.id,
     lambda c: c.desk("2025-01-07T11:00+08:00", "2025-01-07T13:00+08:00"), "时间重叠"),
    ("promise on a rest day", "commitments", "commit", "leader", None, lambda c: c.promise(due="2025-01-11"), "不是工作日"),
    ("promise before its call", "commitments", "commit", "leader", None, lambda c: c.promise(due="2025-01-02"), "不能早于"),
    ("scheme signed by its drafter", "schemes", "issue_scheme", "coordinator_2", lambda c: c.own.id, lambda c: {}, "另一人"),
    ("report signed by its drafter", "reports", "sign_report", "coordinator_2", lambda c: c.report,
     lambda c: {"doc_number": "民声〔2025〕9号"}, "另一人"),
    ("consent missing", "leads", "propose_lead", "coordinator", None, lambda c: c.lead(agreed=False), "同意"),
    ("nobody asked", "leads", "propose_lead", "coordinator", None, lambda c: c.lead(asked_by=""), "谁征询的"),
    ("asked in the future", "leads", "propose_lead", "coordinator", None, lambda c: c.lead(asked_at="2025-01-09T10:00+08:00"), "征询"),
    ("visit in the future", "watches", "note_visit", "water", lambda c: c.id["watch"],
     lambda c: {"visited_on": "2025-01-09", "who": "次仁", "found": "占道", "done": "劝离"}, "到场日期"),
    ("slip without ground", "slips", "draft_slip", "supervisor", None,
     lambda c: SLIP | {"unit": str(c.unit["roads"]), "cases": [str(c.case)]}, "主办"),
    ("slip without an order", "slips", "draft_slip", "supervisor", None, lambda c: SLIP | {"unit": str(c.unit["water"])}, "工单"),
    ("slip to be answered on a rest day", "slips", "draft_slip", "supervisor", None,
     lambda c: SLIP | {"unit": str(c.unit["water"]), "cases": [str(c.case)], "answer_due": "2025-01-25"}, "工作日"),
    ("desk ends before it begins", "periods", "add_desk", "coordinator", lambda c: c.empty.id,
     lambda c: c.desk("2025-01-08T12:00+08:00", "2025-01-08T10:00+08:00"), "晚于开始"),
    ("desk of a whole day", "periods", "add_desk", "coordinator", lambda c: c.empty.id,
     lambda c: c.desk("2025-01-08T08:00+08:00", "2025-01-08T20:00+08:00"), "8 小时"),
    ("desk outside the scheme", "periods", "add_desk", "coordinator", lambda c: c.empty.id,
     lambda c: c.desk("2026-01-08T10:00+08:00", "2026-01-08T12:00+08:00"), "方案的"),
    ("desk of who is no leader", "periods", "add_desk", "coordinator", lambda c: c.empty.id,
     lambda c: c.desk("2025-01-08T10:00+08:00", "2025-01-08T12:00+08:00", leader=str(c.cast.people["water"].id)), "接听领导"),
    ("leader of another unit", "periods", "add_desk", "coordinator", lambda c: c.empty.id,
     lambda c: c.desk("2025-01-08T10:00+08:00", "2025-01-08T12:00+08:00", unit=str(c.unit["roads"])), "不属于"),
    ("number of a period taken", "periods", "draft_period", "coordinator", None,
     lambda c: {"scheme": str(c.period.scheme_id), "number": "1", "theme": "又一期"}, "已有第 1 期"),
    ("number of a period out of range", "periods", "draft_period", "coordinator", None,
     lambda c: {"scheme": str(c.period.scheme_id), "number": "0", "theme": "零"}, "1 至 999"),
    ("scheme ends before it begins", "schemes", "draft_scheme", "coordinator", None,
     lambda c: c.scheme(since="2025-12-31", until="2025-01-01"), "不能早于"),
    ("scheme of a year that is none", "schemes", "draft_scheme", "coordinator", None, lambda c: c.scheme(year="205"), "年度"),
    ("notice of tomorrow", "periods", "note_notice", "coordinator", lambda c: c.period.id,
     lambda c: {"medium": "tv", "outlet": "市台", "text": "通告", "published_on": "2025-01-04"}, "今天之后"),
    ("views beyond all people", "periods", "note_notice", "coordinator", lambda c: c.period.id,
     lambda c: {"medium": "web", "outlet": "网", "text": "通告", "published_on": "2025-01-02", "views": "9" * 25}, "浏览量"),
    ("views below nothing", "periods", "note_notice", "coordinator", lambda c: c.period.id,
     lambda c: {"medium": "web", "outlet": "网", "text": "通告", "published_on": "2025-01-02", "views": "-5"}, "浏览量"),
    ("cancelled after it began", "periods", "cancel_period", "supervisor", lambda c: c.period.id,
     lambda c: {"cancel_notice": "改期"}, "已经开始"),
    ("cancelled without a word", "periods", "cancel_period", "supervisor", lambda c: c.coming.id, lambda c: {"cancel_notice": " "}, "对外说明"),
    ("promise owed by the centre", "commitments", "commit", "leader", None, lambda c: c.promise(owner_unit=str(c.unit["centre"])), "承办单位"),
    ("promise without a desk", "commitments", "record_commitment", "coordinator", None, lambda c: c.promise(desk="", source="desk"), "接听席"),
    ("promise of a meeting without its day", "commitments", "record_commitment", "coordinator", None,
     lambda c: c.promise(desk="", source="meeting"), "协调会"),
    ("done tomorrow", "commitments", "prove", "water", lambda c: c.one.id, lambda c: {"proof": "换完", "done_on": "2025-01-04"}, "完成日期"),
    ("done before it was promised", "commitments", "prove", "water", lambda c: c.one.id,
     lambda c: {"proof": "换完", "done_on": "2025-01-01"}, "完成日期"),
    ("extended to an earlier day", "commitments", "ask_extension", "water_head", lambda c: c.one.id,
     lambda c: {"reason": "缺料", "new_due": "2025-01-09"}, "不能早于"),
    ("not kept before its day is over", "commitments", "conclude_late", "supervisor", lambda c: c.one.id,
     lambda c: {"cause": "funds", "finding": "没办"}, "还没有过"),
    ("signed with nothing to sign", "commitments", "sign_public", "supervisor", lambda c: c.one.id, lambda c: {}, "没有等待签发"),
    ("public words with a telephone", "commitments", "draft_public", "coordinator", lambda c: c.one.id,
     lambda c: {"public_matter": "请打13800000001", "public_progress": "在办"}, "电话"),
    ("meeting of a unit without a desk", "meetings", "draft_meeting", "coordinator", None,
     lambda c: c.meeting(unit=str(c.unit["roads"])), "席"),
    ("meeting before the calls", "meetings", "draft_meeting", "coordinator", None, lambda c: c.meeting(meets_on="2025-01-02"), "会期"),
    ("minutes of what was not convened", "meetings", "write_minutes", "coordinator", lambda c: c.id["meeting"],
     lambda c: {"held_on": "2025-01-03", "attended": "各单位", "minutes": "研究"}, "不能"),
    ("inspection that ends before it begins", "inspections", "draft_inspection", "supervisor", None,
     lambda c: LOOK | {"since": "2025-01-02", "until": "2025-01-01", "members": [str(c.cast.people["outside_group"].id)]}, "早于"),
    ("inspection of nothing", "inspections", "draft_inspection", "supervisor", None,
     lambda c: LOOK | {"size": "0", "members": [str(c.cast.people["outside_group"].id)]}, "抽样"),
    ("inspection by who is none of the group", "inspections", "draft_inspection", "supervisor", None,
     lambda c: LOOK | {"members": [str(c.cast.people["water"].id)]}, "专项督查组"),
    ("instruction of tomorrow", "instructions", "record_instruction", "coordinator", lambda c: c.told,
     lambda c: {"instruction": "抓紧", "instructed_on": "2025-01-09"}, "批示日期"),
    ("watch of half a year", "watches", "open_watch", "water", None, lambda c: WATCH | {"until": "2025-06-30"}, "60 天"),
    ("watch that ends before it begins", "watches", "open_watch", "water", None, lambda c: WATCH | {"until": "2025-01-01"}, "结束"),
    ("topic that ends before it begins", "topics", "propose_topic", "coordinator", None,
     lambda c: {"category": str(c.category), "lead": str(c.unit["water"]), "name": "供水", "measures": "检修", "since": "2025-01-20", "until": "2025-01-10"}, "完成日期"),
    ("topic ended by who proposed it", "topics", "declare_topic", "coordinator_2", lambda c: c.proposed, lambda c: {}, "另"),
]


@pytest.fixture
def city():
    with clock.fixed(NOW):
        cast = build()
        found = City(cast)
    with clock.fixed(AT):
        yield found


def by_page(city: City, of, one: int | None, step: str, who: str, given: dict):
    form = {name: ("yes" if value else "no") if isinstance(value, bool) else " ".join(value) if name == "cases" else value
            for name, value in given.items()}
    form |= {name: form[name].removesuffix("+08:00") for name in ("starts", "ends") if name in form}  # a form's time is the city's
    client = city.client(who)
    if one is None:
        address = of.new({name: str(value) for name, value in given.items()})
        return client.post(address, {"step": step, **{name: value for name, value in form.items() if name not in of.filled}})
    return client.post(reverse(f"{of.page}-step", args=[one]), {"step": step, **form})


def by_api(city: City, name: str, one: int | None, step: str, who: str, given: dict):
    return city.program(who).post(f"/{name}/{one}/steps" if one else f"/{name}/steps", {"step": step, "given": given})


def test_what_does_not_hold_is_said_by_page_and_api_and_leaves_nothing_half_done(city):
    wrong = []
    for fault, name, step, who, row, make, says in FAULTS:
        of, one, given = SUBJECTS[name], row(city) if row else None, make(city)
        before = Standing()
        page = by_page(city, of, one, step, who, given) if one or of.new({n: str(v) for n, v in given.items()}) else None
        api = by_api(city, name, one, step, who, given) if name in BY_API else None
        for way, answer in (("page", page), ("api", api)):
            if answer is None:
                continue
            text = answer.content.decode() if way == "page" else json.dumps(answer.json(), ensure_ascii=False)
            if answer.status_code not in (409, 422) or says not in text:
                wrong.append(f"{fault} by {way}: {answer.status_code} {text[-300:] if way == 'api' else ''}")
        wrong += [f"{fault}: {said}" for said in before.differences()]
    assert wrong == []
    assert Slip.objects.count() >= 1 and Inspection.objects.count() == 1
