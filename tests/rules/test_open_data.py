"""Counts of a month that betray nobody: an attacker who adds and subtracts, one who knows the method, one who has two versions."""

from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from minsheng.proofs.rules import open_data
from minsheng.proofs.rules.open_data import COVER, FEW, OTHER, OUTCOMES, SHUT, WHOLE, Kind, corrected, cut, row_for, rows_of

KNOWN = {"category": ["a", "b", "c"], "district": ["d", "e", "f"], "channel": ["g", "h"]}
PARTS = [tuple(parts) for parts in product(*OUTCOMES.values())]
KINDS = [Kind(*place, parts) for place in product(*KNOWN.values()) for parts in PARTS] + [Kind(SHUT, "d", "g", PARTS[0])]
TABLES = st.dictionaries(st.sampled_from(KINDS), st.integers(1, 60), max_size=40)


def received(cases, place=None) -> int:
    return sum(n for kind, n in cases.items() if place is None or kind.place == place)


# --- who adds and subtracts ------------------------------------------------------------


@given(TABLES)
def test_rows_do_not_overlap_and_add_up_to_the_month(cases):
    rows = rows_of(cases, KNOWN)
    assert len({row.keys for row in rows}) == len(rows)
    if not rows:
        assert received(cases) < WHOLE
        return
    inside = {row.keys: 0 for row in rows}
    for kind, n in cases.items():
        inside[row_for(kind.place, rows).keys] += n
    assert {row.keys: row.received for row in rows} == inside and sum(inside.values()) == received(cases)


def intervals(rows, unknowns):
    """Bounds of each unknown from all that is published: each row says the sum of some unknowns, and rows share none. The bound of a linear
    programme is then reached row by row: from nothing to all of it."""
    groups = {}
    for name in unknowns:
        groups.setdefault(row_for(name, rows).keys, []).append(name)
    assert sum(map(len, groups.values())) == len(unknowns)
    return {name: ((0, row.received) if len(groups[row.keys]) > 1 else (row.received, row.received))
            for row in rows for name in groups.get(row.keys, [])}


@given(TABLES)
def test_no_cell_is_narrowed_to_less_than_five_apart_and_none_is_known_that_is_few(cases):
    rows = rows_of(cases, KNOWN)
    if rows:
        places = list(product(*KNOWN.values()))
        assert all(received(cases, place) == 0 for place in places if row_for(place, rows) is None), "no row: nobody is there"
        for place, (low, high) in intervals(rows, [place for place in places if row_for(place, rows)]).items():
            assert low <= received(cases, place) <= high
            if low == high:
                assert low >= FEW
            else:
                assert high - low >= FEW


@given(TABLES)
def test_each_part_of_an_outcome_that_is_told_holds_enough_and_a_row_that_hides_a_restricted_case_tells_none(cases):
    for row in rows_of(cases, KNOWN):
        for parts in OUTCOMES.values():
            told = [row.counts[part] for part in parts]
            assert all(n is None for n in told) or (min(told) >= FEW and sum(told) == row.received)
    rows = rows_of(cases | {Kind(SHUT, "d", "g", PARTS[0]): 1}, KNOWN)
    if rows:
        hiding = row_for((SHUT, "d", "g"), rows)
        assert hiding.keys[0] in (OTHER, "") and hiding.keys[1:] == ("", "") and hiding.received >= COVER
        assert all(hiding.counts[part] is None for parts in OUTCOMES.values() for part in parts)


# --- who knows the method ------------------------------------------------------------


def published(counts):
    """What the cut of one node tells: its total, and of what is not merged the count."""
    where = cut(counts)
    if where is None:
        return sum(counts.values()), None
    return sum(counts.values()), tuple(sorted((key, n) for key, n in counts.items() if where.get(key, key) != OTHER and n)), OTHER in where.values()


@pytest.mark.parametrize(("keys", "most"), [("ab", 40), ("abc", 40), ("abcd", 26)])
def test_who_knows_the_method_narrows_no_merged_cell_to_less_than_five_apart(keys, most):
    """All tables of some cells up to a size: those that are published alike, and how far apart each cell of them lies."""
    alike = {}
    for row in product(range(most + 1), repeat=len(keys) - 1):
        for total in (most, most - 7, WHOLE, WHOLE + 3):
            if sum(row) <= total:
                counts = dict(zip(keys, (*row, total - sum(row)), strict=True))
                alike.setdefault(published(counts), []).append(counts)
    seen = 0
    for told, tables in alike.items():
        own = dict(told[1] or ())
        for key in keys:
            values = [table[key] for table in tables]
            if key in own:
                assert set(values) == {own[key]} and own[key] >= FEW
            elif told[1] is None or told[2]:
                seen += 1
                assert max(values) - min(values) >= FEW, (told, key, sorted(set(values)))
            else:
                assert set(values) == {0}, "nobody is there"
    assert seen > 4


@given(TABLES)
def test_what_is_not_one_category_is_told_as_one_row_so_that_nobody_sees_whether_it_hides_a_restricted_case(cases):
    for more in ({}, {Kind(SHUT, "d", "g", PARTS[0]): 2}):
        for row in rows_of(cases | more, KNOWN):
            assert row.keys[0] in KNOWN["category"] or (row.keys[1:] == ("", "") and row.counts["solved"] is None)


def test_a_few_that_alone_are_few_are_not_merged_among_themselves():
    """Four and four, each known to be few, would be four each."""
    where = cut({"a": 4, "b": 4, "c": 12, "d": 30})
    assert where == {"a": OTHER, "b": OTHER, "c": OTHER, "d": "d"}
    assert cut({"a": 4, "b": 4, "c": 9, "d": 9}) is None, "nobody to hide behind: not divided"
    assert cut({"a": 20, "b": 30, "c": 0}) == {"a": "a", "b": "b"}
    assert cut({"a": 10, "b": 9}) is None, "too few to be divided at all"


# --- who has two versions ------------------------------------------------------------


@given(TABLES, TABLES, TABLES)
def test_no_version_can_be_subtracted_from_another(first, second, third):
    versions = [rows_of(first, KNOWN)]
    if not versions[0]:
        return
    for cases in (second, third):
        versions.append(corrected(cases, versions))
    assert len({tuple(row.keys for row in rows) for rows in versions}) == 1, "the same rows: none is cut otherwise"
    for n, later in enumerate(versions):
        for earlier in versions[:n]:
            for was, now in zip(earlier, later, strict=True):
                for name in open_data.COLUMNS:
                    if was.counts[name] is not None and now.counts[name] is not None:
                        assert was.counts[name] == now.counts[name] or abs(was.counts[name] - now.counts[name]) >= FEW
                    assert now.counts[name] in (None, 0) or now.counts[name] >= FEW


def test_a_correction_tells_large_changes_and_hides_small_ones():
    def month(a: int, b: int) -> dict:
        return {Kind("a", "d", "g", PARTS[0]): a, Kind("b", "d", "g", PARTS[0]): b}

    first = rows_of(month(40, 30), KNOWN)
    assert [(row.keys, row.received) for row in first] == [(("a", "d", "g"), 40), (("b", "d", "g"), 30)]
    assert [row.received for row in corrected(month(41, 36), [first])] == [None, 36]
    assert [row.received for row in corrected(month(40, 30), [first])] == [40, 30]
    second = corrected(month(46, 30), [first])
    assert [row.received for row in second] == [46, 30]
    assert [row.received for row in corrected(month(43, 30), [first, second])] == [None, 30]
    assert corrected({Kind("new", "d", "g", PARTS[0]): 50, **month(40, 30)}, [first])[0].received == 40, "what has no row is in none"
