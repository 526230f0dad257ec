"""What a history says of the leads that a case was taken from: what each of them met, or let go by, while it had it (rulings, 1 and 29). Part of
`facts_of_case` by kind. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

NOT_SENT = "undispatch"  # taken back at once: as if it had not been sent


@dataclass(frozen=True, slots=True)
class Former:
    """A lead that has the case no more. `n`: the round of handling; `until`: when it was taken from it; `of`: the case's columns until then."""

    n: int
    until: datetime
    of: Mapping[str, Any]

    def owed(self, next_due: str | None) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """(fact, due, what is said of it). `next_due`: the handling limit of whoever has this round after it: the same one is counted once."""
        of = self.of
        if self._counts("sign", of.get("signed_at")):
            yield "sign", of["sign_due_at"], {"met_at": of.get("signed_at")}
        if self._counts("contact", of.get("contacted_at") or of.get("contact_waived_at")):
            yield "contact", of["contact_due_at"], {"met_at": of.get("contacted_at"), "typed_at": of.get("contact_typed_at"),
                                                    "waived_at": of.get("contact_waived_at")}
        if self._counts("handle", None) and of["handle_due_at"] != next_due:
            yield "handle", of["handle_due_at"], {"met_at": of.get("replied_at")}

    def _counts(self, limit: str, met: str | None) -> bool:
        """Not what had time left, or stood still, when the case was taken from it."""
        due, stands = self.of.get(f"{limit}_due_at"), self.of.get("stands_since")
        return bool(due) and (bool(met) or _time(due) < min(_time(at) for at in (stands, self.until.isoformat()) if at))


def left(step: str, at: datetime, before: Mapping[str, Any], changed: Mapping[str, Any]) -> Former | None:
    """Whom a step takes the case from."""
    if before.get("lead_id") is None or step == NOT_SENT or changed.get("lead_id", before["lead_id"]) == before["lead_id"]:
        return None
    return Former(before.get("redos") or 0, at, dict(before))


def _time(written: Any) -> datetime:
    return datetime.fromisoformat(str(written))
