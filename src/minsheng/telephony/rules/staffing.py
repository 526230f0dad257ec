"""How many people a half hour needs: Erlang C (who waits, waits for ever) and Erlang A (who waits loses patience). Pure.

Erlang C over-states where callers give up; Erlang A needs a patience, which the centre's own calls tell.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

MOST = 2000  # people


@dataclass(frozen=True, slots=True)
class Staffed:
    """What so many people do for a half hour. Shares in 0..1; `asa`: mean wait in seconds; `gives_up`: 0 by Erlang C."""

    people: int
    waits: float
    in_time: float
    asa: float
    occupancy: float
    gives_up: float = 0.0


def load(calls: float, handling_s: float, minutes: float = 30.0) -> float:
    """Erlangs: how many people would be busy without pause."""
    return max(0.0, calls) * max(0.0, handling_s) / (minutes * 60)


def erlang_b(people: int, erlangs: float) -> float:
    """Share of calls that find nobody free, if none could wait. By the recursion that does not overflow."""
    blocked = 1.0
    for n in range(1, people + 1):
        blocked = erlangs * blocked / (n + erlangs * blocked)
    return blocked


def erlang_c(people: int, erlangs: float) -> float:
    """Share of calls that wait; 1 where the people cannot keep up."""
    if erlangs <= 0:
        return 0.0
    if people <= erlangs:
        return 1.0
    blocked = erlang_b(people, erlangs)
    return blocked / (1 - erlangs / people * (1 - blocked))


def by_erlang_c(people: int, calls: float, handling_s: float, within_s: float, minutes: float = 30.0) -> Staffed:
    erlangs = load(calls, handling_s, minutes)
    if erlangs <= 0:
        return Staffed(people, 0.0, 1.0, 0.0, 0.0)
    if people <= erlangs:
        return Staffed(people, 1.0, 0.0, math.inf, 1.0)
    waits, spare = erlang_c(people, erlangs), people - erlangs
    return Staffed(people, waits, 1 - waits * math.exp(-spare * within_s / handling_s), waits * handling_s / spare, erlangs / people)


def by_erlang_a(people: int, calls: float, handling_s: float, within_s: float, patience_s: float, minutes: float = 30.0) -> Staffed:
    """The states of a queue that callers leave: n people serve, each of those who wait leaves at a rate of its own.

    in_time    share that is answered within the seconds: the wait in each state is a sum of exponential steps, taken as its mean
    """
    erlangs = load(calls, handling_s, minutes)
    if erlangs <= 0 or people <= 0:
        return Staffed(people, 0.0 if people else 1.0, 1.0 if people else 0.0, 0.0, 0.0, 0.0 if people or erlangs <= 0 else 1.0)
    arrive, serve, leave = calls / (minutes * 60), 1 / handling_s, 1 / max(patience_s, 1.0)
    weights = _weights(people, arrive, serve, leave)
    total = math.fsum(weights)
    odds = [w / total for w in weights]
    waiting = math.fsum((n - people) * p for n, p in enumerate(odds) if n > people)
    lost = waiting * leave / arrive
    busy = math.fsum(min(n, people) * p for n, p in enumerate(odds))
    waits = math.fsum(odds[people:])
    in_time = math.fsum(p * _reaches(n - people + 1, people * serve, leave, within_s) if n >= people else p for n, p in enumerate(odds))
    return Staffed(people, waits, min(1.0, in_time), waiting / arrive, busy / people, min(1.0, lost))


def _weights(people: int, arrive: float, serve: float, leave: float) -> list[float]:
    """How likely each number of callers is, unscaled, from the likeliest outwards so that nothing overflows."""
    top = min(people, int(arrive / serve)) if arrive < people * serve else people
    logs, at = [0.0], 0.0
    for n in range(1, people + 1 + MOST):
        out = n * serve if n <= people else people * serve + (n - people) * leave
        at += math.log(arrive / out)
        logs.append(at)
        if n > people and at < logs[top] - 40:
            break
    most = max(logs)
    return [math.exp(one - most) for one in logs]


def _reaches(place: int, serves: float, leave: float, within_s: float) -> float:
    """Whether who stands at this place is served within the time and does not leave before: by the mean of the steps before."""
    mean = math.fsum(1 / (serves + k * leave) for k in range(place))
    stays = math.prod((serves + k * leave) / (serves + (k + 1) * leave) for k in range(place))
    spread = math.fsum(1 / (serves + k * leave) ** 2 for k in range(place))
    shape = mean * mean / spread
    return stays * _gamma_below(shape, within_s * shape / mean)


def _gamma_below(shape: float, x: float) -> float:
    """The lower regularised incomplete gamma function."""
    if x <= 0:
        return 0.0
    if x > shape + 40 * math.sqrt(shape) + 40:
        return 1.0
    term = total = 1.0 / shape
    n = 0
    while term > total * 1e-12 and n < 10_000:
        n += 1
        term *= x / (shape + n)
        total += term
    return min(1.0, total * math.exp(-x + shape * math.log(x) - math.lgamma(shape)))


def needed(calls: float, handling_s: float, share: float, within_s: float, most_busy: float = 1.0, minutes: float = 30.0) -> int:
    """The fewest people with whom `share` of calls is answered within the seconds, and nobody is busier than `most_busy`."""
    erlangs = load(calls, handling_s, minutes)
    if erlangs <= 0:
        return 0
    people = int(erlangs) + 1
    while people < MOST:
        staffed = by_erlang_c(people, calls, handling_s, within_s, minutes)
        if staffed.in_time >= share and staffed.occupancy <= most_busy:
            return people
        people += 1
    return MOST


def on_the_roll(people: int, shrinkage: float) -> int:
    """How many must be on the roll, of whom a share is at meals, in training, ill."""
    return math.ceil(people / (1 - min(max(shrinkage, 0.0), 0.9))) if people else 0
