"""A random walk over what leader days, supervision, field work and topics are made of: every step by everybody, lawful or not, in any order.

    walk = DayWalk(build(), seed=7)
    walk.go(2_000)
    walk.wrong      sentences about what must never be and was; empty when all is well

Each deed goes by the page, by the API, by the door with its key twice, by two at the same moment, or by the clock. What is tried by the
page first is rolled back and tried again by the other way: both give the same verdict.
"""

from __future__ import annotations

import json
import random
import threading
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections, transaction
from django.urls import reverse

from minsheng.accounts import actions as accounts
from minsheng.accounts.models import actor_of
from minsheng.accounts.queries import roles_of
from minsheng.accounts.rules import Role
from minsheng.api.day_steps import SUBJECTS as BY_API
from minsheng.cases import actions as cases
from minsheng.cases.models import Case
from minsheng.kit import clock
from minsheng.kit.steps import Step, verdict
from minsheng.kit.verdict import Invalid, Refused
from minsheng.leader_days import actions as days
from minsheng.leader_days.actions import reminding
from minsheng.leader_days.models import Desk, Period, Signup
from minsheng.oversight.actions import owed, reminders, replies, slips
from minsheng.topics.actions import warnings
from tests import leader_day, subjects
from tests.cast import PHONE, Cast
from tests.verification import day_chain
from tests.verification import day_walk_checks as checks
from tests.verification.day_values import DayValues
from tests.verification.day_ways import SUBJECTS, Walked

WHOLE_EVERY = 100  # steps between two looks at everything
_SELDOM = {"sign_report": 0.1, "draft_report": 0.3, "recount_report": 0.1, "close_period": 0.05, **dict.fromkeys((
    "drop_slip", "withdraw_slip", "recall", "cancel_period", "cancel_meeting", "refuse_lead", "end_lead", "stop_lead", "discard_report", "drop_point", "drop_phrases",
    "drop_topic", "note_no_instruction", "pass_lead", "conclude_late", "remove_desk", "take_off_agenda", "pass_on", "close_inspection", "decline_signup",
    "grant_withdrawal", "hold", "grant_tolerance"), 0.15)}
_OFTEN = ("periods", "commitments", "meetings", "slips", "inspections", "points")
_OF_A_CASE = (("restrict", "shift_leader", 2), ("phone_secrecy", "agent", 2), ("phone_withdraw", "agent", 1), ("name_complained", "dispatcher", 1),
              ("unrestrict", "supervisor", 1), ("dispatch", "dispatcher", 4), ("sign", "water", 4))
Tried = tuple[str, int, str]  # how it ended, its status, what was said


class DayWalk:
    def __init__(self, cast: Cast, seed: int):
        self.cast, self.dice, self.at = cast, random.Random(seed), subjects.LATE
        subjects.of_supervision(cast)
        subjects.of_papers(cast)
        period = Period.objects.get(id=subjects.of_leader_days(cast)["period_id"][0])
        with clock.fixed(leader_day.HELD):
            for _ in range(5):
                leader_day.call(cast, period)
        with clock.fixed(self.at):
            leader_day.draft(cast, period.scheme, 2, self.at + timedelta(hours=20))
            ahead = leader_day.step(cast, leader_day.draft(cast, period.scheme, 3, self.at + timedelta(hours=5)).id, "announce", "supervisor")
            days.sign_up(key="walk", address="192.0.2.7", period_id=ahead.id, kind="help", said="自来水发黄", phone="13900000002")
        two_hats = cast.people[cast.another(Role.COORDINATOR)]
        accounts.grant_role(person=two_hats, role=Role.MEDIA, by=accounts.COMMAND_LINE, setup=True)
        cast.actors["coordinator_2"] = actor_of(two_hats, roles_of(two_hats.id))
        self.values = DayValues(cast, self.dice)
        self.clients: dict[str, Any] = {}
        self.counts: Counter = Counter()
        self.failed: Counter[str] = Counter()  # links of a chain that were tried and not taken
        self.wrong: list[str] = []
        self.keys = 0

    def tell(self) -> None:
        for (way, how), count in sorted(self.counts.items()):
            if not way.startswith(("step ", "why ")):
                print(f"{way:>14} {how:<12} {count}")
        taken = {way.removeprefix("step ") for way, _ in self.counts if way.startswith("step ")}
        print(*[f"{count:>5} {way}" for (way, _), count in self.counts.most_common() if way.startswith("why ")][:25], sep="\n")
        print("never taken:", ", ".join(f"{step.name}" for of in SUBJECTS.values() for step in of.kind.procedure if step.name not in taken))
        print(*self.wrong, sep="\n")

    # --- walking ------------------------------------------------------------

    def go(self, steps: int) -> None:
        ways, weights = zip(*self._WAYS, strict=True)
        for n in range(1, steps + 1):
            self._time_passes()
            with clock.fixed(self.at):
                way = self.dice.choices(ways, weights)[0]
                self.counts[way.__name__, way(self)] += 1
                if n % WHOLE_EVERY == 0 or n == steps:
                    self.wrong += [f"第 {n} 步：{said}" for said in checks.whole(self.cast, self.dice)]
            if len(self.wrong) > 15:
                return

    def _time_passes(self) -> None:
        self.at, rings = day_chain.later(self)
        if rings:
            with clock.fixed(self.at):
                self.counts["called", self.call()] += 1

    # --- what is tried ---------------------------------------------------------

    def _subject(self) -> tuple[str, Walked, Any]:
        """One of the latest of some kind, mostly one that somebody may still take further."""
        while True:
            name = self.dice.choice([*SUBJECTS, *_OFTEN])
            of = SUBJECTS[name]
            rows = list(of.kind.model.objects.order_by("-id")[:8])
            live = [one for one in rows if any(one.state in {s.value for s in step.frm} for step in of.kind.procedure)]
            if rows:
                return name, of, self.dice.choice(live if live and self.dice.random() < 0.9 else rows)

    def _deed(self) -> tuple[str, Walked, Any, Step, str, dict[str, Any]]:
        """(name, subject, row, step, who, given). Mostly what the rules allow, by who may; sometimes any step by anybody."""
        mine: list[tuple[Step, str]] = []
        for _ in range(4):
            name, of, one = self._subject()
            if mine := self._offered(of, one):
                break
        if mine and self.dice.random() < 0.8:
            step, who = self.dice.choices(mine, [self._weight(step) for step, _ in mine])[0]
        else:
            step = self.dice.choice(of.kind.procedure.rows)
            fitting = [who for who, by in self.cast.actors.items() if step.fits(by)]
            who = self.dice.choice(fitting if fitting and self.dice.random() < 0.6 else sorted(self.cast.actors))
        return name, of, one, step, who, self._given(of, step, one)

    def _offered(self, of: Walked, one: Any) -> list[tuple[Step, str]]:
        """What the page offers to whom."""
        of.kind.attach([one])
        facts = of.kind.facts(one, self.at)
        mine = [(step, who) for step in of.kind.procedure for who, by in self.cast.actors.items() if verdict(step, facts, by)]
        see = {who for who in {who for _, who in mine} if of.kind.sees(facts, self.cast.actors[who])}
        return [(step, who) for step, who in mine if who in see]

    def _weight(self, step: Step) -> float:
        return _SELDOM.get(step.name, 1) / (1 + self.counts[f"step {step.name}", "taken"])

    def _given(self, of: Walked, step: Step, one: Any) -> dict[str, Any]:
        """Words about a case bear its mark."""
        given = self.values.given(of, step, one)
        if step.name == "note_point" and one is None:
            given |= self.values.of_one_sample()
        if one is None and {"period", "case"} <= given.keys() and self.dice.random() < 0.9:
            given |= {n: value for n, value in self.values.of_one_call().items() if n in step.fields}
        if step.name in {"add_desk", "draft_meeting"} and "unit" in given and self.dice.random() < 0.9:
            given["unit"] = str(self.cast.people["leader"].unit_id)  # who takes the calls, and convenes afterwards
        case = getattr(one, "case_id", None) or given.get("case")
        for name in ("headline", "lead_text", "public_matter", "what", "reason", "duty"):
            if case and name in given and isinstance(given[name], str) and len(given[name]) < 40:
                given[name] += checks.mark(case)
        return given

    # --- ways in ------------------------------------------------------------

    def page(self) -> str:
        name, of, one, step, who, given = self._deed()
        before = checks.Standing()
        return self._judged(of, step, before, self._by_page(of, one, step, who, given))

    def twin(self) -> str:
        """By the page, rolled back; then by the API, or by the door where there is none."""
        return self._both_ways(*self._deed())

    def chain(self) -> str:
        """The next link of a whole chain, from an announcement to a signed report; people sign up for what was announced."""
        ahead = [desk.period_id for desk in Desk.objects.filter(starts__gt=self.at, removed_at=None, period__state="announced")]
        if ahead and self.dice.random() < (0.5 if Signup.objects.filter(state="waiting").count() < 2 else 0.1):
            given = {"period_id": self.dice.choice(ahead), "kind": "help", "said": f"自来水发黄{self.keys}", "phone": f"139{self.dice.randrange(10**8):08}"}
            return "sign-up " + self._tried(lambda: days.sign_up(key=self._key(), address=f"192.0.2.{self.dice.randrange(250)}", **given))[0]
        if self.dice.random() < 0.5 and day_chain.unrung(self.at):
            return "call " + self.call()
        if not (found := day_chain.lacking(self)):
            return "nothing"
        name, step, one, who = self.dice.choice(found)
        of = SUBJECTS[name]
        done = self._made(name, of, step, who) if one is None else self._both_ways(name, of, one, step, who, self._given(of, step, one))
        self.failed[step.name] += done != "taken"
        return f"{done}"

    def _both_ways(self, name: str, of: Walked, one: Any, step: Step, who: str, given: dict[str, Any]) -> str:
        given.pop("files", None)
        self._client(who), self._client("agent")  # logged in before what is rolled back
        before = checks.Standing()
        with transaction.atomic():
            first = self._by_page(of, one, step, who, given)
            transaction.set_rollback(True)
        second = self._by_api(name, one.id, step, who, given) if name in BY_API else self._by_door(of, one, step, who, given)
        self._compared(f"{name} {one.id} {step.name} {who} {given}", first, second)
        return self._judged(of, step, before, second)

    def typed(self) -> str:
        """What only a program can say."""
        name, of, one, step, who, given = self._deed()
        given.pop("files", None)
        if name not in BY_API:
            return "no api"
        before = checks.Standing()
        return self._judged(of, step, before, self._by_api(name, one.id, step, who, self.values.typed(given)))

    def door_twice(self) -> str:
        """The same key twice is one step, with other content none."""
        name, of, one, step, who, given = self._deed()
        by, key, before = self.cast.actors[who], self._key(), checks.Standing()
        first = self._by_door(of, one, step, who, given, key)
        if first[0] == "taken":
            rows = of.kind.rows.objects.filter(subject_id=one.id)
            n = rows.count()
            again = self._by_door(of, one, step, who, given, key)
            other = self._by_door(of, one, step, who, given | {"reason": "另一句话"}, key)
            if again[0] != "taken" or other[0] == "taken" or rows.count() != n:
                self.wrong.append(f"{name} {one.id} {step.name}：同一幂等键 {again}、{other}，{by.name}")
        return self._judged(of, step, before, first)

    def made(self) -> str:
        """One more of a kind, by the page and, rolled back, by the other way."""
        name = self.dice.choice([n for n in (*SUBJECTS, *_OFTEN) if SUBJECTS[n].makes])
        of = SUBJECTS[name]
        step = of.kind.procedure[self.dice.choice(sorted(of.makes))]
        fitting = [who for who, by in self.cast.actors.items() if step.fits(by)]
        return self._made(name, of, step, self.dice.choice(fitting if self.dice.random() < 0.85 else sorted(self.cast.actors)))

    def _made(self, name: str, of: Walked, step: Step, who: str) -> str:
        given = self._given(of, step, None)
        given.pop("files", None)
        before = checks.Standing()
        address = of.new(given) if all(given.get(n, "").isdecimal() and given[n].isascii() for n in of.filled) else ""
        second = self._made_by_other(name, of, step, who, given, rolled=bool(address))
        if not address:
            return self._judged(of, step, before, second)
        form = {n: value for n, value in self._form(given).items() if n not in of.filled}
        first = self._answered(self._client(who).post(address, form | {"key": self._key()}))
        if name != "commitments" or step.fits(self.cast.actors[who]) and first[1] != 409:  # its page chooses the step by who asks
            self._compared(f"{name} 新建 {step.name} {who} {given}", first, second)
        return self._judged(of, step, before, first)

    def _made_by_other(self, name: str, of: Walked, step: Step, who: str, given: dict[str, Any], rolled: bool) -> Tried:
        self._client("agent"), self.values.token(who)
        with transaction.atomic():
            if name in BY_API and step.name in BY_API[name].make:
                done = self._posted(f"/api/v1/{name}/steps", step, who, given)
            else:
                done = self._tried(lambda: of.makes[step.name](by=self.cast.actors[who], given=given, key=self._key()))
            transaction.set_rollback(rolled)
        return done

    def two_at_once(self) -> str:
        """Two steps of one subject at the same moment."""
        name, of, one, step, who, given = self._deed()
        of.kind.attach([one])
        others = [s for s in of.kind.procedure if one.state in {x.value for x in s.frm}] or [step]
        other = self.dice.choice(others)
        fitting = [w for w, by in self.cast.actors.items() if other.fits(by)] or [who]
        deeds = [(step, who, given), (other, self.dice.choice(fitting), self._given(of, other, one))]
        start, ended = threading.Barrier(2), ["", ""]

        def run(n: int) -> None:
            try:
                start.wait()
                ended[n] = self._by_door(of, one, *deeds[n])[0]
            except BaseException as wrong:  # noqa: BLE001  (judged by the walk)
                self.wrong.append(f"{name} {one.id} 同时 {deeds[n][0].name}: {type(wrong).__name__} {wrong}")
            finally:
                connections.close_all()

        threads = [threading.Thread(target=run, args=(n,)) for n in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.wrong += checks.broken(of.kind, one.id)
        return "+".join(sorted(ended))

    def timer(self) -> str:
        """What the clock does by itself signs nothing and sends no paper."""
        deed = self.dice.choice((slips.propose, replies.check, reminders.remind, owed.urge, warnings.warn, reminding.remind))
        was = checks.signed()
        deed()
        if checks.signed() != was:
            self.wrong.append(f"{deed.__name__}：定时任务签发了")
        return deed.__name__

    def call(self) -> str:
        """A call at a desk that is open."""
        desks = list(Desk.objects.filter(starts__lte=self.at, ends__gt=self.at - timedelta(hours=3), removed_at=None))
        if not desks:
            return "no desk"
        said, kind = self.dice.choice(("停水两天", "停水两天", "法院判决了", "我是未成年人，被打")), self.dice.choice(("help", "help", "complaint", "report"))
        content = {"kind": kind, "narrative": f"家里{said}，请处理。", "title": "停水", "place": "幸福路1号", "category": "tap",
                   "requester": cases.Requester("王小明", PHONE), "secrecy": self.dice.random() < 0.1}
        done = self._tried(lambda: days.register_call(desk_id=self.dice.choice(desks).id, by=self.cast.actors["agent"], **content))
        return done[0]

    def case_moves(self) -> str:
        """What a subject rests on becomes restricted, sealed, withdrawn, a complaint, or goes on."""
        ids = list(Case.objects.order_by("-period_id", "-id").values_list("id", flat=True)[:14])
        step, who, _ = self.dice.choices(_OF_A_CASE, [n for _, _, n in _OF_A_CASE])[0]
        given = {"restrict": {"reason": "知悉", "readers": [self.cast.people["supervisor"].id], "until": (self.at + timedelta(days=30)).isoformat()},
                 "phone_secrecy": {"identity": ["when", "matter"]}, "name_complained": {"complained_unit": self.cast.units["roads"].id, "reason": "反映"},
                 "dispatch": {"lead": self.cast.units["water"].id}, "phone_withdraw": {"reason": "好了", "identity": ["when", "matter"]}}
        found = self._tried(lambda: cases.take_step(case_id=self.dice.choice(ids), step=step, by=self.cast.actors[who],
                                                    given=given.get(step, {"reason": "理由"} if step == "unrestrict" else {})))
        return f"{step} {found[0]}"

    def posts(self) -> str:
        """Who drafted yesterday supervises today: coordinator and supervisor change their posts."""
        for name in ("coordinator", "supervisor"):
            person, had = self.cast.people[name], roles_of(self.cast.people[name].id)
            for role in had:
                accounts.revoke_role(person=person, role=role, by=accounts.COMMAND_LINE, setup=True)
            accounts.grant_role(person=person, role=Role.COORDINATOR if Role.SUPERVISOR in had else Role.SUPERVISOR, by=accounts.COMMAND_LINE, setup=True)
            self.cast.actors[name] = actor_of(person, roles_of(person.id))
        self.clients.clear()
        return "done"

    _WAYS: tuple[tuple[Callable[[DayWalk], str], float], ...] = (
        (twin, 22), (chain, 26), (page, 12), (made, 16), (door_twice, 12), (typed, 5), (two_at_once, 5), (call, 4), (case_moves, 4), (timer, 2), (posts, 1))

    # --- how it is sent --------------------------------------------------------

    def _key(self) -> str:
        self.keys += 1
        return f"w{self.keys}"

    def _client(self, who: str) -> Any:
        """Logged in within the hour."""
        since, client = self.clients.get(who, (None, None))
        if since is None or self.at - since > timedelta(hours=1):
            client = self.cast.client(who)
            client.raise_request_exception = False
            self.clients[who] = (self.at, client)
        return client

    def _form(self, given: dict[str, Any]) -> dict[str, Any]:
        def said(name: str, value: Any) -> Any:
            if name == "files" and isinstance(value, list):  # else what is no file at all
                return [SimpleUploadedFile(one.name, one.content) for one in value]
            if name == "cases" and isinstance(value, list):
                return " ".join(value)
            return ("yes" if value else "no") if isinstance(value, bool) else value

        return {name: said(name, value) for name, value in given.items()}

    def _by_page(self, of: Walked, one: Any, step: Step, who: str, given: dict[str, Any]) -> Tried:
        data = {"step": step.name, "key": self._key(), **self._form(given)}
        return self._answered(self._client(who).post(reverse(f"{of.page}-step", args=[one.id]), data))

    def _by_api(self, name: str, id_: int, step: Step, who: str, given: dict[str, Any]) -> Tried:
        return self._posted(f"/api/v1/{name}/{id_}/steps", step, who, given)

    def _posted(self, address: str, step: Step, who: str, given: dict[str, Any]) -> Tried:
        body = json.dumps({"step": step.name, "given": given, "idempotency_key": self._key()})
        return self._answered(self._client("agent").post(address, body, content_type="application/json",
                                                         headers={"Authorization": f"Bearer {self.values.token(who)}"}))

    def _answered(self, answer: Any) -> Tried:
        if answer.status_code >= 500:
            self.wrong.append(f"{answer.request['PATH_INFO']}：回答 {answer.status_code}")
        out = answer.status_code == 302 and "login" in answer.headers["Location"]
        how = {302: "taken", 201: "taken", 200: "taken", 409: "refused", 422: "invalid"}.get(answer.status_code, "shut")
        return "shut" if out else how, answer.status_code, "" if answer.status_code == 302 else answer.content.decode()

    def _by_door(self, of: Walked, one: Any, step: Step, who: str, given: dict[str, Any], key: str = "") -> Tried:
        return self._tried(lambda: of.take(one.id, step=step.name, by=self.cast.actors[who], given=given, key=key or self._key()))

    def _tried(self, do: Callable[[], Any]) -> Tried:
        try:
            do()
        except Refused as wrong:
            return "refused", 404 if wrong.verdict.code == "hidden" else 409, str(wrong.verdict.reason)
        except Invalid as wrong:
            return "invalid", 422, json.dumps({"errors": {k: str(v) for k, v in wrong.errors.items()}}, ensure_ascii=False)
        return "taken", 201, ""

    # --- judging ---------------------------------------------------------------

    def _compared(self, what: str, page: Tried, other: Tried) -> None:
        if (page[0] == "taken") != (other[0] == "taken"):
            self.wrong.append(f"{what[:300]}：页面 {page[:2]} {checks.sentence(page)}，另一途径 {other[:2]} {other[2][:200]}")
        elif page[0] == other[0] and page[0] in {"refused", "invalid"} and page[1] == other[1] and (said := checks.unsaid(page[2], other[2])):
            self.wrong.append(f"{what[:300]}：页面没有说“{said}”")

    def _judged(self, of: Walked, step: Step, before: checks.Standing, done: Tried) -> str:
        if done[0] == "taken":
            self.counts[f"step {step.name}", "taken"] += 1
        else:
            self.counts[f"why {step.name} {done[1]} {checks.sentence(done) or done[2][:90]}"[:150], done[0]] += 1
            self.wrong += [f"{step.name} 被拒绝（{done[1]}）：{said}" for said in before.differences()]
        return done[0]
