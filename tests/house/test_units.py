"""The units of systemd let the program shut itself in, also where systemd is older than its groups of calls."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

UNITS = sorted((Path(__file__).parents[2] / "deploy").glob("*.service"))
GROUPS = {"@system-service", "@privileged", "@obsolete"}  # those of systemd 249 (Ubuntu 22.04) and 252 (Debian 12) that we name
LANDLOCK = {"landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self"}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_what_shuts_web_and_worker_in_is_allowed_by_name_for_an_unknown_group_is_passed_over(unit):
    lines = re.findall(r"^SystemCallFilter=(~?)(.*)$", unit.read_text(encoding="utf-8"), re.M)
    allowed = {word for denied, words in lines if not denied for word in words.split()}
    named = {word for _, words in lines for word in words.split()}
    assert LANDLOCK <= allowed and {word for word in named if word.startswith("@")} <= GROUPS


def test_there_are_units():
    assert len(UNITS) >= 5
