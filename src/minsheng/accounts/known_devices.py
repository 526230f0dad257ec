"""A device that somebody has come in with before, told by a signed cookie: strangers elsewhere cannot lock its user out.

The cookie opens nothing. It only says under what a wrong try is counted (try_limits). It holds a random name of the device and digests of
what was opened on it (a person's id, a case's), so that who reads it learns nothing.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from django.core import signing

from minsheng.accounts import rules

KEPT = timedelta(days=180)
MOST = 20  # a desk has several users, a citizen several cases
_SALT = "minsheng.known_devices"


@dataclass(frozen=True)
class Device:
    """`name` is "" for a device that nobody has come in with."""

    name: str = ""
    marks: tuple[str, ...] = field(default=())

    def known_to(self, what: str) -> str:
        """The device's name when `what` ("person:7", "case:12") was opened on it before, else ""."""
        return self.name if self.name and _mark(self.name, what) in self.marks else ""

    def was_last(self, what: str) -> bool:
        """Was it `what` that was opened on it last?"""
        return bool(self.name) and next(iter(self.marks), "") == _mark(self.name, what)

    def remembering(self, what: str) -> Device:
        name = self.name or secrets.token_urlsafe(12)
        mark = _mark(name, what)
        return Device(name, (mark, *(m for m in self.marks if m != mark))[:MOST])


def _mark(name: str, what: str) -> str:
    return rules.digest(f"{name} {what}")[:16]


def cookie(kind: str) -> str:
    """`kind`: "staff" or "citizen"; two, so that the desk knows nothing of what its user asked as a citizen."""
    return ("__Host-" if settings.HTTPS else "") + f"ms_device_{kind}"


def read(request, kind: str) -> Device:
    """What is not ours, or too old, is no device."""
    try:
        kept = signing.loads(request.COOKIES.get(cookie(kind), ""), salt=f"{_SALT}.{kind}", max_age=KEPT)
        return Device(str(kept["d"]), tuple(map(str, kept["m"])))
    except (signing.BadSignature, KeyError, TypeError, ValueError):
        return Device()


def remember(request, response, kind: str, what: str):
    """Called when `what` was opened rightly."""
    device = read(request, kind).remembering(what)
    value = signing.dumps({"d": device.name, "m": device.marks}, salt=f"{_SALT}.{kind}")
    response.set_cookie(cookie(kind), value, max_age=KEPT, secure=settings.HTTPS, httponly=True, samesite="Lax")
    return response
