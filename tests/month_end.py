"""A period of month-end taken to a state by steps, for tests: three cases of the water bureau, figures, checking, review, freeze."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from minsheng.accounts.rules import Role
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.kit import clock
from minsheng.kit.uploads import Upload
from minsheng.month_end.actions import assessments, objections
from minsheng.month_end.models import Assessment, Objection
from tests.cast import NOW, PNG, Cast

PLAN = {"title": "2025年1月考核期", "since": "2025-01-01", "until": "2025-01-03"}
DRAWN = NOW + timedelta(days=2)  # the first day after the period


@dataclass
class Month:
    """`one` is read anew by `now`; `cases`: closed, closed, waits for its call-back."""

    cast: Cast
    id: int
    cases: list[Case] = field(default_factory=list)

    def now(self) -> Assessment:
        return Assessment.objects.get(id=self.id)

    def take(self, step: str, who: str, at=DRAWN, **given) -> Assessment:
        with clock.fixed(at):
            assessments.take(assessment_id=self.id, step=step, by=self.cast.actors[who], given=given)
        return self.now()

    def objection(self, case: Case, who: str = "water", measure: str = "solve", at=DRAWN, **more) -> Objection:
        given = {"assessment": self.id, "case": case.id, "measure": measure, "want": "exclude", "reason": "诉求人不在本市，属重复来电",
                 "files": [Upload("证据.png", PNG)], **more}
        with clock.fixed(at):
            return Objection.objects.get(id=objections.raise_one(by=self.cast.actors[who], given=given).subject_id)

    def rule(self, one: Objection, step: str, who: str = "supervisor", at=DRAWN, **given) -> Objection:
        with clock.fixed(at):
            objections.take(objection_id=one.id, step=step, by=self.cast.actors[who], given={"ruling": "依据充分", **given} if step != "withdraw_objection" else given)
        return Objection.objects.get(id=one.id)

    def frozen(self) -> Assessment:
        self.take("confirm_sheet", "water_head")
        self.take("begin_review", "supervisor")
        return self.take("freeze_figures", "supervisor")


def second(cast: Cast) -> str:
    name = f"{Role.SUPERVISOR.value}_2"
    return name if name in cast.people else cast.another(Role.SUPERVISOR)


def planned(cast: Cast, **more) -> Month:
    with clock.fixed(NOW):
        made = assessments.plan(by=cast.actors["analyst"], given=PLAN | more)
    return Month(cast, made.subject_id)


def drawn(cast: Cast) -> Month:
    """Two cases closed with a call-back, one that waits for it; the figures drawn the day after the period."""
    month = planned(cast)
    month.cases = [cast.at_state(State.CLOSED), cast.at_state(State.CLOSED), cast.at_state(State.PENDING_CALLBACK)]
    month.take("draft_figures", "analyst")
    return month


def checking(cast: Cast) -> Month:
    month = drawn(cast)
    month.take("open_checking", "analyst", check_until="2025-01-08")
    return month
