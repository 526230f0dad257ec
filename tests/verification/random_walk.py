"""A random walk over everything that people, programs and the clock may do to cases, lawful or not, in any order.

    walk = Walk(build(), seed=7)
    walk.go(10_000)
    walk.wrong      sentences about what must never be and was; empty when all is well
    walk.counts     how often each way was gone, and how it ended

Every deed goes through the way in that people have: the pages, the API, the portal, the timers, the import, the door itself, and
two of them at the same moment. The same seed walks the same way, but for what two at once decide between them.
"""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from datetime import timedelta
from pathlib import Path

from django.db import connection, connections

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import actions, queries
from minsheng.cases.actions import by_citizen, timers
from minsheng.cases.models import Case
from minsheng.cases.rules import ENDED, State
from minsheng.cases.rules.procedure import OF_REQUESTER, PROCEDURE
from minsheng.exchange import actions as exchange
from minsheng.followup import actions as followup
from minsheng.kit import clock
from minsheng.kit.prepared_rows import PreparedRows
from minsheng.kit.steps import Step
from minsheng.kit.verdict import Invalid, Refused
from tests.cast import Cast
from tests.verification import walk_checks as checks
from tests.verification.walk_values import Values

CASES_AT_ONCE = 14  # so that many open ones meet each other; new ones come as old ones end
_MAIN = {row.name for row in PROCEDURE if row.desk.main} | {"grant_parking", "grant_termination", "grant_final", "close", "record_callback", "grant_erasure"}
_ONWARD = 20  # what leads a case on is taken so much oftener than what leads it aside
ASKED_AT_ONCE = 6  # people to whom the page offers something, one of whom takes it
STAYS = 0.6  # how often the next step is on the same case, so that some go far
WHOLE_EVERY = 400  # steps between two looks at the whole database


class Walk:
    def __init__(self, cast: Cast, seed: int, folder: Path):
        self.cast, self.dice, self.at, self.folder = cast, random.Random(seed), clock.now(), folder
        self.values = Values(cast, self.dice)
        self.staff = [actor for name, actor in cast.actors.items()]
        self.clients = {name: cast.client(name) for name in cast.actors}
        self.counts: Counter = Counter()
        self.wrong: list[str] = []
        self.recent: list[int] = []
        self.last = 0  # the case of the step before
        self.files = 0

    def tell(self) -> None:
        """How often each way was gone and how it ended, and the steps that were never taken."""
        for (way, how), count in sorted(self.counts.items()):
            if not way.startswith(("step ", "why ")):
                print(f"{way:>14} {how:<16} {count}")
        taken = {way.removeprefix("step ") for way, _ in self.counts if way.startswith("step ")}
        print(*[f"{count:>5} {way}" for (way, _), count in self.counts.most_common() if way.startswith("why ")][:25], sep="\n")
        print(*self.wrong, sep="\n")
        print("never by the door:", ", ".join(step.name for step in PROCEDURE if step.name not in taken))

    # --- walking ------------------------------------------------------------

    def go(self, steps: int) -> None:
        for n in range(1, steps + 1):
            self.at += self._pause()
            with clock.fixed(self.at):
                way, weight = zip(*self._WAYS, strict=True)
                self._one(n, self.dice.choices(way, weight)[0])
                if n % WHOLE_EVERY == 0 or n == steps:
                    self._look_at_all(n)
            if len(self.wrong) > 20:
                return

    def _pause(self) -> timedelta:
        """Mostly minutes, sometimes a night, now and then a fortnight: limits pass."""
        return timedelta(minutes=self.dice.choices((1, 7, 45, 600, 2880, 20160), (40, 30, 20, 7, 2, 1))[0])

    def _one(self, n: int, way) -> None:
        case, open_ones = self._case()
        if case is None or open_ones < CASES_AT_ONCE:
            way = Walk.intake
        try:
            done = way(self, case)
        except (Refused, Invalid) as wrong:
            if isinstance(wrong, Invalid) and way in (Walk.offered, Walk.callback, Walk.intake):
                self.counts["why " + "；".join(str(said) for said in wrong.errors.values())[:80], "invalid"] += 1
            done = "refused" if isinstance(wrong, Refused) else "invalid"
        self.counts[way.__name__, done or "done"] += 1

    def _case(self) -> tuple[Case | None, int]:
        """Mostly an open one, sometimes one that has ended; and how many are open."""
        wanted = self.recent[-120:]
        if not wanted:
            return None, 0
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, state FROM cases_case WHERE id = ANY(%s) ORDER BY id", [wanted])
            states = dict(cursor.fetchall())
        open_ones = [i for i, state in states.items() if State(state) not in ENDED]
        stays = self.last in open_ones and self.dice.random() < STAYS
        lively = [i for i, state in states.items() if State(state) not in ENDED - {State.MERGED}]
        ids = lively if self.dice.random() < 0.85 else list(states)
        self.last = self.last if stays else self.dice.choice(ids or wanted)
        return _CASE(self.last)[0], len(open_ones)

    def _someone(self, step: Step, case: Case) -> Actor:
        """Mostly somebody of the step's role, of the lead where that can be."""
        if step.who is Role.REQUESTER:
            return by_citizen.citizen(case.id)
        fitting = [a for a in self.staff if step.fits(a)]
        near = [a for a in fitting if case.lead_id in (a.unit, None) or case.lead_id in a.unit_path]
        pool = self.staff if self.dice.random() < 0.1 else near or fitting or self.staff
        return self.dice.choice(pool)

    # --- ways in ------------------------------------------------------------

    def intake(self, case: Case | None) -> str:
        """A request by phone, or on the net; sometimes against a unit, sometimes nobody's name."""
        made = self.values.request()
        key = f"w{self.dice.random()}"
        if self.dice.random() < 0.2:
            sent = by_citizen.send(key=key, address=f"10.{self.dice.randrange(250)}.{self.dice.randrange(250)}.7", narrative=made["narrative"],
                                   name=made["requester"].name, phone=made["requester"].phone, kind=made["kind"])
            self.recent.append(sent.case_id)
        else:
            then, given = self.values.after_intake()
            new = actions.create_case(by=self.cast.actors["agent"], then=then, given=given, key=("walk", key), **made)
            self.recent.append(new.case.id)
        self._judge(self.recent[-1:])
        return "done"

    def offered(self, case: Case) -> str:
        """A step that the page offers to somebody: whatever was typed, the door may not say that it is nobody's or not now."""
        facts, can, asked = queries.facts_of(case, self.at), [], 0
        for actor in self.dice.sample(self.staff, len(self.staff)):
            if asked < ASKED_AT_ONCE and checks.sees(facts, actor):
                found = [(step, actor) for step, answer in queries.steps_for(facts, actor) if answer]
                can, asked = can + found, asked + bool(found)
        if not can:
            return "nothing offered"
        step, actor = self.dice.choices(can, [self._weight(step) for step, _ in can])[0]
        return self._take(case, step, actor, promised=True)

    def _weight(self, step: Step) -> float:
        """What was taken seldom comes oftener."""
        return (_ONWARD if step.name in _MAIN else 1) / (1 + self.counts[f"step {step.name}", "taken"])

    def door(self, case: Case) -> str:
        """Any step by anybody."""
        step = self.dice.choice(PROCEDURE.rows)
        return self._take(case, step, self._someone(step, case))

    def _take(self, case: Case, step: Step, by: Actor, promised: bool = False) -> str:
        given = self.values.given(step, case, by)
        before = checks.Before(case, step, self.at) if self.dice.random() < 0.3 else None
        try:
            row = actions.take_step(case_id=case.id, step=step.name, by=by, given=given, key=f"w{self.dice.random()}")
        except (Refused, Invalid) as wrong:
            if promised and isinstance(wrong, Refused) and wrong.verdict.code in {"role", "state", "hidden"}:
                self.wrong.append(f"{case.number} {step.name}: 页面给出的步骤被拒绝：{wrong.verdict.reason}")
            if before:
                self.wrong += before.nothing_left(f"{case.number} {step.name}")
            raise
        self.recent += [made.case.id for made in row.made]
        if before:
            self.wrong += before.kept_what_it_promised(by, given)
        self._judge([case.id, *[made.case.id for made in row.made], given.get("master", case.id)])
        self.counts[f"step {step.name}", "taken"] += 1
        return "done"

    def page(self, case: Case) -> str:
        """The form of a case page, by somebody logged in."""
        step = self.dice.choice(PROCEDURE.rows)
        by = self._someone(step, case)
        name = next((n for n, a in self.cast.actors.items() if a == by), "agent")
        data = {"step": step.name, **self.values.form(step, case, by)}
        answer = self.clients[name].post(f"/desk/case/{case.id}/step", data)
        return self._answered(case, f"page {step.name} {name}", answer)

    def api(self, case: Case) -> str:
        step = self.dice.choice(PROCEDURE.rows)
        by = self._someone(step, case)
        token = self.values.token(by)
        body = {"step": step.name, "given": self.values.json(step, case, by)}
        answer = self.clients["agent"].post(f"/api/v1/cases/{case.id}/steps", json.dumps(body), content_type="application/json",
                                            headers={"Authorization": f"Bearer {token}", "Idempotency-Key": f"w{self.dice.random()}"})
        return self._answered(case, f"api {step.name}", answer)

    def _answered(self, case: Case, what: str, answer) -> str:
        if answer.status_code >= 500:
            self.wrong.append(f"{case.number} {what}: 回答 {answer.status_code}")
        if answer.status_code in (200, 201, 302):
            self._judge([case.id])
        return str(answer.status_code)

    def citizen(self, case: Case) -> str:
        """The requester on the net: more words, a withdrawal, an answer, a wish to be forgotten."""
        name = self.dice.choice(sorted(OF_REQUESTER))
        by_citizen.act(by=by_citizen.citizen(case.id), step=name, given=self.values.given(PROCEDURE[name], case, by_citizen.citizen(case.id)))
        self._judge([case.id])
        return "done"

    def callback(self, case: Case) -> str:
        """The clerk's own desk: the next call, and what came of it."""
        by = self.cast.actors["callback_clerk"]
        row = followup.take_next(by=by)
        if row is None:
            return "nobody waits"
        if self.dice.random() < 0.2:
            followup.put_back(row_id=row.id, by=by)
            return "put back"
        followup.record(case_id=row.case_id, party_id=row.party_id, by=by, given=self.values.call())
        self._judge([row.case_id, row.party_id])
        return "done"

    def timer(self, case: Case) -> str:
        """What the clock does by itself."""
        deed = self.dice.choice((timers.ring, timers.lift_restrictions, timers.pass_restrictions, timers.leave_lines, self._recompute))
        deed()
        return deed.__name__

    def _recompute(self) -> None:
        timers.recompute_open(why="复核", quiet=True)

    def imported(self, case: Case) -> str:
        """A file from the system before, in whatever state."""
        path = self.folder / f"in{self.files}.csv"
        self.files += 1
        path.write_text(self.values.sheet(self.files, self.at), encoding="utf-8")
        exchange.import_file(path=path, by=self.cast.actors["supervisor"], source=f"walk{self.files}")
        self.recent += list(Case.objects.filter(imported=True).order_by("-id").values_list("id", flat=True)[:2])
        self._judge(self.recent[-2:])
        return "done"

    def merge_many(self, case: Case) -> str:
        pool = [i for i in self.dice.sample(self.recent[-60:], min(4, len(self.recent[-60:])))]
        actions.merge_many(case_ids=pool[1:], master=pool[0], by=self.cast.actors["dispatcher"], reason="同一件事")
        self._judge(pool)
        return "done"

    def two_at_once(self, case: Case) -> str:
        """Two steps at the same moment, on one case or on two that are tied together."""
        other = self._case()[0] if self.dice.random() < 0.5 else case
        steps = [self.dice.choice(PROCEDURE.rows) for _ in range(2)]
        deeds = []
        for one, step in zip((case, other), steps, strict=True):
            by = self._someone(step, one)
            deeds.append((one.id, step.name, by, self.values.given(step, one, by)))
        ended = both(deeds)
        for (_, step, _, _), wrong in zip(deeds, ended, strict=True):
            if wrong is not None and not isinstance(wrong, Refused | Invalid):
                self.wrong.append(f"{case.number} 同时 {step}: {type(wrong).__name__} {wrong}")
        self._judge([case.id, other.id])
        return "done"

    _WAYS = ((intake, 2), (offered, 55), (door, 14), (page, 8), (api, 6), (citizen, 4), (callback, 6), (timer, 2), (imported, 0.5),
             (merge_many, 1), (two_at_once, 4))

    # --- looking ------------------------------------------------------------

    def _judge(self, ids: list[int]) -> None:
        """Every case that the deed touched, and what hangs on it."""
        self.wrong += checks.near(_NEAR(ids, ids, ids), self.staff, self.at)

    def _look_at_all(self, n: int) -> None:
        self.wrong += [f"第 {n} 步：{said}" for said in checks.whole(self.staff, self.at)]


_CASE = PreparedRows(lambda: Case.objects.select_related("category"), "WHERE cases_case.id = %s")
_NEAR = PreparedRows(Case.objects.all, """
WHERE id = ANY(%s::bigint[]) OR master_id = ANY(%s::bigint[]) OR id IN (SELECT master_id FROM cases_case WHERE id = ANY(%s::bigint[])) ORDER BY id""")


def both(deeds: list[tuple]) -> list[BaseException | None]:
    """What each of two steps, taken at the same moment on connections of their own, ended with."""
    start, ended = threading.Barrier(2), [None, None]

    def run(n: int, case_id: int, step: str, by: Actor, given: dict) -> None:
        try:
            start.wait()
            actions.take_step(case_id=case_id, step=step, by=by, given=given)
        except BaseException as wrong:  # noqa: BLE001  (judged by the walk)
            ended[n] = wrong
        finally:
            connections.close_all()

    threads = [threading.Thread(target=run, args=(n, *deed)) for n, deed in enumerate(deeds)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return ended
