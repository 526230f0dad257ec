"""Topics (民情议题): what is frequent, hard, rising or repeated, each figure with its cases."""

from __future__ import annotations

from dataclasses import replace
from urllib.parse import urlencode

from django.shortcuts import render
from django.urls import path, reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from minsheng.accounts.permissions import needs
from minsheng.accounts.rules import Role
from minsheng.desk.views.case import hidden
from minsheng.desk.views.lists import rows_of
from minsheng.kit import written_times
from minsheng.kit.refusals import on_its_page
from minsheng.kit.replicas import reads_replica
from minsheng.kit.verdict import Refused
from minsheng.topics.queries import groups
from minsheng.topics.queries.groups import GroupQuery
from minsheng.topics.rules import counting
from minsheng.topics.rules.counting import Group, Season

readers = needs(*sorted(counting.READERS))


def address(asked: GroupQuery, key: tuple, part: str = "") -> str:
    """Of the cases of one group in the asked span."""
    named = {"word": key[0]} if asked.by == "word" else {"category": key[0]}
    if asked.by in ("place", "unit") and key[1]:
        named["district" if asked.by == "place" else "unit"] = key[1]
    days = {"from": asked.span.since, "to": asked.span.until, "by": asked.by}
    return f"{reverse('topic-cases')}?{urlencode({**days, **named, **({'part': part} if part else {})})}"


def _new(asked: GroupQuery, one: Group) -> str:
    """Where it is proposed as a topic to be declared."""
    if asked.by not in ("category", "place"):
        return ""
    of = {"category": one.key[0], **({"district": one.key[1]} if asked.by == "place" and one.key[1] else {})}
    return f"{reverse('topic-new')}?{urlencode(of)}"


def _line(asked: GroupQuery, one: Group, season: Season, writes: bool) -> dict:
    found = one.against(season)
    earlier = [(f"{written_times.day(span.since)}至{written_times.day(span.until)}", one.base[n], address(replace(asked, span=span), one.key))
               for n, span in enumerate(_windows(asked)) if n in season.places and one.base]
    return {"one": one, "url": address(asked, one.key), "hard_url": address(asked, one.key, "hard"), "ratio": found, "earlier": earlier,
            "repeated_url": address(asked, one.key, "repeated"), "share": one.hard_share if one.n >= counting.FEW else None,
            "new_url": _new(asked, one) if writes else ""}


def _windows(asked: GroupQuery) -> list:
    known = counting.windows(asked.span)
    return known[counting.YEARS :][:1] if asked.by == "word" else known


@never_cache
@readers
@require_safe
@reads_replica
@on_its_page("desk/topics/topics.html")
def listed(request):
    """?by=category|place|unit|word &order=frequent|hard|rising|repeated &days=7|28|91"""
    asked = groups.read_asked(request.GET)
    found, writes = groups.counted(asked, request.actor), Role.COORDINATOR in request.actor.roles
    kept = {"by": asked.by, "order": asked.order, "days": asked.days}

    def ways(name: str, known: dict) -> list[tuple[str, str, bool]]:
        return [(words, urlencode(kept | {name: value}), kept[name] == value) for value, words in known.items()]

    shown = {"asked": asked, "lines": [_line(asked, one, found.season, writes) for one in found.groups], "season": found.season, "total": found.total,
             "tabs": [("看什么", ways("order", counting.ORDERS)), ("按", ways("by", counting.BY)), ("时段", ways("days", counting.DAYS))],
             "few": counting.FEW, "by_word": asked.by == "word"}
    return render(request, "desk/topics/topics.html", shown)


@never_cache
@readers
@require_safe
@reads_replica
@on_its_page("desk/topics/cases.html")
def cases(request):
    """The cases behind one figure of a group."""
    try:
        asked = groups.read_asked(request.GET)
        count, page = groups.behind(asked, request.actor, request.GET.get("after", ""))
    except Refused as refused:
        return hidden(request, refused)
    kept = request.GET.copy()
    kept.pop("after", None)
    key = (asked.word,) if asked.by == "word" else (asked.category, asked.district if asked.by == "place" else asked.unit)
    shown = {"asked": asked, "count": count, "page": page, "rows": rows_of(page.rows), "query": kept.urlencode(), "label": groups.label(asked.by, key),
             "part": {"hard": "难办的", "repeated": "同一诉求人反复反映的"}.get(asked.part, "")}
    return render(request, "desk/topics/cases.html", shown)


urls = [path("topics", listed, name="topics"), path("topics/cases", cases, name="topic-cases")]
