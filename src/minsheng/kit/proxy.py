"""Whose word about a client's address is believed: the reverse proxy's, and nobody else's on this machine.

MINSHENG_PROXY_KEY    what the proxy sends in X-Minsheng-Proxy (deploy/nginx.conf). With it no other local process can pretend to be the
                      proxy; without it whoever connects from this machine is taken for it, once MINSHENG_HTTPS=1 says that there is one
"""

from __future__ import annotations

import hmac
import ipaddress

KEY = b"x-minsheng-proxy"
_SAID = frozenset({KEY, b"x-forwarded-for", b"x-forwarded-proto", b"x-forwarded-host", b"forwarded", b"x-request-id"})


class BehindProxy:
    """An ASGI application that sees the client as its proxy saw it; what anybody else says of a client is taken out."""

    def __init__(self, app, key: str = "", there: bool = False):
        self.app, self.key, self.there = app, key.encode(), there

    async def __call__(self, scope, receive, send) -> None:
        await self.app(self.seen(scope) if scope["type"] == "http" else scope, receive, send)

    def seen(self, scope: dict) -> dict:
        said = {name: value for name, value in scope["headers"] if name in _SAID}
        if not said:
            return scope
        headers = [(name, value) for name, value in scope["headers"] if name not in _SAID]
        if not self._is_proxy(scope, said.get(KEY, b"")):
            return {**scope, "headers": headers}
        client, scheme = _address(said.get(b"x-forwarded-for", b"")), said.get(b"x-forwarded-proto", b"http")
        headers.append((b"x-forwarded-proto", scheme))
        headers += [(b"x-request-id", said[b"x-request-id"])] if b"x-request-id" in said else []
        told = {"client": (client, 0)} if client else {}
        return {**scope, "headers": headers, "scheme": "https" if scheme == b"https" else "http", **told}

    def _is_proxy(self, scope: dict, key: bytes) -> bool:
        if self.key:
            return hmac.compare_digest(key, self.key)
        host = (scope.get("client") or ("",))[0]
        return self.there and (not host or host in {"127.0.0.1", "::1"})


def _address(line: bytes) -> str:
    """The last address of the line, which the proxy itself has written; "" when it is none."""
    try:
        return str(ipaddress.ip_address(line.decode("latin1").rpartition(",")[2].strip()))
    except ValueError:
        return ""
