"""PROCEDURE: every step of a case, one row each. The law and practice as docs/rulings.md reads them.

Of a row the first line is the procedure: who, from where to where, what shuts it, what it needs, its clock; the second what it
says to the requester, by message, on the desk (`readers`). docs/procedure.md and docs/permissions.md are generated from this table.
A new step is a row in its part, a guard in that part of `guards` if it needs one, and one named example in tests/rules. What is asked
for and ruled on is one `Request`: it makes its three steps.
"""

from __future__ import annotations

from dataclasses import replace

from minsheng.accounts.rules import Role as R
from minsheng.cases.rules import ENDED
from minsheng.cases.rules import guards as g
from minsheng.cases.rules.procedure import closing, in_person, intake, machine, requester, review, tasks, unit
from minsheng.cases.rules.procedure.shared import AGAIN, ANSWERED, BACK, CLOSES, DEPENDS, SENDING, WHEN_ASKED, WHEN_LAST, ends_of
from minsheng.cases.rules.readers import Place
from minsheng.cases.rules.requests import Request, steps_of
from minsheng.kit.steps import Procedure, Step

__all__ = ["AGAIN", "ANSWERED", "BACK", "CLOSES", "CLOSING", "DEPENDS", "INTAKE", "IN_PERSON", "JUDGED", "MACHINE", "OF_REQUESTER",
           "PROCEDURE", "REQUESTER", "REQUESTS", "REVIEW", "SENDING", "TASKS", "UNIT", "WHEN_ASKED", "WHEN_LAST", "ends_of"]


def _judging(row: Step, labels: dict[str, str]) -> Step:
    """A row that judges asks first whether the deed is the actor's own. A ruling judges its request: no row says so by hand."""
    asked = (guard.rules_on for guard in row.guards if hasattr(guard, "rules_on"))
    names = tuple(dict.fromkeys((*asked, *row.judges)))
    if not names:
        return row
    own = g.not_own_deed(row.label, {name: labels[name] for name in names})
    return replace(row, judges=names, guards=(own, *row.guards))


def _while_kept(row: Step) -> Step:
    """After a lawful erasure nobody types anything on the case again: what the clock does carries no words."""
    if row.who is R.CLOCK or g.not_erased in row.guards or not row.frm & ENDED:
        return row
    return replace(row, guards=(g.not_erased, *row.guards))


_PARTS = (intake.ROWS, in_person.ROWS, review.ROWS, unit.ROWS, tasks.ROWS, closing.ROWS, requester.ROWS, machine.ROWS)
REQUESTS = {row.ask: row for part in _PARTS for row in part if isinstance(row, Request)}
_LABELS = {row.name: row.label for part in _PARTS for row in steps_of(part)}
INTAKE, IN_PERSON, REVIEW, UNIT, TASKS, CLOSING, REQUESTER, MACHINE = ([_while_kept(_judging(row, _LABELS)) for row in steps_of(part)] for part in _PARTS)

PROCEDURE = Procedure([*INTAKE, *IN_PERSON, *REVIEW, *UNIT, *TASKS, *CLOSING, *REQUESTER, *MACHINE])
JUDGED = frozenset(name for row in PROCEDURE for name in row.judges)  # steps whose doers a case remembers
# What the citizen's page offers, in the order of its buttons.
_ON_PORTAL = sorted((row for row in PROCEDURE if row.desk.place is Place.PORTAL), key=lambda row: row.desk.portal.at)
OF_REQUESTER = tuple(row.name for row in _ON_PORTAL)
