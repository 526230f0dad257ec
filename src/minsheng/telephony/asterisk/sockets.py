"""Whose an open port is, as the kernel lists it: an exchange whose port another has opened says so to nobody, and goes on without it."""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
from collections.abc import Iterable, Iterator
from pathlib import Path

# The kernel's list, and how it writes there that one is open for anybody.
_LISTS: dict[int, tuple[str, str]] = {socket.SOCK_STREAM: ("tcp", "0A"), socket.SOCK_DGRAM: ("udp", "07")}


def of_others(pid: int, wanted: Iterable[tuple[str, int, int]]) -> list[int]:
    """Which of these (address, port, kind of socket) are open, and not by this process. Its own are read after the open ones, so that one
    that it opens meanwhile is not taken for another's."""
    there = [(port, inode) for host, port, kind in wanted for inode in _open(host, port, kind)]
    ours = _inodes(pid)
    return sorted({port for port, inode in there if inode not in ours}) if ours else []


def not_open(pid: int, wanted: Iterable[tuple[str, int, int]]) -> list[int]:
    """Which of these this process has not opened: another had them when it tried, and may have gone since."""
    ours = _inodes(pid)
    return sorted({port for host, port, kind in wanted if ours.isdisjoint(_open(host, port, kind))}) if ours else []


def _open(host: str, port: int, kind: int) -> Iterator[str]:
    """The inodes of what is open there: at this address, or at every address."""
    name, waits = _LISTS[kind]
    ip = ipaddress.ip_address(host)
    own = "".join(ip.packed[n : n + 4][::-1].hex() for n in range(0, len(ip.packed), 4)).upper()  # each word of it back to front
    with contextlib.suppress(OSError):
        for line in Path(f"/proc/net/{name}{'6' if ip.version == 6 else ''}").read_text().splitlines()[1:]:
            part = line.split()
            address, _, opened = part[1].partition(":")
            if int(opened, 16) == port and part[3] == waits and (address == own or 0 in (int(ip), int(address, 16))):
                yield part[9]


def _inodes(pid: int) -> set[str]:
    """Empty: the process has ended, or belongs to another user."""
    found = set()
    with contextlib.suppress(OSError):
        for handle in os.listdir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                found.add(os.readlink(f"/proc/{pid}/fd/{handle}").removeprefix("socket:[").removesuffix("]"))
    return found
