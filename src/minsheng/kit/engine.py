"""The engine: whatever moves by steps moves here. It knows subjects, steps, rows and seals, and no word of any domain.

    lock → facts → may it be seen → sent before? → verdict → what was given → what the effect needs → effect → seal → one statement → told

An effect asks the database nothing: what it must know, or what has to be done elsewhere first, is gathered before it.

A room says what its subjects are by a `Kind`; `take` moves one that is there, `make` one that is not yet: there is no other door.
A step that is refused leaves nothing.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, Protocol, TypeVar

from django.db import transaction
from django.db.models import Model

from minsheng.kit import clock, hash_chain, kept
from minsheng.kit.batch_sql import insert_together, write_together
from minsheng.kit.changes import delta
from minsheng.kit.database import asked_nothing
from minsheng.kit.steps import Procedure, Step, verdict
from minsheng.kit.verdict import YES, Invalid, Refused, Verdict, no


class Subject(Protocol):
    """What moves: its state, how many steps it took, the hash of the last."""

    id: Any
    state: Any
    seq: Any
    head: Any


S = TypeVar("S", bound=Subject)
D = TypeVar("D", bound="Deed[Any]")
AS_OF = "as_of"  # may stand in what is given: the number of the last step that the sender saw


@dataclass
class Deed(Generic[S]):
    """A step being taken. An effect writes here: columns of the subject, rows to add, rows to save; nothing is in the database yet."""

    subject: S
    step: Step
    by: Any
    at: datetime
    facts: Any
    kind: Kind[S, Any]
    recorded_at: datetime = field(default_factory=clock.now)  # when we were told; `at` is when it happened
    values: dict[str, Any] = field(default_factory=dict)  # what was given, read
    erasable: dict[str, Any] = field(default_factory=dict)  # of these what may have to be erased one day
    row: Any = None  # of the history; its place in the chain comes last
    held: Mapping[int, S] = field(default_factory=dict)  # all that the step touches, locked: by id
    content: Mapping[str, Any] = field(default_factory=dict)  # what a subject that it makes is made of, beside the step's own fields
    brought: Any = None  # what `Kind.bring` prepared
    changed: dict[int, S] = field(default_factory=dict)  # other subjects that the step changes: saved with this one
    befores: dict[int, Mapping[str, Any]] = field(default_factory=dict)  # what they were before
    new: list[Model] = field(default_factory=list)  # rows beside the step's own, kept with it
    altered: list[Model] = field(default_factory=list)  # rows of other tables that it changed, saved with it
    found: dict[str, Any] = field(default_factory=dict)  # what `Kind.gather` brought
    then: list[Callable[[], object]] = field(default_factory=list)  # done when all of it is written, in the same transaction

    def other(self, id_: int | None) -> S:
        """Another subject that the step touches, to be changed. KeyError: its row in the procedure does not say that it touches it."""
        if id_ is None:
            raise KeyError(id_)
        if id_ not in self.changed:
            self.befores[id_] = self.kind.snapshot(self.held[id_])
            self.changed[id_] = self.held[id_]
        return self.changed[id_]


class Kind(ABC, Generic[S, D]):
    """What one kind of subject brings: what has no answer of its own here is asked of every kind."""

    procedure: Procedure
    effects: Mapping[str, Callable[[Any], object]]  # step -> what it writes beside its own row
    signed: tuple[str, ...]  # columns of its history rows that the chain covers
    deed: type[Deed[Any]] = Deed

    # --- its rows ---------------------------------------------------------------

    @abstractmethod
    def lock(self, id_: int, step: Step, given: Mapping[str, Any]) -> Mapping[int, S]:
        """The subject and all others that the step touches, locked in the order of their ids."""

    @abstractmethod
    def facts(self, subject: S, at: datetime) -> Any:
        """What the guards may know; `state` is one of them."""

    @abstractmethod
    def read(self, step: Step, given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
        """(values, what is wrong by field) of what was given."""

    @abstractmethod
    def history(self, deed: D, frm: Any, to: Any) -> Any:
        """The step's row, not saved, with what of its values stays for ever; words that may be erased go into `deed.erasable`."""

    # --- what most kinds say nothing about ------------------------------------------

    def missing(self) -> Verdict:
        """What is said of a subject that is not there: the same as of one that may not be seen."""
        return no("hidden", "没有这一项，或您无权查看")

    def sees(self, facts: Any, by: Any) -> Verdict:
        return YES

    def aim(self, facts: Any, given: Mapping[str, Any]) -> Any:
        """The facts with the part that was given to be acted on."""
        return facts

    def check(self, deed: D) -> dict[str, str]:
        """What is wrong across the fields, and with what they name."""
        return {}

    def leads_to(self, step: Step, facts: Any) -> Any:
        return step.to or facts.state

    def move(self, deed: D, frm: Any, to: Any) -> None:
        deed.subject.state = to.value

    def gather(self, deed: D) -> None:
        """What the step's effect needs from the database, or what has to be done elsewhere before it: into `deed.found`."""

    def change(self, deed: D) -> None:
        """The step's effect, and what follows from where the subject now stands. Asks the database nothing."""
        if effect := self.effects.get(deed.step.name):
            effect(deed)

    def makes(self, deed: D) -> None:
        """Other subjects that the step makes."""

    def change_new(self, deed: D) -> None:
        """The same of a step that makes the subject or is taken with its making."""
        self.change(deed)

    def snapshot(self, subject: S, whole: bool = False) -> Mapping[str, Any]:
        """What steps decide about it, to be sealed with the step that changed it. `whole`: with what lies in tables of its own."""
        return {}

    def seal(self, deed: D) -> list[Model]:
        """The row goes to the end of the chain; rows that are kept beside it."""
        hash_chain.append(deed.subject, deed.row, self.signed)
        return []

    def tells(self, deed: D) -> list[Model]:
        """Messages that are kept with the step."""
        return []

    def beside(self, deed: D) -> tuple[list[Model], list[Model]]:
        """(new, changed) rows of tables that the kind keeps in step with its subjects."""
        return [], []

    def made(self, deeds: Sequence[Any]) -> list[Model]:
        """Rows of such tables for a new subject, when all its first steps are taken."""
        return self.beside(deeds[-1])[0]

    def notice(self, deed: D) -> str:
        """What open pages hear when the step is kept."""
        return ""

    def told(self, deed: D) -> None:
        """What follows elsewhere, in the same transaction."""

    # --- the sender's key --------------------------------------------------------

    def taken_before(self, id_: int, key: str, step: Step, by: Any, sent: Mapping[str, Any]) -> Any:
        """The row that was taken with this key; None: the key is new. Refused when it was used for something else."""
        return None

    def key_row(self, deed: D, key: str, sent: Mapping[str, Any]) -> Model | None:
        """The key, to be kept with the step."""
        return None

    def made_before(self, key: str, step: Step, by: Any, sent: Mapping[str, Any]) -> Any:
        """The first row of what was made with this key; None: the key is new. Refused when it was used for something else."""
        return None

    # --- what the sender saw ------------------------------------------------------

    def done_since(self, subject: S, seq: int, steps: tuple[str, ...], by: Any) -> Any:
        """The history row of the last of these steps that somebody else took after that number; None: nobody did."""
        return None

    # --- what is prepared before anything is locked --------------------------------

    def bring(self, id_: int, step: Step, by: Any, given: dict[str, Any]) -> Any:
        """Slow work, for who may take the step: files are looked at and cleaned."""
        return None

    def receive(self, deed: D) -> None:
        """What was brought becomes rows, now that the step may be taken."""

    def drop(self, brought: Any) -> None:
        """Of what `bring` prepared nothing stays outside the database when the step is not taken."""


def take(kind: Kind[S, Any], id_: int, name: str, *, by: Any, given: Mapping[str, Any] | None = None, at: datetime | None = None, key: str = "",
         content: Mapping[str, Any] | None = None) -> Any:
    """Take a step. Its history row. Refused (nothing written) with the reason, Invalid with errors by field.

    at   when it happened; without, now, looked at when the subject is ours. When it was told, `recorded_at`, is always now
    given  with `AS_OF`, a step that rests on one taken since is refused: its page has to be read anew
    key  of the sender: the same key with the same step and content returns the row taken before; with other content it is refused
    """
    step, raw = kind.procedure.get(name), dict(given or {})
    if step is None:
        raise Refused(no("no_step", f"没有“{name}”这个步骤"))
    saw = _number(raw.pop(AS_OF, ""))
    brought = kind.bring(id_, step, by, raw)
    try:
        with kept.still(), transaction.atomic():
            return _take(kind, id_, step, by, raw, at, key, dict(content or {}), brought, saw)
    except BaseException:
        kind.drop(brought)
        raise


def _take(kind: Kind[S, Any], id_: int, step: Step, by: Any, raw: dict[str, Any], at: datetime | None, key: str,
          content: dict[str, Any], brought: Any, saw: int = 0) -> Any:
    held = kind.lock(id_, step, raw)
    if id_ not in held:
        raise Refused(kind.missing())
    subject, now = held[id_], clock.now()  # asked when the subject is ours: whoever waited comes later
    at = at or now
    facts, sent = kind.facts(subject, at), {**raw, **content}
    if not (seen := kind.sees(facts, by)):
        raise Refused(seen)
    if key and (before := kind.taken_before(id_, key, step, by, sent)):
        return before
    _seen_all(kind, subject, step, by, saw)
    was = kind.snapshot(subject, whole=True)
    deed = enter(kind, subject, step, by, raw, at, facts, recorded_at=now, held=held, content=content, brought=brought)
    kind.gather(deed)
    with asked_nothing(step.name):
        kind.change(deed)
    kind.makes(deed)
    note_changes(deed, was)
    _keep(deed, kind.key_row(deed, key, sent) if key else None)
    kind.told(deed)
    return deed.row


def _number(value: Any) -> int:
    """0: the sender says nothing of what was seen."""
    text = str(value)
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 9 else 0


def _seen_all(kind: Kind[S, Any], subject: S, step: Step, by: Any, saw: int) -> None:
    """Nobody signs, rules on or replaces words that came after the page was opened (rulings, 109)."""
    if not saw or saw >= subject.seq or not step.rests_on:
        return
    if row := kind.done_since(subject, saw, step.rests_on, by):
        raise Refused(no("changed", f"您打开这一页之后，{row.by_name}办了“{kind.procedure[row.step].label}”。请看过现在的内容，再提交一次"))


def make(kind: Kind[S, Any], subject: S, name: str, *, by: Any, given: Mapping[str, Any] | None = None, at: datetime | None = None, key: str = "") -> Any:
    """A subject begins: its first step, which makes it. `subject` is new, not saved, in the state before the first. Its history row.

    Refused, Invalid, `at` and `key` as with `take`; of two who send the same key at once the second gets the row of the first.
    """
    raw, at = dict(given or {}), at or clock.now()
    brought = kind.bring(subject.id, kind.procedure[name], by, raw)
    try:
        with kept.still(), transaction.atomic():
            if key and (before := kind.made_before(key, kind.procedure[name], by, raw)):
                return before
            deed = begin(kind, subject, name, by, raw, at, brought=brought)
            more = [kind.key_row(deed, key, raw)] if key else []
            if keep_new(kind, [deed], [*kind.tells(deed), *filter(None, more)], once=deed.row):
                return deed.row
            again = kind.made_before(key, deed.step, by, raw)
    except BaseException:
        kind.drop(brought)
        raise
    kind.drop(brought)
    return again


def begin(kind: Kind[S, Any], subject: S, name: str, by: Any, raw: Mapping[str, Any], at: datetime, **more: Any) -> Any:
    """One of the first steps of a subject that is being made. Nothing is in the database yet; `keep_new` follows."""
    step = kind.procedure.get(name)
    if step is None:
        raise Refused(no("no_step", f"没有“{name}”这个步骤"))
    deed = enter(kind, subject, step, by, raw, at, kind.facts(subject, at), **more)
    kind.gather(deed)
    with kept.still(), asked_nothing(name):
        kind.change_new(deed)
    return deed


def keep_new(kind: Kind[S, Any], deeds: Sequence[Any], more: Iterable[Model] = (), once: Model | None = None) -> bool:
    """Seal the first steps of a subject, what it begins with noted in the last of them, and write it whole, in one statement.

    once  a row with a unique key (it may be that of the first step): is the key there already, nothing is written, and the answer is False
    """
    subject, last, rows = deeds[0].subject, deeds[-1], kind.made(deeds)
    for deed in deeds:
        if deed is last:
            note_changes(deed, {})
        rows += [*kind.seal(deed), *deed.new, *([] if deed.row is once else [deed.row])]
    if not insert_together([subject, *rows, *more], once=once, notice=kind.notice(deeds[0])):
        return False
    for deed in deeds:
        for do in deed.then:
            do()
        kind.told(deed)
    return True


def enter(kind: Kind[S, Any], subject: S, step: Step, by: Any, raw: Mapping[str, Any], at: datetime, facts: Any, **more: Any) -> Any:
    """Verdict, what was given, the state moved in memory, the history row made. Also for a subject that is being made."""
    facts = kind.aim(facts, raw)
    if not (answer := verdict(step, facts, by)):
        raise Refused(answer)
    deed = kind.deed(subject, step, by, at, facts, kind, **more)
    deed.values, errors = kind.read(step, raw)
    if errors := kind.check(deed) | errors:
        raise Invalid(_as_asked(step, errors))
    kind.receive(deed)
    frm, to = facts.state, kind.leads_to(step, facts)
    kind.move(deed, frm, to)
    deed.row = kind.history(deed, frm, to)
    deed.row.recorded_at = deed.recorded_at
    return deed


def _as_asked(step: Step, errors: Mapping[str, Any]) -> dict[str, Any]:
    """In the order in which the form asks: whoever hears the list goes down the form once. "parts.2" stands where "parts" does."""
    order = {name: n for n, name in enumerate(step.fields)}
    return dict(sorted(errors.items(), key=lambda wrong: order.get(wrong[0].split(".")[0], len(order))))


def note_changes(deed: Deed[Any], was: Mapping[str, Any]) -> None:
    """What the step left different goes into its row: whoever changes a column by hand is found by adding the steps up."""
    kind, row = deed.kind, deed.row
    after = delta(was, kind.snapshot(deed.subject, whole=True))
    others = {str(id_): delta(deed.befores[id_], kind.snapshot(other)) for id_, other in deed.changed.items()}
    others = {id_: changed for id_, changed in others.items() if changed}
    row.given = {**row.given, **({"after": after} if after else {}), **({"others": others} if others else {})}


def _keep(deed: Deed[Any], key: Model | None) -> None:
    """The step's rows, the subjects that it changed and what hangs on them, in one statement."""
    kind = deed.kind
    rows = [*kind.seal(deed), *([key] if key else []), *kind.tells(deed), *deed.new]
    new, changed = kind.beside(deed)
    altered = {(type(row), row.pk): row for row in (*deed.altered, *changed)}
    write_together([deed.row, *rows, *new], [deed.subject, *deed.changed.values(), *altered.values()], notice=kind.notice(deed))
    for do in deed.then:
        do()
