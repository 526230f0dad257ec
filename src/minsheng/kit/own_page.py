"""The page that a form or a link names to go on to: a path of this site from its root, and nothing else."""

from __future__ import annotations

from django.http import HttpRequest
from django.utils.http import url_has_allowed_host_and_scheme

LONGEST = 2000  # characters of an address


def own_page(request: HttpRequest, name: str) -> str:
    """What the form, else the query, gives under `name`; "" when it is no path of ours. A bare word is none: `redirect` would look
    for a view of that name."""
    asked = request.POST.get(name) or request.GET.get(name) or ""
    ours = asked.startswith("/") and len(asked) <= LONGEST and url_has_allowed_host_and_scheme(asked, allowed_hosts={request.get_host()}, require_https=request.is_secure())
    return asked if ours else ""
