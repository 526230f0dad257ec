"""The one line that says what is now true, across a redirect or inside an htmx answer. Text only; shown once."""

from __future__ import annotations

import json
from urllib.parse import quote, unquote

from django.utils.http import url_has_allowed_host_and_scheme

COOKIE = "ms_toast"
_SECONDS = 20


def leave(response, text: str, undo: str = ""):
    """Attach a toast to a redirect (kept in a short cookie, read by the next page). `undo` is a URL of ours to POST to."""
    response.set_cookie(COOKIE, quote(json.dumps([text[:200], undo])), max_age=_SECONDS, samesite="Lax")
    return response


def now(response, text: str, undo: str = ""):
    """Attach a toast to an htmx fragment."""
    response["HX-Trigger"] = json.dumps({"toast": {"text": text, "undo": undo}})
    return response


def read(request) -> dict | None:
    """For the context processor; what is not ours, or would undo somewhere else, is dropped."""
    kept = request.COOKIES.get(COOKIE)
    if not kept:
        return None
    try:
        text, undo = json.loads(unquote(kept))
    except ValueError:
        return None
    if not isinstance(text, str) or not isinstance(undo, str):
        return None
    ours = undo.startswith("/") and url_has_allowed_host_and_scheme(undo, allowed_hosts=None)
    return {"text": text, "undo": undo if ours else ""}
