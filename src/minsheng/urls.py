"""Where each screen stands. Rooms that have no page yet are not there."""

from __future__ import annotations

import importlib.util

from django.urls import include, path

from minsheng.desk.views import login, second
from minsheng.kit.health import healthz
from minsheng.kit.metrics_page import page as metrics

SCREENS = [("desk/", "desk"), ("board/", "board"), ("api/v1/", "api"), ("", "accounts"), ("", "portal")]

urlpatterns = [path("healthz", healthz, name="healthz"), path("metrics", metrics, name="metrics"), *login.urls, *second.urls] + [
    path(prefix, include(f"minsheng.{room}.urls")) for prefix, room in SCREENS if importlib.util.find_spec(f"minsheng.{room}.urls")
]

handler404 = "minsheng.portal.views.pages.not_found"
handler500 = "minsheng.kit.outage.broken"
