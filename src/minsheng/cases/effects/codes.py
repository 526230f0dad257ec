"""The query code: with the number it opens a case to its requester. Only its keyed hash is kept; older codes of six figures stay valid."""

from __future__ import annotations

import hmac
import secrets
from typing import Any, Protocol

from django.conf import settings

_FIGURES = 8


class Opened(Protocol):
    """What number and code open: a case, or a sign-up before a period."""

    number: Any
    code_hash: Any


def give(case: Opened) -> str:
    """A fresh code on the case, not saved; returned to be shown once."""
    code = f"{secrets.randbelow(10**_FIGURES):0{_FIGURES}d}"
    case.code_hash = hash_of(case.number, code)
    return code


def hash_of(number: str, code: str) -> bytes:
    return hmac.digest(settings.SECRET_KEY.encode(), f"query-code:{number}:{code}".encode(), "sha256")
