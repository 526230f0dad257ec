"""What must hold of a database, whatever was done to it: shared by the random walks, the storm and `doctor`.

Each function takes the alias of a database and yields one sentence for everything that breaks it; the SQL stands in the rooms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from minsheng.cases.queries import requester_state
from minsheng.followup import queries as followup

Invariant = Callable[[str], Iterator[str]]

# Of requesters: merged, split, withdrawn, called back.
REQUESTERS: tuple[Invariant, ...] = (*requester_state.ALL, followup.torn, followup.astray)

ALL: tuple[Invariant, ...] = REQUESTERS


def broken(database: str = "default", invariants: tuple[Invariant, ...] = ALL) -> list[str]:
    """Every sentence of every invariant, with its name."""
    return [f"{each.__name__}: {sentence}" for each in invariants for sentence in each(database)]
