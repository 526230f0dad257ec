"""What the walk over leader days and supervision types: mostly what belongs there, now and then what does not."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from minsheng.accounts import actions as accounts
from minsheng.accounts.rules import SCOPES, Actor
from minsheng.cases.models import Case, Category
from minsheng.kit import clock
from minsheng.kit.step_fields import Field
from minsheng.kit.steps import Step
from minsheng.kit.uploads import Upload
from minsheng.leader_days.models import Desk, Period, Published, Scheme
from minsheng.oversight.models import Inspection
from minsheng.oversight.queries import ladder
from tests.cast import PNG, Cast
from tests.hostile.table import TEXTS, TYPED
from tests.verification.day_ways import Walked

_SHORT = [text for text in TEXTS if len(text) < 3000]
_NUMBERS = {"number": (1, 40), "year": (2024, 2027), "size": (1, 3), "views": (0, 5000)}


def mark(case: Case) -> str:
    """Stands in every word of the case itself."""
    return f"记{case.id:x}记"


class DayValues:
    def __init__(self, cast: Cast, dice: random.Random):
        self.cast, self.dice, self.tokens = cast, dice, {}
        self.units = [cast.units[code].id for code in ("water", "water", "roads", "county")]
        self.category = Category.objects.get(code="tap").id
        self.number, self.start = 100, clock.now()  # of papers; when the desk begins that is being set up

    def given(self, of: Walked, step: Step, subject: Any = None) -> dict[str, Any]:
        """As a program or a form would say it: texts, numbers, lists. The optional half of the time, hostile now and then."""
        found = {}
        for need in step.needs:
            f = of.kind.fields[need.rstrip("?")]
            if self.dice.random() < (0.5 if need.endswith("?") else 0.99):
                found[f.name] = self._value(f, step, subject)
        if {"kind", "rung"} <= found.keys() and self.dice.random() < 0.8:
            found |= {"kind": "order", "rung": "order_late"}  # of a slip: a rung that fits its kind
        if found and self.dice.random() < 0.06:
            found[self.dice.choice(sorted(found))] = self.dice.choice(_SHORT)
        return {name: value for name, value in found.items() if value not in (None, "", [])}

    def typed(self, given: dict[str, Any]) -> dict[str, Any]:
        """What only JSON can say, in the place of one field."""
        return given | {self.dice.choice(sorted(given) or ["reason"]): self.dice.choice(TYPED)}

    def _value(self, f: Field, step: Step, subject: Any) -> Any:
        dice = self.dice
        if f.choices:
            return str(dice.choice(f.choices)[0])
        if f.name in _SPECIAL:
            return _SPECIAL[f.name](self, subject)
        make: dict[str, Callable[[], Any]] = {
            "bool": lambda: dice.random() < 0.8, "number": lambda: str(dice.randint(*_NUMBERS.get(f.name, (1, 9)))), "day": lambda: self._day(f, step),
            "moment": lambda: self._moment(f).isoformat(), "files": lambda: [Upload("现场.png", PNG)] if dice.random() < 0.5 else [],
            "id": lambda: self._id(f, subject), "ids": lambda: self._ids(f)}
        return make[f.kind]() if f.kind in make else f"{f.label}：已到现场处理{dice.randrange(9)}"[: f.longest]

    def _day(self, f: Field, step: Step) -> str:
        """Mostly on the right side of today."""
        today, past = clock.now().astimezone().date(), f.name in {"published_on", "done_on", "held_on", "instructed_on", "visited_on", "met_on"}
        ahead = self.dice.randrange(1, 20) if self.dice.random() < 0.85 else -self.dice.randrange(20)
        on = today - timedelta(days=ahead % 3) if past and self.dice.random() < 0.9 else today + timedelta(days=0 if past else ahead)
        if step.name.endswith("_inspection"):
            return (today - timedelta(days=60 if f.name == "since" else self.dice.choice((0, 0, 3, -2)))).isoformat()
        if f.name == "since":
            on = today + timedelta(days=self.dice.choice((0, 0, 1, 1, -30)))
        while f.name in {"due", "new_due", "answer_due"} and on.weekday() > 4 and self.dice.random() < 0.9:
            on += timedelta(days=1)
        return on.isoformat()

    def _moment(self, f: Field) -> datetime:
        now = clock.now()
        if f.name == "asked_at":
            return now - timedelta(minutes=self.dice.choice((0, 1, 5, 600)))
        if f.name == "ends" and self.dice.random() < 0.9:
            return self.start + timedelta(hours=2)
        self.start = now + timedelta(minutes=self.dice.choice((10, 60, 600, 2000, -30)))
        return self.start

    def _id(self, f: Field, subject: Any) -> Any:
        pool = {
            "unit": lambda: self.units, "owner_unit": lambda: self.units, "lead": lambda: self.units,
            "leader": lambda: [self.cast.people["leader"].id], "scheme": lambda: _last(Scheme), "period": self._periods,
            "notice": lambda: [one.id for one in Published.objects.filter(period_id=getattr(subject, "id", 0))] or _last(Published),
            "desk": lambda: self._desks(subject), "case": lambda: _last(Case, 25), "category": lambda: [self.category],
            "district": lambda: [self.cast.units["county"].id], "inspection": lambda: _last(Inspection)}
        ids = pool.get(f.name, lambda: _last(Case))()
        return str(self.dice.choice(ids)) if ids else None

    def _periods(self) -> list[int]:
        """Mostly such as have begun."""
        begun = Period.objects.filter(state__in=("announced", "held"), starts__lte=clock.now()).order_by("-id")
        return list(begun.values_list("id", flat=True)[:2]) if self.dice.random() < 0.9 and begun else _last(Period)

    def _desks(self, subject: Any) -> list[int]:
        """Mostly of the period that the subject is of."""
        period = getattr(subject, "period_id", None) if self.dice.random() < 0.9 else None
        return [one.id for one in Desk.objects.filter(period_id=period, removed_at=None)] if period else _last(Desk)

    def _ids(self, f: Field) -> list[str]:
        if f.name == "members":
            return [str(self.cast.people["outside_group"].id)]
        ids = _last(Case, 12) if f.name == "cases" else list(set(self.units))
        return [str(one) for one in self.dice.sample(ids, min(len(ids), self.dice.choice((1, 1, 2))))]

    def _doc_number(self, subject: Any) -> str:
        self.number += self.dice.choice((0, 1, 1, 1))
        return f"民督〔{clock.now().year}〕{self.number}号"

    def _of_period(self, subject: Any) -> str | None:
        """A case of the period that the subject is of, or of its sample."""
        if sample := getattr(subject, "sample", None):
            return str(self.dice.choice(sample))
        period = getattr(subject, "period_id", None)
        ids = list(Case.objects.filter(period_id=period).order_by("-id").values_list("id", flat=True)[:12]) if period else _last(Case, 12)
        return str(self.dice.choice(ids)) if ids else None

    def of_one_call(self) -> dict[str, Any]:
        """Period, desk and case that belong together."""
        case = self.dice.choice(list(Case.objects.exclude(period_id=None).order_by("-id")[:10]))
        desks = list(Desk.objects.filter(period_id=case.period_id).values_list("id", flat=True))
        return {"period": str(case.period_id), "case": str(case.id), "desk": str(self.dice.choice(desks))}

    def of_one_sample(self) -> dict[str, Any]:
        one = self.dice.choice(list(Inspection.objects.exclude(sample=[]))[-3:])
        return {"inspection": str(one.id), "case": str(self.dice.choice(one.sample))}

    def token(self, who: str) -> str:
        if who not in self.tokens:
            self.tokens[who] = accounts.make_token(person=self.cast.people[who], name="漫步", scopes=SCOPES, by=accounts.COMMAND_LINE, setup=True)[1]
        return self.tokens[who]

    @staticmethod
    def of(actor: Actor, cast: Cast) -> str:
        return next(name for name, one in cast.actors.items() if one.id == actor.id)


def _last(model: Any, most: int = 4) -> list[int]:
    return list(model.objects.order_by("-id").values_list("id", flat=True)[:most])


_SPECIAL: dict[str, Callable[[DayValues, Any], Any]] = {
    "doc_number": DayValues._doc_number, "link": lambda self, one: "https://news.example/1", "case": DayValues._of_period,
    "rung": lambda self, one: self.dice.choice([each.code for each in ladder.rungs() if not each.measure.by_clock]),
    "phrases": lambda self, one: "高度重视\n立即整改", "slips": lambda self, one: [],
}
