"""Proposals with their reasons, precedents that rulings made, and what may be the same matter."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import CharField, Count, DateTimeField, F, Q, QuerySet, Value

from minsheng.accounts.rules import Actor
from minsheng.cases import queries as cases
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseAsk
from minsheng.cases.queries import dangers, lists
from minsheng.cases.rules import OPEN, Ask, State
from minsheng.dispatch import rules
from minsheng.dispatch.models import Rule
from minsheng.kit import clock
from minsheng.kit.database import WrittenOut, planned_once
from minsheng.kit.ids import floor_id
from minsheng.kit.prepared_rows import PreparedRows
from minsheng.kit.search import rank, to_query
from minsheng.language import rules as language
from minsheng.org import queries as org
from minsheng.org.rules import Tree, UnitFacts, UnitKind


@dataclass(frozen=True)
class Proposal:
    """A unit that may take the case. `source`: finding, precedent, catalogue, practice."""

    unit_id: int
    unit: str
    reason: str
    basis: str
    source: str
    co: tuple[int, ...] = ()
    second: str = ""
    shut: str = ""  # why it may not be chosen, "" when it may


_NAMES = {"finding": "职责认定", "precedent": "退单裁定先例", "catalogue": "派单目录", "practice": "近期惯例"}
LATEST = 200  # cases of a matter, returned ones and those of its place, that speak of who takes it: a large city has thousands


def catalogue_rule(category_id: int | None, on: date) -> Rule | None:
    return next(iter(_COUNTS(category_id, on, on)), None)


_COUNTS = PreparedRows(lambda: Rule.objects.select_related("lead", "category"),
                       "WHERE dispatch_rule.category_id = %s AND dispatch_rule.valid_from <= %s"
                       " AND (dispatch_rule.valid_to IS NULL OR dispatch_rule.valid_to >= %s)"
                       " ORDER BY dispatch_rule.valid_from DESC, dispatch_rule.id DESC LIMIT 1")


def proposals(case: Case, by: Actor | None = None, limit: int = 9) -> list[Proposal]:
    """Whom to send it to, the best ground first: a duty finding, a precedent, the catalogue, what was done lately; drawn from
    what the reader may see (nobody named: from what hides from nobody). At most two statements.
    """
    found: list[Proposal] = []
    if lead := case.marks.found_lead:
        found.append(_make(case, lead, "派前会商已认定由该单位承办", "会商纪要", "finding"))
    if case.category_id:
        found += _from_catalogue(case) + _earlier(case, by)
    order = {"finding": 0, "precedent": 1, "catalogue": 2, "practice": 3}
    seen: dict[int, Proposal] = {}
    for each in sorted(found, key=lambda p: order[p.source]):
        seen.setdefault(each.unit_id, each)
    return list(seen.values())[:limit]


def _make(case: Case, unit: int, reason: str, basis: str, source: str, co: tuple[int, ...] = (), second: str = "") -> Proposal:
    tree, shut = org.tree(), ""
    line = cases.line_of(tree, case.complained_unit_id, case.complained_line)
    if unit in line and (up := _above(line, tree)):
        return Proposal(up.id, up.name, f"“{tree.name(unit)}”被反映，按规定派给{'上一级' if up.kind != UnitKind.PANEL else up.name}", basis, source)
    if unit in case.marks.released:
        shut = "该单位的退单已获同意"
    co = tuple(c for c in co if c not in line)
    return Proposal(unit, tree.name(unit), f"{_NAMES[source]}：{reason}", basis, source, co, second, shut)


def _above(line: frozenset[int], tree: Tree) -> UnitFacts | None:
    """The lowest unit in use above everybody of the line, else a panel that is not of it; of the panel that hears complaints about
    the hotline, a section of its own: its desk reviews, the section handles.
    """
    shared = set.intersection(*(set(tree.path(i)[:-1]) for i in line if not line.intersection(tree.path(i)[:-1])))
    above = [u for i in shared if (u := tree[i]).active and u.kind not in {UnitKind.CITY, UnitKind.CENTRE}]
    if above:
        return max(above, key=lambda u: len(u.path))
    panel = tree.outside_panel if any(c in line for c in tree.centres) else None
    if panel is not None:
        return next((u for u in tree.children(panel.id) if u.kind == UnitKind.SECTION), panel)
    return next((u for u in tree.by_id.values() if u.kind == UnitKind.PANEL and u.active and u.id not in line and not u.hears_centre), None)


def _from_catalogue(case: Case) -> list[Proposal]:
    row = catalogue_rule(case.category_id, case.received_at.astimezone(clocks.city_calendar().zone).date())
    if row is None:
        return []
    tree = org.tree()
    unit = tree.district(case.district_id) if row.by_district else row.lead_id
    if unit is None:
        return []
    co = tuple(tree.district(case.district_id) or 0 if c == "district" else c for c in row.co)
    reason = f"“{row.category.name}”" + (f"按属地由{tree.name(unit)}承办" if row.by_district else f"由{tree.name(unit)}承办")
    reason += f"；{row.note}" if row.note else ""
    return [_make(case, unit, reason, row.basis, "catalogue", tuple(c for c in co if c and c != unit), second_name(unit, row.second))]


def second_name(unit: int, second: str) -> str:
    """Whom the unit usually sends it on to: a unit by its code, or a department of every district by the end of its code."""
    tree = org.tree()
    found = tree.by_code.get(second) or tree.by_code.get(f"{tree[unit].code}.{second}")
    return tree.name(found.id) if found else ""


_RETURNED = WrittenOut(Q(returns__gt=0))  # by its index: they are few of a matter's cases


@planned_once()
def _earlier(case: Case, by: Actor | None) -> list[Proposal]:
    """Whom such cases went to before: after an upheld return of the same matter, then by practice. One statement for both."""
    seen = cases.visible(by) if by else Case.objects.filter(restricted=False, complained_line=None)
    # That a unit has it is asked of the rows that are found: asked in the statement, an index of all cases with a unit was read beside it.
    matter: dict[str, Any] = {"category_id": case.category_id}
    returned = seen.filter(_RETURNED, **matter).exclude(id=case.id).order_by("-id")
    ruled = CaseAsk.objects.filter(ask=Ask.RETURN, granted=True, case_id__in=returned.values("id")[:LATEST]).order_by("-ruled_at")[:20]
    precedents = ruled.values_list("case__lead_id", "asked_unit", "case__number", "case__district_id", "ruled_at")
    since = floor_id(clock.now() - timedelta(days=90))
    went = seen.filter(id__gte=since, **matter, district_id=case.district_id, lead__isnull=False).exclude(id=case.id)
    latest = Case.objects.filter(id__in=went.order_by("-id").values("id")[:LATEST])
    by_lead = latest.values("lead_id").annotate(n=Count("id"), back=Count("id", filter=Q(returns__gt=0)))
    practice = by_lead.values_list("lead_id", "n", Value("", output_field=CharField()), "back", Value(None, output_field=DateTimeField()))
    rows: list[tuple] = [row for row in precedents.union(practice, all=True) if row[0]]
    before = sorted((row for row in rows if row[4]), key=lambda row: row[4], reverse=True)
    return _precedents(case, before) + _practice(case, sorted((row for row in rows if not row[4]), key=lambda row: -row[1]))


def _precedents(case: Case, rows: list[tuple]) -> list[Proposal]:
    """Upheld returns of the same matter: who took it in the end."""
    found = []
    for lead, returned, number, district, _ in rows:
        if lead != returned and (district == case.district_id or org.tree().by_id[lead].kind in {"bureau", "utility"}):
            found.append(_make(case, lead, f"{org.tree().name(returned)}退单获准后由其承办（{number}）", "退单裁定", "precedent"))
    return found[:3]


def _practice(case: Case, rows: list[tuple]) -> list[Proposal]:
    whole = sum(n for _, n, *_ in rows)
    said = f"最近 {LATEST} 件同类同地里" if whole == LATEST else "近 90 天同类同地"
    return [_make(case, lead, f"{said} {n} 件由其承办" + (f"，退单 {back} 件" if back else ""), "", "practice") for lead, n, _, back, _ in rows[:4]]


def matters() -> list[rules.Matter]:
    """The leaves of the tree of matters that are in use today with their keywords, for reading a text."""
    rows, on = cases.categories().values(), clocks.local_day(clock.now())
    parents = {c.parent_id for c in rows}
    return [rules.Matter(c.code, c.name, tuple(c.keywords)) for c in rows if c.id not in parents and c.in_use(on)]


def read(text: str) -> rules.Reading:
    return rules.read(text, matters(), dangers.read(text))


NEWEST = 1000  # open cases whose words are compared: a large city has tens of thousands open


@planned_once()
def likely_same(by: Actor, text: str, *, category: str = "", guessed: Iterable[str] = (), district: int | None = None, leave_out: int = 0,
                split_from: int = 0, limit: int = 5) -> list[Case]:
    """Open cases of the last 60 days that share the most words, same matter and place first: what may be the same event. Looked at are the
    newest thousand of the matter, or of all, and while no matter is chosen the newest thousand of the `guessed` ones too. Parts that were split off of one request are not
    the same matter: who split it said so. One statement."""
    words = language.tokens(language.mask(text))[:60]
    question = to_query(words, any_of=True)
    if question is None or len(words) < 4:
        return []
    since = floor_id(clock.now() - timedelta(days=60))
    rows = cases.visible(by).filter(id__gte=since, closed_at=None, state__in=sorted(s.value for s in OPEN - {State.DRAFT})).exclude(id=leave_out)
    if split_from:
        rows = rows.exclude(parent_id=split_from)
    if district:
        rows = rows.filter(Q(district_id=district) | Q(district_id=None))
    chosen = cases.category(category) if category else None
    near = _newest(rows.filter(category=chosen) if chosen else rows)
    if not chosen and (likely := [c.id for code in guessed if (c := cases.category(code))]):
        near = near.union(_newest(rows.filter(category_id__in=likely)))
    # To be ranked so, a case must have many of the words; nearly every open one has some, so that no index of words narrows it.
    found = lists.shown(Case.objects.filter(id__in=near, id__gte=since, text__case_id__gte=since))
    found = found.annotate(score=rank("text__words", question)).filter(score__gt=0.02)
    return list(found.order_by(F("score").desc(), "-id")[:limit])


def _newest(rows: QuerySet[Case]) -> QuerySet:
    return rows.order_by("-id").values("id")[:NEWEST]


def catalogue(on: date) -> list[Rule]:
    """The rows that count on a day, for the page of the catalogue."""
    rows = Rule.objects.filter(Q(valid_to=None) | Q(valid_to__gte=on), valid_from__lte=on)
    return list(rows.select_related("category", "lead").order_by("category__code"))


def first_leads(wanted: Iterable[tuple[int, str, int | None]], on: date) -> dict[int, int]:
    """(key, code of a matter, district) -> whom the catalogue names for it today, by key. One statement for all."""
    wanted = list(wanted)
    rows = {row.category.code: row for row in catalogue(on)} if wanted else {}
    named = {key: (org.tree().district(district) if rows[code].by_district else rows[code].lead_id) for key, code, district in wanted if code in rows}
    return {key: unit for key, unit in named.items() if unit}


def rows_of(category_id: int) -> list[Rule]:
    """Every row of a matter, the newest first: what counted when."""
    return list(Rule.objects.filter(category_id=category_id).select_related("lead").order_by("-valid_from", "-id"))


def lead_words(row: Rule) -> str:
    return "按属地" if row.by_district else org.tree().name(row.lead_id)


def co_words(row: Rule) -> str:
    return "、".join("属地" if c == "district" else org.tree().name(c) for c in row.co)


def rule_of(rule_id: int, category_id: int) -> Rule | None:
    return Rule.objects.filter(id=rule_id, category_id=category_id).first()


def answers_for(unit_id: int, on: date) -> list[Rule]:
    """The rows of the catalogue that name this unit as lead on a day."""
    rows = Rule.objects.filter(Q(valid_to=None) | Q(valid_to__gte=on), valid_from__lte=on, lead_id=unit_id)
    return list(rows.select_related("category").order_by("category__code"))
