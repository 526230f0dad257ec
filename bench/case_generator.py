"""What becomes of a request, step by step, with believable times: pure, for the filler. Steps after `now` have not happened yet."""

from __future__ import annotations

import itertools
import math
from bisect import bisect_left, bisect_right
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from random import Random

HOUR = timedelta(hours=1)
# step -> hours that usually pass before it (median)
USUAL = {
    "submit": 0.06, "answer": 0.07, "transfer": 0.05, "decline": 0.1, "confirm_decline": 5, "dispatch": 1.1, "sign": 1.4, "ask_return": 2,
    "uphold_return": 5, "reject_return": 5, "contact": 4, "field_record": 18, "ask_extension": 30, "grant_extension": 7, "refuse_extension": 7,
    "ask_parking": 40, "grant_parking": 20, "resume": 1400, "draft_reply": 34, "reply": 5, "accept_reply": 7, "reject_reply": 7,
    "record_callback": 26, "close": 0.05, "close_unreached": 0.05, "ask_redo": 0.1, "order_redo": 9, "refuse_redo": 9, "merge": 1,
    "phone_withdraw": 20, "ask_termination": 90, "grant_termination": 20, "rate": 30, "urge": 60, "remind": 120,
}

# where an order that waits long waits
WAITS = ("dispatch", "sign", "sign", "uphold_return", "contact", "grant_extension", "draft_reply", "draft_reply", "draft_reply", "reply", "accept_reply",
         "record_callback", "order_redo")


@dataclass(frozen=True, slots=True)
class Act:
    step: str
    at: datetime
    given: dict = field(default_factory=dict)


class Life:
    """One request's way. Each method adds steps; `acts` holds those that have happened by `now`."""

    def __init__(self, chance: Random, received: datetime, now: datetime):
        self.chance, self.at, self.now = chance, received, now
        self.slow = chance.choice(WAITS) if chance.random() < 0.3 else ""
        self.acts: list[Act] = []

    def add(self, step: str, **given) -> Life:
        hours = math.exp(self.chance.gauss(math.log(USUAL[step]), 0.7))
        if step == self.slow:
            hours, self.slow = hours * self.chance.uniform(15, 300) + 60, ""
        self.at += HOUR * hours
        if self.at <= self.now:
            self.acts.append(Act(step, self.at, given))
        return self

    # --- at once

    def answered(self, answer: str) -> Life:
        return self.add("answer", answer=answer)

    def sent_off(self) -> Life:
        if self.chance.random() < 0.45:
            return self.add("transfer", target=self.chance.choice(("110", "12315", "12333", "other")))
        reason = self.chance.choice(("lawful_channel", "same_matter", "outside_duty"))
        return self.add("decline", decline_reason=reason, told="已说明不予受理的情形和可以走的渠道。").add("confirm_decline")

    # --- an order

    def order(self, lead: int, wrong: int, co: list[int], reply: str, finding: tuple[str, str], at_place: bool) -> Life:
        roll = self.chance.random
        self.add("submit")
        if wrong and wrong != lead and roll() < 0.07 and self._returned(wrong):
            return self
        self.add("dispatch", lead=lead, **({"co_units": co} if co else {}))
        if roll() < 0.006:
            return self.add("phone_withdraw", reason="已经自行解决", identity=["when", "matter"])
        self.add("sign")
        self.add("contact", contact_at=self.at.isoformat(), contact_how=self.chance.choice(("phone", "phone", "visit", "wechat")))
        if at_place:
            self.add("field_record", visited_at=self.at.isoformat(), found=finding[0], done=finding[1])
        self._asks(roll())
        if roll() < 0.012:
            self.add("ask_termination", reason="所涉房屋已经拆除", told="已当面说明")
            return self.add("grant_termination", ruling="同意终止")
        self._reply(reply)
        if roll() < 0.05:
            self.add("reject_reply", defect="template", reason="没有说明完成时间")
            self._reply(reply)
        return self.add("accept_reply")._called(reply)

    def _returned(self, wrong: int) -> bool:
        """A first dispatch that comes back. True when the wrong unit has to keep it: nothing more is told of that one."""
        self.add("dispatch", lead=wrong).add("ask_return", legal_ground="duty", reason="不属本单位职责")
        if self.chance.random() < 0.7:
            self.add("uphold_return", ruling="同意退单")
            return False
        self.add("reject_return", ruling="依目录属该单位").add("sign")
        self.add("contact", contact_at=self.at.isoformat(), contact_how="phone")
        self._reply("经核实，已按职责办理。")
        self.add("accept_reply")._called("经核实，已按职责办理。")
        return True

    def _asks(self, roll: float) -> None:
        if roll < 0.08:
            self.add("ask_extension", reason="配件需要外地调运", interim="正在采购配件，预计下周安装")
            self.add("grant_extension" if self.chance.random() < 0.85 else "refuse_extension", ruling="已核")
        elif roll < 0.11:
            self.add("ask_parking", reason="需列入年度改造计划", measures="先行设置警示", solve_by=(self.at + 2000 * HOUR).isoformat())
            self.add("grant_parking", ruling="同意，按月复核").add("resume", reason="资金已到位")

    def _reply(self, words: str) -> Life:
        self.add("draft_reply", handling="已按要求办理。", public_reply=words, claimed_solved=self.chance.random() < 0.85)
        return self.add("reply")

    def _called(self, words: str) -> Life:
        for _ in range(2):
            if self.chance.random() >= 0.17:
                return self._answered_call(words)
            self.add("record_callback", outcome="not_reached")
        if self.chance.random() < 0.5:
            return self._answered_call(words)
        return self.add("record_callback", outcome="not_reached").add("close_unreached")

    def _answered_call(self, words: str) -> Life:
        roll = self.chance.random
        solved = roll() < 0.9
        level = self.chance.choice(("very", "satisfied", "satisfied", "basically")) if solved or roll() < 0.4 else "unsatisfied"
        kind = {"dissatisfaction": "result"} if level == "unsatisfied" else {}
        self.add("record_callback", outcome="answered", contacted=roll() < 0.95, solved=solved, satisfaction=level, **kind)
        if level != "unsatisfied" and solved:
            return self.add("close")
        self.add("ask_redo", reason="回访反映未解决")
        if roll() < 0.5:
            return self.add("refuse_redo", ruling="已穷尽措施")
        self.add("order_redo", ruling="重新办理").add("contact", contact_at=self.at.isoformat(), contact_how="phone")
        self._reply(words).add("accept_reply")
        return self.add("record_callback", outcome="answered", contacted=True, solved=True, satisfaction="satisfied").add("close")


class Arrivals:
    """When requests come in: more on working days, by day, and slowly growing over the year. A range of them at a time, always the same one."""

    _HOURS = (1, 1, 1, 1, 1, 1, 2, 5, 9, 12, 12, 10, 6, 6, 9, 10, 10, 9, 7, 6, 5, 4, 3, 2)

    def __init__(self, seed: int, count: int, first: datetime, now: datetime):
        """`first` and `now` are aware, in the city's own zone."""
        self.seed, self.now = seed, now
        self.start = first.replace(hour=0, minute=0, second=0, microsecond=0)
        days = (now - self.start).days + 1  # today among them, as far as it has come
        weights = [(1.15 if (self.start + timedelta(days=n)).weekday() < 5 else 0.62) * (1 + 0.3 * n / days) for n in range(days)]
        until = [0.0, *itertools.accumulate(weights)]
        self.until = [round(count * each / until[-1]) for each in until]  # how many have come before each day

    def of(self, begin: int, end: int) -> list[datetime]:
        """Those from the `begin`-th to before the `end`-th, in order."""
        chance, made = Random(f"{self.seed}:{begin}"), []
        for day in range(bisect_right(self.until, begin) - 1, bisect_left(self.until, end)):
            at = self.start + timedelta(days=day)
            for hour in chance.choices(range(24), self._HOURS, k=min(end, self.until[day + 1]) - max(begin, self.until[day])):
                made.append(at + timedelta(hours=hour, seconds=chance.random() * 3600))
        return sorted(at if at < self.now else self.now - timedelta(minutes=chance.uniform(5, 600)) for at in made)
