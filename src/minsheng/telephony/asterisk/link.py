"""One link to Asterisk's manager interface for each thing that is asked, and the part of its files that the program writes."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import TypeVar

from minsheng.kit.host import Problem
from minsheng.telephony import ami
from minsheng.telephony.ami import Ami
from minsheng.telephony.asterisk import layout, life
from minsheng.telephony.gateway import Refused, Unreachable

T = TypeVar("T")


class Link:
    def __init__(self, data: Path):
        self.places = layout.of(data)

    def ask(self, deed: Callable[[Ami], Awaitable[T]]) -> T:
        try:
            return asyncio.run(self._linked(deed))
        except ami.AmiClosed as wrong:
            raise Unreachable("电话交换机没有应答，请稍候再试；正在进行的通话不受影响") from wrong
        except ami.AmiError as wrong:
            raise Refused(f"交换机没有办成：{wrong}") from wrong

    async def _linked(self, deed: Callable[[Ami], Awaitable[T]]) -> T:
        ports = layout.known_ports(self.places)
        try:
            secret = layout.drawn(self.places)["ami"] if ports else ""
        except (OSError, Problem) as wrong:
            raise ami.AmiClosed(str(wrong)) from wrong
        if not ports:
            raise ami.AmiClosed("没有启动过")
        async with await Ami.connect("127.0.0.1", ports["ami"], life.USER, secret, events="off") as link:
            return await deed(link)

    def tell(self, name: str, text: str) -> bool:
        """Whether this part of what the exchange reads is another than before. No secrets stand in it."""
        file = self.places / "people" / name
        if file.exists() and file.read_text(encoding="utf-8") == text:
            return False
        half = file.with_name(f"{name}.{secrets.token_hex(4)}.half")
        half.write_text(text, encoding="utf-8")
        half.chmod(0o644)
        half.replace(file)
        return True


    @contextlib.contextmanager
    def telling(self, name: str, text: str) -> Iterator[bool]:
        """The same, while the exchange is told to read it: one that did not hear of it is told again next time."""
        fresh = self.tell(name, text)
        try:
            yield fresh
        except Refused:
            if fresh:
                (self.places / "people" / name).unlink(missing_ok=True)
            raise


async def forgiving(asked: Awaitable[T]) -> T | None:
    """What is not there need not be removed."""
    try:
        return await asked
    except ami.AmiClosed:
        raise
    except ami.AmiError:
        return None
