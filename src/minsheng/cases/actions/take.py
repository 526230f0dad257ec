"""Cases as the engine takes them: a case moves only by a step, whichever way it comes in."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Any

from django.db import transaction
from django.db.models import Model

from minsheng.accounts import queries as accounts
from minsheng.accounts.rules import Actor
from minsheng.cases import queries, rules
from minsheng.cases.actions import erasures, keys, locking
from minsheng.cases.effects import alarm, clocks, in_hand, notifications, sealing
from minsheng.cases.effects.by_step import EFFECTS, lapse
from minsheng.cases.effects.context import FOLLOWS, MAKES, REPEATS, Deed
from minsheng.cases.effects.gathering import gather
from minsheng.cases.effects.in_hand import READERS
from minsheng.cases.effects.requester import ADDS
from minsheng.cases.models import Case, CaseStep, StepKey
from minsheng.cases.queries import given_ids, named_calls
from minsheng.cases.rules import CaseFacts, Clock, State, checks, decided, fields
from minsheng.cases.rules.hash_chain import ERASING, SIGNED
from minsheng.cases.rules.masking import Known
from minsheng.cases.rules.procedure import AGAIN, ANSWERED, BACK, CLOSES, DEPENDS, PROCEDURE, WHEN_ASKED, WHEN_LAST
from minsheng.contacts import queries as contacts
from minsheng.files import actions as files
from minsheng.kit import clock, engine, tally
from minsheng.kit.ids import new_id
from minsheng.kit.notices import Notice
from minsheng.kit.prepared_rows import PreparedRows, fresh
from minsheng.kit.steps import Step, verdict
from minsheng.kit.uploads import Upload, has_uploads, is_upload
from minsheng.kit.verdict import Invalid, Refused, Verdict, no
from minsheng.org import queries as org


def take_step(*, case_id: int, step: str, by: Actor, given: Mapping | None = None, at: datetime | None = None, key: str = "",
              content: Mapping | None = None) -> CaseStep:
    """Take `step` on the case. Refused (nothing written) with the reason, Invalid with errors by field.

    given    by the names of the step's fields; a field of files takes ids of what was kept and `kit.uploads.Upload`s, which are
             kept when the step is taken and not otherwise
    key      of the sender: the same key with the same step and content returns the row taken before (`row.replayed`); with
             other content it is refused
    content  for steps that make a case: what `create_case` takes, where that is more than the step's own fields
    `row.made` are the cases that the step made.
    """
    return engine.take(CASES, case_id, step, by=by, given=given, at=at, key=key, content=content)


@dataclass
class _Files:
    """Files that come with a step: looked at and cleaned before anything is locked; `kept`: what was written to the disk since."""

    prepared: Mapping = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)


class Cases(engine.Kind[Case, Deed]):
    procedure, effects, signed, deed = PROCEDURE, EFFECTS, SIGNED, Deed

    # --- its rows ---------------------------------------------------------------

    def lock(self, id_: int, step: Step, given: Mapping) -> Mapping[int, Case]:
        held = locking.lock(id_, step, given)
        if id_ in held:
            _with_matter(held[id_])
        return held

    def missing(self) -> Verdict:
        return no("hidden", "没有这个工单，或您无权查看")

    def facts(self, subject: Case, at: datetime) -> CaseFacts:
        return queries.facts_of(subject, at)

    def sees(self, facts: CaseFacts, by: Actor) -> Verdict:
        return rules.sees(facts, by)

    def aim(self, facts: CaseFacts, given: Mapping) -> CaseFacts:
        if facts.asked_more and given.get("said", "add_facts") not in ADDS:  # what was asked of all is answered by words
            facts = replace(facts, asked_more=False)
        return _with_task(facts, given["task"]) if "task" in given else facts

    # --- what was given ---------------------------------------------------------

    def read(self, step: Step, given: Mapping) -> tuple[dict, dict]:
        return fields.read(step.needs, given)

    def check(self, deed: Deed) -> dict[str, str]:
        unknown = given_ids.unknown(deed.values, deed.case, deed.by, deed.at)
        return checks.check(deed.step, deed.facts, deed.values, _seen(deed)) | unknown

    def bring(self, id_: int, step: Step, by: Actor, given: dict) -> _Files:
        """Files are looked at only for who may take the step."""
        names = [n for n in step.fields if fields.FIELDS[n].kind == "files" and has_uploads(given.get(n))]
        if not names:
            return _Files()
        case = Case.objects.select_related("contact").filter(id=id_).first()
        if case is None:
            raise Refused(self.missing())
        facts = self.facts(_with_matter(case), clock.now())
        for answer in (self.sees(facts, by), verdict(step, self.aim(facts, given), by)):
            if not answer:
                raise Refused(answer)
        return _Files({upload: files.prepare(content=upload.content, name=upload.name) for n in names for upload in given[n] if is_upload(upload)})

    def receive(self, deed: Deed) -> None:
        """Uploads become rows; what was written to the disk is noted, so that a refusal further on takes it away again."""
        for name in [n for n, v in deed.values.items() if has_uploads(v)]:
            deed.values[name] = [_kept(deed, one) if is_upload(one) else one for one in deed.values[name]]

    def drop(self, brought: _Files) -> None:
        files.drop_unkept(brought.kept)

    # --- the move ---------------------------------------------------------------

    def leads_to(self, step: Step, facts: CaseFacts) -> State:
        return _END[step.to](facts) if step.to in _END else step.to or facts.state

    def move(self, deed: Deed, frm: State, to: State) -> None:
        super().move(deed, frm, to)
        if frm.is_open != to.is_open or to == State.DRAFT:
            deed.case.closed_at = None if to.is_open else deed.at

    def history(self, deed: Deed, frm: State, to: State) -> CaseStep:
        case, step, by = deed.case, deed.step, deed.by
        stays = {k: v for k, v in deed.values.items() if k not in step.hands_on}
        deed.erasable = {k: v for k, v in stays.items() if fields.FIELDS[k].is_words}
        return fresh(CaseStep, id=new_id(deed.at, after=case.id), case_id=case.id, step=step.name, frm=frm.value, to=to.value, by_id=by.id,
                     by_name=by.name, role=step.taken_as(by).value, unit_id=by.unit, at=deed.at,
                     given={k: v for k, v in stays.items() if k not in deed.erasable})

    def gather(self, deed: Deed) -> None:
        gather(deed)

    def change(self, deed: Deed) -> None:
        """What the step writes beside its own row; what waits and what runs where the case now stands."""
        super().change(deed)
        for do in (alarm.listen, lapse, _clocks):
            do(deed)
        deed.case.updated_at = deed.at

    def makes(self, deed: Deed) -> None:
        if make := MAKES.get(deed.step.name):
            deed.row.made = tuple(make(deed))
            deed.row.given = {**deed.row.given, "made": [made.case.id for made in deed.row.made]}

    def change_new(self, deed: Deed) -> None:
        super().change(deed)
        if deed.step.limit and State(deed.row.to).is_open:
            clocks.start(deed.case, deed.step.limit, deed.at)

    # --- what is kept -----------------------------------------------------------

    def snapshot(self, subject: Case, whole: bool = False) -> Mapping[str, Any]:
        return decided.snapshot(subject, sealing.readers_of(subject) if whole or READERS.held(subject) else None, clocks.changed(subject))

    def seal(self, deed: Deed) -> list[Model]:
        said = sealing.seal(deed.case, deed.row, deed.erasable, deed.asks)
        return [said] if said else []

    def tells(self, deed: Deed) -> list[Model]:
        return list(notifications.after(deed))

    def beside(self, deed: Deed) -> tuple[list[Model], list[Model]]:
        """Clocks of every case that the step changed."""
        written = [clocks.written(case) for case in (deed.case, *deed.changed.values())]
        return [row for new, _ in written for row in new], [row for _, changed in written for row in changed]

    def made(self, deeds: Sequence[Deed]) -> list[Model]:
        case = deeds[-1].case
        clocks.show(case, clocks.of(case))
        return list(clocks.new_rows(case))

    def notice(self, deed: Deed) -> str:
        return notice(deed.case.id, deed.step.name)

    def told(self, deed: Deed) -> None:
        """What the world outside the case hears of a step, when the transaction is kept."""
        in_hand.let_go(deed.case)
        clocks.let_go(deed.case)
        transaction.on_commit(partial(tally.step, deed.row.id, deed.step.name))
        if deed.step.name in ERASING:
            transaction.on_commit(partial(erasures.note, deed.case.id, deed.at), robust=True)
        if follow := FOLLOWS.get(deed.step.name):
            follow(deed)

    def done_since(self, subject: Case, seq: int, steps: tuple[str, ...], by: Actor) -> CaseStep | None:
        since = CaseStep.objects.filter(case_id=subject.id, id__gte=subject.id, seq__gt=seq, step__in=steps)
        return since.exclude(by_id=by.id).order_by("-seq").first()

    # --- the sender's key ---------------------------------------------------------

    def taken_before(self, id_: int, key: str, step: Step, by: Actor, sent: Mapping) -> CaseStep | None:
        """What its answer alone could tell was lost with it, and is told anew."""
        row = keys.taken_before(id_, key, step.name, by, sent)
        if row is not None and (again := REPEATS.get(step.name)):
            again(row)
        return row

    def key_row(self, deed: Deed, key: str, sent: Mapping) -> StepKey:
        return keys.of(deed.row, key, deed.by, sent)


# Where a step leads whose end depends on the case.
_END: dict[str, Callable[[CaseFacts], State]] = {
    BACK: lambda facts: facts.merge.before or State.PENDING_REVIEW,
    WHEN_LAST: lambda facts: facts.state if facts.merge.count else State.WITHDRAWN,
    WHEN_ASKED: lambda facts: State.PENDING_REVIEW if facts.asked_more and facts.state == State.DRAFT else facts.state,
    ANSWERED: lambda facts: State.PENDING_CALLBACK if facts.desk.id else State.DIRECT_ANSWERED,
    CLOSES: lambda facts: State.CLOSED if facts.lead.unit else State.DIRECT_ANSWERED,
    AGAIN: lambda facts: State.IN_PROGRESS if facts.lead.unit else State.PENDING_REVIEW,
}
CASES = Cases()


def begin(case: Case, name: str, by: Actor, given: Mapping, at: datetime, asks: Known | None = None, now: datetime | None = None) -> Deed:
    """A step of a case that is being made: nothing is locked, all its rows are written together (`create.insert`). `now`: when we are
    told of it; None: when it happens."""
    deed: Deed = engine.begin(CASES, case, name, by, given, at, recorded_at=now or at, brought=_Files(), asks=asks)
    return deed


def _with_matter(case: Case) -> Case:
    case.category = queries.categories().get(case.category_id) if case.category_id else None
    return case


def _kept(deed: Deed, upload: Upload) -> int:
    file = files.keep(prepared=deed.brought.prepared[upload], by=deed.by)
    deed.brought.kept.append(file.sha256)
    return file.id


def _with_task(facts: CaseFacts, task: object) -> CaseFacts:
    found = next((t for t in facts.tasks if str(t.id) == str(task)), None)
    if found is None:
        raise Invalid({"task": "没有这项任务，请刷新页面"})
    return replace(facts, task=found)


def _seen(deed: Deed) -> checks.World:
    """What checks may look at. A case to merge into that was merged itself stands for the one that it was merged into."""
    case, values, by, at = deed.case, deed.values, deed.by, deed.at
    master: CaseFacts | None = None
    if "master" in values:
        named = deed.cases.get(values["master"])
        while named is not None and named.state == State.MERGED and named.master_id and named.master_id in deed.cases:
            named = deed.cases[named.master_id]
        master = queries.facts_of(named, at) if named is not None else None
        if master is None or not rules.sees(master, by):
            master = None
        else:
            values["master"] = master.id
    since = _round_since(case) if "no_contact" in values or any(fields.FIELDS[n].has_happened for n in values) else None
    known = contacts.given_by(case.contact) if "identity" in values else frozenset()
    units = accounts.units_of(values["readers"]) if "readers" in values else {}
    rung = named_calls.rung(values["call"], case) if "call" in values else None
    return checks.World(org.tree(), at, by, case.handle_due_at, master, since, known, units, "no_contact" in values and has_number(case), rung)


def _round_since(case: Case) -> datetime | None:
    """The last dispatch or redo; of an order brought in without its steps, the time that came with it."""
    sent = _SENT(case.id, case.id, ["dispatch", "night_dispatch", "order_redo"])
    return sent[0].at if sent else case.dispatched_at


_SENT = PreparedRows(lambda: CaseStep.objects.only("at"), "WHERE case_id = %s AND id >= %s AND step = ANY(%s) ORDER BY seq DESC LIMIT 1")


def has_number(case: Case) -> bool:
    """Does the record hold a number of the requester?"""
    return bool(case.contact is not None and case.contact.phone_hash)


def _clocks(deed: Deed) -> None:
    """The limit that the row starts; whether clocks run or stand still follows from where the case now stands. A step whose end
    depends on the case, and that moves nothing, leaves them alone."""
    case, step, moved = deed.case, deed.step, deed.row.to != deed.row.frm
    own = moved or (step.to not in DEPENDS and bool(step.limit or step.clock))
    if not (own or clocks.in_hand(case)):
        return
    if own and step.limit and step.clock != Clock.START and State(deed.row.to).is_open:
        clocks.start(case, step.limit, deed.at)
    clocks.settle(case, deed.facts.state, deed.at, step.label)


def notice(case_id: int, step: str) -> str:
    """Ids only; each reader's right is checked again when it arrives. `case`: what processes of the version before look for."""
    return Notice("case", case_id, what=step).payload(case=case_id)
