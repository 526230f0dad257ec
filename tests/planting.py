"""One rare name and one number, in many disguises, in every text that a case can hold: for tests that look for both.

Steps and their fields are read from the procedure, so a new step is planted by itself; one that cannot be reached this way is said.
"""

from __future__ import annotations

import html
import itertools
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta

from django.db import connection, transaction

from minsheng.accounts.rules import Actor, Role, clock_actor
from minsheng.cases import actions
from minsheng.cases.actions import Requester
from minsheng.cases.actions.by_citizen import citizen
from minsheng.cases.models import Case, CaseTask
from minsheng.cases.rules import State, fields
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.files import actions as files
from minsheng.kit import clock
from minsheng.kit.steps import Step
from minsheng.kit.verdict import Invalid, Refused
from minsheng.language import folding, patterns
from tests.cast import PNG, Cast

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
        ]


ASKER, OTHER_ASKER = Person(NAME, NUMBER), Person(OTHER, OTHERS_NUMBER)
_TAGS = re.compile(r"<(?:script|style)\b.*?</(?:script|style)>|<[^>]+>", re.S)


def found_in(text: str, who: Person = ASKER) -> list[str]:
    """What of the person a reader of this text (a page, JSON, a table) can make out."""
    plain = folding.in_place(html.unescape(_TAGS.sub("", text))).text
    letters = "".join(c for c in plain.lower() if c.isalnum())
    figures = "".join(c for c in plain.translate(patterns.SPOKEN) if c.isdecimal())
    names = [part for part in who.letters if part.lower() in letters]
    return names + [who.number for half in (who.number[:8], who.number[-8:]) if half in figures][:1]


@dataclass
class Planter:
    """Takes every step of the procedure somewhere, with the person in every word, list and file's name that it is given."""

    cast: Cast
    who: Person = ASKER
    cases: list[int] = field(default_factory=list)
    taken: dict[str, int] = field(default_factory=dict)  # step -> the case that it was taken on
    ways: Iterator[str] = None  # type: ignore[assignment]

    def __post_init__(self):
        self.ways = itertools.cycle(self.who.ways())

    def text(self) -> str:
        return next(self.ways)

    def asked(self, **more) -> dict:
        """What a new case is made of."""
        return {"requester": self.who.requester, "narrative": self.text(), "title": self.text(), "place": self.text()[:150], "original": self.text(),
                "elements": {"time": self.text(), self.text(): [self.text(), int(self.who.number), {"x": self.text()}]}, **more}

    def plant(self, wanted: Iterable[str]) -> set[str]:
        """Steps of `wanted` that could be taken nowhere."""
        left = set(wanted) - set(self.taken)
        for _ in range(3):
            self.cases += [case_id for state in State if state is not State.START for case_id in self._at(state)]
            while done := {name for name in sorted(left) if self._somewhere(PROCEDURE[name])}:
                left -= done
            if not left:
                break
        return left

    def _at(self, state: State) -> list[int]:
        try:
            with transaction.atomic():
                return [self.cast.at_state(state, **self.asked()).id]
        except KeyError:
            return []

    def _somewhere(self, step: Step) -> bool:
        return any(self._take(step, case_id, by) for case_id in reversed(self.cases) for by in self._actors(step, case_id))

    def _actors(self, step: Step, case_id: int) -> list[Actor]:
        if step.who == Role.CLOCK:
            return [clock_actor("时钟")]
        return [citizen(case_id)] if step.who == Role.REQUESTER else [a for a in self.cast.actors.values() if step.who in a.roles]

    def _take(self, step: Step, case_id: int, by: Actor) -> bool:
        if State(Case.objects.values_list("state", flat=True).get(id=case_id)) not in step.frm:
            return False
        for turn in range(6):
            given, dropped = self.given(step, case_id, by, turn), set()
            for _ in range(3):
                try:
                    with transaction.atomic():
                        row = actions.take_step(case_id=case_id, step=step.name, by=by, given={k: v for k, v in given.items() if k not in dropped})
                except Refused:
                    return False
                except Invalid as wrong:
                    dropped |= {name.partition(".")[0] for name in wrong.errors} & {n.rstrip("?") for n in step.needs if n.endswith("?")}
                else:
                    self.taken[step.name] = case_id
                    self.cases += [made.case.id for made in row.made]
                    return True
        return False

    def given(self, step: Step, case_id: int, by: Actor, turn: int) -> dict:
        """Every field of the step, the optional ones too. `turn`: other choices, where the first are refused."""
        values = {name: self._value(fields.FIELDS[name], case_id, by, turn) for name in step.fields}
        return {name: value for name, value in values.items() if value is not None}

    def _value(self, f: fields.Field, case_id: int, by: Actor, turn: int):
        units = [self.cast.units[c].id for c in ("water", "roads", "county", "pipes", "town", "panel")]
        unit = units[turn % len(units)]
        tasks = list(CaseTask.objects.filter(case_id=case_id).values_list("id", flat=True))
        made = {
            "text": lambda: self.text()[: f.longest], "long": self.text, "place": lambda: self.text()[:150], "bool": lambda: turn % 2 == 0,
            "choice": lambda: f.choices[turn % len(f.choices)][0], "limit": lambda: "3wd", "unit": lambda: unit, "units": lambda: [units[turn - 5]],
            "case": lambda: case_id if f.name == "party" else self.cases[turn], "task": lambda: tasks[turn % len(tasks)] if tasks else 0,
            "people": lambda: [self.cast.people["supervisor"].id, self.cast.people["shift_leader"].id, self.cast.people["security_admin"].id],
            "datetime": lambda: (clock.now() + (timedelta(0) if f.ahead is None else timedelta(hours=(2, 30, 800)[turn % 3]))).isoformat(),
            "files": lambda: [files.store(content=PNG, name=f"{self.who.name}{self.who.number}.png", by=by).id],
            "parts": lambda: [{"narrative": self.text(), "title": self.text(), "place": self.text()[:150], "elements": {"time": self.text()}}] * 2,
            "elements": lambda: {"time": self.text(), self.text(): self.text()}, "category": lambda: "noise" if turn % 2 else "tap",
        }
        return made[f.kind]() if f.kind in made else None


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
