"""For `doctor`: every row of the histories of supervision that was changed, deleted or cut off."""

from __future__ import annotations

from collections.abc import Iterator

from minsheng.kit import stepped
from minsheng.oversight.actions.kinds import ALL


def verify_history() -> Iterator[str]:
    for kind in ALL:
        yield from stepped.broken(kind)
