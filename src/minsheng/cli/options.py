"""Values of options, read like those of every form: `type=` for argparse, which names the option before the sentence and ends with 2."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from minsheng.kit import clock, read_times, read_values
from minsheng.kit.read_values import BadValue
from minsheng.kit.verdict import Invalid


def _type(reader: Callable[[str], Any]) -> Callable[[str], Any]:
    def read(raw: str) -> Any:
        try:
            return reader(raw)
        except BadValue as wrong:
            raise argparse.ArgumentTypeError(wrong.alone) from None

    return read


def whole(least: int, most: int) -> Callable[[str], int]:
    return _type(lambda raw: read_values.number(raw, least, most))


row = _type(read_values.record_id)


@_type
def day(raw: str) -> date:
    return read_times.day(raw)


def zone() -> ZoneInfo:
    """The city's, as in settings, which a command without a database does not read."""
    return ZoneInfo(os.environ.get("MINSHENG_ZONE", "Asia/Shanghai"))


_OF_DAY = re.compile(r"([01]?[0-9]|2[0-3])[:：]([0-5][0-9])(?:[:：]([0-5][0-9]))?")


@_type
def instant(raw: str) -> datetime:
    """A time of day, the last one that was; or a day and a time."""
    fits = _OF_DAY.fullmatch(raw.strip())
    if fits is None:
        return read_times.moment(raw, zone())
    now = clock.machine_now().astimezone(zone())
    hour, minute, second = (int(part or 0) for part in fits.groups())
    at = now.replace(hour=hour, minute=minute, second=second, microsecond=0)
    return at if at <= now else at - timedelta(days=1)


@_type
def line(raw: str) -> str:
    """A name, a code, a reason."""
    return read_values.line(raw, 200)


@_type
def path(raw: str) -> Path:
    """A file or a folder, spelled as it is; a blank is no name and never means the folder that one stands in."""
    if read_values.is_blank(raw):
        raise BadValue("要写文件或文件夹的名字")
    try:
        Path(raw).resolve()
    except (RuntimeError, OSError) as wrong:  # links that lead to each other
        raise BadValue(f"不能用：“{raw[:60]}”里的链接绕回了自己") from wrong
    return Path(raw)


port = whole(0, 65535)  # 0: a free one


@contextmanager
def named(**options: str) -> Iterator[None]:
    """What a room says of a field is said of the option that the field came by; the others keep their sentence."""
    try:
        yield
    except Invalid as wrong:
        raise Invalid({field: f"{options[field]} {said}" if field in options else said for field, said in wrong.errors.items()}) from wrong
