"""Warnings of what rises: each matter once, to named people, and not again while it rises or soon after."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Role
from minsheng.kit import clock
from minsheng.kit.in_turn import in_turn
from minsheng.kit.notices import Notice, tell
from minsheng.messages import actions as messages
from minsheng.topics.models import Warned
from minsheng.topics.queries import groups
from minsheng.topics.rules.counting import Group, Season

DAYS, FROM = 7, 8  # a matter is warned of when so many came in so many days
QUIET = timedelta(days=28)  # what rose and fell is not told again within
MOST = 20  # warnings of one round
TO = (Role.SUPERVISOR, Role.COORDINATOR)


@transaction.atomic
def warn(*, at: datetime | None = None) -> int:
    """Look at the last seven days, by matter and by district; returns how many were warned of. Safe to repeat, and at once."""
    at = at or clock.now()
    in_turn("topics.warnings")
    span = groups.last(DAYS)
    risen: dict[tuple, tuple[Group, Season]] = {}
    for by in ("category", "place"):
        found = groups.of_columns(span, by, "rising", MOST)
        risen |= {(one.key[0], one.key[1] if by == "place" else None): (one, found.season) for one in found.groups if one.n >= FROM
                  and (by == "category" or one.key[1])}
    open_ = {(row.category_id, row.district_id): row for row in Warned.objects.filter(over_at=None)}
    Warned.objects.filter(id__in=[row.id for key, row in open_.items() if key not in risen]).update(over_at=at)
    lately = set(Warned.objects.filter(at__gt=at - QUIET).values_list("category_id", "district_id"))
    fresh = [(key, *found) for key, found in risen.items() if key not in open_ and key not in lately]
    for key, group, season in fresh:
        _tell(key, group, season, at)
    return len(fresh)


def _tell(key: tuple, group: Group, season: Season, at: datetime) -> None:
    span, ratio = groups.last(DAYS), group.against(season)
    told = {person.id: person for role in TO for person in people.holders(role)}
    row = Warned.objects.create(category_id=key[0], district_id=key[1], at=at, since=span.since, until=span.until, n=group.n,
                                low=ratio.low if ratio else 0, told=len(told))
    for person in told.values():
        tell(Notice("topic_warning", row.id, to=person.id))
        if person.phone:
            context = {"name": person.name, "matter": group.label, "days": DAYS, "n": group.n}
            messages.send(channel="work", to=person.phone, template="topic_rising", context=context, about=f"topic:{row.id}")
