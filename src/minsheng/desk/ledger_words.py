"""An entry of the ledger as its auditor reads it: whom or what it is about by name, its details in words. The chain keeps the codes."""

from __future__ import annotations

from collections.abc import Iterable

from minsheng.accounts import queries as people
from minsheng.accounts.rules import SCOPES, Role
from minsheng.calendar import rules as calendar
from minsheng.cases import queries as cases
from minsheng.cases.rules.fields import element_words
from minsheng.contacts.rules import Grade
from minsheng.desk.matter_form import limits_named
from minsheng.kit.read_values import id_or_none
from minsheng.messages import adapters
from minsheng.messages import rules as messages
from minsheng.org import queries as org

_KEYS = {
    "role": "角色", "username": "用户名", "unit": "单位", "address": "地址", "rows": "条数", "cases": "工单", "steps": "步骤", "count": "个数",
    "failures": "连续失败", "days": "天数", "first": "从", "last": "到", "what": "事项", "before": "原为", "after": "现为", "parent": "上级",
    "name": "名称", "value": "时限", "urgent": "紧急时限", "from": "生效", "to": "止于", "own": "本人改的", "scopes": "范围", "code": "编号", "n": "版本",
    "deed": "动作", "kinds": "日子", "matter": "事项", "full": "含完整信息", "file": "文件", "source": "来源", "read": "读到", "made": "进入",
    "bad": "有误", "category": "事项", "lead": "主办", "basis": "依据", "channel": "渠道", "state": "状态", "short": "简称", "phone": "电话",
    "starts": "起", "ends": "止", "into": "并入", "active": "在用", "grade": "等级", "kind": "行为", "about": "对象", "since": "自", "until": "至",
    "keywords": "识别词", "elements": "要素", "evidence": "佐证", "keys": "停用密钥", "left": "剩余备用码", "burst": "额度", "limit_matter": "时限同",
    "in_hand": "已接手", "recording": "录音", "call": "通话", "root": "当日的根", "leaves": "件数", "published": "文件摘要", "manifest": "清单摘要", "months": "月份",
    "sha256": "问题摘要", "skip": "跳过行数",
}
_VALUES = {
    "holiday": "放假", "makeup": "补班", "work": "工作日", "rest": "休息日", "district": "按属地", "sms": "短信", "work_message": "工作消息", "mail": "邮件",
    "failed": "失败", "held": "未接入留存", "stopped": "不再发", "queued": "待发", "sent": "已发", "publish": "发布", "withdraw": "撤下", "created": "设立", "renamed": "更名",
    "corrected": "更正", "moved": "调整隶属", "merged": "并入", "closed": "停用", "reopened": "恢复使用", "duty": "值班表", "ledger": "操作台账",
    "recovery": "备用码", "logins": "登录失败增多", "codes": "查询码输错增多", "reveals": "查看号码超额", "searches": "按号码查找超额",
    "proposed": "提出", "approved": "同意", "ended": "结束",
}
_HIDDEN = {"contact", "heads", "recheck", "into"}  # numbers of rows and digests that say nothing to a reader
_ABOUT = {
    "schedule": "按时拟出报告", "template": "报告模板", "call": "通话", "callback": "回拨", "danger": "危险词", "cases": "工单", "contact": "诉求人的信息",
    "feedback": "给110的告知", "article": "知识文章", "oversight": "督办阶梯", "archive": "归档", "day": "每日结果",
    "flag": "来电人提示", "rule": "派单目录", "message": "消息", "source": "导入来源", "calendar": "工作日历", "channel": "渠道", "anchor": "历史锚定",
}


def detail(given: dict) -> str:
    """The details in one line."""
    found = [f"{_KEYS.get(key, '其他')} {said}" for key, value in given.items() if key not in _HIDDEN and (said := _value(key, value))]
    return "；".join(found)[:200]


def _value(key: str, value) -> str:
    if isinstance(value, bool):
        return "是" if value else "否"
    if isinstance(value, dict):
        return "、".join(f"{_KEYS.get(k, '其他')} {said}" for k, v in value.items() if k not in _HIDDEN and (said := _value(k, v)))
    if isinstance(value, list):
        return "、".join(filter(None, (_value(key, one) for one in value)))
    return "" if value is None else _OF_KEY.get(key, _plain)(value)


def _plain(value) -> str:
    return _VALUES.get(str(value), str(value))


def _role(value) -> str:
    return Role(value).label if value in set(Role) else str(value)


def _unit(value) -> str:
    return org.tree().name(id_or_none(str(value))) or ("按属地" if value == "district" else _by_code(value))


def _by_code(value) -> str:
    found = org.tree().by_code.get(str(value))
    return (found.short or found.name) if found else ""


def _limit(value) -> str:
    try:
        return calendar.Limit.parse(str(value)).label if value else ""
    except ValueError:
        return str(value)


def _matter(value) -> str:
    found = cases.category(str(value)) if value else None
    return found.name if found else ""


def _element(value) -> str:
    return str(value.get("label", "")) if isinstance(value, dict) else str(value)


_OF_KEY = {
    "role": _role, "unit": _unit, "parent": _unit, "lead": _unit, "value": _limit, "urgent": _limit, "matter": _matter, "category": _matter,
    "limit_matter": lambda v: limits_named().get(str(v), ""), "scopes": lambda v: SCOPES.get(v, str(v)), "starts": lambda v: element_words(str(v)[:16]),
    "ends": lambda v: element_words(str(v)[:16]), "grade": lambda v: Grade(v).label if v in set(Grade) else str(v),
    "channel": lambda v: adapters.label_of(str(v)),
    "kind": lambda v: messages.LABELS.get(v, _VALUES.get(v, "")),
}


def about(marks: Iterable[str]) -> list[str]:
    """What each entry is about, by its name of today; one statement for a page."""
    marks = list(marks)
    of = [(mark.partition(":")[0], mark.partition(":")[2]) for mark in marks]
    names = people.names([id_ for kind, number in of if kind == "person" and (id_ := id_or_none(number))])
    return [_said(kind, number, names) for kind, number in of]


def _said(kind: str, number: str, names: dict) -> str:
    """A case is no auditor's to open: its last figures tell two of them apart."""
    id_ = id_or_none(number)
    known = {
        "person": lambda: f"{names.get(id_, '已删除的账号')}（账号）", "unit": lambda: f"{org.tree().name(id_)}（单位）",
        "case": lambda: f"工单（尾号 {number[-6:]}）", "category": lambda: f"{_matter(number) or '已停用的事项'}（事项）",
        "limit": lambda: "时限", "ledger": lambda: "操作台账", "": lambda: "",
    }
    if kind in known:
        return known[kind]()
    word = _ABOUT.get(kind, "")
    return f"{word} {number}" if kind in {"source", "day"} else word or "其他"
