"""A call while it is being taken at a desk: who sits there, and what becomes of words that two people type at once. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from minsheng.accounts.rules import Actor, Role
from minsheng.kit.verdict import YES, Verdict, no
from minsheng.leader_days.rules.facts import DeskFacts

AGENTS = frozenset({Role.AGENT, Role.SHIFT_LEADER})
SITS = AGENTS | {Role.LEADER, Role.UNIT_LIAISON}
# What is written of a call, with the longest text of each.
NAMES = {"phone": ("来电号码", 40), "name": ("姓名", 40), "place": ("地点", 200), "category": ("分类", 60), "narrative": ("来电人说的", 4000),
         "words": ("领导的话", 2000)}
MOST_BESIDE = 6  # texts kept beside one field


def is_leader(desk: DeskFacts, by: Actor) -> bool:
    return Role.LEADER in by.roles and desk.leader == by.id


def may_sit(desk: DeskFacts, by: Actor) -> Verdict:
    """The leader of the desk, the agents beside it, and whoever liaises for its unit."""
    unit = Role.UNIT_LIAISON in by.roles and bool(by.unit) and desk.unit in (by.unit, *by.unit_path)
    mine = is_leader(desk, by) or bool(by.roles & AGENTS) or unit
    return YES if mine else no("hidden", "没有这个接听席，或不是您的席位")


def may_end(desk: DeskFacts, by: Actor) -> Verdict:
    ends = is_leader(desk, by) or bool(by.roles & AGENTS)
    return YES if ends else no("role", "由接听领导或席旁话务员办理；您写的内容他们都看得到")


@dataclass(frozen=True, slots=True)
class Beside:
    """What somebody typed into a field that another had changed meanwhile: kept until one of them decides."""

    by: int
    name: str
    text: str


@dataclass(frozen=True, slots=True)
class Word:
    """One field. `rev` counts its changes; `tab`: the page that wrote it last, whose next text follows its own."""

    text: str = ""
    rev: int = 0
    by: int = 0
    name: str = ""
    tab: str = ""
    beside: tuple[Beside, ...] = ()

    def written(self) -> dict[str, Any]:
        return {"text": self.text, "rev": self.rev, "by": self.by, "name": self.name, "tab": self.tab,
                "beside": [[one.by, one.name, one.text] for one in self.beside]}


def read(kept: Mapping[str, Any]) -> dict[str, Word]:
    """Every field there is, as it was kept."""
    found = {}
    for name in NAMES:
        row = dict(kept.get(name, {}))
        row["beside"] = tuple(Beside(*one) for one in row.get("beside", ()))
        found[name] = Word(**row)
    return found


def typed(word: Word, text: str, rev: int, by: int, name: str, tab: str, settles: int = 0) -> tuple[Word, bool]:
    """The field after somebody typed `text` over what they saw as `rev`, and whether it stands in it. What would overwrite a text that
    they have not seen is kept beside it. `settles`: whose text beside is dealt with by this one (0: nobody's)."""
    beside = tuple(one for one in word.beside if one.by != settles)
    if text == word.text:
        return replace(word, beside=tuple(one for one in beside if one.by != by), rev=word.rev + (beside != word.beside)), True
    if rev == word.rev or (tab and tab == word.tab and by == word.by):
        return Word(text, word.rev + 1, by, name, tab, beside), True
    kept = (*(one for one in beside if one.by != by), Beside(by, name, text))
    return replace(word, beside=kept[-MOST_BESIDE:]), False


def clashing(words: Mapping[str, Word]) -> list[str]:
    """Labels of the fields beside which a text waits for somebody's decision."""
    return [NAMES[name][0] for name, word in words.items() if word.beside]
