"""What the agent's desk asks and does beside the door: how an intake may end, the caller's cases with their steps, call notes."""

from __future__ import annotations

from dataclasses import dataclass, field

from minsheng.accounts.rules import Actor
from minsheng.cases import queries
from minsheng.cases.models import CallNote, Case, Category, StepText
from minsheng.cases.queries import case_page, lists, requesters, words
from minsheng.cases.rules import CaseFacts, Channel, State, masking
from minsheng.cases.rules.masking import NOBODY
from minsheng.cases.rules.procedure import PROCEDURE
from minsheng.kit import clock
from minsheng.kit.steps import Step, verdict
from minsheng.kit.verdict import Invalid, Refused, Verdict, no

ENDS = ("answer", "transfer", "decline", "submit")  # how a call that becomes a case may end
SECOND = ("phone_urge", "phone_add", "phone_correct", "phone_withdraw", "phone_secrecy")  # when the caller comes back (practice, 1.6)
NOTE_KINDS = dict(CallNote._meta.get_field("kind").choices)
# What the agent owes with each kind, "" when nothing. What is said of a state secret is kept nowhere (practice, section 2).
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


def of_caller(by: Actor, phone: str, limit: int = 5) -> list[CallerCase]:
    """The caller's last cases, the unclosed first. Two statements, and one or two for the one that is still open."""
    found = lists.with_phone(by, phone, limit)
    found.sort(key=lambda c: (not State(c.state).is_open, -c.id))
    return [_seen(case, by, first=i == 0) for i, case in enumerate(found)]


def _seen(case: Case, by: Actor, first: bool) -> CallerCase:
    state = State(case.state)
    band, left, due = case_page.band_of(case)
    if state.is_open:
        facts = queries.facts_of(case) if first else None
        steps = [(PROCEDURE[n], verdict(PROCEDURE[n], facts, by)) for n in SECOND] if facts else []
        return CallerCase(case, state, band, left, due, steps)
    bare = CaseFacts(id=case.id, state=state)
    return CallerCase(case, state, band, left, due, reopen=verdict(PROCEDURE["reopen"], bare, by))


def returned(by: Actor, limit: int = 10) -> list[tuple[Case, str]]:
    """The agent's own drafts that lie in the case table: sent back for more, or taken back; with the words of the dispatcher.
    Two statements, one when there are none."""
    rows = list(queries.visible(by).filter(state=State.DRAFT, closed_at=None, agent_id=by.id).order_by("-id")[:limit])
    if not rows:
        return []
    asked = StepText.objects.filter(case_id__in=[c.id for c in rows], step__step="ask_more").order_by("step_id")
    by_id = {c.id: c for c in rows}
    said = {t.case_id: words.of_step_text(t, by_id[t.case_id], words.FULL).get("reason", "") for t in asked}
    return [(case, said.get(case.id, "")) for case in rows]


def may_unsubmit(case: Case, by: Actor) -> Verdict:
    return verdict(PROCEDURE["unsubmit"], queries.facts_of(case), by)


def matter(code: str) -> Category | None:
    return queries.category(code) if code else None


def note_call(*, by: Actor, kind: str, note: str = "", channel: str = Channel.PHONE.value, call_id: int | None = None,
              case_id: int | None = None) -> CallNote:
    """A call or visit that ends without a case, so that the received figure does not swell (practice, 1.6).

    What was said about a state secret is not written down anywhere (practice, section 2). Personal data in a note is masked.
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
