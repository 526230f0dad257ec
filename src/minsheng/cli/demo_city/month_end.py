"""The assessment periods of the demo city, from `demo/month_end.yaml`, by steps taken at their time: one signed and published, one that units
check, with objections. Then what is published of a month and of a day."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Actor, Role
from minsheng.cases.models import Case
from minsheng.cases.rules import State
from minsheng.cli.demo_city import folder, open_data
from minsheng.cli.demo_city.after_desks import UNSET
from minsheng.cli.demo_city.people import Cast
from minsheng.cli.demo_city.requests import photo
from minsheng.kit import clock
from minsheng.kit.uploads import Upload
from minsheng.kit.verdict import Refused
from minsheng.month_end.actions import assessments, objections
from minsheng.month_end.models import Assessment, SheetFigure
from minsheng.org import queries as org


def draw() -> None:
    """At once done when it is there."""
    _periods()
    open_data.publish()
    open_data.days()


@transaction.atomic
def _periods() -> None:
    if Assessment.objects.exists():
        return
    cast = Cast()
    for row in folder.read("month_end")["assessments"]:
        _assess(cast, row)


def _assess(cast: Cast, row: dict) -> None:
    counts, chairs, signs = cast.pick(Role.ANALYST, 0), cast.pick(Role.SUPERVISOR, 0), cast.pick(Role.SUPERVISOR, 1)
    with clock.fixed(folder.local(row["planned"])):
        given = {"title": row["title"], "since": str(row["since"]), "until": str(row["until"])}
        one = assessments.plan(by=counts, given=given).subject_id
    _take(one, "draft_figures", counts, row["drawn"])
    _take(one, "open_checking", counts, row["opened"], check_until=str(row["check_until"]))
    for said in row.get("objections", ()):
        _object(cast, one, said)
    for said in row["confirmed"]:
        _take(one, "confirm_sheet", cast.pick(Role.UNIT_APPROVER, 0, said["unit"]), said["at"])
    if "frozen" in row:
        _take(one, "begin_review", chairs, row["review"])
        _take(one, "freeze_figures", chairs, row["frozen"])
        _sign(one, signs, row)


def _sign(one: int, by: Actor, row: dict) -> None:
    """A machine without the fonts cannot set the paper: there it waits for its signature."""
    try:
        _take(one, "sign_sheet", by, row["signed"], doc_number=row["number"])
        _take(one, "publish_sheet", by, row["published"])
    except Refused as wrong:
        if wrong.verdict.code not in UNSET:
            raise


def _object(cast: Cast, one: int, said: dict) -> None:
    """On the first closed case of the list that anybody may see; `about`: with these words in its title, for a reason that is about it."""
    period, unit = Assessment.objects.get(id=one), org.tree().by_code[said["unit"]].id
    figure = SheetFigure.objects.get(assessment=one, version=period.version, unit_id=unit, measure=said["measure"])
    case = Case.objects.filter(id__in=figure.bottom, lead=unit, state=State.CLOSED, restricted=False, sealed=False, complained_line=None,
                               excluded=False, title__contains=said.get("about", "")).order_by("id")[said.get("nth", 0)]
    given: dict[str, Any] = {"assessment": one, "case": case.id, "measure": said["measure"], "want": said["want"], "reason": said["reason"],
                             "files": [Upload(said["proof"], photo("PROOF"))]}
    with clock.fixed(folder.local(said["at"])):
        objections.raise_one(by=cast.pick(Role.UNIT_LIAISON, 0, said["unit"]), given=given)


def _take(one: int, step: str, by: Actor, at: Any, **given: Any) -> None:
    with clock.fixed(folder.local(at)):
        assessments.take(assessment_id=one, step=step, by=by, given=given)
