"""Coordination meetings as the engine takes them, and their doors.

Carrying out the signed minutes takes the steps on each case and makes its commitment, all in one transaction: a ruling that cannot be
carried out any more (the requester withdrew meanwhile) leaves nothing and says why; the others hold.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction

from minsheng.accounts.rules import Actor
from minsheng.cases import actions as cases
from minsheng.cases.actions import locking
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseTask
from minsheng.cases.rules import WITH_UNIT, State, TaskKind, TaskState
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.kit import clock, engine, written_times
from minsheng.kit.engine import Deed
from minsheng.kit.ids import new_id
from minsheng.kit.read_values import id_or_none
from minsheng.kit.stepped import SteppedKind, plain
from minsheng.kit.verdict import YES, Invalid, Refused, Verdict, no
from minsheng.leader_days.actions import naming
from minsheng.leader_days.actions.doors import commit
from minsheng.leader_days.effects import meetings as effects
from minsheng.leader_days.models import Meeting, MeetingItem, MeetingStep, MeetingWords, Period
from minsheng.leader_days.queries import facts, sight
from minsheng.leader_days.queries import meetings as read
from minsheng.leader_days.rules import meetings as rules
from minsheng.leader_days.rules.fields import FIELDS
from minsheng.leader_days.rules.states import Source
from minsheng.org import queries as org

_SEALED = ("case_id", "put_step", "off_step", "ruling_step", "lead_id", "co_units", "due", "outcome", "why", "commitment_id")


class Meetings(SteppedKind[Meeting]):
    procedure, effects, fields = rules.MEETING, effects.MEETING, FIELDS
    name, label, model, rows, words = "meeting", "协调会", Meeting, MeetingStep, MeetingWords
    decided = {"period_id": "期", "unit_id": "召集单位", "meets_on": "会期", "venue": "地点", "convened_by": "召集人", "held_on": "召开日期",
               "writer": "记录人", "closed_case": "限制知悉的工单", "signed_at": "签发时间", "signed_by": "签发人", "carried_at": "落实时间"}
    beside_words = {"agenda": "议题"}
    spoken = {"attends": "attends", "attended": "attended", "minutes": "minutes"}

    def attach(self, subjects: list[Meeting]) -> None:
        read.furnish(subjects)

    def begin(self, subject: Meeting) -> None:
        subject.items = []

    def sealed_beside(self, subject: Meeting) -> Mapping[str, Any]:
        return {"agenda": [[item.id, *(plain(getattr(item, name)) for name in _SEALED)] for item in subject.items]}

    def is_erased(self, subject: Meeting) -> bool:
        """The words about a case go with those of the case."""
        return Case.objects.filter(id__in=[item.case_id for item in subject.items], erased=True).exists()

    def facts(self, subject: Meeting, at: datetime) -> rules.MeetingFacts:
        return read.of(subject, at)

    def sees(self, facts: rules.MeetingFacts, by: Actor) -> Verdict:
        return YES if read.seen_by(by).filter(id=facts.id).exists() else self.missing()

    def check(self, deed: Deed[Meeting]) -> dict[str, str]:
        name, values, meeting = deed.step.name, deed.values, deed.subject
        cal = clocks.city_calendar()
        world = rules.MeetingWorld(lambda on: cal.day(on).works, facts.handling_units(), read.units_named(meeting), named=_named(deed))
        if name == "put_on_agenda":
            world = _putting(deed, world)
        elif meeting.closed_case and {"attends", "attended"} & set(values):
            world = replace(world, readers={one: one for one in read.readers_of(meeting.closed_case).values()})
        return rules.check(name, values, deed.facts, world)

    def gather(self, deed: Deed[Meeting]) -> None:
        if deed.step.name == "sign_minutes" and facts.had_a_hand(MeetingStep, deed.subject.id, deed.by, ("write_minutes", "rule_item")):
            raise Refused(no("own", "您记过纪要或写过裁定，须由另一人签发"))
        if deed.step.name == "carry_out":
            deed.found["ends"] = _carried(deed)


def _putting(deed: Deed[Meeting], world: rules.MeetingWorld) -> rules.MeetingWorld:
    """Of the case that is put on the agenda."""
    case = read.wanted(deed.values.get("case", 0), deed.subject.period_id, deed.by)
    deed.found["restricted"] = shut = case is not None and case.restricted
    heads = case is not None and shut and read.head_reads(deed.subject.unit_id or 0, read.readers_of(case.id))
    return replace(world, case=read.problem(case), restricted=shut, head_reads=heads)


def _named(deed: Deed[Meeting]) -> dict[str, str]:
    """Fields in whose words a requester of the agenda stands by name or number; of one who asked for secrecy, by a door either."""
    words = {name: value for name, value in deed.values.items() if FIELDS[name].is_words}
    ids = {item.case_id for item in deed.subject.items} | {deed.values.get("case", 0)}
    return naming.said(words, Case.objects.select_related("contact").filter(id__in=ids)) if words and ids - {0} else {}


MEETINGS = Meetings()


# --- rulings put into force -----------------------------------------------------------------


def _carried(deed: Deed[Meeting]) -> dict[int, tuple[str, str, int | None]]:
    """Item -> (outcome, why not, commitment). The period is held, then every case in the order of ids."""
    meeting = deed.subject
    Period.objects.select_for_update().get(id=meeting.period_id)
    ruled = sorted((item for item in meeting.items if item.off_step is None and item.ruling_step), key=lambda item: item.case_id)
    locking.lock_all(item.case_id for item in ruled)
    said = {row.step_id: row.words for row in MeetingWords.objects.filter(subject_id=meeting.id)}
    return {item.id: _one(deed, item, said.get(item.ruling_step or 0, {})) for item in ruled}


def _one(deed: Deed[Meeting], item: MeetingItem, words: Mapping[str, str]) -> tuple[str, str, int | None]:
    try:
        with transaction.atomic():
            return rules.Outcome.DONE.value, "", _in_force(deed, item, words)
    except Refused as wrong:
        return rules.Outcome.VOID.value, wrong.verdict.reason[:200], None
    except Invalid as wrong:
        return rules.Outcome.VOID.value, "；".join(wrong.errors.values())[:200], None


def _in_force(deed: Deed[Meeting], item: MeetingItem, words: Mapping[str, str]) -> int:
    case = Case.objects.get(id=item.case_id)
    _still_open(case, deed.subject)
    if not words:
        raise Refused(no("erased", "裁定的文字已依法删除"))
    lead, state = item.lead_id or 0, State(case.state)
    moves = state in WITH_UNIT and lead != case.lead_id
    text = f"{written_times.day(deed.subject.held_on)}协调会：{words['duty']}（责任人{words['owner']}，{written_times.day(item.due)}前完成）"
    if moves:
        _take(deed, case, "take_back", reason=f"协调会定由{org.tree().name(lead)}牵头")
    beside = item.co_units if moves or state not in WITH_UNIT else []
    _take(deed, case, "settle_duty", lead=lead, ruling=text, **({"co_units": list(beside)} if beside else {}))
    for unit in [] if beside else _not_asked_yet(case, item.co_units):
        _take(deed, case, "add_co", co_unit=unit, duty=words["duty"])
    given = {"period": deed.subject.period_id, "case": case.id, "source": Source.MEETING.value, "met_on": str(deed.subject.held_on),
             "what": words["duty"], "owner_unit": lead, "owner": words["owner"], "due": str(item.due)}
    return commit(by=deed.by, given=given, step="record_commitment", at=deed.at, signed=True).subject_id


def _still_open(case: Case, meeting: Meeting) -> None:
    state = State(case.state)
    if state is State.WITHDRAWN:
        raise Refused(no("withdrawn", "诉求人已撤诉，这项裁定不再落实"))
    if case.complained_line or (case.restricted and case.id != meeting.closed_case):
        raise Refused(no("closed", "工单已限制知悉或反映单位，不再由协调会办"))
    if state not in PROCEDURE["settle_duty"].frm:
        raise Refused(no("state", f"工单现为“{state.label}”，这项裁定不能落实"))


def _take(deed: Deed[Meeting], case: Case, step: str, **given: Any) -> None:
    cases.take_step(case_id=case.id, step=step, by=deed.by, given=given, at=deed.at)


def _not_asked_yet(case: Case, units: list[int]) -> list[int]:
    gone = [state.value for state in TaskState if not state.is_open]
    asked = set(CaseTask.objects.filter(case=case, kind=TaskKind.CO).exclude(state__in=gone).values_list("unit_id", flat=True))
    return [unit for unit in units if unit not in asked]


# --- doors ------------------------------------------------------------------------------------


@transaction.atomic
def draft_meeting(*, by: Actor, given: Mapping[str, Any], key: str = "", at: datetime | None = None) -> MeetingStep:
    """The period is held: nobody sums it up meanwhile."""
    at, period_id = at or clock.now(), id_or_none(given.get("period"))
    if not sight.periods(by).filter(id=period_id).exists():
        raise Invalid({"period": "没有这一期，或您无权查看，请重新选择"})
    period = Period.objects.select_for_update().get(id=period_id)
    facts.furnish([period])
    one = Meeting(id=new_id(at), state=rules.MeetingState.NEW.value, period=period, unit_id=id_or_none(given.get("unit")), updated_at=at)
    MEETINGS.begin(one)
    return engine.make(MEETINGS, one, "draft_meeting", by=by, given=given, at=at, key=key)


def take_meeting_step(*, meeting_id: int, step: str, by: Actor, given: Mapping[str, Any] | None = None, key: str = "",
                      at: datetime | None = None) -> MeetingStep:
    return engine.take(MEETINGS, meeting_id, step, by=by, given=given, at=at, key=key)
