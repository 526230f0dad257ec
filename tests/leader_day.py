"""One period of leader days by steps, for tests: a scheme that was issued, a period with a desk of the water bureau, announced."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from minsheng.cases.actions import hand_to_clerk
from minsheng.cases.models import Case
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.leader_days import actions
from minsheng.leader_days.models import Commitment, Desk, Period, Scheme
from tests.cast import NOW, Cast

BEGINS = NOW + timedelta(days=1)  # Friday, 3 January 2025, 10:00
HELD = BEGINS + timedelta(minutes=30)


def refused(do: Callable[[], object]) -> str:
    """The code of a refusal, or the fields that are wrong; "" when it was taken."""
    try:
        do()
    except Refused as wrong:
        return wrong.verdict.code
    except Invalid as wrong:
        return "、".join(sorted(wrong.errors))
    return ""


def scheme(cast: Cast, **more) -> Scheme:
    given = {"name": "2025年方案", "year": 2025, "aim": "听民声、解民忧", "topics": "供水、道路", "units": [cast.units["water"].id],
             "since": "2025-01-01", "until": "2025-12-31"} | more
    row = actions.draft_scheme(by=cast.actors["coordinator"], given=given)
    actions.take_scheme_step(scheme_id=row.subject_id, step="issue_scheme", by=cast.actors["supervisor"])
    return Scheme.objects.get(id=row.subject_id)


def desk(cast: Cast, begins=BEGINS, **more) -> dict:
    return {"unit": cast.units["water"].id, "leader": cast.people["leader"].id, "seat": "1号席", "starts": begins.isoformat(),
            "ends": (begins + timedelta(hours=2)).isoformat()} | more


def draft(cast: Cast, plan: Scheme, number: int = 1, begins=BEGINS) -> Period:
    row = actions.draft_period(by=cast.actors["coordinator"], given={"scheme": plan.id, "number": number, "theme": "冬季供水"})
    step(cast, row.subject_id, "add_desk", **desk(cast, begins))
    return Period.objects.get(id=row.subject_id)


def step(cast: Cast, period_id: int, name: str, who: str = "coordinator", **given) -> Period:
    actions.take_period_step(period_id=period_id, step=name, by=cast.actors[who], given=given)
    return Period.objects.get(id=period_id)


def announced(cast: Cast, number: int = 1) -> Period:
    return step(cast, draft(cast, scheme(cast, name=f"方案{number}"), number).id, "announce", "supervisor")


def call(cast: Cast, period: Period, **more):
    """A call at the period's desk, taken down by the agent beside it. The clock stands at the desk's time."""
    content = {"kind": "help", "narrative": "家里停水两天了，请尽快处理。", "title": "停水", "place": "幸福路1号", "category": "tap",
               "requester": cast.requester} | more
    return actions.register_call(desk_id=Desk.objects.filter(period=period).first().id, by=cast.actors["agent"], **content).case


def called_back(cast: Cast, case: Case, solved: bool = True) -> Case:
    """By the hotline: what was answered on the spot ends, or asks to be handled after all."""
    hand_to_clerk(case_id=case.id, clerk=cast.actors["callback_clerk"])
    cast.take(case, "record_callback", "callback_clerk", party=case.id, outcome="answered", solved=solved,
              **({"satisfaction": "satisfied"} if solved else {"satisfaction": "unsatisfied", "dissatisfaction": "result"}))
    return cast.take(case, "close", "callback_clerk") if solved else cast.take(case, "ask_redo", "callback_clerk", reason="诉求人说没有解决")


def promise(cast: Cast, period: Period, of, who: str = "leader", name: str = "commit", **more) -> Commitment:
    given = {"period": period.id, "case": of.id, "desk": Desk.objects.filter(period=period).first().id, "what": "更换老旧水管",
             "owner_unit": cast.units["water"].id, "owner": "管网科科长", "due": "2025-01-10"} | more
    row = actions.commit(by=cast.actors[who], step=name, given={n: v for n, v in given.items() if v is not None})
    return Commitment.objects.get(id=row.subject_id)


def go_on(cast: Cast, one: Commitment, name: str, who: str, on=None, **given) -> Commitment:
    with clock.fixed(on or clock.now()):
        actions.take_commitment_step(commitment_id=one.id, step=name, by=cast.actors[who], given=given)
    return Commitment.objects.get(id=one.id)
