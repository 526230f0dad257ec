"""What the agent's desk asks and does beside the door: how an intake may end, the caller's cases with their steps, call notes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from django.db.models import Q

from minsheng.accounts import queries as people
from minsheng.accounts.rules import Actor, Role
from minsheng.cases import queries
from minsheng.cases.models import CallNote, Case, CaseStep, Category, StepText
from minsheng.cases.queries import case_page, lists, requesters, words
from minsheng.cases.queries.facts import agent_of
from minsheng.cases.rules import ENDED, OPEN, CaseFacts, Channel, State, masking
from minsheng.cases.rules.facts import Merge
from minsheng.cases.rules.masking import NOBODY
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.cases.rules.readers import Place
from minsheng.contacts import queries as contacts
from minsheng.contacts.models import Contact
from minsheng.contacts.rules import Sought
from minsheng.kit import clock
from minsheng.kit.database import WrittenOut, planned_once
from minsheng.kit.steps import Step, verdict
from minsheng.kit.verdict import Invalid, Refused, Verdict, no

ENDS = ("answer", "transfer", "decline", "submit")  # how a call that becomes a case may end
# When the caller comes back (rulings, 38): about a case that is handled, here or in the order it is merged into; and about one that has ended.
_OF_CALLER = [row for row in PROCEDURE if row.desk.place is Place.CALLER]
SECOND = tuple(row.name for row in _OF_CALLER if row.frm & OPEN)
ENDED_SECOND = tuple(row.name for row in _OF_CALLER if row.frm & (ENDED - {State.MERGED}))
NOTE_KINDS = dict(CallNote._meta.get_field("kind").flatchoices)
# What the agent owes with each kind, "" when nothing. What is said of a state secret is kept nowhere (rulings, 41).
NOTE_DUTIES = {
    "silent": "连续两次无声再挂断；疑似求救的按紧急警情转接。",
    "harassing": "按规定提示后可挂断；多次骚扰的报值班长，由两人核定号码提示。任何时候不影响紧急求助。",
    "dropped": "有号码的回拨一次；回拨接通后从暂存继续登记。",
    "secret": "请立即请对方停止讲述；不登记内容，不生成工单。本页已记的内容会随记录一起删除。请马上当面报告值班长和保密机构。",
}


def ends(by: Actor) -> dict[str, Verdict]:
    """Step -> may the actor end an own intake with it, or why not. No statement."""
    fresh = CaseFacts(id=0, state=State.DRAFT, agent=by.id)
    return {name: verdict(PROCEDURE[name], fresh, by) for name in ENDS}


@dataclass(frozen=True)
class CallerCase:
    """One earlier case of the caller. `steps` are those of a second contact, open or shut with the reason."""

    case: Case
    state: State
    band: str
    left: str
    due: str
    steps: list[tuple[Step, Verdict]] = field(default_factory=list)
    reopen: Verdict | None = None


def of_caller(by: Actor, callers: Iterable[Contact], limit: int = 5) -> list[CallerCase]:
    """The caller's last cases, the unclosed first. One statement, and one or two for the one that is still open."""
    found = lists.with_phone(by, callers, limit)
    found.sort(key=lambda c: (not _is_live(State(c.state)), -c.id))
    return [_seen(case, by, first=i == 0) for i, case in enumerate(found)]


def _seen(case: Case, by: Actor, first: bool) -> CallerCase:
    state = State(case.state)
    band, left, due = case_page.band_of(case)
    if _is_live(state):
        facts = queries.facts_of(case) if first else None
        steps = [(PROCEDURE[n], verdict(PROCEDURE[n], facts, by)) for n in SECOND] if facts else []
        return CallerCase(case, state, band, left, due, steps)
    bare = CaseFacts(id=case.id, state=state, merge=Merge(left=case.marks.left))
    offered = [(PROCEDURE[n], answer) for n in ENDED_SECOND if (answer := verdict(PROCEDURE[n], bare, by))]
    return CallerCase(case, state, band, left, due, offered, reopen=verdict(PROCEDURE["reopen"], bare, by))


def _is_live(state: State) -> bool:
    """Handled still, by itself or in the order that it is merged into."""
    return state.is_open or state == State.MERGED


def speaks_from(case_id: int, sought: Sought | None, by: Actor) -> bool:
    """Is the number that the caller rings from the one on the case's record? Refused("hidden") for a case that is not the actor's."""
    contact = queries.get(case_id, by).contact
    return sought is not None and contact is not None and contact.phone_hash is not None and bytes(contact.phone_hash) == sought.hash


@dataclass(frozen=True)
class Returned:
    """A draft that lies in the case table, with what the dispatcher asks. `whose`: "own", "web" (its requester is asked as well), or
    "left": of an agent who has gone, for whoever takes it."""

    case: Case
    asked: str
    whose: str


_DRAFTS = WrittenOut(Q(state=State.DRAFT.value))  # planned for any state, all that is open would be read for the few drafts


@planned_once()
def returned(by: Actor, limit: int = 10) -> list[Returned]:
    """What the agent can go on with: the own drafts, those of the net, those of agents who have left or moved. Three statements, one for none."""
    rows = queries.visible(by).filter(_DRAFTS, closed_at=None, imported=False).order_by("-id")
    drafts = [(case, agent_of(case)) for case in rows[:200]]
    there = people.holding(Role.AGENT, sorted({agent for _, agent in drafts if agent not in (0, by.id)})) if drafts else set()
    found = [(case, "own" if agent == by.id else "web" if agent == 0 else "left") for case, agent in drafts if agent not in there - {by.id}]
    found = [(case, whose) for case, whose in found if whose != "web" or case.marks.asked_more][:limit]
    asked = StepText.objects.filter(case_id__in=[c.id for c, _ in found], step__step="ask_more").order_by("step_id") if found else ()
    by_id = {c.id: c for c, _ in found}
    said = {t.case_id: words.of_step_text(t, by_id[t.case_id], words.FULL).get("reason", "") for t in asked}
    return [Returned(case, said.get(case.id, ""), whose) for case, whose in sorted(found, key=lambda pair: pair[1] != "own")]


@dataclass(frozen=True)
class SentBack:
    """An own case that waits to be sent again: with the dispatcher's last question, "" when the agent took it back."""

    case: Case
    said: words.Words
    category: str
    why: str
    requester: object


def sent_back(case_id: int, by: Actor) -> SentBack:
    """Refused for a case that is hidden, no draft any more, or another agent's."""
    case = queries.get(case_id, by)
    if not (may := verdict(PROCEDURE["amend"], queries.facts_of(case), by)):
        raise Refused(may)
    asked = StepText.objects.filter(case_id=case.id, step__step="ask_more").order_by("-step_id").first()
    last = CaseStep.objects.filter(case_id=case.id, id__gte=case.id, step__in=("ask_more", "unsubmit")).order_by("-seq").first()
    said = words.of_step_text(asked, case, words.FULL) if asked and last and last.step == "ask_more" else {}
    return SentBack(case, words.of_case(case, words.FULL), case.category.code if case.category else "", said.get("reason", ""),
                    contacts.masked(case.contact))


def may_unsubmit(case: Case, by: Actor) -> Verdict:
    return verdict(PROCEDURE["unsubmit"], queries.facts_of(case), by)


def sees(case: Case, by: Actor) -> bool:
    """May who has just registered a case open it? Not when it complains of their own unit."""
    return queries.visible(by).filter(id=case.id).exists()


def matter(code: str) -> Category | None:
    return queries.category(code) if code else None


def note_call(*, by: Actor, kind: str, note: str = "", channel: str = Channel.PHONE.value, call_id: int | None = None,
              case_id: int | None = None) -> CallNote:
    """A call or visit that ends without a case, so that the received figure does not swell (rulings, 38).

    What was said about a state secret is not written down anywhere (rulings, 41). Personal data in a note is masked.
    """
    if not (may := ends(by)["submit"]):
        raise Refused(no(may.code, "通话记录由话务员登记"))
    errors = {}
    if kind not in NOTE_KINDS:
        errors["note_kind"] = "请选择来电情形：" + "、".join(NOTE_KINDS.values())
    if channel not in dict(Channel.choices()):
        errors["channel"] = "渠道代码无效"
    if kind == "secret" and note.strip():
        errors["note"] = "涉密内容不得记录，请清空说明后保存，并按规定报告"
    if len(note.strip()) > 280:
        errors["note"] = "说明最多 280 字"
    if errors:
        raise Invalid(errors)
    people = requesters.known_of([queries.get(case_id, by)])[case_id] if case_id is not None else NOBODY
    return CallNote.objects.create(at=clock.now(), channel=channel, kind=kind, agent_id=by.id, agent_name=by.name,
                                   note=masking.note(note.strip(), people), call_id=call_id, case_id=case_id)
