"""One name and one number in every word that leader days, supervision, field work and topics take, put there by a walk over their steps: who may
not see a person finds neither on any page, table or answer; no message and no line of the log holds them."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.db import transaction
from tests.cast import NOW
from tests.planting import ASKER, cast_of, found_in, log_lines, readable
from tests.screens.test_api import Program
from tests.screens.test_planted import KEPT_AS_SAID, MASKED, content
from tests.screens.test_walk import STAFF
from tests.verification.day_values import DayValues
from tests.verification.day_walk import DayWalk
from tests.verification.day_ways import SUBJECTS

from minsheng.api.day_steps import SUBJECTS as BY_API
from minsheng.kit import clock
from minsheng.leader_days import actions as days
from minsheng.leader_days.models import Desk

WORDS = f"{ASKER.name}说停水，电话{ASKER.number}"
STEPS = 450
KINDS = {of.page: of.kind for of in SUBJECTS.values()}  # by what addresses call them
MODELS = {"desk_id": Desk} | {f"{page.removeprefix('day-')}_id": kind.model for page, kind in KINDS.items()}
# Where erasable words lie: the words of steps, and the columns that show the last of them.
ERASABLE = {kind.words._meta.db_table for kind in KINDS.values()} | {
    f"{kind.model._meta.db_table}.{kind.model._meta.get_field(name).column}" for kind in KINDS.values() for name in kind.spoken}


class PlantedValues(DayValues):
    def _value(self, f: Any, step: Any, subject: Any) -> Any:
        return WORDS[: f.longest] if f.is_erasable and self.dice.random() < 0.75 else super()._value(f, step, subject)


class PlantedWalk(DayWalk):
    def door(self) -> str:
        _, of, one, step, who, given = self._deed()
        planted = any(value == WORDS[: len(value)] for value in given.values() if isinstance(value, str))
        done = self._by_door(of, one, step, who, given)[0]
        self.counts["planted", step.name] += planted and done == "taken"
        return done

    def call(self) -> str:
        desks = list(Desk.objects.filter(starts__lte=self.at, removed_at=None))
        asked = self.cast.asked() | {"kind": "help", "category": "tap", "secrecy": self.dice.random() < 0.1}
        return self._tried(lambda: days.register_call(desk_id=self.dice.choice(desks).id, by=self.cast.actors["agent"], **asked))[0] if desks else "no desk"

    _WAYS = ((DayWalk.chain, 30), (door, 45), (DayWalk.made, 18), (call, 7))


@pytest.fixture(scope="module")
def walked(django_db_setup, django_db_blocker):
    with log_lines() as lines, django_db_blocker.unblock(), transaction.atomic():
        with clock.fixed(NOW):
            walk = PlantedWalk(cast_of(ASKER), 11)
        walk.values, walk.log = PlantedValues(walk.cast, walk.dice), lines
        walk.go(STEPS)
        with clock.fixed(walk.at):
            yield walk
        transaction.set_rollback(True)


def shown(walk, who: str) -> dict[str, list[str]]:
    client, found = walk.cast.client(who), {}
    for route, _ in STAFF:
        names = re.findall(r"<int:(\w+)>", route)
        if len(names) > 1 or names and names[0] not in MODELS:
            continue
        for id_ in MODELS[names[0]].objects.order_by("-id").values_list("id", flat=True)[:6] if names else [0]:
            answer = client.get(re.sub(r"<int:\w+>", str(id_), route))
            assert answer.status_code < 500, (who, route)
            if answer.status_code == 200 and (seen := found_in(content(answer))):
                found[route] = seen
    return found


def test_the_walk_has_planted_them_in_the_words_of_many_steps(walked):
    planted = {step for (way, step), n in walked.counts.items() if way == "planted" and n}
    assert walked.wrong == [] and len(planted) > 15, planted


@pytest.mark.parametrize("who", MASKED)
def test_who_may_not_see_a_person_finds_neither_on_any_page_or_table(walked, who):
    assert shown(walked, who) == {}


def test_who_may_reads_what_was_said(walked):
    seen = shown(walked, "supervisor")
    assert {"/desk/commitments/<int:commitment_id>", "/desk/duties/<int:duty_id>", "/desk/instructions/<int:instruction_id>",
            "/desk/watches/<int:watch_id>"} <= set(seen)
    left = {route: said for route, said in seen.items() if ".csv" in route}  # a unit without an order of the person: whose name it is, nobody knows
    assert set(left) <= {"/desk/watches.csv"} and all(ASKER.number not in said for said in left.values()), "a table that leaves is covered"


@pytest.mark.parametrize("who", MASKED)
def test_a_program_of_theirs_is_answered_in_covered_words(walked, who):
    program = Program(walked.cast, who)
    for name in BY_API:
        for id_ in ("", *SUBJECTS[name].kind.model.objects.order_by("-id").values_list("id", flat=True)[:4]):
            answer = program.get(f"/{name}/{id_}".rstrip("/"))
            assert answer.status_code < 500 and found_in(answer.content.decode()) == [], (who, name, id_)


def test_no_message_no_line_of_the_log_and_no_table_but_the_words_themselves_holds_them(walked):
    assert found_in("\n".join(walked.log)) == []
    kept = KEPT_AS_SAID | ERASABLE
    assert {column: who for column, text in readable() if not {column, column.split(".")[0]} & kept and (who := found_in(text))} == {}
