"""The case page: everything one reader may see of one case, in a fixed number of statements."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db.models import CharField

from minsheng.accounts.rules import UNIT, Actor
from minsheng.calendar import rules as time_rules
from minsheng.calendar.rules import Limit, Warn
from minsheng.cases import queries, rules
from minsheng.cases.effects import clocks
from minsheng.cases.models import Case, CaseAsk, CaseClock, CaseFile, CaseStep, CaseTask
from minsheng.cases.queries import given_words, joined, lists, visibility, words
from minsheng.cases.queries.damage import DAMAGE, readable
from minsheng.cases.queries.given_words import Named
from minsheng.cases.queries.joined import Joined
from minsheng.cases.queries.words import View
from minsheng.cases.rules import Ask, CaseFacts, State, TaskState, fields, places
from minsheng.cases.rules.clocks import LABELS
from minsheng.cases.rules.facts import Requests, Restriction
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.contacts import queries as contacts
from minsheng.kit import clock
from minsheng.kit.database import planned_once
from minsheng.kit.prepared_rows import PreparedRows
from minsheng.kit.row_sql import RowSql, row_sql
from minsheng.kit.steps import Step
from minsheng.kit.verdict import Verdict
from minsheng.org import queries as org


@dataclass(frozen=True)
class Line:
    """One line of the timeline: a step, who, when, and what was given with it, masked for this reader."""

    row: CaseStep
    label: str
    unit: str
    given: list[tuple[str, Any]]
    public: str = ""

    @property
    def told_later(self) -> datetime | None:
        """When it was recorded, of a step that was told later than it happened."""
        told = self.row.recorded_at
        return told if told and told - self.row.at > _AT_ONCE else None


_AT_ONCE = timedelta(minutes=5)


@dataclass(frozen=True)
class ClockView:
    """A clock as a person reads it: band (calm, yellow, red, overdue), words, and why this date."""

    clock: CaseClock
    label: str
    band: str
    left: str
    due_text: str
    trace: tuple = ()
    basis: str = ""
    current: bool = False

    @property
    def shifts(self) -> list[dict]:
        """What moved the date, the limits in words; nothing where the record of it is damaged."""
        try:
            return [shift | {"limit": Limit.parse(shift["limit"]).label if shift.get("limit") else ""} for shift in self.clock.shifts]
        except DAMAGE:
            return []


@dataclass(frozen=True)
class CasePage:
    """`elements` with their labels, for reading; `typed` by their keys, for a form."""

    case: Case
    facts: CaseFacts
    personal: Verdict
    title: str
    narrative: str
    place: str
    original: str
    elements: list[tuple[str, str]]
    typed: dict[str, Any]
    requester: Any
    steps: list[tuple[Step, Verdict]]
    timeline: list[Line]
    clocks: list[ClockView]
    tasks: list[CaseTask]
    asks: list[CaseAsk]
    files: list[CaseFile]
    related: list[tuple[str, Case]] = field(default_factory=list)
    joined: list[Joined] = field(default_factory=list)
    shut: bool = False  # the reader rules on a request and reads no word of the case

    @property
    def lead_name(self) -> str:
        return org.tree().name(self.case.lead_id)

    @property
    def lead_phone(self) -> str:
        return org.tree().by_id[self.case.lead_id].phone if self.case.lead_id in org.tree().by_id else ""

    @property
    def complained_name(self) -> str:
        return org.tree().name(self.case.complained_unit_id)

    @property
    def answers(self) -> str:
        """The three answers of the call-back in words."""
        said = {True: "是", False: "否", None: "未答"}
        level = rules.Satisfaction(self.case.satisfaction).label if self.case.satisfaction else "未答"
        return f"已联系：{said[self.case.contacted]}；已解决：{said[self.case.solved]}；满意度：{level}"


def open_case(case_id: int, by: Actor) -> CasePage:
    """Refused("hidden") when the case is not the reader's, "damaged" when it cannot be shown."""
    with readable(case_id):
        return _open(case_id, by)


def _open(case_id: int, by: Actor) -> CasePage:
    case, facts, tasks = queries.read(case_id, by)
    view = words.view_of(case, facts, by)
    if view.shut:
        return _shut(case, facts, by)
    said, files = words.of_case(case, view), _files(case, view)
    return CasePage(
        case=case, facts=facts, personal=rules.sees_personal(facts, by), title=said.title, narrative=said.narrative, place=said.place,
        original=said.original, typed=said.elements, elements=_elements(case, said.elements),
        requester=contacts.masked(case.contact) if case.contact_id else None, steps=queries.steps_for(facts, by),
        timeline=timeline(case, view, by), clocks=explained(case), tasks=tasks, asks=_ASKS(case.id),
        files=files, related=_related(case, by) if case.linked else [], joined=joined.to_order(case, by, files),  # type: ignore[attr-defined]  # `queries.read` annotates it
    )


def _shut(case: Case, facts: CaseFacts, by: Actor) -> CasePage:
    """The request that waits for this reader, with the words it was asked in, and nothing else of the case."""
    bare, known = queries.shell(case), CaseFacts(id=case.id, state=facts.state, requests=Requests({Ask.ERASURE: 0}), restriction=Restriction(on=True))
    asks = CaseAsk.objects.filter(case_id=case.id, ask=Ask.ERASURE).order_by("id")
    return CasePage(
        case=bare, facts=known, personal=rules.sees_personal(facts, by), title=bare.title, narrative="", place="", original="", typed={},
        elements=[], requester=None, steps=queries.steps_for(facts, by), clocks=[], tasks=[], files=[], asks=list(asks), shut=True,
        timeline=[line for line in timeline(case, words.MASKED, by) if line.row.step == "ask_erasure"])


def _elements(case: Case, said: dict) -> list[tuple[str, str]]:
    matter = queries.categories().get(case.category_id or 0)
    labels = {e["key"]: e["label"] for e in (matter.elements if matter else [])}
    told = [(labels.get(key, "其他"), fields.element_words(value)) for key, value in said.items()]
    return [(label, value) for label, value in told if value.strip()]


def _files(case: Case, view: View) -> list[CaseFile]:
    """Each with its `name` as the reader may see it."""
    rows = _FILES(case.id)
    for row in rows:
        row.name = words.name_of(row, case, view)  # type: ignore[attr-defined]  # for the page alone
    return rows


_STEPS = PreparedRows(lambda: CaseStep.objects.select_related("text"), "WHERE cases_casestep.case_id = %s AND cases_casestep.id >= %s ORDER BY seq")
_ASKS = PreparedRows(CaseAsk.objects.all, "WHERE case_id = %s ORDER BY id")
_FILES = PreparedRows(lambda: CaseFile.objects.select_related("file"), "WHERE case_id = %s ORDER BY cases_casefile.id")


def timeline(case: Case, view: View, by: Actor) -> list[Line]:
    """One statement more where the case was opened anew: whom that one is kept from reads of it neither why nor that there is one (rulings, 30)."""
    rows = _STEPS(case.id, case.id)
    if made := {id_ for row in rows if row.step == "reopen" for id_ in row.given.get("made", ())}:
        shown = set(Case.objects.filter(visibility.kept_from_nobody(by), id__in=made).values_list("id", flat=True))
        rows = [row for row in rows if row.step != "reopen" or shown.issuperset(row.given.get("made", ()))]
    known = given_words.named(rows)
    return [_line(case, row, view, known) for row in rows]


def _line(case: Case, row: CaseStep, view: View, known: Named) -> Line:
    step, said = PROCEDURE.get(row.step), words.of_step(row, case, view)
    label = step.label if step else "已停用的步骤"
    return Line(row, label, org.tree().name(row.unit_id), _given(row, said, known), public_text(case, row, said))


def words_of(row: CaseStep, case: Case, view: View) -> list[tuple[str, Any]]:
    """What was given with a step, labelled, in words, as the reader may see it."""
    return _given(row, words.of_step(row, case, view), given_words.named([row]))


def _given(row: CaseStep, said: dict, known: Named) -> list[tuple[str, Any]]:
    given = [(name, value) for name, value in row.given.items() if name in fields.FIELDS and (name != "noted_at" or _noted_before(row))]
    given += list(said.items())
    told = [(fields.FIELDS[n].label, _said(n, v, known)) for n, v in given if n in fields.FIELDS and n != "party"]
    return [*told, ("位置核对", place_words(row.given))] if "place" in row.given else told


def place_words(given: Mapping[str, Any]) -> str:
    """How the position of a visit fits its case; "" where the matter asked for none."""
    code, beyond = given.get("place"), given.get("beyond")
    label = next((one.label for one in places.Fit if one == code), "")
    return f"{label}（约 {beyond} 公里），请核对" if beyond else label


def _noted_before(row: CaseStep) -> bool:
    """Was it noted while there was no network? What was sent at once needs no second time beside its own."""
    try:
        return row.at - datetime.fromisoformat(row.given["noted_at"]) > _AT_ONCE
    except DAMAGE:
        return True


def _said(name: str, value: Any, known: Named) -> str:
    try:
        return _shown(name, value, known)
    except DAMAGE:
        return "（记录有误，无法显示）"


def _shown(name: str, value: Any, known: Named) -> str:
    said = given_words.in_words(name, value, known)
    if said is not None:
        return said
    if name == "elements" and isinstance(value, dict):
        value = "；".join(f"{label}：{fields.element_words(v)}" for label, v in _labelled(value))
    if isinstance(value, list):
        value = "；".join(str(v.get("narrative", "")) if isinstance(v, dict) else str(v) for v in value)
    return str(value)


def _labelled(elements: dict) -> list[tuple[str, Any]]:
    """The label of each element by whatever matter knows its key: a revision may change the matter with it."""
    labels = {e["key"]: e["label"] for matter in queries.categories().values() for e in matter.elements}
    return [(labels.get(key, "其他"), value) for key, value in elements.items()]


def public_text(case: Case, row: CaseStep, words: dict) -> str:
    """What the citizen reads of a step; "" keeps it inside. Names of offices, never of persons."""
    step = PROCEDURE.get(row.step)
    if step is None or not step.public:
        return ""
    return step.public.replace("{lead}", public_unit(case, row) or "承办单位").replace("{interim}", words.get("interim", ""))


def public_unit(case: Case, row: CaseStep) -> str:
    """The office that a step's public text names; "" when none has the case."""
    named = row.given.get("lead") or (row.unit_id if row.role in UNIT else 0) or case.lead_id or 0
    unit = org.tree().by_id.get(named)
    return unit.name if unit else ""


def explained(case: Case) -> list[ClockView]:
    """Every clock that counted, the one that runs now first, each with the trace of its date."""
    now, cal = clock.now(), clocks.city_calendar()
    views = [view_of(c, now, cal, c.code == case.due_code and c.met_at is None, _stopped(c, case)) for c in clocks.shown(case) if not c.void]
    return sorted(views, key=lambda v: not v.current)


def _stopped(row: CaseClock, case: Case) -> bool:
    """The case ended before what the clock counted was done: it is neither done nor will it go on."""
    if case.closed_at is None:
        return False
    return row.paused_at is not None or (row.met_at == case.closed_at and case.state in (State.WITHDRAWN, State.SPLIT))


def view_of(row: CaseClock, now: datetime, cal, current: bool, stopped: bool = False) -> ClockView:
    """A clock whose row is damaged says so, and the others on the page are read."""
    try:
        if time_rules.can_count(row.started_at, row.due_at, row.paused_at, row.met_at):
            return _view_of(row, now, cal, current, stopped)
    except DAMAGE:
        pass
    return ClockView(row, LABELS.get(row.code, row.code), "", time_rules.BROKEN, time_rules.BROKEN, basis=row.basis, current=current)


def _view_of(row: CaseClock, now: datetime, cal, current: bool, stopped: bool) -> ClockView:
    limit = Limit.parse(row.limit)
    base, _ = clocks.replay(row)
    at = row.met_at or row.paused_at or now
    band = time_rules.band(at, row.due_at, clocks.pure(row).warns(cal))
    left = time_rules.left(now, row.due_at, limit.unit, cal)
    if row.paused_at or row.met_at:  # a clock that stands still warns of nothing; that it was late stays said
        late = band == "overdue"
        left = ("已停止" if stopped else "已暂停" if row.paused_at else "已完成") + ("，已超期" if late else "")
        band = band if late else "paused" if row.paused_at else "met"
    return ClockView(row, LABELS.get(row.code, row.code), band, left, time_rules.for_public(row.due_at, cal, now), base.trace,
                     f"{row.basis}；{base.basis}" if row.basis else base.basis, current)


_BROKEN = ("", time_rules.BROKEN, time_rules.BROKEN)
_NOT_THE_USUAL = {"contact", "interim", "statutory"}  # said by name in a list where handling is what is usually meant


def band_of(case: Case, now: datetime | None = None) -> tuple[str, str, str]:
    """(band, words, date in words) of a case in a list: from its columns alone, no statement."""
    if case.due_at is None or case.closed_at is not None:
        return "", "", ""
    if not time_rules.can_count(case.due_at, case.dispatched_at, case.received_at):
        return _BROKEN
    now, cal = now or clock.now(), clocks.city_calendar()
    due_text = time_rules.for_public(case.due_at, cal, now)
    if case.paused:
        return "calm", "计时暂停", due_text
    try:
        left = time_rules.left(now, case.due_at, Limit.parse(case.due_limit or "4wh").unit, cal)
    except ValueError:
        return _BROKEN
    said = f"{LABELS[case.due_code]}{left}" if case.due_code in _NOT_THE_USUAL else left
    return time_rules.band(now, case.due_at, Warn(case.yellow_at or case.due_at, case.red_at or case.due_at)), said, due_text


def band_of_task(task: CaseTask, now: datetime | None = None) -> tuple[str, str, str]:
    """The same three words of a task that is still to be done."""
    if task.due_at is None or TaskState(task.state) not in {TaskState.PENDING_SIGN, TaskState.IN_PROGRESS}:
        return "", "", ""
    return _words_of(task.due_at, task.created_at, now)


def band_of_ask(ask: CaseAsk, now: datetime | None = None) -> tuple[str, str, str]:
    """The same three words of a request that waits for a ruling."""
    return _words_of(ask.due_at, ask.asked_at, now, "1wd") if ask.due_at and ask.ruled_at is None else ("", "", "")


def band_of_review(case: Case, now: datetime | None = None) -> tuple[str, str, str]:
    """Of the next review of a parked case, whose own clock stands still."""
    return _words_of(case.due_at, case.received_at, now, "5wd") if case.due_at else ("", "", "")


def _words_of(due_at: datetime, since: datetime, now: datetime | None, span: str = "4wh") -> tuple[str, str, str]:
    if not time_rules.can_count(due_at, since):
        return _BROKEN
    now, cal, limit = now or clock.now(), clocks.city_calendar(), Limit.parse(span)
    warn = time_rules.warnings(due_at, limit, cal, since)
    return time_rules.band(now, due_at, warn), time_rules.left(now, due_at, limit.unit, cal), time_rules.for_public(due_at, cal, now)


_WORDS = {"merge": ("并入本单", "主单"), "reopen": ("后续工单", "上一单"), "split": ("拆出", "拆自")}


@planned_once()
def _related(case: Case, by: Actor) -> list[tuple[str, Case]]:
    """Merged, re-opened, split and master cases that the reader may see: one statement."""
    linked = row_sql("{t}.id IN (SELECT link.other_id FROM cases_caselink link WHERE link.undone_at IS NULL AND link.case_id = %s UNION"
                     " SELECT link.case_id FROM cases_caselink link WHERE link.undone_at IS NULL AND link.other_id = %s)", case.id, case.id)
    went = RowSql("SELECT min(link.kind) FROM cases_caselink link"
                  " WHERE link.undone_at IS NULL AND link.case_id = %s AND link.other_id = {t}.id", (case.id,), CharField())
    came = RowSql("SELECT min(link.kind) FROM cases_caselink link"
                  " WHERE link.undone_at IS NULL AND link.case_id = {t}.id AND link.other_id = %s", (case.id,), CharField())
    rows = lists.shown(queries.visible(by)).filter(linked).annotate(went=went, came=came).order_by("id")
    return [(_WORDS[row.went][1] if row.went else _WORDS[row.came][0], row) for row in rows]


def waiting_ask(page: CasePage, ask: Ask) -> CaseAsk | None:
    return next((a for a in page.asks if a.ask == ask and a.ruled_at is None), None)
