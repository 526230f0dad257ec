"""The ledger's line outside the database, DATA/anchors.log: what an owner of the database alone cannot rewrite."""

from __future__ import annotations

from pathlib import Path

from django.conf import settings


def path() -> Path:
    return settings.DATA / "anchors.log"


def copies() -> Path | None:
    """The folder of another machine that the operator names for copies of the anchors."""
    return Path(settings.ANCHORS_FOLDER) if settings.ANCHORS_FOLDER else None


def anchored_outside(file: Path | None = None) -> dict[int, str]:
    """Entry id -> hash (hex) as `file` has it (ours, when none is named); empty when there is no file."""
    file = file or path()
    if not file.exists():
        return {}
    lines = (line.split() for line in file.read_text("ascii", errors="replace").splitlines())
    return {int(parts[1]): parts[2] for parts in lines if len(parts) == 3 and parts[1].isdigit()}
