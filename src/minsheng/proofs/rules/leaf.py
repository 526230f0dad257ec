"""A leaf: the outcome of one case on one day, to the byte, with a salt that hides it. Pure; docs/transparency.md says the same."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date

from minsheng.proofs.rules import merkle

SALT = 32  # bytes
FIELDS = ("state", "solved", "satisfied", "contacted", "on_time", "counted")  # in the order of the lines


def commitment(number: str, salt: bytes) -> str:
    """What stands for the number of the case: nobody without the salt can try numbers."""
    return hashlib.sha256(f"minsheng number v1\n{number}\n{salt.hex()}\n".encode()).hexdigest()


def content(number: str, day: date, outcome: Mapping[str, str], salt: bytes) -> bytes:
    lines = ["minsheng leaf v1", f"number {commitment(number, salt)}", f"day {day.isoformat()}",
             *(f"{name} {outcome[name]}" for name in FIELDS), f"salt {salt.hex()}"]
    return "".join(f"{line}\n" for line in lines).encode()


def hash_of(number: str, day: date, outcome: Mapping[str, str], salt: bytes) -> bytes:
    return merkle.leaf_hash(content(number, day, outcome, salt))
