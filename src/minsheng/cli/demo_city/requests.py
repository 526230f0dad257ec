"""Plays the scripts: every request of the demo city becomes a case by steps taken at their time, by people who may take them.

A request and those merged into it are one transaction, and carry their key: a load that was cut short goes on where it stopped.
"""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from PIL import Image, ImageDraw

from minsheng.accounts.rules import Actor, Role
from minsheng.calendar.rules import WorkCalendar
from minsheng.calendar.spans import is_office_time, next_opening
from minsheng.cases import actions
from minsheng.cases.effects import clocks
from minsheng.cases.models import CaseTask, OutsideKey
from minsheng.cli.demo_city import folder, periods
from minsheng.cli.demo_city.clockwork import times
from minsheng.cli.demo_city.desks import versions
from minsheng.cli.demo_city.people import CITIZEN, Cast
from minsheng.cli.demo_city.script import Move, Ref, write
from minsheng.files import actions as files
from minsheng.followup import actions as followup
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.org import queries as org
from minsheng.telephony.actions import ledger as telephone
from minsheng.telephony.actions import links
from minsheng.telephony.models import Call
from minsheng.telephony.rules.events import Event, Kind

SOURCE = "demo"
ONLINE = {"web", "wechat", "app"}
NAMELESS = {"匿名", "未留姓名"}
LAST = folder.NOW - timedelta(minutes=2)
PARK_REVIEW = timedelta(days=29)
_TALKED = timedelta(minutes=6)  # before it is written down


def load(requests: list[dict], progress: Callable[[str], None], what: str) -> None:
    """Make the cases that are not there yet."""
    there = set(OutsideKey.objects.filter(source=SOURCE).values_list("key", flat=True))
    groups: dict[str, list[dict]] = {}
    for r in requests:
        groups.setdefault(r["outcome"].get("master") or r["id"], []).append(r)
    stage, done = Stage(Cast(), clocks.city_calendar()), 0
    for group in groups.values():
        if not all(r["id"] in there for r in group):
            with transaction.atomic():
                stage.play(group)
        done += len(group)
        if done % 50 < len(group) or done == len(requests):
            progress(f"{what}：{done} / {len(requests)}")


def phone_of(name: str) -> str:
    """A made-up number, the same for the same name; "" for somebody who gave none."""
    if name in NAMELESS:
        return ""
    return f"13{int(hashlib.sha256(name.encode()).hexdigest(), 16) % 10**9:09}"


def photo(label: str) -> bytes:
    """A tiny picture that shows nothing but its own label: no photo of anybody stands in a demo."""
    shade = int(hashlib.sha256(label.encode()).hexdigest()[:2], 16)
    image = Image.new("RGB", (320, 240), (90 + shade // 4, 120, 110))
    ImageDraw.Draw(image).text((20, 110), f"DEMO {label}", fill="white")
    kept = io.BytesIO()
    image.save(kept, "JPEG", quality=60)
    return kept.getvalue()


class Stage:
    """Where the requests of one group are played, in the order of time."""

    def __init__(self, cast: Cast, cal: WorkCalendar):
        self.cast, self.cal, self.tree = cast, cal, org.tree()
        self.articles, self.desks = versions(), periods.desks()
        self.made: dict[str, int] = {}

    def play(self, group: list[dict]) -> None:
        acts: list[tuple[datetime, int, Callable[[], None]]] = []
        merged = [r["id"] for r in group if "master" in r["outcome"]]
        for r in group:
            if merged and r["id"] not in merged:
                r = r | {"merged": merged}
            turn = int(hashlib.sha256(r["id"].encode()).hexdigest()[:6], 16)
            received = folder.local(r["received"])
            acts.append((received, len(acts), partial(self._register, r, turn)))
            for at, move in self._timed(r, received):
                acts.append((at, len(acts), partial(self._take, r, turn, at, move)))
        for at, _, act in sorted(acts, key=lambda a: a[:2]):
            with clock.fixed(at):
                act()

    # --- when -------------------------------------------------------------

    def _timed(self, r: dict, received: datetime) -> list[tuple[datetime, Move]]:
        moves = write(r, folder.lead_of(r), self.cast.staffed, is_office_time(received + timedelta(minutes=8), self.cal))
        paced = [m for m in moves if m.at is None and m.step != "post_review"]
        timed = list(zip(times(received, [(m.gap, m.by_clock) for m in paced], LAST, self.cal), paced, strict=True))
        timed += [(m.at, m) for m in moves if m.at is not None]
        timed += [(next_opening(timed[0][0], self.cal) + timedelta(minutes=7), m) for m in moves if m.step == "post_review"]
        return sorted([*timed, *self._park_reviews(timed)], key=lambda t: t[0])

    def _park_reviews(self, timed: list[tuple[datetime, Move]]) -> list[tuple[datetime, Move]]:
        """The review that is due every 30 days, until today or until the unit asks for something else."""
        since = next((at for at, m in timed if m.step == "grant_parking"), None)
        if since is None:
            return []
        until = min([at for at, m in timed if m.at] + [LAST])
        found = []
        while (since := next_opening(since + PARK_REVIEW, self.cal)) < until:
            found.append((since, Move("review_parking", Role.SUPERVISOR, 0, given={"ruling": "措施按计划推进，继续挂账"})))
        return found

    # --- who and what -------------------------------------------------------------

    def _register(self, r: dict, turn: int) -> None:
        out, channel = r["outcome"], r.get("channel", "phone")
        by = CITIZEN if channel in ONLINE else self._agent(r, turn)
        then, given = self._desk(r, out)
        agent = None
        if r.get("in_person"):
            agent, by, then = by, self.cast.pick(Role.LEADER, 0, r["lead"]), "answer_in_person" if then == "answer" else "hand_over_in_person"
        name = r["requester"]
        period, desk, leader = self.desks[r["period"], self._unit(folder.lead_of(r))] if "period" in r else (None, None, None)
        created = actions.create_case(
            by=by, kind=r["kind"], narrative=r["narrative"], title=r["title"], channel=channel, category=r["category"],
            district=self._unit(r["district"]), place=r["place"], urgent=bool(r.get("urgent")), secrecy=bool(r.get("secrecy")),
            elements={k: v if isinstance(v, int | float | str) else str(v) for k, v in r["elements"].items()},
            complained_unit=self._unit(r["complained_unit"]) if "complained_unit" in r else None, language=r.get("language", "zh"),
            requester=actions.Requester("" if name in NAMELESS else name, phone_of(name), r.get("requester_kind", "person")),
            original=r.get("original", ""), period_id=period, desk_id=desk, leader_id=leader, agent=agent, key=(SOURCE, r["id"]), then=then, given=given,
        )
        self.made[r["id"]] = created.case.id

    def _desk(self, r: dict, out: dict) -> tuple[str | None, dict]:
        """What the agent does at once, with what."""
        state = out["state"]
        if state == "direct_answered":
            ground = {} if r.get("in_person") else self._article(out)
            return "answer", {"answer": r.get("reply") or out["answer"], **ground}
        if state == "transferred":
            return "transfer", {"target": out["target"], "target_answered": out["target_answered"]}
        if state == "declined":
            handed_on = {n: out[n] for n in ("target", "target_answered") if n in out}
            return "decline", {"decline_reason": out["decline_reason"], "told": out["told"], **handed_on}
        return (None if state == "draft" else "submit"), {}

    def _article(self, out: dict) -> dict:
        return {"article": self.articles[out["article"]]} if "article" in out else {"no_article": "知识库还没有这类问题的文章，按现行政策口径答复"}

    def _agent(self, r: dict, turn: int) -> Actor:
        return self.cast.pick(Role.AGENT, turn, language=r.get("language", "zh"))

    def _unit(self, code: str) -> int:
        return self.tree.by_code[code].id

    def _who(self, r: dict, turn: int, move: Move) -> Actor:
        if move.person:
            return self.cast.named(move.person)
        outside = r.get("complained_unit") == "centre"
        if move.who == Role.AGENT and not outside:
            return self._agent(r, turn)
        other = move.step in {"order_redo", "refuse_redo"}  # whoever accepted the reply does not rule that nothing more is owed
        return self.cast.pick(move.who, turn + other, move.unit, outside=outside)

    def _take(self, r: dict, turn: int, at: datetime, move: Move) -> None:
        by, case_id = self._who(r, turn, move), self.made[r["id"]]
        given = {k: self._value(v, r, turn, at, by) for k, v in move.given.items()}
        given |= given.pop("position", {})
        try:
            if move.step == "record_callback":
                actions.hand_to_clerk(case_id=case_id, clerk=by)
                followup.record(case_id=case_id, party_id=given.pop("party"), by=by, given=given)
            else:
                actions.take_step(case_id=case_id, step=move.step, by=by, given=given)
        except (Refused, Invalid) as wrong:
            raise RuntimeError(f"演示诉求 {r['id']}：{by.name} 于 {at:%Y-%m-%d %H:%M} 不能{move.step}：{wrong}") from wrong

    def _value(self, value, r: dict, turn: int, at: datetime, by: Actor):
        if not isinstance(value, Ref):
            return value
        make = {
            "unit": lambda v: self._unit(v), "units": lambda v: [self._unit(c) for c in v], "master": lambda v: self.made[v],
            "party": lambda v: self.made[v], "call": lambda v: self._rung(r, turn, at, by), "minutes": lambda v: at + timedelta(minutes=v), "task": lambda v: self._task(r, v),
            "people": lambda v: self._readers(r, turn, v), "photo": lambda v: [self._file(f"{r['id']}-1", "现场照片.jpg", by)],
            "position": lambda v: self._position(r, turn, at + timedelta(minutes=v)),
            "document": lambda v: [self._file(f"{r['id']}-2", "审批材料扫描件.jpg", by)],
        }
        return make[value.kind](value.value)

    def _rung(self, r: dict, turn: int, at: datetime, by: Actor) -> int:
        """The talk of which the desk writes, as its exchange told of it."""
        key, phone = f"demo-{self.made[r['id']]}-{turn}", phone_of(r["requester"])
        told = ((Kind.DIALLED, 0, "ANSWER", phone), (Kind.CONNECTED, 20, "", ""), (Kind.ENDED, 260, "linkedid", ""))
        telephone.keep(SOURCE, [Event(kind, SOURCE, key, key, at + timedelta(seconds=after) - _TALKED, agent=by.id, target=target, direction="out", number=number)
                                for kind, after, target, number in told])
        call = Call.objects.get(pbx=SOURCE, linkedid=key)
        links.link(call_id=call.pk, case_id=self.made[r["id"]], by=by)
        return call.pk

    def _position(self, r: dict, turn: int, at: datetime) -> dict:
        """Of most visits where it happened; of some a phone gave none, of a few it was far away: what supervision has to look at."""
        around = self.tree.around(self._unit(r["district"]))
        if turn % 9 == 4 or around is None:
            return {"no_position": "refused", "why_no_position": "手机没有开定位"}
        north = around.north + (0.6 if turn % 13 == 5 else (turn % 7) / 100)
        return {"position": f"{north:.4f},{around.east + (turn % 5) / 100:.4f},{8 + turn % 20},{at.isoformat()}"}

    def _task(self, r: dict, unit: str) -> int:
        return CaseTask.objects.filter(case_id=self.made[r["id"]], unit=self._unit(unit)).latest("id").id

    def _readers(self, r: dict, turn: int, unit: str) -> list[int]:
        centre = [self.cast.pick(role, turn) for role in (Role.DISPATCHER, Role.SUPERVISOR, Role.CHECKER, Role.CALLBACK_CLERK)]
        return [a.id for a in [self._agent(r, turn), *centre, *self.cast.of_unit(unit)]]

    @staticmethod
    def _file(label: str, name: str, by: Actor) -> int:
        return files.store(content=photo(label), name=name, by=by).id
