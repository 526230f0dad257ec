"""The figures of a report on leader days, each named once: what it counts and where the list behind it is. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from minsheng.measures.rules import BY_CODE


@dataclass(frozen=True, slots=True)
class Figure:
    """`measure` and `part` name a set of cases, `ledger` a list of commitments (its query), `deed` the cases on which leaders did it in person;
    what has none of them is added up from its periods."""

    key: str
    label: str
    unit: str
    measure: str = ""
    part: str = "numerator"
    ledger: str | None = None
    deed: bool = False  # its key is the step

    @property
    def set_code(self) -> str:
        """The set of `measures` that it counts; "": none."""
        return dict(zip(("numerator", "denominator"), BY_CODE[self.measure].parts(), strict=True))[self.part] if self.measure else ""


# 四个亲自: the step -> its name in a report.
IN_PERSON = (("take_in_person", "亲自接听"), ("hand_over_in_person", "亲自交办"), ("coordinate_in_person", "亲自协调"), ("urge_in_person", "亲自督办"))
FIGURES = (
    Figure("received", "受理", "件", "received"),
    Figure("answered", "当场答复", "件", "answered_online"),
    Figure("ordered", "转办", "次", "dispatched"),
    Figure("to_complete", "应办结", "件", "completion", "denominator"),
    Figure("done", "办结", "件", "completion"),
    Figure("asked_solved", "回答是否解决", "人", "solve", "denominator"),
    Figure("solved", "已解决", "人", "solve"),
    Figure("asked_satisfied", "回答是否满意", "人", "satisfaction", "denominator"),
    Figure("satisfied", "满意", "人", "satisfaction"),
    Figure("made", "承诺", "项", ledger=""),
    Figure("kept", "已兑现", "项", ledger="state=kept"),
    Figure("late", "未按期兑现", "项", ledger="state=late"),
    Figure("withdrawn", "撤回", "项", ledger="state=withdrawn"),
    Figure("open", "未了结", "项", ledger="unended=1"),
    Figure("overdue", "其中已过期", "项", ledger="overdue=1"),
    Figure("owed", "应兑现", "项", ledger="owed=1"),
    *(Figure(step, label, "件", deed=True) for step, label in IN_PERSON),
    Figure("periods", "期数", "期"),
    Figure("units", "接听单位", "个"),
    Figure("views", "通告浏览", "次"),
)
BY_KEY = {one.key: one for one in FIGURES}
OF_CASES = tuple(one for one in FIGURES if one.measure)
OF_DEEDS = tuple(one.key for one in FIGURES if one.deed)
OF_COMMITMENTS = tuple(one.key for one in FIGURES if one.ledger is not None)


@dataclass(frozen=True, slots=True)
class Line:
    """A line of the table: one figure, or a part of a whole with its share."""

    label: str
    key: str
    of: str = ""


_PROMISED = (Line("已兑现", "kept"), Line("未按期兑现", "late"), Line("撤回", "withdrawn"), Line("未了结", "open"), Line("其中已过期", "overdue"),
             Line("兑现率", "kept", "owed"))
# As reports that were signed before show them: what was signed is never drawn otherwise.
_PROMISED_BEFORE = (Line("已兑现", "kept", "made"), Line("未按期兑现", "late", "made"), Line("撤回", "withdrawn", "made"), Line("未了结", "open", "made"),
                    Line("其中已过期", "overdue"))
_CASES = (
    Line("期数", "periods"), Line("接听单位", "units"), Line("受理", "received"), Line("当场答复", "answered"), Line("转办", "ordered"),
    Line("办结", "done", "to_complete"), Line("解决", "solved", "asked_solved"), Line("满意", "satisfied", "asked_satisfied"), Line("承诺", "made"),
)
_BESIDE = (*(Line(label, step) for step, label in IN_PERSON), Line("通告浏览", "views"))
LINES = (*_CASES, *_PROMISED, *_BESIDE)


@dataclass(frozen=True)
class Scope:
    """What a report is about, with its numbers: one period, the periods of a year, or all."""

    label: str
    numbers: Mapping[str, int] = field(default_factory=dict)

    def __getitem__(self, key: str) -> int:
        return self.numbers.get(key, 0)


def counted(scopes: Iterable[Scope]) -> list[Line]:
    """The lines that stand: what nobody counted then (a report that was signed before it was a figure) has none."""
    scopes = list(scopes)
    lines = LINES if any("owed" in scope.numbers for scope in scopes) else (*_CASES, *_PROMISED_BEFORE, *_BESIDE)
    return [line for line in lines if line.key not in OF_DEEDS or any(line.key in scope.numbers for scope in scopes)]


@dataclass(frozen=True)
class Hotline:
    """All cases of the hotline in the same days: a base of its own, shown beside and never compared (rulings, 20)."""

    since: str
    until: str
    done: int = 0
    to_complete: int = 0

    @property
    def days(self) -> str:
        """As a paper writes them: the year once, one day once."""
        first, last = date.fromisoformat(self.since), date.fromisoformat(self.until)
        year = "" if first.year == last.year else f"{last.year}年"
        return f"{first.year}年{first.month}月{first.day}日" + (f"至{year}{last.month}月{last.day}日" if last != first else "")


def together(parts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    """A whole is the sum of its parts."""
    total: dict[str, int] = {}
    for one in parts:
        for key, number in one.items():
            total[key] = total.get(key, 0) + number
    return total
