"""What was given with a step, as people say it: ids become names and numbers, codes become words. Free text is left to its mask."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from minsheng.accounts import queries as people
from minsheng.calendar import rules as time_rules
from minsheng.cases import queries
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseStep, CaseTask
from minsheng.cases.queries import named_calls
from minsheng.cases.rules import fields, places
from minsheng.kit import clock
from minsheng.knowledge import queries as knowledge
from minsheng.org import queries as org


@dataclass(frozen=True)
class Named:
    """Id -> name of what the steps of a page speak of."""

    articles: dict[int, str] = field(default_factory=dict)
    cases: dict[int, str] = field(default_factory=dict)
    tasks: dict[int, str] = field(default_factory=dict)
    people: dict[int, str] = field(default_factory=dict)
    calls: set[int] = field(default_factory=set)


def named(rows: Iterable[CaseStep]) -> Named:
    """One statement for each kind of thing that is spoken of, none for what is not."""
    ids: dict[str, set[int]] = {"article": set(), "case": set(), "task": set(), "people": set(), "call": set()}
    for row in rows:
        for name, value in row.given.items():
            kind = fields.FIELDS[name].kind if name in fields.FIELDS and name != "party" else ""
            kind = "people" if kind == "agent" else kind
            if kind in ids:
                ids[kind] |= {int(v) for v in (value if isinstance(value, list) else [value]) if str(v).isdecimal()}
    tasks = CaseTask.objects.filter(id__in=ids["task"]).select_related("unit") if ids["task"] else []
    return Named(
        knowledge.titles(ids["article"]) if ids["article"] else {},
        dict(Case.objects.filter(id__in=ids["case"]).values_list("id", "number")) if ids["case"] else {},
        {task.id: f"{task.get_kind_display()}：{task.unit}" for task in tasks},
        people.names(sorted(ids["people"])) if ids["people"] else {},
        named_calls.there(ids["call"]) if ids["call"] else set(),
    )


def in_words(name: str, value: Any, known: Named) -> str | None:
    """None: it is text of a person, and the mask's to show."""
    say = _OF_KIND.get(fields.FIELDS[name].kind)
    return say(name, value, known) if say else None


def _unit(name: str, value: Any, known: Named) -> str:
    return org.tree().name(value)


def _units(name: str, value: Any, known: Named) -> str:
    return "、".join(org.tree().name(v) for v in value)


def _people(name: str, value: Any, known: Named) -> str:
    return "、".join(known.people.get(int(v), "已删除的账号") for v in value)


def _agent(name: str, value: Any, known: Named) -> str:
    return _people(name, [value], known)


def _checks(name: str, value: Any, known: Named) -> str:
    return "、".join(_choice(name, one, known) for one in value)


def _choice(name: str, value: Any, known: Named) -> str:
    return dict(fields.FIELDS[name].choices).get(value, "（不在选项中）")


def _yes(name: str, value: Any, known: Named) -> str:
    return "是" if value else "否"


def _time(name: str, value: Any, known: Named) -> str:
    return time_rules.for_public(datetime.fromisoformat(value), clocks.city_calendar(), clock.now())


def _limit(name: str, value: Any, known: Named) -> str:
    return time_rules.Limit.parse(str(value)).label


def _matter(name: str, value: Any, known: Named) -> str:
    found = queries.category(str(value))
    return found.name if found else "已停用的分类"


def _article(name: str, value: Any, known: Named) -> str:
    return known.articles.get(int(value), "已撤下的文章") if str(value).isdecimal() else ""


def _case(name: str, value: Any, known: Named) -> str:
    return known.cases.get(int(value), "") if str(value).isdecimal() else ""


def _task(name: str, value: Any, known: Named) -> str:
    return known.tasks.get(int(value), "") if str(value).isdecimal() else ""


def _files(name: str, value: Any, known: Named) -> str:
    return f"{len(value)} 个，见附件" if value else ""


def _number(name: str, value: Any, known: Named) -> str:
    return str(value)


def _call(name: str, value: Any, known: Named) -> str:
    return "有通话记录" if str(value).isdecimal() and int(value) in known.calls else f"{value}（没有对应的通话记录）"


def _position(name: str, value: Any, known: Named) -> str:
    """Covered words are shown as they are covered."""
    try:
        found = places.of(str(value))
    except ValueError:
        return str(value)
    at = time_rules.for_public(found.at, clocks.city_calendar(), clock.now())
    return f"北纬 {found.north:.4f}°、东经 {found.east:.4f}°，误差约 {found.metres} 米，取于 {at}"


_OF_KIND = {
    "unit": _unit, "place": _unit, "units": _units, "people": _people, "agent": _agent, "checks": _checks, "choice": _choice, "bool": _yes, "datetime": _time, "limit": _limit,
    "category": _matter, "article": _article, "case": _case, "task": _task, "files": _files, "number": _number, "call": _call,
    "position": _position,
}
