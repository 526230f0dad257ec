"""Addresses of the API, below /api/v1/. Only openapi.json is public; every operation asks for a token."""

from __future__ import annotations

from django.urls import re_path

from minsheng.api import day_steps, door
from minsheng.api.views import api, foreign
from minsheng.kit.uploads import takes_files

app_name = "api-1"
urlpatterns, _, _ = api.urls
for _each in urlpatterns:
    _each.callback = door.nowhere if _each.name == "api-root" else door.shaped(_each.callback)
    if _each.name == "attach_file":
        takes_files(foreign)(_each.callback)
    elif _each.name and _each.name.endswith("_with_files"):
        takes_files(day_steps.foreign)(_each.callback)
urlpatterns = [*urlpatterns, re_path(r"^(?P<rest>.*)$", door.nowhere)]
