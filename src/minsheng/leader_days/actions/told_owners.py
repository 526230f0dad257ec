"""Who is told when the clock speaks of a commitment (rulings, 79): its period and its date, no word of it."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Model

from minsheng.accounts import queries as people
from minsheng.accounts.models import Person
from minsheng.accounts.rules import Role
from minsheng.cases import queries as cases
from minsheng.kit.engine import Deed
from minsheng.leader_days.models import Commitment
from minsheng.leader_days.queries import sight
from minsheng.leader_days.rules.reminding import BY_NAME, Stage
from minsheng.messages import actions as messages
from minsheng.org import queries as org

MOST = 3  # of one role


def of_stage(deed: Deed[Commitment]) -> list[Model]:
    """Rows that are not saved yet, to each number once."""
    one, stage = deed.subject, BY_NAME[deed.step.name]
    found = {phone: name for name, phone in [*_on_duty(one, stage, deed.at), *_who_sees(one, stage)] if phone}
    context = {"period": one.period.number, "due": f"{one.due:%m月%d日}"}
    return [messages.written(channel="work", to=phone, template=f"commitment_{deed.step.name}", about=f"commitment:{one.id}",
                             context={"name": name, **context}) for phone, name in sorted(found.items())]


def _on_duty(one: Commitment, stage: Stage, at: datetime) -> list[tuple[str, str]]:
    """Whoever answers the unit's telephone knows of orders; of what is shut only those who may see it."""
    if not _owner_acts(one, stage) or one.case is None or one.case.restricted or one.case.complained_line:
        return []
    return [(duty.name, duty.phone) for duty in list(org.on_duty(cases.acting_for(one.owner_unit_id), at))[:1]]


def _owner_acts(one: Commitment, stage: Stage) -> bool:
    """While a request of the unit waits, the ruling is the next thing and not its own."""
    return stage.owner and not one.waiting


def _who_sees(one: Commitment, stage: Stage) -> list[tuple[str, str]]:
    """Of the roles that the stage tells, those with a number who may open this commitment."""
    told = people.holders(Role.COORDINATOR)[:MOST]
    told += _nearest(Role.UNIT_LIAISON, one) if _owner_acts(one, stage) else []
    told += _nearest(Role.UNIT_APPROVER, one) if stage.heads else []
    told += people.holders(Role.SUPERVISOR)[:MOST] if stage.judges or one.waiting else []
    told += [person for person in people.holders(Role.LEADER) if stage.leader and one.desk and person.id == one.desk.leader_id]
    known = {person.id: person for person in told if person.phone}
    return [(person.name, person.phone) for person in known.values() if sight.commitments(people.actor(person)).filter(id=one.id).exists()]


def _nearest(role: Role, one: Commitment) -> list[Person]:
    """Of the unit that owes it, or of the nearest above that has somebody: it acts for it."""
    line = reversed(org.tree().path(one.owner_unit_id or 0))
    return next((found[:MOST] for unit in line if (found := people.holders(role, unit))), [])
