"""What a visitor has in hand between pages: the request being written, the receipt, the case that number and code opened.

Several of each at once: every form and link carries the mark of what it is about (`of`), so that two tabs never mix. A mark opens
nothing by itself and means nothing outside this session. Sealed in the session row, so a copy of that table shows nothing. Machine
time (rulings, 5).
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from minsheng.accounts.rules import Actor
from minsheng.cases.actions import by_citizen
from minsheng.kit import clock, sealing

OPEN_FOR = timedelta(minutes=30)
_DRAFT_FOR = timedelta(hours=2)  # from the last page that was sent; the next person at a shared computer does not find it
_ASKED_FOR = timedelta(minutes=10)
_RENEW_AFTER = timedelta(minutes=2)  # not every page writes the session
_NAME = "portal"
_MOST = 5  # drafts, and open cases: the oldest goes


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


def mark_of(request) -> str:
    """What the form or link says that it is about; "" when it does not say."""
    given = request.POST.get("of") or request.GET.get("of") or ""
    return given if re.fullmatch(r"[\w-]{6,20}", given, re.ASCII) else ""


def _several(request, name: str) -> dict[str, dict]:
    """Mark -> what is kept under it and is not over, in the order of use."""
    return {of: kept for of, kept in _read(request).get(name, {}).items() if _fresh(kept)}


def _keep(request, name: str, of: str, kept: dict, **changes) -> None:
    """Under its mark, as the one used last."""
    rows = {k: v for k, v in _read(request).get(name, {}).items() if k != of}
    rows = dict(list(rows.items())[-_MOST + 1:]) | {of: kept}
    _write(request, **{name: rows, **changes})


def _drop(request, name: str, of: str, **changes) -> None:
    _write(request, **{name: {k: v for k, v in _read(request).get(name, {}).items() if k != of}, **changes})


# --- a request being written ------------------------------------------------------------


def new_mark() -> str:
    return secrets.token_urlsafe(6)


@dataclass(frozen=True)
class Draft:
    """`of` marks the forms of this request and no other; `seen` stands for what a page shows of it."""

    of: str
    values: dict

    @property
    def seen(self) -> str:
        return hashlib.sha256(json.dumps(self.values, sort_keys=True).encode()).hexdigest()[:16]


def draft(request) -> Draft:
    """The one that the form is about, else the one written on last, else a new one."""
    asked, kept = mark_of(request), _several(request, "drafts")
    of = asked or next(reversed(kept), "") or new_mark()
    return Draft(of, {k: v for k, v in kept.get(of, {}).items() if k != "until"})


def any_draft(request) -> bool:
    """Is any being written? Asked before the form is read, so of the session alone."""
    return bool(_several(request, "drafts"))


def keep_draft(request, of: str, values: dict) -> None:
    """Add to the request being written; its key makes the same form sent twice one case."""
    before = _several(request, "drafts").get(of) or {"key": secrets.token_urlsafe(24)}
    _keep(request, "drafts", of, {**before, **values, "until": _until(_DRAFT_FOR)})


def drop_draft(request, of: str) -> None:
    _drop(request, "drafts", of)


def keep_receipt(request, of: str, number: str, code: str, kind: str, key: str = "") -> None:
    """`key`: of the form whose answer was lost, to ask for a code once more."""
    drafts = {k: v for k, v in _read(request).get("drafts", {}).items() if k != of}
    kept = {"number": number, "code": code, "kind": kind, "key": key, "until": _until()}
    _keep(request, "receipts", of, kept, drafts=drafts)


def receipt(request) -> dict:
    """Of the form that the page is about, else the last."""
    kept, asked = _several(request, "receipts"), mark_of(request)
    of = asked if asked in kept else next(reversed(kept), "") if not asked else ""
    return {**kept[of], "of": of} if of else {}


# --- cases opened by number and code ------------------------------------------------------------


def open_case(request, case_id: int) -> None:
    """The session gets a new key, unless a worker's own log-in rides on it."""
    if request.person is None and request.session.session_key:
        request.session.cycle_key()
    known = next((of for of, kept in _read(request).get("cases", {}).items() if kept["id"] == case_id), "")
    _keep(request, "cases", known or new_mark(), {"id": case_id, "until": _until()}, said=None)


@dataclass(frozen=True)
class Opened:
    """The requester of an open case, and the mark that its forms carry."""

    of: str
    by: Actor


def opened(request) -> Opened | None:
    """The open case that the form or link is about. One that does not say means the last, and, when it is a form, the only one.

    Half an hour without a page shuts it; who reads and writes keeps it open.
    """
    kept, of = _several(request, "cases"), mark_of(request)
    if not of and (len(kept) == 1 or request.method != "POST"):
        of = next(reversed(kept), "")
    if of not in kept:
        return None
    if datetime.fromisoformat(kept[of]["until"]) - clock.machine_now() < OPEN_FOR - _RENEW_AFTER:
        _keep(request, "cases", of, {**kept[of], "until": _until()})
    return Opened(of, by_citizen.citizen(kept[of]["id"]))


def any_open(request) -> bool:
    """Asked before the form is read, so of the session alone."""
    return bool(_several(request, "cases"))


def last_opened(request) -> Opened | None:
    """For a form that does not say which of several it is about: shown once more, to be looked at."""
    kept = _several(request, "cases")
    return Opened(of := next(reversed(kept)), by_citizen.citizen(kept[of]["id"])) if kept else None


def others_open(request, of: str) -> bool:
    return any(mark != of for mark in _several(request, "cases"))


def close_case(request) -> None:
    """The one that the button stands on; all of them when it does not say."""
    of = mark_of(request)
    if of and others_open(request, of):
        _drop(request, "cases", of, said=None)
    else:
        _write(request, cases=None, receipts=None, signups=None, said=None, typed=None, asked=None)


def keep_typed(request, step: str, values: dict) -> None:
    """What came too late for an open case is kept for whoever opens that same case again; for nobody else."""
    shut, of = _read(request).get("cases", {}), mark_of(request)
    about = shut.get(of) if of else next(iter(shut.values())) if len(shut) == 1 else None
    if about and any(values.values()):
        _write(request, typed={"case": about["id"], "step": step, "values": values, "until": _until()})


def has_typed(request) -> bool:
    return bool(_fresh(_read(request).get("typed")))


def typed(request, by: Actor) -> dict:
    """{step, values} kept for this case."""
    kept = _fresh(_read(request).get("typed"))
    return kept if kept and kept["case"] == by.case_id else {}


def say(request, by: Actor, words: str) -> None:
    """Also ends what was kept as typed: the deed is done."""
    _write(request, said={"case": by.case_id, "words": words}, typed=None)


def said(request, by: Actor) -> str:
    """What the last deed on this case did, once."""
    kept = _read(request).get("said") or {}
    if kept.get("case") != by.case_id:
        return ""
    _write(request, said=None)
    return kept["words"]


def ask(request, words: str) -> None:
    """A question for the published answers: people write numbers and names into it, so it stays out of the address."""
    _write(request, asked={"words": words, "until": _until(_ASKED_FOR)})


def asked(request) -> str:
    return _fresh(_read(request).get("asked")).get("words", "")


# --- a sign-up before a period -------------------------------------------------------------------


def open_signup(request, signup_id: int, code: str = "") -> str:
    """Its mark. `code`: of one that was just handed in, to be shown while this lasts; sent again, it has none and keeps the one it had."""
    known, kept = next(((of, kept) for of, kept in _several(request, "signups").items() if kept["id"] == signup_id), ("", {}))
    of = known or new_mark()
    _keep(request, "signups", of, {"id": signup_id, "code": code or kept.get("code", ""), "until": _until()})
    return of


def signup(request) -> dict:
    """{id, code, of} of the one that the form or link is about. One that does not say means the last, and, when it is a form, the only one."""
    kept, of = _several(request, "signups"), mark_of(request)
    if not of and (len(kept) == 1 or request.method != "POST"):
        of = next(reversed(kept), "")
    return {**kept[of], "of": of} if of in kept else {}


def several_signups(request) -> bool:
    return len(_several(request, "signups")) > 1
