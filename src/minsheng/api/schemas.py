"""What the API is given and returns. Unknown names are errors; ids of cases and steps are strings (they pass 2^53)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from ninja import Schema
from pydantic import ConfigDict, Field, model_validator

from minsheng.cases.rules import Channel, Kind
from minsheng.kit.engine import AS_OF
from minsheng.kit.read_values import as_clean


class Given(Schema):
    """What nobody sees is dropped from words; a key is taken as it is, or not at all."""

    model_config = ConfigDict(extra="forbid", str_strip_whitespace=True)

    @model_validator(mode="before")
    @classmethod
    def _seen(cls, given):
        if not isinstance(given, dict):
            return given
        return {name: as_clean(value) if isinstance(value, str) and name != "idempotency_key" else value for name, value in given.items()}


class RequesterIn(Given):
    name: str = Field("", max_length=80, description="姓名；不填为匿名")
    phone: str = Field("", max_length=40, description="电话；加密保存，任何读取接口都不返回全号")
    kind: str = Field("person", pattern="^(person|company)$", description="person 群众，company 企业")


class CaseIn(Given):
    """A request. It is registered and submitted in one transaction and then waits for review (pending_review)."""

    kind: str = Field(description="诉求类型：" + " ".join(code for code, _ in Kind.choices()))
    narrative: str = Field(description="诉求内容，最多 8000 字")
    title: str = ""
    channel: str = Field("web", description="渠道：" + " ".join(code for code, _ in Channel.choices()))
    category: str = Field("", description="诉求分类的代码")
    district: str = Field("", description="区县的机构代码")
    place: str = ""
    elements: dict[str, Any] = {}
    urgent: bool = False
    secrecy: bool = Field(False, description="要求保密")
    complained_unit: str = Field("", description="被反映单位的机构代码；填写即为保密工单")
    requester: RequesterIn = RequesterIn()
    language: str = Field("zh", pattern="^(zh|bo|en)$")
    original: str = Field("", max_length=8000, description="藏文或英文原文")
    files: list[int] = Field([], max_length=10)
    idempotency_key: str = Field("", max_length=120, pattern=r"^[^\x00]*$", description="与请求头 Idempotency-Key 相同")


class StepIn(Given):
    """A step by its name in `GET /procedure`, and what it needs."""

    step: str = Field(max_length=40)
    given: dict[str, Any] = {}
    as_of: int = Field(0, ge=0, le=10**9 - 1, description="所依据的最后一步的序号（seq）：此后有人改了所要签发、裁定的内容的，409，请重新读取；不填不核对")
    idempotency_key: str = Field("", max_length=120, pattern=r"^[^\x00]*$", description="与请求头 Idempotency-Key 相同：重发不会办两次")

    @property
    def told(self) -> dict[str, Any]:
        """What the step is given, with what its sender had read."""
        return {**self.given, AS_OF: self.as_of} if self.as_of else self.given


class RevealIn(Given):
    reason: str = Field("", max_length=500)


class Filters(Schema):
    """Narrows a list; several may be given at once. An unknown name or value is an error, never an unfiltered list."""

    state: str = Field("", description="状态，可用逗号并列；open 为全部未办结")
    kind: str = ""
    channel: str = ""
    category: str = ""
    unit: str = Field("", description="主办单位编号，含其下级")
    district: str = ""
    since: str = Field("", description="受理日期起，如 2025-01-02，含当日")
    until: str = Field("", description="受理日期止，含当日")
    overdue: str = ""
    urgent: str = ""
    sealed: str = ""
    problem: str = ""
    agent: str = ""
    period: str = ""
    requester_kind: str = ""
    q: str = Field("", max_length=200, description="编号、电话（限有权查看者）或词语")
    order: str = Field("", pattern="^(|due)$", description="due：按时限先后；不填：新登记的在前")
    after: str = Field("", max_length=400, description="上一页的 next")
    size: int = Field(50, ge=1, le=200)


class FeedFilters(Schema):
    since: str = Field("", max_length=60, description="上一次返回的 next；不填从头读起，now 只要今后的")
    size: int = Field(200, ge=1, le=1000)


class MeasureFilters(Schema):
    """Both days are included; nothing given: this month."""

    since: str = Field("", alias="from", description="起始日，如 2025-01-01")
    to: str = Field("", description="截止日")
    by: str = Field("", description="unit category channel district；不填为全部")
    unit: str = Field("", description="机构代码或编号，含其下级")
    district: str = ""
    category: str = ""
    channel: str = ""
    policy: str = Field("", description="未接通的口径：excluded（默认）、no")
    cutoff: str = Field("", description="统计截止时点，如 2025-01-31T18:00")
    leader_days: str = Field("", description="1：只计接听日")
    raw: str = Field("", description="1：剔除前")
    measure: str = Field("", description="指标代码，可用逗号并列；不填为全部")


class Error(Schema):
    code: str
    reason: str
    field: str = ""


class Problem(Schema):
    error: Error
    errors: dict[str, str] | None = None


WRONG: dict[Any, Any] = {frozenset({400, 401, 403, 404, 409, 422}): Problem}  # what every operation may answer


class Made(Schema):
    id: str
    number: str
    query_code: str = Field(description="查询码；重复的幂等键返回新的，原来的不能再用")
    state: str
    due_at: datetime | None
    replayed: bool


class CaseRow(Schema):
    """A case in a list: no personal data in it for anybody."""

    id: str
    number: str
    state: str
    state_label: str
    kind: str
    channel: str
    category: str
    title: str
    lead: int | None
    lead_name: str
    district: int | None
    urgent: bool
    sealed: bool
    restricted: bool
    received_at: datetime
    due_at: datetime | None
    paused: bool
    band: str
    closed_at: datetime | None


class CasePage(Schema):
    items: list[CaseRow]
    next: str = Field(description="下一页的标记；空为最后一页")


class RequesterOut(Schema):
    name: str
    phone: str
    kind: str
    anonymous: bool


class ClockOut(Schema):
    code: str
    label: str
    limit: str
    started_at: datetime
    due_at: datetime
    due_text: str
    band: str
    left: str
    basis: str
    provisional: bool
    current: bool


class TaskOut(Schema):
    id: int
    kind: str
    unit: int
    unit_name: str
    state: str
    due_at: datetime | None


class FileOut(Schema):
    id: int
    name: str
    mime: str
    size: int
    slot: str = ""


class JoinedOut(Schema):
    """What the requester of a merged case brought. Masked for everybody."""

    number: str
    title: str
    narrative: str
    place: str
    files: list[FileOut]


class CaseFull(CaseRow):
    masked: bool = Field(description="true：本密钥看不到个人信息，文字已脱敏")
    narrative: str
    original: str
    place: str
    elements: list[list[str]]
    requester: RequesterOut | None
    dispatched_at: datetime | None
    signed_at: datetime | None
    contacted_at: datetime | None
    replied_at: datetime | None
    solved: bool | None
    satisfaction: str
    clocks: list[ClockOut]
    tasks: list[TaskOut]
    files: list[FileOut]
    pending: list[str]
    related: list[list[str]]
    joined: list[JoinedOut] = Field(description="并入本单、还没有撤销的诉求")


class StepState(Schema):
    step: str
    label: str
    open: bool
    code: str
    reason: str


class LineOut(Schema):
    id: str
    seq: int
    step: str
    label: str
    frm: str
    to: str
    at: datetime
    recorded_at: datetime | None = Field(description="何时录入；早年没有记下的为空")
    by: str
    role: str
    unit: str
    given: list[list[str]]
    public: str
    hash: str


class StepsOut(Schema):
    state: str
    steps: list[StepState]
    timeline: list[LineOut]


class FeedRow(Schema):
    """A step without a word of anybody."""

    id: str
    case: str
    seq: int
    step: str
    frm: str
    to: str
    at: datetime = Field(description="何时办理；补录和导入的可以早于已读过的")
    recorded_at: datetime | None = Field(description="何时录入；早年没有记下的为空")


class FeedPage(Schema):
    items: list[FeedRow]
    next: str = Field(description="记下来，下一次作为 since；没有新的步骤时不变")
    more: bool = Field(description="true：马上可以再读一页")


class Taken(Schema):
    id: str
    case: str
    step: str
    seq: int
    state: str
    state_label: str
    at: datetime
    recorded_at: datetime | None = Field(description="何时录入；早年没有记下的为空")
    query_code: str = Field("", description="补发查询码时的新码，只在这里返回")
    made: list[Made] = []


class FileKept(FileOut):
    taken: Taken | None = None


class Revealed(Schema):
    name: str
    phone: str


class FieldOut(Schema):
    name: str
    label: str
    kind: str
    required: bool
    choices: list[list[str]]
    help: str


class ProcedureStep(Schema):
    step: str
    label: str
    role: str
    role_label: str
    frm: list[str]
    to: str | None
    needs: list[FieldOut]
    clock: str
    limit: str
    public: str


class StateOut(Schema):
    state: str
    label: str
    open: bool


class ProcedureOut(Schema):
    states: list[StateOut]
    steps: list[ProcedureStep]


class MeasuresOut(Schema):
    """`beside`: the composite by the other schemes that are shown beside the one in force; the scheme stands at the end of `version`."""

    rows: list[dict[str, Any]]
    beside: list[dict[str, Any]]
