"""For `doctor`: roots, leaves and publications that are not what was published, by what the ledger keeps of each day."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from minsheng.cases.models import Case
from minsheng.ledger.models import Entry
from minsheng.ledger.rules import Kind
from minsheng.proofs.models import DayTree, Leaf, Opening
from minsheng.proofs.rules import leaf, merkle, published
from minsheng.proofs.rules.proof import Wrong, read_day


def broken() -> Iterator[str]:
    """Day by day. The ledger itself is looked after by its own chain."""
    told = {about.removeprefix("day:"): detail for about, detail in
            Entry.objects.filter(kind=Kind.DAY_TREE).order_by("id").values_list("about", "detail").iterator(500)}
    before: DayTree | None = None
    for one in DayTree.objects.order_by("day").iterator(500):
        detail = told.pop(one.day.isoformat(), None)
        yield from (f"{one.day} {why}" for why in _of_day(one, before, detail))
        before = one
    yield from (f"{day} 的公布不在了，台账中记有" for day in sorted(told))
    yield from _stray()


def _of_day(one: DayTree, before: DayTree | None, told: dict | None) -> Iterator[str]:
    if told is None:
        yield "的公布在台账中没有记载"
    elif published.digest(one.text) != told.get("published"):
        yield "的公布文件被改动"
    if told is not None and (bytes(one.root).hex() != told.get("root") or one.leaves != told.get("leaves")):
        yield "的根或件数与台账不符，被改动"
    yield from _of_file(one, before)
    rows = list(Leaf.objects.filter(day=one.day).order_by("index").select_related("opening"))
    if len(rows) != one.leaves or merkle.root_of([bytes(row.hash) for row in rows]) != bytes(one.root):
        yield "的叶子被改动、增加或缺失：算不出公布的根"
    yield from _openings(one.day, rows)


def _of_file(one: DayTree, before: DayTree | None) -> Iterator[str]:
    try:
        said = read_day(one.text.encode(), published.file_name(one.day))
    except Wrong as wrong:
        yield f"：{wrong}"
        return
    if (said.day, said.leaves, said.root) != (one.day, one.leaves, bytes(one.root)):
        yield "的公布文件与根、件数不符"
    if before is not None and one.day != before.day + timedelta(days=1):
        yield f"之前缺 {before.day + timedelta(days=1)} 的公布"
    elif said.previous != (published.digest(before.text) if before else published.FIRST):
        yield "的公布文件与前一天的不衔接"


def _openings(day: date, rows: list[Leaf]) -> Iterator[str]:
    there = {row.id: row.opening for row in rows if hasattr(row, "opening")}
    cases = {id_: (number, erased) for id_, number, erased in
             Case.objects.filter(id__in={one.case_id for one in there.values()}).values_list("id", "number", "erased")}
    for row in rows:
        one = there.get(row.id)
        number, erased = cases.get(one.case_id, ("", False)) if one else ("", False)
        if one is None:
            yield f"第 {row.index} 片叶子的内容不在了"
        elif not bytes(one.salt):
            if not erased:
                yield f"编号 {number} 的叶子没有随机数，而这件没有依法删除"
        elif not _fits(number, day, one, bytes(row.hash)):
            yield f"编号 {number} 的叶子与其内容不符，被改动"


def _fits(number: str, day: date, one: Opening, expected: bytes) -> bool:
    try:
        return leaf.hash_of(number, day, one.outcome, bytes(one.salt)) == expected
    except (KeyError, TypeError):
        return False


def _stray() -> Iterator[str]:
    days = Leaf.objects.exclude(day__in=DayTree.objects.values("day")).values_list("day", flat=True).order_by("day").distinct()
    yield from (f"{day} 有叶子而没有公布" for day in days)
