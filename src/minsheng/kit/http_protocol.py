"""uvicorn's protocol with the patience that a server on the open net needs: for heads, for readers, for what is left of a refused body.

A connection costs little while it is quiet, but it must not stay for ever, and the bytes of a head are kept in memory.
"""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_S = 15.0  # seconds from the first byte (or the connection) to the end of the head
HEAD_BYTES = 64 * 1024
STALL_S = 30.0  # seconds in which a reader takes at least what fills the socket's buffer


class PatientProtocol(HttpToolsProtocol):
    _expecting: asyncio.TimerHandle | None = None
    _stalled: asyncio.TimerHandle | None = None
    _in_head = False
    _head = 0

    def connection_made(self, transport) -> None:
        super().connection_made(transport)
        self._expect()

    def connection_lost(self, exc) -> None:
        self._expected()
        self._moves()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        if self._expecting is None and (self.cycle is None or self.cycle.response_complete):
            self._expect()
        super().data_received(data)
        self._head = self._head + len(data) if self._in_head else 0
        if self._head > HEAD_BYTES and not self.transport.is_closing():
            self.transport.write(b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
            self.transport.close()

    def on_message_begin(self) -> None:
        self._in_head = True
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._expected()
        super().on_headers_complete()

    def pause_writing(self) -> None:
        super().pause_writing()
        if self._stalled is None:
            self._stalled = self.loop.call_later(STALL_S, self.transport.abort)

    def resume_writing(self) -> None:
        super().resume_writing()
        self._moves()

    def _expect(self) -> None:
        self._expecting = self.loop.call_later(HEAD_S, self.transport.close)

    def _expected(self) -> None:
        if self._expecting is not None:
            self._expecting.cancel()
            self._expecting = None

    def _moves(self) -> None:
        if self._stalled is not None:
            self._stalled.cancel()
            self._stalled = None
