"""Changes of the tree. Each leaves a `UnitChange` and an entry in the ledger; cases keep the id, so history follows a unit.

Units come as rows (loaders, tests) or by id (screens, which know no rows: the second half).
"""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.kit import clock
from minsheng.kit.in_turn import in_turn
from minsheng.kit.verdict import Invalid, Refused, Verdict, no
from minsheng.ledger import actions as ledger
from minsheng.org import queries, rules
from minsheng.org.models import Duty, Unit, UnitChange
from minsheng.org.rules import Circle, UnitKind

LARGEST_KM = 500  # of a circle around a place


_TREE = "org.tree"  # its changes wait for each other: of two moves at once each may be right alone, and both together a ring


def _ask(verdict: Verdict) -> None:
    if not verdict:
        raise Refused(verdict)
    in_turn(_TREE)


def _record(unit: Unit, what: str, before: dict, after: dict, by: Actor, reason: str) -> None:
    """The unit's own history, and the ledger, which names no person (it cannot forget)."""
    UnitChange.objects.create(unit=unit, at=clock.now(), by_id=by.id, by_name=by.name, what=what, before=before, after=after, reason=reason)
    detail = {"what": what} if what == "duty" else {"what": what, "before": before, "after": after}
    ledger.write(kind="unit_changed", by_id=by.id, by_name=by.name, about=f"unit:{unit.id}", reason=reason, detail=detail)
    queries.forget()
    transaction.on_commit(queries.forget)


@transaction.atomic
def add_unit(*, code: str, name: str, kind: UnitKind, parent: Unit | None, by: Actor, short: str = "", phone: str = "",
             residents: int | None = None, sort: int = 0, came_from: Unit | None = None, setup: bool = False) -> Unit:
    """Add a unit below `parent`. Invalid when the code is taken. `came_from`: the unit that it was split off from or that it
    replaces. `setup`: an import on the machine itself.
    """
    in_turn(_TREE)
    if not setup:
        _ask(rules.may_shape(by.roles))
    if Unit.objects.filter(code=code).exists():
        raise Invalid({"code": f"代码 {code} 已在使用，请换一个"})
    unit = Unit.objects.create(code=code, name=name, short=short, kind=kind, parent=parent, phone=phone, residents=residents, sort=sort,
                               came_from=came_from)
    unit.path = [*(parent.path if parent else []), unit.id]
    unit.save(update_fields=["path"])
    after = {"name": name, "parent": parent.id if parent else None} | ({"came_from": came_from.id} if came_from else {})
    _record(unit, "created", {}, after, by, "")
    return unit


@transaction.atomic
def name_outside_panel(*, unit: Unit, by: Actor, reason: str = "") -> None:
    """The one unit that hears complaints about the hotline; another one that did so before no longer does. Repeatable."""
    _ask(rules.may_shape(by.roles))
    _ask(rules.may_hear_centre(unit.facts(), queries.tree()))
    if unit.hears_centre:
        return
    for before in Unit.objects.select_for_update().filter(hears_centre=True):
        before.hears_centre = False
        before.save(update_fields=["hears_centre"])
        _record(before, "hears_centre", {"hears_centre": True}, {"hears_centre": False}, by, reason)
    unit.hears_centre = True
    unit.save(update_fields=["hears_centre"])
    _record(unit, "hears_centre", {"hears_centre": False}, {"hears_centre": True}, by, reason)


@transaction.atomic
def place_tile(*, unit: Unit, row: int, column: int, by: Actor) -> None:
    """Where a district's square lies on the board's map. Repeatable."""
    _ask(rules.may_shape(by.roles))
    if (unit.tile_row, unit.tile_column) == (row, column):
        return
    before = {"tile": [unit.tile_row, unit.tile_column]}
    unit.tile_row, unit.tile_column = row, column
    unit.save(update_fields=["tile_row", "tile_column"])
    _record(unit, "tile", before, {"tile": [row, column]}, by, "")


@transaction.atomic
def place_around(*, unit: Unit, circle: Circle, by: Actor) -> None:
    """Roughly where a place lies, so that visits far outside it can be marked. ValueError: no such circle. Repeatable."""
    _ask(rules.may_shape(by.roles))
    if not (-90 <= circle.north <= 90 and -180 <= circle.east <= 180 and 0 < circle.km <= LARGEST_KM):
        raise ValueError(f"{unit.name}：around 应为 [纬度, 经度, 半径公里数]，半径不超过 {LARGEST_KM}")
    after = [circle.north, circle.east, circle.km]
    if unit.around == after:
        return
    before, unit.around = {"around": unit.around}, after
    unit.save(update_fields=["around"])
    _record(unit, "around", before, {"around": after}, by, "")


@transaction.atomic
def rename_unit(*, unit: Unit, name: str, by: Actor, reason: str, short: str | None = None, phone: str | None = None) -> Unit:
    """A new name (更名) or telephone. Pages show today's name, what was frozen and signed the name of then; the history page shows both."""
    _ask(rules.may_shape(by.roles))
    before = {"name": unit.name, "short": unit.short, "phone": unit.phone}
    unit.name = name
    unit.short = unit.short if short is None else short
    unit.phone = unit.phone if phone is None else phone
    unit.save(update_fields=["name", "short", "phone"])
    what = "renamed" if before["name"] != name else "corrected"
    _record(unit, what, before, {"name": unit.name, "short": unit.short, "phone": unit.phone}, by, reason)
    return unit


@transaction.atomic
def move_unit(*, unit: Unit, parent: Unit, by: Actor, reason: str) -> Unit:
    """Put a unit (with all below it) under another one."""
    _ask(rules.may_shape(by.roles))
    _ask(rules.may_lie_under(unit.facts(), parent.facts()))
    _put_under(unit, parent)
    _record(unit, "moved", {"parent": unit.parent_id}, {"parent": parent.id}, by, reason)
    Unit.objects.filter(pk=unit.pk).update(parent=parent)
    unit.refresh_from_db()
    return unit


def _put_under(unit: Unit, parent: Unit) -> None:
    """New paths for the unit and all below it; the rows are locked, so that two moves wait for each other."""
    cut = len(unit.path) - 1
    below = [u for u in Unit.objects.select_for_update(no_key=True).order_by("id") if unit.id in u.path]
    for each in below:
        each.path = [*parent.path, *each.path[cut:]]
    Unit.objects.bulk_update(below, ["path"])


@transaction.atomic
def merge_unit(*, unit: Unit, into: Unit, by: Actor, reason: str) -> Unit:
    """合并: `unit` closes and lies under `into`, whose people act on its open cases from then on."""
    _ask(rules.may_shape(by.roles))
    _ask(rules.may_merge(unit.facts(), into.facts()))
    if unit.parent_id != into.id:
        move_unit(unit=unit, parent=into, by=by, reason=reason)
    unit.merged_into, unit.active = into, False
    unit.save(update_fields=["merged_into", "active"])
    _record(unit, "merged", {"active": True}, {"into": into.id, "name": into.name}, by, reason)
    return unit


@transaction.atomic
def set_duty(*, unit: Unit, name: str, phone: str, starts: datetime, ends: datetime, by: Actor, order: int = 1) -> Duty:
    """Put somebody on a unit's duty list."""
    _ask(rules.may_shape(by.roles))
    _fits(name, phone, starts, ends, order)
    row = {"unit": unit, "name": name, "phone": phone, "starts": starts, "ends": ends, "order": order}
    if same := Duty.objects.filter(**row).first():
        return same  # sent twice: nobody is rung twice in a row
    duty = Duty.objects.create(unit=unit, name=name, phone=phone, starts=starts, ends=ends, order=order)
    _record(unit, "duty", {}, {"name": name, "starts": starts.isoformat(), "ends": ends.isoformat()}, by, "")
    return duty


def _fits(name: str, phone: str, starts: datetime, ends: datetime, order: int) -> None:
    errors = {}
    if not 1 <= len(name.strip()) <= 40:
        errors["name"] = "请填写值班人姓名，不超过 40 字"
    if not 3 <= len(phone.strip()) <= 40:
        errors["phone"] = "请填写能打通的值班电话"
    if ends <= starts:
        errors["ends"] = "值班结束时间应晚于开始时间"
    if not 1 <= order <= 99:
        errors["order"] = "次序写 1 至 99，1 最先呼叫"
    if errors:
        raise Invalid(errors)


# --- the same deeds by id, for screens ------------------------------------------------------------------------------------------


def _unit(unit_id: int, field: str = "") -> Unit:
    """The row, locked. A field's name makes an unknown unit an error of that field."""
    in_turn(_TREE)
    unit = Unit.objects.select_for_update(no_key=True).filter(pk=unit_id).first()
    if unit is None and field:
        raise Invalid({field: "请从列表中选择单位"})
    if unit is None:
        raise Refused(no("gone", "没有这个单位"))
    return unit


def _because(reason: str) -> str:
    if not reason.strip():
        raise Invalid({"reason": "请写明依据，如编委文件文号"})
    return reason.strip()[:300]


@transaction.atomic
def open_unit(*, code: str, name: str, kind: str, parent_id: int, by: Actor, short: str = "", phone: str = "",
              came_from_id: int = 0) -> Unit:
    errors = rules.unit_errors(code, name)
    if kind not in set(UnitKind) - {UnitKind.CITY}:
        errors["kind"] = "请选择单位类型"
    if errors:
        raise Invalid(errors)
    parent = _unit(parent_id, "parent")
    if not parent.active:
        raise Invalid({"parent": f"{parent.name}已停用，请选择在用的单位"})
    before = _unit(came_from_id, "came_from") if came_from_id else None
    return add_unit(code=code, name=name.strip(), kind=UnitKind(kind), parent=parent, by=by, short=short, phone=phone, came_from=before)


@transaction.atomic
def correct_unit(*, unit_id: int, name: str, short: str, phone: str, by: Actor, reason: str) -> Unit:
    unit = _unit(unit_id)
    if errors := rules.unit_errors(unit.code, name):
        raise Invalid(errors)
    return rename_unit(unit=unit, name=name.strip(), short=short, phone=phone, by=by, reason=_because(reason))


@transaction.atomic
def move(*, unit_id: int, parent_id: int, by: Actor, reason: str) -> Unit:
    return move_unit(unit=_unit(unit_id), parent=_unit(parent_id, "parent"), by=by, reason=_because(reason))


@transaction.atomic
def merge(*, unit_id: int, into_id: int, by: Actor, reason: str) -> Unit:
    return merge_unit(unit=_unit(unit_id), into=_unit(into_id, "parent"), by=by, reason=_because(reason))


@transaction.atomic
def hear_centre(*, unit_id: int, by: Actor, reason: str) -> Unit:
    """This unit hears complaints about the hotline from now on."""
    unit = _unit(unit_id)
    name_outside_panel(unit=unit, by=by, reason=_because(reason))
    return unit


@transaction.atomic
def close(*, unit_id: int, by: Actor, reason: str) -> Unit:
    """停用: nothing new is sent there; what is open is acted on by the nearest unit in use above."""
    unit = _unit(unit_id)
    _ask(rules.may_shape(by.roles))
    _ask(rules.may_close(unit.facts(), Unit.objects.filter(parent=unit, active=True).count()))
    unit.active = False
    unit.save(update_fields=["active"])
    _record(unit, "closed", {"active": True}, {"active": False}, by, _because(reason))
    return unit


@transaction.atomic
def reopen(*, unit_id: int, by: Actor, reason: str) -> Unit:
    """Undo of a close or a merge: in use again where it lies; it may then be moved back."""
    unit = _unit(unit_id)
    _ask(rules.may_shape(by.roles))
    if unit.active:
        raise Refused(no("state", f"{unit.name}没有停用"))
    unit.active, unit.merged_into = True, None
    unit.save(update_fields=["active", "merged_into"])
    _record(unit, "reopened", {"active": False}, {"active": True}, by, _because(reason))
    return unit


@transaction.atomic
def add_duty(*, unit_id: int, name: str, phone: str, starts: datetime, ends: datetime, order: int, by: Actor) -> Duty:
    return set_duty(unit=_unit(unit_id), name=name.strip(), phone=phone.strip(), starts=starts, ends=ends, order=order, by=by)


@transaction.atomic
def change_duty(*, duty_id: int, name: str, phone: str, starts: datetime, ends: datetime, order: int, by: Actor) -> Duty:
    """Correct a row of the list: another person, another hour, another place in the order."""
    _ask(rules.may_shape(by.roles))
    duty = _duty(duty_id)
    _fits(name, phone, starts, ends, order)
    before = {"name": duty.name, "starts": duty.starts.isoformat(), "ends": duty.ends.isoformat()}
    duty.name, duty.phone, duty.starts, duty.ends, duty.order = name.strip(), phone.strip(), starts, ends, order
    duty.save(update_fields=["name", "phone", "starts", "ends", "order"])
    _record(duty.unit, "duty", before, {"name": duty.name, "starts": starts.isoformat(), "ends": ends.isoformat()}, by, "")
    return duty


@transaction.atomic
def drop_duty(*, duty_id: int, by: Actor) -> int:
    """Take somebody off the list. Returns the unit's id."""
    _ask(rules.may_shape(by.roles))
    duty = _duty(duty_id)
    before = {"name": duty.name, "starts": duty.starts.isoformat(), "ends": duty.ends.isoformat()}
    unit = duty.unit
    duty.delete()
    _record(unit, "duty", before, {}, by, "")
    return unit.id


def _duty(duty_id: int) -> Duty:
    duty = Duty.objects.select_for_update(of=("self",)).select_related("unit").filter(pk=duty_id).first()
    if duty is None:
        raise Refused(no("gone", "这一行值班已被删除"))
    return duty
