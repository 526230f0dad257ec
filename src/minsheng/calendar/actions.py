"""Announcing holidays and setting time limits.

`by` is whoever has id, name and roles (accounts.rules.Actor): this room lies below people.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Protocol

from django.db import transaction

from minsheng.calendar import library, queries
from minsheng.calendar.models import Holiday, IssuedYear, TimeLimit
from minsheng.calendar.rules import DayKind, Limit, WorkCalendar, may_configure
from minsheng.kit import clock
from minsheng.kit.in_turn import in_turn
from minsheng.kit.verdict import Invalid, Refused
from minsheng.ledger import actions as ledger


class By(Protocol):
    @property
    def id(self) -> int: ...
    @property
    def name(self) -> str: ...
    @property
    def roles(self) -> frozenset: ...


def _ask(by: By) -> None:
    verdict = may_configure(by.roles)
    if not verdict:
        raise Refused(verdict)
    in_turn("calendar")
    queries.forget()  # what somebody else has just entered


def _signed(by: By) -> dict:
    return {"at": clock.now(), "by_id": by.id, "by_name": by.name}


def _known(calendar: str) -> None:
    if calendar not in library.CODES:
        raise Invalid({"calendar": f"没有日历“{calendar}”，请写 {' 或 '.join(library.CODES)}"})


def _changed() -> None:
    """Forget now, for the rest of this transaction, and again after the commit, when others can see the rows."""
    queries.forget()
    transaction.on_commit(queries.forget)


def _announce(calendar: str, days: Iterable[tuple[date, str, str]], issued_on: date | None, by: By) -> list[date]:
    """Rows for what differs from today's calendar or settles it; returns those dates."""
    cal = queries.current(calendar)
    rows = [Holiday(calendar=calendar, day=on, kind=kind.value, why=why, **_signed(by),
                    issued_on=issued_on or clock.now().astimezone(cal.zone).date())
            for on, kind, why in new_days(cal, days)]
    Holiday.objects.bulk_create(rows)
    _changed()
    changed = sorted(row.day for row in rows)
    if changed:
        kinds = sorted({row.kind for row in rows})
        ledger.write(kind="calendar", by_id=by.id, by_name=by.name, about=f"calendar:{calendar}", reason=rows[0].why,
                     detail={"days": len(changed), "first": changed[0], "last": changed[-1], "kinds": kinds})
    return changed


def new_days(cal: WorkCalendar, days: Iterable[tuple[date, str, str]]) -> list[tuple[date, DayKind, str]]:
    """The days of a notice that say something new to that calendar. Invalid for a kind or a ground that cannot be kept."""
    found = []
    for on, kind, why in days:
        if kind not in set(DayKind):
            raise Invalid({"kind": "请选择这一天是放假、补班、工作日还是休息日（holiday、makeup、work、rest）"})
        if not why.strip():
            raise Invalid({"why": "请写明放假或上班的原因，如“雪顿节放假”"})
        if len(why) > 120:
            raise Invalid({"why": "原因不超过 120 字"})
        before = cal.day(on)
        if before.kind != kind or before.provisional or before.why != why:
            found.append((on, DayKind(kind), why))
    return found


def span(day: date, until: date | None) -> list[date]:
    """The dates of a notice, both ends included."""
    last = until or day
    if last < day or (last - day).days > 31:
        raise Invalid({"until": "结束日期应不早于开始日期，且一次不超过 31 天"})
    return [date.fromordinal(n) for n in range(day.toordinal(), last.toordinal() + 1)]


@transaction.atomic
def announce_holiday(*, calendar: str, day: date, kind: str, why: str, by: By, until: date | None = None,
                     issued_on: date | None = None) -> list[date]:
    """Enter a notice: `day` (up to and including `until`) is work, rest, holiday or makeup. The calendar's version changes.

    Returns the changed dates, for whoever recomputes open cases; empty when the calendar said so already.
    """
    _ask(by)
    _known(calendar)
    return _announce(calendar, [(on, kind, why) for on in span(day, until)], issued_on, by)


@transaction.atomic
def announce_year(*, calendar: str, year: int, days: Iterable[tuple[date, str, str]], by: By, issued_on: date | None = None) -> list[date]:
    """Enter a whole year's notice: `days` are (date, kind, why); every other date of the year follows the weekday rule for certain."""
    _ask(by)
    _known(calendar)
    days = list(days)
    if any(on.year != year for on, _, _ in days):
        raise Invalid({"days": f"请只填 {year} 年的日期"})
    cal = queries.current(calendar)
    first, last = date(year, 1, 1).toordinal(), date(year, 12, 31).toordinal()
    before = {date.fromordinal(n): cal.day(date.fromordinal(n)) for n in range(first, last + 1)}
    IssuedYear.objects.get_or_create(calendar=calendar, year=year, defaults=_signed(by))
    _changed()
    _announce(calendar, days, issued_on, by)
    after = queries.current(calendar)
    return [on for on, day in before.items() if (after.day(on).kind, after.day(on).provisional) != (day.kind, day.provisional)]


def _checked(**values: str) -> dict[str, str]:
    """Limits as written, normalised. Invalid names each field that cannot be read."""
    errors, out = {}, {}
    for name, text in values.items():
        try:
            out[name] = str(Limit.given(text)) if text else ""
        except ValueError as problem:
            errors[name] = str(problem)
    if not values.get("value"):
        errors["value"] = "请填写时限，如 5 个工作日"
    if errors:
        raise Invalid(errors)
    return out


@transaction.atomic
def set_limit(*, code: str, value: str, valid_from: date, by: By, urgent_value: str = "", matter: str = "", basis: str = "",
              label: str = "", yellow: str = "", red: str = "") -> TimeLimit:
    """A new value from a date on; the row before ends there, so cases that began earlier keep their promise.

    Invalid when a later row exists already: periods of one limit may not overlap.
    """
    _ask(by)
    values = _checked(value=value, urgent_value=urgent_value, yellow=yellow, red=red)
    rows = list(TimeLimit.objects.select_for_update().filter(code=code, matter=matter).order_by("valid_from"))
    if not rows and not TimeLimit.objects.filter(code=code).exists():
        raise Invalid({"code": f"没有时限“{code}”，请从时限表中选择"})
    if rows and rows[-1].valid_from >= valid_from:
        raise Invalid({"valid_from": f"{rows[-1].valid_from} 起已有规定，请填写更晚的生效日期"})
    if rows and rows[-1].valid_to is None:
        rows[-1].valid_to = valid_from
        rows[-1].save(update_fields=["valid_to"])
    label = label or (rows[-1].label if rows else TimeLimit.objects.filter(code=code).latest("valid_from").label)
    made = TimeLimit.objects.create(code=code, matter=matter, label=label, basis=basis, valid_from=valid_from, **values, **_signed(by))
    ledger.write(kind="limit_set", by_id=by.id, by_name=by.name, about=f"limit:{code}", reason=basis,
                 detail={"matter": matter, "value": values["value"], "urgent": values["urgent_value"], "from": valid_from})
    _changed()
    return made


@transaction.atomic
def seed_limits(*, by: By) -> int:
    """Put in the shipped rows whose code is not there yet; returns how many. Safe to repeat."""
    _ask(by)
    there = set(TimeLimit.objects.values_list("code", flat=True))
    made = TimeLimit.objects.bulk_create(
        TimeLimit(code=row["code"], label=row["label"], value=row["value"], urgent_value=row["urgent"], basis=row["basis"],
                  valid_from=row["valid_from"], **_signed(by))
        for row in library.limits() if row["code"] not in there
    )
    _changed()
    return len(made)
