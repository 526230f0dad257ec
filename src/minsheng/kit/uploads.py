"""Files on their way in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Upload:
    """A file that came with a form or a call and is not kept yet."""

    name: str
    content: bytes


def is_upload(value: object) -> bool:
    return isinstance(value, Upload)


def has_uploads(value: object) -> bool:
    return isinstance(value, list | tuple) and any(is_upload(one) for one in value)
