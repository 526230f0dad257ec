"""What a form carries of itself: the key (pressed twice, or sent again after a lost answer, it is one deed), and the last step that its page showed."""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from minsheng.kit.engine import AS_OF

NAME = "key"


def new() -> str:
    return secrets.token_hex(12)


def of(post: Mapping) -> str:
    """The key of a posted form; "" when it brings none that we made."""
    key = post.get(NAME, "")
    return f"form:{key}" if isinstance(key, str) and key.isascii() and key.isalnum() and len(key) <= 60 else ""


def seen(post: Mapping) -> dict:
    """What is given with the step beside its fields: nobody decides on words that came after the page was opened."""
    return {AS_OF: post[AS_OF]} if post.get(AS_OF) else {}
