"""Staff pages below /desk/: the `urls` of every module in `views`. Log-in stands in the urls.py at the top, outside of /desk/."""

from __future__ import annotations

import pkgutil
from importlib import import_module

from minsheng.desk import views

_OUTSIDE = {"login", "second"}
_pages = [import_module(f"{views.__name__}.{one.name}") for one in pkgutil.iter_modules(views.__path__) if one.name not in _OUTSIDE]

urlpatterns: list = [address for page in _pages for address in getattr(page, "urls", ())]
