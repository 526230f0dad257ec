"""The steps of a case taken once more, and what hangs on it compared with what they say: requests, tasks, links, rounds, files, clocks.

An older history, or one made up for a bench, does not say all, and what it leaves out is not asked (`decided.Sum`). Pure.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from minsheng.cases.rules import decided
from minsheng.cases.rules.clocks import LABELS, fingerprint
from minsheng.cases.rules.procedure import JUDGED, REQUESTS
from minsheng.cases.rules.source_row import UNSUBMITTED
from minsheng.cases.rules.states import TASK_TO, Ask, State, TaskKind, TaskState

_ASKED = {request.asking.name: kind for kind, request in REQUESTS.items()}
_RULED = {step.name: (kind, n == 0) for kind, request in REQUESTS.items() for n, (step, _) in enumerate(request.rulings)}
_SENT = ("dispatch", "night_dispatch")
TAKEN_BACK = frozenset({"undispatch", "uphold_return", "take_back", "leave_line"})  # the order goes, and its tasks with it
OF_LINE = frozenset({"name_complained", "end_line_tasks"})  # tasks end of which units, the tree of that day said
_OPENED, _SHUT = frozenset({"unrestrict", "lift_restriction", "clear_restriction"}), frozenset({"restrict"})
ROUND = ("lead_id", "contact_due_at", "contacted_at", "contact_typed_at", "contact_waived_at", "contacted", "handle_due_at", "replied_at")


@dataclass(frozen=True, slots=True)
class Beside:
    """Rows of other tables that hang on one case, each table by id."""

    asks: Sequence[Any] = ()
    tasks: Sequence[Any] = ()
    links: Sequence[Any] = ()  # of its merges and of its being split off; and of what was reopened from it
    rounds: Sequence[Any] = ()
    clocks: Sequence[Any] = ()
    files: Sequence[Any] = ()
    readers: Sequence[Any] = ()
    numbers: frozenset[str] = frozenset()  # given out for it


@dataclass(slots=True)
class History:
    """The steps of one case, by seq, with what steps of other cases left different on it: (when, step id, what)."""

    case: Any
    rows: Sequence[Any]
    touched: Sequence[tuple[datetime, int, decided.Told]] = ()
    parted: Mapping[int, int] = field(default_factory=dict)  # requester -> the step that undid their merge into it
    sum: decided.Sum = field(default_factory=decided.Sum)
    rounds: dict[int, dict[str, Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Add up what the steps left different, in the order in which they were taken: a step's id and `at` are of when it happened."""
        placed, last = [(at, id_, one, None) for at, id_, one in self.touched], None
        for row in self.rows:
            at = (row.recorded_at or row.at, row.id)
            last = at if last is None else max(last, at)
            placed.append((*last, decided.Told(row.given.get("after", {}), row.recorded_at is not None), row))
        for _, _, one, row in sorted(placed, key=lambda each: each[:2]):
            if row is not None and row.step == "order_redo" and (before := self.sum.columns).get("lead_id") is not None:
                self.rounds[before.get("redos") or 0] = {name: before.get(name) for name in ROUND}
            self.sum.add(one)

    @property
    def whole(self) -> bool:
        return self.sum.from_the_making


def findings(history: History, beside: Beside) -> list[str]:
    """Sentences, one for each thing that is not as the steps left it."""
    case = history.case
    there = [(row.person_id, row.until) for row in beside.readers] if case.restricted else None
    now = decided.snapshot(case, there)
    found = decided.differences(_stated(history) | history.sum.columns, now, history.sum.whole)
    for ask in (_clocks, _files, _asks, _tasks, _links, _rounds, _readers, _marks, _number):
        found += ask(history, beside)
    return found


# --- of a history from before steps said what they left different ---------------------


def _stated(history: History) -> dict[str, Any]:
    """Columns that follow from what the steps were given."""
    if history.whole:
        return {}
    rows, case = history.rows, history.case
    found: dict[str, Any] = {"excluded": any(row.step == "grant_exclusion" for row in rows)}
    found |= _lead(rows) | _brought_in(rows)
    if not (case.parent_id or case.previous_id) or any("restricted" in row.given or row.step in _SHUT for row in rows):
        found["restricted"] = _restricted(rows)
    if not any(row.step == "merge" for row in rows):  # of a merged case the order's calls say them
        found |= _answers(rows, case.id)
    return found


def _lead(rows: Sequence[Any]) -> dict[str, Any]:
    lead = None
    for row in rows:
        if row.step in TAKEN_BACK:
            lead = None
        elif "lead" in row.given and (row.step in _SENT or (row.given.get("imported") and row.to not in UNSUBMITTED)):
            lead = row.given["lead"]
    return {"lead_id": lead}


def _restricted(rows: Sequence[Any]) -> bool:
    shut = False
    for row in rows:
        shut = False if row.step in _OPENED else shut or row.step in _SHUT or bool(row.given.get("restricted"))
    return shut


def _answers(rows: Sequence[Any], case_id: int) -> dict[str, Any]:
    """The three answers of the case's own requester in this round, and whether anybody was reached."""
    found: dict[str, Any] = {"reached": None, "contacted": None, "solved": None, "satisfaction": ""}
    for row in rows:
        given = row.given
        if row.step == "order_redo":
            found = dict.fromkeys(found)
        elif row.step == "answer_callback" or (row.step == "record_callback" and given.get("party", case_id) == case_id):
            found["reached"] = found["reached"] or row.step == "answer_callback" or given.get("outcome") == "answered"
            found |= {name: given[name] for name in ("contacted", "solved", "satisfaction") if name in given}
        elif given.get("imported"):
            found |= {name: given[name] for name in found if name in given}
    return found


def _brought_in(rows: Sequence[Any]) -> dict[str, Any]:
    """Times of a history that was brought in, while nothing came after it."""
    if not rows or not all(row.given.get("imported") for row in rows):
        return {}
    named = {"dispatch": "dispatched_at", "sign": "signed_at", "contact": "contacted_at", "reply": "replied_at"}
    return {"received_at": _plain(rows[0].at)} | {named[row.step]: _plain(row.at) for row in rows[:-1] if row.step in named}


def _plain(value: Any) -> Any:
    return decided._plain(value)


# --- tables beside the case ------------------------------------------------------------


def _clocks(history: History, beside: Beside) -> list[str]:
    """The clocks say the dates that the steps left on the case, and are those that the steps started."""
    expected, found = history.sum.columns, []
    for code, column in (("sign", "sign_due_at"), ("contact", "contact_due_at"), ("handle", "handle_due_at")):
        last = next((row for row in reversed(beside.clocks) if row.code == code and not row.void), None)
        if last and column in expected and getattr(history.case, column) != last.due_at:
            found.append(f"{decided.COLUMNS[column]}与计时记录不符")
    known = {int(name.removeprefix(decided.CLOCKS)): value for name, value in expected.items() if name.startswith(decided.CLOCKS)}
    for place, row in enumerate(beside.clocks):
        if known.get(place, fingerprint(row) if not history.sum.whole else "") != fingerprint(row):
            found.append(f"“{LABELS.get(row.code, row.code)}”的计时记录（第 {place + 1} 条）与历史不符")
    found += [f"第 {place + 1} 条计时记录不在了" for place in known if place >= len(beside.clocks)]
    return found


def _files(history: History, beside: Beside) -> list[str]:
    """Each file hangs on the step that brought it, and nothing hangs there that no step brought."""
    rows = history.rows
    if not any("after" in row.given for row in rows) or (not history.sum.whole and any(row.given.get("imported") for row in rows)):
        return []
    brought = {(row.id, file) for row in rows for name in ("files", "document") for file in row.given.get(name, ())
               if row.step != "from_merged" or row.id > history.parted.get(row.given.get("party"), 0)}
    linked = {(row.step_id, row.file_id) for row in beside.files}
    return [f"附件 {file} 与步骤 {step} 的记录不符" for step, file in sorted(brought ^ linked)]


def _unlike(what: str, row: Any, expected: Mapping[str, Any], labels: Mapping[str, str]) -> list[str]:
    return [f"{what}的{labels[name]}与历史不符：历史为 {decided.said(_plain(value))}，现为 {decided.said(_plain(now))}"
            for name, value in expected.items() if (now := getattr(row, name)) != value]


_OF_ASK = {"ask": "事项", "asked_at": "申请时间", "asked_by": "申请人", "asked_unit": "申请单位", "due_at": "裁定时限", "given": "申请内容",
           "ruled_at": "裁定时间", "ruled_by": "裁定人", "granted": "裁定结果", "ruling_step_id": "裁定步骤"}


def _asks(history: History, beside: Beside) -> list[str]:
    """Each request hangs on the step that asked, each ruling on the step that ruled or on the one that made it needless."""
    steps, found = {row.id: row for row in history.rows}, []
    asked, ruled = _requests(history.rows)
    for row in beside.asks:
        step = steps.get(row.step_id)
        what = f"“{Ask(row.ask).label}”申请（{row.id}）"
        if step is None or step.id not in asked:
            found.append(f"{what}不是任何步骤提出的")
            continue
        found += _unlike(what, row, _asking(step, asked[step.id], row) | _ruling(row, ruled.get(step.id), steps), _OF_ASK)
    kept = [row.step_id for row in beside.asks]
    found += [f"第 {steps[id_].seq} 步提出的“{Ask(kind).label}”申请没有记录或有两条" for id_, kind in asked.items() if kept.count(id_) != 1]
    return found


def _requests(rows: Sequence[Any]) -> tuple[dict[int, Ask], dict[int, tuple[Any, bool]]]:
    """(step that asked -> what for, step that asked -> (the step that ruled on it, did it grant))."""
    asked: dict[int, Ask] = {}
    ruled: dict[int, tuple[Any, bool]] = {}
    waits: dict[Ask, int] = {}
    for row in rows:
        back = row.given.get("imported") and row.to == State.RETURN_REVIEW
        if kind := Ask.RETURN if back else _ASKED.get(row.step):
            asked[row.id] = kind
            waits[kind] = row.id
        elif row.step in _RULED and (by := waits.pop(_RULED[row.step][0], None)):
            ruled[by] = row, _RULED[row.step][1]
    return asked, ruled


def _asking(step: Any, kind: Ask, row: Any) -> dict[str, Any]:
    expected = {"ask": kind.value, "asked_at": step.at, "given": {name: step.given.get(name) for name in row.given}}
    if not step.given.get("imported"):
        expected |= {"asked_by": step.by_id, "asked_unit": step.unit_id}
    if "dues" in step.given:
        expected["due_at"] = datetime.fromisoformat(step.given["dues"][0])
    return expected


def _ruling(row: Any, ruled: tuple[Any, bool] | None, steps: Mapping[int, Any]) -> dict[str, Any]:
    """A request that no step ruled on waits, or was settled by one that left nobody to rule on it."""
    if ruled:
        step, granted = ruled
        return {"ruled_at": step.at, "ruled_by": step.by_id, "granted": granted, "ruling_step_id": step.id}
    step = steps.get(row.ruling_step_id)
    if step is not None and step.seq > steps[row.step_id].seq and (step.to != step.frm or step.step == "leave_line"):
        return {"ruled_at": step.at, "ruled_by": 0, "granted": None}
    return dict.fromkeys(("ruled_at", "ruled_by", "granted", "ruling_step_id"))


_OF_TASK = {"kind": "种类", "unit_id": "单位", "given_by_unit": "交办单位", "created_at": "交办时间", "due_at": "时限", "state": "状态", "signed_at": "签收时间",
            "replied_at": "答复时间", "ended_at": "结束时间", "redos": "重办次数"}


def _tasks(history: History, beside: Beside) -> list[str]:
    """Each task hangs on the step that gave it, and stands where the steps on it left it."""
    found, rest = [], {row.id: list(_given_tasks(row)) for row in history.rows}
    steps = {row.id: row for row in history.rows}
    for row in beside.tasks:
        what = f"任务 {row.id}"
        if not rest.get(row.step_id):
            found.append(f"{what}不是任何步骤交办的")
            continue
        step, given = steps[row.step_id], rest[row.step_id].pop(0)
        if not step.given.get("imported"):
            given |= {"created_at": step.at} | ({"given_by_unit": step.unit_id} if history.sum.whole else {})
        found += _unlike(what, row, given | (_moved(row, step, history) if history.sum.whole else {}), _OF_TASK)
    return found + [f"第 {steps[id_].seq} 步交办的任务没有记录" for id_, left in rest.items() for _ in left]


def _given_tasks(row: Any) -> Iterator[dict[str, Any]]:
    units = {"add_co": "co_unit", "assign_task": "task_unit", "county_dispatch": "task_unit"}
    kind = {"assign_task": TaskKind.SECTION, "county_dispatch": TaskKind.COUNTY}.get(row.step, TaskKind.CO)
    sends = row.step in _SENT or row.given.get("imported")
    named = [row.given[units[row.step]]] if row.step in units else row.given.get("co_units", ()) if sends else ()
    for n, unit in enumerate(named):
        due = {"due_at": datetime.fromisoformat(row.given["dues"][n])} if row.given.get("dues") else {}
        yield {"kind": kind.value, "unit_id": unit} | due


def _moved(task: Any, given: Any, history: History) -> dict[str, Any]:
    """Where the steps after `given` left a task."""
    found: dict[str, Any] = {"state": TaskState.PENDING_SIGN, "signed_at": None, "replied_at": None, "ended_at": None, "redos": 0}
    if given.given.get("imported"):
        last = [row for row in history.rows if row.given.get("imported")][-1]
        found |= {"state": TaskState.IN_PROGRESS} if State(last.to).is_open else {"state": TaskState.ACCEPTED, "ended_at": last.at}
    stopped: TaskState | None = None
    for row in history.rows[given.seq:]:
        if row.step in TASK_TO and str(row.given.get("task")) == str(task.id):
            state, stamp = TASK_TO[row.step]
            found["state"] = state
            found |= {stamp: row.at} if stamp else {"redos": found["redos"] + 1}
        elif found["state"].is_open and _stops(row, task):
            stopped = found["state"] if row.to == State.MERGED else None
            found |= {"state": TaskState.CANCELLED, "ended_at": row.at}
        elif row.step == "unmerge" and stopped:
            found |= {"state": stopped, "ended_at": None}
            stopped = None
    return found | {"state": found["state"].value}


def _stops(row: Any, task: Any) -> bool:
    ended = row.to != row.frm and not State(row.to).is_open
    return ended or row.step in TAKEN_BACK or (row.step in OF_LINE and task.ended_at == row.at)


def _links(history: History, beside: Beside) -> list[str]:
    """Merges, splits and re-openings are those that steps made, and undone when a step undid them."""
    case, expected = history.case, {}
    for n, row in enumerate(history.rows):
        if row.step == "merge" and "master" in row.given:  # a history brought in seldom says into what
            undone = next((later.at for later in history.rows[n + 1:] if later.frm == State.MERGED and later.to != State.MERGED), None)
            expected["merge", case.id, row.given["master"], row.at] = undone
        elif row.step == "split_off":
            expected["split", case.id, case.parent_id, row.at] = None
        elif row.step == "reopen":
            expected |= {("reopen", made, case.id, None): None for made in row.given.get("made", ())}
    now = {(row.kind, row.case_id, row.other_id, row.at if row.kind != "reopen" else None): row.undone_at for row in beside.links}
    labels = {"merge": "并单", "split": "拆单", "reopen": "关联重开"}
    known = expected.items() if history.whole else [(key, undone) for key, undone in expected.items() if key in now]
    found = [f"{labels[key[0]]}关联（{key[1]} 与 {key[2]}）与历史不符" for key, undone in known if now.get(key, "") != undone]
    return found + [f"{labels.get(key[0], key[0])}关联（{key[1]} 与 {key[2]}）不是任何步骤建立的" for key in now
                    if key not in expected and (history.whole or key[0] == "merge")]


def _rounds(history: History, beside: Beside) -> list[str]:
    """A round that a redo ended keeps what the case held then."""
    if not history.sum.whole:
        return []
    found, kept = [], {row.n: row for row in beside.rounds}
    labels = decided.COLUMNS
    for n, expected in history.rounds.items():
        if n not in kept:
            found.append(f"第 {n + 1} 轮办理的记录不在了")
            continue
        found += [f"第 {n + 1} 轮办理的“{labels[name]}”与历史不符：历史为 {decided.said(value)}，现为 {decided.said(now)}"
                  for name, value in expected.items() if decided.unlike(value, now := _plain(getattr(kept[n], name)))]
    return found + [f"第 {n + 1} 轮办理的记录不是任何步骤留下的" for n in kept if n not in history.rounds]


def _readers(history: History, beside: Beside) -> list[str]:
    """Where no step says who reads a restricted case: at least a step of it let each of them in."""
    if not history.case.restricted or decided.READERS in history.sum.columns:
        return []
    steps = {row.id for row in history.rows}
    return [f"知悉人员 {row.person_id} 不是任何步骤加入的" for row in beside.readers if row.step_id not in steps]


def _marks(history: History, beside: Beside) -> list[str]:
    """Marks that cannot be read, and who did what others judge, which the steps say themselves."""
    marks, rows = history.case.marks, [row for row in history.rows if not row.given.get("imported")]
    found = [f"标记“{decided.label(f'marks.{name}')}”读不出，现为 {decided.said(value)}" for name, value in marks.unread.items() if name in _NAMED]
    did = _doers(rows)
    wrong = {step for step, people in marks.did.items() if not {*people} <= {*did.get(step, ())}}
    if history.sum.whole and State(history.case.state).is_open:
        wrong |= {step for step, people in did.items() if marks.did.get(step) != people}
    return found + [f"标记“{decided.label('marks.did')}”里的“{step}”与历史不符" for step in sorted(wrong)]


_NAMED = frozenset({*decided.MARKS, *decided.LATER_MARKS, *decided.UNCOUNTED})


def _doers(rows: Iterable[Any]) -> dict[str, tuple[int, ...]]:
    found: dict[str, set[int]] = {}
    for row in rows:
        if row.step in JUDGED and row.by_id:
            found.setdefault(row.step, set()).add(row.by_id)
    return {step: tuple(sorted(people)) for step, people in found.items()}


def _number(history: History, beside: Beside) -> list[str]:
    return [] if history.case.number in beside.numbers else ["编号不是发给这个工单的"]
