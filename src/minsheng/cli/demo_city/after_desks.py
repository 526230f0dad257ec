"""What follows the desks in the demo city, from `demo/after_desks.yaml`, by steps taken at their time: done in person, meetings, the next
period with its sign-ups, leads for the media, reports, topics, watches."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Actor, Role
from minsheng.cases import actions as cases
from minsheng.cases import queries as known
from minsheng.cases.models import Case
from minsheng.cli.demo_city import folder
from minsheng.cli.demo_city.people import Cast
from minsheng.cli.demo_city.requests import photo
from minsheng.field_work.actions import watches
from minsheng.kit import clock
from minsheng.kit.uploads import Upload
from minsheng.kit.verdict import Refused
from minsheng.leader_days import actions
from minsheng.leader_days.models import Desk, Period, Signup
from minsheng.org import queries as org
from minsheng.topics.actions import declared
from minsheng.topics.models import Topic

UNSET = {"paper"}  # codes of a paper that this machine cannot set


@transaction.atomic
def follow() -> None:
    """At once done when it is there."""
    if Topic.objects.exists():
        return
    cast, read = Cast(), folder.read("after_desks")
    plans: dict[str, Callable[[Cast, dict], None]] = {
        "in_person": _in_person, "meetings": _meeting, "leads": _lead, "reports": _report, "topics": _topic, "watches": _watch}
    _next_period(cast, read["next"])
    for row in read["signups"]:
        _sign_up(cast, row, read["next"]["id"])
    for name, play in plans.items():
        for row in read[name]:
            play(cast, row)


def _unit(code: str) -> int:
    return org.tree().by_code[code].id


def _period(number: int) -> int:
    return Period.objects.get(number=number).id


def _case(row: dict, unfinished: bool = False) -> int:
    """The first fitting case of that period, unit and matter; `unfinished`: one that is not closed."""
    found = Case.objects.filter(period_id=_period(row["period"]), lead=_unit(row["unit"]), category__code=row["matter"], restricted=False,
                                sealed=False, complained_line=None)
    return found.filter(closed_at=None).order_by("id")[0].id if unfinished else found.order_by("id")[0].id


def _in_person(cast: Cast, row: dict) -> None:
    with clock.fixed(folder.local(row["at"])):
        head = cast.pick(Role.LEADER, 0, row["unit"])
        cases.take_step(case_id=_case(row, unfinished=True), step=row["step"], by=head, given=row["words"])


# --- meetings -----------------------------------------------------------------------------------


def _meeting(cast: Cast, row: dict) -> None:
    """Planned with its agenda; where minutes are written, held, ruled, signed and carried out."""
    office, at = cast.pick(Role.COORDINATOR, 0), folder.local(row["planned"])
    items = [(_case({**row, **item}, unfinished=True), item) for item in row["agenda"]]
    with clock.fixed(at):
        given = {"period": _period(row["period"]), "unit": _unit(row["unit"]), "meets_on": str(row["meets_on"]), "venue": row["venue"]}
        meeting = actions.draft_meeting(by=office, given=given).subject_id
        for case, item in items:
            _go(meeting, "put_on_agenda", office, case=case, reason=item["reason"])
    if "minutes" in row:
        _held(cast, row, meeting, items)


def _held(cast: Cast, row: dict, meeting: int, items: list[tuple[int, dict]]) -> None:
    office, head, on = cast.pick(Role.COORDINATOR, 0), cast.pick(Role.LEADER, 0, row["unit"]), folder.local(row["meets_on"])
    with clock.fixed(on - timedelta(days=1)):
        _go(meeting, "convene", head, attends=row["attends"])
    with clock.fixed(on + timedelta(hours=4)):
        _go(meeting, "write_minutes", office, held_on=str(row["meets_on"]), attended=row["attended"], minutes=row["minutes"])
        for case, item in items:
            _go(meeting, "rule_item", office, case=case, lead=_unit(row["unit"]), owner=item["owner"], duty=item["duty"], due=str(item["due"]))
    with clock.fixed(on + timedelta(hours=6)):
        _go(meeting, "sign_minutes", head)
    with clock.fixed(folder.local(row["carried"])):
        _go(meeting, "carry_out", office)


def _go(meeting: int, step: str, by: Actor, **given: Any) -> None:
    actions.take_meeting_step(meeting_id=meeting, step=step, by=by, given=given)


# --- the next period and its sign-ups -----------------------------------------------------------------


def _next_period(cast: Cast, row: dict) -> None:
    office, signer, at, plan = cast.pick(Role.COORDINATOR, 0), cast.pick(Role.SUPERVISOR, 0), folder.local(row["drafted"]), row["scheme"]
    begins, ends = (folder.local(f"{row['date']} {time}") for time in row["window"])
    with clock.fixed(at):
        words = {name: plan[name] for name in ("name", "year", "aim", "topics")}
        units = {"units": [_unit(code) for code in row["units"]], "since": str(plan["since"]), "until": str(plan["until"])}
        scheme = actions.draft_scheme(by=office, given=words | units).subject_id
        actions.take_scheme_step(scheme_id=scheme, step="issue_scheme", by=signer)
        made = actions.draft_period(by=office, given={"scheme": scheme, "number": row["id"], "theme": row["theme"]}).subject_id
        for n, code in enumerate(row["units"], 1):
            desk = {"unit": _unit(code), "leader": cast.pick(Role.LEADER, 0, code).id, "seat": f"{n}号席", "starts": begins.isoformat(), "ends": ends.isoformat()}
            actions.take_period_step(period_id=made, step="add_desk", by=office, given=desk)
    with clock.fixed(at + timedelta(hours=5)):
        actions.take_period_step(period_id=made, step="announce", by=signer)


def _sign_up(cast: Cast, row: dict, number: int) -> None:
    """As somebody sends it on the net; where it says so, screened an hour later."""
    at, period = folder.local(row["at"]), _period(number)
    with clock.fixed(at):
        key = f"demo:{row['phone']}"
        made = actions.sign_up(key=key, address=f"192.0.2.{Signup.objects.count() + 1}", period_id=period, kind=row["kind"], said=row["said"],
                               place=row.get("place", ""), name=row["name"], phone=row["phone"])
    if "then" not in row:
        return
    given = {"told": row["told"]} if "told" in row else {"desk": Desk.objects.get(period=period).id}
    with clock.fixed(at + timedelta(hours=1)):
        actions.take_signup_step(signup_id=made.id, step=row["then"], by=cast.pick(Role.COORDINATOR, 0), given=given)


# --- leads and reports --------------------------------------------------------------------------------


def _lead(cast: Cast, row: dict) -> None:
    office, media, at = cast.pick(Role.COORDINATOR, 0), cast.pick(Role.MEDIA, 0), folder.local(row["at"])
    with clock.fixed(at):
        given = {"period": _period(row["period"]), "case": _case(row), "agreed": True, "asked_by": "白玛措", "asked_at": (at - timedelta(hours=1)).isoformat(),
                 "call_no": f"C{at:%Y%m%d}", "headline": row["headline"], "lead_text": row["text"]}
        lead = actions.propose_lead(by=office, given=given).subject_id
        actions.take_lead_step(lead_id=lead, step="tell_unit", by=office, given={"unit_told": row["told"]})
    if row.get("approved"):
        with clock.fixed(at + timedelta(hours=5)):
            actions.take_lead_step(lead_id=lead, step="approve_lead", by=media)
    if "link" in row:
        with clock.fixed(folder.local(row["published_on"]) + timedelta(hours=2)):
            actions.take_lead_step(lead_id=lead, step="note_following", by=media, given={"followed": row["followed"]})
            out = {"outlet": row["outlet"], "published_on": str(row["published_on"]), "link": row["link"]}
            actions.take_lead_step(lead_id=lead, step="note_published", by=media, given=out)


def _report(cast: Cast, row: dict) -> None:
    """Drafted; signed where it has a number and the machine has what the paper is set in. Otherwise it stays a draft."""
    office, at = cast.pick(Role.COORDINATOR, 0), folder.local(row["at"])
    period = Period.objects.select_related("scheme").get(number=row["period"])
    with clock.fixed(at):
        words = {"title": f"关于第{row['period']}期“一把手听民声”情况的报告", "issuer": "示例市12345热线中心", "remarks": row["remarks"]}
        report = actions.draft_report(by=office, given={"period": period.id} | words).subject_id
    if "signed" in row:
        try:
            with clock.fixed(folder.local(row["signed"])):
                actions.take_report_step(report_id=report, step="sign_report", by=cast.pick(Role.SUPERVISOR, 0), given={"doc_number": row["number"]})
        except Refused as wrong:
            if wrong.verdict.code not in UNSET:
                raise


# --- topics and watches -------------------------------------------------------------------------------


def _topic(cast: Cast, row: dict) -> None:
    codes = {c.code: c.id for c in known.categories().values()}
    with clock.fixed(folder.local(row["at"])):
        given = {"category": codes[row["category"]], "lead": _unit(row["lead"]), "name": row["name"], "measures": row["measures"],
                 "since": str(row["since"]), "until": str(row["until"])}
        topic = declared.propose(by=cast.pick(Role.COORDINATOR, 0), given=given).subject_id
    if "declared" in row:
        with clock.fixed(folder.local(row["declared"])):
            declared.take(topic_id=topic, step="declare_topic", by=cast.pick(Role.SUPERVISOR, 0))


def _watch(cast: Cast, row: dict) -> None:
    handler = cast.pick(Role.UNIT_HANDLER, 0, row["unit"])
    with clock.fixed(folder.local(row["since"])):
        begun = {"place": row["place"], "matter": row["matter"], "since": str(row["since"]), "until": str(row["until"])}
        watch = watches.begin(by=cast.pick(Role.UNIT_LIAISON, 0, row["unit"]), given=begun).subject_id
    last: datetime = folder.local(row["since"])
    for visit in row["visits"]:
        last = folder.local(visit["day"]) + timedelta(hours=7)
        with clock.fixed(last):
            words = {"visited_on": str(visit["day"]), "who": handler.name, **{n: visit[n] for n in ("found", "done", "left_open") if n in visit}}
            files = {"files": [Upload(visit["photo"], photo("WATCH"))]} if "photo" in visit else {}
            watches.take(watch_id=watch, step="note_visit", by=handler, given=words | files)
    if "result" in row:
        with clock.fixed(last + timedelta(hours=1)):
            watches.take(watch_id=watch, step="end_watch", by=cast.pick(Role.UNIT_APPROVER, 0, row["unit"]), given={"result": row["result"]})
