"""Staff pages below /desk/: one list of URLs per module of views; a new module adds its line here. Log-in is in the top urls.py."""

from __future__ import annotations

from minsheng.desk.views import case, dispatch, intake, knowledge, lists

urlpatterns: list = [
    *case.urls,
    *dispatch.urls,
    *intake.urls,
    *knowledge.urls,
    *lists.urls,
]
