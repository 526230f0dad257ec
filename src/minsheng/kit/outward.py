"""Requests that leave the house: to the address that the administrator wrote and to no other, enciphered unless it is this machine itself."""

from __future__ import annotations

import ipaddress
import urllib.parse
import urllib.request
from typing import Any, Literal

Fits = Literal["", "no address", "in clear"]


def is_here(host: str) -> bool:
    """Is that this machine, so that nothing goes over a wire?"""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def fits(url: str) -> Fits:
    """"" when numbers and words may go there. A name and password before the host are none of ours: keys have settings of their own."""
    try:
        parts = urllib.parse.urlsplit(url)
        host, _, user = parts.hostname, parts.port, parts.username
    except ValueError:
        return "no address"
    if not host or user is not None or parts.scheme not in {"http", "https"}:
        return "no address"
    return "" if parts.scheme == "https" or is_here(host) else "in clear"


def opened(request: urllib.request.Request, timeout: float) -> Any:
    """The answer, to be closed. urllib.error.HTTPError for any that is not 2xx: a redirect is not followed, whoever sends on has not taken it.

    This machine is spoken to directly, whatever proxy the environment names: what goes there goes in clear. No file, no ftp, no data: HTTP alone.
    """
    ways: list[type[urllib.request.BaseHandler]] = [
        urllib.request.UnknownHandler, urllib.request.HTTPHandler, urllib.request.HTTPSHandler, urllib.request.HTTPDefaultErrorHandler,
        urllib.request.HTTPErrorProcessor]
    if not is_here(urllib.parse.urlsplit(request.full_url).hostname or ""):
        ways.insert(0, urllib.request.ProxyHandler)
    opener = urllib.request.OpenerDirector()
    for way in ways:
        opener.add_handler(way())
    return opener.open(request, timeout=timeout)
