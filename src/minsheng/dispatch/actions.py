"""Changes of the catalogue. Rows are ended and added, never edited: an old case keeps its ground."""

from __future__ import annotations

from datetime import date, timedelta

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.cases.models import Category
from minsheng.dispatch import rules
from minsheng.dispatch.models import Rule
from minsheng.kit.in_turn import in_turn
from minsheng.kit.verdict import Invalid, Refused
from minsheng.ledger import actions as ledger
from minsheng.org.models import Unit


@transaction.atomic
def add_rule(*, category: Category, lead: Unit | None, by_district: bool, basis: str, valid_from: date, by: Actor, co: list | None = None,
             second: str = "", valid_to: date | None = None, note: str = "", setup: bool = False) -> Rule:
    """Add a row; the row of the same matter that still counts ends the day before. `setup`: the command line that puts in a city's folder.

    Refused to all but the coordinator; Invalid with errors by field.
    """
    _ask(by, setup)
    errors = {}
    if (lead is None) != by_district:
        errors["lead"] = "请指定主办单位，或选择按属地派单，二者取一"
    elif lead is not None and not lead.active:
        errors["lead"] = f"“{lead.name}”已停用"
    if not basis.strip():
        errors["basis"] = "请写明依据：哪部法规、三定规定或裁定"
    if valid_to and valid_to < valid_from:
        errors["valid_to"] = "停用日期应在启用日期之后"
    last = Rule.objects.select_for_update().filter(category=category).order_by("-valid_from").first()
    if last is not None and last.valid_from >= valid_from:
        errors["valid_from"] = f"{last.valid_from} 起已有一行，请填写更晚的启用日期"
    if errors:
        raise Invalid(errors)
    if last is not None and (last.valid_to is None or last.valid_to >= valid_from):
        last.valid_to = valid_from - timedelta(days=1)
        last.save(update_fields=["valid_to"])
    row = Rule.objects.create(category=category, lead=lead, by_district=by_district, basis=basis.strip(), valid_from=valid_from,
                              valid_to=valid_to, co=co or [], second=second, note=note, by_id=by.id, by_name=by.name)
    detail = {"category": category.code, "lead": lead.code if lead else "district", "from": valid_from.isoformat(), "basis": row.basis}
    ledger.write(kind="catalogue", by_id=by.id, by_name=by.name, about=f"rule:{row.id}", detail=detail)
    return row


@transaction.atomic
def end_rule(*, rule_id: int, on: date, by: Actor, reason: str) -> Rule:
    """The row counts for the last time on `on`: cases received later find no row, and their dispatcher chooses."""
    _ask(by)
    row = Rule.objects.select_for_update().get(id=rule_id)
    errors = {}
    if on < row.valid_from or (row.valid_to and on > row.valid_to):
        errors["on"] = "停用日期应在这一行的有效期内"
    if len(reason.strip()) < 4:
        errors["reason"] = "请写明为什么停用"
    if errors:
        raise Invalid(errors)
    row.valid_to = on
    row.save(update_fields=["valid_to"])
    ledger.write(kind="catalogue", by_id=by.id, by_name=by.name, about=f"rule:{row.id}", reason=reason.strip(), detail={"to": on.isoformat()})
    return row


def _ask(by: Actor, setup: bool = False) -> None:
    if not (may := rules.may_change_catalogue(by, setup)):
        raise Refused(may)
    in_turn("dispatch.catalogue")
