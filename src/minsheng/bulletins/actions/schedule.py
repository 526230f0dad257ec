"""The schedule: set by a supervisor from a day on, kept by the clock: each bulletin once, after an outage each that is missing."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Actor, clock_actor
from minsheng.bulletins.actions import bulletins
from minsheng.bulletins.models import Bulletin, ScheduleRow
from minsheng.bulletins.queries import schedule as read
from minsheng.bulletins.rules import schedule as rules
from minsheng.bulletins.rules.spans import Due
from minsheng.kit import clock
from minsheng.kit.verdict import Invalid, Refused
from minsheng.ledger import actions as ledger
from minsheng.ledger.rules import Kind
from minsheng.messages import actions as messages

log = logging.getLogger(__name__)
CLOCK = clock_actor("系统定时")


@transaction.atomic
def set_rule(*, by: Actor, given: Mapping[str, Any]) -> ScheduleRow:
    """From a day on, for one kind. What was set before stays in the table."""
    if not (answer := rules.may_set(by)):
        raise Refused(answer)
    known = rules.Known(read.today(), frozenset(id_ for id_, _ in read.may_be_told()))
    rule = rules.read(given, known)
    last = ScheduleRow.objects.filter(kind=rule.kind.value).order_by("-id").first()
    if last and (last.since, last.at, last.on, list(last.told)) == (rule.since, rule.at, rule.on, list(rule.told)):
        return last  # the same, sent twice
    row = ScheduleRow.objects.create(kind=rule.kind.value, since=rule.since, at=rule.at, on=rule.on, told=list(rule.told), by_name=by.name, set_at=clock.now())
    said = {"what": f"{rule.kind.label}：{rules.words(rule)}", "since": rule.since.isoformat(), "count": len(rule.told)}
    ledger.write(kind=Kind.REPORT_SETTING, by_id=by.id, by_name=by.name, about=f"schedule:{row.id}", detail=said)
    return row


def draft_owed(*, at: datetime | None = None) -> int:
    """Draft what is owed by the schedule, the oldest first, each in a transaction of its own; returns how many. Safe to repeat, and at once."""
    made = 0
    for due in read.owed(at or clock.now()):
        try:
            made += _draft(due)
        except (Invalid, Refused) as wrong:  # an analyst was faster
            log.info("bulletin %s %s was not drafted by the clock: %s", due.kind.value, due.span.since, wrong)
    return made


@transaction.atomic
def _draft(due: Due) -> int:
    row = bulletins.draft_on_time(by=CLOCK, due=due)
    if row.replayed:
        return 0
    one = Bulletin.objects.get(id=row.subject_id)
    late = read.made_late(one)
    for person in read.told(due.told):
        if person.phone:
            context = {"name": person.name, "title": one.title, "how": "系统停运后补拟" if late else "已拟出"}
            messages.send(channel="work", to=person.phone, template="bulletin_drafted", context=context, about=f"bulletin:{one.id}")
    return 1
