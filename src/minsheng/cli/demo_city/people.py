"""The accounts of the demo city, and who of them takes a step."""

from __future__ import annotations

from datetime import datetime

from django.contrib.auth.hashers import make_password
from django.db import transaction

from minsheng.accounts import actions, queries
from minsheng.accounts.models import Person
from minsheng.accounts.rules import Actor, Role
from minsheng.cli import Stop
from minsheng.cli.demo_city import folder
from minsheng.cli.demo_city.people_list import PASSWORD
from minsheng.kit import clock
from minsheng.org.models import Unit

JOINED = datetime(2023, 4, 3, 10, 0, tzinfo=folder.ZONE)
CITIZEN = Actor(0, "诉求人", frozenset({Role.REQUESTER}))


@transaction.atomic
def hire() -> None:
    """Every account with its roles. Those already there stay as they are."""
    there = set(Person.objects.values_list("username", flat=True))
    units = {u.code: u for u in Unit.objects.all()}
    hashed = make_password(PASSWORD)
    with clock.fixed(JOINED):
        for p in folder.read("people")["people"]:
            if p["username"] in there:
                continue
            person = actions.create_person(username=p["username"], name=p["name"], unit=units[p["unit"]], by=actions.COMMAND_LINE,
                                           languages=p["languages"], must_change_password=False, setup=True, hashed=hashed)
            for role in p["roles"]:
                actions.grant_role(person=person, role=Role(role), by=actions.COMMAND_LINE, reason="演示账号", setup=True)


class Cast:
    """Actors by role and unit. The same `turn` always gets the same person, so a case keeps its agent and its dispatcher."""

    def __init__(self) -> None:
        self.people = folder.read("people")["people"]
        self._actors: dict[str, Actor] = {}
        self._able: dict[tuple, list[str]] = {}

    def named(self, username: str) -> Actor:
        if username not in self._actors:
            if (actor := queries.actor_named(username)) is None:
                raise Stop(f"演示城市里没有“{username}”这个人")
            self._actors[username] = actor
        return self._actors[username]

    def pick(self, role: Role, turn: int, unit: str = "", language: str = "zh", outside: bool = False) -> Actor:
        """Somebody with the role, of that unit when one is named, who speaks the language when anybody does.

        outside  of the panel that hears complaints about the hotline, and of nobody else
        """
        asked = (role, unit, language, outside)
        if asked not in self._able:
            self._able[asked] = self._who(*asked)
        able = self._able[asked]
        return self.named(able[turn % len(able)])

    def _who(self, role: Role, unit: str, language: str, outside: bool) -> list[str]:
        panel = folder.read("city")["outside_panel"]
        able = [p for p in self.people if role.value in p["roles"] and unit in ("", p["unit"])]
        able = able if unit else [p for p in able if (p["unit"] == panel or p["unit"].startswith(f"{panel}.")) is outside]
        return [p["username"] for p in [p for p in able if language in p["languages"]] or able]

    def of_unit(self, unit: str) -> list[Actor]:
        return [self.named(p["username"]) for p in self.people if p["unit"] == unit]

    @property
    def staffed(self) -> frozenset[str]:
        roles: dict[str, set[str]] = {}
        for p in self.people:
            roles.setdefault(p["unit"], set()).update(p["roles"])
        return frozenset(u for u, r in roles.items() if {"unit_liaison", "unit_handler"} <= r)
