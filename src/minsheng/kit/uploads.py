"""Files on their way in."""

from __future__ import annotations

from collections.abc import Callable
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


def takes_files(shut: Callable | None = None):
    """A view whose forms bring files, so that its bodies may be long. `shut(request, **kwargs)` is asked before one is read: the answer to
    whoever may not send it, None to who may. Who may see the page at all (`@needs`) is asked in any case."""

    def mark(view):
        view.takes_files = shut or (lambda request, **kwargs: None)
        return view

    return mark
