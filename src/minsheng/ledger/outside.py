"""The ledger's line outside the database, DATA/anchors.log: what an owner of the database alone cannot rewrite."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def path() -> Path:
    return settings.DATA / "anchors.log"


def anchored_outside() -> dict[int, str]:
    """Entry id -> hash (hex) as the file has it; empty when there is no file."""
    if not path().exists():
        return {}
    lines = (line.split() for line in path().read_text("ascii").splitlines())
    return {int(parts[1]): parts[2] for parts in lines if len(parts) == 3 and parts[1].isdigit()}
