"""The published columns of a file in or out, their words, and how a cell is read. Pure; docs/exchange.md is generated from here.

Read by rulings 25-26.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo

from minsheng.accounts.rules import Actor, Role
from minsheng.cases.rules import Channel, Kind, RequesterKind, Satisfaction, State
from minsheng.exchange import spoilt
from minsheng.kit.labelled_enum import Labelled
from minsheng.kit.read_times import moment
from minsheng.kit.read_values import BadValue
from minsheng.kit.sheet_values import Number
from minsheng.kit.tables import whole
from minsheng.kit.verdict import YES, Verdict, no
from minsheng.language.folding import fold, without_unseen
from minsheng.language.simplified import TABLE


@dataclass(frozen=True, slots=True)
class Column:
    """`kind`: text, words, time, type, channel, state, requester_kind, bool, satisfaction, unit, units, category, assumed, files."""

    code: str
    name: str
    kind: str
    longest: int = 0
    help: str = ""


COLUMNS = (
    Column("external_no", "外部编号", "text", 120, "来源系统的编号；同一来源同一编号只导入一次。没有时以整行内容为准"),
    Column("received_at", "受理时间", "time", help="必填"),
    Column("channel", "渠道", "channel", help="不填为“其他平台转来”"),
    Column("type", "类型", "type", help="不填为“其他”"),
    Column("category", "分类", "category", help="代码、名称，或自上而下以“/”相连的名称；不认识的分类使该行不能导入"),
    Column("title", "标题", "text", 200, "不填取内容开头"),
    Column("narrative", "诉求内容", "words", 20000, "必填；只有标题时以标题为内容"),
    Column("place", "地点", "text", 200),
    Column("requester", "诉求人", "text", 80),
    Column("requester_kind", "诉求人类型", "requester_kind", help="不填为“群众”"),
    Column("phone", "电话", "text", 40, "导出为国际格式（+86…，分机写作“转801”）；未加 --full 时遮盖"),
    Column("unit", "承办单位", "unit", help="代码、名称或简称；不认识的单位使该行不能导入"),
    Column("dispatched_at", "派单时间", "time"),
    Column("signed_at", "签收时间", "time"),
    Column("first_contact_at", "首次联系时间", "time"),
    Column("replied_at", "答复时间", "time"),
    Column("reply", "答复内容", "words", 20000),
    Column("closed_at", "办结时间", "time"),
    Column("state", "状态", "state", help="不填按已有的时间推定"),
    Column("due_at", "办理时限", "time", help="来源系统给定的时限；未办结而没有时限的，按本市时限表计算"),
    Column("co_units", "协办单位", "units", help="多个以“、”或分号相隔"),
    Column("reached", "回访接通", "bool", help="不填而填了是否解决或满意度的，视为接通"),
    Column("solved", "是否解决", "bool"),
    Column("satisfaction", "满意度", "satisfaction"),
    Column("source", "来源", "text", 50, "不填取 --source、对照表的 source 或文件名"),
    Column("assumed", "推定的时间", "assumed", help="时间不是来源记录、而是推定的列，多个以分号相隔；受理时间是推定的，不计入按日期的统计"),
    Column("files", "附件", "files", help="相对于导入文件所在文件夹的路径，多个以分号相隔；只导入，不导出"),
)
BY_CODE = {c.code: c for c in COLUMNS}
_BY_HEADER = {**{c.code: c.code for c in COLUMNS}, **{c.name: c.code for c in COLUMNS}}
# What the sheets of others call our columns, where the words can mean nothing else.
_CALLED = {
    "external_no": "工单编号 工单号 诉求编号 受理编号 来源编号 流水号", "received_at": "受理日期", "channel": "受理渠道 诉求渠道 来源渠道",
    "type": "诉求类型 工单类型", "category": "诉求分类 工单分类 事项分类", "title": "诉求标题 工单标题 主题",
    "narrative": "反映内容 来电内容 投诉内容 诉求描述 诉求详情 问题描述", "place": "地址 诉求地址 诉求地点 事发地址 事发地点 问题地点",
    "requester": "姓名 来电人 反映人 联系人 投诉人 诉求人姓名 来电人姓名 联系人姓名",
    "phone": "联系电话 手机 手机号 手机号码 电话号码 来电号码 联系方式 联系人电话", "unit": "主办单位 承办部门 主办部门", "reply": "回复内容 答复意见",
    "replied_at": "回复时间", "closed_at": "办结日期 结案时间", "state": "工单状态 办理状态", "due_at": "办理期限 办结期限 截止时间", "satisfaction": "满意度评价",
}
_BY_OTHER_NAME = {name: code for code, names in _CALLED.items() for name in names.split()}
_MARKED = re.compile(r"[\s*:\ufeff\u200b]|\((?:必填|选填|可不填|可选)\)")
EXPORTED = tuple(c for c in COLUMNS if c.code != "files")
TIMES = tuple(c.code for c in COLUMNS if c.kind == "time")

# Other words for our codes, beside the code itself and its label.
_ALSO: dict[str, dict[str, object]] = {
    "bool": {"yes": True, "是": True, "1": True, "true": True, "y": True, "已解决": True, "已接通": True, "接通": True, "解决": True,
             "no": False, "否": False, "0": False, "false": False, "n": False, "未解决": False, "未接通": False},
    "satisfaction": {"很满意": "very", "very satisfied": "very", "一般": "basically", "neutral": "basically", "较满意": "satisfied",
                     "很不满意": "very_unsatisfied", "dissatisfied": "unsatisfied", "very dissatisfied": "very_unsatisfied"},
    "channel": {"热线": "phone", "来电": "phone", "12345热线": "phone", "call": "phone", "网络": "web", "微信公众号": "wechat", "信件": "letter",
                "邮件": "mail", "email": "mail", "手机客户端": "app", "小程序": "wechat", "走访": "visit"},
    "type": {"意见": "suggest", "意见建议": "suggest", "感谢": "praise", "求决": "help", "complain": "complaint", "suggestion": "suggest"},
    "state": {"closed": "closed", "open": "in_progress", "已完成": "closed", "已归档": "closed", "已结案": "closed", "处理中": "in_progress",
              "待派单": "pending_review", "直接答复": "direct_answered", "撤销": "withdrawn"},
    "requester_kind": {"个人": "person", "市民": "person", "法人": "company", "单位": "company", "citizen": "person", "business": "company"},
}
_ENUMS: dict[str, type[Labelled] | type[State]] = {"channel": Channel, "type": Kind, "state": State, "requester_kind": RequesterKind, "satisfaction": Satisfaction}


def vocabulary(kind: str) -> dict[str, object]:
    """word (lower case) -> our code, for a kind of column that has words."""
    known = {word: m.value for m in _ENUMS.get(kind, ()) for word in (m.value, m.label)}
    known.pop(State.START.value, None)
    known.pop(State.START.label, None)
    return {**{w.lower(): code for w, code in _ALSO.get(kind, {}).items()}, **known}


VOCABULARY = {kind: vocabulary(kind) for kind in (*_ENUMS, "bool")}


def label(kind: str, code: object) -> str:
    """What an export writes for a code of ours."""
    if code is None or code == "":
        return ""
    if kind == "bool":
        return "是" if code else "否"
    return _ENUMS[kind](str(code)).label


def header_code(name: str) -> str | None:
    """Our column for a header cell, by code or Chinese name; None for a column that is not ours.

    Marks of templates (*受理时间, 受理时间（必填）) and breaks within a name say nothing.
    """
    return _BY_HEADER.get(_bare(name))


def other_name(name: str) -> str | None:
    """Our column by what others call it; it counts where no column bears our own name for it."""
    return _BY_OTHER_NAME.get(_bare(name))


def _bare(name: str) -> str:
    return _MARKED.sub("", unicodedata.normalize("NFKC", name)).lower().translate(TABLE)


# --- cells ------------------------------------------------------------


class BadCell(Exception):
    """A cell that cannot be read; the message says why, in words."""

    def __init__(self, column: str, sentence: str):
        super().__init__(sentence)
        self.column = column


_DAY_NUMBER = re.compile(r"[2-6]\d{4}(\.\d+)?")  # what a spreadsheet calls a day where the cell has no format


def read_time(column: str, value: object, zone: tzinfo, formats: tuple[str, ...] = ()) -> datetime:
    """A time of day in `zone` unless the value has its own offset; a date alone is its midnight. Microseconds are kept."""
    try:
        return moment(_parsed(value, formats), zone)
    except BadValue as wrong:
        asked = "（其他写法请在对照表的 formats 中列出）" if str(wrong).startswith("应如") else ""
        said = "不是时间，" if wrong.alone == str(wrong) else ""
        raise BadCell(column, f"{BY_CODE[column].name}“{str(value)[:30]}”{said}{wrong}{asked}") from wrong


def _parsed(value: object, formats: tuple[str, ...]) -> object:
    """What `moment` reads: a time of the forms that the map names, a day's number of a spreadsheet, else the value itself."""
    if isinstance(value, date) and not isinstance(value, datetime):
        return datetime(value.year, value.month, value.day)
    if not isinstance(value, str):
        return value
    value = value if isinstance(value, Number) else value.removeprefix("'")  # what keeps a sheet from counting with it
    if _DAY_NUMBER.fullmatch(value):
        return value.moment() if isinstance(value, Number) else datetime(1899, 12, 30) + timedelta(milliseconds=round(float(value) * 86_400_000))
    for form in () if not formats or (value[:4].isdigit() and _reads(value)) else formats:
        try:
            return datetime.strptime(value, form)
        except (ValueError, re.error):
            continue
    return str(value)


def _reads(value: str) -> bool:
    try:
        moment(value, UTC)
    except BadValue:
        return False
    return True


def read_word(column: Column, text: str) -> object:
    """Our code for a word of a vocabulary."""
    found = VOCABULARY[column.kind].get(fold(text).strip().lower().translate(TABLE))
    if found is None:
        raise BadCell(column.code, f"{column.name}“{text[:30]}”不在词表中，请用词表中的词，或在对照表中注明它对应什么")
    return found


def read_text(column: Column, text: str) -> str:
    if why := spoilt.why(text):
        raise BadCell(column.code, f"{column.name}{why}，原来的字找不回来；请从原系统重新导出这一行")
    if column.longest and len(text) > column.longest:
        raise BadCell(column.code, f"{column.name}最多 {column.longest} 字，现有 {len(text)} 字")
    return text


_FLOAT = re.compile(r"^(\d{1,15})\.0+$")  # a program that takes numbers for measures writes 1001 as 1001.0
_LOST = re.compile(r"\d\.\d+[eE]\+?\d+|\d[eE]\+\d+")


# What is written where there is no number: taken for one, it would make many orders one.
_NO_NUMBER = re.compile(r"[\W_]+|0+|[无空]|暂无|没有|待补|未编号|不详|未知|n/?a|none|null|nil", re.IGNORECASE)


def read_key(column: Column, text: str, rounded: bool = False) -> str:
    """A number of the source; "" where it says that there is none. What a spreadsheet has rounded would make two orders one. `rounded`: so has the
    whole column."""
    if _NO_NUMBER.fullmatch(text):
        return ""
    text = _FLOAT.sub(r"\1", text.removeprefix("'") or text)
    if _LOST.fullmatch(text):
        digits = whole(text)
        if digits is None:
            raise BadCell(column.code, f"{column.name}“{text[:30]}”被表格软件改成了科学计数，后几位已经丢失，请按原编号重填（把这一列设为文本）")
        text = digits
    if rounded:
        raise BadCell(column.code, f"这一列 16 位以上的{column.name}末尾全是 0，多半被表格软件舍去了后几位；请按原编号重填（把这一列设为文本）")
    return read_text(column, without_unseen(text))


def split_list(text: str) -> list[str]:
    return [part.strip() for part in re.split(r"[、;；|\n]", text) if part.strip()]


# --- who may take it away ------------------------------------------------------------

MAY_EXPORT_FULL = frozenset({Role.SHIFT_LEADER, Role.SUPERVISOR, Role.INSPECTOR})


def may_export_full(by: Actor | None, reason: str) -> Verdict:
    """Full numbers for all rows at once: by name, by those who answer for it, with a reason that somebody else can check (rulings, 25)."""
    if by is None:
        return no("by", "导出完整信息须用 --by 写明导出人的用户名（在用的账号）", "by")
    if not by.roles & MAY_EXPORT_FULL:
        return no("role", "只有" + "、".join(sorted(r.label for r in MAY_EXPORT_FULL)) + "可以导出完整信息", "by")
    if len(set("".join(reason.split()))) < 4:
        return no("reason", "导出完整信息须用 --reason 写明用途（至少 4 个字）", "reason")
    return YES
