"""A watch as the engine takes it, and the ways in."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

from minsheng.accounts.rules import Actor
from minsheng.cases.effects import clocks
from minsheng.cases.rules import masking
from minsheng.field_work import effects
from minsheng.field_work.models import Watch, WatchStep, WatchWords
from minsheng.field_work.queries import watches as read
from minsheng.field_work.rules import watches
from minsheng.files.step_files import WithFiles
from minsheng.kit import clock, engine, stepped
from minsheng.kit.engine import Deed
from minsheng.kit.ids import new_id
from minsheng.kit.verdict import YES, Refused, Verdict, no

Given = Mapping[str, Any]


class Watches(WithFiles[Watch]):
    procedure, effects, fields = watches.WATCH, effects.WATCH, watches.FIELDS
    name, label, model, rows, words = "watch", "蹲点", Watch, WatchStep, WatchWords
    decided = {"unit_id": "蹲点单位", "since": "开始", "until": "计划结束", "visits": "到场次数", "last_visit": "最近到场", "ended_at": "结束时间"}
    spoken = {"place": "place", "matter": "matter", "result": "result"}

    def facts(self, subject: Watch, at: datetime) -> watches.WatchFacts:
        return read.facts_of(subject)

    def shown_name(self, subject: Watch, name: str) -> str:
        return masking.file_name(name, masking.NOBODY)

    def sees(self, facts: watches.WatchFacts, by: Actor) -> Verdict:
        return YES if read.seen(by).filter(id=facts.id).exists() else self.missing()

    def check(self, deed: Deed[Watch]) -> dict[str, str]:
        return watches.check(deed.step.name, deed.values, deed.facts, clocks.local_day(deed.at))


WATCHES = Watches()


def begin(*, by: Actor, given: Given, key: str = "", at: datetime | None = None) -> WatchStep:
    """The unit of whoever begins it is the one that watches."""
    at = at or clock.now()
    if not by.unit:
        raise Refused(no("no_unit", "您还没有所属单位，请联系管理员"))
    watch = Watch(id=new_id(at), state=watches.WatchState.NEW.value, unit_id=by.unit, updated_at=at)
    return engine.make(WATCHES, watch, "open_watch", by=by, given=given, at=at, key=key)


def take(*, watch_id: int, step: str, by: Actor, given: Given | None = None, key: str = "", at: datetime | None = None) -> WatchStep:
    return engine.take(WATCHES, watch_id, step, by=by, given=given, at=at, key=key)


def verify_history() -> Iterator[str]:
    yield from stepped.broken(WATCHES)
