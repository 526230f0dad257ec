"""What a visitor has in hand between pages: the request being written, the receipt, the case that number and code opened.

Sealed in the session row, so a copy of that table shows nothing; nothing of it stands in an address. Machine time (rulings, 5).
"""

from __future__ import annotations

import base64
import json
import secrets
from datetime import datetime, timedelta

from minsheng.accounts.rules import Actor
from minsheng.cases import citizen
from minsheng.kit import clock, sealing

OPEN_FOR = timedelta(minutes=30)
_NAME = "portal"


def _read(request) -> dict:
    kept = request.session.get(_NAME)
    if not kept:
        return {}
    try:
        return json.loads(sealing.unseal(base64.b64decode(kept), _NAME))
    except (sealing.Unreadable, ValueError):
        return {}


def _write(request, **changes) -> None:
    values = {k: v for k, v in {**_read(request), **changes}.items() if v is not None}
    request.session[_NAME] = base64.b64encode(sealing.seal(json.dumps(values), _NAME)).decode()


def _fresh(kept: dict | None) -> dict:
    """What was kept, unless its time is over."""
    return kept if kept and clock.machine_now() < datetime.fromisoformat(kept["until"]) else {}


def _until() -> str:
    return (clock.machine_now() + OPEN_FOR).isoformat()


def draft(request) -> dict:
    return _read(request).get("draft", {})


def keep_draft(request, values: dict) -> None:
    """Add to the request being written; its key makes the same form sent twice one case."""
    before = draft(request) or {"key": secrets.token_urlsafe(24)}
    _write(request, draft={**before, **values})


def keep_receipt(request, number: str, code: str) -> None:
    _write(request, draft=None, receipt={"number": number, "code": code, "until": _until()})


def receipt(request) -> dict:
    return _fresh(_read(request).get("receipt"))


def open_case(request, case_id: int) -> None:
    """The session gets a new key, unless a worker's own log-in rides on it."""
    if request.person is None and request.session.session_key:
        request.session.cycle_key()
    _write(request, case={"id": case_id, "until": _until()})


def opened(request) -> Actor | None:
    kept = _fresh(_read(request).get("case"))
    return citizen.citizen(kept["id"]) if kept else None


def close_case(request) -> None:
    _write(request, case=None, receipt=None, said=None)


def say(request, words: str) -> None:
    _write(request, said=words)


def said(request) -> str:
    """What the last deed did, once."""
    words = _read(request).get("said", "")
    if words:
        _write(request, said=None)
    return words
