"""Changes of the catalogue. Rows are ended and added, never edited: an old case keeps its ground."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.cases.models import Category
from minsheng.dispatch.models import Rule
from minsheng.kit.verdict import Invalid
from minsheng.ledger import actions as ledger
from minsheng.org.models import Unit


@transaction.atomic
def add_rule(*, category: Category, lead: Unit | None, by_district: bool, basis: str, valid_from: date, by: Actor, co: list | None = None,
             second: str = "", valid_to: date | None = None, note: str = "") -> Rule:
    """Add a row; a row of the same matter that still counts ends the day before."""
    if (lead is None) != by_district:
        raise Invalid({"lead": "请指定主办单位，或选择按属地派单，二者取一"})
    if lead is not None and not lead.active:
        raise Invalid({"lead": f"“{lead.name}”已停用"})
    if valid_to and valid_to < valid_from:
        raise Invalid({"valid_to": "停用日期应在启用日期之后"})
    Rule.objects.filter(category=category, valid_to=None, valid_from__lt=valid_from).update(valid_to=valid_from - timedelta(days=1))
    row = Rule.objects.create(category=category, lead=lead, by_district=by_district, basis=basis, valid_from=valid_from, valid_to=valid_to,
                              co=co or [], second=second, note=note, by_id=by.id, by_name=by.name)
    ledger.write(kind="catalogue", by_id=by.id, by_name=by.name, about=f"rule:{row.id}", detail={"category": category.code})
    return row


@transaction.atomic
def end_rule(*, rule: Rule, on: date, by: Actor, reason: str) -> Rule:
    rule.valid_to = on
    rule.save(update_fields=["valid_to"])
    ledger.write(kind="catalogue", by_id=by.id, by_name=by.name, about=f"rule:{rule.id}", reason=reason)
    return rule
