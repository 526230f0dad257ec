"""A client of Asterisk's manager interface (AMI): actions by their ActionID, lists, events as they come.

Line breaks in a name or a value would be a second action: they are refused. What an exchange sends is bounded and read as it is.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Mapping
from typing import Self

Message = dict[str, str]
LONGEST = 1 << 16  # bytes of a line
WAITING = 10_000  # events that nobody has taken yet; then the oldest go, and the reader is told


class AmiError(Exception):
    """The exchange refused an action, or what was to be sent cannot be an action."""


class AmiClosed(AmiError):
    """The link is gone; whether an action that was on its way was done is not known."""


def encode(action: str, fields: Mapping[str, str | list[str]]) -> bytes:
    lines = [("Action", action)]
    for name, value in fields.items():
        lines += [(name, one) for one in ([value] if isinstance(value, str) else value)]
    for name, value in lines:
        if not name.isascii() or not name.replace("-", "").isalnum():
            raise AmiError(f"不是动作的字段名：{name!r}")
        if any(ord(character) < 32 or ord(character) == 127 or character in "\x85\u2028\u2029" for character in value):
            raise AmiError(f"{name} 里有换行或控制字符，没有发给交换机")
    return ("".join(f"{name}: {value}\r\n" for name, value in lines) + "\r\n").encode()


class Ami:
    """One link. `async with await Ami.connect(...) as ami:`"""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter):
        self._reader, self._writer = reader, writer
        self._ids = itertools.count(1)
        self._answers: dict[str, asyncio.Future[Message]] = {}
        self._lists: dict[str, list[Message]] = {}
        self._ended: dict[str, asyncio.Future[None]] = {}
        self._events: asyncio.Queue[Message | None] = asyncio.Queue(WAITING)
        self.lost = 0  # events that were dropped because nobody took them
        self.closed = asyncio.Event()
        self._task: asyncio.Task[None] | None = None
        self._turn = asyncio.Lock()  # of what comes behind an action that it still works on, an exchange may lose a part

    @classmethod
    async def connect(cls, host: str, port: int, username: str, secret: str, *, events: str = "on", patience: float = 5) -> Self:
        writer = None
        try:
            async with asyncio.timeout(patience):
                reader, writer = await asyncio.open_connection(host, port, limit=LONGEST)
                greeting = await reader.readline()
        except (OSError, TimeoutError, ValueError) as wrong:
            if writer is not None:  # somebody who takes the call and says nothing
                writer.close()
            raise AmiClosed(f"连不上交换机（{host}:{port}）：{wrong or '没有应答'}") from wrong
        if not greeting.startswith(b"Asterisk Call Manager"):
            writer.close()
            raise AmiError(f"{host}:{port} 应答的不是 Asterisk")
        made = cls(reader, writer)
        made._task = asyncio.create_task(made._read())
        try:
            await made.send("Login", Username=username, Secret=secret, Events=events, patience=patience)
        except AmiError:
            await made.close()
            raise
        return made

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        self._writer.close()
        with contextlib.suppress(OSError):
            await self._writer.wait_closed()

    # -- actions --------------------------------------------------------------------------------------------------------------

    async def send(self, action: str, *, patience: float = 5, **fields: str | list[str]) -> Message:
        """The answer to one action; AmiError with the exchange's own words when it refused."""
        return (await self._send(action, patience, fields, listed=False))[0]

    async def rows(self, action: str, *, patience: float = 5, **fields: str | list[str]) -> list[Message]:
        """What an action lists, without the event that ends the list."""
        return (await self._send(action, patience, fields, listed=True))[1]

    async def _send(self, action: str, patience: float, fields: Mapping[str, str | list[str]], listed: bool) -> tuple[Message, list[Message]]:
        if self.closed.is_set():
            raise AmiClosed("与交换机的连接已断开")
        key = f"m{next(self._ids)}"
        text = encode(action, {"ActionID": key, **fields})
        answer = self._answers[key] = asyncio.get_running_loop().create_future()
        if listed:
            self._lists[key], self._ended[key] = [], asyncio.get_running_loop().create_future()
        try:
            async with asyncio.timeout(patience):
                async with self._turn:
                    self._writer.write(text)
                    await self._writer.drain()
                    said = await answer
                if said.get("Response") == "Error":
                    raise AmiError(said.get("Message", "交换机拒绝了这个操作"))
                if listed:
                    await self._ended[key]
                return said, self._lists.get(key, [])
        except TimeoutError:
            raise AmiError(f"交换机 {patience:g} 秒内没有应答 {action}") from None
        except OSError as wrong:
            raise AmiClosed(f"与交换机的连接已断开：{wrong}") from wrong
        finally:
            for kept in (self._answers, self._lists, self._ended):
                kept.pop(key, None)

    # -- what comes -----------------------------------------------------------------------------------------------------------

    async def events(self) -> AsyncIterator[Message]:
        """Until the link is gone."""
        while (event := await self._events.get()) is not None:
            yield event

    async def _read(self) -> None:
        try:
            while (message := await self._message()) is not None:
                self._take(message)
        except (OSError, ValueError, asyncio.IncompleteReadError):
            pass  # a broken link and a line without an end are the same: this link is over
        finally:
            self.closed.set()
            waits: list[asyncio.Future] = [*self._answers.values(), *self._ended.values()]
            for waiting in waits:
                if not waiting.done():
                    waiting.set_exception(AmiClosed("与交换机的连接已断开"))
                    waiting.exception()  # seen: who waited for it may have gone
            self._put(None)

    async def _message(self) -> Message | None:
        message: Message = {}
        while line := await self._reader.readline():
            text = line.decode("utf-8", "replace").rstrip("\r\n")
            if not text:
                if message:
                    return message
                continue
            name, _, value = text.partition(":")
            value = value.removeprefix(" ")
            message[name] = f"{message[name]}\n{value}" if name in message else value
        return None

    def _take(self, message: Message) -> None:
        key = message.get("ActionID", "")
        if "Response" in message:
            if (answer := self._answers.get(key)) and not answer.done():
                answer.set_result(message)
        elif key in self._lists:
            if message.get("EventList") in ("Complete", "Cancelled"):
                if not self._ended[key].done():
                    self._ended[key].set_result(None)
            else:
                self._lists[key].append(message)
        else:
            self._put(message)

    def _put(self, message: Message | None) -> None:
        while self._events.full():
            self._events.get_nowait()
            self.lost += 1
        self._events.put_nowait(message)
