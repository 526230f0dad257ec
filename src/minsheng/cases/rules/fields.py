"""What steps can be given: one field, one place. Screens render it, the API publishes it, the door checks it.

Words (`text`, `long`) may carry personal data: they go to the erasable `StepText` and only their salted digest to the history.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from minsheng.calendar.rules import Limit
from minsheng.cases.rules import DeclineReason, Defect, Dissatisfaction, Kind, Outcome, Satisfaction
from minsheng.kit.uploads import is_upload

WORDS = frozenset({"text", "long"})


@dataclass(frozen=True, slots=True)
class Field:
    """`kind`: text, long, choice, bool, number, datetime, limit, unit(s), case, task, people, article, files, parts, elements, category."""

    name: str
    label: str
    kind: str
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    longest: int = 4000

    @property
    def is_words(self) -> bool:
        """May it carry personal data? Then it is kept in the erasable row beside the step."""
        return self.kind in WORDS or self.kind in {"parts", "elements"}


def _f(name: str, label: str, kind: str, choices=(), help: str = "", longest: int = 4000) -> tuple[str, Field]:
    return name, Field(name, label, kind, tuple(choices), help, longest)


HOW = (("phone", "电话"), ("visit", "上门"), ("wechat", "微信"), ("sms", "短信"), ("other", "其他"))
TRANSFER = (("110", "110 公安"), ("119", "119 消防"), ("120", "120 急救"), ("122", "122 交通"), ("12315", "12315 市场监管"),
            ("12333", "12333 人社"), ("12345", "其他城市12345"), ("other", "其他"))
NO_CONTACT = (("not_needed", "诉求人表示无需联系"), ("anonymous", "匿名诉求无联系方式"), ("impossible", "多次联系不上"))
STATUTES = (("market", "市场监管投诉调解"), ("report", "市场监管举报核查"), ("labour", "劳动保障监察"), ("licence", "行政许可"), ("other", "其他"))
RETURN_GROUND = (("duty", "不属本单位法定职责"), ("territory", "不在本辖区"), ("level", "应由上级或下级办理"),
                 ("lawful_channel", "已进入法定程序"), ("incomplete", "要素缺失无法办理"))

FIELDS: dict[str, Field] = dict(
    [
        _f("answer", "答复内容", "long"),
        _f("article", "依据的知识文章", "article", help="文章编号与版本一并记录"),
        _f("target", "转接到", "choice", TRANSFER),
        _f("target_answered", "对方已接听", "bool", help="对方接听后才可挂断（国办发〔2022〕12号）"),
        _f("decline_reason", "不予受理的情形", "choice", DeclineReason.choices()),
        _f("told", "告知诉求人的内容", "long"),
        _f("reason", "理由", "long"),
        _f("lead", "主办单位", "unit"),
        _f("co_units", "协办单位", "units"),
        _f("limit", "办理时限", "limit", help="如 5wd、24h；不填按类型"),
        _f("basis", "依据", "text", longest=300),
        _f("urgent", "紧急", "bool"),
        _f("minutes", "会商纪要", "long"),
        _f("master", "并入的工单", "case"),
        _f("parts", "拆出的事项", "parts"),
        _f("legal_ground", "退单依据", "choice", RETURN_GROUND),
        _f("proposed_unit", "建议承办单位", "unit"),
        _f("ruling", "裁定意见", "long"),
        _f("restart", "办理时限重新计算", "bool"),
        _f("contact_at", "联系时间", "datetime"),
        _f("contact_how", "联系方式", "choice", HOW),
        _f("contact_note", "联系情况", "long"),
        _f("call", "通话编号", "number"),
        _f("no_contact", "不联系的情形", "choice", NO_CONTACT),
        _f("visited_at", "到场时间", "datetime"),
        _f("found", "现场情况", "long"),
        _f("done", "处理措施", "long"),
        _f("files", "附件", "files"),
        _f("handling", "办理情况（内部）", "long"),
        _f("public_reply", "给诉求人的答复", "long"),
        _f("claimed_solved", "是否已解决", "bool"),
        _f("unsolved_reason", "未解决的原因", "long"),
        _f("interim", "阶段性进展", "long"),
        _f("solve_by", "计划解决日期", "datetime"),
        _f("measures", "拟采取的措施", "long"),
        _f("statute", "法定程序", "choice", STATUTES),
        _f("result", "程序结果", "long"),
        _f("duty", "协办内容", "long"),
        _f("co_unit", "协办单位", "unit"),
        _f("task_unit", "下级单位", "unit"),
        _f("task_due", "要求完成时间", "datetime", help="不得晚于主办时限"),
        _f("task", "任务", "task"),
        _f("defect", "退回原因", "choice", Defect.choices()),
        _f("party", "受访人的工单", "case"),
        _f("outcome", "回访结果", "choice", Outcome.choices()),
        _f("contacted", "单位是否联系过您", "bool"),
        _f("solved", "问题是否解决", "bool"),
        _f("satisfaction", "是否满意", "choice", Satisfaction.choices()),
        _f("dissatisfaction", "不满意的类型", "choice", Dissatisfaction.choices()),
        _f("verbatim", "诉求人原话", "long"),
        _f("appointment", "约定时间", "datetime"),
        _f("addition", "补充内容", "long"),
        _f("title", "标题", "text", longest=120),
        _f("narrative", "诉求内容", "long", longest=8000),
        _f("place", "地点", "text", longest=200),
        _f("district", "所在区县", "unit"),
        _f("category", "诉求分类", "category"),
        _f("kind", "诉求类型", "choice", Kind.choices()),
        _f("elements", "要素", "elements"),
        _f("readers", "知悉人员", "people"),
        _f("until", "有效期至", "datetime"),
        _f("document", "红头文件或签批材料", "files"),
        _f("duty_name", "值班人", "text", longest=40),
        _f("why", "原因代码", "text", longest=120),
    ]
)


def _words(f: Field, value: Any) -> str:
    text = str(value).replace("\x00", "").strip()
    if len(text) > f.longest:
        raise ValueError(f"{f.label}最多 {f.longest} 字，现有 {len(text)} 字")
    return text


def _choice(f: Field, value: Any) -> str:
    if value not in dict(f.choices):
        raise ValueError(f"{f.label}须为：" + "、".join(f"{c}（{w}）" for c, w in f.choices))
    return str(value)


_YES = {True, "true", "1", "on", "yes", "是"}
_NO = {False, "false", "0", "off", "no", "否"}


def _bool(f: Field, value: Any) -> bool:
    if value in _YES:
        return True
    if value in _NO:
        return False
    raise ValueError(f"{f.label}请选择“是”或“否”")


def _when(f: Field, value: Any) -> str:
    at = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    if at.tzinfo is None:
        raise ValueError(f"{f.label}缺少时区")
    return at.isoformat()


def _number(f: Field, value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        raise ValueError(f"{f.label}应为编号") from None


def _numbers(f: Field, value: Any) -> list[int]:
    return [_number(f, v) for v in (value if isinstance(value, (list, tuple)) else str(value).split(","))]


def _files(f: Field, value: Any) -> list:
    """Ids of what was kept before; what comes with the step is kept when it is taken."""
    given = value if isinstance(value, (list, tuple)) else str(value).split(",")
    return [one if is_upload(one) else _number(f, one) for one in given]


def _limit(f: Field, value: Any) -> str:
    return str(Limit.parse(str(value)))


def _code(f: Field, value: Any) -> str:
    return str(value).strip()


def _kept(f: Field, value: Any) -> Any:
    return value


_READ = {
    "text": _words, "long": _words, "choice": _choice, "bool": _bool, "datetime": _when, "limit": _limit, "number": _number,
    "unit": _number, "case": _number, "task": _number, "person": _number, "article": _number, "units": _numbers, "people": _numbers,
    "files": _files, "category": _code, "parts": _kept, "elements": _kept,
}


def read(needs: tuple[str, ...], given: Mapping[str, Any]) -> tuple[dict, dict]:
    """(values, errors) of what a step was given. Unknown names are errors: nothing typed is dropped in silence."""
    known = {n.rstrip("?") for n in needs}
    errors = {n: f"本步骤不需要“{FIELDS[n].label if n in FIELDS else n}”" for n in given if n not in known}
    values = {}
    for need in needs:
        name = need.rstrip("?")
        value, wrong = _read_one(FIELDS[name], given.get(name))
        if wrong or (value is None and not need.endswith("?")):
            errors[name] = wrong or f"请填写{FIELDS[name].label}"
        elif value is not None:
            values[name] = value
    return values, errors


def _read_one(f: Field, raw: Any) -> tuple[Any, str]:
    """(value, ""), (None, "") for nothing given, or (None, what is wrong)."""
    if raw is None or raw == "" or raw == []:
        return None, ""
    try:
        value = _READ[f.kind](f, raw)
    except (ValueError, TypeError) as wrong:
        said = str(wrong)
        return None, said if said[:1] > "\u2e80" else f"{f.label}填写有误"
    return (None, "") if value == "" else (value, "")
