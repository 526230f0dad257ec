"""What the random walk types: mostly what belongs there, now and then what does not. Every typed word carries its case's mark."""

from __future__ import annotations

import random
from datetime import timedelta

from minsheng.accounts import actions as accounts
from minsheng.accounts.rules import SCOPES, Actor
from minsheng.cases import actions
from minsheng.cases.models import Case, CaseTask
from minsheng.cases.rules import Dissatisfaction, Kind, Outcome, Satisfaction
from minsheng.cases.rules.fields import FIELDS, Field
from minsheng.kit import clock
from minsheng.kit.steps import Step
from minsheng.kit.uploads import Upload
from tests.cast import PNG, Cast

_OF_POSITION = {"position", "no_position", "why_no_position"}
HEAD = "external_no,received_at,type,category,title,narrative,phone,unit,dispatched_at,signed_at,replied_at,reply,state\n"


def mark(case_id: int) -> str:
    """Stands in every word that was typed about the case, and nowhere else."""
    return f"记{case_id:x}记"


class Values:
    def __init__(self, cast: Cast, dice: random.Random):
        self.cast, self.dice, self.tokens, self.must = cast, dice, {}, set()
        self.people = list(cast.people.values())
        self.units = [unit.id for unit in cast.units.values()]
        self.leads = [cast.units[code].id for code in ("water", "roads", "county")]

    # --- steps ------------------------------------------------------------

    def given(self, step: Step, case: Case, by: Actor) -> dict:
        """What the step asks for; the optional half of the time, what must be there almost always."""
        chosen, self.must = {}, set(step.required)
        for need in step.needs:
            f = FIELDS[need.rstrip("?")]
            if self.dice.random() < (0.5 if need.endswith("?") else 0.97):
                chosen[f.name] = self.value(f, case, anew=f.name in step.hands_on)
        return {name: value for name, value in chosen.items() if value not in (None, "", [])}

    def value(self, f: Field, case: Case, anew: bool = False):
        """`anew`: words of the case that the step makes, which is forgotten by itself."""
        dice = self.dice
        if f.name == "readers" and not case.restricted and "readers" not in self.must:
            return None
        if f.name in _OF_POSITION:  # no matter of the cast asks for one
            return None
        if f.kind == "checks":
            return dice.sample([key for key, _ in f.choices], dice.choice((1, 2, 3)))
        if f.kind == "agent":
            return self.cast.people["agent"].id
        if f.choices:
            return dice.choice(f.choices)[0]
        make = {
            "bool": lambda: dice.random() < 0.6, **dict.fromkeys(("number", "call"), lambda: dice.randrange(1, 99999)), "datetime": lambda: self._time(f).isoformat(),
            "limit": lambda: dice.choice(("5wd", "24h", "1wh", "30d", "0wd", "7wd")), "unit": lambda: self._unit(f),
            "units": lambda: dice.sample(self.leads, dice.randrange(3)), "place": lambda: self.cast.units["county"].id,
            "case": lambda: self._case(f, case), "task": lambda: self._task(case), "article": lambda: None,
            "files": lambda: [Upload("现场.png", PNG)] if dice.random() < 0.8 else [], "category": lambda: dice.choice(("tap", "tap", "noise")),
            "people": lambda: [dice.choice(self.people).id], "elements": lambda: {"time": f"夜间{mark(case.id)}"},
            "parts": lambda: [{"narrative": f"第{n}件事，请分别处理。", "title": f"第{n}件"} for n in (1, 2)],
        }
        return make[f.kind]() if f.kind in make else self.words(f, case if not anew else None)

    def words(self, f: Field, case: Case | None) -> str:
        said = f"{f.label}：已到现场处理完毕，主管道恢复供水{mark(case.id) if case else ''}"
        return said[: f.longest]

    def _time(self, f: Field):
        now, far = clock.now(), self.dice.random() < 0.1
        if f.ahead is not None:
            return now + timedelta(days=-3 if far else self.dice.randrange(1, 60))
        return now - timedelta(days=40) if far else now - timedelta(minutes=self.dice.randrange(600))

    def _unit(self, f: Field) -> int:
        return self.dice.choice(self.units if self.dice.random() < 0.2 else self.leads)

    def _case(self, f: Field, case: Case) -> int | None:
        if f.name == "party":
            near = [case.id, *Case.objects.filter(master_id=case.id).values_list("id", flat=True)]
            return self.dice.choice(near)
        rows = Case.objects.exclude(id=case.id).order_by("-id")
        if self.dice.random() < 0.8:
            rows = rows.exclude(closed_at__isnull=False)
        ids = list(rows.values_list("id", flat=True)[:25])
        return self.dice.choice(ids) if ids else None

    def _task(self, case: Case) -> int | None:
        ids = list(CaseTask.objects.filter(case_id=case.id).values_list("id", flat=True)) or list(CaseTask.objects.values_list("id", flat=True)[:5])
        return self.dice.choice(ids) if ids else None

    # --- other ways in ------------------------------------------------------------

    def form(self, step: Step, case: Case, by: Actor) -> dict:
        """As a browser posts it."""
        data = {}
        for name, value in self.given(step, case, by).items():
            kind = FIELDS[name].kind
            if kind == "files":
                continue
            if kind == "case":
                value = Case.objects.filter(id=value).values_list("number", flat=True).first() or value
            if kind == "parts":
                value = "\n\n".join(part["narrative"] for part in value)
            if kind == "elements":
                data |= {f"el-{key}": said for key, said in value.items()}
                continue
            data[name] = {True: "yes", False: "no"}[value] if isinstance(value, bool) else value
        return data

    def json(self, step: Step, case: Case, by: Actor) -> dict:
        return {name: value for name, value in self.given(step, case, by).items() if FIELDS[name].kind != "files"}

    def token(self, by: Actor) -> str:
        if by.id not in self.tokens:
            person = next((p for p in self.cast.people.values() if p.id == by.id), self.cast.people["agent"])
            self.tokens[by.id] = accounts.make_token(person=person, name="漫步", scopes=SCOPES, by=accounts.COMMAND_LINE, setup=True)[1]
        return self.tokens[by.id]

    def request(self) -> dict:
        dice = self.dice
        named = actions.Requester(dice.choice(("王小明", "次仁卓玛", "")), dice.choice(("13800000001", "13800000002", "")))
        made = {"kind": dice.choice([kind.value for kind in Kind]), "narrative": f"小区停水第{dice.randrange(9)}天，请尽快处理。", "title": "小区停水",
                "category": dice.choice(("tap", "tap", "noise")), "requester": named, "urgent": dice.random() < 0.1}
        if dice.random() < 0.12:
            made |= {"kind": "complaint", "complained_unit": dice.choice(self.leads)}
        return made

    def after_intake(self) -> tuple[str | None, dict]:
        return self.dice.choices((("submit", {}), (None, {}), ("answer", {"answer": "已当场说明供水安排。", "no_article": "没有相应的文章"}),
                                  ("decline", {"decline_reason": "lawful_channel", "told": "已告知法院的联系方式。"}),
                                  ("transfer", {"target": "12315"})), (80, 8, 4, 4, 4))[0]

    def call(self) -> dict:
        dice = self.dice
        own_call = {"call": dice.randrange(1, 99999)}
        outcome = dice.choices([o.value for o in Outcome], [12 if o is Outcome.ANSWERED else 1 for o in Outcome])[0]
        if outcome != Outcome.ANSWERED:
            return {"outcome": outcome, **own_call}
        how = dice.choice(list(Satisfaction))
        given = {"outcome": outcome, "contacted": dice.random() < 0.8, "solved": dice.random() < 0.7, "satisfaction": how.value, **own_call}
        if not given["solved"] or how not in {s for s in Satisfaction if s.counts}:
            given |= {"dissatisfaction": dice.choice(list(Dissatisfaction)).value, "verbatim": "还是没有水。"}
        return given

    def sheet(self, n: int, now) -> str:
        """Two rows of history, in states that may be."""
        day = (now - timedelta(days=20)).strftime("%Y-%m-%d %H:%M:%S")
        later = (now - timedelta(days=19)).strftime("%Y-%m-%d %H:%M:%S")
        rows = []
        for i, state in enumerate(self.dice.sample(("待签收", "办理中", "挂账", "退单审核", "待回访", "已办结", "待审核派单"), 2)):
            sent = state != "待审核派单"
            signed = sent and state not in ("待签收", "退单审核")
            replied = state in ("待回访", "已办结")
            rows.append(",".join((f"W{n}-{i}", day, "求助", "tap", "旧件", "水管漏水", "13800000001", "市水务局" if sent else "", later if sent else "",
                                  later if signed else "", later if replied else "", "已修好" if replied else "", state)))
        return HEAD + "\n".join(rows) + "\n"
