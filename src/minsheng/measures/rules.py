"""Every measure, declared once: what is divided by what, what puts a case into the period, for whom it counts. Pure.

From these rows come the figure, the list behind it, the help text, the API and docs/measures.md. Read by rulings 18-23.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache
from typing import Any

from minsheng.accounts.rules import Actor, Role
from minsheng.kit import percents
from minsheng.kit.intervals import wilson
from minsheng.kit.procedure_page import section
from minsheng.kit.verdict import YES, Verdict, no
from minsheng.measures.program_schemes import in_the_program, samples
from minsheng.measures.score_rules import FIELDS, SCORED, SCORING, Scheme, ScoringState, in_force, in_words
from minsheng.measures.sets import SETS

RANK_FROM = 30  # below this many, no comparison with others (rulings, 46)
POLICIES = {"excluded": "未接通的不计入（默认）", "no": "未接通的按“未解决、不满意”计"}
# Of the tasks that were asked of co-units in the period (rulings, 66): the set `co.…` of each.
OF_CO_UNITS = {
    "given": ("请办", "期内请其协办的任务；反馈时限没到就收回、取消或随工单办结停下的不计"),
    "due": ("到期", "到统计截止已过反馈时限的；时限内退回的不计，过了时限才退回、收回的照计"),
    "in_time": ("按时反馈", "时限内反馈的"), "returned": ("退回", "没有签收、退回给协调员另定的"),
}
CALL_SETS = tuple(code for code, one in SETS.items() if one.fact == "call")
BY = {"unit": "主办单位", "category": "诉求分类", "channel": "渠道", "district": "区县"}
WHOLE = "全部"
NONE_OF = {"unit": "未派单", "category": "未分类", "channel": "渠道不明", "district": "区县不明"}


@dataclass(frozen=True, slots=True)
class Measure:
    """`kind`: rate, volume, composite, or calls (a rate of calls of the whole centre, counted from the exchange's ledger, not of cases).

    moment     what puts a fact into the period
    counts_for whose figure it is
    unreached  what becomes of requesters who were called and not reached
    on_no      the denominator under the policy “unreached = no”
    """

    code: str
    label: str
    kind: str
    definition: str
    numerator: str = ""
    denominator: str = ""
    moment: str = ""
    counts_for: str = "主办单位；协办单位另列"
    exclusions: str = "批准剔除的、并单的、撤诉的不计"
    unreached: str = "不涉及"
    on_no: str = ""
    version: str = "1"
    since: date = date(2025, 1, 1)
    goal: str = "up"  # up: higher is better; down: lower is better; "": neither

    @property
    def stamp(self) -> str:
        return _stamp(self.version, self.since)

    def parts(self, policy: str = "excluded") -> tuple[str, str]:
        return self.numerator, self.on_no if policy == "no" and self.on_no else self.denominator


@lru_cache
def _stamp(version: str, since: date) -> str:
    return f"{version}@{since.isoformat()}"


_ASKED = "默认不计入分母；口径“no”时按“否”计入分母"
_EACH = "改派的各家各计：在谁手里到期、做到，算谁的。"
_DISPATCH: dict[str, Any] = {"moment": "派单时间在期内", "counts_for": "该次派单的主办单位", "exclusions": "批准剔除的不计"}
_CALL: dict[str, Any] = {"version": "3", "moment": "一轮办理最后一次回访的时间在期内；历史导入的按办结时间", "counts_for": "那一轮的主办单位；协办单位另列",
                          "exclusions": "批准剔除的不计；并单的各诉求人分别计"}

MEASURES = (
    Measure("connect", "接通率", "calls", "人工接听的来电 ÷ 进入排队的来电（排队不足 5 秒挂断的除外，到统计截止还在排队的不计）。只取自通话记录，没有通话记录时显示“暂无数据”。",
            "calls.answered", "calls.offered_kept", moment="来电时间在期内", counts_for="热线中心", exclusions="排队不足 5 秒挂断的、还在排队的不计", version="2"),
    Measure("answer_15s", "15秒接通率", "calls", "15 秒内接听的来电 ÷ 人工接听的来电。与接通率是两个数，不混用；没有通话记录时显示“暂无数据”。",
            "calls.answered_15s", "calls.answered", moment="来电时间在期内", counts_for="热线中心", exclusions="无"),
    Measure("received", "受理量", "volume", "期内受理的诉求件数。来电数、接听数、在线办结数、转办数各是各的数。", "received",
            moment="受理时间在期内", exclusions="草稿、不予受理、转接专门渠道的不计", goal=""),
    Measure("undated", "时间不明量", "volume", "从别处导入、来源没有受理时间（或办结后既无办结时间也无答复时间）的件数，按推定的时间列在期内。"
            "不知道是哪一天的，不计入其他任何一项。", "undated", moment="推定的时间在期内", counts_for="热线中心", exclusions="无", goal=""),
    Measure("answered_online", "在线办结量", "volume", "期内受理、由话务员当场答复办结的件数。", "answered_online", moment="受理时间在期内",
            counts_for="热线中心", exclusions="无", goal=""),
    Measure("dispatched", "转办量", "volume", "期内派给主办单位的次数；退单后改派的，每派一次计一次。", "dispatched", moment="派单时间在期内",
            counts_for="该次派单的主办单位", exclusions="无", goal=""),
    Measure("closed", "办结量", "volume", "期内办结、终止或作出最终答复的工单件数；当场答复的另计在线办结量。", "closed", moment="办结时间在期内",
            exclusions="无", goal=""),
    Measure("declined", "不予受理量", "volume", "期内登记、依规不予受理的件数。", "declined", moment="登记时间在期内", counts_for="热线中心",
            exclusions="无", goal=""),
    Measure("transferred", "转接量", "volume", "期内登记、转接 110、120 等专门渠道的件数。", "transferred", moment="登记时间在期内",
            counts_for="热线中心", exclusions="无", goal=""),
    Measure("direct_answer", "在线办结率", "rate", "当场答复办结的 ÷ 期内受理的。", "answered_online", "received", "受理时间在期内", "热线中心", "无"),
    Measure("sign_on_time", "签收及时率", "rate", f"时限内签收的 ÷ 签收时限在期内的。{_EACH}", "signed_in_time", "sign_due",
            "签收时限在期内；计时暂停中的尚未到期", version="2"),
    Measure("response_confirmed", "响应率", "rate", "时限内联系诉求人、且诉求人未否认的 ÷ 应联系且联系时限在期内的。以诉求人回访时的说法为准；"
            f"回访未接通的，以单位记录为准并注明未经确认。{_EACH}", "contact_confirmed", "contact_due", "联系时限在期内", unreached="以单位记录为准，另列“未经确认”件数",
            version="2"),
    Measure("response_claimed", "响应率（单位自报）", "rate", "单位记录时限内联系的 ÷ 应联系且联系时限在期内的。与响应率并列公布。", "contact_claimed",
            "contact_due", "联系时限在期内", version="2"),
    Measure("response_gap", "响应差", "rate", "单位记录已联系、诉求人否认的 ÷ 应联系且联系时限在期内的，即自报与确认之差；逐件核查。", "contact_denied",
            "contact_due", "联系时限在期内", version="2", goal="down"),
    Measure("contact_waived", "免联系率", "rate", "时限内记为无需或无法联系的 ÷ 联系时限在期内的。须有记录支持的依据，"
            "逐件供督办核查；超过时限才记的按未联系计。", "contact_waived", "contact_owed", "联系时限在期内", version="2", goal="down"),
    Measure("contact_typed_late", "补录率", "rate", "联系时限过后才补录、诉求人又没有确认的 ÷ 应联系且联系时限在期内的。"
            "补录的不计按时，逐件供督办核查。", "contact_typed_late", "contact_due", "联系时限在期内", version="2", goal="down"),
    Measure("on_time_completion", "按时办结率", "rate", "办理时限（含批准的延期）内办理完毕的 ÷ 办理时限在期内的。"
            "首次办理和每次重办各计一轮，后一轮不改前一轮的结果；审核退回的，继续计时。改派以后时限重新算的，前一家手里已经过了的照计。",
            "handled_in_time", "handle_due", "办理时限在期内；计时暂停中的尚未到期", version="2"),
    Measure("completion", "办结率", "rate", "到统计截止已办结的 ÷ 期内受理的。与按时办结率是两个数。", "completed", "to_complete", "受理时间在期内"),
    Measure("solve", "解决率", "rate", "回答“已解决”的 ÷ 回答了是否解决的。一个诉求人同一轮办理多次回访的，"
            "以最后一次回答为准；重办后的回答另计一轮。与回访接通率一并公布。", "solved", "answered_solved", unreached=_ASKED, on_no="attempted", **_CALL),
    Measure("satisfaction", "满意率（回访）", "rate", "非常满意、满意、基本满意的 ÷ 回答了是否满意的（五级）。挂机评价是话务满意度，另计。", "satisfied",
            "answered_satisfaction", unreached=_ASKED, on_no="attempted", **_CALL),
    Measure("reach", "回访接通率", "rate", "接受回访的诉求人 ÷ 期内回访的诉求人。", "reached", "attempted", goal="", **_CALL),
    Measure("composite", "综合得分", "composite", "各项按计分方案得分相加（默认响应 30、解决 35、满意 35，按比例）。任何一项暂无数据，综合得分也暂无。", moment="同各分项",
            exclusions="同各分项", unreached=_ASKED, version="3"),
    Measure("return", "退单率", "rate", "申请退单的 ÷ 期内派给主办单位的。", "return_asked", "sent", goal="down", **_DISPATCH),
    Measure("dispatch_accuracy", "派单准确率", "rate", "1 −（同意退单的 ÷ 期内派给主办单位的）。", "sent_right", "sent", **_DISPATCH),
    Measure("redo", "重办率", "rate", "回访后重办的 ÷ 期内派给主办单位的。", "redone", "sent", goal="down", **_DISPATCH),
    Measure("extension", "延期率", "rate", "批准延期的 ÷ 期内派给主办单位的。", "extended", "sent", goal="down", **_DISPATCH),
    Measure("repeat", "重复诉求率", "rate", "30 天内同一诉求人就同一分类再次反映的 ÷ 期内受理、诉求人和分类已知的。"
            "号码相同即为同一诉求人；拆单拆出的不算重复；匿名的不计；先前那件后来剔除的，也算反映过。", "repeated", "known",
            "受理时间在期内", exclusions="批准剔除的不计", version="2", goal="down"),
    Measure("commitments_kept", "承诺兑现率", "rate", "经核验已兑现的 ÷ 兑现日期在期内的承诺事项。兑现日期以批准的延期为准；过了日期还没有核验结论的，计入分母。",
            "commitments_kept", "commitments_due", "兑现日期在期内", "责任单位", "批准撤回的不计"),
)
BY_CODE = {m.code: m for m in MEASURES}


SCHEMES = in_the_program()  # of the composite, until a centre confirms its own (`schemes.py`)


def scheme_on(day: date) -> Scheme:
    """Of the program's own."""
    return in_force(SCHEMES, day) or SCHEMES[0]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure. `shown`: `value` as people read it (rulings, 97). `value`, `low`, `high` are shares in 0..1 (a count for volumes); None: no
    data. `key`: the group's id or code."""

    measure: str
    label: str
    group: str
    numerator: int | None
    denominator: int | None
    value: float | None
    low: float | None
    high: float | None
    cutoff: str
    version: str
    key: object = field(default=None, compare=False)

    @staticmethod
    def columns() -> tuple[str, ...]:
        return ("measure", "label", "group", "numerator", "denominator", "value", "low", "high", "cutoff", "version", "shown")

    def as_dict(self) -> dict[str, Any]:
        return {n: getattr(self, n) for n in self.columns()}

    @property
    def shown(self) -> str:
        """As people read it, on whatever it stands: 96.8%, 1,234, 92.84 points."""
        kind = BY_CODE[self.measure].kind if self.measure in BY_CODE else "rate"
        if self.value is None:
            return percents.NO_DATA
        if kind == "volume":
            return f"{int(self.value):,}"
        if kind == "composite":
            return percents.points(self.value)
        return percents.percent(self.numerator, self.denominator) if self.numerator is not None and self.denominator else percents.of_share(self.value)

    @property
    def between(self) -> str:
        """The interval of what is shown."""
        if self.low is None:
            return ""
        return percents.interval(self.numerator, self.denominator) if self.numerator is not None and self.denominator else percents.between(self.low, self.high)

    @property
    def is_small(self) -> bool:
        """Too few to say much: three of three are 100.0%, and next to nothing is known by them (rulings, 46)."""
        return 0 < (self.denominator or 0) < RANK_FROM

    @property
    def width(self) -> float:
        """Of the interval."""
        return 0.0 if self.low is None or self.high is None else round(self.high - self.low, 6)

    @property
    def key_text(self) -> str:
        """The group as a door names it: "" is the one without."""
        return "" if self.key is None else str(self.key)


def sets_of(measures: Iterable[Measure], policy: str = "excluded") -> list[str]:
    """The sets that must be counted for these measures, each once."""
    wanted: dict[str, None] = {}
    for m in (one for one in _with_parts(measures) if one.kind != "calls"):
        wanted.update(dict.fromkeys(code for code in m.parts(policy) if code))
    return list(wanted)


def _with_parts(measures: Iterable[Measure]) -> list[Measure]:
    needed = {m.code: m for m in measures}
    if any(m.kind == "composite" for m in needed.values()):
        needed |= {code: BY_CODE[code] for code in SCORED}
    return list(needed.values())


@lru_cache(maxsize=8192)  # a board has some thousands, and shows the same again half a minute later
def share(numerator: int, denominator: int) -> tuple[float | None, float | None, float | None]:
    """(value, low, high) with Wilson's 95 % bounds; all None without data."""
    bounds = wilson(numerator, denominator)
    if bounds is None:
        return None, None, None
    nothing, whole = numerator <= 0, numerator >= denominator
    return (percents.kept(numerator / denominator, nothing, whole), percents.kept(bounds[0], nothing, bounds[0] >= 1),
            percents.kept(bounds[1], bounds[1] <= 0, whole))


def row(m: Measure, counts: Mapping[str, int], *, group: str = WHOLE, key: object = None, policy: str = "excluded", cutoff: str,
        day: date, scheme: Scheme | None = None) -> Row:
    """The figure of one group from the sizes of its sets. `day`: the last of the period, which chooses the scheme of the composite where none
    is given; `cutoff` as it is written."""
    top, bottom = m.parts(policy)
    n, d = counts.get(top, 0) if top else None, counts.get(bottom, 0) if bottom else None
    value: float | None = None
    low = high = None
    if m.kind == "volume":
        value = n
    elif m.kind in ("rate", "calls"):
        value, low, high = share(n or 0, d or 0)
    elif m.kind == "composite":
        scheme = scheme or scheme_on(day)
        value = composite(counts, policy, scheme)
    return Row(m.code, m.label, group, n, d, value, low, high, cutoff, f"{m.stamp}+{scheme.code}" if scheme and m.kind == "composite" else m.stamp, key)


def composite(counts: Mapping[str, int], policy: str, scheme: Scheme) -> float | None:
    """Points of a hundred, as a share; None when any part has no data."""
    total, lost = 0.0, False
    for part in scheme.parts:
        top, bottom = BY_CODE[part.measure].parts(policy)
        if not counts.get(bottom):
            return None
        score = part.score(counts.get(top, 0) / counts[bottom])
        total, lost = total + score / 100, lost or score < float(part.points)
    return percents.kept(total, total <= 0, not lost)


def band(one: Row, whole: Row) -> str:
    """Where a group stands: by its interval against the whole, never by the bare figure; few cases are not compared."""
    if one.low is None or one.high is None or whole.value is None or (one.denominator or 0) < RANK_FROM:
        return "few"
    better, worse = ("above", "below") if BY_CODE[one.measure].goal != "down" else ("below", "above")
    if one.low > whole.value:
        return better
    return worse if one.high < whole.value else "level"


BANDS = {"below": "低于总体", "level": "与总体相当", "above": "高于总体", "few": f"不足 {RANK_FROM} 件，不作比较"}


# --- who reads ------------------------------------------------------------

READ_ALL = frozenset({Role.SUPERVISOR, Role.ANALYST, Role.INSPECTOR, Role.SHIFT_LEADER, Role.COORDINATOR, Role.DISPATCHER, Role.CHECKER,
                      Role.QUALITY})
READ_OWN = frozenset({Role.LEADER, Role.UNIT_APPROVER, Role.COUNTY_CENTRE, Role.UNIT_LIAISON})


def may_read(by: Actor) -> Verdict:
    if by.roles & (READ_ALL | {Role.CLOCK}) or (by.roles & READ_OWN and by.unit):
        return YES
    return no("role", "统计数字由督办、分析、值班长等岗位查看；承办单位查看本单位的数字")


def own_unit_only(by: Actor) -> bool:
    """Unit people see their own unit's figures, as the centre sees them, and no other's."""
    return not by.roles & (READ_ALL | {Role.CLOCK})


# --- the page in docs ------------------------------------------------------------


def as_markdown() -> str:
    lines = ["# 指标", "", "由 `src/minsheng/measures/rules.py` 的声明生成，请勿手改。每个数都能打开它背后的清单；区间为 95% 威尔逊区间。", "",
             "统计期按本市时间：查询含起止两日。统计截止时点默认为现在。分母为零显示“暂无数据”。", "", "## 一览", "",
             "| 代码 | 名称 | 分子 | 分母 | 版本 |", "|---|---|---|---|---|"]
    lines += [f"| `{m.code}` | {m.label} | {_set(m.numerator)} | {_set(m.denominator)} | {m.stamp} |" for m in MEASURES]
    for m in MEASURES:
        lines += ["", f"## {m.label} `{m.code}`", "", m.definition, "", f"- 入期：{m.moment}", f"- 计入：{m.counts_for}", f"- 不计：{m.exclusions}",
                  f"- 回访未接通：{m.unreached}"]
    lines += ["", "## 协办单位", "", "一件工单只计入主办单位；协办单位另列一表（看板的“协办单位”），批准剔除的和历史导入的不计。", "",
              *(f"- {label}：{said}" for label, said in OF_CO_UNITS.values()), "- 按时反馈率：按时反馈 ÷ 到期"]
    lines += ["", "## 综合得分的方案", "", "随程序来的如下；本市确认自己的以后，从那天起用本市的，上级的口径可以并列（看板的“计分方案”）。得分的版本末尾写着方案。", "",
              "| 自 | 代码 | 方案 | 各项 |", "|---|---|---|---|", *(_scheme(s, f"{s.since}") for s in SCHEMES), *(_scheme(s, "样例") for s in samples()),
              "", "## 回访未接通的口径", "",
              *(f"- `{code}`：{words}" for code, words in POLICIES.items()), "", "## 分组", "",
              *(f"- `{code}`：{words}；没有的归入“{NONE_OF[code]}”" for code, words in BY.items()), "",
              f"件数不足 {RANK_FROM} 的不与其他单位比较；其余按区间与总体的关系分档，不排名公布。", ""]
    lines += section("计分方案的步骤", ScoringState, SCORING, FIELDS)
    return "\n".join(lines)


def _scheme(one: Scheme, since: str) -> str:
    return f"| {since} | `{one.code}` | {one.name} | {'；'.join(in_words(part) for part in one.parts)} |"


def _set(code: str) -> str:
    return SETS[code].label if code else "—"


@dataclass(frozen=True, slots=True)
class Late:
    """One unit's overdue cases by where they stand. `unit` 0: on the centre's own desks."""

    unit: int
    name: str
    to_sign: int = 0
    to_handle: int = 0
    at_centre: int = 0

    @property
    def total(self) -> int:
        return self.to_sign + self.to_handle + self.at_centre
