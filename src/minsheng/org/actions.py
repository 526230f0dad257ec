"""Changes of the tree. Each leaves a `UnitChange`; cases keep the id, so history follows a unit through its names."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused, no
from minsheng.org import queries
from minsheng.org.models import Duty, Unit, UnitChange
from minsheng.org.rules import UnitKind


def _record(unit: Unit, what: str, before: dict, after: dict, by: Actor, reason: str) -> None:
    UnitChange.objects.create(unit=unit, at=clock.now(), by_id=by.id, by_name=by.name, what=what, before=before, after=after, reason=reason)
    queries.forget()


@transaction.atomic
def add_unit(*, code: str, name: str, kind: UnitKind, parent: Unit | None, by: Actor, short: str = "", phone: str = "",
             residents: int | None = None, sort: int = 0) -> Unit:
    """Add a unit below `parent`. Invalid when the code is taken."""
    if Unit.objects.filter(code=code).exists():
        raise Invalid({"code": f"代码 {code} 已在使用，请换一个"})
    unit = Unit.objects.create(code=code, name=name, short=short, kind=kind, parent=parent, phone=phone, residents=residents, sort=sort)
    unit.path = [*(parent.path if parent else []), unit.id]
    unit.save(update_fields=["path"])
    _record(unit, "created", {}, {"name": name, "parent": parent.id if parent else None}, by, "")
    return unit


@transaction.atomic
def rename_unit(*, unit: Unit, name: str, by: Actor, reason: str, short: str = "", phone: str | None = None) -> Unit:
    """A new name (更名). Old pages show today's name; the history page shows both."""
    before = {"name": unit.name, "short": unit.short, "phone": unit.phone}
    unit.name, unit.short = name, short or unit.short
    if phone is not None:
        unit.phone = phone
    unit.save(update_fields=["name", "short", "phone"])
    _record(unit, "renamed", before, {"name": unit.name, "short": unit.short, "phone": unit.phone}, by, reason)
    return unit


@transaction.atomic
def move_unit(*, unit: Unit, parent: Unit, by: Actor, reason: str) -> Unit:
    """Put a unit (with all below it) under another one."""
    if unit.id in parent.path:
        raise Refused(no("cycle", "不能把单位移到它自己的下级"))
    before, cut = {"parent": unit.parent_id}, len(unit.path) - 1
    below = [u for u in Unit.objects.all() if unit.id in u.path]
    for each in below:
        each.path = [*parent.path, *each.path[cut:]]
        each.save(update_fields=["path"])
    unit.refresh_from_db()
    unit.parent = parent
    unit.save(update_fields=["parent"])
    _record(unit, "moved", before, {"parent": parent.id}, by, reason)
    return unit


@transaction.atomic
def merge_unit(*, unit: Unit, into: Unit, by: Actor, reason: str) -> Unit:
    """合并: `unit` closes and lies under `into`, whose people then see its open cases."""
    if unit.id == into.id:
        raise Refused(no("cycle", "不能并入自己"))
    move_unit(unit=unit, parent=into, by=by, reason=reason)
    unit.merged_into, unit.active = into, False
    unit.save(update_fields=["merged_into", "active"])
    _record(unit, "merged", {"active": True}, {"into": into.id}, by, reason)
    return unit


@transaction.atomic
def set_duty(*, unit: Unit, name: str, phone: str, starts: datetime, ends: datetime, by: Actor, order: int = 1) -> Duty:
    """Put somebody on a unit's duty list."""
    if ends <= starts:
        raise Invalid({"ends": "值班结束时间应晚于开始时间"})
    duty = Duty.objects.create(unit=unit, name=name, phone=phone, starts=starts, ends=ends, order=order)
    _record(unit, "duty", {}, {"name": name, "starts": starts.isoformat(), "ends": ends.isoformat()}, by, "")
    return duty
