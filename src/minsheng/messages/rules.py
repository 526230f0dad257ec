"""The words of our messages, by template and language, and when a failed one is tried again. Pure.

The record is Chinese and comes first; a template without a proof-read Tibetan text goes out in Chinese (rulings, 42).
"""

from __future__ import annotations

from datetime import timedelta

from minsheng.accounts.rules import Actor, Role
from minsheng.kit.verdict import YES, Verdict, no

TEMPLATES: dict[str, dict[str, str]] = {
    "accepted": {
        "zh": "【12345】您的诉求已受理，编号{number}，查询码{code}。可在热线网站查询进度、补充或撤回。",
        "en": "[12345] Your request is registered: no. {number}, code {code}. Use them on our site to follow, add to or withdraw it.",
    },
    "dispatched": {
        "zh": "【12345】您的诉求{number}已派给{lead}办理，最迟{due}前答复。",
        "en": "[12345] Request {number} is now with {lead}; you will have a reply by {due}.",
    },
    "extended": {
        "zh": "【12345】您的诉求{number}办理期限延长至{due}，理由可在查询页查看。",
        "en": "[12345] The date for request {number} is extended to {due}; see the tracking page for the reason.",
    },
    "parked": {"zh": "【12345】您的诉求{number}需较长时间解决，已列入计划，{lead}将持续办理。"},
    "progress": {"zh": "【12345】您的诉求{number}有新的进展，请在查询页查看。", "en": "[12345] There is news on request {number}."},
    "merged": {"zh": "【12345】您的诉求{number}与同一事项合并办理，结果将一并告知您。"},
    "unmerged": {
        "zh": "【12345】您的诉求{number}已恢复单独办理，进度请在查询页查看。",
        "en": "[12345] Request {number} is again handled on its own; see the tracking page.",
    },
    "asked_more": {
        "zh": "【12345】您的诉求{number}需要补充情况：请在查询页查看并补充，或拨打12345告诉话务员。",
        "en": "[12345] We need to know more about request {number}: see the tracking page and answer there, or call 12345.",
    },
    "withdrawn": {
        "zh": "【12345】您的诉求{number}已按来电要求撤回。不是您本人要求的，请马上拨打12345。",
        "en": "[12345] Request {number} was withdrawn as a caller asked. If that was not you, call 12345 at once.",
    },
    "new_code": {
        "zh": "【12345】您的诉求{number}的查询码已更换为{code}，旧的不能再用。不是您本人要求的，请马上拨打12345。",
        "en": "[12345] The code of request {number} is now {code}; the old one is void. If you did not ask for it, call 12345 at once.",
    },
    "redo": {"zh": "【12345】您的诉求{number}将由{lead}重新办理，最迟{due}前答复。"},
    "closed": {"zh": "【12345】您的诉求{number}已办结，欢迎在查询页评价。", "en": "[12345] Request {number} is closed. You can rate it online."},
    "terminated": {"zh": "【12345】您的诉求{number}依规终止办理，理由可在查询页查看。"},
    "final": {"zh": "【12345】您的诉求{number}已作最终答复，内容可在查询页查看。"},
    "period_cancelled": {
        "zh": "【12345】您报了话题的第{period}期接听日已取消。您写的还在，编号{number}，将转为平常诉求办理，可在查询页查看。",
        "en": "[12345] Leader day no. {period} that you sent a topic for is cancelled. Your words are kept (no. {number}) and go on as an ordinary request.",
    },
    "urged": {"zh": "【12345】{name}：工单{number}被催办，请尽快办理并告知诉求人进展。"},
    "overdue": {"zh": "【12345】{name}：工单{number}已超过{limit}时限，请尽快办理并告知诉求人进展。"},
    "ladder_remind": {"zh": "【12345】{name}：工单{number}办理时限{due}将到，请按时办理并答复。"},
    "ladder_urge": {"zh": "【12345】{name}：工单{number}办理时限{due}已过，现予催办，请尽快办理并告知诉求人进展。"},
    "slip_issued": {"zh": "【12345】{name}：{kind}{number}已送达贵单位，请登录签收，并于{due}前回复。"},
    "slip_urged": {"zh": "【12345】{name}：{kind}{number}的回复期限{due}已过，请登录回复。"},
    "point_urged": {"zh": "【12345】{name}：专项督查“{title}”的整改期限{due}已过，请登录报告整改。"},
    "commitment_remind_before": {"zh": "【12345】{name}：接听日第{period}期的一项承诺{due}到期，请按时兑现、报送。请在“承诺台账”查看。"},
    "commitment_remind_due": {"zh": "【12345】{name}：接听日第{period}期的一项承诺今天（{due}）到期，还没有报送兑现情况。请在“承诺台账”查看。"},
    "commitment_urge_late": {"zh": "【12345】{name}：接听日第{period}期的一项承诺已过兑现日期{due}，现予催办。请在“承诺台账”查看。"},
    "commitment_escalate_late": {"zh": "【12345】{name}：接听日第{period}期的一项承诺已过兑现日期{due}五个工作日，仍未报送。请在“承诺台账”督促、核验。"},
    "sheet_to_check": {"zh": "【12345】{name}：“{title}”的考核数字已出，请在{until}前登录核对；有异议的，附证据提出。"},
    "lead_ended": {"zh": "【12345】{name}：接听日第{period}期、{day}批准的一条报道线索已终止，请不再跟踪、不再刊播。请在“报道线索”查看。"},
    "lead_ended_published": {"zh": "【12345】{name}：接听日第{period}期、{day}批准的一条报道线索已终止，请不再跟踪，已刊播的请商媒体撤下。请在“报道线索”查看。"},
    "topic_rising": {"zh": "【12345】{name}：{matter}近{days}天受理{n}件，明显多于往年同期或此前，请在“民情议题”查看。"},
    "bulletin_drafted": {"zh": "【12345】{name}：“{title}”{how}，请登录写文字、提交签发。"},
    "wake_shift": {"zh": "【12345紧急】{name}：工单{number}超时未签收，值班表已打完一轮，请直接联系承办单位。"},
    "unsigned": {"zh": "【12345】{name}：工单{number}已过签收时限，还没有签收，请尽快签收办理。"},
    "urgent_duty": {"zh": "【12345紧急】{name}：紧急工单{number}已派到贵单位，请立即签收办理。"},
}
LABELS = {
    "accepted": "受理告知", "dispatched": "派单告知", "extended": "延期告知", "parked": "挂账告知", "progress": "进展告知", "merged": "并单告知", "unmerged": "撤销并单告知",
    "asked_more": "请补充告知", "withdrawn": "撤诉告知", "new_code": "查询码更换告知",
    "redo": "重办告知", "closed": "办结告知", "terminated": "终止告知", "final": "最终答复告知", "urgent_duty": "紧急工单呼叫值班", "wake_shift": "呼叫值班长",
    "unsigned": "超时未签呼叫值班", "period_cancelled": "接听日取消告知", "urged": "催办告知单位", "overdue": "超期告知单位",
    "ladder_remind": "到期前提醒单位", "ladder_urge": "逾期催办单位", "slip_issued": "督办文书送达",
    "slip_urged": "督办文书逾期催办", "point_urged": "督查整改逾期催办", "topic_rising": "议题上升预警",
    "lead_ended": "报道线索终止告知", "lead_ended_published": "报道线索终止告知（已刊播）",
    "commitment_remind_before": "承诺到期前提醒", "commitment_remind_due": "承诺到期当天提醒", "commitment_urge_late": "承诺逾期催办",
    "commitment_escalate_late": "承诺逾期上报",
    "sheet_to_check": "请单位核对考核数字", "bulletin_drafted": "报告到点拟出",
}
WAITS = (timedelta(seconds=30), timedelta(minutes=2), timedelta(minutes=10), timedelta(hours=1), timedelta(hours=6))


def render(template: str, context: dict, language: str) -> str:
    """The text of a message. KeyError for an unknown template: a programming error."""
    words = TEMPLATES[template]
    return words.get(language, words["zh"]).format(**context)


def wait_after(tries: int) -> timedelta | None:
    """How long until the next try; None: given up, a person looks at it."""
    return WAITS[tries - 1] if tries <= len(WAITS) else None


def fate(state: str, connected: bool, error: str = "") -> str:
    """What is true of one message, for the person who has to tell the other side what it would have told."""
    if state == "sent":
        return "短信已发出"
    if state == "failed":
        return f"短信没有发出去（{error or '平台没有收下'}）"
    if state == "sending" or (state == "queued" and connected):
        return "短信正在发送"
    return f"短信没有发出：{error}" if state == "stopped" or state == "held" and connected and error else "短信平台没有接入，短信没有发出"


def may_retry(by: Actor, state: str, connected: bool, erased: bool = False) -> Verdict:
    """Only what failed or was held and still has its words, and only once the channel is there to take it."""
    if Role.SYSTEM_ADMIN not in by.roles:
        return no("role", "消息由系统管理员重发")
    if state not in {"failed", "held"}:
        return no("state", "只有失败的和未接入时留存的消息可以重发")
    if erased:
        return no("erased", "内容已依法删除，不能再发")
    return YES if connected else no("off", "这个渠道还没有接入发送平台，重发也出不去")
