"""Pure: what wrong passwords and wrong query codes are counted under, and how many are free. accounts.throttle does the counting."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass
from datetime import timedelta

from minsheng.accounts.rules import FREE_TRIES

DEVICE_FREE_TRIES = 8  # on a device that the person came in with before


@dataclass(frozen=True, slots=True)
class Tries:
    """Wrong tries in a row under `name`: so many are free, then each waits twice as long as the one before, at most an hour."""

    name: str
    free: int


@dataclass(frozen=True, slots=True)
class Drip:
    """So many wrong tries at once under `name`, then one every `each`: for places that many people share, a wait that never grows."""

    name: str
    burst: int
    each: timedelta

    @property
    def a_day(self) -> int:
        """How many tries anybody gets in the first day."""
        return self.burst + timedelta(days=1) // self.each


Limit = Tries | Drip
_MAPPED = ipaddress.ip_network("64:ff9b::/96")  # the newer kind's way to write the older one (RFC 6052)
_MINUTE = timedelta(minutes=1)


def networks(address: str) -> tuple[str, str]:
    """(the machine or household, its neighbourhood) of a network address: IPv4 and its /24, or the /64 and the /48 of IPv6.

    One subscriber has a whole /64 of the newer kind to guess from and may well have a /48: single addresses say nothing.
    """
    try:
        known = ipaddress.ip_address(address.partition("%")[0].strip("[]"))
    except ValueError:
        return "unknown", "unknown"
    if known.version == 6 and (known.ipv4_mapped or known in _MAPPED):
        known = ipaddress.IPv4Address(int(known) & 0xFFFFFFFF)
    spans = (32, 24) if known.version == 4 else (64, 48)
    near, far = (ipaddress.ip_network((known, span), strict=False) for span in spans)
    return str(near.network_address if known.version == 4 else near), str(far)


def login_limits(username: str, address: str, device: str = "") -> tuple[Limit, ...]:
    """What wrong passwords and codes are counted under. A device that the person has used (`device`) is counted alone: whoever tries from
    elsewhere, or fills the counters of the same office, locks nobody out who comes as always."""
    name, (place, region) = username.casefold(), networks(address)
    if device:
        return (Tries(f"device:{device}:{name}", DEVICE_FREE_TRIES),)
    return Tries(f"name:{name}@{region}", FREE_TRIES), Drip(f"address:{place}", 40, _MINUTE), Drip(f"network:{region}", 200, _MINUTE)


def code_of_person(person_id: int, device: str = "") -> tuple[Limit, ...]:
    """Wrong codes after a right password, from wherever: six figures are guessed from many networks. Not on a device that the person has used."""
    return () if device else (Drip(f"second:{person_id}", 40, 15 * _MINUTE),)


def code_limits(number: str, address: str, device: str = "") -> tuple[Limit, ...]:
    """The same for query codes. Thousands stand behind one address of a mobile network, so a network of the older kind gets more."""
    place, region = networks(address)
    if device:
        return (Tries(f"track-device:{device}:{number}", DEVICE_FREE_TRIES),)
    far = (80, 5 * _MINUTE) if region.endswith("/48") else (200, _MINUTE)
    return Tries(f"track:{number}@{region}", FREE_TRIES), Drip(f"track-address:{place}", 40, 5 * _MINUTE), Drip(f"track-network:{region}", *far)


def send_limits(address: str) -> tuple[Limit, ...]:
    """Requests from the net: a whole village may stand behind one address."""
    place, region = networks(address)
    return Drip(f"send:{place}", 20, _MINUTE), Drip(f"send-network:{region}", 100, _MINUTE / 4)


def number_search_limits(person_id: int, let: int = 0) -> tuple[Limit, ...]:
    """Whole telephone numbers that a person looks for. An agent of a hundred calls a shift is far from both; who tries the ten thousand numbers
    behind 138****0001 takes over a month, and rings on the first day. `let`: the shift leader's last pass, with which all begins anew."""
    return Drip(f"numbers-hour:{person_id}:{let}", 60, _MINUTE), Drip(f"numbers-day:{person_id}:{let}", 300, 6 * _MINUTE)


# Wrong tries of the whole installation. A full bucket shuts no door (that would be the attack): it rings at the security administrator's.
ALL_WRONG = {"logins": Drip("all:logins", 300, timedelta(seconds=15)), "codes": Drip("all:codes", 300, timedelta(seconds=15))}
