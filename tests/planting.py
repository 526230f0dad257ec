"""One rare name and one number, in many disguises, in every text that a case can hold: for tests that look for both.

Steps and their fields are read from the procedure, so a new step is planted by itself; one that cannot be reached this way is said.
"""

from __future__ import annotations

import html
import itertools
import json
import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from dataclasses import fields as dataclass_fields
from typing import Any

from django.db import connection, transaction

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import actions, queries
from minsheng.cases.actions import Requester
from minsheng.cases.actions.by_citizen import citizen
from minsheng.cases.models import Case
from minsheng.cases.rules import fields
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.files import actions as files
from minsheng.kit.steps import Step, verdict
from minsheng.kit.verdict import Invalid, Refused
from minsheng.language import folding, patterns
from tests.cast import PNG, Cast, build
from tests.hostile.city import Town, populate

NAME, NUMBER = "买买提·艾力夏提", "13968402975"
OTHER, OTHERS_NUMBER = "𠅤小囡", "15827046391"


@dataclass(frozen=True)
class Person:
    """Somebody to be looked for: what of the name, and which figures, must not show."""

    name: str
    number: str

    @property
    def letters(self) -> tuple[str, ...]:
        return tuple(part for part in re.split("·", self.name) if len(part) > 1)

    @property
    def requester(self) -> Requester:
        return Requester(self.name, self.number)

    def ways(self) -> list[str]:
        """The name and the number as people write them, and as those do who would hide them from a mask."""
        n, d = self.name, self.number
        keycaps, circles = "".join(f"{c}\ufe0f\u20e3" for c in d), "".join("⓪①②③④⑤⑥⑦⑧⑨"[int(c)] for c in d)
        said, wide = "".join("零幺二三四五六七八九"[int(c)] for c in d), "".join(chr(0xFF10 + int(c)) for c in d)
        tibetan, mathematical = "".join(chr(0x0F20 + int(c)) for c in d), "".join(chr(0x1D7CE + int(c)) for c in d)
        return [
            f"{n}说停水，电话{d}", f"{n.replace('·', '')}家停水 {d[:3]} {d[3:7]} {d[7:]}", f"{n.replace('·', ' ')}反映，{wide}", f"{' '.join(n)}，{said}",
            "\u200b".join(n) + "\u200b".join(d), f"{n.replace('·', '・')}：{keycaps}", f"找{n}（{circles}）", f"{n}，{tibetan}", f"{n}／{mathematical}",
            f"{n.replace('·', '•')}{d[:3]}-{d[3:7]}-{d[7:]}", f"{n}\n{d[:5]}\u200d{d[5:]}", f"{self.letters[-1]}先生{d}",
            f"{'…'.join(n)}：{d[:3]}，中间是{d[3:7]}，后面{d[7:]}", f"{n}，倒着念{d[::-1]}",
        ]


ASKER, OTHER_ASKER = Person(NAME, NUMBER), Person(OTHER, OTHERS_NUMBER)
_TAGS = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^>]+>", re.S)


def found_in(text: str, who: Person = ASKER) -> list[str]:
    """What of the person a reader of this text (a page, JSON, a table) can make out."""
    plain = folding.in_place(html.unescape(_TAGS.sub("", text))).text
    letters = "".join(c for c in plain.lower() if c.isalnum())
    figures = "".join(c for c in plain.translate(patterns.SPOKEN) if c.isdecimal())
    names = [part for part in who.letters if part.lower() in letters]
    return names + [who.number for half in (who.number[:8], who.number[-8:]) if half in figures or half in figures[::-1]][:1]


class PlantedCast(Cast):
    """The cast, whose every request is the person's, with the person in each of its texts."""

    person: Person

    def text(self) -> str:
        return next(self.ways)

    def asked(self) -> dict:
        """What a new case is made of."""
        who, text = self.person, self.text
        return {"requester": who.requester, "narrative": text(), "title": text(), "place": text()[:150], "original": text(),
                "elements": {"time": text(), text(): [text(), int(who.number), {"x": text()}]}}

    def create(self, **more) -> Case:
        planted = self.asked()
        planted["narrative"] += more.get("narrative", "")
        if "category" in more:
            del planted["elements"]["time"]  # what the category asks for is missing
        if "requester" in more and not more["requester"].phone:
            planted["requester"] = Requester(self.person.name, "")
        return super().create(**more | planted)


def cast_of(person: Person, beside: Cast | None = None) -> PlantedCast:
    """The cast whose requests are all this person's; `beside`: the same people as in another one."""
    known = beside or build()
    cast = PlantedCast(**{each.name: getattr(known, each.name) for each in dataclass_fields(Cast)})
    cast.person, cast.requester, cast.ways = person, person.requester, itertools.cycle(person.ways())
    return cast


class PlantedTown(Town):
    """A city in which everything stands that can be asked for, with the person in every word, list and file's name of it."""

    cast: PlantedCast
    by: Actor | None = None  # who uploads

    def example(self, name: str, case: Case) -> Any:
        text, person = self.cast.text, self.cast.person
        planted = {"parts": lambda: [{"narrative": text(), "title": text(), "place": text()[:150], "elements": {"time": text()}}] * 2,
                   "elements": lambda: {"time": text(), text(): text()}, "long": text, "place": lambda: text()[:150], "phone": lambda: person.number,
                   "text": lambda: text()[: fields.FIELDS[name].longest],
                   "files": lambda: [files.store(content=PNG, name=f"{person.name}{person.number}.png", by=self.by or self.cast.actors["water"]).id]}
        made = planted.get(fields.FIELDS[name].kind)
        return made() if made else super().example(name, case)

    def given(self, step: Step, case: Case, most: bool = False) -> dict[str, Any]:
        return {name: self.example(name, case) for name in (step.fields if most else step.required)}


class Planter:
    """Takes steps of the procedure somewhere in the city, each with every word, list and file's name that it can be given."""

    def __init__(self, cast: PlantedCast):
        self.cast, self.town = cast, PlantedTown(cast)
        self.taken: dict[str, int] = {}  # step -> the case that it was taken on

    @property
    def cases(self) -> list[int]:
        return [case.id for case in self.town.cases]

    def plant(self, wanted: Iterable[str]) -> set[str]:
        """Steps of `wanted` that could be taken nowhere."""
        populate(self.town)
        self.town.cases = list(Case.objects.filter(id__in=self.cases).order_by("id"))
        left = [step for step in PROCEDURE if step.name in set(wanted) - set(self.taken)]
        for _ in range(2):  # what asks comes before what rules on it
            left = [step for step in left if not self._somewhere(step)]
        return {step.name for step in left}

    def _somewhere(self, step: Step) -> bool:
        return any(self._take(step, case, by) for case in reversed(self.town.cases) for by in self._who(step, case))

    def _who(self, step: Step, case: Case) -> list[Actor]:
        facts = queries.facts_of(case)
        those = [citizen(case.id)] if step.who is Role.REQUESTER else [a for a in self.cast.actors.values() if step.who in a.roles]
        abouts = [facts, *(replace(facts, task=task) for task in facts.tasks)]
        return [by for by in those if any(verdict(step, about, by) for about in abouts)]

    def _take(self, step: Step, case: Case, by: Actor) -> bool:
        self.town.by, given = by, {}
        given = self.town.given(step, case, most=True)
        for _ in range(4):  # what is optional and does not fit here is left away
            try:
                with transaction.atomic():
                    row = actions.take_step(case_id=case.id, step=step.name, by=by, given=given)
            except Refused:
                return False
            except Invalid as wrong:
                unfit = {name.partition(".")[0] for name in wrong.errors} - set(step.required)
                if not unfit & set(given):
                    return False
                given = {name: value for name, value in given.items() if name not in unfit}
            else:
                self.taken[step.name] = case.id
                touched = [case.id, *(made.case.id for made in row.made)]
                self.town.cases = [c for c in self.town.cases if c.id not in touched] + list(Case.objects.filter(id__in=touched))
                return True
        return False


@contextmanager
def log_lines() -> Iterator[list[str]]:
    """Every line that is logged meanwhile, as it is written: with its trace."""
    lines: list[str] = []
    log = logging.Handler()
    log.emit = lambda record: lines.append(logging.Formatter().format(record))  # type: ignore[method-assign]
    logging.getLogger().addHandler(log)
    try:
        yield lines
    finally:
        logging.getLogger().removeHandler(log)


def readable() -> Iterator[tuple[str, str]]:
    """(table.column, text) of all that a copy of the database holds in a form that can be read."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f'SELECT * FROM "{table}"')
            rows = cursor.fetchall()
            for n, column in enumerate(cursor.description):
                yield f"{table}.{column.name}", "\n".join(_as_text(row[n]) for row in rows)


def _as_text(value) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", errors="ignore")
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
