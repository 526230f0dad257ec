"""Calling back: what each requester of a case still owes an answer to, read off the history of the round (rulings, 13 and 33). Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from minsheng.cases.rules.states import Outcome, Satisfaction
from minsheng.kit.labelled_enum import Labelled

CALLBACK_TRIES = 3
# Steps that say something of a call-back; a redo begins a new round and forgets them.
CALL, ANSWER, RELAYED, NUMBER, NO_NUMBER, EXCUSED, AGAIN = (
    "record_callback", "answer_callback", "from_merged", "give_number", "no_number", "grant_no_callback", "order_redo")
STEPS = (CALL, ANSWER, RELAYED, NUMBER, NO_NUMBER, EXCUSED, AGAIN)


class Standing(Labelled):
    """How far the call-back of one requester has come."""

    CALL = "call", "待回访"
    NO_NUMBER = "no_number", "没有号码"  # answers by the page, or a ruling that no call-back is possible
    NUMBER = "number", "等补号码"  # the number was wrong: the desk looks for another
    ANSWERED = "answered", "已回访"
    REFUSED = "refused", "拒绝回访"
    UNREACHED = "unreached", "多次未接通"
    EXCUSED = "excused", "依规不再回访"

    @property
    def is_done(self) -> bool:
        return self not in {Standing.CALL, Standing.NO_NUMBER, Standing.NUMBER}

    @property
    def was_reached(self) -> bool:
        return self in {Standing.ANSWERED, Standing.REFUSED}


@dataclass(frozen=True, slots=True)
class Word:
    """One step of a round about one requester. `half_day`: of a call, as `half_day_of` names it."""

    step: str
    outcome: str = ""
    half_day: str = ""
    solved: bool | None = None
    satisfaction: str = ""


@dataclass(frozen=True, slots=True)
class Party:
    """One requester to be called back: the case that they came with, and what has been said in this round, in order."""

    id: int
    has_number: bool = True
    course: tuple[Word, ...] = ()

    @property
    def half_days(self) -> tuple[str, ...]:
        """Of the calls that reached nobody, since there was another number to ring; twice in one half-day is one try."""
        since = max((n for n, w in enumerate(self.course, 1) if w.step == NUMBER), default=0)
        missed = [w.half_day for w in self.course[since:] if w.outcome in {Outcome.NOT_REACHED, Outcome.RELATIVE}]
        return tuple(dict.fromkeys(missed))

    @property
    def tries(self) -> int:
        return len(self.half_days)

    @property
    def outcome(self) -> str:
        return next((w.outcome for w in reversed(self.course) if w.outcome), "")

    @property
    def standing(self) -> Standing:
        now = Standing.CALL if self.has_number else Standing.NO_NUMBER
        for word in self.course:
            now = _AFTER.get(word.step) or _AFTER.get(word.outcome, now)
        if now == Standing.CALL and self.tries >= CALLBACK_TRIES and self.outcome in {Outcome.NOT_REACHED, Outcome.RELATIVE}:
            return Standing.UNREACHED
        return now

    @property
    def is_unhappy(self) -> bool:
        """“Not solved” or not satisfied: a person reviews before the case is closed (rulings, 9)."""
        said = next((w for w in reversed(self.course) if w.outcome == Outcome.ANSWERED), None)
        return said is not None and (said.solved is False or bool(said.satisfaction and not Satisfaction(said.satisfaction).counts))

    def heard(self, word: Word) -> Party:
        return Party(self.id, self.has_number, (*self.course, word))


_AFTER = {
    NUMBER: Standing.CALL, NO_NUMBER: Standing.NO_NUMBER, EXCUSED: Standing.EXCUSED,
    Outcome.ANSWERED.value: Standing.ANSWERED, Outcome.REFUSED.value: Standing.REFUSED, Outcome.WRONG_NUMBER.value: Standing.NUMBER,
}


def half_day_of(at: datetime) -> str:
    """Morning, afternoon or evening of a local day: a try counts once in each."""
    return f"{at:%Y-%m-%d} " + ("morning" if at.hour < 12 else "afternoon" if at.hour < 18 else "evening")


def follows(parties: Iterable[Party]) -> str:
    """The step that follows: "" (more to do), ask_redo (a person reviews), close_unreached, close."""
    rows = list(parties)
    if not rows or not all(p.standing.is_done for p in rows):
        return ""
    if any(p.is_unhappy for p in rows):
        return "ask_redo"
    return "close" if any(p.standing.was_reached for p in rows) else "close_unreached"


def lacking(parties: Iterable[Party]) -> str:
    """What the call-back still lacks, in words; "" when every requester is done."""
    rows = [p for p in parties if not p.standing.is_done]
    if len(rows) > 1:
        return f"还有 {len(rows)} 位诉求人没有完成回访，每位都要回访"
    return _LACKS[rows[0].standing].format(n=rows[0].tries) if rows else ""


_LACKS = {
    Standing.CALL: f"还有 1 位诉求人没有完成回访；未接通的，须在 {CALLBACK_TRIES} 个不同的半天各拨一次（已 {{n}} 次）",
    Standing.NO_NUMBER: "还有 1 位诉求人没有号码：等本人在查询页回答，或申请“无法回访”",
    Standing.NUMBER: "还有 1 位诉求人的号码有误：等话务员补充号码",
}
