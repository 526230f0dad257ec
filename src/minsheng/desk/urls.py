"""Staff pages below /desk/: one list of URLs per module of views; a new module adds its line here. Log-in is in the top urls.py."""

from __future__ import annotations

from minsheng.desk.views import (
    calendar,
    callback,
    case,
    check,
    dispatch,
    intake,
    knowledge,
    limits,
    lists,
    machine,
    matters,
    outbox,
    people,
    rechecks,
    rulings,
    shift,
    tokens,
    unit,
    units,
    work,
)

urlpatterns: list = [
    *calendar.urls,
    *callback.urls,
    *case.urls,
    *check.urls,
    *dispatch.urls,
    *intake.urls,
    *knowledge.urls,
    *limits.urls,
    *lists.urls,
    *machine.urls,
    *matters.urls,
    *outbox.urls,
    *people.urls,
    *rechecks.urls,
    *rulings.urls,
    *shift.urls,
    *tokens.urls,
    *unit.urls,
    *units.urls,
    *work.urls,
]
