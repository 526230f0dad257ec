"""A browser's telephone without a browser: SIP over a WebSocket, as far as its bell. What it does not do is talk."""

from __future__ import annotations

import base64
import hashlib
import os
import re
import secrets
import socket
import struct

from minsheng.telephony.gateway import Line


class WebPhone:
    """Signed on as a person; `rings` answers the next INVITE with 180; `gone` is a browser that was killed."""

    def __init__(self, line: Line, tab: str = ""):
        self.line, self.contact = line, f"sip:{tab or secrets.token_hex(4)}@tab.invalid;transport=ws"
        host, port = re.fullmatch(r"ws://([^:/]+):(\d+)/ws", line.url).groups()
        self.socket = socket.create_connection((host, int(port)), timeout=15)
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(f"GET /ws HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: {key}\r\n"
                            "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: sip\r\n\r\n".encode())
        head = b""
        while b"\r\n\r\n" not in head:
            head += self.socket.recv(1)
        assert b" 101 " in head, head
        self._register()

    def _register(self) -> None:
        call, uri = secrets.token_hex(6), f"sip:{self.line.uri.partition('@')[2]}"

        def asks(sequence: int, word: str = "") -> str:
            self._send(f"REGISTER {uri} SIP/2.0\r\nVia: SIP/2.0/WS tab.invalid;branch=z9hG4bK{secrets.token_hex(6)}\r\nMax-Forwards: 69\r\n"
                       f"To: <{self.line.uri}>\r\nFrom: <{self.line.uri}>;tag=r1\r\nCall-ID: {call}\r\nCSeq: {sequence} REGISTER\r\n"
                       f"Contact: <{self.contact}>;expires=180\r\n{word}Content-Length: 0\r\n\r\n")
            return self._answer()

        said = asks(1)
        realm, nonce = (re.search(f'{name}="([^"]*)"', said)[1] for name in ("realm", "nonce"))
        opaque = re.search('opaque="([^"]*)"', said)
        first = _md5(f"{self.line.user}:{realm}:{self.line.password}")
        word = _md5(f"{first}:{nonce}:00000001:c1:auth:{_md5(f'REGISTER:{uri}')}")
        said = asks(2, f'Authorization: Digest username="{self.line.user}", realm="{realm}", nonce="{nonce}", uri="{uri}", response="{word}", '
                       f'algorithm=MD5, qop=auth, nc=00000001, cnonce="c1"{f", opaque={chr(34)}{opaque[1]}{chr(34)}" if opaque else ""}\r\n')
        assert " 200 " in said.splitlines()[0], said

    def _answer(self) -> str:
        while not (said := self._read()).startswith("SIP/2.0"):
            self._other(said)
        return said

    def _other(self, said: str) -> None:
        if said.startswith("OPTIONS"):
            self._reply(said, "200 OK")

    def asked(self) -> None:
        """Whether it is there; it says so once."""
        while not (said := self._read()).startswith("OPTIONS"):
            pass
        self._other(said)

    def rings(self) -> str:
        """The id of the call that rings here now."""
        while not (said := self._read()).startswith("INVITE"):
            self._other(said)
        self._reply(said, "100 Trying")
        self._reply(said, "180 Ringing")
        return re.search(r"X-Hotline-Call: (\S+)", said)[1]

    def cancelled(self) -> None:
        """Whoever rang has hung up."""
        while not (said := self._read()).startswith("CANCEL"):
            self._other(said)
        self._reply(said, "200 OK")
        self._reply(said.replace(" CANCEL\r\n", " INVITE\r\n"), "487 Request Terminated")

    def crossed(self) -> None:
        """Whoever rang has hung up; here it was answered in the same moment, and the answer is on its way."""
        while not (said := self._read()).startswith("CANCEL"):
            self._other(said)
        self._reply(said, "200 OK")
        self._reply(said.replace(" CANCEL\r\n", " INVITE\r\n"), "200 OK")
        while not (said := self._read()).startswith("BYE"):
            self._other(said)
        self._reply(said, "200 OK")

    def _reply(self, said: str, code: str) -> None:
        heads = [line for line in said.split("\r\n") if line.split(":")[0] in ("Via", "From", "To", "Call-ID", "CSeq")]
        heads = [line + ";tag=t1" if line.startswith("To:") and ";tag=" not in line else line for line in heads]
        self._send("\r\n".join([f"SIP/2.0 {code}", *heads, f"Contact: <{self.contact}>", "Content-Length: 0", "", ""]))

    def gone(self) -> None:
        self.socket.close()

    def _send(self, text: str) -> None:
        body, mask = text.encode(), os.urandom(4)
        size = bytes([0x81, 0x80 | len(body)]) if len(body) < 126 else b"\x81\xfe" + struct.pack("!H", len(body))
        self.socket.sendall(size + mask + bytes(byte ^ mask[n % 4] for n, byte in enumerate(body)))

    def _read(self) -> str:
        first, size = self._bytes(2)
        size &= 0x7F
        size = struct.unpack("!H", self._bytes(2))[0] if size == 126 else struct.unpack("!Q", self._bytes(8))[0] if size == 127 else size
        return self._bytes(size).decode("utf-8", "replace") if first & 0x0F in (0, 1) else (self._bytes(size), self._read())[1]

    def _bytes(self, count: int) -> bytes:
        found = b""
        while len(found) < count:
            piece = self.socket.recv(count - len(found))
            assert piece, "the exchange has closed it"
            found += piece
        return found


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
