"""The list of stock phrases (常用语清单) that the check of replies leaves out: drafted by one supervisor, signed by another, in force from a
day on. A list that was signed is never changed; the next one takes its place. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.accounts.rules import Role as R
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.step_fields import Field, table
from minsheng.kit.steps import Procedure, Step, asks
from minsheng.kit.verdict import YES, Verdict, no

MOST, SHORTEST, LONGEST = 300, 2, 30


class PhrasesState(Labelled):
    NEW = "new", "新建"
    DRAFT = "draft", "待签发"
    SIGNED = "signed", "已签发"
    DROPPED = "dropped", "不用"


@dataclass(frozen=True, slots=True)
class PhrasesFacts:
    id: int
    state: PhrasesState
    drafters: tuple[int, ...] = ()


FIELDS = table(
    Field("phrases", "常用语", "long", longest=6000, official=True, help="一行一句，2 至 30 字；不写人名、单位名"),
    Field("since", "自哪天起用", "day", help="今天或以后；以前的答复仍按当时的清单"),
    Field("reason", "理由", "long", longest=600, official=True, help="加了什么、去了什么、为什么"),
)


@asks("没有参与拟稿")
def not_drafted_by_me(facts: PhrasesFacts, by: Actor) -> Verdict:
    return no("own", "您参与了拟稿，须由另一位督办员签发") if by.id in facts.drafters else YES


_DRAFT = frozenset({PhrasesState.DRAFT})
PHRASES = Procedure([
    Step("draft_phrases", "另拟一份", frozenset({PhrasesState.NEW}), PhrasesState.DRAFT, R.SUPERVISOR, (), ("phrases", "since", "reason")),
    Step("amend_phrases", "修改", _DRAFT, None, R.SUPERVISOR, (), ("phrases", "since", "reason"), rests_on=("amend_phrases",)),
    Step("sign_phrases", "签发", _DRAFT, PhrasesState.SIGNED, R.SUPERVISOR, (not_drafted_by_me,), rests_on=("amend_phrases",)),
    Step("drop_phrases", "不用", _DRAFT, PhrasesState.DROPPED, R.SUPERVISOR, (), ("reason",)),
])


def lines(text: str) -> list[str]:
    """Its phrases, each once, in their order."""
    return list(dict.fromkeys(filter(None, (line.strip() for line in text.splitlines()))))


def check(step: str, values: Mapping[str, Any], since: date | None, today: date) -> dict[str, str]:
    """`since`: as the draft has it. A list reaches back over no day that is past."""
    found, on = {}, date.fromisoformat(values["since"]) if "since" in values else since
    said = lines(values.get("phrases", ""))
    if "phrases" in values and not 1 <= len(said) <= MOST:
        found["phrases"] = f"请写 1 至 {MOST} 句，一行一句"
    elif wrong := [one for one in said if not SHORTEST <= len(one) <= LONGEST]:
        found["phrases"] = f"每句 {SHORTEST} 至 {LONGEST} 字，请改：{wrong[0][:LONGEST]}"
    if step in {"draft_phrases", "amend_phrases", "sign_phrases"} and on is not None and on < today:
        found["since"] = f"起用日期 {on} 已过，请改为今天或以后"
    return found


@lru_cache(maxsize=16)
def pattern(phrases: tuple[str, ...]) -> re.Pattern[str]:
    """Finds them, the longest first; of none it finds nothing."""
    return re.compile("|".join(map(re.escape, sorted(phrases, key=len, reverse=True))) or r"(?!)")


def in_force(signed: Iterable[tuple[date, int, tuple[str, ...]]], on: date) -> tuple[str, ...] | None:
    """Of (since, id, phrases) the list that holds on that day: the latest begun, of one day the last signed. None: none had begun."""
    begun = [one for one in signed if one[0] <= on]
    return max(begun)[2] if begun else None
