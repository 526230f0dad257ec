"""The ladder of a city, put in from its folder."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.ledger import actions as ledger
from minsheng.oversight.models import LadderRung
from minsheng.oversight.rules import ladder


@transaction.atomic
def put_in(*, rows: Iterable[Mapping[str, Any]], by: Actor) -> list[bool | None]:
    """Of each row whether it is new (True), there (False), or there with other content and left alone (None).

    ValueError: `ladder.problems` finds something. A row that holds is not changed: another follows it under its own day.
    """
    rows = list(rows)
    if wrong := ladder.problems(rows):
        raise ValueError("；".join(wrong))
    done = [_put(row) for row in rows]
    if any(done):
        ledger.write(kind="ladder", by_id=by.id, by_name=by.name, about="oversight", detail={"count": done.count(True)})
    return done


def _put(row: Mapping[str, Any]) -> bool | None:
    content = {"name": row["name"], "measure": row["measure"], "trigger": row["when"], "count": row.get("count", 0), "within": row.get("within", 0),
               "copy": bool(row.get("copy")), "basis": row["basis"], "until": row.get("until")}
    there, new = LadderRung.objects.get_or_create(code=row["code"], since=row["since"], defaults=content)
    return True if new else False if all(getattr(there, name) == value for name, value in content.items()) else None
