"""What steps can be given: one field, one place. Screens render it, the API publishes it, the door checks it.

Words (`text`, `long`) may carry personal data: they go to the erasable `StepText` and only their salted digest to the history.
Each kind is read by `kit.read_values`; what an id names is looked up by `queries.given_ids`, when a time is lawful says `checks`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from minsheng.calendar.rules import Limit
from minsheng.cases.rules import DeclineReason, Defect, Dissatisfaction, Kind, Outcome, Satisfaction, places
from minsheng.kit import read_times, read_values, step_fields, written_times
from minsheng.kit.read_values import BadValue
from minsheng.kit.uploads import is_upload
from minsheng.kit.verdict import Invalid
from minsheng.language.telephones import read_phone

WORDS = frozenset({"text", "long"})
FEWEST_PARTS, MOST_PARTS, MOST_ELEMENTS, LONGEST_ELEMENT = 2, 10, 60, 1000


@dataclass(frozen=True, slots=True)
class Field:
    """`kind`: text, long, choice, bool, number, datetime, limit, unit(s), place, case, task, people, article, agent, files, parts, elements, category,
    phone (kept with the requester alone), call (on record, where calls are kept), checks (several of the choices), position (of a phone: `places`; only matters
    that ask for one get it).

    ahead  of a time: it lies in the future, by at most so much; None: it has happened (`checks.lawful_time` says since when)
    asked  False: no form asks for it; the page brings it
    """

    name: str
    label: str
    kind: str
    choices: tuple[tuple[str, str], ...] = ()
    help: str = ""
    longest: int = 4000
    ahead: timedelta | None = None
    asked: bool = True

    @property
    def has_happened(self) -> bool:
        """A time that lies behind us."""
        return self.kind == "datetime" and self.ahead is None

    @property
    def is_words(self) -> bool:
        """May it carry personal data? Then it is kept in the erasable row beside the step."""
        return self.kind in WORDS or self.kind in {"parts", "elements", "position"}


def _f(name: str, label: str, kind: str, choices: Iterable[tuple[str, str]] = (), help: str = "", longest: int = 4000, ahead: timedelta | None = None,
       asked: bool = True) -> tuple[str, Field]:
    return name, Field(name, label, kind, tuple(choices), help, longest, ahead, asked)


YEARS = timedelta(days=365 * 5)  # nothing that a case waits for lies farther ahead


HOW = (("phone", "电话"), ("visit", "上门"), ("wechat", "微信"), ("sms", "短信"), ("other", "其他"))
TRANSFER = (("110", "110 公安"), ("119", "119 消防"), ("120", "120 急救"), ("122", "122 交通"), ("12315", "12315 市场监管"),
            ("12333", "12333 人社"), ("12355", "12355 青少年服务台"), ("12356", "12356 心理援助"), ("12345", "其他城市12345"), ("other", "其他"))
NO_CONTACT = (("not_needed", "诉求人表示无需联系"), ("anonymous", "匿名诉求无联系方式"), ("impossible", "多次联系不上"))
# What the agent asked to know who speaks (rulings, 36): that it was asked is kept, never what was answered.
IDENTITY = (("number", "来电号码就是登记的号码"), ("name", "姓名"), ("phone", "登记时留的电话号码"), ("code", "查询码"),
            ("when", "什么时候登记的"), ("matter", "反映的具体内容"), ("course", "谁联系过、怎么答复的"))
# What the requester of a merged case may say, as the order hears it.
SAID = (("urge", "催办"), ("add_facts", "补充"), ("correct", "更正"), ("withdraw", "撤回本人的诉求"), ("ask_secrecy", "要求保密"),
        ("answer_callback", "回答回访"), ("phone_urge", "来电催办"), ("phone_add", "来电补充"), ("phone_correct", "来电更正"),
        ("phone_withdraw", "来电撤回本人的诉求"), ("phone_secrecy", "来电要求保密"))
NUMBER_FROM = (("caller", "来电人报的"), ("records", "原通话、原件或别的工单里查到的"))
NO_CALLBACK = (("no_number", "没有留下号码，也没有在查询页回答"), ("wrong_number", "号码有误，查无其他号码"),
               ("harm", "限制知悉的事项，回访会给诉求人带来危险"))
NO_POSITION = (("refused", "手机没有允许取位置"), ("signal", "收不到定位信号"), ("device", "设备不能定位"), ("other", "其他"))
STATUTES = (("market", "市场监管投诉调解"), ("report", "市场监管举报核查"), ("labour", "劳动保障监察"), ("licence", "行政许可"), ("other", "其他"))
# No words: what is typed while erasing would be the one thing that stays.
ERASED_ON = (("request", "诉求人申请删除"), ("expired", "保存期限届满"), ("order", "主管机关要求删除"))
RETURN_GROUND = (("duty", "不属本单位法定职责"), ("territory", "不在本辖区"), ("level", "应由上级或下级办理"),
                 ("lawful_channel", "已进入法定程序"), ("incomplete", "要素缺失无法办理"))

FIELDS: dict[str, Field] = dict(
    [
        _f("answer", "答复内容", "long"),
        _f("article", "依据的知识文章", "article", help="文章编号与版本一并记录"),
        _f("no_article", "没有文章的原因", "text", help="咨询没有选知识文章时必填", longest=300),
        _f("order", "交办意见", "long", help="要求怎么办、谁来办、办到什么程度"),
        _f("coordinated", "协调情况", "long", help="和谁协调、定了什么"),
        _f("urging", "督办意见", "long", help="督促哪件事、什么时候看结果"),
        _f("target", "转接去向", "choice", TRANSFER),
        _f("target_answered", "对方已接听", "bool", help="对方接听后才可挂断（国办发〔2022〕12号）"),
        _f("decline_reason", "不予受理的情形", "choice", DeclineReason.choices()),
        _f("told", "告知诉求人的内容", "long"),
        _f("reason", "理由", "long"),
        _f("lead", "主办单位", "unit"),
        _f("co_units", "协办单位", "units"),
        _f("limit", "办理时限", "limit", help="如 5 个工作日、24 小时；不填按类型"),
        _f("basis", "依据", "text", longest=300),
        _f("urgent", "紧急", "bool"),
        _f("minutes", "会商纪要", "long"),
        _f("master", "并入的工单", "case"),
        _f("parts", "拆出的事项", "parts"),
        _f("legal_ground", "退单依据", "choice", RETURN_GROUND),
        _f("proposed_unit", "建议承办单位", "unit"),
        _f("complained_unit", "被反映单位", "unit", help="这个单位和它的前身、后继、下级都看不到本单"),
        _f("ruling", "裁定意见", "long"),
        _f("ground", "删除依据", "choice", ERASED_ON),
        _f("restart", "办理时限重新计算", "bool"),
        _f("contact_at", "联系时间", "datetime"),
        _f("contact_how", "联系方式", "choice", HOW),
        _f("contact_note", "联系情况", "long"),
        _f("call", "通话编号", "call"),
        _f("police_ref", "110警情编号", "text", longest=40),
        _f("police_officer", "110交接人", "text", longest=40),
        _f("police_on_line", "群众在线，已接过", "bool"),
        _f("police_told", "告知110", "text", longest=300),
        _f("no_contact", "不联系的情形", "choice", NO_CONTACT),
        _f("visited_at", "到场时间", "datetime"),
        _f("found", "现场情况", "long"),
        _f("done", "处理措施", "long"),
        _f("left_open", "还没办完的", "long"),
        _f("noted_at", "手机上记下的时间", "datetime", help="只作说明：时限和得分一律按送到的时间算", asked=False),
        _f("position", "到场位置", "position", help="拍照时由手机取一次，精确到约 10 米，只给办理和核查的人看"),
        _f("no_position", "取不到位置的情形", "choice", NO_POSITION),
        _f("why_no_position", "取不到位置的说明", "text", longest=200, help="审核和督查的人看得到，按单位列出"),
        _f("files", "附件", "files"),
        _f("handling", "办理情况（内部）", "long"),
        _f("public_reply", "给诉求人的答复", "long"),
        _f("claimed_solved", "是否已解决", "bool"),
        _f("unsolved_reason", "未解决的原因", "long"),
        _f("interim", "阶段性进展", "long"),
        _f("solve_by", "计划解决日期", "datetime", ahead=YEARS),
        _f("measures", "拟采取的措施", "long"),
        _f("statute", "法定程序", "choice", STATUTES),
        _f("result", "程序结果", "long"),
        _f("duty", "协办内容", "long"),
        _f("co_unit", "协办单位", "unit"),
        _f("task_unit", "下级单位", "unit"),
        _f("task_due", "要求完成时间", "datetime", help="不得晚于主办时限", ahead=YEARS),
        _f("task", "任务", "task"),
        _f("defect", "退回原因", "choice", Defect.choices()),
        _f("party", "受访人的工单", "case"),
        _f("outcome", "回访结果", "choice", Outcome.choices()),
        _f("contacted", "单位是否联系过您", "bool"),
        _f("solved", "问题是否解决", "bool"),
        _f("satisfaction", "是否满意", "choice", Satisfaction.choices()),
        _f("dissatisfaction", "不满意的类型", "choice", Dissatisfaction.choices()),
        _f("verbatim", "诉求人原话", "long"),
        _f("appointment", "约定时间", "datetime", ahead=timedelta(days=14)),
        _f("phone", "新的电话号码", "phone", help="只存入诉求人资料，不写进办理过程", longest=40),
        _f("number_from", "号码从哪里来", "choice", NUMBER_FROM, help="来电人报的，先核对两项只有本人知道的信息"),
        _f("identity", "核对身份时问了什么", "checks", IDENTITY, help="选“来电号码就是登记的号码”，或者至少两项；只记问了什么，不记答案"),
        _f("said", "说了什么", "choice", SAID),
        _f("agent", "接手的话务员", "agent"),
        _f("no_callback", "无法回访的情形", "choice", NO_CALLBACK),
        _f("addition", "补充内容", "long"),
        _f("title", "标题", "text", longest=120),
        _f("narrative", "诉求内容", "long", longest=8000),
        _f("place", "地点", "text", longest=200),
        _f("district", "所在区县", "place"),
        _f("category", "诉求分类", "category"),
        _f("kind", "诉求类型", "choice", Kind.choices()),
        _f("elements", "要素", "elements"),
        _f("readers", "知悉人员", "people"),
        _f("until", "有效期至", "datetime", ahead=YEARS),
        _f("document", "红头文件或签批材料", "files"),
        _f("duty_name", "值班人", "text", longest=40),
        _f("rounds", "值班表打完的轮数", "number"),
        _f("why", "原因代码", "text", longest=120),
    ]
)


def _words(f: Field, value: Any) -> str:
    return read_values.text(value, f.longest, lines=f.kind == "long")


def _choice(f: Field, value: Any) -> str:
    return read_values.choice(value, f.choices)


def _when(f: Field, value: Any) -> str:
    return read_times.moment(value).isoformat()


def _files(value: Any) -> list[Any]:
    """Ids of what was kept before; what comes with the step is kept when it is taken."""
    given = value if isinstance(value, list | tuple) else [value]
    return [one for one in given if is_upload(one)] + read_values.record_ids([one for one in given if not is_upload(one)])


def _limit(f: Field, value: Any) -> str:
    return str(Limit.given(value))


def _elements(f: Field, value: Any) -> dict[str, Any]:
    """Key -> what was said: words, a number, yes or no, and whatever a program of somebody else's nests in them."""
    if not isinstance(value, Mapping):
        raise BadValue("应为对象，如 {\"时段\": \"夜间\"}")
    if len(value) > MOST_ELEMENTS:
        raise BadValue(f"最多 {MOST_ELEMENTS} 项")
    found = {}
    for key, said in value.items():
        name = read_values.line(key, 60)
        if not name:
            raise BadValue("的名称不能为空")
        if said is not None:
            found[name] = _element(name, said)
    return found


def _element(name: str, said: Any) -> Any:
    try:
        found = read_values.text(said, LONGEST_ELEMENT) if isinstance(said, str) else read_values.nested(said)
    except (BadValue, Invalid) as wrong:
        raise Invalid({name: f"要素“{name}”{wrong}"}) from wrong
    if len(element_words(found)) > LONGEST_ELEMENT:
        raise Invalid({name: f"要素“{name}”最多 {LONGEST_ELEMENT} 字"})
    return found


_AS_PROGRAMS_WRITE = re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d)?)?")


def element_words(said: Any) -> str:
    """What a page says of one element, whatever its shape."""
    if isinstance(said, Mapping):
        return "，".join(f"{key}：{element_words(value)}" for key, value in said.items())
    if isinstance(said, list | tuple):
        return "、".join(element_words(value) for value in said)
    if said is None or isinstance(said, bool):
        return {True: "是", False: "否", None: ""}[said]
    return _moment_words(said) if isinstance(said, str) and _AS_PROGRAMS_WRITE.fullmatch(said) else str(said)


def _moment_words(said: str) -> str:
    """What a program sent as 2024-12-29 19:10."""
    try:
        at = datetime.fromisoformat(said)
    except ValueError:
        return said
    return written_times.moment(at) if len(said) > len("2024-12-29") else written_times.day(at)


PART = ("narrative", "title?", "kind?", "category?", "place?", "elements?")  # what a part of a split case says for itself


def _parts(f: Field, value: Any) -> list[dict[str, Any]]:
    """Every part is read like a case of its own."""
    if not isinstance(value, list | tuple) or not all(isinstance(part, Mapping) for part in value):
        raise BadValue("应为列表，每项写明一个事项的 narrative")
    if len(value) < FEWEST_PARTS:  # one part would be the same order once more, with a new limit
        raise BadValue(f"至少 {FEWEST_PARTS} 件；只有一件的不必拆单，请用“修正登记”")
    if len(value) > MOST_PARTS:
        raise BadValue(f"一次最多 {MOST_PARTS} 个")
    read_parts = [read(PART, part) for part in value]
    for n, (_, errors) in enumerate(read_parts, 1):
        if errors:
            raise BadValue(f"第 {n} 件：" + "；".join(errors.values()))
    return [values for values, _ in read_parts]


def _checks(f: Field, value: Any) -> list[str]:
    found = value if isinstance(value, list | tuple) else str(value).split(",")
    return sorted({read_values.choice(one.strip() if isinstance(one, str) else one, f.choices) for one in found[:len(f.choices)]})


def _phone(f: Field, value: Any) -> str:
    if (found := read_phone(read_values.line(value, f.longest))) is None:
        raise BadValue("请填一个号码")
    return str(found)


_READ: dict[str, Callable[[Field, Any], Any]] = {
    "text": _words, "long": _words, "choice": _choice, "datetime": _when, "limit": _limit, "parts": _parts, "elements": _elements,
    "phone": _phone, "checks": _checks, "position": lambda f, value: places.read(value),
    "bool": lambda f, value: read_values.flag(value), "category": lambda f, value: read_values.line(value, 40),
    **dict.fromkeys(("number", "call", "unit", "place", "case", "task", "article", "agent"), lambda f, value: read_values.record_id(value)),
    **dict.fromkeys(("units", "people"), lambda f, value: read_values.record_ids(value)), "files": lambda f, value: _files(value),
}


def read(needs: tuple[str, ...], given: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """(values, errors) of what a step was given. Unknown names are errors: nothing typed is dropped in silence."""
    return step_fields.read(FIELDS, _READ, needs, given)
