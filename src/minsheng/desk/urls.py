"""Staff pages: one list of URLs per module of views; a new module adds its line here."""

from __future__ import annotations

from minsheng.desk.views import entry

urlpatterns = [
    *entry.urls,
]
