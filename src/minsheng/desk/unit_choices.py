"""Units as people at a desk name them: one label each, typed and found by any part of it."""

from __future__ import annotations

from minsheng.kit.verdict import Invalid
from minsheng.org import queries as org

_NOT_SENT_TO = {"city", "centre"}


def label(unit) -> str:
    """What people call it, with the unit above it where the name alone could be another's: "云岭县 河口乡"."""
    parent, own = org.tree().parent(unit.id), brief(unit)
    return f"{brief(parent)} {own}" if parent is not None and parent.kind != "city" and brief(parent) not in own else own


def handlers(leave_out: frozenset[int] = frozenset(), townships: bool = True) -> list[tuple[int, str]]:
    """Everybody a case can be sent to, in the order of the tree: for a searchable field. What lies below a unit left out is left out."""
    rows = [u for u in org.tree().by_id.values() if u.active and u.kind not in _NOT_SENT_TO and leave_out.isdisjoint(u.path)]
    rows = [u for u in rows if townships or u.kind != "township"]
    return [(u.id, label(u)) for u in sorted(rows, key=lambda u: (len(u.path), u.path))]


def all_units(but: int = 0, closed: bool = False) -> list[tuple[int, str]]:
    """Every unit in use (`closed`: and those that are not), set in as it lies in the tree; `but` and what lies below it left out."""
    tree = org.tree()
    rows = [u for u in tree.by_id.values() if (u.active or closed) and but not in u.path]
    order = {u.id: n for n, u in enumerate(tree.by_id.values())}
    rows.sort(key=lambda u: tuple(order.get(step, 0) for step in u.path))
    return [(u.id, "　" * (len(u.path) - 1) + u.name) for u in rows]


def complained() -> list[tuple[int, str]]:
    """Everybody who may be complained of: every unit in use below the city, the hotline too."""
    rows = [u for u in org.tree().by_id.values() if u.active and u.kind != "city"]
    return [(u.id, label(u)) for u in sorted(rows, key=lambda u: (len(u.path), u.path))]


def named(text: str, field: str, among: list[tuple[int, str]] | None = None) -> int | None:
    """The id of the unit that was typed: its label, full or short name, or the only one that holds the words. Invalid when unclear.

    among  the units to look in; those that a case can be sent to where none are given
    """
    text = " ".join(text.split())
    if not text:
        return None
    rows = handlers() if among is None else among
    tree = org.tree()
    exact = [i for i, words in rows if text in (words, tree[i].name, tree[i].short, str(i))]
    found = exact or [i for i, words in rows if text in words or text in tree[i].name]
    if len(found) == 1:
        return found[0]
    if not found:
        raise Invalid({field: f"没有叫“{text}”的单位，请从列表中选择"})
    raise Invalid({field: f"“{text}”有 {len(found)} 个单位：" + "、".join(dict(rows)[i] for i in found[:4]) + "，请写全"})


def districts() -> list[tuple[str, list[tuple[int, str]]]]:
    """Districts and counties, each with the townships below: for a grouped select."""
    tree = org.tree()
    rows = [u for u in tree.by_id.values() if u.active and u.kind.is_district]
    return [(brief(u), [(u.id, brief(u))] + [(t.id, brief(t)) for t in tree.children(u.id) if t.kind == "township"]) for u in rows]


def brief(unit) -> str:
    """What people call it: "东关区", not the full name of its government."""
    return unit.short or unit.name


def district_in(text: str) -> int | None:
    """The district, county or township that the words name; a township beats the county above it. None when none or two are named."""
    rows = [u for u in org.tree().by_id.values() if u.active and u.kind.is_place and u.kind != "city"]
    found = [u for u in rows if any(word in text for word in _called(u))]
    above = {i for u in found for i in u.path if i != u.id}
    lowest = [u.id for u in found if u.id not in above]
    return lowest[0] if len(lowest) == 1 else None


def _called(unit) -> set[str]:
    """"河口乡" of "云岭县河口乡人民政府": the full and short name, and the short one without the unit above it."""
    parent = org.tree().parent(unit.id)
    bare = brief(unit).removeprefix(brief(parent)) if parent else brief(unit)
    return {w for w in (unit.name, brief(unit), bare) if len(w) >= 3}
