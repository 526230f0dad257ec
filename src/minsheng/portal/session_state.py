"""What a visitor has in hand between pages: the request being written, the receipt, the case that number and code opened.

Sealed in the session row, so a copy of that table shows nothing; nothing of it stands in an address. Machine time (rulings, 5).
"""

from __future__ import annotations

import base64
import json
import secrets
from datetime import datetime, timedelta

from minsheng.accounts.rules import Actor
from minsheng.cases.actions import by_citizen
from minsheng.kit import clock, sealing

OPEN_FOR = timedelta(minutes=30)
_DRAFT_FOR = timedelta(hours=2)  # from the last page that was sent; the next person at a shared computer does not find it
_ASKED_FOR = timedelta(minutes=10)
_RENEW_AFTER = timedelta(minutes=2)  # not every page writes the session
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


def _until(span: timedelta = OPEN_FOR) -> str:
    return (clock.machine_now() + span).isoformat()


def draft(request) -> dict:
    return _fresh(_read(request).get("draft"))


def keep_draft(request, values: dict) -> None:
    """Add to the request being written; its key makes the same form sent twice one case."""
    before = draft(request) or {"key": secrets.token_urlsafe(24)}
    _write(request, draft={**before, **values, "until": _until(_DRAFT_FOR)})


def drop_draft(request) -> None:
    _write(request, draft=None)


def keep_receipt(request, number: str, code: str, kind: str) -> None:
    _write(request, draft=None, receipt={"number": number, "code": code, "kind": kind, "until": _until()})


def receipt(request) -> dict:
    return _fresh(_read(request).get("receipt"))


def open_case(request, case_id: int) -> None:
    """The session gets a new key, unless a worker's own log-in rides on it."""
    if request.person is None and request.session.session_key:
        request.session.cycle_key()
    _write(request, case={"id": case_id, "until": _until()}, said=None)


def opened(request) -> Actor | None:
    """The requester of the open case. Half an hour without a page shuts it; who reads and writes keeps it open."""
    kept = _fresh(_read(request).get("case"))
    if not kept:
        return None
    if datetime.fromisoformat(kept["until"]) - clock.machine_now() < OPEN_FOR - _RENEW_AFTER:
        _write(request, case={**kept, "until": _until()})
    return by_citizen.citizen(kept["id"])


def close_case(request) -> None:
    _write(request, case=None, receipt=None, said=None, typed=None, asked=None)


def keep_typed(request, step: str, values: dict) -> None:
    """What came too late for the open case is kept for whoever opens that same case again; for nobody else."""
    shut = _read(request).get("case")
    if shut and any(values.values()):
        _write(request, typed={"case": shut["id"], "step": step, "values": values, "until": _until()})


def has_typed(request) -> bool:
    return bool(_fresh(_read(request).get("typed")))


def typed(request) -> dict:
    """{step, values} kept for the case that is open now."""
    read = _read(request)
    kept, now_open = _fresh(read.get("typed")), _fresh(read.get("case"))
    return kept if kept and now_open and kept["case"] == now_open["id"] else {}


def say(request, words: str) -> None:
    """Also ends what was kept as typed: the deed is done."""
    _write(request, said=words, typed=None)


def said(request) -> str:
    """What the last deed did, once."""
    words = _read(request).get("said", "")
    if words:
        _write(request, said=None)
    return words


def ask(request, words: str) -> None:
    """A question for the published answers: people write numbers and names into it, so it stays out of the address."""
    _write(request, asked={"words": words, "until": _until(_ASKED_FOR)})


def asked(request) -> str:
    return _fresh(_read(request).get("asked")).get("words", "")
