"""Where the storm rages: in a bare city of the benches, or in one that is full."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import NamedTuple

ROLES = ("agent", "dispatcher", "supervisor", "checker", "coordinator", "return_reviewer", "unit_liaison", "unit_handler", "unit_approver")
CITY = timezone(timedelta(hours=8))


class Place(NamedTuple):
    """`tokens`: a role's. `clerks`: sessions of two who ring back. `lead`, `other`: units; the roles of a unit are `lead`'s."""

    tokens: dict[str, str]
    clerks: list[str]
    lead: int
    other: int
    category: str
    district: str


def bare() -> Place:
    from bench import city

    from minsheng.org.models import Unit

    tokens = city.build()
    units = dict(Unit.objects.values_list("code", "id"))
    return Place(tokens, _clerks(), units["b.city"], units["b.water"], "water", "d.east")


def filled() -> Place:
    """The demo's people, at the unit that has a liaison, a handler and one who approves; a matter that asks for no elements."""
    from bench.page_list import person_of

    from minsheng.accounts import actions as accounts
    from minsheng.accounts.models import Grant
    from minsheng.accounts.rules import SCOPES
    from minsheng.cases.models import Category
    from minsheng.org.models import Unit

    staffed = [set(Grant.objects.filter(role=role, until=None).values_list("person__unit_id", flat=True)) for role in ROLES[-3:]]
    lead = min(set.intersection(*staffed))
    tokens = {role: accounts.make_token(person=person_of(role, lead if role.startswith("unit_") else 0), name="storm", scopes=SCOPES,
                                        by=accounts.COMMAND_LINE, setup=True)[1] for role in ROLES}
    other = Unit.objects.filter(kind="bureau").exclude(id=lead).order_by("id").first()
    matter = Category.objects.filter(elements=[], name__contains="水").order_by("id").first()
    return Place(tokens, _clerks(), lead, other.id, matter.code, Unit.objects.filter(kind="district").order_by("id").first().code)


def next_monday() -> datetime:
    """20 to ten, when people are at work; a filled city ends before."""
    now = datetime.now(CITY)
    return (now + timedelta(days=7 - now.weekday())).replace(hour=9, minute=40, second=0, microsecond=0)


def _clerks() -> list[str]:
    """Sessions of two who ring back."""
    from minsheng.accounts import actions, login
    from minsheng.accounts.rules import Role
    from minsheng.accounts.sessions import SessionStore
    from minsheng.org.models import Unit

    centre, found = Unit.objects.get(code="centre"), []
    for name in ("clerk_a", "clerk_b"):
        person = actions.create_person(username=name, name=f"回访员{name[-1]}", unit=centre, by=actions.COMMAND_LINE, setup=True, must_change_password=False)
        actions.grant_role(person=person, role=Role.CALLBACK_CLERK, by=actions.COMMAND_LINE, setup=True)
        session = SessionStore()
        login.begin(person=person, address="127.0.0.1", device="storm", session=session)
        found.append(session.session_key)
    return found
