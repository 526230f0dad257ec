"""Staff pages below /desk/: one list of URLs per module of views; a new module adds its line here. Log-in is in the top urls.py."""

from __future__ import annotations

from minsheng.desk.views import callback, case, dispatch, intake, knowledge, lists, machine, matters, unit, work

urlpatterns: list = [
    *callback.urls,
    *case.urls,
    *dispatch.urls,
    *intake.urls,
    *knowledge.urls,
    *lists.urls,
    *machine.urls,
    *matters.urls,
    *unit.urls,
    *work.urls,
]
