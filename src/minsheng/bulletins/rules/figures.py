"""The figures of a bulletin as it keeps them: counts, nothing that is worked out of them. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from minsheng.bulletins.rules.spans import BulletinKind
from minsheng.measures.rules import Late

VOLUMES = ("received", "answered_online", "dispatched", "closed")  # four figures that never share a name (rulings, 21)
UNITS = {"received": "件", "answered_online": "件", "dispatched": "次", "closed": "件"}
RATES = ("direct_answer", "sign_on_time", "response_confirmed", "response_claimed", "on_time_completion", "solve", "satisfaction", "reach")
CALLS = ("connect", "answer_15s")
MEASURES = (*VOLUMES, *RATES, *CALLS)
OF_CHANNELS = ("received", "answered_online", "closed")
OF_MATTERS = ("received", "solve", "satisfaction", "reach")
OF_UNITS = ("dispatched", "on_time_completion", "solve", "satisfaction", "reach")
BAND_BY = "on_time_completion"
TOP = 10  # matters that are listed
UNCONFIRMED = "unconfirmed"  # of the numerator of the response rate: on the unit's word alone
Pair = tuple[int, int | None]  # numerator, denominator (None: a volume)


@dataclass(frozen=True)
class Scope:
    """One span with its numbers. known: "whole"; "part" of it lies before the record begins; "none" of it is known."""

    label: str
    since: str
    until: str
    known: str = "whole"
    numbers: Mapping[str, Pair] = field(default_factory=dict)

    def n(self, code: str) -> int | None:
        return self.numbers.get(code, (0, None))[0] if self.known == "whole" else None

    def d(self, code: str) -> int | None:
        return self.numbers.get(code, (0, 0))[1] if self.known == "whole" else None

    def pair(self, code: str) -> tuple[int, int]:
        """Numerator and denominator of a rate; 0 and 0 without data."""
        return self.n(code) or 0, self.d(code) or 0


@dataclass(frozen=True)
class Group:
    """A channel, a matter, a unit with its numbers. before: received in the span before; None: not known. band: of units."""

    key: str
    label: str
    numbers: Mapping[str, Pair]
    before: int | None = None
    band: str = ""

    def n(self, code: str) -> int:
        return self.numbers.get(code, (0, None))[0]

    def pair(self, code: str) -> tuple[int, int]:
        n, d = self.numbers.get(code, (0, 0))
        return n, d or 0


@dataclass(frozen=True)
class Frozen:
    """
    scopes    what it is about, the span before, the same a year before
    rising    matters (as in `matters`, all that rise) of which more came than chance gives
    ended     was the span over at the cut-off?
    begins    the first day that the record knows, as it is written
    versions  measure -> version of its formula
    """

    kind: BulletinKind
    scopes: Sequence[Scope]
    cutoff: str = ""
    ended: bool = True
    begins: str = ""
    channels: Sequence[Group] = ()
    matters: Sequence[Group] = ()
    rising: Sequence[Group] = ()
    units: Sequence[Group] = ()
    late: Sequence[Late] | None = None
    versions: Mapping[str, str] = field(default_factory=dict)

    @property
    def now(self) -> Scope:
        return self.scopes[0]

    def written(self) -> dict[str, Any]:
        """For the database."""
        groups = {name: [_written(one) for one in getattr(self, name)] for name in _GROUPS}
        late = None if self.late is None else [[one.unit, one.name, one.to_sign, one.to_handle, one.at_centre] for one in self.late]
        scopes = [{"label": one.label, "since": one.since, "until": one.until, "known": one.known, "numbers": _listed(one.numbers)} for one in self.scopes]
        return {"kind": self.kind.value, "scopes": scopes, "cutoff": self.cutoff, "ended": self.ended, "begins": self.begins, **groups, "late": late,
                "versions": dict(self.versions)}


_GROUPS = ("channels", "matters", "rising", "units")


def _listed(numbers: Mapping[str, Pair]) -> dict[str, list[int | None]]:
    return {code: list(pair) for code, pair in numbers.items()}


def _written(one: Group) -> dict[str, Any]:
    return {"key": one.key, "label": one.label, "numbers": _listed(one.numbers), "before": one.before, "band": one.band}


def read(kept: Mapping[str, Any]) -> Frozen:
    """What `written` wrote; of damaged figures as much as there is."""
    scopes = [Scope(str(one.get("label", "")), str(one.get("since", "")), str(one.get("until", "")), str(one.get("known", "none")),
                    _numbers(one.get("numbers"))) for one in kept.get("scopes", []) if isinstance(one, dict)]
    groups = {name: [Group(str(one.get("key", "")), str(one.get("label", "")), _numbers(one.get("numbers")), one.get("before"), str(one.get("band", "")))
                     for one in kept.get(name, []) if isinstance(one, dict)] for name in _GROUPS}
    late = kept.get("late")
    return Frozen(BulletinKind(kept.get("kind", "special")), [*scopes, *[Scope("", "", "", "none")] * (3 - len(scopes))], str(kept.get("cutoff", "")),
                  bool(kept.get("ended", True)), str(kept.get("begins", "")), late=None if late is None else [Late(*one) for one in late],
                  versions=kept.get("versions", {}), **groups)


def _numbers(kept: Any) -> dict[str, Pair]:
    return {code: (pair[0], pair[1]) for code, pair in (kept or {}).items()}


# --- doors: each number says which list it opens --------------------------------------------------


def kept_door(scope: int, code: str, part: str = "numerator") -> str:
    """Of a number of a whole: the list that is kept with the bulletin."""
    return f"{scope}:{code}:{part}"


def group_door(by: str, key: str, code: str, part: str = "numerator", scope: int = 0) -> str:
    """Of a number of a group: the list that is kept with the bulletin."""
    return f"by:{scope}:{by}:{code}:{part}:{key}"


def late_door(unit: int, column: str) -> str:
    return f"late:{unit}:{column}"


def behind(frozen: Frozen, door: str) -> int | None:
    """What the number of this door is, however often a case counts in it. None: what is late, of which each case counts once."""
    if door.startswith("late:"):
        return None
    if not door.startswith("by:"):
        place, code, part = door.split(":")
        return frozen.scopes[int(place)].numbers.get(code, _NONE)[part == "denominator"]
    _, scope, by, code, part, key = door.split(":", 5)
    groups = {"channel": frozen.channels, "category": (*frozen.matters, *frozen.rising), "unit": frozen.units}[by]
    one = next((group for group in groups if group.key == key), Group(key, "", {}))
    return one.before if scope != "0" else one.numbers.get(code, _NONE)[part == "denominator"]


_NONE = (None, None)  # of damaged figures


# --- what a correction changes --------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Difference:
    """A figure that two versions give differently; `measure` names it, `scope` is its place."""

    measure: str
    scope: int
    before: Pair
    after: Pair


def differences(old: Frozen, new: Frozen) -> list[Difference]:
    """Of the wholes, in the order of MEASURES."""
    found = []
    for place, (was, now) in enumerate(zip(old.scopes, new.scopes, strict=False)):
        for code in MEASURES:
            a, b = was.numbers.get(code, (0, None)), now.numbers.get(code, (0, None))
            if tuple(a) != tuple(b):
                found.append(Difference(code, place, a, b))
    return found
