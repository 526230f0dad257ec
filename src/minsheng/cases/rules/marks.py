"""The small facts that steps leave on a case for other steps to ask for: one frozen value, kept as JSON in one column. Pure.

A line of `Marks` is all that a new one needs: guards ask for it as `case.marks.name`, the history seals it under its label (`decided`).

A fact that nobody has set is not written, so that a row changes only where a fact does. What this version cannot read (a fact of
another version, a value damaged by hand) counts as not set, is kept, and is written back as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import Field, dataclass, field, fields, replace
from datetime import datetime
from operator import attrgetter
from typing import Any

from minsheng.cases.rules.states import Ask, State, TaskState


class Unread(ValueError):
    """The value in the row is none that this fact can have."""


def _of(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if value.__class__ is not kind:  # no bool for a number
            raise Unread
        return value

    return read


def _tuple_of(kind: type) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        if value.__class__ is not list or any(one.__class__ is not kind for one in value):
            raise Unread
        return tuple(value)

    return read


def _instant(value: Any) -> datetime:
    at = datetime.fromisoformat(value)
    if at.tzinfo is None:
        raise Unread
    return at


def _whose(value: Any) -> dict[str, tuple[int, ...]]:
    return {_of(str)(step): _tuple_of(int)(people) for step, people in value.items()}


def _kept(label: str, nothing: Any, read: Callable[[Any], Any], write: Callable[[Any], Any] | None = None) -> Any:
    """A field of `Marks`: what it is called, its value when nobody has set it, how JSON is read and how it is written (None: as it is)."""
    ways = {"label": label, "read": read, "write": write}
    return field(default_factory=dict, metadata=ways) if nothing == {} else field(default=nothing, metadata=ways)


def _flag(label: str) -> Any:
    return _kept(label, False, _of(bool))


def _number(label: str) -> Any:
    return _kept(label, 0, _of(int))


def _id(label: str) -> Any:
    return _kept(label, None, _of(int))


def _ids(label: str) -> Any:
    return _kept(label, (), _tuple_of(int), list)


def _word(label: str) -> Any:
    return _kept(label, "", _of(str))


def _words(label: str) -> Any:
    return _kept(label, (), _tuple_of(str), list)


def _at(label: str) -> Any:
    return _kept(label, None, _instant, datetime.isoformat)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Named as the keys of the row. People, units, cases and steps by id."""

    # the words of the case, and who goes on with a draft
    missing: tuple[str, ...] = _words("缺少的要素")  # labels of elements that the matter asks for
    waived: bool = _flag("要素豁免")  # they need not be given
    draft_agent: int | None = _id("接手草稿的人")  # who goes on with the draft; None: who registered it; 0: nobody
    desk: int | None = _id("接听席")  # of leader days: where the call was taken
    leader: int | None = _id("接听领导")  # and whose desk that was
    asked_more: bool = _flag("等待补充")  # sent back, and the requester is asked as well
    assumed: tuple[str, ...] = _words("推定的时间")  # times that a history brought in did not have
    # danger and restriction
    danger: tuple[str, ...] = _words("险情")  # codes of `cases/danger.yaml`
    alarm: datetime | None = _at("险情待查看")  # words of danger came later, and nobody has looked yet
    ground: str = _word("限制知悉的依据")  # why the case is restricted
    unconfirmed: datetime | None = _at("限制知悉待确认")  # it restricted itself; by when a person has to confirm
    # declining and dispatching
    decline_ok: bool = _flag("不予受理已确认")  # a dispatcher has confirmed it
    reopened: int | None = _id("重开为")  # the case that was registered anew for it, the last time
    night: bool = _flag("夜间直派")  # the shift leader dispatched it by night
    night_ok: bool = _flag("已补审")  # and a dispatcher has reviewed that
    sent_by: int = _number("派单人")  # who dispatched it, the last time
    sent_at: datetime | None = _at("最近派单时间")
    woken: int = _number("值班呼叫轮次")  # rounds of the duty list while nobody signed
    found_lead: int | None = _id("会商认定的单位")  # the unit that a duty finding names
    proposed: int | None = _id("退单建议的单位")  # the unit that a return proposes
    bound: tuple[int, ...] = _ids("不得退单的单位")  # units that a ruling names
    released: tuple[int, ...] = _ids("已退单的单位")  # units whose return was upheld
    # the unit's work in this round
    contact: bool = _flag("已联系")
    contact_waived: bool = _flag("无需联系")
    field: bool = _flag("现场记录")  # a record made on the spot
    photo: bool = _flag("现场照片")  # with a picture
    position: str = _word("到场位置")  # with a position: how it fits, a code of `places.Fit`
    draft_by: int | None = _id("起草人")  # who drafted the reply
    draft_step: int = _number("答复稿")
    claimed_solved: bool | None = _kept("单位称已解决", None, _of(bool))
    tasks: int = _number("协办任务数")  # ever given
    adopted: bool | None = _kept("建议采纳", None, _of(bool))  # of a suggestion; None: not ruled yet
    stopped_tasks: Mapping[int, TaskState] = _kept("并单停下的任务", 
        {}, lambda value: {int(id_): TaskState(state) for id_, state in value.items()},
        lambda value: {str(id_): state.value for id_, state in value.items()})  # by a merge: what it gives back when it is undone
    # requests and requesters
    pending: Mapping[Ask, int] = _kept("待裁定的申请", 
        {}, lambda value: {Ask(ask): _of(int)(by) for ask, by in value.items()},
        lambda value: {ask.value: by for ask, by in value.items()})  # what waits for a ruling -> who asked
    did: Mapping[str, tuple[int, ...]] = _kept("经办过的人", 
        {}, _whose, lambda value: {step: list(people) for step, people in value.items()})  # a step that others judge -> who took it
    clerks: tuple[int, ...] = _ids("回访员")  # whom follow-up handed this round's call-back to
    merged: int = _number("并入件数")  # cases merged into this one
    brought: tuple[int, ...] = _ids("随同并入的工单")  # cases that came with this one when it was merged
    before_merge: State | None = _kept("并单前的状态", None, State, str)
    shared: bool = _flag("并过单")  # it was ever merged with another
    left: bool = _flag("诉求人已退出")  # the case's own requester has withdrawn; others merged into it stay
    rated: str = _word("网上评价")  # what the requester said on the net
    unread: Mapping[str, Any] = _kept("", {}, dict)

    @classmethod
    def read(cls, row: Any) -> Marks:
        """What the column holds, whatever it holds."""
        if not isinstance(row, Mapping):
            return cls()
        known: dict[str, Any] = {}
        unread: dict[str, Any] = {}
        for name, value in row.items():
            if value is None and name in _READ:  # not set, as older versions wrote it
                continue
            try:
                known[name] = _READ[name](value)
            except (ValueError, TypeError, LookupError, AttributeError):
                unread[name] = value
        if unread.get("clerk").__class__ is int:  # of cases handed out before there could be several
            known.setdefault("clerks", (unread.pop("clerk"),))
        return cls(**known, unread=unread)

    def written(self) -> dict[str, Any]:
        """As the column keeps it."""
        row = dict(self.unread)
        for (name, nothing, write), value in zip(_WRITE, _VALUES(self), strict=True):
            if value != nothing:
                row[name] = value if write is None else write(value)
        return row

    def but(self, **changed: Any) -> Marks:
        """With these facts. TypeError for a name that is none."""
        return replace(self, **changed, unread={name: value for name, value in self.unread.items() if name not in changed})


def _nothing(one: Field[Any]) -> Any:
    return {} if one.default_factory is dict else one.default


def damaged(row: Any) -> list[tuple[str, Any]]:
    """(name, value) of the facts in a row whose value is none that they can have."""
    return [(name, value) for name, value in Marks.read(row).unread.items() if name in NAMES]


_FIELDS = [one for one in fields(Marks) if one.name != "unread"]
NAMES = frozenset(one.name for one in _FIELDS)
LABELS: dict[str, str] = {one.name: one.metadata["label"] for one in _FIELDS}
_READ: dict[str, Callable[[Any], Any]] = {one.name: one.metadata["read"] for one in _FIELDS}
_WRITE = [(one.name, _nothing(one), one.metadata["write"]) for one in _FIELDS]
_VALUES = attrgetter(*(one.name for one in _FIELDS))
