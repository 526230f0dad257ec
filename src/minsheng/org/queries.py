"""Reads of the tree."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime

from minsheng.kit.kept import Kept
from minsheng.kit.prepared_rows import PreparedRows
from minsheng.kit.read_values import BadValue, record_id
from minsheng.org.models import Duty, Unit, UnitChange
from minsheng.org.rules import Tree, UnitFacts, UnitKind

_tree = Kept(lambda units: Tree([unit.facts() for unit in units]), Unit)


def tree() -> Tree:
    """All units. Kept for five seconds per process: a renamed unit shows its new name no later than that. None at all is not kept:
    who sets up a city sees the first ones at once."""
    found = _tree.get()
    if not found.by_id:
        forget()
    return found


def named(text: str) -> UnitFacts | None:
    """The unit that a query, an option or a program names by its code or its id; None when there is none."""
    if found := tree().by_code.get(text.strip()):
        return found
    try:
        return tree().by_id.get(record_id(text))
    except BadValue:
        return None


def forget() -> None:
    """Read the tree anew at the next question."""
    _tree.forget()


def on_duty_many(units: Iterable[int], at: datetime) -> dict[int, list[Duty]]:
    """The same for several units in one statement: unit -> whom to ring now, in order."""
    paths = {id_: tree().path(id_) for id_ in set(units)}
    listed: dict[int, list[Duty]] = {}
    for duty in _ON_DUTY(list({i for path in paths.values() for i in path}), at, at):
        listed.setdefault(duty.unit_id, []).append(duty)
    return {id_: next((listed[i] for i in reversed(path) if i in listed), []) for id_, path in paths.items()}


_ON_DUTY = PreparedRows(Duty.objects.all, "WHERE unit_id = ANY(%s::bigint[]) AND starts <= %s AND ends > %s ORDER BY \"order\", id")


def on_duty(unit_id: int | None, at: datetime) -> list[Duty]:
    """Whom to ring at that unit now, in order; the nearest unit above that has a list answers for one that has none. One statement."""
    return on_duty_many([unit_id or 0], at)[unit_id or 0]


def issuer() -> str:
    """The hotline's centre, as a paper names it. No statement where the tree is at hand."""
    found = next((one.name for one in tree().by_id.values() if one.kind == UnitKind.CENTRE and one.active), "")
    return found or "12345热线中心"


def unit(unit_id: int) -> Unit | None:
    """One unit with the one above and the one it was merged into; one statement."""
    return Unit.objects.select_related("parent", "merged_into", "came_from").filter(pk=unit_id).first()


def absorbed(unit_id: int) -> list[Unit]:
    """Units that were merged into this one: their open cases are its own to act on."""
    return list(Unit.objects.filter(merged_into=unit_id))


def changes(unit_id: int, limit: int = 60) -> list[UnitChange]:
    """What happened to a unit, the newest first."""
    return list(UnitChange.objects.filter(unit_id=unit_id).order_by("-id")[:limit])


def names_then(at: datetime | None) -> Callable[[int | None], str]:
    """What units were called at that moment, as what was signed then says it; None: what they are called today. One statement, or none."""
    now = tree()
    since = UnitChange.objects.filter(what__in=("renamed", "corrected"), at__gt=at).order_by("-id") if at else ()
    then = {change.unit_id: change.before["short"] or change.before["name"] for change in since}
    return lambda unit_id: then.get(unit_id or 0) or now.name(unit_id)


def duties(unit_id: int, at: datetime) -> list[Duty]:
    """The list from now on, in order of time; what is over is left out."""
    return list(Duty.objects.filter(unit_id=unit_id, ends__gt=at).order_by("starts", "order"))


def duty(duty_id: int) -> Duty | None:
    return Duty.objects.filter(pk=duty_id).first()
