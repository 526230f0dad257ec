"""What must hold of a database, whatever was done to it: shared by the random walks, the storm and `doctor`.

Each function takes the alias of a database and yields one sentence for everything that breaks it; the SQL stands in the rooms.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

from minsheng.cases.models import Case
from minsheng.cases.queries import out_of_sight, requester_state, soundness
from minsheng.followup import queries as followup

Invariant = Callable[[str], Iterator[str]]

# Of requesters: merged, split, withdrawn, called back.
REQUESTERS: tuple[Invariant, ...] = (*requester_state.ALL, followup.torn, followup.astray)


def sound(database: str = "default") -> Iterator[str]:
    """Ended cases have no work left; clocks stand and run where they must."""
    yield from soundness.unsound(Case.objects.using(database))


# Of who must not have a case, and of what must be gone.
OUT_OF_SIGHT: tuple[Invariant, ...] = out_of_sight.ALL

ALL: tuple[Invariant, ...] = (*REQUESTERS, sound, *OUT_OF_SIGHT)


def broken(database: str = "default", invariants: tuple[Invariant, ...] = ALL) -> list[str]:
    """Every sentence of every invariant, with its name."""
    return [f"{each.__name__}: {sentence}" for each in invariants for sentence in each(database)]
