"""Who can log in to the demo city, for the screen of `./minsheng demo`: read from the folder, before Django is up."""

from __future__ import annotations

from minsheng.accounts.rules import Role
from minsheng.cli.demo_city import folder

PASSWORD = "minsheng-12345"


def accounts() -> list[tuple[str, str, str, str]]:
    """(role, user name, name, unit): one account for every role, in the order of the file."""
    units = folder.units()
    found: dict = {}
    for p in folder.read("people")["people"]:
        for role in p["roles"]:
            found.setdefault(role, (Role(role).label, p["username"], p["name"], units[p["unit"]].get("short") or units[p["unit"]]["name"]))
    return list(found.values())


ACCOUNTS = accounts()
