"""The key that a form carries: pressed twice, or sent again after a lost answer, it is one deed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

NAME = "key"


def new() -> str:
    return secrets.token_hex(12)


def of(post: Mapping) -> str:
    """The key of a posted form; "" when it brings none that we made."""
    key = post.get(NAME, "")
    return f"form:{key}" if isinstance(key, str) and key.isascii() and key.isalnum() and len(key) <= 60 else ""
