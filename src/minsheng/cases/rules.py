"""What a case is to the procedure, and every question that its steps ask. Pure: frozen facts in, a `Verdict` out.

States have attributes; no list of states stands beside them. Sources: domain page section 4, rulings 6-12.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from minsheng.accounts.rules import Actor, Role
from minsheng.kit.verdict import YES, Verdict, no


class Labelled(StrEnum):
    """A code with the word that screens say."""

    label: str

    def __new__(cls, value: str, label: str):
        member = str.__new__(cls, value)
        member._value_, member.label = value, label
        return member

    @classmethod
    def choices(cls) -> list[tuple[str, str]]:
        return [(m.value, m.label) for m in cls]


class State(StrEnum):
    """label; is_open: somebody still owes something; held_by: whose desk it lies on; public: the citizen's word."""

    label: str
    is_open: bool
    held_by: str
    public: str

    def __new__(cls, value: str, label: str, is_open: bool, held_by: str, public: str):
        member = str.__new__(cls, value)
        member._value_ = value
        member.label, member.is_open, member.held_by, member.public = label, is_open, held_by, public
        return member

    START = "start", "未登记", False, "", ""
    DRAFT = "draft", "草稿", True, "agent", "登记中"
    PENDING_REVIEW = "pending_review", "待审核派单", True, "dispatcher", "已受理，正在审核派单"
    PENDING_SIGN = "pending_sign", "待签收", True, "unit", "已派单，等待单位签收"
    RETURN_REVIEW = "return_review", "退单审核", True, "return_reviewer", "正在核定承办单位"
    IN_PROGRESS = "in_progress", "办理中", True, "unit", "单位办理中"
    PARKED = "parked", "挂账", True, "unit", "已列入挂账，按计划解决"
    PENDING_CHECK = "pending_check", "待办结审核", True, "checker", "单位已答复，正在审核"
    PENDING_CALLBACK = "pending_callback", "待回访", True, "callback_clerk", "单位已答复，等待回访"
    CLOSED = "closed", "已办结", False, "", "已办结"
    DIRECT_ANSWERED = "direct_answered", "在线办结", False, "", "已当场答复"
    DECLINED = "declined", "不予受理", False, "", "不予受理"
    TRANSFERRED = "transferred", "已转接", False, "", "已转接专门渠道"
    MERGED = "merged", "已并单", False, "", "已与同一事项合并办理"
    TERMINATED = "terminated", "已终止", False, "", "已终止办理"
    FINAL_REPLIED = "final_replied", "最终答复", False, "", "已作最终答复"
    WITHDRAWN = "withdrawn", "已撤诉", False, "", "已按您的要求撤回"


OPEN = frozenset(s for s in State if s.is_open)
SUBMITTED = OPEN - {State.DRAFT}
WITH_UNIT = frozenset({State.PENDING_SIGN, State.IN_PROGRESS, State.PARKED})
ENDED = frozenset(s for s in State if not s.is_open and s is not State.START)


class Clock(Labelled):
    """What a step does to the clock of handling (rulings, 1)."""

    START = "start", "开始计时"
    PAUSE = "pause", "暂停计时"
    RESUME = "resume", "恢复计时"
    EXTEND = "extend", "顺延"
    REDO = "redo", "按原时限一半重新计时"
    STOP = "stop", "停止计时"


class Kind(Labelled):
    """诉求类型; `limit` is the row of the table of time limits."""

    CONSULT = "consult", "咨询"
    HELP = "help", "求助"
    COMPLAINT = "complaint", "投诉"
    REPORT = "report", "举报"
    SUGGEST = "suggest", "建议"
    PRAISE = "praise", "表扬"
    OTHER = "other", "其他"

    @property
    def limit(self) -> str:
        return f"handle_{self.value}"


class Channel(Labelled):
    PHONE = "phone", "电话"
    WEB = "web", "网站"
    WECHAT = "wechat", "微信"
    APP = "app", "客户端"
    LETTER = "letter", "来信"
    VISIT = "visit", "来访"
    MAIL = "mail", "电子邮件"
    OTHER_SYSTEM = "other_system", "其他平台转来"


class RequesterKind(Labelled):
    PERSON = "person", "群众"
    COMPANY = "company", "企业"


class DeclineReason(Labelled):
    """The six branches of Beijing's 条例 art. 11, with the corrections of practice section 2."""

    LAWFUL_CHANNEL = "lawful_channel", "已进入诉讼、仲裁、纪检、复议、信访等法定渠道"
    SAME_MATTER = "same_matter", "同一事项无新的事实"
    SECRET = "secret", "涉及国家秘密、商业秘密、工作秘密或他人个人信息"
    OUTSIDE_DUTY = "outside_duty", "不属于各单位职责，由市场或社会途径解决"
    UNLAWFUL = "unlawful", "诉求违法或有悖公序良俗"
    EMERGENCY = "emergency", "紧急警情，应立即转接110/119/120"

    @property
    def duty(self) -> str:
        """What the agent owes the caller with this branch."""
        return {
            "lawful_channel": "说明受理该事项的法定渠道及联系方式",
            "same_matter": "告知原工单的进度或结果",
            "secret": "说明不能受理的理由；涉密的立即停止通话内容记录并按规定报告",
            "outside_duty": "指明市场或社会途径，可交有关单位给予指导",
            "unlawful": "劝导、说明，并记录",
            "emergency": "立即转接并确认对方已接听",
        }[self.value]


class Defect(Labelled):
    """Why a reply is sent back (domain, section 4 row 17)."""

    OFF_TOPIC = "off_topic", "答非所问"
    NO_CONTACT = "no_contact", "未联系诉求人"
    TEMPLATE = "template", "套话空话"
    NO_PROOF = "no_proof", "缺少佐证"
    WRONG_FACTS = "wrong_facts", "与事实不符"
    UNSOLVED = "unsolved", "能解决未解决"


class Outcome(Labelled):
    """Of a call-back (rulings, 13)."""

    ANSWERED = "answered", "已答问卷"
    REFUSED = "refused", "拒绝回访"
    RELATIVE = "relative", "家属代接"
    APPOINTMENT = "appointment", "另约时间"
    WRONG_NUMBER = "wrong_number", "号码错误"
    NOT_REACHED = "not_reached", "未接通"
    HANDED_OVER = "handed_over", "转藏语回访员"


class Satisfaction(Labelled):
    """The five levels of 好差评."""

    VERY = "very", "非常满意"
    SATISFIED = "satisfied", "满意"
    BASICALLY = "basically", "基本满意"
    UNSATISFIED = "unsatisfied", "不满意"
    VERY_UNSATISFIED = "very_unsatisfied", "非常不满意"

    @property
    def counts(self) -> bool:
        return self in {Satisfaction.VERY, Satisfaction.SATISFIED, Satisfaction.BASICALLY}


class Dissatisfaction(Labelled):
    """“不满意” needs a kind and a review before redo (practice, 1.13)."""

    RESULT = "result", "对结果不满意"
    ATTITUDE = "attitude", "对态度不满意"
    POLICY = "policy", "对政策不满意"
    UNREASONABLE = "unreasonable", "诉求超出合理范围"


class TaskState(StrEnum):
    """Of a slice of duty that the lead, a county centre or the coordinator gave to another unit."""

    label: str
    is_open: bool

    def __new__(cls, value: str, label: str, is_open: bool):
        member = str.__new__(cls, value)
        member._value_, member.label, member.is_open = value, label, is_open
        return member

    PENDING_SIGN = "pending_sign", "待签收", True
    IN_PROGRESS = "in_progress", "办理中", True
    REPLIED = "replied", "待审核", True
    ACCEPTED = "accepted", "已完成", False
    RETURNED = "returned", "已退回", False
    CANCELLED = "cancelled", "已取消", False


class TaskKind(Labelled):
    CO = "co", "协办"
    SECTION = "section", "单位内二次派单"
    COUNTY = "county", "县区二次派单"


class Ask(Labelled):
    """What may hang on a case, waiting for a ruling (rulings, 6)."""

    RETURN = "return", "退单"
    EXTENSION = "extension", "延期"
    PARKING = "parking", "挂账"
    TERMINATION = "termination", "终止办理"
    FINAL = "final", "最终答复"
    STATUTORY = "statutory", "转法定程序"
    EXCLUSION = "exclusion", "剔除"
    CONSULT = "consult", "派前会商"
    REDO = "redo", "重办审核"
    ERASURE = "erasure", "删除个人信息"


MAX_EXTENSIONS = 2  # rulings, 3
CALLBACK_TRIES = 3
PROBLEM_AT = 3  # upheld returns or redos (rulings, 7)


@dataclass(frozen=True, slots=True)
class TaskFacts:
    id: int
    kind: TaskKind
    unit: int
    unit_path: tuple[int, ...]
    state: TaskState
    given_by_unit: int


@dataclass(frozen=True, slots=True)
class CaseFacts:
    """All that guards may know of a case. Unit ids; `lead_path` from the root to the lead."""

    id: int
    state: State
    kind: Kind = Kind.OTHER
    urgent: bool = False
    sealed: bool = False
    restricted: bool = False
    readers: frozenset[int] = frozenset()
    agent: int = 0
    category: str = ""
    no_push_down: bool = False
    evidence: str = "answer"
    missing_elements: tuple[str, ...] = ()
    elements_waived: bool = False
    lead: int = 0
    holder: int = 0  # the unit whose people act: the lead, or the unit that the lead was merged into
    lead_path: tuple[int, ...] = ()
    complained: int = 0
    bound: frozenset[int] = frozenset()  # units that a ruling names: they may not return
    released: frozenset[int] = frozenset()  # units whose return was upheld: not to be sent there again
    pending: frozenset[Ask] = frozenset()
    asked_by: tuple[tuple[Ask, int], ...] = ()
    proposed_unit_path: tuple[int, ...] = ()
    is_late_to_sign: bool = False
    is_overdue: bool = False
    is_office_time: bool = True
    extensions: int = 0
    returns: int = 0
    redos: int = 0
    has_contact: bool = False
    contact_waived: bool = False
    has_field_record: bool = False
    has_photo: bool = False
    has_article: bool = False
    has_draft_reply: bool = False
    drafted_by: int = 0
    statutory: bool = False
    excluded: bool = False
    decline_confirmed: bool = False
    night_dispatched: bool = False
    night_reviewed: bool = False
    tries: int = 0
    imported: bool = False
    master: int = 0
    merged_count: int = 0
    erased: bool = False
    before_merge: State | None = None
    tasks: tuple[TaskFacts, ...] = ()
    task: TaskFacts | None = None  # the one that a step on a task is about
    now: datetime | None = None
    given: dict = field(default_factory=dict)

    def asker(self, ask: Ask) -> int:
        return dict(self.asked_by).get(ask, 0)


# --- guards: the person and the case -----------------------------------------------------------------------------------


def of_own_unit(case: CaseFacts, by: Actor) -> Verdict:
    return YES if by.unit and by.unit == case.holder else no("not_yours", "本单由其他单位主办")


def not_of_the_lead(case: CaseFacts, by: Actor) -> Verdict:
    """Who judges is not of the unit that is judged (domain, section 8)."""
    return no("own_unit", "本单由您所在单位承办，须由他人办理") if by.unit and by.unit in case.lead_path else YES


def not_of_either(case: CaseFacts, by: Actor) -> Verdict:
    """The return reviewer belongs neither to the unit that returns nor to the one proposed."""
    if by.unit and (by.unit in case.lead_path or by.unit in case.proposed_unit_path):
        return no("own_unit", "您属于争议一方单位，须由他人裁定")
    return YES


def own_draft(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.agent in (0, by.id) else no("not_yours", "草稿由其他话务员登记，请值班长移交")


def own_case(case: CaseFacts, by: Actor) -> Verdict:
    return YES if by.case_id == case.id else no("not_yours", "请用受理编号和查询码打开本人的诉求")


def not_asked_by_me(ask: Ask):
    def another_person(case: CaseFacts, by: Actor) -> Verdict:
        return no("two_persons", "须由申请人以外的人裁定") if case.asker(ask) == by.id else YES

    another_person.__name__ = f"{ask.value}_ruled_by_another_person"
    return another_person


# --- guards: the case -----------------------------------------------------------------------------------------------------


def category_set(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.category else no("category", "请先选定诉求分类", "category")


def elements_complete(case: CaseFacts, by: Actor) -> Verdict:
    """Missing elements cause most returns: they are asked for before dispatch (practice, 1.7)."""
    if case.missing_elements and not case.elements_waived:
        return no("elements", "要素缺少：" + "、".join(case.missing_elements) + "。请补齐，或写明无法补齐的原因", "elements")
    return YES


def elements_lacking(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.missing_elements and not case.elements_waived else no("elements", "要素齐全，无需豁免")


def urgent_at_night(case: CaseFacts, by: Actor) -> Verdict:
    """Urgent orders may not wait for a reviewer at night (rulings, 8)."""
    if not case.urgent:
        return no("not_urgent", "不是紧急工单，由派单员审核派单")
    return no("office_time", "上班时间由派单员审核派单") if case.is_office_time else YES


def awaits_post_review(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.night_dispatched and not case.night_reviewed else no("no_night_dispatch", "不是夜间直派工单，或已补审")


def not_bound(case: CaseFacts, by: Actor) -> Verdict:
    """A rejected return or a duty finding shuts the return of the named unit (rulings, 7)."""
    return no("bound", "职责已裁定由本单位承办，不得再次退单") if case.holder in case.bound or case.lead in case.bound else YES


def sign_limit_not_passed(case: CaseFacts, by: Actor) -> Verdict:
    """Past the limit the unit is the first recipient (rulings, 7; 吕梁)."""
    return no("late_to_sign", "已超过签收时限，按首接负责制不得退单，请签收办理") if case.is_late_to_sign else YES


def nothing_pending(*asks: Ask):
    def none_waiting(case: CaseFacts, by: Actor) -> Verdict:
        waiting = [a for a in asks if a in case.pending]
        return no("pending", f"{waiting[0].label}申请正在等待裁定") if waiting else YES

    none_waiting.__name__ = "no_pending_" + "_".join(a.value for a in asks)
    return none_waiting


def is_pending(ask: Ask):
    def waiting(case: CaseFacts, by: Actor) -> Verdict:
        return YES if ask in case.pending else no("not_asked", f"没有待裁定的{ask.label}申请")

    waiting.__name__ = f"{ask.value}_is_pending"
    return waiting


def extension_left(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.extensions < MAX_EXTENSIONS else no("extensions", f"已延期 {MAX_EXTENSIONS} 次，不能再申请")


def before_expiry(case: CaseFacts, by: Actor) -> Verdict:
    return no("overdue", "已超过办理时限，延期须在到期前申请") if case.is_overdue else YES


def contact_allowed(case: CaseFacts, by: Actor) -> Verdict:
    """A sealed order is contacted through the desk (rulings, 11)."""
    return no("sealed", "要求保密工单：请由热线中心转接联系") if case.sealed else YES


def contact_through_desk(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.sealed else no("not_sealed", "不是保密工单，由承办单位直接联系")


def contacted_or_waived(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.has_contact or case.contact_waived else no("no_contact", "还没有联系诉求人的记录；无需或无法联系的，请写明理由")


def evidence_present(case: CaseFacts, by: Actor) -> Verdict:
    """Evidence by kind of matter (rulings, 12)."""
    if case.evidence in {"field", "photo"} and not case.has_field_record:
        return no("evidence", "本类事项需要现场办理记录")
    if case.evidence == "photo" and not case.has_photo:
        return no("evidence", "本类事项需要现场照片")
    return YES


def reply_drafted(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.has_draft_reply else no("no_draft", "经办人还没有起草答复")


def tasks_finished(case: CaseFacts, by: Actor) -> Verdict:
    waiting = [t for t in case.tasks if t.state.is_open]
    return no("tasks", f"还有 {len(waiting)} 项协办或二次派单未完成") if waiting else YES


def statutory_over(case: CaseFacts, by: Actor) -> Verdict:
    return no("statutory", "法定程序尚未结束，请先登记结果") if case.statutory else YES


def in_statutory(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.statutory else no("not_statutory", "本单不在法定程序中")


def tried_enough(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.tries >= CALLBACK_TRIES else no("tries", f"未接通须在不同时段回访满 {CALLBACK_TRIES} 次（已 {case.tries} 次）")


def not_master(case: CaseFacts, by: Actor) -> Verdict:
    return no("is_master", f"已有 {case.merged_count} 件并入本单，不能再并入其他工单") if case.merged_count else YES


def decline_unconfirmed(case: CaseFacts, by: Actor) -> Verdict:
    return no("confirmed", "不予受理已确认") if case.decline_confirmed else YES


def not_excluded(case: CaseFacts, by: Actor) -> Verdict:
    return no("excluded", "本单已剔除") if case.excluded else YES


def not_restricted(case: CaseFacts, by: Actor) -> Verdict:
    return no("restricted", "本单已限制知悉范围") if case.restricted else YES


def is_restricted(case: CaseFacts, by: Actor) -> Verdict:
    return YES if case.restricted else no("not_restricted", "本单未限制知悉范围")


def not_erased(case: CaseFacts, by: Actor) -> Verdict:
    return no("erased", "个人信息已依法删除") if case.erased else YES


def not_sealed(case: CaseFacts, by: Actor) -> Verdict:
    return no("sealed", "本单已要求保密") if case.sealed else YES


def not_urgent_yet(case: CaseFacts, by: Actor) -> Verdict:
    return no("urgent", "已是紧急工单") if case.urgent else YES


# --- guards: tasks --------------------------------------------------------------------------------------------------------


def task_in(*states: TaskState):
    def task_stands(case: CaseFacts, by: Actor) -> Verdict:
        if case.task is None:
            return YES if any(t.state in states for t in case.tasks) else no("no_task", "没有可办的协办或二次派单任务")
        return YES if case.task.state in states else no("task_state", f"任务状态为“{case.task.state.label}”")

    task_stands.__name__ = "task_" + "_or_".join(states)
    return task_stands


def task_of_own_unit(case: CaseFacts, by: Actor) -> Verdict:
    mine = [case.task] if case.task else case.tasks
    return YES if any(t.unit == by.unit for t in mine) else no("not_yours", "任务不属于您的单位")


def task_given_by_us(kind: TaskKind):
    def given_here(case: CaseFacts, by: Actor) -> Verdict:
        mine = [case.task] if case.task else case.tasks
        ours = any(t.given_by_unit == by.unit and t.kind == kind for t in mine)
        return YES if ours else no("not_yours", f"没有由您单位派出的{kind.label}任务")

    given_here.__name__ = f"{kind.value}_task_given_by_us"
    return given_here


def task_is_co(case: CaseFacts, by: Actor) -> Verdict:
    mine = [case.task] if case.task else case.tasks
    return YES if any(t.kind == TaskKind.CO for t in mine) else no("no_task", "没有协办任务")


# --- who sees what ----------------------------------------------------------------------------------------------------------

_SEES_PERSONAL = frozenset(
    {Role.AGENT, Role.SHIFT_LEADER, Role.DISPATCHER, Role.CHECKER, Role.CALLBACK_CLERK, Role.COORDINATOR, Role.SUPERVISOR,
     Role.RETURN_REVIEWER, Role.INSPECTOR}
)
_UNIT_SEES_PERSONAL = frozenset({Role.UNIT_LIAISON, Role.UNIT_HANDLER, Role.UNIT_APPROVER, Role.COUNTY_CENTRE})


def sees_personal(case: CaseFacts, by: Actor) -> Verdict:
    """May the actor read the words of the caller unmasked, and ask for the number with a reason?"""
    if by.case_id and by.case_id == case.id:
        return YES
    if by.roles & _SEES_PERSONAL:
        return YES
    if by.roles & _UNIT_SEES_PERSONAL:
        if case.sealed:
            return no("sealed", "诉求人要求保密，请由热线中心转接联系")
        handles = by.unit and (by.unit == case.holder or any(t.unit == by.unit and t.state.is_open for t in case.tasks))
        return YES if handles else no("not_yours", "只有承办本单的人员可以查看个人信息")
    return no("masked", "您的岗位看不到个人信息")


def is_problem(returns: int, redos: int) -> bool:
    """疑难工单: three upheld returns or three redos (rulings, 7)."""
    return returns >= PROBLEM_AT or redos >= PROBLEM_AT
