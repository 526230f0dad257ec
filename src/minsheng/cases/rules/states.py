"""The words of a case: its states with their attributes, kinds, reasons, outcomes. Pure.

States have attributes; no list of states stands beside them. Read from the law by rulings 6-13.
"""

from __future__ import annotations

from enum import StrEnum
from typing import Self

from minsheng.kit.labelled_enum import Labelled


class State(StrEnum):
    """label; is_open: somebody still owes something; held_by: whose desk it lies on; public: the citizen's word."""

    label: str
    is_open: bool
    held_by: str
    public: str

    def __new__(cls, value: str, label: str = "", is_open: bool = False, held_by: str = "", public: str = "") -> Self:
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
    PENDING_CALLBACK = "pending_callback", "待回访", True, "callback_clerk", "已答复，等待回访"
    CLOSED = "closed", "已办结", False, "", "已办结"
    DIRECT_ANSWERED = "direct_answered", "在线办结", False, "", "已当场答复"
    DECLINED = "declined", "不予受理", False, "", "不予受理"
    TRANSFERRED = "transferred", "已转接", False, "", "已转接专门渠道"
    MERGED = "merged", "已并单", False, "", "已与同一事项合并办理"
    SPLIT = "split", "已拆分", False, "", "已拆成几件，分别办理"
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
    POLICE = "police", "110转来"
    OTHER_SYSTEM = "other_system", "其他平台转来"


class RequesterKind(Labelled):
    PERSON = "person", "群众"
    COMPANY = "company", "企业"


class DeclineReason(Labelled):
    """The six branches of Beijing's 条例 art. 11, read as rulings, 41 says."""

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


class Ground(Labelled):
    """Why a case is restricted (rulings, 31). The ground is kept, never shown outside its readers."""

    MINOR = "minor", "未成年人"
    SELFHARM = "selfharm", "自伤自杀"
    LIFE = "life", "生命安全"
    WHISTLE = "whistle", "举报人保护"
    MATTER = "matter", "事项规定"
    OTHER = "other", "其他"


class Defect(Labelled):
    """Why a reply is sent back (rulings, 12)."""

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
    """“不满意” needs a kind and a review before redo (rulings, 13)."""

    RESULT = "result", "对结果不满意"
    ATTITUDE = "attitude", "对态度不满意"
    POLICY = "policy", "对政策不满意"
    UNREASONABLE = "unreasonable", "诉求超出合理范围"


class TaskState(StrEnum):
    """Of a slice of duty that the lead, a county centre or the coordinator gave to another unit."""

    label: str
    is_open: bool

    def __new__(cls, value: str, label: str = "", is_open: bool = False) -> Self:
        member = str.__new__(cls, value)
        member._value_, member.label, member.is_open = value, label, is_open
        return member

    PENDING_SIGN = "pending_sign", "待签收", True
    IN_PROGRESS = "in_progress", "办理中", True
    REPLIED = "replied", "待审核", True
    ACCEPTED = "accepted", "已完成", False
    RETURNED = "returned", "已退回", False
    CANCELLED = "cancelled", "已取消", False

    @property
    def is_gone(self) -> bool:
        """Given back or taken away: the unit has, and had, no part in the order."""
        return self in {TaskState.RETURNED, TaskState.CANCELLED}


# step on a task -> (where it leaves the task, the time that it sets there)
TASK_TO: dict[str, tuple[TaskState, str | None]] = {
    "task_sign": (TaskState.IN_PROGRESS, "signed_at"), "task_return": (TaskState.RETURNED, "ended_at"),
    "task_reply": (TaskState.REPLIED, "replied_at"), "task_accept": (TaskState.ACCEPTED, "ended_at"),
    "county_accept": (TaskState.ACCEPTED, "ended_at"), "co_accept": (TaskState.ACCEPTED, "ended_at"),
    "task_redo": (TaskState.IN_PROGRESS, None), "county_redo": (TaskState.IN_PROGRESS, None), "co_redo": (TaskState.IN_PROGRESS, None),
    "cancel_task": (TaskState.CANCELLED, "ended_at"),
}


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
    NO_CALLBACK = "no_callback", "无法回访"
