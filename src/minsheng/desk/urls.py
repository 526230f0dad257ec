"""Staff pages below /desk/: one list of URLs per module of views; a new module adds its line here. Log-in is in the top urls.py."""

from __future__ import annotations

from minsheng.desk.views import (
    callback,
    case,
    check,
    dispatch,
    intake,
    knowledge,
    lists,
    machine,
    matters,
    rechecks,
    rulings,
    shift,
    unit,
    work,
)

urlpatterns: list = [
    *callback.urls,
    *case.urls,
    *check.urls,
    *dispatch.urls,
    *intake.urls,
    *knowledge.urls,
    *lists.urls,
    *machine.urls,
    *matters.urls,
    *rechecks.urls,
    *rulings.urls,
    *shift.urls,
    *unit.urls,
    *work.urls,
]
